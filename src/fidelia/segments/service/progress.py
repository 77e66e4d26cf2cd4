"""Progress of a job that asks ClickHouse: rows read of rows to read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fidelia.platform.clickhouse import ClickHouseError
from fidelia.platform.jobs import JobContext

EVERY_SECONDS = 0.5


@contextlib.asynccontextmanager
async def reported(ctx: JobContext) -> AsyncIterator[None]:
    """Report the progress of the job's queries for as long as the block runs."""

    async def watch() -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            with contextlib.suppress(ClickHouseError):  # a figure that is missed does no harm
                done, total = await ctx.engines.clickhouse.progress(ctx.tag)
                if total > 0:
                    ctx.progress(done, total)

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watcher
