"""Saved cases: kept, run again, told when their result has changed; nothing else is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from tests.loyalty.orders.till import TABLES, Till, compare


def _order(*lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    return {"lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines], **more}


def _base(till: Till) -> str:
    return f"/loyalty/programs/{till.program}/test-cases"


async def _save(till: Till, name: str, order: Mapping[str, Any], status: int = 201) -> Any:
    return await till.call("POST", _base(till), {"name": name, "order": order}, status)


async def _run(till: Till, cases: list[int] | None = None) -> dict[int, Any]:
    told = await till.call("POST", f"{_base(till)}/run", {"cases": cases})
    return {one["case"]: one for one in told["items"]}


async def test_a_case_is_kept_with_what_came_of_it(till: Till) -> None:
    ten = await till.promotion({"kind": "percent_off", "percent": "10"}, name="Ten off")
    stars = await till.promotion({"kind": "points_percent", "points": "stars", "percent": "10"}, name="Stars back")
    who = {"points": {"stars": "5"}, "fields": {"city": "Oslo"}, "segments": [], "levels": {"status": "gold"}}
    order = _order(("coffee", 2), ("mug", 1), participant=who, at="2026-11-20T10:00:00Z", redeem={"stars": "max"})
    made = await _save(till, "  Two coffees ", order)
    assert (made["name"], made["revision"]) == ("Two coffees", 1)
    assert made["order"]["participant"] == {"member": True, "orders": 0, **who}
    assert [(line["sku"], line["quantity"]) for line in made["order"]["lines"]] == [("coffee", 2), ("mug", 1)]
    assert (made["order"]["at"], made["order"]["redeem"]) == ("2026-11-20T10:00:00Z", {"stars": "max"})
    expected = made["expected"]
    assert (expected["total"], expected["final"], expected["redeem"]) == ("40.00", "35.50", {"stars": "5.00"})
    assert [(one["promotion"], one["measure"], one["amount"]) for one in expected["applied"]] == [
        (ten, "total", "-4.00"),
        (stars, "points", expected["accrue"]["stars"]),
    ]
    assert (await till.call("GET", _base(till)))["items"] == [made]
    assert (await _run(till))[made["id"]] == {
        "case": made["id"],
        "state": "same",
        "final": "35.50",
        "currency": "EUR",
        "differences": [],
        "problem": "",
    }


async def test_a_change_of_a_promotion_is_told(till: Till) -> None:
    ten = await till.promotion({"kind": "percent_off", "percent": "10"}, name="Ten off")
    stars = await till.promotion({"kind": "points_percent", "points": "stars", "percent": "10"}, name="Stars back")
    first = (await _save(till, "Somebody", _order(("coffee", 4), participant={})))["id"]
    second = (await _save(till, "Nobody", _order(("mug", 1))))["id"]
    definition = {"name": "Twenty off", "reward": {"kind": "percent_off", "percent": "20"}}
    await till.call("PUT", f"/loyalty/promotions/{ten}/draft", {"definition": definition})
    assert {run["state"] for run in (await _run(till)).values()} == {"same"}  # a draft changes nothing
    await till.call("POST", f"/loyalty/promotions/{ten}/publish")
    await till.call("POST", f"/loyalty/promotions/{stars}/pause")
    found = await _run(till)
    assert {one: run["state"] for one, run in found.items()} == {first: "changed", second: "changed"}
    assert found[first]["differences"] == [
        {"kind": "money", "label": "To pay", "was": "45.00", "now": "40.00"},
        {"kind": "points", "label": "Earns stars", "was": "4.50", "now": "0"},
        {"kind": "money", "label": "Twenty off", "was": "-5.00", "now": "-10.00"},
        {"kind": "text", "label": "Stars back", "was": "applied", "now": "It is paused"},
        {"kind": "money", "label": "Coffee beans", "was": "45.00", "now": "40.00"},
    ]
    assert list(await _run(till, [second])) == [second]
    right = await till.call("PATCH", f"{_base(till)}/{first}", {"expect": True})
    assert (right["expected"]["final"], right["revision"]) == ("40.00", 2)
    assert {one: run["state"] for one, run in (await _run(till)).items()} == {first: "same", second: "changed"}


async def test_a_case_with_a_draft_and_one_whose_subject_is_gone(till: Till) -> None:
    ten = await till.promotion({"kind": "percent_off", "percent": "10"})
    definition = {"name": "Twenty off", "reward": {"kind": "percent_off", "percent": "20"}}
    await till.call("PUT", f"/loyalty/promotions/{ten}/draft", {"definition": definition})
    case = (await _save(till, "With the draft", _order(("coffee", 4), versions={ten: 2})))["id"]
    assert (await _run(till))[case]["final"] == "40.00"
    await till.call("DELETE", f"/loyalty/promotions/{ten}/versions/2")
    gone = (await _run(till))[case]
    assert (gone["state"], gone["final"]) == ("failed", None)
    assert gone["problem"] == f"This program has no promotion {ten} with a version 2"


async def test_a_person_is_kept_by_number(till: Till) -> None:
    await till.promotion({"kind": "percent_off", "percent": "10"}, condition=compare("profile.city", "eq", "Oslo"))
    made = await _save(till, "Customer 1", _order(("coffee", 1), match={"email": "c1@example.com"}))
    assert (made["order"]["match"], made["order"]["profile"], made["expected"]["final"]) == (None, 1, "11.25")
    assert "example.com" not in str(made)


async def test_names_changes_and_deletion(till: Till) -> None:
    first = await _save(till, "One", _order(("coffee", 1)))
    taken = await _save(till, "oNe", _order(("coffee", 1)), 409)
    assert [error["pointer"] for error in taken["errors"]] == ["/name"]
    second = await _save(till, "Two", _order(("mug", 1)))
    path = f"{_base(till)}/{second['id']}"
    await till.call("PATCH", path, {"name": "ONE"}, 409)
    named = await till.call("PATCH", path, {"name": "Three", "revision": 1})
    assert (named["name"], named["expected"]) == ("Three", second["expected"])
    await till.call("PATCH", path, {"name": "Four", "revision": 1}, 409)
    other = await till.call("PATCH", path, {"order": _order(("mug", 2))})
    assert other["expected"]["final"] == "30.00"
    for bad, status in (
        ({"name": " ", "order": _order(("mug", 1))}, 422),
        ({"name": "x", "order": {"lines": []}}, 422),
        ({"name": "x", "order": _order(("no such thing", 1))}, 422),
        ({"name": "x"}, 422),
    ):
        assert (await till.call("POST", _base(till), bad, status))["status"] == status
    reply = await _save(till, "x", _order(("mug", 1), participant={"levels": {"status": "no"}}), 422)
    assert [error["pointer"] for error in reply["errors"]] == ["/order/participant/levels/status"]
    await till.call("DELETE", path, status=204)
    await till.call("DELETE", path, status=404)
    assert [one["id"] for one in (await till.call("GET", _base(till)))["items"]] == [first["id"]]
    await till.call("GET", "/loyalty/programs/2000000000/test-cases", status=404)
    await till.call("GET", f"{_base(till)}/{2**40}", status=404)


async def test_running_writes_nothing_and_saving_only_the_case(till: Till) -> None:
    await till.promotion({"kind": "percent_off", "percent": "20"}, limits=[{"what": "uses", "most": "1"}])
    before = await till.standing()

    async def rows() -> dict[str, int]:
        async with till.engines.tx() as tx:
            names = [row.relname for row in await tx.all(sa.text(TABLES.replace("_xact", "")))]
            return {name: int(await tx.scalar(sa.text(f'select count(*) from "{name}"'))) for name in sorted(names)}

    counted = await rows()
    for profile in (1, 2):
        order = _order(("coffee", 1), profile=profile, redeem={"stars": "max"})
        await till.call("POST", f"/loyalty/programs/{till.program}/test", order)
    assert await rows() == counted
    case = (await _save(till, "Kept", _order(("coffee", 1), profile=1)))["id"]
    after = await rows()
    assert {name for name, number in after.items() if number != counted.get(name)} == {
        "audit_log",
        "loyalty_test_case",
    }
    for _ in range(2):
        assert (await _run(till))[case]["state"] == "same"
    assert await rows() == after
    assert await till.standing() == before
