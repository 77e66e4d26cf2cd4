"""Orders worked out beforehand and placed: prices, points, idempotency, nothing written before."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from .till import Till, compare

D = Decimal


async def test_an_order_is_worked_out_with_reasons(till: Till) -> None:
    coffee = await till.promotion(
        {"kind": "percent_off", "percent": "20", "scope": "lines"},
        products=compare("product.category", "under", "food"),
    )
    gold = await till.promotion(
        {"kind": "percent_off", "percent": "10"},
        condition=compare(f"loyalty.{await _key(till)}.levels.status", "eq", "gold"),
    )
    back = await till.promotion({"kind": "points_percent", "points": "stars", "percent": "50"})
    told = await till.preorder(("coffee", 2), ("mug", 1), delivery="4.90")
    assert (told["total"], told["discount"], told["delivery"], told["final"]) == ("44.90", "5.00", "4.90", "39.90")
    assert [line["final"] for line in told["lines"]] == ["20.00", "15.00"]
    assert told["lines"][0]["applied"][0]["promotion"] == coffee
    assert told["points"]["accrue"] == {"stars": "17.50"}
    by_id = {entry["promotion"]: entry for entry in told["trace"]}
    assert (by_id[coffee]["status"], by_id[coffee]["before"], by_id[coffee]["after"]) == ("applied", "44.90", "39.90")
    assert (by_id[gold]["status"], by_id[gold]["reason"]) == ("rejected", "condition")
    assert by_id[back]["status"] == "applied"
    assert told["joins"]


async def _key(till: Till) -> str:
    return str((await till.call("GET", f"/loyalty/programs/{till.program}"))["external_id"])


async def test_nothing_is_written_by_working_out(till: Till) -> None:
    await till.promotion({"kind": "percent_off", "percent": "20"}, limits=[{"what": "uses", "most": "5"}])
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "5"})

    async def rows() -> list[Any]:
        async with till.engines.tx() as tx:
            names = await tx.all(sa.text("select tablename from pg_tables where schemaname = 'public' order by 1"))
            return [
                (
                    name,
                    await tx.scalar(
                        sa.text(f"select md5(coalesce(string_agg(t::text, chr(10)), '')) from \"{name}\" t")
                    ),
                )
                for (name,) in names
                if name not in ("api_token", "token")
            ]

    before = await rows()
    told = await till.preorder(("coffee", 3), redeem={"stars": "max"})
    assert told["discount"] == "7.50"
    changed = [old[0] for old, new in zip(before, await rows(), strict=True) if old != new]
    assert changed == []


async def test_an_order_is_placed_once(till: Till) -> None:
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "10"})
    first = await till.commit(("coffee", 2), external_id="once", final="25.00")
    again = await till.commit(("coffee", 2), external_id="once", final="25.00")
    assert (first["repeated"], again["repeated"], again["order"]) == (False, True, first["order"])
    assert (await till.balance(1))["total"] == "2.5"
    await till.commit(("coffee", 3), external_id="once", final="37.50", status=409)
    order = await till.call("GET", f"/market/orders/{first['order']}")
    assert (order["total"], order["profile_id"]) == ("25.00", 1)


async def test_the_webhooks_of_a_shop_come_again_and_give_points_once(till: Till) -> None:
    await till.promotion({"kind": "points_percent", "points": "stars", "percent": "10"})
    for quiet in (True, False):
        about: dict[str, Any] = {"external_id": f"hook{quiet}", "final": "25.00", "skip_triggers": quiet}
        placed = [await till.commit(("coffee", 2), **about) for _ in range(2)]
        order = placed[0]["order"]
        assert [one["repeated"] for one in placed] == [False, True]
        found = await till.call("GET", f"/market/orders/status?database={till.database}&external_id=hook{quiet}")
        assert (found["id"], found["status"]) == (order, "created")
        for status in ("paid", "paid", "delivered", "delivered"):
            await till.call("PATCH", f"/market/orders/{order}", {"status": status})
        back = {"lines": [{"line": 1, "quantity": 1}], "reference": "return-1"}
        for _ in range(2):
            await till.call("POST", f"/market/orders/{order}/refunds", back, 201)
        async with till.engines.tx() as tx:
            told = await tx.scalar(
                sa.text("select count(*) from event_inbox where payload like :what"),
                {"what": f"%order.created:hook{quiet}%"},
            )
        assert bool(told) is not quiet
    # 2.5 stars an order, half of each is taken back
    assert (await till.balance(1))["total"] == "2.5"


async def test_sixteen_tills_place_one_order(till: Till) -> None:
    await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "7"})
    body = till.draft(("coffee", 2), external_id="race", final="25.00")
    replies = await asyncio.gather(*(till.api.post("/api/v1/market/orders/commit", json=body) for _ in range(16)))
    assert [reply.status_code for reply in replies] == [200] * 16
    assert sum(not reply.json()["repeated"] for reply in replies) == 1
    assert (await till.balance(1))["total"] == "7"


async def test_another_price_is_refused_and_told(till: Till) -> None:
    await till.promotion({"kind": "percent_off", "percent": "20"})
    refused = await till.commit(("coffee", 2), external_id="late", final="25.00", status=409)
    assert (refused["agreed"], refused["final"], refused["difference"]) == ("25.00", "20.00", "-5.00")
    assert refused["errors"][0]["pointer"] == "/final"
    assert (await till.commit(("coffee", 2), external_id="late", final="20.00"))["repeated"] is False


async def test_points_pay_and_lines_keep_their_floor(till: Till) -> None:
    await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "100"})
    await till.commit(("coffee", 1))
    told = await till.preorder(("mug", 1), redeem={"stars": "max"})
    assert (told["points"]["redeem"], told["redeemed"], told["final"]) == ({"stars": "50.00"}, "5.00", "10.00")
    placed = await till.commit(("mug", 1), redeem={"stars": "max"})
    assert placed["calculation"]["final"] == "10.00"
    assert (await till.balance(1))["active"] == "150"
    how = await till.call("GET", f"/market/orders/{placed['order']}/calculation")
    assert how["calculation"] == placed["calculation"]


async def test_levels_follow_the_points_of_an_order(till: Till) -> None:
    gold = compare(f"loyalty.{await _key(till)}.levels.status", "eq", "gold")
    await till.promotion({"kind": "points_per_money", "points": "miles", "amount": "1", "per": "1"})
    await till.promotion({"kind": "percent_off", "percent": "10"}, condition=gold)
    assert (await till.commit(("mug", 7)))["calculation"]["discount"] == "0.00"
    assert (await till.preorder(("mug", 1)))["discount"] == "1.50"
    assert (await till.preorder(("mug", 1), profile=2))["discount"] == "0.00"


async def test_the_first_order_and_whose_it_is(till: Till) -> None:
    await till.promotion({"kind": "amount_off", "amount": "3"}, condition=compare("order.number", "eq", 1))
    await till.promotion({"kind": "free_delivery"}, condition=compare("profile.city", "eq", "Bergen"))
    assert (await till.preorder(("coffee", 1), delivery="5"))["final"] == "14.50"
    await till.commit(("coffee", 1))
    assert (await till.preorder(("coffee", 1), delivery="5"))["final"] == "17.50"
    assert (await till.preorder(("coffee", 1), delivery="5", profile=2))["final"] == "9.50"
    assert (await till.preorder(("coffee", 1), delivery="5", profile=None))["final"] == "17.50"


async def test_what_is_wrong_with_an_order_is_told_at_its_place(till: Till) -> None:
    for body, pointer in (
        (till.draft(("tea", 1)), "/lines/0/price"),
        (till.draft({"quantity": 1}), "/lines/0/sku"),
        (till.draft(("coffee", 0)), "/lines/0/quantity"),
        (till.draft(("coffee", 1), profile=999), "/profile"),
        (till.draft(("coffee", 1), redeem={"moons": "max"}), "/redeem/moons"),
        (till.draft(("coffee", 1), redeem={"miles": "max"}), "/redeem/miles"),
        (till.draft(("coffee", 1), delivery="-1"), "/delivery"),
        (till.draft({"sku": "coffee", "price": "1.23456"}), "/lines/0/price"),
    ):
        refused = await till.call("POST", "/market/orders/preorder", body, 422)
        assert [error["pointer"] for error in refused["errors"]] == [pointer]
