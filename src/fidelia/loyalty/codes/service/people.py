"""What is kept of codes about people who are erased or merged (ports of profiles)."""

from __future__ import annotations

from collections.abc import Mapping

from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.postgres import Tx

from ..store import people as store


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out; their codes stay given away, to nobody."""
    if gone:
        await store.forget(tx, database_id, gone)


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Let the destination take over the codes of the sources; codes do not leave their database."""
    here, moved = move.destination, 0
    sources = [one.profile_id for one in move.sources if one.database_id == here.database_id]
    if sources:
        moved = await store.move(tx, here.database_id, sources, here.profile_id)
    for database_id in {one.database_id for one in move.sources} - {here.database_id}:
        gone = BitMap(one.profile_id for one in move.sources if one.database_id == database_id)
        await store.forget(tx, database_id, gone)
    return {"promo_codes": moved}
