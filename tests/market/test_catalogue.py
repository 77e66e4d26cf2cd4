"""Products and the category tree."""

from __future__ import annotations

import httpx
import pytest

from fidelia.platform.engines import Engines

TREE = [
    {"external_id": "coffee", "name": "Coffee", "parent": "food"},
    {"external_id": "food", "name": "Food"},
    {"external_id": "beans", "name": "Beans 'n' \\more", "parent": "coffee"},
]


async def test_categories_come_in_any_order_and_move_with_all_below(api: httpx.AsyncClient, engines: Engines) -> None:
    reply = await api.post("/api/v1/market/categories", json={"items": TREE})
    assert reply.status_code == 200, reply.text
    assert [c["path"] for c in reply.json()["items"]] == [["food"], ["food", "coffee"], ["food", "coffee", "beans"]]
    made = await api.post(
        "/api/v1/market/products",
        json={
            "items": [{"external_id": "A-1", "name": "Yirga", "category": "beans", "price": "12.5", "currency": "EUR"}]
        },
    )
    assert made.json()["created"] == 1
    await engines.catch_up()
    query = "select categories, toString(price) from products final where external_id = 'A-1'"
    assert await engines.clickhouse.query(query) == [(["food", "coffee", "beans"], "12.5")]
    moved = await api.post(
        "/api/v1/market/categories",
        json={"items": [{"external_id": "it's\\", "name": "New root"}, {**TREE[0], "parent": "it's\\"}]},
    )
    assert moved.status_code == 200
    await engines.catch_up()
    assert await engines.clickhouse.query(query) == [(["it's\\", "coffee", "beans"], "12.5")]
    branch = (await api.get("/api/v1/market/products", params={"category": "it's\\"})).json()
    assert [p["external_id"] for p in branch["items"]] == ["A-1"]


@pytest.mark.parametrize(
    "items",
    [
        [{"external_id": "a", "name": "A", "parent": "b"}, {"external_id": "b", "name": "B", "parent": "a"}],
        [{"external_id": "a", "name": "A", "parent": "nowhere"}],
        [{"external_id": "", "name": "A"}],
    ],
)
async def test_a_wrong_tree_is_refused_whole(api: httpx.AsyncClient, items: list[dict[str, str]]) -> None:
    before = (await api.get("/api/v1/market/categories")).json()
    assert (await api.post("/api/v1/market/categories", json={"items": items})).status_code == 422
    assert (await api.get("/api/v1/market/categories")).json() == before


async def test_what_an_item_leaves_out_stays(api: httpx.AsyncClient) -> None:
    path = "/api/v1/market/products"
    first = await api.post(
        path, json={"items": [{"external_id": "K", "name": "Kettle", "brand": "Hot", "price": "20"}]}
    )
    again = await api.post(path, json={"items": [{"external_id": "K", "name": "Kettle"}]})
    other = await api.post(path, json={"items": [{"external_id": "K", "price": "18.00"}]})
    assert (first.json()["created"], again.json()["unchanged"], other.json()["updated"]) == (1, 1, 1)
    id_ = first.json()["items"][0]["id"]
    got = (await api.get(f"{path}/{id_}")).json()
    assert (got["name"], got["brand"], got["price"]) == ("Kettle", "Hot", "18")
    changed = await api.patch(f"{path}/{id_}", json={"brand": None, "url": "https://shop.example/k"})
    assert (changed.json()["brand"], changed.json()["url"]) == (None, "https://shop.example/k")
    assert (await api.patch(f"{path}/{id_}", json={"url": "javascript:alert(1)"})).status_code == 422
    assert (await api.delete(f"{path}/{id_}")).json()["status"] == "archived"
    assert (await api.get(path, params={"q": "kettle"})).json()["items"] == []


async def test_search_and_sort_by_price(api: httpx.AsyncClient) -> None:
    path = "/api/v1/market/products"
    items = [{"external_id": f"S{n}", "name": f"Sock {n}", "price": str(n)} for n in range(7)]
    assert (await api.post(path, json={"items": items})).json()["created"] == 7
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        reply = (await api.get(path, params={"q": "sock", "sort": "-price", "limit": 3, "cursor": cursor})).json()
        seen += [p["external_id"] for p in reply["items"]]
        cursor = reply["next_cursor"]
    assert seen == [f"S{n}" for n in range(6, -1, -1)]
