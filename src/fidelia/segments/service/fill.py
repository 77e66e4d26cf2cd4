"""Filling a static segment from a condition, once. Always a job; the number is told before on request.

A run is noted from the moment it is asked for. The list before stays valid until the new one takes its place in one
transaction; two fillings of a segment never overlap; one that was killed begins again.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any

import msgspec

from fidelia import conditions
from fidelia.access import Actor
from fidelia.conditions import Condition
from fidelia.kernel.errors import Problem, conflict, invalid
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Cancelled, JobContext, JobRef
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import Work

from .. import rules
from ..model import Segment, SegmentRange
from ..store import members as members_store
from ..store import runs as runs_store
from ..store import segments as store
from ..store.runs import RUNS
from . import answer
from .lists import refuse_unless_static, source_of
from .people import condition_people
from .place import end_runs, put
from .preview import Unsaved
from .progress import reported
from .question import ask
from .recalculate import present
from .refusals import in_words

FILL = "segments.fill"


class Filling(msgspec.Struct, frozen=True):
    """What a static segment is filled with. ``replace``: whoever does not match leaves."""

    condition: Condition
    range: SegmentRange | None = None
    limit: int | None = None
    replace: bool = False


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a filling would do: ``matched`` meet the condition; who enters, leaves and stays; the size after.

    ``triggers``: whether events are written unless one says so; not for the first filling.
    """

    matched: int
    size: int
    entered: int
    left: int
    stays: int
    triggers: bool


async def fill(tx: Tx, actor: Actor, segment_id: int, filling: Filling, *, triggers: bool | None = None) -> JobRef:
    """Have a static segment filled from a condition, once. Raises 404; 409 (not static, being filled); 422."""
    segment = await store.get(tx, segment_id, lock=True)
    refuse_unless_static(segment)
    await RUNS.settle(tx, [segment_id])
    if await RUNS.open_of(tx, segment_id) is not None:
        raise _busy(segment)
    faults = rules.range_errors(filling.range) + rules.limit_errors(filling.limit)
    if faults:
        raise invalid(*faults)
    await ask(tx, segment.database_id, filling.condition, own=segment_id)
    how = {**msgspec.to_builtins(filling), "condition": conditions.encode(filling.condition)}
    work = Work(
        kind=FILL,
        title=f"Fill {segment.name}",
        args={"segment_id": segment_id, "triggers": triggers, "filling": how},
        database_id=segment.database_id,
        link=f"/segments/{segment_id}",
    )
    started = await RUNS.start(tx, segment_id, work, source=source_of(actor), actor=actor.name)
    if started is None:
        raise _busy(segment)
    return started.job


def _busy(segment: Segment) -> Problem:
    return conflict(f"The segment {segment.name} is being filled at the moment")


async def forecast(engines: Engines, segment_id: int, filling: Filling) -> Forecast:
    """Tell what a filling would do; changes nothing. Raises 404, 409, 422, 503."""
    async with engines.tx() as tx:
        segment = await store.get(tx, segment_id)
        refuse_unless_static(segment)
        before = await members_store.members(tx, segment_id)
        first = not await runs_store.has_done(tx, segment_id)
    what = Unsaved(segment.database_id, filling.condition, filling.range, filling.limit)
    found = await condition_people(engines, what, own=segment_id, wait=False)
    after = found if filling.replace else before | found
    return Forecast(
        matched=len(found),
        size=len(after),
        entered=len(after - before),
        left=len(before - after),
        stays=len(before & after),
        triggers=not first,
    )


async def run_fill(
    ctx: JobContext, *, segment_id: int, run_id: int, triggers: bool | None, filling: dict[str, Any]
) -> dict[str, Any]:
    """Work out who is in and put the list in place; the result tells the figures."""
    given = msgspec.convert({**filling, "condition": {"kind": "always"}}, Filling)
    given = msgspec.structs.replace(given, condition=conditions.decode(filling["condition"]))
    async with ctx.telling(partial(end_runs, ctx, [run_id])):
        with in_words():
            return await _run(ctx, segment_id, run_id, triggers, given)


async def _run(ctx: JobContext, segment_id: int, run_id: int, triggers: bool | None, given: Filling) -> dict[str, Any]:
    started = time.perf_counter()
    async with ctx.tx() as tx:
        if not await runs_store.begin(tx, run_id):
            raise Cancelled
        segment = await present(tx, segment_id)
        question = await ask(
            tx, segment.database_id, given.condition, own=segment_id, range=given.range, limit=given.limit
        )
        now, run = tx.now, await runs_store.get(tx, run_id)
    async with reported(ctx), asyncio.timeout(ctx.engines.settings.limits.recalculation_seconds):
        await answer.catch_up(ctx.engines, segment.database_id, wait=True)
        found = await answer.answer(ctx.engines, question, now, tag=ctx.tag)
        await ctx.check()
    async with ctx.tx() as tx:
        segment = await present(tx, segment_id, lock=True)
        took = round((time.perf_counter() - started) * 1000)
        return await put(
            tx,
            segment,
            run_id,
            found,
            source=run.source,
            triggers=triggers,
            since=now,
            took_ms=took,
            keep=not given.replace,
        )
