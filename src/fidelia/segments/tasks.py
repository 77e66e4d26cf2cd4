"""Jobs of segments. What asks ClickHouse runs in the core; files are written by workers."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from .service import export, fill, later, recalculate, round, upkeep

calculate = task(later.CALCULATE, queue="core")(later.run_calculation)
export_people = task(export.PEOPLE, queue="core")(export.run_people)
export_file = task(export.FILE, queue="worker")(export.run_file)


@task(fill.FILL, queue="core")
async def fill_list(ctx: JobContext, **args: Any) -> dict[str, Any]:
    """Fill a list once, then let those begin that waited for it."""
    try:
        return await fill.run_fill(ctx, **args)
    finally:
        await _next(ctx)


@task(recalculate.ROUND, queue="core")
async def recalculate_lists(ctx: JobContext, **args: Any) -> dict[str, Any]:
    """Fill updatable lists, then let those begin that waited for them."""
    try:
        return await round.run_round(ctx, **args)
    finally:
        await _next(ctx)


async def _next(ctx: JobContext) -> None:
    if not ctx.engines.stop.is_set():
        await recalculate.start_due(ctx.engines)


@periodic("segments.due", "* * * * *", queue="core")
async def due(engines: Engines) -> None:
    """Start the updatable segments whose time has come."""
    await recalculate.start_due(engines)


@periodic("segments.upkeep", "23 * * * *", queue="worker")
async def forget(engines: Engines) -> None:
    """Remove old files, and what is known of erasures that are long done."""
    await upkeep.forget_old(engines)
