"""SKUs, prices and stock by region, relations, and what the catalogue knows of a key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx

from fidelia import market
from fidelia.platform.engines import Engines

M = "/api/v1/market"


async def load(api: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    reply = await api.post(f"{M}/products", json=body)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


async def test_products_and_skus_come_together(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    await api.post(f"{M}/regions", json={"external_id": "oslo", "name": "Oslo"})
    await api.post(f"{M}/categories", json={"items": [{"external_id": "tees", "name": "T-shirts"}]})
    product = {
        "external_id": "tee",
        "name": "T-shirt",
        "category": "tees",
        "price": "20.00",
        "old_price": "25.00",
        "floor": "15.00",
        "currency": "EUR",
        "tags": ["summer"],
        "pictures": ["https://x.example/1.png", "https://x.example/2.png"],
        "expires_on": "2027-01-31",
        "warranty": True,
        "regions": [{"region": "oslo", "price": "22.00", "quantity": 5}],
        "properties": {"cloth": "cotton"},
    }
    skus = [
        {"external_id": "tee-s", "product": "tee", "name": "T-shirt S", "quantity": 3},
        {"external_id": "tee-l", "product": "tee", "name": "T-shirt L", "price": "21.00", "tags": ["large"]},
        {"external_id": "orphan", "product": "nothing", "name": "Orphan"},
    ]
    reply = await load(api, items=[product], skus=skus)
    assert (reply["created"], reply["skus"]["created"], reply["skus"]["rejected"]) == (1, 2, 1)
    same = await load(api, items=[product], skus=skus[:2])
    assert (same["unchanged"], same["skus"]["unchanged"]) == (1, 2)
    product["regions"] = [{"region": "oslo", "price": "23.00"}]
    assert (await load(api, items=[product]))["updated"] == 1
    detail = (await api.get(f"{M}/products/{reply['items'][0]['id']}")).json()
    assert [v["external_id"] for v in detail["variants"]] == ["tee-l", "tee-s"]
    assert detail["regions"] == [
        {"region": "oslo", "name": "Oslo", "price": "23.00", "old_price": None, "quantity": None}
    ]
    assert (detail["image_url"], detail["expires_on"], detail["skus"]) == (
        "https://x.example/1.png",
        "2027-01-31",
        2,
    )
    async with engines.tx() as tx:
        found = await market.catalogue(tx, ["tee", "tee-s", "tee-l", "unknown"])
    assert set(found) == {"tee", "tee-s", "tee-l"}
    small, large = found["tee-s"], found["tee-l"]
    assert (small.price, small.old_price, small.floor, small.quantity) == (
        Decimal("20.0000"),
        Decimal("25.0000"),
        Decimal("15.0000"),
        Decimal("3.0000"),
    )
    assert (large.price, large.old_price, large.tags, large.categories) == (
        Decimal("21.0000"),
        None,
        ("summer", "large"),
        ("tees",),
    )
    assert found["tee"].sku_id is None
    assert small.properties == {"cloth": "cotton"}
    await engines.catch_up()
    rows = await engines.clickhouse.query("select external_id, price, tags from skus final order by external_id")
    assert rows[-2:] == [("tee-l", Decimal("21.0000"), ["large"]), ("tee-s", Decimal("20.0000"), [])]
    rows = await engines.clickhouse.query(
        "select old_price, floor, tags, warranty, toString(expires_on), regions, skus from products final"
        " where external_id = 'tee'"
    )
    assert rows == [(Decimal("25"), Decimal("15"), ["summer"], True, "2027-01-31", ["oslo"], 2)]
    await load(api, items=[{**product, "price": "18.00"}])
    await engines.catch_up()
    rows = await engines.clickhouse.query("select price from skus final where external_id = 'tee-s'")
    assert rows == [(Decimal("18"),)]


async def test_the_mode_of_a_batch(api: httpx.AsyncClient, shop: int) -> None:
    one = {"external_id": "mode-1", "name": "One"}
    assert (await load(api, items=[one], mode="update"))["rejected"] == 1
    assert (await load(api, items=[one], mode="add"))["created"] == 1
    assert (await load(api, items=[{**one, "name": "Two"}], mode="add"))["rejected"] == 1
    assert (await load(api, items=[{**one, "name": "Two"}], mode="update"))["updated"] == 1


async def test_lines_name_skus(api: httpx.AsyncClient, shop: int) -> None:
    await load(
        api,
        items=[{"external_id": "cap", "name": "Cap"}],
        skus=[{"external_id": "cap-red", "product": "cap", "name": "Red cap"}],
    )
    lines = [
        {"sku": "cap-red", "total": "5.00"},
        {"product": "cap-red", "total": "5.00"},
        {"product": "cap", "sku": "cap-blue", "total": "5.00"},
        {"sku": "hat", "total": "5.00"},
    ]
    item = {
        "external_id": "s1",
        "placed_at": "2026-11-01T10:00:00Z",
        "match": {"external_id": "c1"},
        "lines": lines,
    }
    reply = (await api.post(f"{M}/orders", json={"database": shop, "items": [item]})).json()
    assert reply["created"] == 1
    order = (await api.get(f"{M}/orders/{reply['items'][0]['id']}")).json()
    assert [(line["product"], line["sku"], line["name"]) for line in order["lines"]] == [
        ("cap", "cap-red", "Red cap"),
        ("cap", "cap-red", "Red cap"),
        ("cap", "cap-blue", "cap-blue"),
        ("hat", None, "hat"),
    ]
    again = (await api.post(f"{M}/orders", json={"database": shop, "items": [item]})).json()
    assert again["unchanged"] == 1
    skus = (await api.get(f"{M}/skus", params={"q": "cap-"})).json()
    assert [(s["external_id"], s["status"]) for s in skus["items"]] == [("cap-blue", "stub"), ("cap-red", "active")]
    gone = await api.delete(f"{M}/skus/{skus['items'][1]['id']}")
    assert gone.json()["status"] == "archived"


async def test_products_that_go_with_one(api: httpx.AsyncClient, shop: int) -> None:
    made = await load(api, items=[{"external_id": f"rel-{n}", "name": f"R{n}"} for n in range(3)])
    path = f"{M}/products/{made['items'][0]['id']}/relations"
    items = [
        {"product": "rel-1", "kind": "similar", "weight": 1},
        {"product": "rel-2", "kind": "similar", "weight": 5},
        {"product": "rel-2", "kind": "accessory"},
    ]
    found = (await api.put(path, json={"items": items})).json()["items"]
    assert [(r["kind"], r["product"]) for r in found] == [
        ("accessory", "rel-2"),
        ("similar", "rel-2"),
        ("similar", "rel-1"),
    ]
    assert (await api.put(path, json={"items": [{"product": "rel-0", "kind": "up"}]})).status_code == 422
    assert (await api.put(path, json={"items": []})).json()["items"] == []


async def test_typed_fields_reach_conditions(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    field = {"entity": "product", "key": "grams", "type": "int"}
    await load(api, items=[{"external_id": "heavy", "properties": {"grams": 900}}], custom_fields=[field])
    assert (await load(api, items=[{"external_id": "light", "properties": {"grams": "5"}}]))["rejected"] == 1
    item = {
        "external_id": "grams",
        "placed_at": "2026-11-01T10:00:00Z",
        "match": {"external_id": "c3"},
        "tags": ["gift"],
        "lines": [{"product": "heavy", "total": "5.00"}],
    }
    await api.post(f"{M}/orders", json={"database": shop, "items": [item]})

    async def count(where: dict[str, Any], link: str = "orders.lines") -> int:
        condition = {"kind": "related", "link": link, "where": where}
        reply = await api.post("/api/v1/segments/calculate", json={"database_id": shop, "condition": condition})
        assert reply.status_code == 200, reply.text
        return int(reply.json()["count"])

    grams = {"kind": "compare", "field": "product.grams", "op": "gt", "value": 500}
    heavy = {"kind": "related", "link": "product", "where": grams}
    assert await count(grams) == 1 or await count(heavy) == 1
    assert await count({"kind": "compare", "field": "order.tags", "op": "any_of", "value": ["gift"]}, "orders") == 1


async def test_a_sku_is_changed_by_hand(api: httpx.AsyncClient, engines: Engines, shop: int) -> None:
    await api.post(f"{M}/regions", json={"external_id": "tromso", "name": "Tromsø"})
    sku = {"external_id": "cap-red", "product": "cap", "name": "Red cap", "price": "9.00", "quantity": 4}
    made = await load(
        api, items=[{"external_id": "cap", "name": "Cap", "price": "8.00", "currency": "EUR"}], skus=[sku]
    )
    at = f"{M}/skus/{made['skus']['items'][0]['id']}"
    change = {"name": "Cap, red", "price": None, "regions": [{"region": "tromso", "quantity": "2"}]}
    changed = (await api.patch(at, json=change)).json()
    assert (changed["name"], changed["price"], changed["quantity"]) == ("Cap, red", None, "4")
    assert [(r["region"], r["quantity"]) for r in changed["regions"]] == [("tromso", "2")]
    for wrong, pointer in (
        ({"price": "-1"}, "/price"),
        ({"name": ""}, "/name"),
        ({"regions": [{"region": "no"}]}, None),
    ):
        refused = await api.patch(at, json={"quantity": "7", **wrong})
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == (pointer or "/regions/0/region")
    assert (await api.get(at)).json() == changed
    assert (await api.patch(at, json={"status": "archived", "regions": []})).json()["regions"] == []
    assert (await api.patch(f"{M}/skus/999999", json={})).status_code == 404
