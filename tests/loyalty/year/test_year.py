"""A retailer's year goes through a loyalty program: every basket an order, its coupons promotions; the ledger holds."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fidelia import market, profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.loyalty.orders import DraftOrder, OrderCommit, commit, preorder
from fidelia.platform.engines import Engines
from fidelia.settings import Settings
from fidelia.worker import tasks as _tasks
from tests.conftest import open_test_engines

from .journey import CURRENCY, Basket, Journey
from .liability import check_liability, check_speed

assert _tasks.MODULES
pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600)]
#: All of them; fewer to look at something.
BASKETS = int(os.environ.get("FIDELIA_BASKETS", "155848"))
#: Orders of one hour are placed side by side.
AT_ONCE = 8
#: Every so-many-th basket is paid with as many points as may be.
PAYS_WITH_POINTS = 10


@pytest.fixture(scope="module")
async def engines(pg_dsn: str, base_settings: Settings) -> AsyncIterator[Engines]:
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as opened:
        yield opened


class Year:
    """The program and who takes part in it."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient) -> None:
        self.engines = engines
        self.api = api
        self.journey = Journey()
        self.database = 0
        self.program = 0
        self.people: dict[int, int] = {}
        self.placed = 0
        self.discounted = 0
        self.asked_again = 0

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        reply = await self.api.request(method, f"/api/v1{path}", json={} if body is None else body)
        assert reply.is_success, f"{path}: {reply.status_code} {reply.text[:2000]}"
        return reply.json()

    async def open(self, first: datetime) -> None:
        """Make the shop, the program and a promotion for each coupon."""
        clock = self.engines.clock
        assert isinstance(clock, FixedClock)
        clock.set(first - timedelta(days=1))
        actor = Actor.system()
        async with self.engines.tx() as tx:
            self.database = (await profiles.create_database(tx, actor, name="journey")).id
            items = [{"external_id": str(one)} for one in self.journey.source.households]
            done = await profiles.upsert(tx, actor, self.database, items, matching="external_id")
            ids = [item.profile_id for item in done.items]
            self.people = {one: id_ or 0 for one, id_ in zip(self.journey.source.households, ids, strict=True)}
        categories, products = self.journey.source.catalogue()
        async with self.engines.tx() as tx:
            await market.upsert_categories(tx, actor, categories)
        for start in range(0, len(products), 10_000):
            async with self.engines.tx() as tx:
                await market.upsert_products(tx, products[start : start + 10_000])
        made = await self.call("POST", "/loyalty/programs", {"name": "Club", "database_id": self.database})
        self.program = made["id"]
        base = f"/loyalty/programs/{self.program}"
        expiry = {"kind": "after", "period": "P3M"}
        stars = {"name": "Stars", "key": "stars", "ratio": "0.01", "ratio_currency": CURRENCY, "expiry": expiry}
        await self.call("POST", f"{base}/points", stars)
        await self.call("POST", f"{base}/activate")
        back = {"kind": "points_percent", "points": "stars", "percent": "500"}
        await self.promotion("Five percent back", "points", back)
        for coupon in self.journey.coupons:
            pool = await self.call("POST", "/promo-codes/pools", {
                "database_id": self.database, "name": f"Coupon {coupon.code}", "short_name": f"c{coupon.code}",
                "kind": "universal", "way": "file", "max_uses_per_person": None,
            })  # fmt: skip
            await self.call("POST", f"/promo-codes/pools/{pool['id']}/codes/import", {"items": [{"code": coupon.code}]})
            rule = {"kind": "compare", "field": "product.external_id", "op": "in", "value": coupon.products}
            off = {"kind": "amount_off", "amount": f"{coupon.value / 100:.2f}", "scope": "order"}
            await self.promotion(f"Coupon {coupon.code}", "discount", off, products=rule, code_pool_id=pool["id"])

    async def promotion(self, name: str, kind: str, reward: dict[str, Any], **more: Any) -> None:
        definition = {"name": name, "currency": CURRENCY, "reward": reward, **more}
        path = f"/loyalty/programs/{self.program}/promotions"
        made = await self.call("POST", path, {"kind": kind, "definition": definition})
        await self.call("POST", f"/loyalty/promotions/{made['id']}/publish")

    async def place(self, number: int, basket: Basket) -> None:
        """Place a basket's order at the price it has; ask again when another order of the member was quicker."""
        pays = number % PAYS_WITH_POINTS == 0
        order: dict[str, Any] = {
            "database": self.database, "profile": self.people[basket.household], "lines": basket.lines,
            "currency": CURRENCY, "channel": "store", "promo_codes": basket.coupons,
            "redeem": {"stars": "max"} if pays else {},
        }  # fmt: skip
        final = f"{basket.total // 100}.{basket.total % 100:02}"
        while True:
            if pays or basket.coupons:
                async with self.engines.tx() as tx:
                    final = (await preorder(tx, DraftOrder(**order))).final
            given = OrderCommit(**order, external_id=basket.id, final=final, status="delivered", skip_triggers=True)
            try:
                async with self.engines.tx() as tx:
                    done = await commit(tx, Actor.system(), given)
                break
            except Problem as problem:
                if problem.title != "The price has changed" or not pays:
                    raise
                self.asked_again += 1
        self.placed += 1
        self.discounted += done.calculation.discount != "0.00"

    async def live(self) -> None:
        """Place the orders of the year, hour by hour."""
        clock = self.engines.clock
        assert isinstance(clock, FixedClock)
        baskets = ((n, b) for n, b in enumerate(self.journey.baskets()) if n < BASKETS)
        began = time.monotonic()
        for hour, group in groupby(baskets, key=lambda one: one[1].at.replace(minute=0, second=0, microsecond=0)):
            clock.set(hour + timedelta(hours=1))
            waiting = list(group)
            for start in range(0, len(waiting), AT_ONCE):
                await asyncio.gather(*(self.place(n, b) for n, b in waiting[start : start + AT_ONCE]))
        took = time.monotonic() - began
        told = f"{self.placed} orders in {took:.0f} s ({self.placed / took:.0f}/s)"
        print(f"{told}, {self.discounted} with a discount, {self.asked_again} asked again")


SOUND = {
    "a row says what it changed": """
        select count(*) from loyalty_transaction where balance_after <> balance_before + change""",
    "rows sum up to the balance": """
        select count(*) from loyalty_account a where a.balance <> (
            select coalesce(sum(change), 0) from loyalty_transaction t where t.account_id = a.id)""",
    "lots sum up to the balance": """
        select count(*) from loyalty_account a where a.balance <> (
            select coalesce(sum(remaining), 0) from loyalty_lot l where l.account_id = a.id) - a.debt""",
    "no lot is below nothing": "select count(*) from loyalty_lot where remaining < 0 or remaining > amount",
    "nobody owes": "select count(*) from loyalty_account where debt <> 0",
}


async def test_a_year_of_orders(engines: Engines, api: httpx.AsyncClient) -> None:
    year = Year(engines, api)
    began = time.monotonic()
    await year.open(next(year.journey.baskets()).at)
    print(f"{len(year.journey.coupons)} coupons, made ready in {time.monotonic() - began:.0f} s")
    await year.live()
    assert year.placed == min(BASKETS, year.journey.source.orders)
    async with engines.tx() as tx:
        for what, query in SOUND.items():
            assert await tx.scalar(sa.text(query)) == 0, what
        assert await tx.scalar(sa.text("select count(*) from sales_order")) == year.placed
        zone = (await profiles.get_database(tx, year.database)).timezone
    await check_liability(engines, api, year.program, zone)
    await check_speed(api, year.program)
