"""Calculated orders of people who are merged or erased."""

from __future__ import annotations

from collections.abc import Mapping

from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.postgres import Tx

from . import store


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> Mapping[str, int]:
    """Take the person out of calculations of erased people, with what they bought and why it cost that."""
    return {"calculations": await store.forget(tx, database_id, list(gone))}


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Make the sources' calculations and uses of promotions the destination's; between databases they stay behind."""
    into = move.destination
    moved = 0
    for source in move.sources:
        if source.database_id == into.database_id:
            moved += await store.move(tx, into.database_id, source.profile_id, into.profile_id)
    return {"calculations": moved}
