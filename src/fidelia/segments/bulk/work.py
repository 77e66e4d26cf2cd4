"""The work of a bulk update: chunk by chunk, each with its position, so that nothing is done twice or left out."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import Problem, conflict
from fidelia.platform.jobs import Ending, JobContext
from fidelia.platform.races import patiently
from fidelia.profiles import BulkReason

from ..service.audience import audience_people, awaited
from ..service.progress import reported
from . import store
from .model import BulkFigure, RefusedRow

CHUNK = 5_000


async def find_people(ctx: JobContext, bulk_id: int) -> dict[str, Any]:
    """Work out whom a bulk update is about, and freeze that."""
    async with ctx.tx() as tx:
        wanted = store.as_bulk_update(await store.find(tx, bulk_id))
    async with reported(ctx):
        found = await audience_people(ctx.engines, wanted.database_id, wanted.audience, tag=ctx.tag)
    async with ctx.tx() as tx:
        await store.set_people(tx, bulk_id, found)
    return {"people": len(found)}


async def run(ctx: JobContext, bulk_id: int, people_job: str | None) -> dict[str, Any]:
    """Change the people who are not done yet. Killed at any moment, it goes on behind the last chunk when run again."""

    async def read() -> BitMap | None:
        async with ctx.tx() as tx:
            row = await store.find(tx, bulk_id)
            return BitMap() if row.state == "done" else await store.people(tx, bulk_id)

    people = await awaited(ctx, people_job, read)
    async with ctx.tx() as tx:
        row = await store.find(tx, bulk_id, lock=True)
        if row.state != "done":
            await store.update(tx, bulk_id, state="running", started_at=row.started_at or tx.now, error=None)
    ctx.progress(row.done, row.total)
    position, total = row.position, row.total
    left = BitMap() if row.state == "done" else people[people.rank(position) :]
    for start in range(0, len(left), CHUNK):
        await ctx.check()
        chunk = list(left[start : start + CHUNK])
        done = await patiently(partial(_write, ctx, bulk_id, position, chunk))
        position = chunk[-1]
        ctx.progress(done, total)
    async with ctx.tx() as tx:
        row = await store.find(tx, bulk_id, lock=True)
        if row.state != "done":
            await store.update(tx, bulk_id, state="done", people=None, finished_at=tx.now)
    names = ("changed", "unchanged", "refused", "gone", "events")
    return {"bulk_update": bulk_id, "people": row.total, **{name: getattr(row, name) for name in names}}


async def _write(ctx: JobContext, bulk_id: int, position: int, chunk: list[int]) -> int:
    """Write one chunk together with the new position and figures; return how many people are done."""
    async with ctx.tx() as tx:
        row = await store.find(tx, bulk_id, lock=True)
        if row.position != position or row.state != "running":
            raise conflict("Another process has taken this bulk update over")
        wanted = store.as_bulk_update(row)
        plan = await profiles.plan_bulk(tx, row.database_id, wanted.operations, write=True)
        actor = Actor("system", None, wanted.actor)
        outcome = await profiles.write_bulk(tx, actor, plan, chunk, bulk_id=bulk_id, triggers=not wanted.skip_triggers)
        refused = [RefusedRow(r.profile_id, r.field, r.value, r.reason) for r in outcome.refusals]
        reasons = add_reasons(wanted.reasons, outcome)
        people: dict[BulkFigure, BitMap] = {
            "changed": outcome.changed,
            "unchanged": outcome.unchanged,
            "refused": BitMap(r.profile_id for r in refused),
        }
        whole = await store.advance(tx, row, chunk[-1], outcome.tally, reasons, refused, people)
    return whole.people


def add_reasons(known: list[BulkReason], outcome: profiles.BulkOutcome) -> list[BulkReason]:
    """Count refused people by operation, field and reason, the most frequent first."""
    counts = {(reason.operation, reason.field, reason.reason): reason.people for reason in known}
    for refusal in outcome.refusals:
        kind = (refusal.step, refusal.field, refusal.reason)
        counts[kind] = counts.get(kind, 0) + 1
    found = [BulkReason(operation=n, field=field, reason=why, people=c) for (n, field, why), c in counts.items()]
    return sorted(found, key=lambda reason: (-reason.people, reason.operation))


async def ended(ctx: JobContext, bulk_id: int, ending: Ending, exc: BaseException) -> None:
    """Write beside the bulk update how its job ended; what is done stays done, and that is said."""
    error: str | None = exc.detail if isinstance(exc, Problem) else f"{type(exc).__name__}: {exc}"
    if isinstance(exc, Problem) and exc.errors:
        error = f"{exc.errors[0].message} ({exc.errors[0].pointer})"
    async with ctx.tx() as tx:
        row = await store.find(tx, bulk_id, lock=True)
        if row.job_id != ctx.job_id or row.state == "done":
            return
        said = f"Stopped after {row.done:,} of {row.total or 0:,} people; what is done stays done"
        if ending == "cancelled":
            error = said if row.done else "Stopped before anybody was changed"
        elif row.done:
            error = f"{error}. {said}"
        await store.update(tx, bulk_id, state=ending, error=error, people=None, finished_at=tx.now)
