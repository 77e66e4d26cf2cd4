"""Jobs of hooks: replay of a period in the core, upkeep of queues and logs."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from .service import deliveries
from .service import replay as service


@task("hooks.replay", queue="core", attempts=100)
async def replay(ctx: JobContext, hook_id: int, since: str, until: str, types: list[str]) -> dict[str, Any]:
    """Send the history of a period to a hook again."""
    return await service.replay(ctx, hook_id, since, until, types)


@periodic("hooks.house", "*/10 * * * *", queue="worker")
async def keep_house(engines: Engines) -> None:
    """Drop what waited too long, forget old entries."""
    await deliveries.keep_house(engines)
