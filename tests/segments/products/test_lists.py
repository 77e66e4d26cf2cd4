"""Static product segments: changed by hand and API, shown, exported; who may not be changed, and who uses them."""

from __future__ import annotations

from fidelia import segments
from tests.conftest import api_client

from .conftest import ROOT, Shop, compare, inside


async def test_a_static_list_is_changed_by_ids_and_external_ids(shop: Shop) -> None:
    made = await shop.make("static")
    assert (made["size"], made["condition"], made["used_by"]) == (0, None, [])
    body = {"ids": [shop.ids["p1"], 999_999], "external_ids": ["p2", "p1", "nothing"]}
    added = await shop.send("POST", f"{ROOT}/{made['id']}/members/add", body)
    assert added == {"added": 2, "already": 0, "unknown": ["999999", "nothing"], "size": 2}
    again = await shop.send("POST", f"{ROOT}/{made['id']}/members/add", {"external_ids": ["p2", "p3"]})
    assert (again["added"], again["already"], again["size"]) == (1, 1, 3)
    assert await shop.names(made["id"]) == ["p1", "p2", "p3"]
    gone = await shop.send("POST", f"{ROOT}/{made['id']}/members/remove", {"external_ids": ["p2", "p9"]})
    assert gone == {"removed": 1, "absent": 1, "size": 2}
    assert (await shop.send("POST", f"{ROOT}/{made['id']}/members/clear"))["removed"] == 2
    log = await shop.get(f"{ROOT}/{made['id']}/log")
    assert [(e["action"], e["entered"], e["left"], e["size"]) for e in log["items"]] == [
        ("clear", 0, 2, 0),
        ("remove", 0, 1, 2),
        ("add", 1, 0, 3),
        ("add", 2, 0, 2),
    ]
    assert {e["source"] for e in log["items"]} == {"api"}
    assert (await shop.get(f"{ROOT}/{made['id']}"))["size"] == 0


async def test_a_list_is_searched_paged_and_exported(shop: Shop) -> None:
    made = await shop.make("static")
    await shop.send("POST", f"{ROOT}/{made['id']}/members/add", {"external_ids": list(shop.ids)})
    assert await shop.names(made["id"]) == [f"p{n}" for n in range(1, 13)]
    assert await shop.names(made["id"], "&q=moka") == ["p3", "p6", "p9", "p12"]
    card = (await shop.get(f"{ROOT}/{made['id']}/members?limit=1"))["items"][0]
    shown = {key: card[key] for key in ("external_id", "name", "category", "price", "currency", "image_url")}
    assert shown == {
        "external_id": "p1",
        "name": "Thing 1",
        "category": "Coffee",
        "price": "10.00",
        "currency": "EUR",
        "image_url": "https://shop.example/1.jpg",
    }
    text = (await shop.api.get(f"/api/v1{ROOT}/{made['id']}/export.csv")).text.splitlines()
    assert len(text) == 13
    assert text[1].split(",")[1:6] == ["p1", "Thing 1", "", "Coffee", "10.00"]
    assert ",'=Thing 12," in text[12]  # a cell is no formula


async def test_lists_that_rules_fill_are_not_changed_by_hand(shop: Shop) -> None:
    made = await shop.make("updatable", condition=compare("product.price", "gt", 50))
    refused = await shop.send("POST", f"{ROOT}/{made['id']}/members/add", {"external_ids": ["p1"]}, 409)
    assert "filled by its rules" in refused["detail"]
    static = await shop.make("static")
    await shop.send("POST", f"{ROOT}/{static['id']}/recalculate", status=409)


async def test_a_segment_in_use_is_not_archived(shop: Shop) -> None:
    made = await shop.make("static", name="Beans")
    rule = {"kind": "related", "link": "orders.lines", "where": inside(made["id"], "line.product")}
    body = {"database_id": shop.database, "name": "buyers of beans", "type": "dynamic", "condition": rule}
    people = await shop.send("POST", "/segments", body, 201)
    other = await shop.filled(inside(made["id"]), name="The same")
    assert (await shop.get(f"{ROOT}/{made['id']}"))["used_by"] == [
        "segment buyers of beans",
        "product segment The same",
    ]
    refused = await shop.send("DELETE", f"{ROOT}/{made['id']}", status=409)
    assert refused["used_by"] == ["segment buyers of beans", "product segment The same"]
    await shop.send("DELETE", f"/segments/{people['id']}", status=204)
    await shop.send("DELETE", f"{ROOT}/{other['id']}", status=204)
    await shop.send("DELETE", f"{ROOT}/{made['id']}", status=204)
    assert made["id"] not in [s["id"] for s in (await shop.get(ROOT))["items"]]
    assert made["id"] in [s["id"] for s in (await shop.get(f"{ROOT}?archived=true"))["items"]]
    await shop.make("static", name="Beans")
    await shop.send("POST", f"{ROOT}/{made['id']}/restore", status=409)  # its name is taken by now


async def test_people_who_bought_what_is_on_a_list_are_found(shop: Shop) -> None:
    made = await shop.make("static", name="First")
    await shop.send("POST", f"{ROOT}/{made['id']}/members/add", {"external_ids": ["p1"]})
    rule = {"kind": "related", "link": "orders.lines", "where": inside(made["id"], "line.product")}
    body = {"database_id": shop.database, "columns": ["external_id"], "condition": rule}
    found = await shop.send("POST", "/segments/calculate", body)
    assert [row["external_id"] for row in found["preview"]] == ["c1"]
    assert (
        found["sentence"] == "People in shop with at least one line where the product is in the product segment First"
    )
    without = {"kind": "related", "link": "orders.lines", "where": {"kind": "not", "of": rule["where"]}}
    found = await shop.send("POST", "/segments/calculate", body | {"condition": without})
    assert [row["external_id"] for row in found["preview"]] == ["c2"]
    await shop.send("POST", f"{ROOT}/{made['id']}/members/add", {"external_ids": ["p2"]})
    assert (await shop.send("POST", "/segments/calculate", body))["count"] == 2  # seen at once
    wrong = await shop.send("POST", "/segments/calculate", body | {"condition": inside(made["id"])}, 422)
    assert wrong["errors"][0]["pointer"] == "/condition/subject"
    late = inside(made["id"], "line.product") | {"state": "ever"}
    rule = {"kind": "related", "link": "orders.lines", "where": late}
    wrong = await shop.send("POST", "/segments/calculate", body | {"condition": rule}, 422)
    assert wrong["errors"][0]["pointer"] == "/condition/where/state"


async def test_lists_are_at_hand_for_conditions_in_memory(shop: Shop) -> None:
    made = await shop.make("static")
    await shop.send("POST", f"{ROOT}/{made['id']}/members/add", {"external_ids": ["p1", "p4"]})
    number = (1 << 31) + 4 * (1 << 26) + made["id"]
    for _ in range(2):  # read, then kept
        async with shop.engines.tx() as tx:
            found = await segments.product_lists(tx, [number, number + 1_000])
        assert {key: list(value) for key, value in found.items()} == {
            number: [shop.ids["p1"], shop.ids["p4"]],
            number + 1_000: [],
        }
    await shop.send("POST", f"{ROOT}/{made['id']}/members/remove", {"external_ids": ["p1"]})
    async with shop.engines.tx() as tx:
        assert list((await segments.product_lists(tx, [number]))[number]) == [shop.ids["p4"]]


async def test_who_may_only_look_changes_nothing(shop: Shop) -> None:
    made = await shop.make("static")
    async with api_client(shop.engines, roles=("analyst",)) as client:
        assert (await client.get(f"/api/v1{ROOT}/{made['id']}")).status_code == 200
        body = {"external_ids": ["p1"]}
        assert (await client.post(f"/api/v1{ROOT}/{made['id']}/members/add", json=body)).status_code == 403
        assert (await client.delete(f"/api/v1{ROOT}/{made['id']}")).status_code == 403
