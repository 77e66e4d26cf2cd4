"""How lists of members get to ClickHouse: as one bitmap each, read by conditions that ask for members."""

from __future__ import annotations

import struct

from pyroaring import BitMap

from fidelia.platform.bitmaps import encode_bitmap
from fidelia.platform.engines import Engines

from .store import members as store

TABLE = "segment_bitmaps"
_COLUMNS = ("segment", "version", "bm")


class Segments:
    """The stream ``segments``: ids are of segments."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present lists with their versions; repeating it changes nothing."""
        async with engines.tx() as tx:
            found = await store.bitmaps_with_version(tx, ids)
        if found:
            rows = b"".join(
                struct.pack("<IQ", segment, version) + encode_bitmap(members)
                for segment, (version, members) in found.items()
            )
            await engines.clickhouse.insert_bytes(TABLE, _COLUMNS, rows, "RowBinary")


async def rebuild(engines: Engines, database_id: int) -> None:
    """Have the lists of a database written again; the drain does the work."""
    async with engines.tx() as tx:
        tx.mark_dirty("segments", database_id, await store.lists_of(tx, database_id))
