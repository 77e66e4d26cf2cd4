"""How lists of members get to ClickHouse: as one bitmap each, read by conditions that ask for members."""

from __future__ import annotations

import struct

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.conditions import RESERVED, control_number
from fidelia.platform.bitmaps import encode_bitmap
from fidelia.platform.engines import Engines

from .control import store as control_store
from .store import members as store
from .store import segments as segments_store

TABLE = "segment_bitmaps"
_COLUMNS = ("segment", "version", "bm", "ever")
_MADE = "segments.lists_made"
_EVER = f"alter table {TABLE} add column if not exists ever AggregateFunction(groupBitmap, UInt32)"


async def ensure(engines: Engines) -> None:
    """Give a table of an earlier version the column ``ever``: everybody who was ever on the list."""
    if not engines.ports.get(_MADE):
        await engines.clickhouse.command(_EVER)
        engines.ports[_MADE] = True


class Segments:
    """The stream ``segments``: ids are of segments, or the number of the global control group's list."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present lists with their versions; repeating it changes nothing."""
        async with engines.tx() as tx:
            found = await store.lists_with_version(tx, [id_ for id_ in ids if id_ < RESERVED])
            if control_number(database_id) in ids:
                people = await control_store.people_of(tx, database_id)
                version = await tx.scalar(sa.text("select (extract(epoch from clock_timestamp()) * 1000000)::bigint"))
                found[control_number(database_id)] = version, people, people
        if found:
            await ensure(engines)
            rows = b"".join(
                struct.pack("<IQ", segment, version) + encode_bitmap(members) + encode_bitmap(ever)
                for segment, (version, members, ever) in found.items()
            )
            await engines.clickhouse.insert_bytes(TABLE, _COLUMNS, rows, "RowBinary")


async def rebuild(engines: Engines, database_id: int) -> None:
    """Have the lists of a database written again; the drain does the work."""
    await ensure(engines)
    async with engines.tx() as tx:
        # The numbers of parts begin anew where tables are emptied, so what was noted of them says nothing any more.
        await segments_store.forget_fingerprints(tx, database_id)
        lists = await store.lists_of(tx, database_id)
        tx.mark_dirty("segments", database_id, [*lists, control_number(database_id)])
