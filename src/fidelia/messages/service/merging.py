"""What messages keep about people who are merged (a port of profiles)."""

from __future__ import annotations

from collections.abc import Mapping

from fidelia import profiles
from fidelia.platform.postgres import Tx

from ..content import store as content
from ..kinds.placement.store import shows
from ..kinds.trigger import store as causes
from ..policies import marks
from ..store import merging as store


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Make what was sent to the sources sent to the destination, run by run.

    A run that wrote to both keeps both rows: nothing of the ledger is lost. Rows that a sender holds at this moment
    stay under the old id, which leads to the destination anyway. What was sent in another database belongs to it.
    """
    raw = await tx.raw()
    moved = 0
    for source in move.inside:
        moved += await store.move(raw, move.destination.database_id, source, move.destination.profile_id)
        await shows.merge(raw, move.destination.database_id, source, move.destination.profile_id)
        await causes.merge(raw, move.destination.database_id, source, move.destination.profile_id)
        await marks.merge(raw, move.destination.database_id, source, move.destination.profile_id)
        await content.merge(tx, move.destination.database_id, source, move.destination.profile_id)
    return {"messages": moved}
