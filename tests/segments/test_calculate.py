"""Counts and previews of conditions that are not saved: through the whole application, on both engines."""

from __future__ import annotations

from typing import Any

from .conftest import ALWAYS, PEOPLE, Shop, compare, inverse, some


async def test_count_and_preview(shop: Shop) -> None:
    reply = await shop.calculate(compare("profile.city", "eq", "OSLO"), columns=["email", "age", "likes"], limit=2)
    wanted = [n for n, person in enumerate(PEOPLE, 1) if (person.get("city") or "").lower() == "oslo"]
    assert reply["count"] == reply["matched"] == len(wanted)
    assert [row["profile_id"] for row in reply["preview"]] == wanted[:2]
    assert reply["preview"][0]["email"] == f"c{wanted[0]}@example.com"
    assert set(reply["preview"][0]) == {"profile_id", "email", "age", "likes"}
    assert reply["sentence"].startswith("People in shop")
    assert reply["took_ms"] >= 0
    assert reply["nodes"] is None


async def test_orders_lines_products_and_events(shop: Shop) -> None:
    assert await shop.who({"kind": "related", "link": "orders", "count": {"op": "gte", "value": 3}}) == {3, 4, 5}
    beans: dict[str, Any] = {
        "kind": "related",
        "link": "orders.lines",
        "where": compare("product.external_id", "eq", "mug"),
    }
    assert await shop.who(beans) == {2, 3, 4, 5}
    assert await shop.who({"kind": "occurred", "event": "custom.quiz"}) == set(range(1, 9))
    yes = {"kind": "occurred", "event": "custom.quiz", "where": compare("event.word", "eq", "yes")}
    assert await shop.who(yes) == {1, 2, 3, 5, 6, 7}
    spent = {"fn": "sum", "of": "line.total", "op": "gte", "value": 100}
    assert await shop.who({"kind": "related", "link": "orders.lines", "measure": spent}) == {4, 5}
    assert await shop.who(inverse({"kind": "related", "link": "orders"})) == set(range(6, 13))


async def test_an_empty_database_has_nobody(shop: Shop) -> None:
    made = await shop.post("/databases", {"name": "empty"}, 201)
    reply = await shop.calculate(
        some(ALWAYS, {"kind": "related", "link": "orders"}, {"kind": "occurred", "event": "message.opened"}),
        database_id=made["id"],
        nodes=True,
    )
    assert (reply["count"], reply["total"], reply["preview"]) == (0, 0, [])
