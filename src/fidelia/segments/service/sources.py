"""What value lists and data tables ask of segments: which conditions refer to them."""

from __future__ import annotations

from fidelia import profiles
from fidelia.platform.postgres import Tx

from ..store import sources as store


async def source_used_by(tx: Tx, ref: profiles.SourceRef) -> list[str]:
    """Return the segments that compare with a list or table; archived ones too, for they may come back."""
    found = await store.using_source(tx, ref)
    return [f"segment {name}{' (archived)' if archived else ''}" for name, archived in found]
