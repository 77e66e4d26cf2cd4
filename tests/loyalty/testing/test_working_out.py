"""The test page: what would come of a basket, for whom, when, by which mode; nothing is written."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tests.loyalty.orders.till import Till, compare


async def _try(till: Till, *lines: Any, status: int = 200, **more: Any) -> Any:
    body = {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines], **more}
    return await till.call("POST", f"/loyalty/programs/{till.program}/test", body, status)


async def _key(till: Till) -> str:
    return str((await till.call("GET", f"/loyalty/programs/{till.program}"))["external_id"])


def _reasons(told: Any) -> dict[int, str]:
    return {entry["promotion"]: entry["reason"] or entry["status"] for entry in told["result"]["trace"]}


async def test_an_existing_member_gets_what_a_preorder_gives(till: Till) -> None:
    await till.promotion({"kind": "percent_off", "percent": "20"}, condition=compare("profile.city", "eq", "Oslo"))
    for profile in (1, 2):
        told = await _try(till, ("coffee", 2), profile=profile, redeem={"stars": "max"})
        assert told["result"] == await till.preorder(("coffee", 2), profile=profile, redeem={"stars": "max"})
    found = await _try(till, ("coffee", 2), match={"email": "c2@example.com"})
    assert found["result"]["profile"] == 2
    await _try(till, ("coffee", 1), profile=99_999, status=422)


async def test_somebody_made_up(till: Till) -> None:
    key = await _key(till)
    gold = await till.promotion(
        {"kind": "percent_off", "percent": "10"}, condition=compare(f"loyalty.{key}.levels.status", "eq", "gold")
    )
    rich = await till.promotion(
        {"kind": "amount_off", "amount": "1.00"}, condition=compare(f"loyalty.{key}.points.stars.active", "gte", 50)
    )
    north = await till.promotion(
        {"kind": "amount_off", "amount": "2.00"}, condition=compare("profile.city", "eq", "Tromsø")
    )
    first = await till.promotion({"kind": "amount_off", "amount": "0.50"}, condition=compare("order.number", "eq", 1))
    who = {"levels": {"status": "gold"}, "points": {"stars": "60"}, "fields": {"city": "Tromsø"}, "orders": 4}
    told = await _try(till, ("coffee", 2), participant=who, redeem={"stars": "max"})
    assert _reasons(told) == {gold: "applied", rich: "applied", north: "applied", first: "condition"}
    assert told["result"]["points"]["redeem"] == {"stars": "60.00"}
    assert (told["result"]["final"], told["result"]["member"]) == ("13.50", True)  # 25.00 − 2.50 − 1.00 − 2.00 − 6.00
    plain = await _try(till, ("coffee", 2), participant={"member": False})
    assert (plain["result"]["final"], plain["result"]["points"]["accrue"]) == ("24.50", {})
    assert _reasons(plain)[first] == "applied"
    for bad in ({"levels": {"status": "no"}}, {"points": {"no": "1"}}, {"points": {"stars": "-1"}}):
        await _try(till, ("coffee", 2), participant=bad, status=422)
    await _try(till, ("coffee", 2), participant={}, profile=1, status=422)


async def test_what_if_it_were_another_day(till: Till) -> None:
    later = await till.promotion(
        {"kind": "percent_off", "percent": "50"}, starts_at="2031-01-01T00:00:00Z", ends_at="2031-02-01T00:00:00Z"
    )
    seen = [
        _reasons(await _try(till, ("coffee", 1), at=at))[later]
        for at in ("2030-12-31T23:00:00Z", "2031-01-15T12:00:00Z", "2031-02-01T00:00:00Z")
    ]
    assert seen == ["not_started", "applied", "ended"]
    assert _reasons(await _try(till, ("coffee", 1)))[later] in ("not_started", "ended")


async def test_the_other_mode_is_told(till: Till) -> None:
    group = await till.call("POST", f"/loyalty/programs/{till.program}/promotion-groups", {"name": "One"}, 201)
    small = await till.promotion({"kind": "percent_off", "percent": "5"}, group_id=group["id"])
    large = await till.promotion({"kind": "percent_off", "percent": "30"}, group_id=group["id"])
    told = await _try(till, ("coffee", 4))
    assert (told["mode"], told["result"]["final"], told["result"]["search"]) == ("priority", "47.50", None)
    other = {"mode": "best", "final": "35.00", "accrue": {}, "applied": [large], "differs": True}
    assert told["other"] == other | {"more": "12.50", "points": {}}
    best = await _try(till, ("coffee", 4), mode="best")
    assert (best["result"]["final"], best["other"]["applied"]) == ("35.00", [small])
    assert (best["other"]["more"], best["result"]["search"]["cut"]) == ("-12.50", False)


async def test_points_count_in_what_the_other_mode_gives_more(till: Till) -> None:
    group = await till.call("POST", f"/loyalty/programs/{till.program}/promotion-groups", {"name": "One"}, 201)
    off = await till.promotion({"kind": "amount_off", "amount": "1.00"}, group_id=group["id"])
    stars = {"kind": "points_fixed", "points": "stars", "amount": "25"}
    given = await till.promotion(stars, group_id=group["id"])
    other = (await _try(till, ("mug", 2), participant={}))["other"]
    # 25 stars of 0.10 EUR in place of 1.00 EUR
    assert (other["applied"], other["final"], other["more"]) == ([given], "30.00", "1.50")
    assert (other["points"], other["differs"]) == ({"stars": "25"}, True)
    best = (await _try(till, ("mug", 2), participant={}, mode="best"))["other"]
    assert (best["applied"], best["more"], best["points"]) == ([off], "-1.50", {"stars": "-25"})


async def test_nothing_is_written(till: Till) -> None:
    await till.promotion({"kind": "percent_off", "percent": "20"}, limits=[{"what": "uses", "most": "1"}])
    before = await till.standing()
    async with till.engines.tx() as tx:
        rows = await tx.scalar(sa.text("select count(*) from loyalty_member"))
    for _ in range(3):
        assert (await _try(till, ("coffee", 1), profile=1))["result"]["discount"] == "2.50"
        await _try(till, ("coffee", 1), participant={"points": {"stars": "5"}}, redeem={"stars": "max"})
    assert await till.standing() == before
    async with till.engines.tx() as tx:
        assert await tx.scalar(sa.text("select count(*) from loyalty_member")) == rows
