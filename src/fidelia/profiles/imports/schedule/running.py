"""Runs of scheduled imports: started by hand, by API or by the clock, one at a time each; and how they end.

A run is two jobs. The first fetches rows into a file, the second is an ordinary import of that file, which goes on
where it was when its process dies. The run ends when the import has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import Problem, conflict
from fidelia.platform import jobs, schedules
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import EndState, Work

from ...service.databases import get_database
from ..model import ImportOut
from ..store import current as current_import
from ..store import find as find_import
from . import store
from .model import ImportTarget, RunRow, RunSource, ScheduledRun, ScheduleRow
from .ports import RESULT_LIST, ResultList
from .store import RUNS
from .tables import import_schedule

FETCH = "profiles.import_scheduled"
_SOURCES: dict[str, RunSource] = {"token": "api", "system": "schedule"}


async def start(tx: Tx, actor: Actor, schedule_id: int, *, dry_run: bool, force: bool) -> ScheduledRun:
    """Begin a run now. Raises 403, 404, 409 while one is at work.

    ``dry_run`` checks every row and writes none; ``force`` imports also what has not changed.
    """
    actor.require("profiles:update")
    row = await store.find(tx, schedule_id, lock=True)
    source = _SOURCES.get(actor.kind, "hand")
    work = _work(row, dry_run=dry_run, force=force or dry_run)
    started = await RUNS.start(tx, row.id, work, source=source, actor=actor.name)
    if started is None:
        raise conflict("This scheduled import is at work already")
    if not dry_run:
        await audit(tx, actor, "import_schedule.started", kind="import_schedule", object_id=schedule_id, name=row.name)
    return await _shown(tx, started.run_id)


def _work(row: ScheduleRow, *, dry_run: bool, force: bool) -> Work:
    return Work(
        kind=FETCH,
        title=f"Fetch {row.name}",
        database_id=row.database_id,
        link=row.link,
        lock=f"import-schedule-{row.id}",
        columns={"dry_run": dry_run, "force": force, "version": row.version},
    )


async def _shown(tx: Tx, run_id: int) -> ScheduledRun:
    run = await RUNS.find(tx, run_id)
    assert run is not None
    return store.as_run(run)


async def cancel(tx: Tx, schedule_id: int) -> ScheduledRun:
    """Stop the run that is at work; rows that are written stay. Raises 404; 409 when nothing is at work."""
    await store.find(tx, schedule_id, lock=True)
    run = await RUNS.open_of(tx, schedule_id)
    if run is None:
        raise conflict("This scheduled import is not at work")
    job_id = run.job_id
    if run.import_id is not None:
        job_id = (await find_import(tx, run.import_id)).job_id
    if job_id is not None:
        await jobs.cancel(tx, job_id)
    await settle(tx, run.id)
    return await _shown(tx, run.id)


async def start_due(engines: Engines) -> list[int]:
    """Note what has ended, and start what is due; return the schedules. Safe in several processes at once.

    However many times have passed while nothing ran, each is run once. One that is still at work stays due.
    """
    return await schedules.start_due(engines, TIMETABLE)


async def _following(tx: Tx, row: ScheduleRow) -> datetime | None:
    zone = (await get_database(tx, row.database_id)).timezone
    return None if row.schedule is None else schedules.next_run(row.schedule, tx.now, zone)


async def _work_when_due(_: Tx, row: ScheduleRow) -> Work:
    return _work(row, dry_run=False, force=False)


async def settle_all(engines: Engines) -> None:
    """Note how runs ended whose jobs have ended, each in a transaction of its own."""
    async with engines.tx() as tx:
        open_ = [run.id for run in await RUNS.open(tx)]
    for run_id in open_:
        async with engines.tx() as tx:
            await settle(tx, run_id)


TIMETABLE = schedules.Timetable(
    table=import_schedule,
    row=ScheduleRow,
    where=import_schedule.c.active,
    runs=RUNS,
    settle=settle_all,
    following=_following,
    work=_work_when_due,
    waits=True,
)


async def import_ended(engines: Engines, import_id: int) -> None:
    """Note at once how a run ended whose import has just ended."""
    async with engines.tx() as tx:
        for run_id in await store.open_of_import(tx, import_id):
            await settle(tx, run_id)


async def settle(tx: Tx, run_id: int) -> None:
    """Note how a run ended, unless it still waits or works."""
    held = await _held(tx, run_id)
    if held is None:
        return
    row, run = held
    if run.import_id is not None:
        found = await current_import(tx, await find_import(tx, run.import_id))
        if found.state in ("done", "checked"):
            await _imported(tx, row, run, found)
        elif found.state in ("failed", "cancelled"):
            await _end(tx, row, run, found.state, found.error, {"counts": msgspec.to_builtins(found.counts)})
        return
    ended = await RUNS.outcome(tx, run.job_id)
    if ended is not None:
        await _end(tx, row, run, *ended)


async def _imported(tx: Tx, row: ScheduleRow, run: RunRow, found: ImportOut) -> None:
    """Put the people of an import on the list that is asked for, and note that the run is done."""
    if found.state == "checked":
        counts = msgspec.to_builtins(found.check.counts) if found.check else None
        await _end(tx, row, run, "done", columns={"counts": counts})
        return
    values: dict[str, object] = {"counts": msgspec.to_builtins(found.counts)}
    if row.target is not None:
        try:
            async with tx.savepoint():
                values |= await _fill(tx, row.name, row.target, found)
        except Problem as exc:
            text = f"The rows are imported, but the segment was left as it is: {exc.detail}"
            await _end(tx, row, run, "failed", text, values)
            return
    await _end(tx, row, run, "done", columns=values)


async def _fill(tx: Tx, name: str, target: ImportTarget, found: ImportOut) -> dict[str, int]:
    counts = found.counts
    replace = target.mode == "replace"
    if replace and not counts.created + counts.updated + counts.unchanged:
        raise conflict("no row was about anybody, and an empty source shall not empty a segment")
    port: ResultList = tx.engines.port(RESULT_LIST)
    entered, left = await port.put(
        tx, Actor.system(name), target.segment, found.id, replace=replace, triggers=not target.skip_triggers
    )
    return {"entered": entered, "left_count": left}


async def broke_off(tx: Tx, run_id: int, state: EndState, *, error: str | None = None, note: str | None = None) -> None:
    """Note that a run ended before there was an import: it failed, or there was nothing to import."""
    held = await _held(tx, run_id)
    if held is not None and held[1].import_id is None:
        await _end(tx, *held, state, error, {"note": note})


async def _held(tx: Tx, run_id: int) -> tuple[ScheduleRow, RunRow] | None:
    """Lock a run that has not ended and its schedule, in the order in which everybody does; ``None``: it has."""
    run = await RUNS.find(tx, run_id)
    if run is None:
        return None
    row = await store.find(tx, run.schedule_id, lock=True)
    run = await RUNS.find(tx, run_id, lock=True)
    return None if run is None or run.finished_at is not None else (row, run)


async def _end(
    tx: Tx,
    row: ScheduleRow,
    run: RunRow,
    state: EndState,
    error: str | None = None,
    columns: Mapping[str, object] | None = None,
) -> None:
    await RUNS.end(tx, run.id, state, error, columns)
    if run.dry_run:
        return
    stopped = await schedules.note_ending(tx, import_schedule, row, run, state, error, what="The scheduled import")
    if stopped is not None:
        await audit(
            tx,
            Actor.system(),
            "import_schedule.stopped",
            kind="import_schedule",
            object_id=row.id,
            name=row.name,
            after=msgspec.structs.asdict(stopped),
        )
