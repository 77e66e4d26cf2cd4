"""What members have earned of the points that decide a group: asked of the ledger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from fidelia.platform.postgres import Tx

from ... import ledger
from ...programs import LevelGroup


async def totals(tx: Tx, group: LevelGroup, profile_ids: Collection[int]) -> Mapping[int, Decimal]:
    """Return what these people have earned in all that counts now; who has earned nothing may be missing."""
    return await ledger.earned(tx, group.point_type_id, profile_ids)
