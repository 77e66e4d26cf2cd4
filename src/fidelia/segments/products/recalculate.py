"""Having updatable product segments filled again: by hand, by API, by the schedule. The work is a job."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.platform import jobs, schedules
from fidelia.platform.clickhouse import ClickHouseError
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Cancelled, JobContext, JobRef
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import Timetable, Work

from ..service.refusals import reason
from . import store
from .asking import ZONE, ask_segment, find_all
from .model import ProductSchedule, ProductSegment, ProductSegmentRun, RunSource
from .store import RUNS
from .tables import product_segment

FILL = "segments.products"
_SOURCES: dict[str, RunSource] = {"token": "api", "system": "schedule"}
_TRIES = 5


def source_of(actor: Actor) -> RunSource:
    """Return from where somebody asks."""
    return _SOURCES.get(actor.kind, "hand")


async def recalculate(tx: Tx, actor: Actor, segment_id: int) -> JobRef:
    """Have an updatable segment filled again; while a filling waits or works, return that one. Raises 404, 409."""
    segment = await store.find(tx, segment_id, lock=True)
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} is archived: restore it first")
    if segment.type == "static":
        raise conflict(f"The segment {segment.name} is a list without rules of its own: change it by hand")
    await ask_segment(tx, segment)  # refuse at once what cannot be worked out
    return await fill(tx, actor, segment)


async def fill(tx: Tx, actor: Actor, segment: ProductSegment) -> JobRef:
    """Have a list filled, or return the job that is about to."""
    return await RUNS.ask(tx, segment.id, _work(segment), source=source_of(actor), actor=actor.name)


async def cancel(tx: Tx, segment_id: int) -> ProductSegmentRun:
    """Stop the open run; the list stays. Raises 404; 409 when nothing is under way."""
    segment = await store.find(tx, segment_id, lock=True)
    await RUNS.settle(tx, [segment_id])
    run = await RUNS.open_of(tx, segment_id)
    if run is None or run.job_id is None:
        raise conflict(f"The segment {segment.name} is not being filled at the moment")
    await jobs.cancel(tx, run.job_id)
    await RUNS.settle(tx, [segment_id])
    found = await RUNS.find(tx, run.id)
    assert found is not None
    return found


def _work(segment: ProductSegment | _Due) -> Work:
    return Work(kind=FILL, title=f"Recalculate {segment.name}", link=f"/market/product-segments/{segment.id}")


async def run_fill(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Fill one list. Killed and begun again, it works the list out anew; rules changed meanwhile are read again."""
    began = time.perf_counter()
    async with RUNS.telling(ctx, run_id, reason):
        for _ in range(_TRIES):
            async with ctx.tx() as tx:
                run = await RUNS.find(tx, run_id)
                if run is None or not await RUNS.begin(tx, run_id, {"started_at": run.started_at or tx.now}):
                    return {}
                segment = await store.find(tx, run.segment_id)
                question = await ask_segment(tx, segment)
            try:
                found = await find_all(ctx.engines, question, tag=ctx.tag)
            except ClickHouseError as exc:
                if ctx.cancel_requested:
                    raise Cancelled from exc
                raise conflict(reason(exc)) from exc
            await ctx.check()
            async with ctx.tx() as tx:
                latest = await store.find(tx, segment.id, lock=True)
                if latest.version != segment.version:
                    continue
                before = await store.members(tx, segment.id)
                entered, left = len(found - before), len(before - found)
                figures = {"took_ms": round((time.perf_counter() - began) * 1000), "size": len(found)}
                done = figures | {"entered": entered, "left_count": left}
                if not await RUNS.end(tx, run_id, "done", columns=done):
                    raise Cancelled
                if entered or left:
                    await store.replace(tx, segment.id, found)
                await store.update(tx, segment.id, {"size": len(found), "calculated_at": tx.now})
            return figures | {"entered": entered, "left": left}
        raise conflict("The rules were changed again and again while they were worked out")


# -- schedules ------------------------------------------------------------------------------------------------------


async def start_due(engines: Engines) -> list[int]:
    """Start what is due; return the segments. Safe in several processes at once."""
    return await schedules.start_due(engines, TIMETABLE)


class _Due(msgspec.Struct, frozen=True, kw_only=True):
    """What the clock needs to know of a segment."""

    id: int
    name: str
    schedule: ProductSchedule | None


async def _following(tx: Tx, row: _Due) -> datetime | None:
    return None if row.schedule is None else schedules.next_run(row.schedule, tx.now, ZONE)


async def _work_when_due(_: Tx, row: _Due) -> Work:
    return _work(row)


TIMETABLE = Timetable(
    table=product_segment,
    row=_Due,
    where=sa.and_(product_segment.c.active, product_segment.c.archived_at.is_(None)),
    runs=RUNS,
    settle=RUNS.settle_all,
    following=_following,
    work=_work_when_due,
    waits=True,
)
