"""Promotions through the API: versions, publishing, arrangement, groups, arbitration, order segments, triggers."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.loyalty.orders.till import Till, compare

D = Decimal


def definition(percent: str = "10", **more: Any) -> dict[str, Any]:
    return {"name": "Offer", "currency": "EUR", "reward": {"kind": "percent_off", "percent": percent}, **more}


async def make(till: Till, percent: str = "10", kind: str = "discount", status: int = 201, **more: Any) -> Any:
    path = f"/loyalty/programs/{till.program}/promotions"
    return await till.call("POST", path, {"kind": kind, "definition": definition(percent, **more)}, status)


async def test_a_draft_gives_nothing_and_a_version_stays_as_it_is(till: Till) -> None:
    made = await make(till, "10")
    path = f"/loyalty/promotions/{made['id']}"
    assert (made["state"], made["phase"], made["draft"], made["version"]) == ("draft", "draft", 1, None)
    assert (await till.preorder(("coffee", 2)))["discount"] == "0.00"
    assert (await till.call("POST", f"{path}/publish"))["phase"] == "running"
    assert (await till.preorder(("coffee", 2)))["discount"] == "2.50"
    draft = await till.call("PUT", f"{path}/draft", {"definition": definition("50")})
    assert (draft["number"], draft["state"]) == (2, "draft")
    assert (await till.preorder(("coffee", 2)))["discount"] == "2.50"
    at = till.clock.now() + timedelta(days=1)
    waiting = await till.call("POST", f"{path}/publish", {"at": at.isoformat()})
    assert (waiting["version"], waiting["scheduled"]) == (1, 2)
    assert (await till.preorder(("coffee", 2)))["discount"] == "2.50"
    till.clock.set(at)
    assert (await till.preorder(("coffee", 2)))["discount"] == "12.50"
    versions = (await till.call("GET", f"{path}/versions"))["items"]
    assert [(one["number"], one["state"]) for one in versions] == [(2, "published"), (1, "replaced")]
    assert versions[1]["definition"]["reward"]["percent"] == "10"
    await till.call("DELETE", f"{path}/versions/1", status=409)
    log = [one["what"] for one in (await till.call("GET", f"{path}/log"))["items"]]
    assert log == ["published", "draft", "published", "created"]


async def test_pausing_takes_effect_at_once_and_archived_ones_are_gone(till: Till) -> None:
    offer = await till.promotion({"kind": "percent_off", "percent": "10"})
    for verb, discount in (("pause", "0.00"), ("resume", "2.50")):
        await till.call("POST", f"/loyalty/promotions/{offer}/{verb}")
        assert (await till.preorder(("coffee", 2)))["discount"] == discount
    await till.call("DELETE", f"/loyalty/promotions/{offer}")
    assert (await till.preorder(("coffee", 2)))["trace"] == []
    await till.call("POST", f"/loyalty/promotions/{offer}/resume", status=409)


async def test_somebody_elses_change_is_noticed(till: Till) -> None:
    made = await make(till)
    path = f"/loyalty/promotions/{made['id']}/draft"
    await till.call("PUT", path, {"definition": definition("20"), "revision": made["revision"]})
    await till.call("PUT", path, {"definition": definition("30"), "revision": made["revision"]}, 409)


async def test_order_groups_and_exclusive_decide_who_wins(till: Till) -> None:
    base = f"/loyalty/programs/{till.program}"
    group = await till.call("POST", f"{base}/promotion-groups", {"name": "Order discounts"}, 201)
    first = await till.promotion({"kind": "percent_off", "percent": "10"}, group_id=group["id"])
    second = await till.promotion({"kind": "amount_off", "amount": "5"}, group_id=group["id"])
    told = await till.preorder(("coffee", 2))
    assert told["discount"] == "2.50"
    lost = next(one for one in told["trace"] if one["promotion"] == second)
    assert (lost["status"], lost["reason"], lost["blocker"]) == ("skipped", "group", first)
    await till.call("PUT", f"{base}/promotions/order", {"ids": [second, first]})
    assert (await till.preorder(("coffee", 2)))["discount"] == "5.00"
    await till.call("PUT", f"{base}/promotions/order", {"ids": [second]}, 409)
    await till.call("PATCH", f"{base}/arbitration", {"mode": "best"})
    assert (await till.preorder(("coffee", 10)))["discount"] == "12.50"
    await till.call("DELETE", f"{base}/promotion-groups/{group['id']}", status=409)


async def test_every_fault_of_a_promotion_is_told_with_its_place(till: Till) -> None:
    refused = await make(
        till,
        "101",
        status=422,
        condition=compare("order.totla", "gt", 5),
        products=compare("line.price", "eq", "x"),
        limits=[{"what": "uses", "most": "1.5"}],
        group_id=99,
        starts_at="2026-12-01T00:00:00Z",
        ends_at="2026-11-01T00:00:00Z",
    )
    assert {error["pointer"] for error in refused["errors"]} == {
        "/reward/percent",
        "/condition/field",
        "/products/value",
        "/limits/0/most",
        "/group_id",
        "/ends_at",
    }
    history = {"kind": "related", "link": "orders"}
    refused = await make(till, status=422, condition=history)
    assert refused["errors"][0]["pointer"].startswith("/condition")
    refused = await make(till, kind="points", status=422)
    assert refused["errors"][0]["pointer"] == "/reward/kind"


async def test_an_order_segment_is_used_and_shows_the_orders_it_matches(till: Till) -> None:
    large = {"kind": "related", "link": "lines", "where": compare("line.quantity", "gte", 3)}
    body = {"database_id": till.database, "name": "Many of one", "condition": large}
    segment = await till.call("POST", "/loyalty/order-segments", body, 201)
    offer = await till.promotion({"kind": "percent_off", "percent": "10"}, order_segment_id=segment["id"])
    assert (await till.preorder(("coffee", 2)))["discount"] == "0.00"
    assert (await till.preorder(("coffee", 3)))["discount"] == "3.75"
    await till.commit(("coffee", 1))
    placed = await till.commit(("sock", 1), ("coffee", 4))
    ask = {"database_id": till.database, "condition": large}
    found = await till.call("POST", "/loyalty/order-segments/matches", ask)
    assert (found["matching"], found["looked_at"], [one["id"] for one in found["orders"]]) == (1, 2, [placed["order"]])
    path = f"/loyalty/order-segments/{segment['id']}"
    assert (await till.call("GET", path))["used_by"] == ["P" + str(await _number(till, offer))]
    await till.call("DELETE", path, status=409)
    await till.call("PATCH", path, {"condition": compare("order.items", "gte", 2)})
    assert (await till.preorder(("coffee", 3)))["discount"] == "0.00"


async def _number(till: Till, promotion: int) -> str:
    return str((await till.call("GET", f"/loyalty/promotions/{promotion}"))["definition"]["name"]).removeprefix("P")


async def test_a_trigger_promotion_works_once_a_reference_and_within_its_limits(till: Till) -> None:
    offer = await till.promotion(
        {"kind": "points_fixed", "points": "stars", "least": "5", "most": "20"},
        "trigger",
        condition=compare("profile.city", "eq", "Oslo"),
        limits=[{"what": "uses", "most": "2", "per": "member"}],
    )
    path = f"/loyalty/programs/{till.program}/fire"
    body = {"promotion": offer, "profile": 1, "reference": "form-1", "amount": "50"}
    first = await till.call("POST", path, body)
    again = await till.call("POST", path, body)
    assert (first["amount"], first["repeated"], again["repeated"]) == ("20", False, True)
    assert again["transaction"] == first["transaction"]
    await till.call("POST", path, {**body, "amount": "7"}, 409)
    await till.call("POST", path, {**body, "reference": "form-2", "profile": 2}, 409)
    assert (await till.call("POST", path, {**body, "reference": "form-3", "amount": "1"}))["amount"] == "5"
    await till.call("POST", path, {**body, "reference": "form-4"}, 409)
    assert (await till.balance(1))["total"] == "25"


async def test_a_trigger_fired_by_many_at_once_works_once(till: Till) -> None:
    offer = await till.promotion({"kind": "points_fixed", "points": "stars", "amount": "7"}, "trigger")
    body = {"promotion": offer, "profile": 1, "reference": "same"}
    path = f"/api/v1/loyalty/programs/{till.program}/fire"
    replies = await asyncio.gather(*(till.api.post(path, json=body) for _ in range(12)))
    assert [reply.status_code for reply in replies] == [200] * 12
    assert (await till.balance(1))["total"] == "7"


@pytest.mark.parametrize(
    ("reward", "more", "sentence"),
    [
        (
            {"kind": "percent_off", "percent": "10", "cap": "25.00"},
            {"condition": compare("order.total", "gte", "50")},
            "10 % off the order, at most 25.00 EUR; for orders whose total of the lines is at least 50",
        ),
        (
            {"kind": "nth_free", "every": 3},
            {"products": compare("product.category", "under", "food")},
            "Of every 3 items the cheapest is free, on lines whose category is in food",
        ),
        (
            {"kind": "amount_off", "amount": "5"},
            {"limits": [{"what": "uses", "most": "1", "per": "member", "period": "day"}], "exclusive": True},
            "5 EUR off the order; at most once a day per member; nothing after it",
        ),
    ],
)
async def test_a_promotion_is_said_in_a_sentence(
    till: Till, reward: dict[str, Any], more: dict[str, Any], sentence: str
) -> None:
    body = {"kind": "discount", "definition": definition(**more) | {"reward": reward}}
    told = await till.call("POST", f"/loyalty/programs/{till.program}/promotions/sentence", body)
    assert told["sentence"] == sentence


async def test_hours_hold_by_the_clock_of_the_database(till: Till) -> None:
    at = till.clock.now()  # Monday, 12:00 UTC, 13:00 in Oslo
    await till.promotion(
        {"kind": "percent_off", "percent": "10"}, hours={"weekdays": ["monday"], "start": "13:00", "end": "14:00"}
    )
    assert (await till.preorder(("coffee", 2)))["discount"] == "2.50"
    till.clock.set(at + timedelta(hours=1))
    assert (await till.preorder(("coffee", 2)))["discount"] == "0.00"
    till.clock.set(at)
