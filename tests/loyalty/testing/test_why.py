"""What each rule of a promotion saw, drafts tried as if they were published, and what somebody made up needs."""

from __future__ import annotations

from typing import Any

from fidelia import segments
from fidelia.access import Actor
from tests.loyalty.orders.till import Till, compare


def _order(*lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines], **more}


def _base(till: Till) -> str:
    return f"/loyalty/programs/{till.program}/test"


async def _why(till: Till, promotion: int, *lines: tuple[str, int], status: int = 200, **more: Any) -> Any:
    return await till.call("POST", f"{_base(till)}/why", {**_order(*lines, **more), "promotion": promotion}, status)


def _seen(rules: list[dict[str, Any]]) -> dict[str, tuple[bool, Any]]:
    return {rule["path"]: (rule["holds"], rule["seen"]) for rule in rules}


async def _segment(till: Till, name: str, people: list[int]) -> int:
    async with till.engines.tx() as tx:
        wanted = segments.Definition(database_id=till.database, name=name, type="static")
        made = await segments.create_segment(tx, Actor.system(), wanted)
        await segments.add_members(tx, Actor.system(), made.id, people)
    return made.id


async def test_every_rule_tells_what_it_saw(till: Till) -> None:
    key = (await till.call("GET", f"/loyalty/programs/{till.program}"))["external_id"]
    tree = {
        "kind": "all",
        "of": [
            compare("order.total", "gte", 30),
            {
                "kind": "any",
                "of": [
                    compare("profile.city", "eq", "Oslo"),
                    compare(f"loyalty.{key}.points.stars.active", "gte", 50),
                ],
            },
        ],
    }
    promotion = await till.promotion(
        {"kind": "percent_off", "percent": "20"},
        condition=tree,
        products=compare("product.brand", "eq", "Warm"),
    )
    who = {"fields": {"city": "Bergen"}, "points": {"stars": "60"}}
    told = await _why(till, promotion, ("coffee", 2), ("sock", 1), participant=who)
    assert told["condition"] == tree
    assert told["holds"] is False
    assert _seen(told["rules"]) == {
        "": (False, None),
        "/of/0": (False, "29.00"),
        "/of/1": (True, None),
        "/of/1/of/0": (False, "Bergen"),
        "/of/1/of/1": (True, "60"),
    }
    assert [(line["sku"], line["holds"], _seen(line["rules"])) for line in told["lines"]] == [
        ("coffee", False, {"": (False, None)}),
        ("sock", True, {"": (True, "Warm")}),
    ]
    held = await _why(till, promotion, ("coffee", 4), participant=who)
    assert (held["holds"], _seen(held["rules"])["/of/0"]) == (True, (True, "50.00"))
    assert not any(line["holds"] for line in held["lines"])
    real = await _why(till, promotion, ("coffee", 4), profile=1)
    assert _seen(real["rules"])["/of/1/of/0"] == (True, "Oslo")
    await _why(till, 2_000_000, ("coffee", 1), status=404)


async def test_a_promotion_for_everything_has_nothing_to_explain(till: Till) -> None:
    promotion = await till.promotion({"kind": "percent_off", "percent": "20"})
    told = await _why(till, promotion, ("coffee", 1))
    assert (told["condition"], told["products"], told["holds"], told["rules"], told["lines"]) == (
        None,
        None,
        True,
        [],
        [],
    )


async def test_hours_and_order_segments_are_explained_with_the_rest(till: Till) -> None:
    body = {"database_id": till.database, "name": "Big", "condition": compare("order.items", "gte", 2)}
    large = await till.call("POST", "/loyalty/order-segments", body, 201)
    promotion = await till.promotion(
        {"kind": "percent_off", "percent": "5"},
        hours={"weekdays": ["monday"]},
        order_segment_id=large["id"],
    )
    told = await _why(till, promotion, ("coffee", 1), at="2026-11-17T12:00:00Z")  # a Tuesday
    assert [rule["seen"] for rule in told["rules"]] == [None, "tuesday", 1]
    assert [rule["holds"] for rule in told["rules"]] == [False, False, False]


async def test_segments_of_somebody_made_up(till: Till) -> None:
    vip = await _segment(till, "Dear ones", [1])
    other = await _segment(till, "Others", [2])
    promotion = await till.promotion(
        {"kind": "percent_off", "percent": "10"},
        condition={
            "kind": "all",
            "of": [{"kind": "member", "of": {"segment": vip}}, compare("profile.city", "eq", "Oslo")],
        },
    )
    assert await till.call("POST", f"{_base(till)}/facts") == {
        "fields": [{"name": "city", "label": "City", "type": "string", "options": []}],
        "segments": [{"id": vip, "name": "Dear ones"}],
        "number": False,
    }
    fields = {"city": "Oslo"}
    inside = await _why(till, promotion, ("coffee", 1), participant={"segments": [vip, other], "fields": fields})
    outside = await _why(till, promotion, ("coffee", 1), participant={"segments": [other], "fields": fields})
    assert (inside["holds"], _seen(outside["rules"])["/of/0"][0], outside["holds"]) == (True, False, False)
    told = await till.call(
        "POST", _base(till), _order(("coffee", 1), participant={"segments": [vip], "fields": fields})
    )
    assert told["result"]["final"] == "11.25"


async def test_fields_of_somebody_made_up_are_read_by_their_types(till: Till) -> None:
    for name, type_ in (("spent", "float"), ("born", "date")):
        body = {"name": name, "label": name, "type": type_}
        await till.call("POST", f"/databases/{till.database}/fields", body, 201)
    promotion = await till.promotion(
        {"kind": "percent_off", "percent": "10"},
        condition={
            "kind": "all",
            "of": [compare("profile.spent", "gte", 10.5), compare("profile.born", "lt", "2000-01-01")],
        },
    )
    who = {"fields": {"spent": 10.5, "born": "1999-12-31"}}
    assert (await _why(till, promotion, ("coffee", 1), participant=who))["holds"] is True
    for bad in ({"spent": "much"}, {"born": "1999-13-31"}, {"no_such": 1}):
        reply = await _why(till, promotion, ("coffee", 1), participant={"fields": bad}, status=422)
        assert [error["pointer"] for error in reply["errors"]] == [f"/participant/fields/{next(iter(bad))}"]


async def test_a_draft_is_tried_as_if_it_were_published(till: Till) -> None:
    promotion = await till.promotion({"kind": "percent_off", "percent": "10"}, name="Ten")
    draft = {
        "name": "Ten, but twenty",
        "reward": {"kind": "percent_off", "percent": "20"},
        "condition": compare("profile.city", "eq", "Oslo"),
    }
    await till.call("PUT", f"/loyalty/promotions/{promotion}/draft", {"definition": draft})
    fresh = {"name": "New", "currency": "EUR", "reward": {"kind": "amount_off", "amount": "1.00"}}
    body = {"kind": "discount", "definition": fresh}
    new = (await till.call("POST", f"/loyalty/programs/{till.program}/promotions", body, 201))["id"]

    async def final(versions: dict[int, int], status: int = 200) -> Any:
        order = _order(("coffee", 4), versions=versions, participant={"fields": {"city": "Oslo"}})
        told = await till.call("POST", _base(till), order, status)
        return told["result"]["final"] if status == 200 else told["errors"][0]["pointer"]

    before = await till.standing()
    assert [await final(one) for one in ({}, {promotion: 2}, {promotion: 1}, {promotion: 2, new: 1})] == [
        "45.00",
        "40.00",
        "45.00",
        "39.00",
    ]
    assert (await till.call("POST", f"{_base(till)}/facts", {"versions": {promotion: 2}}))["fields"][0][
        "name"
    ] == "city"
    assert (await till.call("POST", f"{_base(till)}/facts"))["fields"] == []
    assert await final({}) == "45.00"  # nothing of the drafts was kept
    assert await till.standing() == before
    assert await final({promotion: 7}, 422) == f"/versions/{promotion}"
    paused = await till.call("POST", f"/loyalty/promotions/{promotion}/pause")
    assert (paused["state"], await final({}), await final({promotion: 1})) == ("paused", "50.00", "45.00")
    trigger = {"name": "T", "reward": {"kind": "points_fixed", "points": "stars", "amount": "1"}}
    body = {"kind": "trigger", "definition": trigger}
    fires = (await till.call("POST", f"/loyalty/programs/{till.program}/promotions", body, 201))["id"]
    assert await final({fires: 1}, 422) == f"/versions/{fires}"
    assert await final({2**40: 1}, 422) == f"/versions/{2**40}"
