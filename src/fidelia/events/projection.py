"""The events table of a database in ClickHouse."""

from __future__ import annotations

from fidelia import profiles
from fidelia.kernel.errors import Problem
from fidelia.platform.clickhouse import TABLE_SETTINGS
from fidelia.platform.engines import Engines

#: Paths of ``props`` that get a column of their own; further ones share one, which is slower but never refused.
MAX_PATHS = 256
MAX_TYPES = 8
_MADE = "events.tables"


def events_table(database_id: int) -> str:
    """Return the name of the events table of a database."""
    return f"e_{database_id}"


def create_table(database_id: int) -> str:
    """Return the statement that makes the events table; it does nothing when there is one."""
    return f"""
        create table if not exists {events_table(database_id)} (
            type LowCardinality(String), profile UInt32, at DateTime64(3, 'UTC'), id String,
            mailing UInt32, campaign UInt32, scenario UInt32, template UInt32,
            channel LowCardinality(String), link String, total Nullable(Decimal(18, 4)),
            props JSON(max_dynamic_paths={MAX_PATHS}, max_dynamic_types={MAX_TYPES})
        ) engine = ReplacingMergeTree partition by toYYYYMM(at) order by (type, profile, at, id)
        settings non_replicated_deduplication_window = 10000, {TABLE_SETTINGS}
    """


async def ensure_events(engines: Engines, database_id: int) -> bool:
    """Make the events table of a database; say ``False`` when there is no such database (any more).

    Raises:
        ClickHouseError: the engine refuses.
    """
    try:
        async with engines.tx() as tx:
            await profiles.get_database(tx, database_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        return False
    made: set[int] = engines.ports.setdefault(_MADE, set())
    if database_id not in made:
        await engines.clickhouse.command(create_table(database_id))
        # A table of an earlier version.
        await engines.clickhouse.command(f"alter table {events_table(database_id)} modify setting {TABLE_SETTINGS}")
        made.add(database_id)
    return True


async def drop_events(engines: Engines, database_id: int) -> None:
    """Delete the whole history of a database that is being deleted."""
    engines.ports.setdefault(_MADE, set()).discard(database_id)
    await engines.clickhouse.command(f"drop table if exists {events_table(database_id)} sync")
