"""What events keep about people who are merged or split (ports of profiles); their history follows by the drain."""

from __future__ import annotations

from collections.abc import Mapping

from fidelia import profiles
from fidelia.platform.postgres import Tx

from ..store import merging as store


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Let the visitors that the sources were be the destination; its database learns types that it does not know."""
    raw = await tx.raw()
    visitors = 0
    for source in move.sources:
        visitors += await store.move_visitors(raw, source, move.destination)
        if source.database_id != move.destination.database_id:
            await store.learn_types(raw, source.database_id, move.destination.database_id, tx.now)
    return {"visitors": visitors}
