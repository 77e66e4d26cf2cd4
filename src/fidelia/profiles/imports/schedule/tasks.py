"""Jobs of scheduled imports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from . import running, store
from .work import run_fetch

#: Runs are kept this long.
KEEP_RUNS = timedelta(days=400)


@task(running.FETCH, queue="worker", attempts=5)
async def fetch(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Fetch the rows of a scheduled import."""
    return await run_fetch(ctx, run_id)


@periodic("profiles.import_schedules", "* * * * *", queue="worker")
async def due(engines: Engines) -> None:
    """Start what is due."""
    await running.start_due(engines)


@periodic("profiles.import_schedules_tidy", "37 3 * * *", queue="worker")
async def tidy(engines: Engines) -> None:
    """Forget old runs."""
    async with engines.tx() as tx:
        await store.forget_runs(tx, tx.now - KEEP_RUNS)
