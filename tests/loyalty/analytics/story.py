"""A summer of a small club, told through the API: who buys what, pays with points, brings something back, moves up."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.loyalty.orders.till import Till, compare

D = Decimal
OSLO = ZoneInfo("Europe/Oslo")
#: One coin is worth so much.
WORTH = D("0.05")


class Story:
    """The club and what the tests know of it."""

    def __init__(self, till: Till) -> None:
        self.till = till
        self.base = f"/loyalty/programs/{till.program}"
        self.placed: dict[str, Any] = {}

    def go(self, day: str) -> None:
        """Move the clock to noon of a day in 2026, UTC."""
        self.till.clock.set(datetime.fromisoformat(f"2026-{day}T12:00:00+00:00"))

    async def report(self, name: str, query: str = "", status: int = 200) -> Any:
        return await self.till.call("GET", f"{self.base}/analytics/{name}?{query}", status=status)

    async def transactions(self) -> list[dict[str, Any]]:
        """Return every transaction as the API lists them, the oldest first."""
        found: list[dict[str, Any]] = []
        more = ""
        while True:
            page = await self.till.call("GET", f"{self.base}/transactions?limit=200{more}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found[::-1]
            more = f"&cursor={page['next_cursor']}"

    async def open(self) -> None:
        """Set up coins (they lapse after two months), a discount by code, and a partner who pays 40 % of its points."""
        till = self.till
        coins = {"name": "Coins", "key": "coins", "ratio": str(WORTH), "ratio_currency": "EUR"}
        expiry = {"kind": "after", "period": "P2M"}
        await till.call("POST", f"{self.base}/points", {**coins, "expiry": expiry}, 201)
        self.back = await till.promotion({"kind": "points_percent", "points": "coins", "percent": "100"}, name="Back")
        self.miles = await till.promotion({"kind": "points_percent", "points": "miles", "percent": "100"}, name="Miles")
        pool = {"database_id": till.database, "name": "Summer", "short_name": "summer", "kind": "universal"}
        made = await till.call("POST", "/promo-codes/pools", {**pool, "way": "file", "max_uses_per_person": None}, 201)
        self.pool = made["id"]
        await till.call("POST", f"/promo-codes/pools/{self.pool}/codes/import", {"items": [{"code": "SAVE5"}]})
        five = {"kind": "amount_off", "amount": "5", "scope": "order"}
        self.five = await till.promotion(five, name="Five off", code_pool_id=self.pool)
        partner = {"name": "Warm", "external_id": "warm", "multiplier": "2", "share": "40", "currency": "EUR"}
        rule = compare("product.brand", "eq", "Warm")
        self.partner = (await till.call("POST", f"{self.base}/partners", {**partner, "products": rule}, 201))["id"]

    async def buy(self, name: str, profile: int, *lines: tuple[str, float], **more: Any) -> None:
        self.placed[name] = await self.till.commit(*lines, profile=profile, external_id=name, **more)

    async def live(self) -> None:
        """Live through June, July and August until the 20th; nobody writes down what lapses."""
        till, base = self.till, self.base
        await self.open()
        self.go("06-05")
        await self.buy("a", 1, ("coffee", 2), channel="web")  # 25 coins, until 5 August
        await self.buy("b", 5, ("sock", 1))  # 4.00: 8 coins at twice the rate
        self.go("06-10")
        await self.buy("c", 2, ("sock", 10), ("coffee", 2), channel="shop")  # 65.00: 80 + 25 coins, 105 miles: Gold
        self.go("06-15")
        await till.call("DELETE", f"{base}/members/5", status=204)
        self.go("06-20")
        await self.buy("d", 5, ("coffee", 4))  # no member any more
        self.go("07-03")
        await self.buy("e", 1, ("mug", 1), channel="web", redeem={"coins": "10"})  # 14.50 paid: 14.5 coins
        self.go("07-15")
        await till.refund(self.placed["c"]["order"], [{"line": 1, "quantity": 5}])  # 40 coins go back
        self.go("07-31")
        await self.buy("f", 3, ("coffee", 2), promo_codes=["SAVE5"], channel="web")  # 20.00
        self.go("08-06")
        await self.buy("g", 2, ("sock", 2), redeem={"coins": "20"})  # 8.00 − 1.00 = 7.00: 14 coins
        self.go("08-14")
        adjust = {"points": "coins", "change": "7.5", "reason": "Sorry"}
        await till.call("POST", f"{base}/members/3/adjust", adjust)
        self.go("08-20")
        hold = {"points": "coins", "amount": "6", "hold_seconds": 900}
        await till.call("POST", f"{base}/members/3/redeem", hold)
