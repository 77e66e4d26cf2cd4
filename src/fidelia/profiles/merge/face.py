"""What other capabilities ask about merged people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ..service.profiles import exists
from ..store import match
from . import store
from .model import Person


async def resolve(tx: Tx, database_id: int, ids: Iterable[int]) -> dict[int, int]:
    """Return whom those of these ids have become that were merged within the database: ``{18: 17}``."""
    return await match.aliases(await tx.raw(), database_id, ids)


async def living(tx: Tx, database_id: int, ids: Iterable[int]) -> dict[int, int]:
    """Return the id that each of these people has now: of merged ones another, of erased ones none."""
    there, others = await _now(tx, database_id, BitMap(ids))
    return {**{profile: profile for profile in there}, **others}


async def living_ids(tx: Tx, database_id: int, ids: Iterable[int]) -> BitMap:
    """Return the ids that these people have now, as ``living`` does."""
    there, others = await _now(tx, database_id, BitMap(ids))
    return there | BitMap(others.values())


async def _now(tx: Tx, database_id: int, wanted: BitMap) -> tuple[BitMap, dict[int, int]]:
    there = await exists(tx, database_id, wanted)
    return there, await resolve(tx, database_id, wanted - there) if len(there) < len(wanted) else {}


async def became(tx: Tx, people: Iterable[Person]) -> dict[Person, Person]:
    """Return whom those of these people have become that were merged, in whatever database."""
    return await store.became(await tx.raw(), people)


async def merged_ids(tx: Tx, database_id: int) -> BitMap:
    """Return the ids of a database that have become others together with their history."""
    return await store.sources_of(await tx.raw(), database_id)


async def moved_histories(tx: Tx, database_id: int, ids: BitMap) -> dict[int, Person]:
    """Return whose history the one of these merged ids is now."""
    return await store.moved_histories(await tx.raw(), database_id, ids)


async def history_copies(tx: Tx, ids: BitMap) -> list[tuple[int, Person, Person, datetime]]:
    """Return copies of histories that are to be made: number, from whom, to whom, until when."""
    return await store.history_copies(await tx.raw(), ids)


async def end_history_copies(tx: Tx, ids: BitMap) -> None:
    """Note that copies are made."""
    await store.end_copies(await tx.raw(), ids)
