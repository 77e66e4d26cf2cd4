"""A promotion that is being written on a basket; what publishing does to saved cases; the other way of late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.conftest import NOW
from tests.loyalty.orders.till import Till, compare


def _order(*lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines], **more}


def _off(percent: str, **more: Any) -> dict[str, Any]:
    return {"name": f"{percent} off", "reward": {"kind": "percent_off", "percent": percent}, **more}


async def _try(till: Till, definition: dict[str, Any], status: int = 200, **more: Any) -> Any:
    body = {**_order(("coffee", 4)), "kind": "discount", "definition": definition, **more}
    return await till.call("POST", f"/loyalty/programs/{till.program}/test/draft", body, status)


async def _case(till: Till, name: str, order: dict[str, Any]) -> int:
    path = f"/loyalty/programs/{till.program}/test-cases"
    return int((await till.call("POST", path, {"name": name, "order": order}, 201))["id"])


async def _check(till: Till, promotion: int, body: dict[str, Any] | None = None, status: int = 200) -> Any:
    return await till.call("POST", f"/loyalty/promotions/{promotion}/check", body or {}, status)


async def test_what_is_written_is_tried_beside_what_is_in_force(till: Till) -> None:
    group = await till.call("POST", f"/loyalty/programs/{till.program}/promotion-groups", {"name": "One"}, 201)
    first = await till.promotion({"kind": "percent_off", "percent": "10"}, name="Ten off", group_id=group["id"])
    second = await till.promotion({"kind": "amount_off", "amount": "2.00"}, name="Two off", group_id=group["id"])
    stars = await till.promotion({"kind": "points_percent", "points": "stars", "percent": "10"})
    before = await till.standing()
    told = await _try(till, _off("20", group_id=group["id"]), promotion=first, participant={})
    assert (told["step"]["promotion"], told["step"]["status"], told["step"]["name"]) == (first, "applied", "20 off")
    assert (told["before"], told["after"]) == (
        {"final": "45.00", "discount": "5.00", "accrue": {"stars": "4.50"}},
        {"final": "40.00", "discount": "10.00", "accrue": {"stars": "4.00"}},
    )
    assert [(one["label"], one["was"], one["now"]) for one in told["differences"]][:2] == [
        ("To pay", "45.00", "40.00"),
        ("Earns stars", "4.50", "4.00"),
    ]
    # one that is not stored stands last, behind its group's others; out of the group it applies
    new = await _try(till, _off("50", group_id=group["id"]))
    assert (new["step"]["status"], new["step"]["reason"]) == ("skipped", "group")
    assert "Ten off" in new["step"]["why"]
    assert (new["before"]["final"], new["after"]["final"], new["differences"]) == ("45.00", "45.00", [])
    alone = await _try(till, _off("50"))
    assert (alone["step"]["status"], alone["after"]["final"]) == ("applied", "22.50")
    picky = await _try(till, _off("50", condition=compare("order.total", "gte", 100)))
    assert (picky["step"]["status"], picky["step"]["why"]) == ("rejected", "The order or the buyer does not fit")
    later = await _try(till, _off("50", starts_at="2031-01-01T00:00:00Z"), promotion=second)
    assert (later["step"]["reason"], later["before"]["final"]) == ("not_started", "45.00")
    assert await till.standing() == before
    order = _order(("coffee", 4))
    assert (await till.call("POST", f"/loyalty/programs/{till.program}/test", order))["result"]["final"] == "45.00"
    assert stars


async def test_what_cannot_be_tried(till: Till) -> None:
    bad = await _try(till, {"name": "x", "reward": {"kind": "percent_off", "percent": "120"}}, 422)
    assert [error["pointer"] for error in bad["errors"]] == ["/definition/reward/percent"]
    bad = await _try(till, _off("5"), 422, kind="trigger")
    assert [error["pointer"] for error in bad["errors"]] == ["/kind"]
    await _try(till, _off("5"), 404, promotion=2_000_000)
    bad = await _try(till, _off("5"), 422, lines=[{"sku": "no such thing", "quantity": 1}])
    assert bad["errors"][0]["pointer"].startswith("/lines/0")


async def test_publishing_names_the_cases_that_change(till: Till) -> None:
    ten = await till.promotion({"kind": "percent_off", "percent": "10"}, name="Ten off")
    four = await _case(till, "Four bags", _order(("coffee", 4)))
    mug = await _case(till, "A mug", _order(("mug", 1)))
    past = await _case(till, "Last week", _order(("coffee", 4), at=f"{NOW - timedelta(days=7):%Y-%m-%dT%H:%M:%SZ}"))
    gone = await _case(till, "Somebody", _order(("coffee", 1), profile=3))
    await _check(till, ten, status=409)  # nothing is to be published
    draft = _off("20", condition=compare("order.total", "gte", 20))
    await till.call("PUT", f"/loyalty/promotions/{ten}/draft", {"definition": draft})
    await till.call("DELETE", f"/databases/{till.database}/profiles/3", status=204)
    before = await till.standing()
    told = await _check(till, ten)
    assert (told["cases"], told["checked"], told["changed"], told["failed"]) == (4, 4, 2, 1)
    found = {one["case"]: one for one in told["items"]}
    assert {id_: (one["state"], one["before"], one["after"]) for id_, one in found.items()} == {
        four: ("changed", "45.00", "40.00"),
        mug: ("changed", "13.50", "15.00"),
        past: ("same", "50.00", "50.00"),  # what was in force then stays in force then
        gone: ("failed", None, None),
    }
    assert [(one["label"], one["now"]) for one in found[mug]["differences"]][:2] == [
        ("To pay", "15.00"),
        ("Ten off", "The order or the buyer does not fit"),
    ]
    assert found[gone]["problem"] == "There is no profile 3"
    # some of them, with another definition than the stored draft
    told = await _check(till, ten, {"cases": [mug], "definition": _off("10")})
    assert (told["cases"], told["checked"], told["changed"]) == (4, 1, 0)
    bad = await _check(till, ten, {"definition": {**_off("10"), "order_segment_id": 9}}, 422)
    assert [error["pointer"] for error in bad["errors"]] == ["/definition/order_segment_id"]
    assert await till.standing() == before
    assert (await till.call("GET", f"/loyalty/promotions/{ten}"))["version"] == 1
    # what was foretold comes true
    await till.call("POST", f"/loyalty/promotions/{ten}/publish")
    body = {"cases": [four, mug, past]}
    runs = (await till.call("POST", f"/loyalty/programs/{till.program}/test-cases/run", body))["items"]
    assert {one["case"]: one["final"] for one in runs} == {four: "40.00", mug: "15.00", past: "50.00"}


async def test_publishing_at_a_moment_to_come(till: Till) -> None:
    ten = await till.promotion({"kind": "percent_off", "percent": "10"})
    moment = NOW + timedelta(days=10)

    def at(days: int) -> str:
        return f"{NOW + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"

    plain = await _case(till, "Now", _order(("coffee", 4)))
    soon = await _case(till, "Before it", _order(("coffee", 4), at=at(5)))
    after = await _case(till, "After it", _order(("coffee", 4), at=at(12)))
    much = await _case(till, "Long after it", _order(("coffee", 4), at=at(30)))
    pinned = await _case(till, "Always the first", _order(("coffee", 4), versions={ten: 1}))
    await till.call("PUT", f"/loyalty/promotions/{ten}/draft", {"definition": _off("30")})
    await till.call("POST", f"/loyalty/promotions/{ten}/publish", {"at": at(20)})
    told = await _check(till, ten, {"at": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "definition": _off("20")})
    assert {one["case"]: (one["before"], one["after"]) for one in told["items"]} == {
        plain: ("45.00", "40.00"),
        soon: ("45.00", "45.00"),
        after: ("45.00", "40.00"),
        much: ("35.00", "35.00"),  # another version is in force by then
        pinned: ("45.00", "45.00"),
    }
    bad = await _check(till, ten, {"at": at(-1), "definition": _off("20")}, 422)
    assert [error["pointer"] for error in bad["errors"]] == ["/at"]
    await till.call("POST", f"/loyalty/promotions/{ten}/pause")
    told = await _check(till, ten, {"definition": _off("20"), "cases": [plain]})
    assert (told["changed"], told["items"][0]["before"]) == (0, "50.00")  # it gives nothing until it is resumed


async def test_a_trigger_promotion_touches_no_basket(till: Till) -> None:
    await _case(till, "Any", _order(("mug", 1)))
    definition = {"name": "Form", "reward": {"kind": "points_fixed", "points": "stars", "amount": "5"}}
    body = {"kind": "trigger", "definition": definition}
    fires = (await till.call("POST", f"/loyalty/programs/{till.program}/promotions", body, 201))["id"]
    told = await _check(till, fires)
    assert (told["cases"], told["checked"], told["items"]) == (1, 0, [])


async def test_what_the_other_way_would_have_given_of_late(till: Till) -> None:
    group = await till.call("POST", f"/loyalty/programs/{till.program}/promotion-groups", {"name": "One"}, 201)
    await till.promotion({"kind": "amount_off", "amount": "2.00"}, group_id=group["id"])
    await till.promotion({"kind": "percent_off", "percent": "30"}, group_id=group["id"])
    path = f"/loyalty/programs/{till.program}/test/other-way"
    none = await till.call("GET", path)
    assert none == {"mode": "priority", "other": "best", "days": 30, "orders": 0, "sums": [], "examples": []}
    large = await till.commit(("coffee", 4), profile=1, external_id="large")
    small = await till.commit(("sock", 1), profile=2, external_id="small")
    before = await till.standing()
    told = await till.call("GET", path)
    assert told["sums"] == [{"currency": "EUR", "orders": 2, "more": 1, "less": 0, "by": "13.00"}]
    assert [(one["order"], one["more"]) for one in told["examples"]] == [(large["order"], "13.00")]
    await till.call("PATCH", f"/loyalty/programs/{till.program}/arbitration", {"mode": "best"})
    told = await till.call("GET", path)
    assert (told["other"], told["sums"][0]["less"], told["sums"][0]["by"]) == ("priority", 1, "-13.00")
    assert await till.standing() == before
    till.clock.advance(timedelta(days=31))
    assert (await till.call("GET", path))["orders"] == 0
    assert small
