"""Work by night: what erased people left in ClickHouse goes physically."""

from __future__ import annotations

import structlog
from pyroaring import BitMap

from fidelia.platform.bitmaps import bitmap_parameter, bitmap_sql
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic

from .store import databases as databases_store
from .store import profiles as store

log = structlog.get_logger(__name__)


@periodic("profiles.forget", "10 2 * * *", queue="core")
async def forget(engines: Engines) -> None:
    """Delete the events of erased people, and the old versions of their rows; then close the receipts.

    A deletion costs the same for one person as for thousands (seconds on 20 million events), hence once a night.
    """
    async with engines.tx() as tx:
        databases = await databases_store.every(tx)
    for database in databases:
        async with engines.tx() as tx:
            receipts, people = await store.open_erasures(await tx.raw(), database.id)
        if not receipts:
            continue
        if engines.drain is not None:
            await engines.drain.flush()  # events accepted before the erasure must be there to be deleted
        await _delete(engines, database.id, people)
        async with engines.tx() as tx:
            await store.close_erasures(await tx.raw(), receipts, tx.now)
        log.info("erased people left the history", database=database.id, people=len(people))


async def _delete(engines: Engines, database_id: int, people: BitMap) -> None:
    ch = engines.clickhouse
    rows = await ch.query("select name from system.tables where database = currentDatabase()")
    present = {str(row[0]) for row in rows}
    if f"e_{database_id}" in present:
        await ch.command(
            f"alter table e_{database_id} delete where bitmapContains({bitmap_sql('gone')}, profile) "
            "settings mutations_sync = 1",
            {"gone": bitmap_parameter(people)},
        )
    for table in (f"p_{database_id}", f"s_{database_id}"):
        if table in present:
            await ch.command(f"optimize table {table} final")
