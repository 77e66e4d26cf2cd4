"""Jobs of control groups. They ask ClickHouse, so they run in the core."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic, task

from . import refresh

run = task(refresh.REFRESH, queue="core")(refresh.run_refresh)


@periodic("control.due", "* * * * *", queue="core")
async def due(engines: Engines) -> None:
    """Assign the newcomers of groups whose time has come."""
    await refresh.start_due(engines)
