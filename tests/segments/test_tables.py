"""The tables that conditions read: settings that keep them fast, also on those an earlier version made."""

from __future__ import annotations

from fidelia.events import projection as events
from fidelia.market import projection as market
from fidelia.segments.service import answer

from .conftest import Shop


async def test_partitions_at_rest_are_merged_also_in_older_tables(shop: Shop) -> None:
    engines, database = shop.engines, shop.database
    await answer.catch_up(engines, database, wait=True)
    ch = engines.clickhouse
    await ch.command(f"alter table e_{database} modify setting min_age_to_force_merge_seconds = 0")
    await ch.command(f"alter table o_{database} modify setting min_age_to_force_merge_seconds = 0")
    for port in (events._MADE, "market.made"):  # as after a start
        engines.ports.pop(port)
    await events.ensure_events(engines, database)
    await market.ensure_market(engines, database)
    rows = await ch.query("select name, create_table_query from system.tables where database = currentDatabase()")
    made = {str(name): str(query) for name, query in rows}
    tables = [f"{prefix}_{database}" for prefix in "pseol"]
    assert {n for n in (*tables, "products") if "min_age_to_force_merge_seconds = 1800" not in made[n]} == set()
