"""What a report says of placements beside what it says of every mailing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from .model import PlacementReport
from .store import runs
from .store.runs import Raw


async def placement_report(
    raw: Raw, run_id: int, reactions: Mapping[tuple[str, bool], tuple[int, int]]
) -> PlacementReport | None:
    """Return how a run stands in its slot, ``None`` for any other kind; ``reactions`` are (people, hits) by kind."""
    found = await runs.at_work(raw, run_id)
    if found is None:
        return None
    every = timedelta(minutes=found.refresh_minutes)
    return PlacementReport(
        slot_id=found.slot_id,
        slot_name=found.slot_name,
        live=found.live,
        ends_at=found.ends_at,
        shows=reactions.get(("opened", False), (0, 0))[1],
        closed=reactions.get(("closed", False), (0, 0))[0],
        refreshed_at=found.next_refresh_at - every if found.next_refresh_at is not None and found.version else None,
        next_refresh_at=found.next_refresh_at if found.live else None,
    )
