"""What events hold about one person (a port of profiles)."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines

from ..projection import ensure_events
from ..store import history, visitors

_AT_ONCE = 5_000


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> dict[str, Any]:
    """Return the visitors that somebody was, and everything that happened, the latest first."""
    async with engines.tx() as tx:
        known = await visitors.of_profile(await tx.raw(), database_id, profile_id)
    await ensure_events(engines, database_id)
    events: list[dict[str, Any]] = []
    before: history.Position | None = None
    while True:
        rows = await history.page(
            engines.clickhouse, database_id, _AT_ONCE, profile=profile_id, before=before, now=engines.clock.now()
        )
        events += [{"at": r.at, "type": r.type, "properties": r.properties, "id": r.id} for r in rows]
        if len(rows) < _AT_ONCE:
            return {"visitors": known, "events": events}
        last = rows[-1]
        before = (last.at, last.type, last.profile, last.id)
