"""A shop with a program and a till: promotions, orders and what they led to, all through the API."""

from __future__ import annotations

import itertools
from typing import Any

import httpx
import sqlalchemy as sa

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.promotions.tables import promotion_counter
from fidelia.platform.engines import Engines
from fidelia.worker import tasks as _tasks

assert _tasks.MODULES  # declared tasks are what jobs are made of
_numbers = itertools.count(1)
PEOPLE = 70
PRODUCTS = [
    {"external_id": "coffee", "name": "Coffee beans", "price": "12.50", "currency": "EUR", "category": "food"},
    {"external_id": "mug", "name": "Mug", "price": "15.00", "currency": "EUR", "category": "home", "floor": "10.00"},
    {"external_id": "sock", "name": "Socks", "price": "4.00", "currency": "EUR", "category": "home", "brand": "Warm"},
]
#: Everything that placing and returning orders may change, besides the log of what happened.
STANDING = (
    "select point_type_id, profile_id, balance, debt from loyalty_account order by 1, 2",
    "select promotion_id, what, profile_id, period, used from promotion_counter where used > 0 order by 1, 2, 3",
    "select promotion_id, sum(uses), sum(money), sum(points) from promotion_usage group by 1"
    " having sum(uses) <> 0 or sum(money) <> 0 or sum(points) <> 0 order by 1",
    "select id, uses, profile_id from promo_code order by 1",
)
#: Everything that is written anywhere.
TABLES = "select relname, n_tup_ins from pg_stat_xact_user_tables"


def compare(field: str, op: str, value: Any) -> dict[str, Any]:
    """Return a rule of a condition."""
    return {"kind": "compare", "field": field, "op": op, "value": value}


class Till:
    """The till of one database and its program."""

    def __init__(self, api: httpx.AsyncClient, engines: Engines, database: int, program: int) -> None:
        self.api = api
        self.engines = engines
        self.database = database
        self.program = program

    @property
    def clock(self) -> FixedClock:
        assert isinstance(self.engines.clock, FixedClock)
        return self.engines.clock

    async def call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        more = {} if method in ("GET", "DELETE") else {"json": {} if body is None else body}
        reply = await self.api.request(method, f"/api/v1{path}", **more)
        assert reply.status_code == status, f"{reply.status_code} {reply.text}"
        return reply.json() if reply.content else None

    async def promotion(self, reward: dict[str, Any], kind: str = "", **definition: Any) -> int:
        """Make a promotion and publish it; return its id."""
        kind = kind or ("points" if reward["kind"].startswith(("points", "allow", "issue", "grant")) else "discount")
        definition = {"name": f"P{next(_numbers)}", "currency": "EUR", "reward": reward, **definition}
        made = await self.call(
            "POST", f"/loyalty/programs/{self.program}/promotions", {"kind": kind, "definition": definition}, 201
        )
        await self.call("POST", f"/loyalty/promotions/{made['id']}/publish")
        return int(made["id"])

    def draft(self, *lines: tuple[str, float] | dict[str, Any], profile: int | None = 1, **more: Any) -> dict[str, Any]:
        """Return a draft order of (sku, quantity) lines."""
        found = [line if isinstance(line, dict) else {"sku": line[0], "quantity": line[1]} for line in lines]
        return {"database": self.database, "profile": profile, "lines": found, **more}

    async def preorder(self, *lines: Any, **more: Any) -> Any:
        return await self.call("POST", "/market/orders/preorder", self.draft(*lines, **more))

    async def commit(self, *lines: Any, status: int = 200, **more: Any) -> Any:
        """Place an order at the price that a preorder tells, unless ``final`` is given."""
        body = self.draft(*lines, **more)
        if "final" not in body:
            asked = {k: v for k, v in body.items() if k not in ("external_id", "status", "skip_triggers")}
            told = await self.call("POST", "/market/orders/preorder", asked)
            body["final"] = told["final"]
        body.setdefault("external_id", f"o{next(_numbers)}")
        if "order_status" in body:
            body["status"] = body.pop("order_status")
        return await self.call("POST", "/market/orders/commit", body, status)

    async def refund(self, order: int, lines: list[dict[str, Any]] | None = None) -> Any:
        body = {"lines": None, "delivery": "rest"} if lines is None else {"lines": lines}
        return await self.call("POST", f"/market/orders/{order}/refunds", body, 201)

    async def balance(self, profile: int, points: str = "stars") -> dict[str, str]:
        reply = await self.call("GET", f"/loyalty/programs/{self.program}/members/{profile}/balance")
        return dict(next(one for one in reply["balances"] if one["points"] == points))

    async def standing(self) -> list[Any]:
        """Return balances, limits, figures and codes as they are."""
        async with self.engines.tx() as tx:
            return [[tuple(row) for row in await tx.all(sa.text(query))] for query in STANDING]

    async def used(self, promotion: int) -> dict[str, Any]:
        """Return what has been taken of a promotion's limits."""
        c = promotion_counter.c
        async with self.engines.tx() as tx:
            rows = await tx.all(sa.select(c.what, c.profile_id, c.used).where(c.promotion_id == promotion))
        return {f"{row.what}:{row.profile_id}": row.used for row in rows}


async def open_till(api: httpx.AsyncClient, engines: Engines, **program: Any) -> Till:
    """Make a database with people and goods, and an active program with stars (0.10 EUR each) and miles (levels)."""
    async with engines.tx() as tx:
        database = await profiles.create_database(
            tx, Actor.system(), name=f"till{next(_numbers)}", timezone="Europe/Oslo"
        )
        for n in range(1, PEOPLE + 1):
            values = {"external_id": f"c{n}", "email": f"c{n}@example.com", "city": "Oslo" if n % 2 else "Bergen"}
            await profiles.create_profile(tx, Actor.system(), database.id, values)
    till = Till(api, engines, database.id, 0)
    await till.call("POST", "/market/categories", {"items": [{"external_id": k, "name": k} for k in ("food", "home")]})
    await till.call("POST", "/market/products", {"items": PRODUCTS})
    made = await till.call("POST", "/loyalty/programs", {"name": "Club", "database_id": database.id, **program}, 201)
    till.program = made["id"]
    base = f"/loyalty/programs/{till.program}"
    stars = {"name": "Stars", "key": "stars", "ratio": "0.10", "ratio_currency": "EUR"}
    await till.call("POST", f"{base}/points", stars, 201)
    miles = await till.call("POST", f"{base}/points", {"name": "Miles", "key": "miles", "kind": "qualification"}, 201)
    levels = [{"name": "Basic", "threshold": "0"}, {"name": "Gold", "threshold": "100"}]
    group = {"name": "Status", "key": "status", "point_type_id": miles["id"], "levels": levels}
    await till.call("POST", f"{base}/level-groups", group, 201)
    await till.call("POST", f"{base}/activate")
    return till
