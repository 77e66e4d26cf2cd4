"""The data and the queries of bench_segment: made inside the engines, and written by hand."""

from __future__ import annotations

from typing import Any

from fidelia.platform.engines import Engines

AT = "toDateTime64('2026-11-16 12:00:00', 3, 'UTC')"
TYPES = ("message.sent", "message.opened", "message.clicked", "page.viewed", "custom.purchase")

Node = dict[str, Any]


# -- data ----------------------------------------------------------------------------------------------------------


async def generate(engines: Engines, database: int, scale: float) -> tuple[int, int, int]:
    """Fill ClickHouse by its own SQL; return how many profiles, events and lines there are."""
    ch = engines.clickhouse
    people, events, lines = int(1_000_000 * scale), int(20_000_000 * scale), int(5_000_000 * scale)
    await ch.command(
        f"insert into p_{database} (id, version, is_deleted, email, city, country, f1, f2, f3, status, created_at,"
        " updated_at) select number + 1, 1, 0, concat('p', toString(number), '@example.com'),"
        " if(rand(1) % 10 = 0, null, concat('City ', toString(rand(2) % 300))), if(rand(3) % 3 = 0, 'NO', 'SE'),"
        " if(rand(4) % 12 = 0, null, 18 + rand(5) % 60), rand(6) % 5 = 0,"
        f" ['gold', 'silver', 'bronze'][1 + rand(7) % 3], 'subscribed', {AT}"
        f" - toIntervalDay(rand(8) % 900), {AT} from numbers({people})"
    )
    chunk = 2_000_000
    for start in range(0, events, chunk):
        await ch.command(
            f"insert into e_{database} (type, profile, at, id, mailing, channel, link, total, props)"
            f" select [{', '.join(repr(t) for t in TYPES)}][[1,1,1,1,2,2,2,3,4,5][1 + rand(1) % 10]] as t,"
            f" 1 + intHash64(number * 7 + {start}) % {people},"
            # more of it lately, as a growing shop has
            f" {AT} - toIntervalSecond(toUInt32(63072000 * pow(rand(3) / 4294967296, 1.3))),"
            f" toString(number + {start}), if(t like 'message%', 1 + rand(4) % 200, 0),"
            " if(t like 'message%', 'email', ''), '',"
            " if(t = 'custom.purchase', toDecimal64(rand(5) % 20000 / 100, 4), null),"
            " if(t = 'custom.purchase', concat('{\"total\":', toString(rand(5) % 20000 / 100), ',\"items\":',"
            " toString(rand(6) % 9), '}'), '{}')"
            f" from numbers({min(chunk, events - start)})"
        )
    await ch.command(
        "insert into products (id, external_id, name, brand, categories, price, currency, status, props, created_at,"
        " version, is_deleted) select number + 1, toString(number), concat('Product ', toString(number)),"
        " concat('Brand ', toString(rand(1) % 200)), ['Food', concat('Food ', toString(rand(2) % 30))],"
        f" toDecimal64(rand(3) % 5000 / 100, 4), 'EUR', 'active', '{{}}', {AT}, 1, 0 from numbers(50000)"
    )
    for start in range(0, lines, chunk):
        await ch.command(
            f"insert into l_{database} (order_id, line, profile, at, product, quantity, price, discount, total, status,"
            " order_status, channel, version, is_deleted)"
            f" select intDiv(number + {start}, 5) + 1, (number + {start}) % 5 + 1,"
            f" 1 + intHash64(intDiv(number + {start}, 5)) % {people},"
            f" {AT} - toIntervalSecond(intHash64(intDiv(number + {start}, 5) + 9) % 63072000), 1 + rand(1) % 50000,"
            " toDecimal64(1 + rand(2) % 4, 4), null, 0, toDecimal64(rand(3) % 8000 / 100, 4), 'ordered', 'paid',"
            " 'web', 1, 0"
            f" from numbers({min(chunk, lines - start)})"
        )
    await ch.command(
        f"insert into o_{database} (id, profile, external_id, at, status, channel, currency, total, delivery, items,"
        " props, version, is_deleted)"
        f" select order_id, any(profile), toString(order_id), any(at), 'paid', 'web', 'EUR',"
        f" sum(total), 0, count(), '{{}}', 1, 0 from l_{database} group by order_id"
    )
    # Merge what belongs together, as happens in the background of a running installation: months that have rested
    # become one part (see TABLE_SETTINGS), the present one stays as it was written.
    for table in (f"p_{database}", f"e_{database}", f"o_{database}", f"l_{database}", "products"):
        await ch.command(f"optimize table {table}")
    months = await ch.query(
        f"select distinct partition_id from system.parts where active and table = 'e_{database}'"
        f" and database = currentDatabase() and partition_id < toString(toYYYYMM({AT}))"
    )
    for (month,) in months:
        await ch.command(f"optimize table e_{database} partition id '{month}' final")
    return people, events, lines


async def copy_to_postgres(engines: Engines, database: int, people: int) -> None:
    """Give PostgreSQL the same rows, and the covering indexes that its queries below want."""
    ch = engines.clickhouse
    plans = (
        (
            f"profile_{database}",
            "id, version, email, city, country, f1, f2, f3, status, created_at, updated_at",
            "final",
        ),
        ("bench_event", "type, profile, at, total", ""),
        ("bench_line", "profile, at, product, quantity, total", "final"),
        ("bench_product", "id, brand, categories[2]", "final"),
    )
    sources = {f"profile_{database}": f"p_{database}", "bench_event": f"e_{database}", "bench_line": f"l_{database}"}
    async with engines.db.hot() as raw:
        await raw.execute(
            "create unlogged table bench_event (type text, profile integer, at timestamptz, total numeric(18, 4));"
            "create unlogged table bench_line (profile integer, at timestamptz, product integer,"
            " quantity numeric(18, 4), total numeric(18, 4));"
            " create unlogged table bench_product (id integer, brand text, category text)"
        )
        await raw.execute("set local timezone = 'UTC'")
        for target, columns, final in plans:
            source = sources.get(target, "products")
            key = "id" if target in (f"profile_{database}", "bench_product") else "profile"
            step = max(people // 20, 1) if key == "profile" or target.startswith("profile") else 50_001
            names = columns if target.startswith("profile") else ""
            for start in range(1, (people if step != 50_001 else 50_000) + 1, step):
                rows = await ch.raw(
                    f"select {columns} from {source} {final} where {key} >= {start} and {key} < {start + step}",
                    "TabSeparated",
                )
                into = f"copy {target} {f'({names})' if names else ''} from stdin"
                async with raw.cursor() as cursor, cursor.copy(into) as copy:
                    await copy.write(rows)
    async with await engines.db.session() as session:
        for index in (
            "bench_event (type, at) include (profile, total)",
            "bench_line (at) include (profile, product, quantity, total)",
            "bench_product (category, brand) include (id)",
            f"profile_{database} (lower(city)) include (id)",
            f"profile_{database} (f1) include (id)",
        ):
            await session.execute(f"create index on {index}")
        await session.execute(f"vacuum analyze profile_{database}, bench_event, bench_line, bench_product")
    async with engines.tx() as tx:
        raw = await tx.raw()
        await raw.execute("update profile_database set profile_count = %s, last_profile_id = %s", (people, people))


# -- conditions and their hand-written twins -----------------------------------------------------------------------


def compare(field: str, op: str, value: Any) -> Node:
    return {"kind": "compare", "field": field, "op": op, "value": value}


def occurred(event: str, last: str, op: str = "gte", value: int = 1, **more: Any) -> Node:
    node = {"kind": "occurred", "event": event, "within": {"last": last}, **more}
    return node if (op, value) == ("gte", 1) else {**node, "count": {"op": op, "value": value}}


def group(kind: str, *of: Node) -> Node:
    return {"kind": kind, "of": list(of)}


def negate(of: Node) -> Node:
    return {"kind": "not", "of": of}


CITIES = ["City 1", "City 2", "City 3", "City 4"]
THREE = group(
    "all",
    group("any", compare("profile.city", "in", CITIES), compare("profile.age", "gte", 60)),
    occurred("message.opened", "P90D", "gte", 2),
    negate(occurred("custom.purchase", "P30D")),
)
LINES = {
    "kind": "related",
    "link": "orders.lines",
    "within": {"last": "P180D"},
    "where": group("all", compare("product.category", "under", "Food 3"), compare("line.quantity", "gte", 2)),
    "measure": {"fn": "sum", "of": "line.total", "op": "gte", "value": 40},
}
TWELVE = group(
    "all",
    group("any", compare("profile.city", "in", CITIES), compare("profile.age", "gte", 40)),
    compare("profile.country", "eq", "NO"),
    group("any", compare("profile.vip", "eq", True), compare("profile.level", "in", ["gold", "silver"])),
    compare("profile.status", "eq", "subscribed"),
    occurred("message.opened", "P90D", "gte", 2),
    negate(occurred("custom.purchase", "P30D")),
    occurred("message.sent", "P180D", "gte", 3),
    group("any", occurred("message.clicked", "P180D"), occurred("page.viewed", "P60D", "gte", 2)),
    {"kind": "related", "link": "orders", "count": {"op": "lte", "value": 3}},
)
DEEP = (
    occurred("message.opened", "P90D", "gte", 2),
    compare("profile.age", "gte", 40),
    negate(occurred("custom.purchase", "P60D")),
    group("any", compare("profile.level", "eq", "gold"), occurred("message.clicked", "P180D")),
)


def ago(days: int) -> str:
    return f"{AT} - toIntervalDay({days})"


def by_hand(db: int) -> dict[str, str]:
    """What somebody who knows ClickHouse and these tables would write."""
    people = f"select groupBitmapState(id) from p_{db} final where"
    cities = "lowerUTF8(city) in ('city 1', 'city 2', 'city 3', 'city 4')"

    def at_least(type_: str, days: int, count: int) -> str:
        return (
            f"id in (select profile from e_{db} final where type = '{type_}' and at >= {ago(days)} and at <= {AT}"
            f" group by profile having count() >= {count})"
        )

    def once(type_: str, days: int) -> str:
        return f"(select profile from e_{db} where type = '{type_}' and at >= {ago(days)} and at <= {AT})"

    opened = at_least("message.opened", 90, 2)
    return {
        "3 rules": f"{people} ({cities} or f1 >= 60) and {opened} and id not in {once('custom.purchase', 30)}",
        "12 rules": f"{people} ({cities} or f1 >= 40) and lowerUTF8(country) = 'no'"
        f" and (f2 or f3 in ('gold', 'silver')) and status = 'subscribed'"
        f" and {opened} and id not in {once('custom.purchase', 30)}"
        f" and {at_least('message.sent', 180, 3)}"
        f" and (id in {once('message.clicked', 180)} or {at_least('page.viewed', 60, 2)})"
        f" and id not in (select profile from o_{db} final group by profile having count() > 3)",
        "nested 4 deep": f"{people} (f3 = 'gold' or id in {once('message.clicked', 180)})"
        f" and id not in {once('custom.purchase', 60)} and f1 >= 40 and {opened}",
        "product-level": f"{people} id in (select profile from l_{db} final where at >= {ago(180)} and at <= {AT}"
        " and quantity >= 2 and product in (select id from products final"
        " where has(arrayMap(x -> lowerUTF8(x), categories), 'food 3'))"
        " group by profile having sum(total) >= 40)",
    }


def in_postgres(db: int) -> dict[str, str]:
    """The same in PostgreSQL; counts are enough."""
    moment = "timestamptz '2026-11-16 12:00:00Z'"

    def inside(type_: str, days: int, count: int = 1) -> str:
        return (
            f"(select profile from bench_event where type = '{type_}' and at between {moment} - interval '{days} days'"
            f" and {moment} group by profile having count(*) >= {count})"
        )

    cities = "lower(p.city) in ('city 1', 'city 2', 'city 3', 'city 4')"
    opened = f"join {inside('message.opened', 90, 2)} o on o.profile = p.id"
    bought = f"left join {inside('custom.purchase', 30)} b on b.profile = p.id"
    return {
        "3 rules": f"select count(*) from profile_{db} p {opened} {bought}"
        f" where ({cities} or p.f1 >= 60) and b.profile is null",
        "product-level": f"select count(*) from (select l.profile from bench_line l"
        f" join bench_product x on x.id = l.product where x.category = 'Food 3' and l.quantity >= 2"
        f" and l.at between {moment} - interval '180 days'"
        f" and {moment} group by l.profile having sum(l.total) >= 40) x",
    }
