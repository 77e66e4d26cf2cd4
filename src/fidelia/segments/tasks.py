"""Jobs of segments. All of them ask ClickHouse, so they run in the core."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from .service import fill, later, schedule

calculate = task(later.CALCULATE, queue="core")(later.run_calculation)


@task(fill.FILL, queue="core")
async def fill_list(ctx: JobContext, **args: Any) -> dict[str, Any]:
    """Fill a list, then let those begin that waited for it."""
    try:
        return await fill.run_fill(ctx, **args)
    finally:
        if not ctx.engines.stop.is_set():
            await schedule.start_due(ctx.engines)


@periodic("segments.due", "* * * * *", queue="core")
async def due(engines: Engines) -> None:
    """Start the updatable segments whose time has come."""
    await schedule.start_due(engines)
