"""Choices of rows, windows and figures on real data: everyday questions, answered in bulk and explained alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from fidelia import profiles
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ..conftest import NOW
from .conftest import ALWAYS, SYSTEM, Shop, compare, every, inverse, member

LAST_FIVE: dict[str, Any] = {"kind": "related", "link": "messages", "take": {"latest": 5}}
OPENED = compare("message.opened_at", "is_present")
OPENED_NONE = every({"kind": "related", "link": "messages"}, inverse({**LAST_FIVE, "where": OPENED}))
NO_ORDER_SINCE = every(
    {"kind": "occurred", "event": "custom.cart"},
    inverse({"kind": "related", "link": "orders", "within": {"since": {"event": "custom.cart", "which": "last"}}}),
)
QUARTER = {"kind": "related", "link": "orders", "within": {"calendar": "quarter"}}
MORE_THAN_BEFORE = {
    **QUARTER,
    "measure": {
        "fn": "sum",
        "of": "total",
        "op": "gt",
        "value": {
            "figure": {
                "link": "orders",
                "within": {"calendar": "quarter", "offset": -1},
                "fn": "sum",
                "of": "total",
            }
        },
    },
}
LAST_DELIVERED = {
    "kind": "related",
    "link": "orders",
    "take": {"latest": 1},
    "where": compare("order.status", "eq", "delivered"),
}
GAPS = {"kind": "related", "link": "orders", "measure": {"fn": "gap_avg", "of": "created_at", "op": "lt", "value": 30}}
TWO_BRANDS = {"kind": "related", "link": "orders.lines", "count": {"op": "gte", "value": 2, "distinct": "product"}}
TIED = {
    "kind": "related",
    "link": "orders.lines",
    "take": {"nth": 2},
    "where": compare("line.total", "eq", "20.00"),
}
EVERYBODY = set(range(1, 7))
CLICKED = {
    "kind": "occurred",
    "event": "message.clicked",
    "where": every(compare("event.link", "contains", "/sale"), compare("event.mailing", "eq", 7)),
}


def sent(tx: Tx, database: int, profile: int, run: int, days: int, *then: str) -> None:
    """A message of a run, and what became of it."""
    at = NOW - timedelta(days=days)
    for n, kind in enumerate(("sent", *then)):
        link = {"link": "https://shop.example/sale"} if kind == "clicked" else {}
        more = "" if kind == "sent" else f"-{n}"
        tx.emit(
            EventOut(
                database=database,
                profile=profile,
                type=f"message.{kind}",
                at=at + timedelta(minutes=n),
                id=f"{run}-{profile}-{kind}{more}",
                properties={"mailing": 7, "channel": "email", **link},
            )
        )


@pytest.fixture(scope="module")
async def rows(api: httpx.AsyncClient, engines: Engines) -> Shop:
    """Six people: 1 opened the last of six messages, 2 only the first; the rest is said by each line."""
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, SYSTEM, name="rows", timezone="Europe/Oslo", fields=())
        for n in range(1, 7):
            await profiles.create_profile(tx, SYSTEM, database.id, {"external_id": f"r{n}", "email": f"r{n}@x.example"})
        for n in range(6):
            sent(tx, database.id, 1, 10 + n, 20 - n, *(["opened", "clicked"] if n == 5 else []))
            sent(tx, database.id, 2, 10 + n, 20 - n, *(["opened"] if n == 0 else []))
        sent(tx, database.id, 3, 10, 3)
    shop = Shop(api, engines, database.id)

    def order(n: int, k: int, at: str, total: str, status: str = "paid", *totals: str) -> dict[str, Any]:
        lines = [{"product": f"s{i}", "quantity": 1, "total": t} for i, t in enumerate(totals or (total,))]
        return {
            "external_id": f"r{n}-{k}",
            "placed_at": at,
            "match": {"external_id": f"r{n}"},
            "status": status,
            "lines": lines,
        }

    orders = [
        order(1, 1, "2026-09-30T21:00:00Z", "50.00"),
        order(1, 2, "2026-10-01T00:00:00Z", "50.01", "delivered"),
        order(2, 1, "2026-08-01T10:00:00Z", "70.00", "delivered"),
        order(2, 2, "2026-11-01T10:00:00Z", "70.00"),
        order(3, 1, "2026-09-30T22:00:00Z", "5.00"),  # it is October in Oslo
        order(4, 1, "2026-10-10T10:00:00Z", "30.00", "paid", "10.00", "20.00"),
    ]
    await shop.post("/market/orders", {"database": database.id, "items": orders})
    carts = [(1, "2026-09-30T23:00:00Z"), (2, "2026-11-02T10:00:00Z"), (3, "2026-10-05T10:00:00Z")]
    events = [{"id": f"cart{n}", "type": "custom.cart", "at": at, "profile": n, "properties": {}} for n, at in carts]
    await shop.post("/events", {"database": database.id, "events": events}, 202)
    return shop


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        (OPENED_NONE, {2, 3}),
        ({**LAST_FIVE, "where": OPENED, "count": {"op": "gte", "value": 1}}, {1}),
        ({"kind": "related", "link": "messages", "take": {"first": 1}, "where": OPENED}, {2}),
        (
            {"kind": "related", "link": "messages", "take": {"nth": 7}, "count": {"op": "eq", "value": 0}},
            set(range(1, 7)),
        ),
        ({"kind": "related", "link": "messages", "where": compare("message.mailing", "eq", 7)}, {1, 2, 3}),
        ({"kind": "related", "link": "messages", "count": {"op": "eq", "value": 6}}, {1, 2}),
        (CLICKED, {1}),
        (NO_ORDER_SINCE, {2, 3}),
        (MORE_THAN_BEFORE, {1, 3, 4}),
        (LAST_DELIVERED, {1}),
        (GAPS, {1}),
        ({**GAPS, "measure": {**GAPS["measure"], "op": "gte"}}, {2}),
        (TWO_BRANDS, {4}),
        (TIED, {4}),
        ({"kind": "related", "link": "orders.lines", "count": {"op": "eq", "value": 2, "distinct": "order"}}, {1, 2}),
        (
            {
                "kind": "related",
                "link": "orders",
                "measure": {"fn": "last", "of": "status", "op": "eq", "value": "DELIVERED"},
            },
            {1},
        ),
        (
            {
                "kind": "related",
                "link": "orders",
                "measure": {"fn": "first", "of": "status", "op": "eq", "value": "delivered"},
            },
            {2},
        ),
    ],
)
async def test_everyday_questions_are_answered_and_explained_alike(
    rows: Shop, condition: dict[str, Any], who: set[int]
) -> None:
    assert await rows.who(condition) == who
    for person in range(1, 7):
        body = {"database_id": rows.database, "condition": condition, "profile_id": person}
        told = await rows.post("/segments/explain", body)
        assert told["holds"] is (person in who), (person, told["rules"])


async def test_the_past_of_a_list_and_its_entries(rows: Shop) -> None:
    segment = await rows.make("static")
    id_ = segment["id"]
    await rows.post(f"/segments/{id_}/members/add", {"profile_ids": [1, 2, 3]})
    await rows.post(f"/segments/{id_}/members/remove", {"profile_ids": [2, 3]})
    await rows.post(f"/segments/{id_}/members/add", {"profile_ids": [3]})
    own = member(id_)
    for node, who in (
        (own, {1, 3}),
        ({**own, "state": "ever"}, {1, 2, 3}),
        ({**own, "state": "left"}, {2}),
        ({**own, "count": {"op": "eq", "value": 2}}, {3}),
        ({**own, "state": "ever", "count": {"op": "gte", "value": 1}, "within": {"last": "P1D"}}, {1, 2, 3}),
        ({**own, "state": "ever", "within": {"to": "2020-01-01"}}, set()),
        ({**own, "state": "left", "count": {"op": "eq", "value": 1}}, {2}),
        (inverse({**own, "state": "ever"}), {4, 5, 6}),
    ):
        assert await rows.who(node) == who, node
        for person in (1, 2, 3, 4):
            told = await rows.post(
                "/segments/explain", {"database_id": rows.database, "condition": node, "profile_id": person}
            )
            assert told["holds"] is (person in who), (node, person)


async def test_the_control_group_is_asked_like_a_segment(rows: Shop, engines: Engines) -> None:
    asked = {"kind": "member", "of": {"global_control": True}}
    refused = await rows.calculate(asked, 422)
    assert refused["errors"][0]["pointer"] == "/condition/of/global_control"
    made = await rows.post(f"/databases/{rows.database}/control-group", {"percent": 50}, 201)
    await rows.run({"job": {"id": made["open_run"]["job_id"]}})
    inside = await rows.who(asked)
    assert len(inside) == 3
    assert await rows.who(every(ALWAYS, inverse(asked))) == set(range(1, 7)) - inside
    person = min(inside)
    told = await rows.post(
        "/segments/explain", {"database_id": rows.database, "condition": asked, "profile_id": person}
    )
    assert told["holds"] is True
    words = (await rows.get(f"/vocabulary?database={rows.database}"))["memberships"]
    assert [(kind["key"], kind["states"], kind["entries"]) for kind in words] == [
        ("segment", ["now", "ever", "left"], True),
        ("global_control", ["now"], False),
    ]
