"""What segments hold about one person (a port of profiles)."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines

from ..store import members as members_store
from ..store import segments as store


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> list[dict[str, Any]]:
    """Return the stored lists that somebody is in, or was."""
    found = []
    async with engines.tx() as tx:
        for segment_id in await members_store.lists_of(tx, database_id):
            now = profile_id in await members_store.members(tx, segment_id)
            if now or profile_id in await members_store.ever(tx, segment_id):
                segment = await store.get(tx, segment_id)
                found.append({"segment": segment.name, "type": segment.type, "in_it_now": now})
    return found
