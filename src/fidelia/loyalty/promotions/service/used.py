"""Who uses what: segments and fields that promotions and order segments name (ports of other capabilities)."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia import profiles, segments
from fidelia.platform.postgres import Tx

from ..store import promotions as store
from ..store.promotions import names

__all__ = ["event_type_used_by", "field_used_by", "names", "product_segment_used_by", "segment_used_by"]


async def segment_used_by(tx: Tx, segment: segments.Segment) -> Sequence[str]:
    """Return the promotions and order segments whose conditions name a segment of people."""
    return await store.using_segment(tx, segment.id, products=False)


async def product_segment_used_by(tx: Tx, segment: segments.ProductSegment) -> Sequence[str]:
    """Return the promotions and order segments whose conditions name a list of products."""
    return await store.using_segment(tx, segment.id, products=True)


async def field_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> Sequence[str]:
    """Return the promotions and order segments whose conditions look at a field of people."""
    return [] if field is None else await store.using_field(tx, database_id, f"profile.{field.name}")


async def event_type_used_by(tx: Tx, database_id: int, type_: str) -> Sequence[str]:
    """Return the trigger promotions that wait for a type of event."""
    return await store.waiting_for(tx, database_id, type_)
