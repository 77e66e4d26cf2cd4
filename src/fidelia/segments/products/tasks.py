"""Jobs of product segments: they ask ClickHouse, so they run in the core."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from . import recalculate


@task(recalculate.FILL, queue="core", attempts=5)
async def fill(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Fill one list."""
    return await recalculate.run_fill(ctx, run_id)


@periodic("segments.products_due", "* * * * *", queue="core")
async def due(engines: Engines) -> None:
    """Start what is due."""
    await recalculate.start_due(engines)
