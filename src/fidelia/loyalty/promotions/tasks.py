"""Jobs of promotions: events that trigger promotions wait for are dealt with by workers."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic

from .service.listening import round_of


@periodic("loyalty.promotions.events", seconds=1, queue="worker")
async def happened(engines: Engines) -> None:
    """Let trigger promotions do their work for what has happened."""
    await round_of(engines)
