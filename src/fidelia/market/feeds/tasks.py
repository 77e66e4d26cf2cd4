"""Jobs of feeds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio.to_thread

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from . import running, store
from .fetching import AREA
from .work import run_feed

#: Runs are kept this long, and what is known of single offers.
KEEP_RUNS = timedelta(days=400)
KEEP_REJECTS = timedelta(days=90)
#: A file that no feed was made of.
KEEP_FILES = timedelta(days=1)


@task(running.LOAD, queue="worker", attempts=10)
async def load(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Load a feed."""
    return await run_feed(ctx, run_id)


@periodic("market.feeds_due", "* * * * *", queue="worker")
async def due(engines: Engines) -> None:
    """Start what is due."""
    await running.start_due(engines)


@periodic("market.feeds_tidy", "47 3 * * *", queue="worker")
async def tidy(engines: Engines) -> None:
    """Forget old runs, and remove files that nobody needs."""
    async with engines.tx() as tx:
        await store.forget(tx, tx.now - KEEP_RUNS, tx.now - KEEP_REJECTS)
        kept = await store.file_keys(tx)
        edge = (tx.now - KEEP_FILES).timestamp()

    def remove() -> None:
        for path in _old(engines.files / AREA, edge):
            if f"{AREA}/{path.name}" not in kept:
                path.unlink(missing_ok=True)

    await anyio.to_thread.run_sync(remove)


def _old(folder: Path, before: float) -> list[Path]:
    return [p for p in folder.iterdir() if p.stat().st_mtime < before] if folder.is_dir() else []
