"""What files show of many people at once beside their fields: what they are subscribed to."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fidelia.platform.postgres import Tx

from ..store import bulk_reading as store
from ..store.consent import resources_by_id


async def subscription_statuses(
    tx: Tx, database_id: int, ids: Sequence[int], wanted: Sequence[tuple[int, str]]
) -> dict[tuple[int, int, str], str]:
    """Return the status by profile, resource and channel; of several contacts the one that allows most.

    ``wanted`` names resources and channels.
    """
    return await store.subscription_statuses(await tx.raw(), database_id, ids, wanted)


async def resource_names(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Return the names of resources, archived ones too; unknown ids are left out."""
    known = await resources_by_id(tx, [number for number in ids if 0 < number < 2**31])
    return {number: row.name for number, row in known.items()}
