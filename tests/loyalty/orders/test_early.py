"""The buyer is asked about with what was in force last, before it is known whether it still is."""

from __future__ import annotations

from .till import Till, compare


async def test_what_changed_since_the_last_order_holds_for_the_next(till: Till) -> None:
    oslo = compare("profile.city", "eq", "Oslo")
    promotion = await till.promotion({"kind": "percent_off", "percent": "20"}, condition=oslo)
    assert (await till.preorder(("coffee", 1)))["final"] == "10.00"
    await till.call("DELETE", f"/loyalty/promotions/{promotion}")
    assert (await till.preorder(("coffee", 1)))["final"] == "12.50"
    await till.promotion({"kind": "amount_off", "amount": "2"})
    assert (await till.preorder(("coffee", 1)))["final"] == "10.50"
    assert (await till.commit(("coffee", 1)))["calculation"]["final"] == "10.50"


async def test_a_field_that_the_last_order_asked_for_is_gone(till: Till) -> None:
    await till.call(
        "POST", f"/databases/{till.database}/fields", {"name": "shoe", "label": "Shoe", "type": "integer"}, 201
    )
    condition = compare("profile.shoe", "eq", 40)
    promotion = await till.promotion({"kind": "percent_off", "percent": "20"}, condition=condition)
    assert (await till.preorder(("coffee", 1)))["final"] == "12.50"
    await till.call("DELETE", f"/loyalty/promotions/{promotion}")
    await till.call("DELETE", f"/databases/{till.database}/fields/shoe?confirm=shoe", status=204)
    assert (await till.preorder(("coffee", 1)))["final"] == "12.50"
    assert (await till.commit(("coffee", 1)))["calculation"]["final"] == "12.50"


async def test_the_program_of_the_last_order_is_no_longer_active(till: Till) -> None:
    await till.promotion({"kind": "percent_off", "percent": "20"})
    assert (await till.preorder(("coffee", 1)))["final"] == "10.00"
    await till.call("POST", f"/loyalty/programs/{till.program}/deactivate")
    assert (await till.commit(("coffee", 1)))["calculation"]["program"] is None
    await till.call("POST", f"/loyalty/programs/{till.program}/activate")
    assert (await till.commit(("coffee", 1)))["calculation"]["final"] == "10.00"
