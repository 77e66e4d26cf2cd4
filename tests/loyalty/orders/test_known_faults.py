"""Faults that other engines had, by their names: none of them may come back here."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from .till import Till

D = Decimal


async def test_odoo_249775_two_orders_do_not_spend_the_same_points(till: Till) -> None:
    await till.promotion(
        {"kind": "points_fixed", "points": "stars", "amount": "100"}, limits=[{"what": "uses", "most": "1"}]
    )
    await till.commit(("coffee", 1))
    bodies = [
        till.draft(("coffee", 2), external_id=f"twice{n}", final="15.00", redeem={"stars": "100"}) for n in (1, 2)
    ]
    replies = await asyncio.gather(*(till.api.post("/api/v1/market/orders/commit", json=body) for body in bodies))
    assert sorted(reply.status_code for reply in replies) == [200, 409]
    assert (await till.balance(1))["total"] == "0"


async def test_odoo_222372_a_repeated_confirmation_does_not_double_points(till: Till) -> None:
    await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "10"})
    for _ in range(3):  # also a till that was offline and sends everything again (OCA/pos 185)
        await till.commit(("coffee", 1), external_id="again", final="12.50")
    assert (await till.balance(1))["total"] == "10"


async def test_odoo_257854_buying_and_returning_gives_no_points(till: Till) -> None:
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "100"})
    for _ in range(3):
        placed = await till.commit(("coffee", 1))
        await till.refund(placed["order"])
    assert (await till.balance(1))["total"] == "0"


async def test_odoo_150833_a_discount_earns_no_points(till: Till) -> None:
    await till.promotion({"kind": "amount_off", "amount": "5"})
    await till.promotion({"kind": "free_delivery"})
    await till.promotion({"kind": "points_per_item", "points": "stars", "amount": "1"})
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "100"})
    told = await till.preorder(("coffee", 2), delivery="4")
    assert told["points"]["accrue"] == {"stars": str(D("2.00") + D("20.00"))}


async def test_odoo_239662_every_one_of_many_promotions_counts(till: Till) -> None:
    made = [await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "1"}) for _ in range(9)]
    told = await asyncio.gather(*(till.preorder(("coffee", 1)) for _ in range(4)))
    assert all(one["points"]["accrue"] == {"stars": "9.00"} for one in told)
    assert all([entry["promotion"] for entry in one["trace"]] == made for one in told)
