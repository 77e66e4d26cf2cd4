"""The first job of a run: fetch the rows into a file and hand it to an ordinary import."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import anyio.to_thread
import msgspec

from fidelia.access import Actor, SecretError
from fidelia.kernel.errors import Problem
from fidelia.platform.files import Files
from fidelia.platform.jobs import Cancelled, Ending, JobContext
from fidelia.platform.schedules import OPEN

from ...service.databases import get_database
from ..service import create_import, look_at, start_check, start_run
from ..upload import AREA
from . import running, service, store
from .model import RunRow, ScheduleRow, SqlSource
from .sources import SQL_FORMAT, Brought, Known, bring
from .store import RUNS

UNCHANGED = "The source has not changed since the last import"
NO_ROWS = "The query gave no rows"


class _Wanted(msgspec.Struct, frozen=True):
    """What a run needs to know of its schedule."""

    run: RunRow
    row: ScheduleRow
    made: service.Definition
    secret: str | None


async def run_fetch(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Do the first half of a run. Killed at any moment and run again, it fetches again unless the import is there."""
    async with ctx.telling(partial(_ended, ctx, run_id)):
        return await _fetch(ctx, run_id)


async def _ended(ctx: JobContext, run_id: int, ending: Ending, exc: BaseException) -> None:
    async with ctx.tx() as tx:
        await running.broke_off(tx, run_id, ending, error=None if ending == "cancelled" else said(exc))


async def _fetch(ctx: JobContext, run_id: int) -> dict[str, Any]:
    async with ctx.tx() as tx:
        run = await RUNS.find(tx, run_id, lock=True)
        if run is None or run.state not in OPEN or run.import_id is not None:
            return {"import_id": run.import_id if run else None}
        await RUNS.begin(tx, run_id, {"started_at": run.started_at or tx.now})
        row = await store.find(tx, run.schedule_id)
        wanted = _Wanted(run, row, service.definition(row), service.secret_of(tx, row))
    files = Files(ctx.engines.files)
    key = files.new_key(AREA)
    try:
        brought = await _bring(ctx, wanted, key)
        if brought is None or brought.rows == 0:
            note = UNCHANGED if brought is None else NO_ROWS
            async with ctx.tx() as tx:
                await running.broke_off(tx, run_id, "skipped", note=note)
            await anyio.to_thread.run_sync(files.delete, key)
            return {"import_id": None, "note": note}
        return await _hand_over(ctx, wanted, key, brought)
    except BaseException:
        await asyncio.shield(anyio.to_thread.run_sync(files.delete, key))
        raise


async def _bring(ctx: JobContext, wanted: _Wanted, key: str) -> Brought | None:
    async def progress(done: int) -> None:
        await ctx.check()
        if isinstance(wanted.made.source, SqlSource):
            ctx.progress(done)

    row = wanted.row
    known = Known()
    if wanted.made.skip_unchanged and not wanted.run.force:
        known = Known(etag=row.etag, last_modified=row.last_modified, content_hash=row.content_hash)
    return await bring(ctx.engines, wanted.made.source, wanted.secret, key, known, progress)


async def _hand_over(ctx: JobContext, wanted: _Wanted, key: str, brought: Brought) -> dict[str, Any]:
    """Make the import and begin it, in one transaction with the run: from then on the run is the import's."""
    made, run = wanted.made, wanted.run
    how = SQL_FORMAT if isinstance(made.source, SqlSource) else made.format
    async with ctx.tx() as tx:
        database = await get_database(tx, wanted.row.database_id)
    seen = await look_at(ctx.engines, database, key, how)  # no transaction waits for a file to be read
    async with ctx.tx() as tx:
        now = await RUNS.find(tx, run.id, lock=True)
        if now is None or now.state not in OPEN:
            raise Cancelled
        actor = Actor.system(ctx.actor)
        imported = await create_import(
            tx,
            actor,
            wanted.row.database_id,
            file_key=key,
            file_name=f"{made.name} {tx.now:%Y-%m-%d %H:%M}",
            file_size=brought.size,
            how=how,
            columns_to=made.mapping,
            options=made.options,
            seen=seen,
        )
        begin = start_check if run.dry_run else start_run
        await begin(tx, actor, imported.id)
        await store.handed_over(
            tx,
            run.id,
            imported.id,
            size=brought.size,
            etag=brought.etag,
            last_modified=brought.last_modified,
            content_hash=brought.content_hash,
        )
    return {"import_id": imported.id}


def said(exc: BaseException) -> str:
    """Return what went wrong in words."""
    if isinstance(exc, Problem):
        return exc.detail
    return str(exc) if isinstance(exc, SecretError) else f"{type(exc).__name__}: {exc}"
