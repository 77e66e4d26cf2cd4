"""How lists of members get to ClickHouse: as one bitmap each, read by conditions that ask for members.

Lists of segments go by the segment's id, those of others by numbers from ``RESERVED`` on (see
``conditions.memberships``); whoever keeps such lists says what is on them through the port ``BITMAPS``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.conditions import RESERVED, control_number
from fidelia.platform.bitmaps import encode_bitmap
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .control import store as control_store
from .products import store as products_store
from .store import members as store
from .store import segments as segments_store

TABLE = "segment_bitmaps"
#: Name of the port that lists who keeps members beside segments.
BITMAPS = "segments.bitmaps"
_COLUMNS = ("segment", "version", "bm", "ever")
_MADE = "segments.lists_made"
#: Lists that are read and inserted together: some megabytes when each has a million people.
_AT_ONCE = 64
_EVER = f"alter table {TABLE} add column if not exists ever AggregateFunction(groupBitmap, UInt32)"


async def ensure(engines: Engines) -> None:
    """Give a table of an earlier version the column ``ever``: everybody who was ever on the list."""
    if not engines.ports.get(_MADE):
        await engines.clickhouse.command(_EVER)
        engines.ports[_MADE] = True


class ListedPeople(msgspec.Struct, frozen=True):
    """Who is on a list at present, and who ever was."""

    members: BitMap
    ever: BitMap


class Bitmaps(Protocol):
    """Somebody who keeps members beside segments: under which numbers, and who they are."""

    async def numbers(self, tx: Tx, database_id: int) -> Sequence[int]:
        """Return the numbers of all lists of a database."""
        ...

    async def lists(self, tx: Tx, database_id: int, numbers: BitMap) -> Mapping[int, ListedPeople]:
        """Return the present lists among these numbers; those of others, and of what is gone, are left out."""
        ...


class _Control:
    """The list of the global control group."""

    async def numbers(self, tx: Tx, database_id: int) -> Sequence[int]:
        return [control_number(database_id)]

    async def lists(self, tx: Tx, database_id: int, numbers: BitMap) -> Mapping[int, ListedPeople]:
        number = control_number(database_id)
        if number not in numbers:
            return {}
        people = await control_store.people_of(tx, database_id)
        return {number: ListedPeople(people, people)}


def _keepers(engines: Engines, database_id: int) -> list[Bitmaps]:
    """Those who keep lists of a database; lists of products belong to none (0)."""
    if database_id == 0:
        return [ProductLists()]
    others: Sequence[Bitmaps] = engines.ports.get(BITMAPS, ())
    return [_Control(), *others]


class ProductLists:
    """The lists of product segments."""

    async def numbers(self, tx: Tx, database_id: int) -> Sequence[int]:
        """Return the numbers of all lists."""
        return [products_store.number(id_) for id_ in await products_store.all_ids(tx)]

    async def lists(self, tx: Tx, database_id: int, numbers: BitMap) -> Mapping[int, ListedPeople]:
        """Return those of these lists that there are; of the past of products nothing is kept."""
        found = await products_store.lists(tx, [products_store.segment_of(number) for number in numbers])
        return {products_store.number(id_): ListedPeople(members, members) for id_, members in found.items()}


class Segments:
    """The stream ``segments``: ids are of segments, or numbers of lists that others keep."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present lists with their versions, some at a time; repeating it changes nothing."""
        await ensure(engines)
        for start in range(0, len(ids), _AT_ONCE):
            found = await self._found(engines, database_id, ids[start : start + _AT_ONCE])
            if found:
                rows = b"".join(
                    struct.pack("<IQ", number, version) + encode_bitmap(members) + encode_bitmap(ever)
                    for number, (version, members, ever) in found.items()
                )
                await engines.clickhouse.insert_bytes(TABLE, _COLUMNS, rows, "RowBinary")

    async def _found(self, engines: Engines, database_id: int, ids: BitMap) -> dict[int, tuple[int, BitMap, BitMap]]:
        """Return (version, members, ever) of lists by their numbers."""
        others = BitMap(id_ for id_ in ids if id_ >= RESERVED)
        async with engines.tx() as tx:
            found = await store.lists_with_version(tx, ids - others)
            if others:
                # The moment before reading is the version: what changes meanwhile is projected once more, later.
                version = await tx.scalar(sa.text("select (extract(epoch from clock_timestamp()) * 1000000)::bigint"))
                for keeper in _keepers(engines, database_id):
                    for number, listed in (await keeper.lists(tx, database_id, others)).items():
                        found[number] = version, listed.members, listed.ever
        return found


async def rebuild(engines: Engines, database_id: int) -> None:
    """Have the lists of a database written again, those of products for 0; the drain does the work."""
    await ensure(engines)
    async with engines.tx() as tx:
        # The numbers of parts begin anew where tables are emptied, so what was noted of them says nothing any more.
        await segments_store.forget_fingerprints(tx, database_id)
        tx.mark_dirty("segments", database_id, await store.lists_of(tx, database_id))
        for keeper in _keepers(engines, database_id):
            tx.mark_dirty("segments", database_id, await keeper.numbers(tx, database_id))
