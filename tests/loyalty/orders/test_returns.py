"""Returns, cancellations and deliveries of placed orders: everything goes back, and nothing goes back twice."""

from __future__ import annotations

from decimal import Decimal

from .till import Till

D = Decimal


async def test_a_full_refund_returns_everything(till: Till) -> None:
    await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "40"})
    await till.commit(("coffee", 1))
    budget = await till.promotion(
        {"kind": "percent_off", "percent": "20"},
        limits=[
            {"what": "uses", "most": "10", "per": "member"},
            {"what": "money", "most": "100", "period": "month"},
        ],
    )
    before = await till.standing()
    placed = await till.commit(("coffee", 3), ("sock", 2), redeem={"stars": "max"}, delivery="4")
    assert placed["calculation"]["points"]["redeem"] == {"stars": "40.00"}
    assert await till.used(budget) == {"uses:1": D(1), "money:0": D("9.10")}
    assert await till.standing() != before
    await till.refund(placed["order"])
    assert await till.standing() == before
    await till.call("PATCH", f"/market/orders/{placed['order']}", {"status": "refunded"})
    assert await till.standing() == before
    how = await till.call("GET", f"/market/orders/{placed['order']}/calculation")
    assert all(one["amount"] == one["returned"] for one in how["returned"])


async def test_refunds_by_line_add_up_to_the_whole(till: Till) -> None:
    await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "30"})
    await till.commit(("coffee", 1))
    back = await till.promotion({"kind": "points_percent", "points": "stars", "percent": "10"})
    before = await till.standing()
    placed = await till.commit(("coffee", 3), ("sock", 5), redeem={"stars": "20"})
    earned = D(placed["calculation"]["points"]["accrue"]["stars"])
    start = D((await till.balance(1))["total"])
    seen = []
    for line, quantity in ((2, 1), (1, 1), (2, 2), (1, 2), (2, 2)):
        await till.refund(placed["order"], [{"line": line, "quantity": quantity}])
        seen.append(D((await till.balance(1))["total"]))
    assert await till.standing() == before
    assert seen[-1] == start - earned + D(20)
    figures = await till.call("GET", f"/loyalty/promotions/{back}")
    assert figures["usage"]["points"] == "0"


async def test_a_cancelled_order_gives_its_limits_back_once(till: Till) -> None:
    offer = await till.promotion({"kind": "amount_off", "amount": "5"}, limits=[{"what": "uses", "most": "1"}])
    placed = await till.commit(("coffee", 2))
    assert placed["calculation"]["final"] == "20.00"
    assert (await till.preorder(("coffee", 2)))["final"] == "25.00"
    for status in ("cancelled", "cancelled"):
        await till.call("PATCH", f"/market/orders/{placed['order']}", {"status": status})
    assert await till.used(offer) == {"uses:0": D(0)}
    assert (await till.preorder(("coffee", 2)))["final"] == "20.00"


async def test_points_wait_for_the_delivery(till: Till) -> None:
    await till.call("PATCH", f"/loyalty/programs/{till.program}/arbitration", {"accrue_on": "delivered"})
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "100"})
    placed = await till.commit(("coffee", 2), ("sock", 1))
    waiting = await till.balance(1)
    assert (waiting["total"], waiting["promised"]) == ("0", "29")
    await till.refund(placed["order"], [{"line": 2}])
    assert (await till.balance(1))["promised"] == "25"
    await till.call("POST", f"/market/orders/{placed['order']}/lines/1/status", {"status": "delivered"})
    done = await till.balance(1)
    assert (done["total"], done["promised"]) == ("25", "0")
    await till.refund(placed["order"], [{"line": 1, "quantity": 1}])
    assert (await till.balance(1))["total"] == "12.5"


async def test_a_cancelled_order_is_never_credited(till: Till) -> None:
    await till.call("PATCH", f"/loyalty/programs/{till.program}/arbitration", {"accrue_on": "paid"})
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "100"})
    placed = await till.commit(("coffee", 2))
    await till.call("PATCH", f"/market/orders/{placed['order']}", {"status": "cancelled"})
    balance = await till.balance(1)
    assert (balance["total"], balance["promised"]) == ("0", "0")


async def test_spent_points_that_are_taken_back_are_owed(till: Till) -> None:
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "100"})
    first = await till.commit(("coffee", 2))
    await till.commit(("mug", 1), redeem={"stars": "20"})
    told = await till.call(
        "POST", f"/market/orders/{first['order']}/refunds/preview", {"lines": None, "delivery": "rest"}
    )
    assert told["notes"] == ["Takes back 25 Stars: balance 18 → -7, the next points repay it"]
    await till.refund(first["order"])
    balance = await till.balance(1)
    assert D(balance["total"]) == D(25) - D(20) + D(13) - D(25)
