"""Queries of the people whom an import was about, kept as bitmaps for those who open its figures."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ..store import match
from ..store.databases import lock_ids
from . import store
from .tables import profile_import

_i = profile_import.c


async def keep(tx: Tx, import_id: int, database_id: int, found: store.People) -> None:
    """Keep whom a finished import was about, without those who are gone by now.

    Whoever erases or merges people holds the lock, so that nobody goes between the look and its end.
    """
    await lock_ids(tx, database_id)
    there = await match.existing(await tx.raw(), database_id, found.all)
    values = {"people": there, "created_people": found.created & there, "updated_people": found.updated & there}
    await store.update(tx, import_id, **{name: _packed(people) for name, people in values.items()})


async def everybody(tx: Tx, import_id: int) -> BitMap:
    """Return everybody whom the rows of a finished import were about."""
    found = await tx.scalar(sa.select(_i.people).where(_i.id == import_id))
    return BitMap.deserialize(bytes(found)) if found else BitMap()


async def people(tx: Tx, import_id: int, database_id: int) -> store.People | None:
    """Return whom an import was about by what became of them, as far as they are there; ``None``: not known (any more).

    Nobody is updated, or stayed as they were, who was created by the same file.
    """
    row = await tx.first(sa.select(_i.state, _i.people, _i.created_people, _i.updated_people).where(_i.id == import_id))
    if row is None:
        return None
    if row.created_people is not None:
        everyone, created, updated = (
            BitMap.deserialize(bytes(part)) for part in (row.people, row.created_people, row.updated_people)
        )
    elif row.state == "done":
        return None
    else:
        found = await store.people(tx, import_id)
        everyone = await match.existing(await tx.raw(), database_id, found.all)
        created, updated = found.created & everyone, found.updated & everyone
    updated = updated - created
    return store.People(created, updated, everyone - created - updated)


async def forget(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take people out of what is kept; the figures stay."""
    columns = (_i.people, _i.created_people, _i.updated_people)
    mine = sa.select(_i.id, *columns).where(_i.database_id == database_id, _i.created_people.is_not(None))
    for row in await tx.all(mine.order_by(_i.id).with_for_update()):
        before = BitMap.deserialize(bytes(row.people))
        if before.intersect(gone):
            left = {c.name: _packed(BitMap.deserialize(bytes(row._mapping[c.name])) - gone) for c in columns}
            await store.update(tx, row.id, **left)


async def forget_parts(tx: Tx, before: datetime) -> None:
    """Forget who was created and who was changed by imports that ended before a moment."""
    old = (_i.finished_at < before, _i.created_people.is_not(None))
    await tx.execute(sa.update(profile_import).where(*old).values(created_people=None, updated_people=None))


def _packed(found: BitMap) -> bytes:
    copy = BitMap(found)
    copy.run_optimize()
    return bytes(copy.serialize())
