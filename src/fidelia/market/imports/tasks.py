"""Jobs of the market's imports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import anyio.to_thread

from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs import JobContext, periodic, task

from . import store
from .model import RUN
from .work import run_import

#: Uploaded files are kept this long after their import has ended.
KEEP = timedelta(days=7)
#: Refused rows may name people, so they are not kept for ever; the counts are.
KEEP_REFUSED = timedelta(days=30)


@task(RUN, queue="worker", attempts=10)
async def run(ctx: JobContext, import_id: int) -> dict[str, Any]:
    """Import a file."""
    return await run_import(ctx, import_id)


@periodic("market.imports_tidy", "23 3 * * *", queue="worker")
async def tidy(engines: Engines) -> None:
    """Remove uploaded files that nobody needs any more, and forget refused rows."""
    async with engines.tx() as tx:
        await store.forget_refused(tx, tx.now - KEEP_REFUSED)
        keys = await store.stale(tx, tx.now - KEEP)
        await store.forget_files(tx, keys)
    files = Files(engines.files)

    def remove() -> None:
        for key in keys:
            files.delete(key)

    await anyio.to_thread.run_sync(remove)
