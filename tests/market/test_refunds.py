"""Statuses of lines, refunds of parts of an order, and who is told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from fidelia import market
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

M = "/api/v1/market"
Told = list[tuple[str, str, list[market.LineChange]]]


@pytest.fixture
def told(engines: Engines) -> Iterator[Told]:
    """What somebody who follows orders is told."""
    heard: Told = []

    async def listen(
        tx: Tx, before: market.OrderDetail, after: market.OrderDetail, changes: Sequence[market.LineChange]
    ) -> None:
        heard.append((before.status, after.status, list(changes)))

    async def foresee(tx: Tx, order: market.OrderDetail, changes: Sequence[market.LineChange]) -> list[str]:
        return [f"takes back {sum(change.amount for change in changes)} points"]

    engines.ports[market.ORDER_EFFECTS] = [listen]
    engines.ports[market.ORDER_FORETOLD] = [foresee]
    yield heard
    engines.ports.pop(market.ORDER_EFFECTS)
    engines.ports.pop(market.ORDER_FORETOLD)


async def placed(api: httpx.AsyncClient, shop: int, external: str, **more: Any) -> dict[str, Any]:
    item = {
        "external_id": external,
        "placed_at": "2026-11-01T10:00:00Z",
        "match": {"external_id": "c1"},
        "status": "paid",
        "delivery": "5.00",
        "lines": [
            {"id": "l1", "product": "beans", "quantity": 3, "price": "4.00", "final": "3.3333", "floor": "2.00"},
            {"id": "l2", "product": "mug", "total": "15.00"},
        ],
        **more,
    }
    reply = (await api.post(f"{M}/orders", json={"database": shop, "items": [item]})).json()
    assert reply["rejected"] == 0, reply
    return await read(api, reply["items"][0]["id"])


async def read(api: httpx.AsyncClient, order_id: int) -> dict[str, Any]:
    return dict((await api.get(f"{M}/orders/{order_id}")).json())


async def refund(api: httpx.AsyncClient, order_id: int, lines: Any, status: int = 201, **more: Any) -> dict[str, Any]:
    reply = await api.post(f"{M}/orders/{order_id}/refunds", json={"lines": lines, **more})
    assert reply.status_code == status, reply.text
    return dict(reply.json())


async def test_a_line_has_base_floor_and_final_price(api: httpx.AsyncClient, shop: int) -> None:
    line = (await placed(api, shop, "prices"))["lines"][0]
    assert (line["price"], line["floor"], line["final"]) == ("4.00", "2.00", "3.3333")
    assert (line["total"], line["discount"]) == ("9.9999", "2.0001")


async def test_parts_sum_to_the_line_to_the_cent(api: httpx.AsyncClient, shop: int, told: Told) -> None:
    lines = [{"product": "beans", "quantity": 3, "total": "10.00"}, {"product": "mug", "total": "15.00"}]
    order = await placed(api, shop, "parts", lines=lines)
    first = await refund(api, order["id"], [{"line": 1, "quantity": 1}])
    assert (first["status"], first["refunded"], first["lines"][0]["refunded"]) == ("part_refunded", "3.33", "3.33")
    second = await refund(api, order["id"], [{"line": 1, "quantity": 1}])
    assert second["refunded"] == "6.66"
    third = await refund(api, order["id"], [{"line": 1, "quantity": 1}])
    assert (third["refunded"], third["lines"][0]["status"]) == ("10.00", "refunded")
    await refund(api, order["id"], [{"line": 1, "quantity": 1}], 409)
    whole = await refund(api, order["id"], None, delivery="rest", reason="broken")
    assert (whole["status"], whole["refunded"], whole["total"]) == ("refunded", "30.00", "30.00")
    assert [r["amount"] for r in whole["refunds"]] == ["3.33", "3.33", "3.34", "20.00"]
    assert whole["refunds"][-1]["reason"] == "broken"
    assert [change.amount for _, _, changes in told for change in changes] == [
        Decimal("3.33"),
        Decimal("3.33"),
        Decimal("3.34"),
        Decimal("15.00"),
    ]
    assert [after for _, after, _ in told] == ["part_refunded", "part_refunded", "part_refunded", "refunded"]


async def test_money_alone_can_be_given_back(api: httpx.AsyncClient, shop: int) -> None:
    order = await placed(api, shop, "money")
    got = await refund(api, order["id"], [{"line": 2, "amount": "5.00"}])
    assert (got["lines"][1]["refunded"], got["lines"][1]["refunded_quantity"], got["status"]) == (
        "5.00",
        "0",
        "part_refunded",
    )
    await refund(api, order["id"], [{"line": 2, "amount": "10.01"}], 409)
    await refund(api, order["id"], [{"line": 2, "amount": "0.001"}], 422)
    await refund(api, order["id"], [{"line": 9, "amount": "1.00"}], 422)
    await refund(api, order["id"], [], 409, delivery="5.01")
    rest = await refund(api, order["id"], [{"line": 2, "amount": "10.00"}])
    assert rest["lines"][1]["status"] == "refunded"


async def test_the_same_reference_gives_back_once(api: httpx.AsyncClient, shop: int, told: Told) -> None:
    order = await placed(api, shop, "twice")
    for _ in range(2):
        got = await refund(api, order["id"], [{"line": 2, "amount": "5.00"}], reference="r-1")
        assert got["refunded"] == "5.00"
    assert len(told) == 1
    await refund(api, order["id"], [{"line": 2, "amount": "6.00"}], 409, reference="r-1")


async def test_refunds_at_once_give_back_no_more_than_there_is(api: httpx.AsyncClient, shop: int) -> None:
    order = await placed(api, shop, "race", lines=[{"product": "beans", "quantity": 4, "total": "10.00"}])
    body = {"lines": [{"line": 1, "quantity": 1}]}
    replies = await asyncio.gather(*(api.post(f"{M}/orders/{order['id']}/refunds", json=body) for _ in range(8)))
    assert sorted(reply.status_code for reply in replies) == [201] * 4 + [409] * 4
    assert (await read(api, order["id"]))["refunded"] == "10.00"


async def test_what_a_refund_would_do_is_told_and_not_done(api: httpx.AsyncClient, shop: int, told: Told) -> None:
    order = await placed(api, shop, "told")
    body = {"lines": [{"line": 2}], "delivery": "rest"}
    effect = (await api.post(f"{M}/orders/{order['id']}/refunds/preview", json=body)).json()
    assert (effect["amount"], effect["delivery"], effect["status_after"]) == ("20.00", "5.00", "part_refunded")
    assert effect["notes"] == ["takes back 15.00 points"]
    assert not told
    assert (await read(api, order["id"]))["refunded"] == "0.00"


async def test_the_order_follows_its_lines(api: httpx.AsyncClient, engines: Engines, shop: int, told: Told) -> None:
    order = await placed(api, shop, "follows")
    path = f"{M}/orders/{order['id']}/lines"
    assert [line["status"] for line in order["lines"]] == ["new", "new"]
    one = (await api.post(f"{path}/1/status", json={"status": "delivered"})).json()
    assert (one["status"], one["lines"][0]["kind"]) == ("paid", "delivered")
    gone = (await api.post(f"{path}/2/status", json={"status": "canceled"})).json()
    assert (gone["status"], gone["lines"][1]["status"]) == ("delivered", "cancelled")
    assert (await api.post(f"{path}/1/status", json={"status": "lost"})).status_code == 422
    assert (await api.post(f"{path}/7/status", json={"status": "new"})).status_code == 422
    back = (await api.post(f"{path}/1/status", json={"status": "refunded"})).json()
    assert (back["status"], back["refunded"]) == ("refunded", "9.9999")
    assert (await api.post(f"{path}/1/status", json={"status": "delivered"})).status_code == 409
    await engines.catch_up()
    events = await engines.clickhouse.query(
        f"select type, props.line::String, total from e_{shop} where props.order::String = 'follows'"
        " and type like 'order.line.%' order by type, props.line::String"
    )
    assert [(type_, line) for type_, line, _ in events] == [
        ("order.line.cancelled", "l2"),
        ("order.line.created", "l1"),
        ("order.line.created", "l2"),
        ("order.line.delivered", "l1"),
        ("order.line.refunded", "l1"),
    ]
    assert [len(changes) for _, _, changes in told] == [1, 1, 1]


async def test_lines_follow_the_order(api: httpx.AsyncClient, shop: int, told: Told) -> None:
    order = await placed(api, shop, "leads")
    got = (await api.patch(f"{M}/orders/{order['id']}", json={"status": "delivered"})).json()
    assert [line["status"] for line in got["lines"]] == ["delivered", "delivered"]
    again = await placed(api, shop, "leads", status="delivered")
    assert [line["status"] for line in again["lines"]] == ["delivered", "delivered"]
    cancelled = await placed(api, shop, "leads", status="cancelled")
    assert [line["kind"] for line in cancelled["lines"]] == ["cancelled", "cancelled"]
    assert [(before, after, len(changes)) for before, after, changes in told] == [
        ("paid", "delivered", 2),
        ("delivered", "cancelled", 2),
    ]
    await refund(api, order["id"], None, 409)


async def test_what_was_given_back_stays_when_the_shop_sends_the_order_again(api: httpx.AsyncClient, shop: int) -> None:
    order = await placed(api, shop, "resent")
    await refund(api, order["id"], [{"line": 2}])
    again = await placed(api, shop, "resent")
    assert (again["status"], again["refunded"], again["lines"][1]["status"]) == ("part_refunded", "15.00", "refunded")
    reply = await api.patch(f"{M}/orders/{order['id']}", json={"status": "paid"})
    assert reply.status_code == 409
    whole = await placed(api, shop, "resent", status="refunded")
    assert (whole["status"], whole["refunded"]) == ("refunded", whole["total"])


async def test_shops_change_lines_by_their_own_ids(api: httpx.AsyncClient, shop: int) -> None:
    await placed(api, shop, "named")
    items = [
        {"order": "named", "line": "l1", "status": "delivering"},
        {"order": "named", "line": 2, "status": "delivered"},
        {"order": "named", "line": "l9", "status": "delivered"},
        {"order": "nobody", "line": "l1", "status": "delivered"},
    ]
    reply = (await api.post(f"{M}/orders/lines/status", json={"database": shop, "items": items})).json()
    assert [item["status"] for item in reply["items"]] == ["updated", "updated", "rejected", "rejected"]
    state = (await api.get(f"{M}/orders/status", params={"database": shop, "external_id": "named"})).json()
    assert [line["status"] for line in state["lines"]] == ["delivering", "delivered"]
    assert (await api.get(f"{M}/orders/status", params={"database": shop, "external_id": "x"})).status_code == 404


async def test_one_order_is_written_by_who_worked_it_out(engines: Engines, shop: int) -> None:
    lines = [
        market.LineIn(sku="till-1", product="till", quantity=2, price="5.00", final="4.00", floor="3.00", id="a"),
        market.LineIn(product="loose", total="2.00"),
    ]

    given = market.OrderIn("till-9", datetime(2026, 11, 1, tzinfo=UTC), lines, status="paid", delivery="1.00")
    async with engines.tx() as tx:
        order_id = await market.place_order(tx, shop, given, profile_id=1)
        found = await market.find_order(tx, shop, "till-9")
    assert found is not None
    assert (found.id, found.total, found.status) == (order_id, "11.00", "paid")
    assert [(x.sku, x.product, x.final, x.discount) for x in found.lines] == [
        ("till-1", "till", "4.00", "2.00"),
        (None, "loose", "2.00", "0.00"),
    ]
    with pytest.raises(Exception, match="already"):
        async with engines.tx() as tx:
            await market.place_order(tx, shop, given, profile_id=1)
    async with engines.tx() as tx:
        got = await market.refund_lines(tx, Actor.system(), order_id, [market.RefundLine(1, quantity=1)])
    assert (got.refunded, got.status) == ("4.00", "part_refunded")
    await engines.catch_up()
    row = await engines.clickhouse.query(
        f"select status, total, refunded from o_{shop} final where external_id = 'till-9'"
    )
    assert row == [("part_refunded", Decimal("11.0000"), Decimal("4.0000"))]
    lines_ = await engines.clickhouse.query(
        f"select line, sku > 0, refunded_quantity from l_{shop} final where order_id = {order_id} order by line"
    )
    assert lines_ == [(1, 1, Decimal("1.0000")), (2, 0, Decimal("0.0000"))]
