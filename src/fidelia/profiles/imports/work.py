"""The work of imports: the run, chunk by chunk with its position, and the check, which writes nothing."""

from __future__ import annotations

import contextlib
import hashlib
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.platform.files import Files
from fidelia.platform.jobs import JobContext
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..ingest import Batch, Options, Outcome, RowError, apply, examine
from ..ingest.model import rows_of
from ..store.databases import open_for_write
from . import child, report, store, store_people
from . import store_bulk as bulk
from .model import PROFILE_ID, CheckResult, Counts, ImportOut, ImportReason, RowProblem
from .parse import Plan, Prepared

CHUNK_ROWS = 20_000
#: Examples of rejected rows that a check keeps.
CHECK_PROBLEMS = 100


def plan_of(tx: Tx, database: Database, wanted: ImportOut, file_key: str, skip: int) -> Plan:
    """Return how to read the file of an import."""
    return Plan(
        path=str(Files(tx.engines.files).path(file_key)),
        format=wanted.format,
        database=database,
        mapping=wanted.mapping,
        options=wanted.options,
        chunk_rows=CHUNK_ROWS,
        skip=skip,
    )


def _engine_options(wanted: ImportOut, *, expects_new: bool = False) -> Options:
    return Options(
        matching=wanted.options.matching,
        field=wanted.options.field,
        resource_id=wanted.options.resource_id,
        mode=wanted.options.mode,
        raise_consent=wanted.options.raise_consent,
        source="import",
        import_id=wanted.id,
        expects_new=expects_new,
    )


def _columns(wanted: ImportOut) -> dict[str, str]:
    """Return the file's column of each field."""
    found = {m.field: m.column for m in wanted.mapping if m.field is not None}
    if wanted.options.matching == "profile_id" and PROFILE_ID not in found:
        found[PROFILE_ID] = ""
    return found


async def run_import(ctx: JobContext, import_id: int) -> dict[str, Any]:
    """Write the rows that are not written yet. Killed at any moment, it goes on after the last chunk when run again."""
    async with ctx.tx() as tx:
        row = await store.find(tx, import_id, lock=True)
        wanted = store.as_import(row)
        if wanted.state == "done":
            return {"import_id": import_id, **msgspec.to_builtins(wanted.counts)}
        await store.update(tx, import_id, state="running", started_at=row.started_at or tx.now, error=None)
        people = await store.people(tx, import_id)
        database = await open_for_write(tx, wanted.database_id)
        plan = plan_of(tx, database, wanted, row.file_key, row.position)
    wholesale = bulk.is_bulk(database, wanted.total)
    if wholesale and not database.profile_count:
        await _drop_search(ctx, database)
        wholesale = False
    counts = wanted.counts
    ctx.progress(counts.rows, wanted.total)
    async with contextlib.aclosing(child.prepare(plan)) as chunks:
        async for chunk in chunks:
            await ctx.check()
            before, counts = counts, await _write_chunk(ctx, wanted, chunk, people)
            if wholesale and _written(counts) - _written(before) > chunk.rows // 2:
                await _drop_search(ctx, database)
                wholesale = False  # once is enough
            total = wanted.total
            ctx.progress(counts.rows, max(total, counts.rows) if total is not None else None)
    await bulk.ensure_search(ctx.engines, wanted.database_id)
    async with ctx.tx() as tx:
        await store.update(tx, import_id, state="done", total=counts.rows, finished_at=tx.now)
        await store_people.keep(tx, import_id, wanted.database_id, people)
        await store.finish_chunks(tx, import_id)
    ctx.progress(counts.rows, counts.rows)
    return {"import_id": import_id, **msgspec.to_builtins(counts)}


async def _drop_search(ctx: JobContext, database: Database) -> None:
    async with ctx.tx() as tx:
        await bulk.drop_search(tx, database)


def _written(counts: Counts) -> int:
    return counts.created + counts.updated


async def _write_chunk(ctx: JobContext, wanted: ImportOut, chunk: Prepared, people: store.People) -> Counts:
    """Write one chunk together with the new position and counts."""
    async with ctx.tx() as tx:
        row = await store.find(tx, wanted.id, lock=True)
        if row.position != chunk.number or row.state != "running":
            raise conflict("Another process has taken this import over")
        database = await open_for_write(tx, wanted.database_id)
        _check_fields(database, chunk.batch)
        actor = Actor("system", None, wanted.actor)
        # What the chunks before were like, this one will be.
        news = not database.profile_count or len(people.created) * 2 > row.rows > 0
        expects_new = news and wanted.options.mode != "update" and wanted.options.matching != PROFILE_ID
        outcome = await apply(tx, actor, database, chunk.batch, _engine_options(wanted, expects_new=expects_new))
        rejected = report.problems(outcome.rejected, _columns(wanted))
        again = report.duplicates(outcome, people.all)
        before = store.as_import(row).counts
        after = store.People(
            people.created | outcome.created, people.updated | outcome.updated, people.unchanged | outcome.unchanged
        )
        counts = after.counts(before.rows + chunk.rows, before.rejected + len(_rejected_rows(outcome)))
        this = store.People(outcome.created, outcome.updated, outcome.unchanged)
        notes = report.problems(outcome.notes, _columns(wanted))
        reports = {"rejected": report.pack(rejected), "duplicates": report.pack(again), "notes": report.pack(notes)}
        await store.add_chunk(tx, wanted.id, chunk.number, this, reports)
        reasons = report.add_reasons(msgspec.convert(row.reasons, list[ImportReason]), rejected)
        await store.update(
            tx,
            wanted.id,
            position=chunk.number + 1,
            **msgspec.structs.asdict(counts),
            kept_consents=row.kept_consents + len(rows_of(n for n in outcome.notes if n.is_kept_consent)),
            reasons=msgspec.to_builtins(reasons),
        )
    people.created, people.updated, people.unchanged = after.created, after.updated, after.unchanged
    return counts


def _check_fields(database: Database, batch: Batch) -> None:
    gone = [name for name in batch.columns if database.field(name) is None]
    if gone:
        raise conflict(f"The field {gone[0]} was deleted or renamed while the import ran; change the mapping")


def _rejected_rows(outcome: Outcome) -> set[int]:
    found = rows_of(outcome.rejected)
    if "rejected" in outcome.statuses:
        found |= {row for row, status in zip(outcome.rows, outcome.statuses, strict=True) if status == "rejected"}
    return found


async def check_import(ctx: JobContext, import_id: int) -> dict[str, Any]:
    """Read the whole file and say what an import would do; nothing but the answer is written."""
    async with ctx.tx() as tx:
        row = await store.find(tx, import_id, lock=True)
        wanted = store.as_import(row)
        await store.update(tx, import_id, state="checking", error=None)
        await store.forget_keys(tx, import_id)
        database = await open_for_write(tx, wanted.database_id)
        plan = plan_of(tx, database, wanted, row.file_key, 0)
    people = store.People()
    new = rows = rejected = 0
    reasons: list[ImportReason] = []
    examples: list[RowProblem] = []
    options = _engine_options(wanted)
    async with contextlib.aclosing(child.prepare(plan)) as chunks:
        async for chunk in chunks:
            await ctx.check()
            async with ctx.tx() as tx:
                outcome = await examine(tx, database, chunk.batch, options)
                await _reject_taken(tx, import_id, chunk.batch, outcome)
                new += await store.add_keys(tx, import_id, _new_keys(chunk.batch, outcome))
            people.updated |= outcome.updated
            people.unchanged |= outcome.unchanged
            rows += chunk.rows
            rejected += len(_rejected_rows(outcome))
            found = report.problems(outcome.rejected, _columns(wanted))
            reasons = report.add_reasons(reasons, found)
            examples.extend(found[: CHECK_PROBLEMS - len(examples)])
            ctx.progress(rows, max(wanted.total, rows) if wanted.total is not None else None)
    async with ctx.tx() as tx:
        result = CheckResult(
            counts=_checked_counts(people, new, rows, rejected), problems=examples, reasons=reasons, checked_at=tx.now
        )
        await store.forget_keys(tx, import_id)
        await store.update(tx, import_id, state="checked", total=rows, check_result=msgspec.to_builtins(result))
    ctx.progress(rows, rows)
    return {"import_id": import_id, **msgspec.to_builtins(result.counts)}


def _checked_counts(people: store.People, new: int, rows: int, rejected: int) -> Counts:
    known: BitMap = people.all
    return Counts(
        rows=rows,
        created=new,
        updated=len(people.updated),
        unchanged=len(known) - len(people.updated),
        rejected=rejected,
        duplicates=rows - rejected - new - len(known),
    )


def _hash(*parts: object) -> int:
    digest = hashlib.blake2b("\x1f".join(str(p) for p in parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _new_keys(batch: Batch, outcome: Outcome) -> list[int]:
    return [_hash(key) for status, key in zip(outcome.statuses, batch.keys, strict=True) if status == "created"]


async def _reject_taken(tx: Tx, import_id: int, batch: Batch, outcome: Outcome) -> None:
    """Reject what the run would: a value of a unique field that an earlier chunk gave to somebody else."""
    for name, values in batch.uniques.items():
        places = [p for p, s in enumerate(outcome.statuses) if s != "rejected" and values[p] is not None]
        owned = [(_hash("unique", name, values[p]), _hash(batch.keys[p])) for p in places]
        for n in await store.add_owned(tx, import_id, owned) if owned else ():
            place = places[n]
            outcome.reject(
                place, RowError(batch.rows[place], name, "An earlier row has this value", str(values[place]))
            )
