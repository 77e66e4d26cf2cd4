"""What others ask campaigns: who uses this segment, this database, this field."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia import profiles, segments
from fidelia.platform.postgres import Tx

from ..store import campaigns as store


async def segment_used_by(tx: Tx, segment: segments.Segment) -> Sequence[str]:
    """Return the campaigns whose audience a segment is, as long as they last (a port of segments)."""
    rows = await store.using(tx, segment_id=segment.id)
    return [f"campaign {row.name}" for row in rows if row.state != "completed"]


async def database_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> Sequence[str]:
    """Return the campaigns of a database, or those that divide their people by a field (a port of profiles).

    One that is over or archived needs its fields no more: its strata are lists of people by then.
    """
    rows = await store.using(tx, database_id=database_id)
    if field is not None:
        open_ = (row for row in rows if row.state != "completed" and row.archived_at is None)
        rows = [row for row in open_ if any(item.field == field.name for item in row.strata)]
    return [f"campaign {row.name}" for row in rows]
