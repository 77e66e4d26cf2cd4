"""What events keep in PostgreSQL about people who are erased."""

from __future__ import annotations

from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ..store import visitors


async def forget_people(tx: Tx, database_id: int, ids: BitMap) -> dict[str, int]:
    """Remove the visitors that people were, with what waits for them; their history leaves ClickHouse by night."""
    return {"visitors": await visitors.erase(await tx.raw(), database_id, ids)}
