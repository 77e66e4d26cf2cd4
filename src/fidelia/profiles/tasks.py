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
            receipts = await store.open_erasures(await tx.raw(), database.id)
        if not receipts:
            continue
        if engines.drain is not None:
            await engines.drain.flush()  # events accepted before the erasure must be there to be deleted
        people = BitMap.union(*receipts.values())
        events = await _delete(engines, database.id, people)
        async with engines.tx() as tx:
            raw = await tx.raw()
            for receipt, ids in receipts.items():
                await store.close_erasure(raw, receipt, sum(n for i, n in events.items() if i in ids), tx.now)
        log.info("erased people left the history", database=database.id, people=len(people))


async def _delete(engines: Engines, database_id: int, people: BitMap) -> dict[int, int]:
    """Delete events, and old versions of rows that held the people; return how many events each had."""
    ch = engines.clickhouse
    rows = await ch.query("select name from system.tables where database = currentDatabase()")
    present = {str(row[0]) for row in rows}
    events: dict[int, int] = {}
    if f"e_{database_id}" in present:
        gone, params = bitmap_sql("gone"), {"gone": bitmap_parameter(people)}
        counts = await ch.query(
            f"select profile, count() from e_{database_id} where bitmapContains({gone}, profile)"  # noqa: S608 (ours)
            " group by profile",
            params,
        )
        events = {int(profile): int(count) for profile, count in counts}
        await ch.command(
            f"alter table e_{database_id} delete where bitmapContains({gone}, profile) settings mutations_sync = 1",
            params,
        )
    # Orders of erased people are nobody's by now; what they were before must go physically too.
    for table in (f"{prefix}_{database_id}" for prefix in ("p", "s", "o", "l", "r")):
        if table in present:
            await ch.command(f"optimize table {table} final")
    return events
