"""Jobs of imports."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio.to_thread

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs import Ending, JobContext, periodic, task

from . import store, store_people
from . import store_bulk as bulk
from .model import CHECK, RUN
from .schedule.running import import_ended
from .work import check_import, run_import

AREA = "imports"
#: Uploaded files are kept this long after their import has ended.
KEEP = timedelta(days=7)
#: What is known of single rows names people, so it is not kept for ever; the counts are.
KEEP_REPORTS = timedelta(days=30)
#: Who was created and who was changed is known this long; the figures stay, and so does who was in the file.
KEEP_PEOPLE = timedelta(days=90)


@task(RUN, queue="worker", attempts=10)
async def run(ctx: JobContext, import_id: int) -> dict[str, Any]:
    """Import a file."""
    async with ctx.telling(partial(_ended, ctx, import_id)):
        done = await run_import(ctx, import_id)
    await import_ended(ctx.engines, import_id)
    return done


@task(CHECK, queue="worker", attempts=3)
async def check(ctx: JobContext, import_id: int) -> dict[str, Any]:
    """Try a file without writing anything."""
    async with ctx.telling(partial(_ended, ctx, import_id)):
        done = await check_import(ctx, import_id)
    await import_ended(ctx.engines, import_id)
    return done


async def _ended(ctx: JobContext, import_id: int, ending: Ending, exc: BaseException) -> None:
    error: str | None = exc.detail if isinstance(exc, Problem) else f"{type(exc).__name__}: {exc}"
    async with ctx.tx() as tx:
        row = await store.find(tx, import_id, lock=True)
        if row.job_id != ctx.job_id:
            return
        done = f"Stopped after {row.rows:,} rows, which stay; run it again to go on" if row.rows else None
        if ending == "cancelled":
            error = done
        elif done:
            error = f"{error}. {done}"
        await store.update(tx, import_id, state=ending, error=error, finished_at=tx.now)
    await import_ended(ctx.engines, import_id)
    await bulk.ensure_search(ctx.engines, row.database_id)


@periodic("profiles.imports_tidy", "17 3 * * *", queue="worker")
async def tidy(engines: Engines) -> None:
    """Remove uploaded files that nobody needs any more, and build search indexes that killed imports have left out."""
    await bulk.ensure_all(engines)
    async with engines.tx() as tx:
        edge = tx.now - KEEP
        await store.settle(tx)
        await store.forget_reports(tx, tx.now - KEEP_REPORTS)
        await store_people.forget_parts(tx, tx.now - KEEP_PEOPLE)
        stale = await store.stale(tx, edge)
        known = await store.file_keys(tx)
    files = Files(engines.files)

    def remove() -> None:
        for key in stale:
            files.delete(key)
        for path in _old_files(engines.files / AREA, edge.timestamp()):
            if f"{AREA}/{path.name}" not in known:
                path.unlink(missing_ok=True)

    await anyio.to_thread.run_sync(remove)


def _old_files(folder: Path, before: float) -> list[Path]:
    return [p for p in folder.iterdir() if p.stat().st_mtime < before] if folder.is_dir() else []
