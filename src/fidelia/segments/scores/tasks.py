"""Jobs of scores. They ask ClickHouse, so they run in the core."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic, task

from . import compute

run = task(compute.COMPUTE, queue="core")(compute.run_compute)


@periodic("scores.due", "* * * * *", queue="core")
async def due(engines: Engines) -> None:
    """Compute the scores whose time has come."""
    await compute.start_due(engines)
