"""Drawn stories of a shop, after each step of which everything that must hold of orders is checked.

Invariants 3, 4, 5 and 7 of the specification (see ``docs/decisions/0020-ledger.md``): the same id gives the first
answer and another order under it is a conflict; a preorder writes nothing and its totals are those of the order; lines
and delivery sum up to the cent, above their floors; a full return leaves members, limits and codes as they were.
"""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ..ledger.shop import ALWAYS
from ..orders.till import Till, compare

D = Decimal
FLOOR = {"mug": D(10)}
BUYERS = (1, 2, 3)
SHORT = range(2)
MANY = range(100, 140)


async def _promotions(till: Till, chance: random.Random) -> list[str]:
    """Publish some promotions of every kind; return the promo codes there are."""
    pool = {
        "database_id": till.database,
        "name": "P",
        "short_name": f"p{till.database}",
        "kind": "personal",
        "way": "file",
    }
    made = await till.call("POST", "/promo-codes/pools", pool, 201)
    codes = [f"S{till.database}X{n}" for n in range(3)]
    items = [{"code": code} for code in codes]
    await till.call("POST", f"/promo-codes/pools/{made['id']}/codes/import", {"items": items})
    often = [{"what": "uses", "most": "3", "per": "member"}, {"what": "money", "most": "60", "period": "month"}]
    food = compare("product.category", "under", "food")
    points = [{"what": "points", "most": "90"}]
    every: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"kind": "percent_off", "percent": "20", "scope": "lines"}, {"products": food, "limits": often}),
        ({"kind": "amount_off", "amount": "7"}, {"limits": [{"what": "uses", "most": "4"}]}),
        ({"kind": "percent_off", "percent": "33"}, {}),
        ({"kind": "amount_off", "amount": "2"}, {"code_pool_id": made["id"]}),
        ({"kind": "free_delivery"}, {"condition": compare("profile.city", "eq", "Oslo")}),
        (
            {"kind": "points_percent", "points": "stars", "percent": "37"},
            {"limits": points},
        ),
        ({"kind": "points_per_money", "points": "miles", "amount": "1", "per": "3"}, {}),
    ]
    for reward, more in chance.sample(every, chance.randint(4, len(every))):
        await till.promotion(reward, **more)
    mode = {"mode": chance.choice(["priority", "best"])}
    await till.call("PATCH", f"/loyalty/programs/{till.program}/arbitration", mode)
    return codes


async def _standing(till: Till) -> list[Any]:
    """What the till says, without accounts that were opened and are empty again."""
    accounts, *rest = await till.standing()
    return [[row for row in accounts if row[2] or row[3]], *rest]


def _basket(chance: random.Random, codes: list[str]) -> tuple[list[tuple[str, int]], dict[str, Any]]:
    lines = [(chance.choice(["coffee", "mug", "sock"]), chance.randint(1, 3)) for _ in range(chance.randint(1, 4))]
    more: dict[str, Any] = {"profile": chance.choice(BUYERS)}
    if chance.random() < 0.5:
        more["delivery"] = "4.90"
    if chance.random() < 0.6:
        more["redeem"] = {"stars": chance.choice(["max", "1", "7.5"])}
    if chance.random() < 0.5:
        more["promo_codes"] = [chance.choice(codes)]
    return lines, more


def _sums_up(told: dict[str, Any]) -> None:
    """Invariant 5, to the cent."""
    final, lines = D(told["final"]), told["lines"]
    assert final == D(told["total"]) - D(told["discount"]) - D(told["redeemed"])
    assert final == sum(D(line["final"]) for line in lines) + D(told["delivery"])
    carried = D(told["discount"]) - sum(D(line["discount"]) for line in lines)  # what was taken off the delivery
    assert D(told["delivery"]) + carried in (D(0), D("4.90"))
    for line in lines:
        assert D(line["final"]) == D(line["base"]) - D(line["discount"]) - D(line["redeemed"])
        assert D(line["final"]) >= FLOOR.get(line["sku"], D(0)) * D(line["quantity"])
        assert D(line["discount"]) == sum(D(one["amount"]) for one in line["applied"])
        assert D(line["final"]).as_tuple().exponent == -2


async def _buy(till: Till, chance: random.Random, name: str, codes: list[str]) -> tuple[int, dict[str, Any]] | None:
    """Work a basket out, place it and place it again; return the order, unless a code is used up."""
    lines, more = _basket(chance, codes)
    before = await _standing(till)
    told = await till.preorder(*lines, **more)
    assert await _standing(till) == before, "invariant 4: a preorder writes nothing"
    _sums_up(told)
    body = till.draft(*lines, **more, external_id=name, final=told["final"])
    reply = await till.api.post("/api/v1/market/orders/commit", json=body)
    if reply.status_code != 200:
        assert any(code["status"] == "refused" for code in told["promo_codes"]), reply.text
        assert await _standing(till) == before
        return None
    placed, after = reply.json(), await _standing(till)
    for part in ("lines", "total", "discount", "redeemed", "delivery", "final", "points"):
        assert placed["calculation"][part] == told[part], f"invariant 4: {part}"
    again = await till.call("POST", "/market/orders/commit", body)
    assert again == {**placed, "repeated": True}, "invariant 3: the same answer"
    await till.call("POST", "/market/orders/commit", {**body, "lines": [*body["lines"], body["lines"][0]]}, 409)
    assert await _standing(till) == after, "invariant 3: a conflict writes nothing"
    return placed["order"], told


async def _give_back(till: Till, chance: random.Random, order: int, told: dict[str, Any]) -> None:
    """Return everything: as a whole, in parts, or by cancelling; perhaps all of it twice."""
    way = chance.choice(["whole", "parts", "cancelled"])
    if way == "parts":
        parts = [(n, 1) for n, line in enumerate(told["lines"], 1) for _ in range(int(D(line["quantity"])))]
        chance.shuffle(parts)
        for n, quantity in parts:
            await till.refund(order, [{"line": n, "quantity": quantity}])
    if way == "cancelled":
        await till.call("PATCH", f"/market/orders/{order}", {"status": "cancelled"})
    else:
        await till.call("PATCH", f"/market/orders/{order}", {"status": "refunded"})


async def _story(till: Till, seed: int, steps: int) -> None:
    chance = random.Random(seed)
    codes = await _promotions(till, chance)
    for n, buyer in enumerate(BUYERS):  # their accounts are there from now on
        await till.commit(("sock", 1), profile=buyer, external_id=f"first-{n}")
        await till.call("POST", f"/loyalty/programs/{till.program}/members/{buyer}/accrue",
                        {"points": "stars", "amount": "40"})  # fmt: skip
    kept: list[int] = []
    for step in range(steps):
        before = await _standing(till)
        bought = await _buy(till, chance, f"order-{step}", codes)
        if bought is not None and chance.random() < 0.6:
            if chance.random() < 0.5:
                till.clock.advance(timedelta(minutes=chance.randint(1, 90)))
            await _give_back(till, chance, *bought)
            assert await _standing(till) == before, f"invariant 7, seed {seed}, step {step}"
        elif bought is not None:
            kept.append(bought[0])
    assert kept or steps < 6
    async with till.engines.tx() as tx:
        raw = await tx.raw()
        for what, query in ALWAYS.items():
            wrong = await (await raw.execute(query.encode())).fetchall()
            assert not wrong, (what, wrong[:3])


@pytest.mark.parametrize("seed", SHORT)
async def test_orders_are_sound_the_same_twice_and_undone_without_a_trace(till: Till, seed: int) -> None:
    await _story(till, seed, 4)


@pytest.mark.prove
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", MANY)
async def test_many_orders_are_sound_the_same_twice_and_undone_without_a_trace(till: Till, seed: int) -> None:
    await _story(till, seed, 20)
