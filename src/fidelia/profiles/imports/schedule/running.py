"""Runs of scheduled imports: started by hand, by API or by the clock, one at a time each; and how they end.

A run is two jobs. The first fetches rows into a file, the second is an ordinary import of that file, which goes on
where it was when its process dies. The run ends when the import has ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.kernel.errors import Problem, conflict
from fidelia.platform import jobs, notices, schedules
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...service.databases import get_database
from ..model import ImportOut
from ..store import current as current_import
from ..store import find as find_import
from . import rules, store
from .model import ImportTarget, RunSource, ScheduledRun
from .ports import RESULT_LIST, ResultList
from .service import definition

FETCH = "profiles.import_scheduled"
SCHEDULE = "Schedule"
_SOURCES: dict[str, RunSource] = {"token": "api", "system": "schedule"}


async def start(tx: Tx, actor: Actor, schedule_id: int, *, dry_run: bool, force: bool) -> ScheduledRun:
    """Begin a run now. Raises 403, 404, 409 while one is at work.

    ``dry_run`` checks every row and writes none; ``force`` imports also what has not changed.
    """
    actor.require("profiles:update")
    row = await store.find(tx, schedule_id, lock=True)
    if await store.open_runs(tx, schedule_id=schedule_id):
        raise conflict("This scheduled import is at work already")
    source = _SOURCES.get(actor.kind, "hand")
    run_id = await _begin(tx, row, actor.name, source, dry_run=dry_run, force=force or dry_run)
    if not dry_run:
        await audit(tx, actor, "import_schedule.started", kind="import_schedule", object_id=schedule_id, name=row.name)
    return store.as_run(await store.find_run(tx, run_id))


async def _begin(tx: Tx, row: Any, actor: str, source: RunSource, *, dry_run: bool, force: bool) -> int:
    values = {"dry_run": dry_run, "force": force, "source": source, "actor": actor, "version": row.version}
    run_id = await store.insert_run(tx, {**values, "schedule_id": row.id})
    job = await jobs.create(
        tx,
        kind=FETCH,
        title=f"Fetch {row.name}",
        actor=actor,
        args={"run_id": run_id},
        database_id=row.database_id,
        link=f"/databases/{row.database_id}/import-schedules/{row.id}",
        lock=f"import-schedule-{row.id}",
    )
    await store.update_run(tx, run_id, job_id=job.id)
    return run_id


async def cancel(tx: Tx, schedule_id: int) -> ScheduledRun:
    """Stop the run that is at work; rows that are written stay. Raises 404; 409 when nothing is at work."""
    await store.find(tx, schedule_id, lock=True)
    open_ = await store.open_runs(tx, schedule_id=schedule_id)
    if not open_:
        raise conflict("This scheduled import is not at work")
    run = open_[0]
    job_id = run.job_id
    if run.import_id is not None:
        job_id = (await find_import(tx, run.import_id)).job_id
    if job_id is not None:
        await jobs.cancel(tx, job_id)
    await settle(tx, run.id)
    return store.as_run(await store.find_run(tx, run.id))


async def start_due(engines: Engines) -> list[int]:
    """Note what has ended, and start what is due; return the schedules. Safe in several processes at once.

    However many times have passed while nothing ran, each is run once. One that is still at work stays due.
    """
    await settle_all(engines)
    async with engines.tx() as tx:
        started = []
        for row in await store.due(tx):
            made = definition(row)
            following: datetime | None = None
            if made.schedule is not None:
                timezone = (await get_database(tx, row.database_id)).timezone
                following = schedules.next_run(made.schedule, tx.now, timezone)
            try:
                async with tx.savepoint():
                    await _begin(tx, row, SCHEDULE, "schedule", dry_run=False, force=False)
            except sa.exc.IntegrityError:  # somebody has just started it by hand
                continue
            await store.update(tx, row.id, next_run_at=following)
            started.append(int(row.id))
        return started


async def settle_all(engines: Engines) -> None:
    """Note how runs ended whose jobs have ended, each in a transaction of its own."""
    async with engines.tx() as tx:
        open_ = [run.id for run in await store.open_runs(tx)]
    for run_id in open_:
        async with engines.tx() as tx:
            await settle(tx, run_id)


async def import_ended(engines: Engines, import_id: int) -> None:
    """Note at once how a run ended whose import has just ended."""
    async with engines.tx() as tx:
        open_ = [run.id for run in await store.open_runs(tx, import_id=import_id)]
        for run_id in open_:
            await settle(tx, run_id)


async def settle(tx: Tx, run_id: int) -> None:
    """Note how a run ended, unless it still waits or works."""
    run = await store.find_run(tx, run_id)
    if run is None:
        return
    row = await store.find(tx, run.schedule_id, lock=True)  # always before its run, as everywhere
    run = await store.find_run(tx, run_id, lock=True)
    if run is None or run.finished_at is not None:
        return
    if run.import_id is not None:
        found = await current_import(tx, await find_import(tx, run.import_id))
        if found.state in ("done", "checked"):
            await _imported(tx, row, run, found)
        elif found.state in ("failed", "cancelled"):
            await _end(tx, row, run, found.state, error=found.error, counts=msgspec.to_builtins(found.counts))
        return
    ended = await jobs.outcome(tx, run.job_id, "The import of this run was deleted before it ended")
    if ended is not None:
        await _end(tx, row, run, ended[0], error=ended[1])


async def _imported(tx: Tx, row: Any, run: Any, found: ImportOut) -> None:
    """Put the people of an import on the list that is asked for, and note that the run is done."""
    if found.state == "checked":
        counts = msgspec.to_builtins(found.check.counts) if found.check else None
        await _end(tx, row, run, "done", counts=counts)
        return
    values: dict[str, Any] = {"counts": msgspec.to_builtins(found.counts)}
    target = definition(row).target
    if target is not None:
        try:
            async with tx.savepoint():
                values |= await _fill(tx, row.name, target, found)
        except Problem as exc:
            text = f"The rows are imported, but the segment was left as it is: {exc.detail}"
            await _end(tx, row, run, "failed", error=text, **values)
            return
    await _end(tx, row, run, "done", **values)


async def _fill(tx: Tx, name: str, target: ImportTarget, found: ImportOut) -> dict[str, Any]:
    counts = found.counts
    replace = target.mode == "replace"
    if replace and not counts.created + counts.updated + counts.unchanged:
        raise conflict("no row was about anybody, and an empty source shall not empty a segment")
    port: ResultList = tx.engines.port(RESULT_LIST)
    entered, left = await port.put(
        tx, Actor.system(name), target.segment, found.id, replace=replace, triggers=not target.skip_triggers
    )
    return {"entered": entered, "left_count": left}


async def skip(tx: Tx, run_id: int, note: str) -> None:
    """Note that a run had nothing to import."""
    run = await store.find_run(tx, run_id)
    row = await store.find(tx, run.schedule_id, lock=True)
    run = await store.find_run(tx, run_id, lock=True)
    if run.finished_at is None:
        await _end(tx, row, run, "skipped", note=note)


async def fail(tx: Tx, run_id: int, state: str, error: str | None) -> None:
    """Note that a run broke off before there was an import."""
    run = await store.find_run(tx, run_id)
    if run is None:
        return
    row = await store.find(tx, run.schedule_id, lock=True)
    run = await store.find_run(tx, run_id, lock=True)
    if run is not None and run.finished_at is None and run.import_id is None:
        await _end(tx, row, run, state, error=error)


async def _end(tx: Tx, row: Any, run: Any, state: str, **values: Any) -> None:
    await store.update_run(tx, run.id, state=state, finished_at=tx.now, **values)
    if run.dry_run or state == "cancelled":
        return
    if state == "failed":
        await _failed(tx, row, str(values.get("error") or "It failed"))
        return
    changes: dict[str, Any] = {"failures": 0}
    if state == "done" and run.version == row.version:
        changes |= {"etag": run.etag, "last_modified": run.last_modified, "content_hash": run.content_hash}
    await store.update(tx, row.id, **changes)


async def _failed(tx: Tx, row: Any, error: str) -> None:
    """Count a failure; tell people after some in a row, and switch the schedule off after as many as it takes."""
    failures = row.failures + 1
    said = error if error.endswith((".", "!", "?")) else f"{error}."
    changes: dict[str, Any] = {"failures": failures}
    off = row.active and row.schedule is not None and failures >= row.stop_after
    link = f"/databases/{row.database_id}/import-schedules/{row.id}"
    if off:
        changes |= {"active": False, "next_run_at": None, "stopped": f"It failed {failures} times in a row: {said}"}
        await audit(
            tx,
            Actor.system(),
            "import_schedule.stopped",
            kind="import_schedule",
            object_id=row.id,
            name=row.name,
            after={"failures": failures, "error": error},
        )
    await store.update(tx, row.id, **changes)
    if off or failures == rules.TELL_AFTER:
        again = "It is switched off until you switch it on again." if off else "It goes on trying."
        await notices.tell(
            tx,
            kind=f"import_schedule.{row.id}",
            level="critical" if off else "warning",
            title=f"The scheduled import {row.name} failed {failures} times in a row",
            body=f"{said} {again}",
            link=link,
        )
