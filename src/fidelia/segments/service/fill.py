"""Filling a list by rules: an updatable segment by its own, a static one once by a condition. Always a job.

A run is noted from the moment it is asked for. The list before stays valid until the new one takes its place in one
transaction; two fillings of a segment never overlap (the job's lock); one that was killed begins again.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import conditions
from fidelia.access import Actor
from fidelia.conditions import Condition
from fidelia.kernel.errors import Problem, conflict, invalid, not_found
from fidelia.platform import jobs
from fidelia.platform.clickhouse import ClickHouseError, ClickHouseUnavailable, QueryTimeout, QueryTooLarge
from fidelia.platform.jobs import Cancelled, JobContext, JobRef
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import Segment, SegmentRange, Source
from ..store import members as members_store
from ..store import runs as runs_store
from ..store import segments as store
from . import answer
from .lists import refuse_unless_static, source_of, swap
from .preview import refused
from .progress import reported
from .question import Question, ask, ask_segment

FILL = "segments.fill"
_TRIES = 5


class Filling(msgspec.Struct, frozen=True):
    """What a static segment is filled with. ``replace``: whoever does not match leaves."""

    condition: Condition
    range: SegmentRange | None = None
    limit: int | None = None
    replace: bool = False


async def recalculate(
    tx: Tx, actor: Actor, segment_id: int, *, source: Source | None = None, triggers: bool | None = None
) -> JobRef:
    """Have an updatable segment filled again; while a filling waits or works, return that one.

    ``triggers`` says whether events are written; by default all but the first filling write them. Raises 404, 409.
    """
    segment = await store.get(tx, segment_id, lock=True)
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} is archived: restore it first")
    if segment.type == "dynamic":
        raise conflict(f"The segment {segment.name} is dynamic: it stores nobody and is worked out each time")
    if segment.type == "static":
        raise conflict(f"The segment {segment.name} is a list without rules of its own: fill it from a condition")
    await settle(tx, [segment_id])
    for run in await runs_store.open_runs(tx, [segment_id]):
        if run.job_id is not None:
            job = await jobs.get(tx, run.job_id)
            return JobRef(job.id, job.kind, job.title, job.state)
    await ask_segment(tx, segment)  # refuse at once what cannot be worked out
    return await start(tx, actor.name, segment, source or source_of(actor), triggers=triggers)


async def fill(tx: Tx, actor: Actor, segment_id: int, filling: Filling, *, triggers: bool | None = None) -> JobRef:
    """Have a static segment filled from a condition, once. Raises 404; 409 (not static, being filled); 422."""
    segment = await store.get(tx, segment_id, lock=True)
    refuse_unless_static(segment)
    await settle(tx, [segment_id])
    if await runs_store.open_runs(tx, [segment_id]):
        raise conflict(f"The segment {segment.name} is being filled at the moment")
    faults = rules.range_errors(filling.range) + rules.limit_errors(filling.limit)
    if faults:
        raise invalid(*faults)
    await ask(tx, segment.database_id, filling.condition, own=segment_id)
    return await start(tx, actor.name, segment, source_of(actor), triggers=triggers, filling=filling)


async def start(
    tx: Tx, actor: str, segment: Segment, source: Source, *, triggers: bool | None, filling: Filling | None = None
) -> JobRef:
    """Note a run and start its job."""
    run_id = await runs_store.insert(tx, segment.id, source=source, actor=actor)
    args: dict[str, Any] = {"segment_id": segment.id, "run_id": run_id, "triggers": triggers}
    if filling is not None:
        args["filling"] = {**msgspec.to_builtins(filling), "condition": conditions.encode(filling.condition)}
    job = await jobs.create(
        tx,
        kind=FILL,
        title=f"Fill {segment.name}",
        actor=actor,
        args=args,
        database_id=segment.database_id,
        link=f"/segments/{segment.id}",
        lock=f"segment-{segment.id}",
    )
    await runs_store.set_job(tx, run_id, job.id)
    return job


async def settle(tx: Tx, segment_ids: list[int] | None = None) -> None:
    """Note how runs ended whose job ended without a word: its process died too often, or it was never begun."""
    for run in await runs_store.open_runs(tx, segment_ids):
        state, error = "failed", "The job that did it is gone"
        if run.job_id is not None:
            try:
                job = await jobs.get(tx, run.job_id)
            except Problem:  # forgotten after a month
                pass
            else:
                if job.state in ("queued", "running"):
                    continue
                state = "cancelled" if job.state == "cancelled" else "failed"
                error = job.error or "The job ended before the list was stored"
        await runs_store.end(tx, run.id, state, None if state == "cancelled" else error)


async def run_fill(
    ctx: JobContext,
    *,
    segment_id: int,
    run_id: int,
    triggers: bool | None,
    filling: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Work out who is in and put the list in place; the result tells the figures."""
    given = None
    if filling is not None:
        given = msgspec.convert({**filling, "condition": {"kind": "always"}}, Filling)
        given = msgspec.structs.replace(given, condition=conditions.decode(filling["condition"]))
    try:
        return await _run(ctx, segment_id, run_id, triggers, given)
    except asyncio.CancelledError:
        if ctx.cancel_requested:
            await asyncio.shield(_end(ctx, run_id, "cancelled", None))
        raise  # otherwise the process stops, and the next one begins the run again
    except Exception as exc:
        cancelled = ctx.cancel_requested or isinstance(exc, Cancelled)
        await _end(ctx, run_id, "cancelled" if cancelled else "failed", None if cancelled else _reason(exc))
        if isinstance(exc, QueryTooLarge | QueryTimeout | ClickHouseUnavailable) and not cancelled:
            raise refused(exc) from exc
        raise


async def _run(
    ctx: JobContext, segment_id: int, run_id: int, triggers: bool | None, given: Filling | None
) -> dict[str, Any]:
    async with ctx.tx() as tx:
        if not await runs_store.begin(tx, run_id):
            raise Cancelled
    started = time.perf_counter()
    async with reported(ctx):
        for _ in range(_TRIES):
            async with ctx.tx() as tx:
                segment = await _present(tx, segment_id)
                question = await _question(tx, segment, given)
                now = tx.now
            await answer.catch_up(ctx.engines, segment.database_id, wait=True)
            found = await answer.answer(ctx.engines, question, now, tag=ctx.tag)
            await ctx.check()
            async with ctx.tx() as tx:
                latest = await store.get(tx, segment_id, lock=True)
                if latest.version != segment.version:
                    continue  # its rules were changed meanwhile
                return await _store(tx, latest, run_id, found, triggers, given, started)
    raise conflict("The rules were changed again and again while they were worked out")


async def _store(
    tx: Tx, segment: Segment, run_id: int, found: BitMap, triggers: bool | None, given: Filling | None, started: float
) -> dict[str, Any]:
    """Swap the lists and note the run, in one transaction."""
    run = await runs_store.get(tx, run_id)
    before = await members_store.members(tx, segment.id)
    after = found if given is None or given.replace else before | found
    loud = await runs_store.has_done(tx, segment.id) if triggers is None else triggers
    entered, left = await swap(tx, segment, before, after, run.source, triggers=loud)
    took = round((time.perf_counter() - started) * 1000)
    figures = {"size": len(after), "entered": len(entered), "left": len(left)}
    if not await runs_store.finish(tx, run_id, took_ms=took, **figures):
        raise Cancelled
    if segment.type == "static":
        await members_store.append_log(
            tx,
            segment.id,
            action="fill",
            source=run.source,
            actor=run.actor,
            entered=len(entered),
            left=len(left),
            size=len(after),
            changed=entered | left,
        )
    return {**figures, "took_ms": took, "triggers": loud}


async def _present(tx: Tx, segment_id: int) -> Segment:
    segment = await store.find(tx, segment_id)
    if segment is None:
        raise not_found("Segment", segment_id)
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} was archived")
    return segment


async def _question(tx: Tx, segment: Segment, given: Filling | None) -> Question:
    if given is None:
        return await ask_segment(tx, segment)
    return await ask(tx, segment.database_id, given.condition, own=segment.id, range=given.range, limit=given.limit)


async def _end(ctx: JobContext, run_id: int, state: str, error: str | None) -> None:
    async with ctx.tx() as tx:
        await runs_store.end(tx, run_id, state, error)


def _reason(exc: Exception) -> str:
    if isinstance(exc, Problem):
        return exc.detail
    return refused(exc).detail if isinstance(exc, ClickHouseError) else f"{type(exc).__name__}: {exc}"
