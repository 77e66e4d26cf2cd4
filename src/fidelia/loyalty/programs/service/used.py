"""What others ask programs: who uses this segment, this database."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia import profiles, segments
from fidelia.platform.postgres import Tx

from ..store import programs as store


async def segment_used_by(tx: Tx, segment: segments.Segment) -> Sequence[str]:
    """Return the programs whose members are a segment (a port of segments)."""
    return [f"loyalty program {row.name}" for row in await store.every(tx, segment_id=segment.id)]


async def database_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> Sequence[str]:
    """Return the programs of a database (a port of profiles); they need none of its fields."""
    if field is not None:
        return []
    return [f"loyalty program {row.name}" for row in await store.every(tx, database_id=database_id)]
