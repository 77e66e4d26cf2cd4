"""Having updatable segments filled again: by hand, by API, by the schedule. The work is a job (see ``round``).

A run is noted from the moment it is asked for, and a segment has one open run at most: PostgreSQL refuses a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fidelia import conditions, profiles
from fidelia.access import Actor
from fidelia.kernel.errors import conflict, not_found
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobRef
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import Segment, SegmentRun, Source
from ..store import runs as runs_store
from ..store import segments as store
from ..store.runs import RUNS
from .lists import source_of
from .question import ask_segment

ROUND = "segments.recalculate"
SCHEDULE = "Schedule"


async def recalculate(
    tx: Tx,
    actor: Actor,
    segment_id: int,
    *,
    source: Source | None = None,
    triggers: bool | None = None,
    force: bool = False,
) -> JobRef:
    """Have an updatable segment filled again; while a filling waits or works, return that one.

    ``triggers`` says whether events are written; by default all but the first filling write them. ``force`` works
    the list out even if nothing has changed that its rules read. Raises 404, 409.
    """
    segment = await store.get(tx, segment_id, lock=True)
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} is archived: restore it first")
    if segment.type == "dynamic":
        raise conflict(f"The segment {segment.name} is dynamic: it stores nobody and is worked out each time")
    if segment.type == "static":
        raise conflict(f"The segment {segment.name} is a list without rules of its own: fill it from a condition")
    await RUNS.settle(tx, [segment_id])
    for run in await RUNS.open(tx, [segment_id]):
        if run.job_id is not None:
            job = await jobs.get(tx, run.job_id)
            return JobRef(job.id, job.kind, job.title, job.state)
    await ask_segment(tx, segment)  # refuse at once what cannot be worked out
    return await start(tx, actor.name, [segment], source or source_of(actor), triggers=triggers, force=force)


async def start(
    tx: Tx, actor: str, segments: Sequence[Segment], source: Source, *, triggers: bool | None, force: bool = False
) -> JobRef:
    """Note a run for each of some segments of one database and start the job that does them, in this order.

    Raises 409 when one of them is being filled.
    """
    runs = []
    for segment in segments:
        run_id = await RUNS.add(tx, segment.id, source=source, actor=actor)
        if run_id is None:
            raise conflict(f"The segment {segment.name} is being filled at the moment")
        runs.append([segment.id, run_id])
    first = segments[0]
    alone = len(segments) == 1
    args: dict[str, Any] = {"runs": runs, "triggers": triggers, "force": force}
    job = await jobs.create(
        tx,
        kind=ROUND,
        title=f"Recalculate {first.name}" if alone else f"Recalculate {len(segments):,} segments",
        actor=actor,
        args=args,
        total=None if alone else len(segments),
        database_id=first.database_id,
        link=f"/segments/{first.id}" if alone else "/segments",
    )
    await RUNS.set_job(tx, [run for _, run in runs], job.id)
    return job


async def cancel(tx: Tx, segment_id: int) -> SegmentRun:
    """Stop the open run of a segment; its list stays. Raises 404; 409 when nothing is under way."""
    segment = await store.get(tx, segment_id, lock=True)
    await RUNS.settle(tx, [segment_id])
    run = await RUNS.open_of(tx, segment_id)
    if run is None:
        raise conflict(f"The segment {segment.name} is not being filled at the moment")
    if run.job_id is not None and await runs_store.left_to(tx, run.job_id) == 1:
        await jobs.cancel(tx, run.job_id)
        await RUNS.settle(tx, [segment_id])
    else:  # one of many that a job does: the others go on
        await RUNS.end(tx, run.id, "cancelled", None)
    return await runs_store.get(tx, run.id)


async def present(tx: Tx, segment_id: int, *, lock: bool = False) -> Segment:
    """Return a segment that is in use; raise 404, or 409 when it is archived."""
    segment = await store.find(tx, segment_id, lock=lock)
    if segment is None:
        raise not_found("Segment", segment_id)
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} was archived")
    return segment


# -- schedules ------------------------------------------------------------------------------------------------------


async def start_due(engines: Engines) -> list[int]:
    """Start what is due, one job a database; return the segments. Safe to be called by several processes at once.

    However many times have passed while nothing ran, each segment is filled once. One that is being filled, or reads
    a list that is, stays due; the end of a filling calls this again.
    """
    async with engines.tx() as tx:
        await RUNS.settle(tx)
        due = {segment.id: segment for segment in await store.due(tx)}
        if not due:
            return []
        busy = frozenset(run.segment_id for run in await RUNS.open(tx))
        reads = {id_: await reads_of(tx, segment) for id_, segment in due.items()}
        by_database: dict[int, list[Segment]] = {}
        for id_ in (id_ for group in rules.turns(reads, busy) for id_ in group):
            by_database.setdefault(due[id_].database_id, []).append(due[id_])
        for database_id, segments in by_database.items():
            timezone = (await profiles.get_database(tx, database_id)).timezone
            for segment in segments:
                following = None if segment.schedule is None else rules.next_run(segment.schedule, tx.now, timezone)
                await store.set_next_run(tx, segment.id, following)
            await start(tx, SCHEDULE, segments, "schedule", triggers=None)
        return [segment.id for segments in by_database.values() for segment in segments]


async def reads_of(tx: Tx, segment: Segment) -> frozenset[int]:
    """Return every segment that the rules of another lead to, at any depth."""
    known: set[int] = set()
    wanted = {segment.id: segment}
    while wanted:
        ids = {i for s in wanted.values() if s.condition is not None for i in conditions.segments_in(s.condition)}
        wanted = {s.id: s for s in await store.some(tx, ids - known)}
        known |= wanted.keys()
    return frozenset(known)
