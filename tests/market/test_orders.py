"""Orders through the API, in both engines: amounts, replays, changes of lines, statuses, races."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from fidelia.platform.engines import Engines


def order(external: str, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "external_id": external,
        "placed_at": "2026-11-01T10:00:00Z",
        "match": {"external_id": "c1"},
        "lines": list(lines),
        **more,
    }


async def send(api: httpx.AsyncClient, shop: int, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
    reply = await api.post("/api/v1/market/orders", json={"database": shop, "items": list(items), **more})
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def in_clickhouse(engines: Engines, shop: int, external: str) -> tuple[list[Any], list[Any]]:
    await engines.catch_up()
    ch = engines.clickhouse
    orders = await ch.query(
        f"select profile, status, total, items from o_{shop} final where external_id = {{e:String}}", {"e": external}
    )
    lines = await ch.query(
        f"select line, product, quantity, total from l_{shop} final where order_id in"
        f" (select id from o_{shop} final where external_id = {{e:String}}) order by line",
        {"e": external},
    )
    return orders, lines


async def test_an_order_reaches_both_engines_and_the_history(
    api: httpx.AsyncClient, engines: Engines, shop: int
) -> None:
    reply = await send(
        api,
        shop,
        order(
            "a1",
            {"product": "beans", "quantity": 2, "price": "12.50", "discount": "5.00"},
            {"product": "mug", "total": "15.00"},
            {"product": "beans", "quantity": 0, "total": "-1.00"},
            delivery="4.90",
            total="38.90",
            status="paid",
        ),
    )
    assert reply["created"] == 1
    got = (await api.get(f"/api/v1/market/orders/{reply['items'][0]['id']}")).json()
    assert (got["total"], got["delivery"], got["line_count"], got["customer"]) == ("38.90", "4.90", 3, "c1@example.com")
    assert [(line["total"], line["price"]) for line in got["lines"]] == [
        ("20.00", "12.50"),
        ("15.00", "15.00"),
        ("-1.00", None),
    ]
    orders, lines = await in_clickhouse(engines, shop, "a1")
    assert orders == [(1, "paid", Decimal("38.9000"), 3)]
    assert sum(line[3] for line in lines) + Decimal("4.90") == Decimal("38.90")
    events = await engines.clickhouse.query(
        f"select type, profile, total from e_{shop} where props.order::String = 'a1' order by type"
    )
    lines_of = [("order.line.created", 1, Decimal(total)) for total in ("-1", "15", "20")]
    assert sorted(events) == [
        ("order.created", 1, Decimal("38.9")),
        *lines_of,
        ("order.paid", 1, Decimal("38.9")),
    ]


async def test_the_same_order_twice_changes_nothing(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    one = order("same", {"product": "beans", "total": "1.10"})
    assert (await send(api, shop, one))["created"] == 1
    assert (await send(api, shop, one))["unchanged"] == 1
    assert (await send(api, shop, {**one, "status": "paid"}))["updated"] == 1


async def test_lines_that_go_are_gone_in_both_engines(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    lines = [{"product": f"p{n}", "total": "2.00"} for n in range(4)]
    await send(api, shop, order("shrinks", *lines))
    assert len((await in_clickhouse(engines, shop, "shrinks"))[1]) == 4
    await send(api, shop, order("shrinks", *lines[:2]))
    assert len((await in_clickhouse(engines, shop, "shrinks"))[1]) == 2
    await send(api, shop, order("shrinks", *lines[:3]))
    orders, kept = await in_clickhouse(engines, shop, "shrinks")
    assert (len(kept), orders[0][2]) == (3, Decimal(6))


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"total": "9.99"}, "/total"),
        ({"placed_at": "2027-11-01T10:00:00Z"}, "/placed_at"),
        ({"currency": "euro"}, "/currency"),
        ({"match": {"external_id": "nobody"}}, "/match/external_id"),
        ({"match": {"email": "no address"}}, "/match/email"),
        ({"match": {"shoe_size": 44}}, "/matching"),
        ({"match": None}, "/profile"),
        ({"match": None, "profile": 99}, "/profile"),
        ({"match": None, "profile": -1}, "/profile"),
        ({"external_id": ""}, "/external_id"),
        ({"delivery": "much"}, "/delivery"),
        ({"delivery": "NaN"}, "/delivery"),
        ({"lines": [{"product": "x"}]}, "/lines/0/total"),
        ({"lines": [{"product": "x", "total": "1", "quantity": "1e99"}]}, "/lines/0/quantity"),
        ({"lines": [{"product": "x", "total": "1.00001"}]}, "/lines/0/total"),
        ({"properties": {"a": "b\x00"}}, "/properties"),
    ],
)
async def test_a_wrong_order_is_rejected_alone(
    api: httpx.AsyncClient, shop: int, change: dict[str, Any], pointer: str
) -> None:
    wrong = {**order("wrong", {"product": "x", "total": "1.00"}), **change}
    good = order(f"good-{pointer}-{change!r}"[:100], {"product": "x", "total": "1.00"})
    reply = await send(api, shop, wrong, good)
    assert (reply["created"], reply["rejected"]) == (1, 1)
    assert reply["items"][0]["errors"][0]["pointer"] == pointer


async def test_of_two_equal_ids_the_last_counts(api: httpx.AsyncClient, shop: int) -> None:
    first = order("dup", {"product": "x", "total": "1.00"})
    reply = await send(api, shop, first, {**first, "lines": [{"product": "x", "total": "2.00"}]})
    assert [item["status"] for item in reply["items"]] == ["rejected", "created"]


async def test_the_same_orders_at_once_are_made_once(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    items = [order(f"race{n}", {"product": f"new{n}", "total": "1.00"}) for n in range(20)]
    replies = await asyncio.gather(*(send(api, shop, *items) for _ in range(6)))
    assert sum(reply["created"] for reply in replies) == 20
    assert sum(reply["rejected"] for reply in replies) == 0
    async with engines.tx() as tx:
        lines = await tx.scalar(
            sa.text(
                "select count(*) from order_line join sales_order o on o.id = order_id where o.external_id like 'race%'"
            )
        )
    assert lines == 20


async def test_a_change_of_status_writes_its_event(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    made = await send(api, shop, order("status", {"product": "x", "total": "3.00"}))
    path = f"/api/v1/market/orders/{made['items'][0]['id']}"
    assert (await api.patch(path, json={"status": "refunded"})).json()["status"] == "refunded"
    assert (await api.patch(path, json={"status": "lost"})).status_code == 422
    await engines.catch_up()
    found = await engines.clickhouse.query(
        f"select type from e_{shop} where props.order::String = 'status' order by type"
    )
    kinds = ["order.created", "order.line.created", "order.line.refunded", "order.refunded"]
    assert [row[0] for row in found] == kinds


async def test_lists_page_sort_and_search(api: httpx.AsyncClient, shop: int) -> None:
    items = [order(f"page{n:02}", {"product": "x", "total": f"{n}.00"}, match={"external_id": "c2"}) for n in range(25)]
    await send(api, shop, *items)
    seen: list[str] = []
    cursor = ""
    while True:
        url = f"/api/v1/market/orders?database={shop}&profile=2&limit=10&sort=total{cursor}"
        reply = (await api.get(url)).json()
        assert reply["total"] == 25
        seen += [item["external_id"] for item in reply["items"]]
        if reply["next_cursor"] is None:
            break
        cursor = f"&cursor={reply['next_cursor']}"
    assert seen == [f"page{n:02}" for n in range(25)]
    found = (await api.get(f"/api/v1/market/orders?database={shop}&q=page07")).json()
    assert [item["external_id"] for item in found["items"]] == ["page07"]
    assert [item["customer"] for item in found["items"]] == ["c2@example.com"]
    named = await api.patch(f"/api/v1/databases/{shop}/profiles/2", json={"set": {"first_name": "Ada"}})
    assert named.status_code == 200
    again = (await api.get(f"/api/v1/market/orders?database={shop}&profile=2&limit=10")).json()
    assert {item["customer"] for item in again["items"]} == {"Ada"}
    await send(api, shop, order("#page07", {"product": "x", "total": "1.00"}, match={"external_id": "c2"}))
    found = (await api.get(f"/api/v1/market/orders?database={shop}&q=%23page07")).json()
    assert {item["external_id"] for item in found["items"]} == {"page07", "#page07"}
    assert (await api.get(f"/api/v1/market/orders?database={shop}&sort=secret")).status_code == 422
    assert (await api.get(f"/api/v1/market/orders?database={shop}&cursor=abc")).status_code == 422
    assert (await api.get("/api/v1/market/orders?database=999")).status_code == 404


async def test_orders_go_with_their_database(api: httpx.AsyncClient, engines: Engines) -> None:
    made = (await api.post("/api/v1/databases", json={"name": "short-lived"})).json()["id"]
    person = {"external_id": "c1", "email": "c1@example.com"}
    await api.post(f"/api/v1/databases/{made}/profiles", json=person)
    await send(api, made, order("gone", {"product": "x", "total": "1.00"}))
    assert (await in_clickhouse(engines, made, "gone"))[0]
    reply = await api.delete(f"/api/v1/databases/{made}", params={"confirm": "short-lived"})
    assert reply.status_code == 204, reply.text
    await engines.catch_up()
    async with engines.tx() as tx:
        left = await tx.scalar(sa.text("select count(*) from sales_order where database_id = :d"), {"d": made})
    tables = await engines.clickhouse.query("select name from system.tables where database = currentDatabase()")
    assert left == 0
    assert not {f"o_{made}", f"l_{made}"} & {row[0] for row in tables}
