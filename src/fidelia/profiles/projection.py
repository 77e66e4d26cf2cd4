"""From PostgreSQL to ClickHouse: ``p_{database}`` (people) and ``s_{database}`` (subscriptions).

Columns bear the built-in names, or ``f{field id}``, so that a renamed field needs no change. Both tables keep the row
with the highest ``version`` and are read with FINAL; whoever is gone is a row with ``is_deleted``. Repeating any step
changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.platform.batches import slices
from fidelia.platform.bitmaps import bitmap_parameter, bitmap_sql
from fidelia.platform.clickhouse import TABLE_SETTINGS, ClickHouse
from fidelia.platform.drain import Projection
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .fields import Database, Field
from .relations.projection import RelationProjection, ensure_relations
from .relations.store import ids_of as relations_of
from .store import databases as databases_store
from .store import match

#: Ids are never given twice, so a deletion outlives every version.
GONE = 2**64 - 1
_ENGINE = f"engine = ReplacingMergeTree(version, is_deleted) order by {{}} settings {TABLE_SETTINGS}"
#: Every table of a database, by its prefix, also those that other capabilities fill: they go when it goes.
PREFIXES = ("p", "s", "e", "o", "l", "r")
_MOMENT = "{} at time zone 'UTC'"
_LIST = (
    "case when {0} is null then '[]' else '[' || (select string_agg('''' || replace(replace(x, '\\', '\\\\'), '''', "
    "'\\''') || '''', ',') from unnest({0}) x) || ']' end"
)
#: Types whose CSV never needs quotes; a quoted boolean is not even understood.
_BARE = frozenset({"integer", "float", "boolean", "date", "datetime"})
_AS_CSV = {
    "datetime": _MOMENT,
    "boolean": "{0}::int",
    "tags": _LIST,
    "object": "coalesce({0}::text, '{{}}')",
    "objects": "coalesce({0}::text, '')",
}
_SUBSCRIPTION: tuple[tuple[str, str, str], ...] = (
    ("id", "UInt64", "id"),
    ("profile", "UInt32", "profile_id"),
    ("resource", "UInt32", "resource_id"),
    ("channel", "LowCardinality(String)", "channel"),
    ("contact", "String", "contact"),
    ("status", "LowCardinality(String)", "status"),
    ("priority", "Int32", "priority"),
    ("opt_in_at", "Nullable(DateTime64(3, 'UTC'))", _MOMENT.format("opt_in_at")),
    ("opt_in_source", "Nullable(String)", "opt_in_source"),
    ("paused_until", "Nullable(DateTime64(3, 'UTC'))", _MOMENT.format("paused_until")),
    ("created_at", "DateTime64(3, 'UTC')", _MOMENT.format("created_at")),
    ("updated_at", "DateTime64(3, 'UTC')", _MOMENT.format("updated_at")),
    ("version", "UInt64", "version"),
)


class Tables:
    """Makes and alters the tables of databases, once for each version of their fields."""

    def __init__(self) -> None:
        self._made: dict[int, int] = {}

    async def ensure(self, ch: ClickHouse, database: Database) -> None:
        """Bring both tables to the present fields of the database."""
        if self._made.get(database.id) == database.schema_version:
            return
        people = {field.column: field.ch for field in database.fields}
        columns = ", ".join(f"`{name}` {type_}" for name, type_ in people.items())
        await ch.command(
            f"create table if not exists p_{database.id} (id UInt32, version UInt64, is_deleted UInt8, {columns}) "
            + _ENGINE.format("id")
        )
        columns = ", ".join(f"{name} {type_}" for name, type_, _ in _SUBSCRIPTION)
        await ch.command(
            f"create table if not exists s_{database.id} ({columns}, is_deleted UInt8) "
            + _ENGINE.format("(profile, id)")
        )
        await ch.command(  # a table of an earlier version
            f"alter table s_{database.id} add column if not exists paused_until Nullable(DateTime64(3, 'UTC'))"
        )
        rows = await ch.query(
            "select name, type from system.columns where database = currentDatabase() and table = {table:String}",
            {"table": f"p_{database.id}"},
        )
        present = {str(name): str(type_) for name, type_ in rows}
        changes = [f"add column if not exists `{name}` {people[name]}" for name in people if name not in present]
        changes += [  # objects of an earlier version; their text keeps every key as it was written
            f"modify column `{name}` {people[name]}"
            for name in people
            if present.get(name) == "JSON" and people[name] == "String"
        ]
        changes += [
            f"drop column if exists `{name}`"
            for name in sorted(present.keys() - people.keys())
            if name[0] == "f" and name[1:].isdigit()
        ]
        if changes:
            await ch.command(f"alter table p_{database.id} {', '.join(changes)}")
        for prefix in ("p", "s"):  # tables of an earlier version
            await ch.command(f"alter table {prefix}_{database.id} modify setting {TABLE_SETTINGS}")
        self._made[database.id] = database.schema_version

    async def drop(self, ch: ClickHouse, database_id: int) -> None:
        """Remove everything that ClickHouse holds of a database."""
        self._made.pop(database_id, None)
        for prefix in PREFIXES:
            await ch.command(f"drop table if exists {prefix}_{int(database_id)} sync")


class DatabaseProjection:
    """Stream ``databases``: the tables follow the database's fields, and go with it."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Make, alter or drop the tables."""
        async with engines.tx() as tx:
            database = await databases_store.find(tx, database_id)
        if database is None:
            await self._tables.drop(engines.clickhouse, database_id)
        else:
            await self._tables.ensure(engines.clickhouse, database)


class ProfileProjection:
    """Stream ``profiles``: ids are of profiles."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present rows; ids of nobody become tombstones."""
        async with engines.tx() as tx:
            database = await _hold(tx, database_id)
            if database is None:
                return
            raw = await tx.raw()
            there = await match.existing(raw, database_id, ids)
            fields = database.fields
            expressions = ["id", "version", "0", *(csv_expression(field) for field in fields)]
            quoted = [False] * 3 + [field.type not in _BARE for field in fields]
            payload = await _copy(raw, expressions, quoted, f"{database.table} where {_among('id', there)}", there)
        ch = engines.clickhouse
        await self._tables.ensure(ch, database)
        names = ["id", "version", "is_deleted", *(field.column for field in fields)]
        if payload:
            await ch.insert_bytes(f"p_{database_id}", names, payload, "CSV")
        gone = ids - there
        if gone:
            lines = "".join(f"{i},{GONE},1\n" for i in gone)
            await ch.insert_bytes(f"p_{database_id}", names[:3], lines.encode(), "CSV")


class SubscriptionProjection:
    """Stream ``subscriptions``: ids are of profiles, whose subscriptions are all written again."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present rows; rows of people who have none any more become tombstones."""
        async with engines.tx() as tx:
            database = await _hold(tx, database_id)
            if database is None:
                return
            raw = await tx.raw()
            where = f"database_id = {int(database_id)} and {_among('profile_id', ids)}"
            cursor = await raw.execute(f"select distinct profile_id from subscription where {where}")
            there = BitMap(row[0] for row in await cursor.fetchall())
            expressions = [*(expression for _, _, expression in _SUBSCRIPTION), "0"]
            quoted = [*("String" in type_ for _, type_, _ in _SUBSCRIPTION), False]
            payload = await _copy(raw, expressions, quoted, f"subscription where {where}", there)
        ch = engines.clickhouse
        await self._tables.ensure(ch, database)
        names = [*(name for name, _, _ in _SUBSCRIPTION), "is_deleted"]
        if payload:
            await ch.insert_bytes(f"s_{database_id}", names, payload, "CSV")
        gone = ids - there
        if gone:
            # The key alone: a tombstone that kept the contact would outlive the person.
            await ch.command(
                f"insert into s_{database_id} (profile, id, version, is_deleted) "
                f"select profile, id, {GONE}, 1 from s_{database_id} final "
                f"where bitmapContains({bitmap_sql('gone')}, profile)",
                {"gone": bitmap_parameter(gone)},
            )


def projections() -> dict[str, Projection]:
    """Return the projections of this capability by stream; they share what they know about the tables."""
    tables = Tables()
    return {
        "databases": DatabaseProjection(tables),
        "profiles": ProfileProjection(tables),
        "subscriptions": SubscriptionProjection(tables),
        "relations": RelationProjection(),
    }


async def rebuild(engines: Engines, database_id: int) -> int:
    """Empty both tables of a database and have them filled again from PostgreSQL; return how many people there are.

    The drain does the filling; ``engines.drain.flush()`` waits for it.
    """
    ch = engines.clickhouse
    async with engines.tx() as tx:
        database = await _hold(tx, database_id)
        if database is None:
            return 0
        everybody = await match.all_ids(await tx.raw(), database_id)
        await Tables().ensure(ch, database)
        await ensure_relations(engines, database_id)
        for table in (f"p_{database_id}", f"s_{database_id}", f"r_{database_id}"):
            await ch.command(f"truncate table {table} sync")
        tx.mark_dirty("relations", database_id, await relations_of(await tx.raw(), database_id))
        for part in slices(everybody, 1_000_000):
            tx.mark_dirty("profiles", database_id, part)
            tx.mark_dirty("subscriptions", database_id, part)
    return len(everybody)


def csv_expression(field: Field) -> str:
    """Return what PostgreSQL must select so that ClickHouse reads the field's value from CSV."""
    return _AS_CSV.get(field.type, "{0}").format(field.column)


async def _hold(tx: Tx, database_id: int) -> Database | None:
    """Return a database whose columns stay while the transaction lasts, or ``None`` when it is gone."""
    if not await databases_store.has_table(tx, database_id):
        return None
    raw = await tx.raw()
    await raw.execute("set local datestyle to iso")
    await raw.execute(f"lock table profile_{int(database_id)} in access share mode")
    databases_store.forget(tx, database_id)
    return await databases_store.find(tx, database_id)


def _among(column: str, ids: BitMap) -> str:
    """Return a condition on ids; a run without gaps, as an import leaves it, needs no list."""
    if not ids:
        return "false"
    first, last = ids.min(), ids.max()
    if last - first + 1 == len(ids):
        return f"{column} between {first} and {last}"
    return f"{column} = any('{{{','.join(map(str, ids))}}}'::bigint[])"


async def _copy(
    raw: psycopg.AsyncConnection[Any], expressions: Sequence[str], quoted: Sequence[bool], source: str, ids: BitMap
) -> bytes:
    """Return rows as CSV; texts are always quoted, so that none of them looks like NULL or loses its blanks."""
    if not ids:
        return b""
    columns = ", ".join(f"{expression} as c{n}" for n, expression in enumerate(expressions))
    texts = ", ".join(f"c{n}" for n, is_text in enumerate(quoted) if is_text)
    copying = f"copy (select {columns} from {source}) to stdout (format csv, null '\\N', force_quote ({texts}))"
    parts: list[bytes] = []
    async with raw.cursor() as cursor, cursor.copy(copying.encode()) as copy:
        async for chunk in copy:
            parts.append(bytes(chunk))
    return b"".join(parts)
