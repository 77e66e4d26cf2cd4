"""Jobs of value lists and data tables."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import anyio.to_thread

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs import Ending, JobContext, periodic, task

from .service.loads import LOAD
from .store import ddl
from .store import loads as store
from .work import run_load

#: A generation that nobody turns to any more may still be read by an export or a question for so long.
LEAVE = timedelta(minutes=10)
#: Uploaded files are kept this long, reports of rejected rows (they may name people) that long.
KEEP = timedelta(days=7)
KEEP_REPORTS = timedelta(days=30)


@task(LOAD, queue="core", attempts=5)
async def run(ctx: JobContext, load_id: int) -> dict[str, Any]:
    """Load a file into a list or a table."""
    async with ctx.telling(partial(_ended, ctx, load_id)):
        return await run_load(ctx, load_id)


async def _ended(ctx: JobContext, load_id: int, ending: Ending, exc: BaseException) -> None:
    error = exc.detail if isinstance(exc, Problem) else f"{type(exc).__name__}: {exc}"
    if ending == "cancelled":
        error = "Stopped; nothing was changed"
    async with ctx.tx() as tx:
        row = await store.find(tx, load_id, lock=True)
        if row.job_id != ctx.job_id or row.state == "done":
            return
        await store.update(tx, load_id, state=ending, error=error, finished_at=tx.now)
        await ddl.drop_staging(await tx.raw(), load_id)


@periodic("profiles.lists_tidy", "*/10 * * * *", queue="core")
async def tidy(engines: Engines) -> None:
    """Drop rows that nobody reads any more, and forget old uploads."""
    async with engines.tx() as tx:
        await store.settle(tx)
        names = await ddl.leftovers(tx, tx.now - LEAVE)
        keys = await store.stale(tx, tx.now - KEEP)
        await store.forget_old_rejects(tx, tx.now - KEEP_REPORTS)
    for name in names:
        async with engines.tx() as tx:
            await ddl.drop_table(tx, name)
    files = Files(engines.files)

    def remove() -> None:
        for key in keys:
            files.delete(key)

    await anyio.to_thread.run_sync(remove)
