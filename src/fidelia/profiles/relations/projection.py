"""From PostgreSQL to ClickHouse: ``r_{database}``, a row for each side of a relation that is in the database."""

from __future__ import annotations

from pyroaring import BitMap

from fidelia.platform.clickhouse import TABLE_SETTINGS
from fidelia.platform.engines import Engines

from ..store import databases as databases_store
from . import store_projection as store

GONE = 2**64 - 1
_MADE = "profiles.relations.made"
_COLUMNS = "id, side, type, profile, other, props, created_at, updated_at, version, is_deleted"


async def ensure_relations(engines: Engines, database_id: int) -> None:
    """Make the table of a database, once a process; numbers of databases are never given twice."""
    made: set[int] = engines.ports.setdefault(_MADE, set())
    if database_id in made:
        return
    await engines.clickhouse.command(
        f"create table if not exists r_{int(database_id)} (id UInt64, side LowCardinality(String), type UInt32,"
        " profile UInt32, other UInt32, props JSON, created_at DateTime64(3, 'UTC'), updated_at DateTime64(3, 'UTC'),"
        " version UInt64, is_deleted UInt8) engine = ReplacingMergeTree(version, is_deleted) order by (id, side)"
        f" settings {TABLE_SETTINGS}"
    )
    made.add(database_id)


class RelationProjection:
    """Stream ``relations``: ids are of relations that the database takes part in."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present rows; those of relations that are gone become tombstones, on both sides."""
        async with engines.tx() as tx:
            if not await databases_store.has_table(tx, database_id):
                return
            payload, there = await store.rows(await tx.raw(), database_id, ids)
        await ensure_relations(engines, database_id)
        ch = engines.clickhouse
        if payload:
            await ch.insert_bytes(f"r_{database_id}", _COLUMNS.split(", "), payload, "JSONEachRow")
        gone = ids - there
        if gone:
            dead = "".join(f"{i}\t{side}\t{GONE}\t1\n" for i in gone for side in "ab")
            await ch.insert_bytes(
                f"r_{database_id}", ["id", "side", "version", "is_deleted"], dead.encode(), "TabSeparated"
            )
