"""How products and orders get to ClickHouse: PostgreSQL's COPY text is ClickHouse's TabSeparated."""

from __future__ import annotations

from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.platform.batches import slices
from fidelia.platform.clickhouse import TABLE_SETTINGS
from fidelia.platform.engines import Engines

ORDERS_AT_ONCE = 20_000
GONE = 2**63
_AT = "to_char({0} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')"

# An array as ClickHouse reads it in a column of text: items in quotes, quotes doubled; COPY itself doubles backslashes.
_ITEM = "'''' || replace(x, '''', '''''') || ''''"
_ARRAY = (
    f"(select '[' || coalesce(string_agg({_ITEM}, ',' order by n), '') || ']'"
    " from unnest({0}) with ordinality t (x, n))"
)

_REGIONS = (
    "(select '[' || coalesce(string_agg('''' || replace(m.external_id, '''', '''''') || '''', ','"
    " order by m.external_id), '') || ']'"
    " from product_region r join market_region m on m.id = r.region_id where {0})"
)

_PRODUCTS = f"""
select p.id, p.external_id, p.name, p.brand,
    case when c.id is null then '[]' else {_ARRAY.format("c.path")} end,
    p.price, p.currency, p.status, p.properties::text, {_AT.format("p.created_at")}, p.version, 0,
    p.old_price, p.floor_price, {_ARRAY.format("p.tags")}, p.available::int, p.quantity, p.delivery::int,
    p.warranty::int, p.expires_on, {_REGIONS.format("r.product_id = p.id and r.sku_id is null")},
    (select count(*) from product_sku k where k.product_id = p.id and k.status <> 'archived'),
    {_AT.format("p.updated_at")}, p.url, p.image_url
from product p left join product_category c on c.id = p.category_id
where p.id = any(%s::integer[])
"""

_SKUS = f"""
select k.id, k.product_id, k.external_id, k.name, coalesce(k.price, p.price),
    case when k.price is null then coalesce(k.old_price, p.old_price) else k.old_price end,
    coalesce(k.floor_price, p.floor_price), coalesce(k.currency, p.currency), {_ARRAY.format("k.tags")},
    coalesce(k.available, p.available)::int, k.quantity, {_REGIONS.format("r.sku_id = k.id")}, k.status,
    k.properties::text, {_AT.format("k.created_at")}, {_AT.format("k.updated_at")}, k.version + p.version, 0,
    coalesce(k.url, p.url), coalesce(k.pictures[1], p.image_url)
from product_sku k join product p on p.id = k.product_id
where k.id = any(%s::integer[])
"""

_ORDERS = f"""
select o.id, o.profile_id, o.external_id, {_AT.format("o.placed_at")}, o.status, o.channel, o.currency, o.total,
    o.delivery, o.line_count, o.properties::text, o.version, 0, coalesce(t.external_id, ''),
    coalesce(r.external_id, ''), {_ARRAY.format("o.tags")}, o.refunded
from sales_order o left join market_touchpoint t on t.id = o.touchpoint_id
    left join market_region r on r.id = o.region_id
where o.database_id = %s and o.id = any(%s::bigint[])
"""

_LINES = f"""
select l.order_id, l.line, o.profile_id, {_AT.format("o.placed_at")}, l.product_id, l.quantity, l.price, l.discount,
    l.total, l.status, o.status, o.channel, o.version, l.removed::int, coalesce(l.sku_id, 0), l.floor_price,
    l.refunded_quantity, l.refunded, l.properties::text
from order_line l join sales_order o on o.id = l.order_id
where o.database_id = %s and l.order_id = any(%s::bigint[])
"""

_PRODUCT_TABLE = """
create table if not exists products (
    id UInt32, external_id String, name String, brand LowCardinality(Nullable(String)), categories Array(String),
    price Nullable(Decimal(18, 4)), currency LowCardinality(Nullable(String)), status LowCardinality(String),
    props String, created_at DateTime64(3, 'UTC'), version UInt64, is_deleted UInt8
) engine = ReplacingMergeTree(version, is_deleted) order by id settings {settings}
"""

_SKU_TABLE = """
create table if not exists skus (
    id UInt32, product UInt32, external_id String, name String, price Nullable(Decimal(18, 4)),
    old_price Nullable(Decimal(18, 4)), floor Nullable(Decimal(18, 4)), currency LowCardinality(Nullable(String)),
    tags Array(String), available Nullable(Bool), quantity Nullable(Decimal(18, 4)), regions Array(String),
    status LowCardinality(String), props String, created_at DateTime64(3, 'UTC'), updated_at DateTime64(3, 'UTC'),
    version UInt64, is_deleted UInt8, url Nullable(String), image_url Nullable(String)
) engine = ReplacingMergeTree(version, is_deleted) order by id settings {settings}
"""

_ORDER_TABLE = """
create table if not exists o_{db} (
    id UInt64, profile UInt32, external_id String, at DateTime64(3, 'UTC'), status LowCardinality(String),
    channel LowCardinality(String), currency LowCardinality(String), total Decimal(18, 4), delivery Decimal(18, 4),
    items UInt32, props String, version UInt64, is_deleted UInt8
) engine = ReplacingMergeTree(version, is_deleted) order by id settings {settings}
"""

_LINE_TABLE = """
create table if not exists l_{db} (
    order_id UInt64, line UInt32, profile UInt32, at DateTime64(3, 'UTC'), product UInt32, quantity Decimal(18, 4),
    price Nullable(Decimal(18, 4)), discount Decimal(18, 4), total Decimal(18, 4), status LowCardinality(String),
    order_status LowCardinality(String), channel LowCardinality(String), version UInt64, is_deleted UInt8
) engine = ReplacingMergeTree(version, is_deleted) order by (order_id, line) settings {settings}
"""

# Columns that came later: a table of an earlier version gets them, in the order in which the queries above end.
_LATER = {
    "products": (
        "old_price Nullable(Decimal(18, 4))",
        "floor Nullable(Decimal(18, 4))",
        "tags Array(String)",
        "available Nullable(Bool)",
        "quantity Nullable(Decimal(18, 4))",
        "delivery Nullable(Bool)",
        "warranty Nullable(Bool)",
        "expires_on Nullable(Date32)",
        "regions Array(String)",
        "skus UInt32",
        "updated_at DateTime64(3, 'UTC')",
        "url Nullable(String)",
        "image_url Nullable(String)",
    ),
    "o": (
        "touchpoint LowCardinality(String)",
        "region LowCardinality(String)",
        "tags Array(String)",
        "refunded Decimal(18, 4)",
    ),
    "l": (
        "sku UInt32",
        "floor Nullable(Decimal(18, 4))",
        "refunded_quantity Decimal(18, 4)",
        "refunded Decimal(18, 4)",
        "props String default '{}'",
    ),
}


async def ensure_market(engines: Engines, database_id: int) -> None:
    """Make the market's tables of a database in ClickHouse, once a process."""
    made: set[int] = engines.ports.setdefault("market.made", set())
    if database_id in made:
        return
    ch = engines.clickhouse
    tables = {"products": _PRODUCT_TABLE, "skus": _SKU_TABLE}
    if database_id:
        tables |= {f"o_{database_id}": _ORDER_TABLE, f"l_{database_id}": _LINE_TABLE}
    for name, statement in tables.items():
        await ch.command(statement.format(db=database_id, settings=TABLE_SETTINGS))
        await ch.command(f"alter table {name} modify setting {TABLE_SETTINGS}")  # a table of an earlier version
        later = _LATER.get(name.removesuffix(f"_{database_id}"), ())
        if later:
            added = ", ".join(f"add column if not exists {column}" for column in later)
            await ch.command(f"alter table {name} {added}")
    made.add(database_id)


class Products:
    """The stream ``products``, of no database (0)."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present state of these products; those that are gone become tombstones."""
        await ensure_market(engines, 0)
        async with engines.db.hot() as raw:
            rows = await _copied(raw, _PRODUCTS, list(ids))
        await engines.clickhouse.insert_bytes("products", None, rows, "TabSeparated")
        gone = ids - _first_column(rows)
        if gone:
            dead = "".join(f"{i}\t{GONE}\t1\n" for i in gone)
            await engines.clickhouse.insert_bytes(
                "products", ["id", "version", "is_deleted"], dead.encode(), "TabSeparated"
            )
        async with engines.db.hot() as raw:  # SKUs have from their product what they do not say
            cursor = await raw.execute("select id from product_sku where product_id = any(%s)", (list(ids),))
            variants = BitMap(row[0] for row in await cursor.fetchall())
        if variants:
            await Skus().project(engines, 0, variants)


class Skus:
    """The stream ``skus``, of no database (0)."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present state of these SKUs; those that are gone become tombstones."""
        await ensure_market(engines, 0)
        async with engines.db.hot() as raw:
            rows = await _copied(raw, _SKUS, list(ids))
        await engines.clickhouse.insert_bytes("skus", None, rows, "TabSeparated")
        gone = ids - _first_column(rows)
        if gone:
            dead = "".join(f"{i}\t{GONE}\t1\n" for i in gone)
            await engines.clickhouse.insert_bytes(
                "skus", ["id", "version", "is_deleted"], dead.encode(), "TabSeparated"
            )


class Orders:
    """The stream ``orders``: an order travels with all its lines."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present state of these orders and lines; orders that are gone become tombstones."""
        await ensure_market(engines, database_id)
        ch = engines.clickhouse
        for part in slices(ids, ORDERS_AT_ONCE):
            async with engines.db.hot() as raw:
                orders = await _copied(raw, _ORDERS, database_id, list(part))
                lines = await _copied(raw, _LINES, database_id, list(part))
            await ch.insert_bytes(f"o_{database_id}", None, orders, "TabSeparated")
            await ch.insert_bytes(f"l_{database_id}", None, lines, "TabSeparated")
            gone = part - _first_column(orders)
            if gone:
                dead = "".join(f"{i}\t{GONE}\t1\n" for i in gone)
                await ch.insert_bytes(
                    f"o_{database_id}", ["id", "version", "is_deleted"], dead.encode(), "TabSeparated"
                )
                await ch.command(
                    f"insert into l_{database_id} (order_id, line, version, is_deleted)"
                    f" select order_id, line, {GONE}, 1 from l_{database_id} final"
                    " where order_id in ({ids:Array(UInt64)})",
                    {"ids": list(gone)},
                )


async def _copied(raw: psycopg.AsyncConnection[Any], query: str, *params: Any) -> bytes:
    parts: list[bytes] = []
    async with raw.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout", params) as copy:
        async for chunk in copy:
            parts.append(bytes(chunk))
    return b"".join(parts)


def _first_column(rows: bytes) -> BitMap:
    return BitMap(int(line[: line.index(b"\t")]) for line in rows.split(b"\n") if line)


async def rebuild(engines: Engines, database_ids: list[int]) -> None:
    """Mark everything as to be projected again, in the caller's databases; the drain does the work."""
    async with engines.tx() as tx:
        raw = await tx.raw()
        rows = await (await raw.execute("select id from product")).fetchall()
        tx.mark_dirty("products", 0, (r[0] for r in rows))
        rows = await (await raw.execute("select id from product_sku")).fetchall()
        tx.mark_dirty("skus", 0, (r[0] for r in rows))
        for database_id in database_ids:
            rows = await (
                await raw.execute("select id from sales_order where database_id = %s", (database_id,))
            ).fetchall()
            tx.mark_dirty("orders", database_id, (r[0] for r in rows))


async def drop_database(engines: Engines, database_id: int) -> None:
    """Forget the orders of a database that is gone, in both engines."""
    async with engines.db.hot() as raw:
        await raw.execute("delete from sales_order where database_id = %s", (database_id,))
        await raw.execute("delete from market_channel where database_id = %s", (database_id,))
    for name in (f"o_{database_id}", f"l_{database_id}"):
        await engines.clickhouse.command(f"drop table if exists {name} sync")
    engines.ports.setdefault("market.made", set()).discard(database_id)
