"""What the market keeps about people who are merged, split or erased (ports of profiles)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import conflict
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..store import details
from ..store import people as store


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Make the sources' orders the destination's; raise 409 for an order that both databases have."""
    raw = await tx.raw()
    into = move.destination
    moved = 0
    for source in move.sources:
        if source.database_id != into.database_id:
            twice = await store.in_both(raw, source, into.database_id)
            if twice:
                raise conflict(
                    f"Orders of profile {source.profile_id} exist in the other database as well: {', '.join(twice)}"
                )
        ids = await store.move(raw, source, into, tx.now)
        moved += len(ids)
        for database_id in {source.database_id, into.database_id} if ids else ():
            tx.mark_dirty("orders", database_id, ids)
    return {"orders": moved}


async def split_people(tx: Tx, part: profiles.Part) -> Mapping[str, int]:
    """Make some of the source's orders those of a part."""
    if not part.orders:
        return {}
    ids = await store.move(await tx.raw(), part.source, part.part, tx.now, only=part.orders)
    tx.mark_dirty("orders", part.source.database_id, ids)
    return {"orders": len(ids)}


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> Mapping[str, int]:
    """Take the person out of the orders of people who are erased: sums and goods stay, whose they were does not."""
    ids = await store.forget(await tx.raw(), database_id, list(gone), tx.now)
    if ids:
        tx.mark_dirty("orders", database_id, ids)
    return {"orders": len(ids)}


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> list[Any]:
    """Return somebody's orders with their lines, the oldest first."""
    async with engines.tx() as tx:
        ids = await store.orders_of(await tx.raw(), database_id, profile_id)
        return [await details.order_detail(tx, order_id) for order_id in ids]
