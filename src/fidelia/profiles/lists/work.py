"""The work of a load: read the file, copy it into a staging, make or extend the rows, and turn to them at the end.

Nobody sees anything of it before the last step. Killed at any moment, it begins anew; what was there stays.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any

import msgspec

from fidelia.kernel.errors import Problem
from fidelia.platform.files import Files
from fidelia.platform.jobs import JobContext

from ..cells import TextFormat
from ..imports import child, report
from ..imports.model import ImportReason
from . import projection
from .model import MAX_ROWS, MAX_VALUES, ListLoad, ListLoadCounts
from .parse import SheetPlan
from .service.lists import LISTS
from .service.loads import owner
from .service.rows import hold
from .service.tables import TABLES
from .sheet import Sheet, SheetColumn
from .store import config, ddl, merge
from .store import loads as store

CHUNK_ROWS = 20_000


async def run_load(ctx: JobContext, load_id: int) -> dict[str, Any]:
    """Write a file into its list or table."""
    async with ctx.tx() as tx:
        row = await store.find(tx, load_id, lock=True)
        load = store.as_load(row)
        if load.state == "done":
            return _result(load)
        kind, number = owner(load)
        sheet = await config.sheet(tx, kind, number)
        columns = _columns(sheet, load)
        blank = dict.fromkeys(ListLoadCounts.__struct_fields__, 0)
        await store.update(
            tx, load_id, state="running", started_at=row.started_at or tx.now, error=None, reasons=[], **blank
        )
        await store.forget_rejects(tx, load_id)
        await ddl.create_staging(await tx.raw(), load_id, [c for _, c in columns])
        plan = SheetPlan(
            path=str(Files(tx.engines.files).path(row.file_key)),
            format=load.format,
            columns=columns,
            how=TextFormat(date=load.reading.date_format, region=load.reading.region, decimal=load.reading.decimal),
            chunk_rows=CHUNK_ROWS,
        )
    good = await _read(ctx, load, plan, MAX_VALUES if kind == "list" else MAX_ROWS)
    await ctx.check()
    targets = [column for _, column in columns]
    if load.mode == "replace":
        await _replace(ctx, load, good, targets)
    else:
        await _extend(ctx, load, good, targets)
    async with ctx.tx() as tx:
        await ddl.drop_staging(await tx.raw(), load_id)
        done = store.as_load(await store.find(tx, load_id))
    ctx.progress(done.counts.rows, done.counts.rows)
    return _result(done)


def _result(load: ListLoad) -> dict[str, Any]:
    return {"load_id": load.id, **msgspec.to_builtins(load.counts)}


def _columns(sheet: Sheet, load: ListLoad) -> list[tuple[str, SheetColumn]]:
    """Return where columns of the file go, that of the key first."""
    found = []
    for source, target in load.mapping.items():
        column = sheet.column(target)
        if column is None:
            raise _stopped(f"The column {target} was renamed since this file was uploaded; choose again")
        found.append((source, column))
    return sorted(found, key=lambda pair: pair[1].id != sheet.key.id)


def _stopped(reason: str) -> Problem:
    return Problem(409, "Stopped", reason)


async def _read(ctx: JobContext, load: ListLoad, plan: SheetPlan, most: int) -> int:
    """Copy the rows of the file into the staging; return how many are good."""
    rows = good = rejected = empty = 0
    reasons: Counter[tuple[str, str]] = Counter()
    targets = [column for _, column in plan.columns]
    async with contextlib.aclosing(child.prepare_sheet(plan)) as chunks:
        async for chunk in chunks:
            await ctx.check()
            rows, good = rows + chunk.rows, good + chunk.good
            rejected, empty = rejected + chunk.rejected, empty + chunk.empty
            for column, reason, count in chunk.reasons:
                kind = (column, reason)
                known = kind in reasons or len(reasons) < report.MAX_REASONS
                reasons[kind if known else ("", report.OTHER)] += count
            async with ctx.tx() as tx:
                if chunk.payload:
                    await merge.copy_in(await tx.raw(), load.id, targets, chunk.payload)
                if chunk.problems is not None:
                    await store.add_rejects(tx, load.id, chunk.number, chunk.problems)
                await store.update(
                    tx,
                    load.id,
                    rows=rows,
                    rejected=rejected,
                    empty=empty,
                    reasons=msgspec.to_builtins([ImportReason(c, r, n) for (c, r), n in reasons.most_common()]),
                )
            # The writing that comes after is about as long as the reading.
            ctx.progress(rows, max(load.total or 0, rows))
            if good > 2 * most:
                raise _stopped(f"This file has more than {most:,} values; nothing was changed. Split it or shorten it")
    return good


async def _replace(ctx: JobContext, load: ListLoad, good: int, columns: list[SheetColumn]) -> None:
    kind, number = owner(load)
    async with ctx.tx() as tx:
        before = await config.sheet(tx, kind, number)
        generation = await config.next_generation(tx, kind, number)
    sheet = msgspec.structs.replace(before, generation=generation, size=0)
    async with ctx.tx() as tx:
        merged = await merge.build(await tx.raw(), sheet, load.id, columns)
        _refuse_large(sheet, merged.added)
    await ctx.check()
    # Into ClickHouse before anybody looks: turning to it is one exchange of names then.
    await projection.prefill(ctx.engines, sheet, merged.last_id, ctx.check)
    async with ctx.tx() as tx:
        now = await config.sheet(tx, kind, number, lock=True)
        if now.schema_version != before.schema_version:
            raise _stopped("A column was added while the file was loaded; nothing was changed. Load it again")
        await config.turn_to(tx, sheet, merged.added)
        tx.mark_dirty(LISTS if kind == "list" else TABLES, 0, [number])
        await store.update(
            tx,
            load.id,
            state="done",
            added=merged.added,
            duplicates=good - merged.distinct,
            total=store.as_load(await store.find(tx, load.id)).counts.rows,
            finished_at=tx.now,
        )


def _refuse_large(sheet: Sheet, rows: int) -> None:
    most = MAX_VALUES if sheet.kind == "list" else MAX_ROWS
    if rows > most:
        what = "list" if sheet.kind == "list" else "table"
        raise _stopped(f"With this file the {what} would have {rows:,} rows; at most {most:,} fit. Nothing was changed")


async def _extend(ctx: JobContext, load: ListLoad, good: int, columns: list[SheetColumn]) -> None:
    kind, number = owner(load)
    async with ctx.tx() as tx:
        # Rows of a table are changed too, so nobody else may; values of a list only come.
        sheet = await hold(tx, number) if kind == "table" else await config.sheet(tx, kind, number)
        merged, changed = await merge.merge(await tx.raw(), sheet, load.id, columns)
        _refuse_large(sheet, sheet.size + merged.added)
        if (merged.added or changed) and not await config.resized(tx, sheet, merged.added):
            raise _stopped("The list was replaced at the same time; nothing of this file was added. Load it again")
        tx.mark_dirty(sheet.stream, sheet.id, changed)
        if merged.added:
            tx.mark_dirty(sheet.stream, sheet.id, range(merged.first_id, merged.last_id + 1))
        await store.update(
            tx,
            load.id,
            state="done",
            added=merged.added,
            updated=merged.updated,
            unchanged=merged.distinct - merged.added - merged.updated,
            duplicates=good - merged.distinct,
            total=store.as_load(await store.find(tx, load.id)).counts.rows,
            finished_at=tx.now,
        )
