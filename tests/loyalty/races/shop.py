"""Sixty-four careful clients of one shop, and what must be true of it when they have finished.

All of them spend one member's points, place and cancel the same orders, and share one budget and one code.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import httpx

from ..ledger.shop import ALWAYS

D = Decimal
#: (method, path below /api/v1, body) → the reply; raises ``httpx.TransportError`` when nobody answered.
Send = Callable[[str, str, Any], Awaitable[httpx.Response]]
#: A statement → its rows.
Query = Callable[[str], Awaitable[list[Any]]]
CLIENTS = 64
#: What the member has to begin with, in lots of ten; the clients ask for more than that.
POINTS = 400
PRICE, OFF = D("12.50"), D(5)


class Shop:
    """A database with people and a program: a budget of a hundred uses, a code for one, a member with points."""

    def __init__(self, send: Send, uses: int, orders: int) -> None:
        self.send = send
        self.uses = uses
        self.orders = orders
        self.database = self.program = self.offer = self.pool = 0
        self.code = ""
        #: How often a client had to ask again because nobody answered.
        self.repeats = 0
        self.said: Counter[str] = Counter()

    async def ask(self, method: str, path: str, body: Any = None, *allowed: int) -> Any:
        """Ask until there is an answer, always for the same; anything but 2xx and ``allowed`` is a failure."""
        for _ in range(1200):
            try:
                reply = await self.send(method, path, body)
            except (httpx.TransportError, OSError, KeyError):  # killed, or not up again yet
                self.repeats += 1
                await asyncio.sleep(0.1)
                continue
            if reply.status_code in (429, 503):
                self.repeats += 1
                await asyncio.sleep(0.1)
                continue
            if reply.status_code in allowed:
                return reply
            assert reply.status_code < 300, f"{method} {path} {body}: {reply.status_code} {reply.text[:600]}"
            return reply if allowed else reply.json()
        raise AssertionError(f"nobody answers {method} {path}")

    async def open(self) -> None:
        """Make the shop; member 1 has points in lots of ten."""
        self.database = (await self.ask("POST", "/databases", {"name": "races"}))["id"]
        items = [{"external_id": f"c{n}"} for n in range(1, CLIENTS + 1)]
        body = {"matching": "external_id", "mode": "upsert", "items": items}
        await self.ask("POST", f"/databases/{self.database}/profiles/upsert", body)
        product = {"external_id": "coffee", "name": "Coffee", "price": str(PRICE), "currency": "EUR"}
        await self.ask("POST", "/market/products", {"items": [product]})
        made = await self.ask("POST", "/loyalty/programs", {"name": "Club", "database_id": self.database})
        self.program = made["id"]
        stars = {"name": "Stars", "key": "stars", "ratio": "0.10", "ratio_currency": "EUR"}
        await self.ask("POST", f"{self.path}/points", stars)
        await self.ask("POST", f"{self.path}/activate", {})
        pool = {"database_id": self.database, "name": "One", "short_name": "one", "kind": "personal", "way": "file"}
        self.pool = (await self.ask("POST", "/promo-codes/pools", pool))["id"]
        self.code = f"ONE{self.database}"
        await self.ask("POST", f"/promo-codes/pools/{self.pool}/codes/import", {"items": [{"code": self.code}]})
        self.offer = await self._promotion(
            {"kind": "amount_off", "amount": str(OFF)}, limits=[{"what": "uses", "most": str(self.uses)}]
        )
        await self._promotion({"kind": "amount_off", "amount": "1"}, code_pool_id=self.pool)
        for n in range(POINTS // 10):
            await self.ask("POST", f"{self.path}/members/1/accrue", {"amount": "10", "reference": f"begin-{n}"})

    @property
    def path(self) -> str:
        return f"/loyalty/programs/{self.program}"

    async def _promotion(self, reward: dict[str, Any], **more: Any) -> int:
        definition = {"name": reward["kind"], "currency": "EUR", "reward": reward, **more}
        made = await self.ask("POST", f"{self.path}/promotions", {"kind": "discount", "definition": definition})
        await self.ask("POST", f"/loyalty/promotions/{made['id']}/publish", {})
        return int(made["id"])

    async def redeem(self, number: int, step: int, chance: random.Random) -> None:
        """Spend ten points of the one member: at once, or held and then committed, rolled back or cancelled."""
        body: dict[str, Any] = {"amount": "10", "reference": f"spend-{number}-{step}"}
        if held := chance.random() < 0.6:
            body["hold_seconds"] = 900
        reply = await self.ask("POST", f"{self.path}/members/1/redeem", body, 200, 409)
        if reply.status_code == 409:
            assert D(reply.json()["available"]) < 10
            self.said["refused"] += 1
            return
        id_ = reply.json()["transaction"]["id"]
        how = chance.choice(["commit", "rollback", "cancel"]) if held else chance.choice(["", "", "cancel"])
        for verb in (how, how) if how else ():  # the same ending twice gives the first answer
            ended = await self.ask("POST", f"{self.path}/transactions/{id_}/{verb}", {}, 200)
            assert ended.status_code == 200
        self.said["spent" if how in ("", "commit") else "given back"] += 1

    async def buy(self, number: int, chance: random.Random) -> None:
        """Place one of the orders that all clients place, at the price with the offer or without; cancel a third.

        Whoever gets an answer gets the answer of the order, whoever placed it. The price changes while others buy and
        cancel: the budget is used up, and there again.
        """
        name = f"order-{number}"
        code = [self.code] if number % 10 == 0 else []
        draft = {
            "database": self.database, "profile": number % CLIENTS + 1, "lines": [{"sku": "coffee", "quantity": 1}],
            "external_id": name, "promo_codes": code,
        }  # fmt: skip
        prices = [PRICE - OFF - 1, PRICE - 1] if code else [PRICE - OFF, PRICE]
        reply = None
        for price in prices * 5:
            reply = await self.ask("POST", "/market/orders/commit", {**draft, "final": str(price)}, 200, 409, 422)
            if reply.status_code != 409:
                break
        assert reply is not None
        if reply.status_code != 200:
            return
        order = reply.json()["order"]
        if number % 3 == 0:
            await self.ask("PATCH", f"/market/orders/{order}", {"status": "cancelled"})

    async def client(self, number: int, steps: int) -> None:
        """Do some of everything, in an order of one's own."""
        chance = random.Random(number)
        for step in range(steps):
            await asyncio.sleep(chance.uniform(0, 0.05))
            if step % 2:
                await self.redeem(number, step, chance)
            else:
                await self.buy(chance.randrange(self.orders), chance)

    async def storm(self, steps: int) -> None:
        """Let all clients do their steps at once."""
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(self.client(number, steps))

    async def check(self, ask: Query) -> None:
        """Check what the shop says, and what is written below it, to the cent and to the point."""
        for what, query in ALWAYS.items():
            wrong = await ask(query)
            assert not wrong, (what, wrong[:3])
        spent = 10 * self.said["spent"]
        balances = (await self.ask("GET", f"{self.path}/members/1/balance"))["balances"]
        stars = next(one for one in balances if one["points"] == "stars")
        left = D(POINTS - spent)
        assert (D(stars["total"]), D(stars["active"]), D(stars["held"])) == (left, left, D(0))
        lots = await ask("select count(*), sum(remaining), min(remaining) from loyalty_lot")
        assert lots == [(POINTS // 10, POINTS - spent, lots[0][2])]
        assert lots[0][2] >= 0
        rows = await ask("select count(*), count(distinct reference) from loyalty_transaction where type = 'redeem'")
        assert rows == [(self.said["spent"] + self.said["given back"],) * 2]
        orders = await ask("select external_id, status, total from sales_order order by 1")
        assert len({name for name, _, _ in orders}) == len(orders) > self.orders / 2
        live = [total for _, status, total in orders if status != "canceled" and status != "cancelled"]
        uses = sum(total in (PRICE - OFF, PRICE - OFF - 1) for total in live)
        assert (await ask(f"select used from promotion_counter where promotion_id = {self.offer}")) == [(uses,)]
        figures = await ask(f"select sum(uses), sum(money) from promotion_usage where promotion_id = {self.offer}")
        assert figures == [(uses, uses * OFF)]
        assert uses <= self.uses
        coded = sum(total in (PRICE - 1, PRICE - OFF - 1) for total in live)
        assert coded <= 1
        assert (await ask(f"select uses from promo_code where pool_id = {self.pool}")) == [(coded,)]
        deadlocks = await ask("select deadlocks from pg_stat_database where datname = current_database()")
        assert deadlocks == [(0,)]


#: A budget that is overdrawn for a moment is a failure at that moment.
GUARD = "alter table promotion_counter add check (what <> 'uses' or promotion_id <> {offer} or used <= {uses})"
