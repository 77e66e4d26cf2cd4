"""Speed of segments beside hand-written ClickHouse SQL and PostgreSQL with covering indexes.

    python bench/bench_segment.py [--scale 1.0] [--rounds 7] [--without-postgres]

Full size: 1 M profiles, 20 M events of 24 months, 5 M order lines of 50,000 products, generated inside the engines, which
are this run's own. Four conditions: 3 rules, 12 rules, dynamic segments nested 4 deep, and one over order lines and
products. Ours (compiled from the condition, as every calculation is) and the hand-written query take turns
(A B A B …); printed are medians and the ratio, and every way must find the same people. Both read merged rows (FINAL)
where rows are counted, compare texts in any case, and return a bitmap. Then the preview with a count for every rule,
through the service: with nothing kept from earlier questions, and while typing (one rule of it changed).
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from fidelia import segments
from fidelia.access import Actor
from fidelia.conditions import compile as compile_condition
from fidelia.conditions import decode
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.migrate import upgrade_postgres
from fidelia.platform.pgserver import PostgresServer
from fidelia.profiles import Field, create_database
from fidelia.segments.service import answer, cache, preview
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from fidelia.worker import tasks
from pyroaring import BitMap

assert tasks.MODULES
ACTOR = Actor.system("bench")
NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
RATIO = 1.3
PREVIEW_MS = {"3 rules": 300, "12 rules": 800}
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
        " if(rand(4) % 12 = 0, null, 18 + rand(5) % 60), rand(6) % 5 = 0, ['gold', 'silver', 'bronze'][1 + rand(7) % 3],"
        f" 'subscribed', {AT} - toIntervalDay(rand(8) % 900), {AT} from numbers({people})"
    )
    chunk = 2_000_000
    for start in range(0, events, chunk):
        await ch.command(
            f"insert into e_{database} (type, profile, at, id, mailing, channel, link, total, props)"
            f" select [{', '.join(repr(t) for t in TYPES)}][[1,1,1,1,2,2,2,3,4,5][1 + rand(1) % 10]] as t,"
            f" 1 + intHash64(number * 7 + {start}) % {people},"
            # more of it lately, as a growing shop has
            f" {AT} - toIntervalSecond(toUInt32(63072000 * pow(rand(3) / 4294967296, 1.3))),"
            f" toString(number + {start}), if(t like 'message%', 1 + rand(4) % 200, 0), if(t like 'message%', 'email', ''),"
            " '', if(t = 'custom.purchase', toDecimal64(rand(5) % 20000 / 100, 4), null),"
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
            f"insert into l_{database} select intDiv(number + {start}, 5) + 1, (number + {start}) % 5 + 1,"
            f" 1 + intHash64(intDiv(number + {start}, 5)) % {people},"
            f" {AT} - toIntervalSecond(intHash64(intDiv(number + {start}, 5) + 9) % 63072000), 1 + rand(1) % 50000,"
            " toDecimal64(1 + rand(2) % 4, 4), null, 0, toDecimal64(rand(3) % 8000 / 100, 4), 'ordered', 'paid', 'web', 1, 0"
            f" from numbers({min(chunk, lines - start)})"
        )
    await ch.command(
        f"insert into o_{database} select order_id, any(profile), toString(order_id), any(at), 'paid', 'web', 'EUR',"
        f" sum(total), 0, count(), '{{}}', 1, 0 from l_{database} group by order_id"
    )
    await settle(engines, database)
    return people, events, lines


async def settle(engines: Engines, database: int) -> None:
    """Let the engine merge what belongs together, as it does in the background of a running installation."""
    for table in (f"p_{database}", f"e_{database}", f"o_{database}", f"l_{database}", "products"):
        await engines.clickhouse.command(f"optimize table {table}")


async def copy_to_postgres(engines: Engines, database: int, people: int) -> None:
    """Give PostgreSQL the same rows, and the covering indexes that its queries below want."""
    ch = engines.clickhouse
    plans = (
        (f"profile_{database}", "id, version, email, city, country, f1, f2, f3, status, created_at, updated_at", "final"),
        ("bench_event", "type, profile, at, total", ""),
        ("bench_line", "profile, at, product, quantity, total", "final"),
        ("bench_product", "id, brand, categories[2]", "final"),
    )
    sources = {f"profile_{database}": f"p_{database}", "bench_event": f"e_{database}", "bench_line": f"l_{database}"}
    async with engines.db.hot() as raw:
        await raw.execute(
            "create unlogged table bench_event (type text, profile integer, at timestamptz, total numeric(18, 4));"
            "create unlogged table bench_line (profile integer, at timestamptz, product integer, quantity numeric(18, 4),"
            " total numeric(18, 4)); create unlogged table bench_product (id integer, brand text, category text)"
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
        for statement in (
            "create index on bench_event (type, at) include (profile, total)",
            "create index on bench_line (at) include (profile, product, quantity, total)",
            "create index on bench_product (category, brand) include (id)",
            f"create index on profile_{database} (lower(city)) include (id)",
            f"create index on profile_{database} (f1) include (id)",
            f"vacuum analyze profile_{database}",
            "vacuum analyze bench_event",
            "vacuum analyze bench_line",
            "vacuum analyze bench_product",
        ):
            await session.execute(statement)
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
        "12 rules": f"{people} ({cities} or f1 >= 40) and lowerUTF8(country) = 'no' and (f2 or f3 in ('gold', 'silver'))"
        f" and status = 'subscribed' and {opened} and id not in {once('custom.purchase', 30)}"
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
        "product-level": f"select count(*) from (select l.profile from bench_line l join bench_product x on x.id = l.product"
        f" where x.category = 'Food 3' and l.quantity >= 2 and l.at between {moment} - interval '180 days' and {moment}"
        " group by l.profile having sum(l.total) >= 40) x",
    }


# -- measuring -----------------------------------------------------------------------------------------------------


async def timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    began = time.perf_counter()
    found = await work()
    return (time.perf_counter() - began) * 1000, found


async def questions(engines: Engines, database: int) -> dict[str, segments.Question]:
    async with engines.tx() as tx:
        below: int | None = None
        for depth, rule in enumerate(DEEP):
            condition = rule if below is None else group("all", rule, {"kind": "member", "of": {"segment": below}})
            made = await segments.create_segment(
                tx,
                ACTOR,
                segments.Definition(
                    database_id=database, name=f"Level {depth}", type="dynamic", condition=decode(condition)
                ),
            )
            below = made.id
        nested = group("all", {"kind": "member", "of": {"segment": below}})
        asked = {"3 rules": THREE, "12 rules": TWELVE, "nested 4 deep": nested, "product-level": LINES}
        return {name: await segments.ask(tx, database, decode(node)) for name, node in asked.items()}


async def measure(engines: Engines, database: int, rounds: int, postgres: bool) -> list[str]:
    ch = engines.clickhouse
    hand, theirs = by_hand(database), in_postgres(database)
    missed: list[str] = []
    await answer.catch_up(engines, database, wait=True)
    print(f"\n{'':16}{'ours ms':>10}{'by hand ms':>12}{'ratio':>8}{'reach':>8}{'people':>10}{'PostgreSQL ms':>15}")
    for name, question in (await questions(engines, database)).items():

        async def ours(question: segments.Question = question) -> BitMap:
            resolved = await answer.resolved(engines, question, NOW, None)
            query = compile_condition(question.checked, NOW, question.timezone, segments=resolved)
            return await ch.bitmap(query.text, query.params)

        async def reference(name: str = name) -> BitMap:
            return await ch.bitmap(hand[name])

        a: list[float] = []
        b: list[float] = []
        for n in range(rounds + 1):
            ms_a, found = await timed(ours)
            ms_b, wanted = await timed(reference)
            assert found == wanted, f"{name}: ours finds {len(found)}, by hand {len(wanted)}"
            if n:  # the first round warms both
                a.append(ms_a)
                b.append(ms_b)
        ratio = statistics.median(a) / statistics.median(b)
        beside = ""
        if postgres and name in theirs:
            times = []
            for _ in range(3):
                ms, count = await timed(lambda name=name: scalar(engines, theirs[name]))
                assert count == len(found), f"{name}: PostgreSQL finds {count}, ours {len(found)}"
                times.append(ms)
            beside = f"{statistics.median(times):,.0f}"
        if ratio > RATIO:
            missed.append(f"{name}: ratio {ratio:.2f}")
        print(
            f"{name:16}{statistics.median(a):>10.0f}{statistics.median(b):>12.0f}{ratio:>8.2f}{f'≤ {RATIO}':>8}"
            f"{len(found):>10,}{beside:>15}"
        )
    return missed


async def scalar(engines: Engines, sql: str) -> Any:
    async with engines.db.hot() as raw:
        row = await (await raw.execute(sql)).fetchone()
        return row[0] if row else None


async def measure_previews(engines: Engines, database: int, rounds: int) -> list[str]:
    """The whole service: catch up, every rule's own answer, figures, 50 people with three columns."""
    missed: list[str] = []
    wanted = preview.Wanted(rows=50, nodes=True)
    print(f"\n{'preview, counts':16}{'cold ms':>10}{'typing ms':>12}{'reach':>16}")
    for name, node in (("3 rules", THREE), ("12 rules", TWELVE)):
        cold: list[float] = []
        typing: list[float] = []
        for n in range(rounds + 1):
            kept = cache.answers(engines)
            kept._kept.clear()
            kept._bytes = 0
            ms, _ = await timed(lambda node=node: told(engines, database, node, wanted))
            changed = group("all", *node["of"][1:], compare("profile.age", "lte", 30 + n))
            ms_typing, _ = await timed(lambda changed=changed: told(engines, database, changed, wanted))
            if n:
                cold.append(ms)
                typing.append(ms_typing)
        median, reach = statistics.median(cold), PREVIEW_MS[name]
        if median > reach:
            missed.append(f"preview of {name}: {median:.0f} ms")
        print(f"{name:16}{median:>10.0f}{statistics.median(typing):>12.0f}{f'cold ≤ {reach}':>16}")
    return missed


async def told(engines: Engines, database: int, node: Node, wanted: preview.Wanted) -> Any:
    return await preview.calculate(engines, preview.Unsaved(database, decode(node)), wanted)


async def run(scale: float, rounds: int, postgres: bool) -> list[str]:
    root = Path(tempfile.mkdtemp(prefix="fidelia-bench-"))
    root.chmod(0o711)
    settings = Settings()
    settings = msgspec.structs.replace(settings, data=msgspec.structs.replace(settings.data, dir=str(root / "data")))
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    server = PostgresServer(folder, settings.postgres)
    try:
        dsn = server.start()
        upgrade_postgres(dsn)
        settings = msgspec.structs.replace(settings, postgres=msgspec.structs.replace(settings.postgres, dsn=dsn))
        async with open_engines(settings, clickhouse=True, clock=FixedClock(NOW)) as engines:
            fields = (
                Field(name="age", type="integer"),
                Field(name="vip", type="boolean"),
                Field(name="level", type="enum", options=("gold", "silver", "bronze")),
            )
            async with engines.tx() as tx:
                database = (await create_database(tx, ACTOR, name="bench", fields=fields)).id
            await answer.catch_up(engines, database, wait=True)
            async with engines.tx() as tx:
                from fidelia import events

                await events.define_type(tx, ACTOR, database, name="custom.purchase")
            began = time.perf_counter()
            people, many, lines = await generate(engines, database, scale)
            await copy_to_postgres(engines, database, people)
            print(f"{people:,} profiles, {many:,} events, {lines:,} lines; made in {time.perf_counter() - began:.0f} s")
            missed = await measure(engines, database, rounds, postgres)
            return missed + await measure_previews(engines, database, rounds)
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--without-postgres", action="store_true", help="leave out the queries in PostgreSQL")
    args = parser.parse_args()
    missed = asyncio.run(run(args.scale, args.rounds, not args.without_postgres))
    print("\nmissed: " + "; ".join(missed) if missed else "\nall reached")
    raise SystemExit(1 if missed and args.scale >= 1 else 0)


if __name__ == "__main__":
    main()
