"""What messages hold about one person (a port of profiles)."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines

from ..kinds.placement.store import shows
from ..kinds.trigger import store as causes
from ..store import merging as store


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> dict[str, Any]:
    """Return what was sent to somebody, how they reacted, and the mails that the mailbox caught."""
    async with engines.tx() as tx:
        raw = await tx.raw()
        found = await store.everything(raw, database_id, profile_id)
        seen = await shows.personal(raw, database_id, profile_id)
        return {**found, "causes": await causes.personal(raw, database_id, profile_id), "placements": seen}
