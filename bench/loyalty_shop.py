"""A shop with a loyalty program for `bench_loyalty`: goods, 200 promotions, members with points, orders of before.

``open_shop`` makes it on open engines. A shop has a database and a program of its own; goods belong to all of them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import market, profiles
from fidelia.access import Actor
from fidelia.loyalty import ledger, members
from fidelia.loyalty.programs.service import levels, manage, points
from fidelia.loyalty.promotions import rewards
from fidelia.loyalty.promotions.model import PromotionDefinition, PromotionLimit
from fidelia.loyalty.promotions.service import manage as promotions
from fidelia.platform.engines import Engines
from fidelia.worker import tasks

PRODUCTS, CATEGORIES, BRANDS, LINES = 2_000, 40, 25, 10
AT_ONCE = 10_000
ACTOR = Actor.system()
assert tasks.MODULES  # declared tasks are what jobs are made of


@dataclass
class Shop:
    """Where orders go to."""

    database: int
    program: int
    members: int


def compare(field: str, op: str, value: Any) -> dict[str, Any]:
    return {"kind": "compare", "field": field, "op": op, "value": value}


async def open_goods(engines: Engines) -> None:
    """Fill the catalogue."""
    random = Random(1)
    async with engines.tx() as tx:
        names = [f"category {n}" for n in range(CATEGORIES)]
        await market.upsert_categories(tx, ACTOR, [market.CategoryIn(external_id=name, name=name) for name in names])
        await market.upsert_products(
            tx,
            [
                market.ProductIn(
                    external_id=f"p{n}",
                    name=f"Product {n}",
                    brand=f"Brand {n % BRANDS}",
                    category=f"category {n % CATEGORIES}",
                    price=f"{random.randint(199, 19_999) / 100:.2f}",
                    currency="EUR",
                )
                for n in range(PRODUCTS)
            ],
        )


async def open_shop(engines: Engines, name: str, *, people: int, history: int, number: int = 200) -> Shop:
    """Make a shop of so many members, each with so many accruals and half as many orders before."""
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, ACTOR, name=name)
    for start in range(0, people, AT_ONCE):
        async with engines.tx() as tx:
            items = [
                {"external_id": f"{name}-{n}", "city": ("Berlin", "Bonn", "Paris")[n % 3]}
                for n in range(start, min(start + AT_ONCE, people))
            ]
            await profiles.upsert(tx, ACTOR, database.id, items, matching="external_id")
    async with engines.tx() as tx:
        program = await manage.create(tx, ACTOR, database.id, manage.Settings(name=name, audience="manual"))
        stars = points.PointSettings(name="Stars", ratio="0.01", ratio_currency="EUR")
        kind = await points.create_points(tx, ACTOR, program.id, "standard", stars, "stars")
        miles = points.PointSettings(name="Miles")
        decides = await points.create_points(tx, ACTOR, program.id, "qualification", miles, "miles")
        made = [levels.LevelSettings(name=one, threshold=most) for one, most in (("Basic", "0"), ("Gold", "5000"))]
        group = levels.GroupSettings(name="Status", point_type_id=decides.id, levels=made)
        await levels.create_group(tx, ACTOR, program.id, group, "status")
        await manage.activate(tx, ACTOR, program.id)
    await _promotions(engines, program.id, program.external_id, number)
    for start in range(1, people + 1, AT_ONCE):
        async with engines.tx() as tx:
            some = BitMap(range(start, min(start + AT_ONCE, people + 1)))
            await members.enrol(tx, program.id, some, "api")
    await _history(engines, database.id, program.id, kind.id, people, history)
    return Shop(database.id, program.id, people)


async def _promotions(engines: Engines, program_id: int, key: str, number: int) -> None:
    """Publish promotions of which one in twenty fits the orders below; some look at the member's level and points."""
    random = Random(number)
    async with engines.tx() as tx:
        for n in range(number):
            fits = n % 20 == 0
            test = [
                compare("order.channel", "eq", "web" if fits or n % 4 else "till"),
                compare("order.total", "gte", "99999" if not fits and n % 4 == 2 else "5"),
                compare("profile.city", "in", ["Oslo", "Lyon"] if not fits and n % 2 else ["Berlin", "Bonn", "Paris"]),
            ]
            if n % 10 == 1:
                test.append(compare(f"loyalty.{key}.levels.status", "eq", "gold"))
            if n % 10 == 3:
                test.append(compare(f"loyalty.{key}.points.stars.active", "gte", "1000000"))
            reward: Any = rewards.PercentOff(percent=str(random.randint(1, 5)))
            if n % 8 == 0:
                reward = rewards.PointsPercent(
                    points="stars" if n % 16 else "miles", percent=str(random.randint(1, 10))
                )
            definition = PromotionDefinition(
                name=f"Promotion {n}",
                reward=reward,
                currency="EUR",
                condition={"kind": "all", "of": test},
                products=compare("product.category", "under", f"category {n // 20 % 10}"),
                limits=(PromotionLimit(what="uses", most="100000000"),) if n % 40 == 0 else (),
            )
            kind = "points" if n % 8 == 0 else "discount"
            one = await promotions.create(tx, ACTOR, program_id, kind, definition)
            await promotions.publish(tx, ACTOR, one.id)


async def _history(engines: Engines, database_id: int, program_id: int, kind: int, people: int, history: int) -> None:
    """Write accruals, and half as many orders, for everybody."""
    for round_ in range(history):
        for start in range(1, people + 1, AT_ONCE):
            some = range(start, min(start + AT_ONCE, people + 1))
            async with engines.tx() as tx:
                rows = [ledger.Accrual(profile_id=one, point_type_id=kind, amount=Decimal(one % 7 + 1)) for one in some]
                await ledger.accrue(tx, program_id, rows)
                if round_ % 2:
                    placed = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=round_)
                    orders = [
                        market.OrderIn(
                            external_id=f"old-{round_}-{one}",
                            profile=one,
                            placed_at=placed,
                            status="delivered",
                            currency="EUR",
                            lines=[
                                market.LineIn(sku=f"p{(one + round_) % PRODUCTS}", quantity=1, price="5", total="5")
                            ],
                        )
                        for one in some
                    ]
                    await market.upsert_orders(tx, database_id, orders, history=False)


async def vacuum(engines: Engines) -> None:
    """Leave the tables as a server has them that runs for long."""
    async with engines.db.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.exec_driver_sql("vacuum analyze")


async def drained(engines: Engines, seconds: float = 300) -> None:
    """Wait until the history of before is in ClickHouse."""
    for _ in range(int(seconds)):
        async with engines.tx() as tx:
            left = await tx.scalar(sa.text("select (select count(*) from event_inbox) + (select count(*) from dirty)"))
        if not left:
            return
        await asyncio.sleep(1)


def drafts(shop: Shop, random: Random, count: int) -> list[dict[str, Any]]:
    """Draw orders of members: every basket has the first ten categories, so that a promotion for one finds a line."""
    found = []
    for _ in range(count):
        lines = [
            {"sku": f"p{random.randrange(50) * CATEGORIES + n}", "quantity": random.randint(1, 3)} for n in range(LINES)
        ]
        profile = random.randint(1, shop.members)
        order = {"database": shop.database, "profile": profile, "channel": "web", "currency": "EUR", "lines": lines}
        found.append(order)
    return found
