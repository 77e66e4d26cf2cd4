"""What is set up once: channels and touchpoints, regions, currencies, typed fields, statuses of lines."""

from __future__ import annotations

from typing import Any

import httpx

M = "/api/v1/market"


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any], status: int = 201) -> dict[str, Any]:
    reply = await api.post(f"{M}/{path}", json=body)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


async def send(api: httpx.AsyncClient, shop: int, external: str, **more: Any) -> dict[str, Any]:
    item = {
        "external_id": external,
        "placed_at": "2026-11-01T10:00:00Z",
        "match": {"external_id": "c1"},
        "lines": [{"product": "beans", "total": "10.00"}],
        **more,
    }
    reply = await api.post(f"{M}/orders", json={"database": shop, "items": [item]})
    assert reply.status_code == 200, reply.text
    return dict(reply.json()["items"][0])


async def test_a_touchpoint_brings_its_channel(api: httpx.AsyncClient, shop: int) -> None:
    channel = await made(
        api, "channels", {"database": shop, "external_id": "shops", "name": "Shops", "kind": "retail", "tags": ["a"]}
    )
    point = await made(api, f"channels/{channel['id']}/touchpoints", {"external_id": "oslo-1", "name": "Oslo"})
    again = {"database": shop, "external_id": "shops", "name": "Shops", "kind": "retail"}
    assert (await api.post(f"{M}/channels", json=again)).status_code == 409
    got = await send(api, shop, "t1", touchpoint="oslo-1")
    order = (await api.get(f"{M}/orders/{got['id']}")).json()
    assert (order["channel"], order["touchpoint"]) == ("shops", "oslo-1")
    wrong = await send(api, shop, "t2", touchpoint="oslo-1", channel="web")
    assert wrong["errors"][0]["pointer"] == "/touchpoint"
    assert (await send(api, shop, "t3", touchpoint="bergen"))["status"] == "rejected"
    found = (await api.get(f"{M}/orders", params={"database": shop, "touchpoint": "oslo-1"})).json()
    assert [row["external_id"] for row in found["items"]] == ["t1"]
    await api.patch(f"{M}/touchpoints/{point['id']}", json={"archived": True})
    assert (await send(api, shop, "t4", touchpoint="oslo-1"))["status"] == "rejected"
    listed = (await api.get(f"{M}/channels", params={"database": shop})).json()["items"]
    assert listed[0]["touchpoints"][0]["archived_at"] is not None


async def test_a_channel_belongs_to_one_database(api: httpx.AsyncClient, shop: int) -> None:
    body = {"database": 999, "external_id": "x", "name": "X", "kind": "online"}
    assert (await api.post(f"{M}/channels", json=body)).status_code == 404
    one = await made(api, "channels", {"database": shop, "external_id": "c-1", "name": "X", "kind": "online"})
    assert (await api.patch(f"{M}/channels/{one['id']}", json={"database": 2})).status_code == 422
    changed = await api.patch(f"{M}/channels/{one['id']}", json={"name": "Web shop"})
    assert changed.json()["name"] == "Web shop"
    log = (await api.get("/api/v1/audit")).json()["items"]
    assert {"sales_channel.created", "sales_channel.updated"} <= {entry["action"] for entry in log}


async def test_a_currency_must_be_switched_on(api: httpx.AsyncClient, shop: int) -> None:
    assert (await send(api, shop, "m1", currency="MGA"))["errors"][0]["pointer"] == "/currency"
    assert (await send(api, shop, "m1", currency="ZZZ"))["status"] == "rejected"
    on = await api.patch(f"{M}/currencies/MGA", json={"active": True})
    assert on.json() == {"code": "MGA", "name": "Malagasy ariary", "active": True, "places": 2}
    assert (await send(api, shop, "m1", currency="MGA"))["status"] == "created"
    assert (await api.patch(f"{M}/currencies/ZZZ", json={"active": True})).status_code == 404
    codes = [item["code"] for item in (await api.get(f"{M}/currencies")).json()["items"] if item["active"]]
    assert {"EUR", "NOK", "USD", "JPY", "KWD"} <= set(codes)


async def test_regions_and_tags_of_orders(api: httpx.AsyncClient, shop: int) -> None:
    await made(api, "regions", {"external_id": "north", "name": "North"})
    got = await send(api, shop, "r1", region="north", tags=["gift", "b2b"])
    order = (await api.get(f"{M}/orders/{got['id']}")).json()
    assert (order["region"], order["tags"]) == ("north", ["gift", "b2b"])
    assert (await send(api, shop, "r2", region="south"))["errors"][0]["pointer"] == "/region"


async def test_typed_fields_are_checked_and_filled_in(api: httpx.AsyncClient, shop: int) -> None:
    for field in (
        {"entity": "order", "key": "gift", "type": "bool", "default": False},
        {"entity": "order", "key": "manager", "type": "string", "required": True},
        {"entity": "line", "key": "engraving", "type": "list"},
    ):
        await made(api, "fields", field)
    missing = await send(api, shop, "f1")
    assert missing["errors"] == [{"pointer": "/properties/manager", "message": "manager is required"}]
    wrong = await send(api, shop, "f1", properties={"manager": 5, "gift": "yes"})
    assert {e["pointer"] for e in wrong["errors"]} == {"/properties/manager", "/properties/gift"}
    line = {"product": "beans", "total": "10.00", "properties": {"engraving": "A"}}
    assert (await send(api, shop, "f1", properties={"manager": "Ada"}, lines=[line]))["status"] == "rejected"
    line["properties"] = {"engraving": ["A", "B"]}
    got = await send(api, shop, "f1", properties={"manager": "Ada", "free": 1}, lines=[line])
    order = (await api.get(f"{M}/orders/{got['id']}")).json()
    assert order["properties"] == {"manager": "Ada", "gift": False, "free": 1}
    assert order["lines"][0]["properties"] == {"engraving": ["A", "B"]}
    taken = {"entity": "order", "key": "total", "type": "int"}
    assert (await api.post(f"{M}/fields", json=taken)).status_code == 422
    default = {"entity": "order", "key": "size", "type": "int", "default": "5"}
    assert (await api.post(f"{M}/fields", json=default)).status_code == 422
    fields = (await api.get(f"{M}/fields")).json()["items"]
    number = next(f["id"] for f in fields if f["key"] == "manager")
    await api.patch(f"{M}/fields/{number}", json={"archived": True})
    assert (await send(api, shop, "f2"))["status"] == "created"


async def test_an_import_may_bring_its_fields_and_statuses(api: httpx.AsyncClient, shop: int) -> None:
    item = {
        "external_id": "b1",
        "placed_at": "2026-11-01T10:00:00Z",
        "match": {"external_id": "c1"},
        "properties": {"floor_no": 3},
        "lines": [{"product": "beans", "total": "10.00", "status": "on-the-shelf"}],
    }
    body = {
        "database": shop,
        "items": [item],
        "custom_fields": [{"entity": "order", "key": "floor_no", "type": "int"}],
        "custom_line_statuses": [{"external_id": "on-the-shelf", "name": "On the shelf", "kind": "in_process"}],
    }
    reply = (await api.post(f"{M}/orders", json=body)).json()
    assert reply["created"] == 1
    order = (await api.get(f"{M}/orders/{reply['items'][0]['id']}")).json()
    assert (order["lines"][0]["status"], order["lines"][0]["kind"]) == ("on-the-shelf", "in_process")
    body["custom_fields"] = [{"entity": "order", "key": "floor_no", "type": "string"}]
    assert (await api.post(f"{M}/orders", json=body)).status_code == 409
    statuses = (await api.get(f"{M}/line-statuses")).json()["items"]
    assert [s["external_id"] for s in statuses if s["id"] is None] == [
        "new",
        "processing",
        "delivering",
        "delivered",
        "cancelled",
        "refunded",
    ]
