"""Updatable product segments: counted while they are built, filled by jobs, by the clock, by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.segments.products import recalculate

from .conftest import ROOT, Shop, compare, every, inside

DEAR = compare("product.price", "gt", 80)


async def test_a_condition_is_counted_and_shown_before_it_is_saved(shop: Shop) -> None:
    coffee = every(compare("product.category", "under", "coffee"), DEAR)
    found = await shop.count(coffee, nodes=True)
    assert (found["count"], found["matched"], found["total"]) == (2, 2, 12)
    assert [card["external_id"] for card in found["preview"]] == ["p9", "p11"]
    assert {node["path"]: node["alone"] for node in found["nodes"]} == {"": 2, "/of/0": 6, "/of/1": 4}
    assert found["sentence"].startswith("Products whose category is in Coffee")
    cut = await shop.count(coffee, limit=1, rows=0)
    assert (cut["count"], cut["matched"], cut["preview"]) == (1, 2, [])
    reply = await shop.api.post(
        f"/api/v1{ROOT}/calculate", json={"entity": "product", "condition": compare("profile.city", "eq", "x")}
    )
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/condition/field"


async def test_the_vocabulary_speaks_of_products_alone(shop: Shop) -> None:
    words = await shop.get(f"{ROOT}/vocabulary?entity=product")
    names = {field["name"] for field in words["fields"]}
    assert words["subject"] == "product"
    assert {"product.name", "product.price", "product.category", "product.brand", "now.weekday"} <= names
    assert not [name for name in names if name.startswith(("profile.", "order.", "line."))]
    assert words["events"] == []
    assert all(link["of"] not in ("profile", "order", "line") for link in words["links"])
    await shop.get(f"{ROOT}/vocabulary?entity=person", 422)


async def test_rules_fill_a_list_and_fill_it_again(shop: Shop) -> None:
    made = await shop.filled(DEAR, limit=None)
    assert (made["size"], made["last_run"]["state"], made["last_run"]["entered"]) == (4, "done", 4)
    assert await shop.names(made["id"]) == ["p9", "p10", "p11", "p12"]
    changed = {"condition": compare("product.price", "gt", 100), "version": made["version"]}
    after = await shop.send("PATCH", f"{ROOT}/{made['id']}", changed)
    assert after["open_run"]["state"] == "queued"  # other rules have the list filled again
    await shop.run(after["open_run"]["job_id"])
    after = await shop.get(f"{ROOT}/{made['id']}")
    assert (after["size"], after["last_run"]["left"], after["last_run"]["entered"]) == (2, 2, 0)
    await shop.send("PATCH", f"{ROOT}/{made['id']}", changed, 409)  # somebody else was faster
    job = await shop.send("POST", f"{ROOT}/{made['id']}/recalculate", status=202)
    same = await shop.send("POST", f"{ROOT}/{made['id']}/recalculate", status=202)
    assert job["job"]["id"] == same["job"]["id"]
    cancelled = await shop.send("POST", f"{ROOT}/{made['id']}/cancel")
    assert cancelled["state"] == "cancelled"
    runs = await shop.get(f"{ROOT}/{made['id']}/runs")
    assert [run["state"] for run in runs["items"]] == ["cancelled", "done", "done"]


async def test_the_limit_keeps_the_same_ones_after_filtering(shop: Shop) -> None:
    made = await shop.filled(DEAR, limit=2)
    first = await shop.names(made["id"])
    assert len(first) == 2
    again = await shop.filled(DEAR, limit=2)
    assert await shop.names(again["id"]) == first


async def test_products_on_a_list_can_be_asked_for(shop: Shop) -> None:
    listed = await shop.make("static", name="Listed")
    await shop.send("POST", f"{ROOT}/{listed['id']}/members/add", {"external_ids": ["p1", "p9", "p12"]})
    found = await shop.count(every(DEAR, inside(listed["id"])))
    assert [card["external_id"] for card in found["preview"]] == ["p9", "p12"]
    assert found["sentence"].endswith("and in the product segment Listed")
    others = await shop.count(every(DEAR, {"kind": "not", "of": inside(listed["id"])}))
    assert [card["external_id"] for card in others["preview"]] == ["p10", "p11"]


async def test_segments_do_not_lead_back_to_themselves(shop: Shop) -> None:
    first = await shop.filled(DEAR)
    second = await shop.filled(inside(first["id"]))
    body = {"condition": inside(second["id"])}
    refused = await shop.send("PATCH", f"{ROOT}/{first['id']}", body, 422)
    assert "lead back to itself" in refused["errors"][0]["message"]
    await shop.send("PATCH", f"{ROOT}/{first['id']}", {"condition": inside(first["id"])}, 422)


async def test_what_does_not_fit_is_refused_where_it_stands(shop: Shop) -> None:
    refused = await shop.make("static", 422, condition=DEAR, limit=3, schedule={"at": "03:00"})
    assert [e["pointer"] for e in refused["errors"]] == ["/condition", "/limit", "/schedule"]
    refused = await shop.make("updatable", 422, name="  ")
    assert [e["pointer"] for e in refused["errors"]] == ["/name", "/condition"]
    refused = await shop.make("updatable", 422, condition=DEAR, schedule={"at": "03:00", "timezone": "Oslo"})
    assert [e["pointer"] for e in refused["errors"]] == ["/schedule/timezone"]
    made = await shop.make("updatable", condition=DEAR, name="Taken")
    await shop.make("static", 409, name="taken")
    await shop.send("PATCH", f"{ROOT}/{made['id']}", {"entity": "sku"}, 409)
    await shop.send("PATCH", f"{ROOT}/{made['id']}", {"type": "static"}, 409)


async def test_the_clock_fills_what_is_due_and_rests_when_switched_off(shop: Shop, clock: FixedClock) -> None:
    schedule = {"at": "03:00", "timezone": "Europe/Oslo", "weekdays": ["tuesday"], "until": "2026-11-30"}
    made = await shop.filled(DEAR, schedule=schedule)
    assert made["next_run_at"] == "2026-11-17T02:00:00Z"
    assert await recalculate.start_due(shop.engines) == []
    clock.set(datetime(2026, 11, 17, 2, 1, tzinfo=UTC))
    assert await recalculate.start_due(shop.engines) == [made["id"]]
    assert await recalculate.start_due(shop.engines) == []
    due = await shop.get(f"{ROOT}/{made['id']}")
    assert (due["next_run_at"], due["open_run"]["source"]) == ("2026-11-24T02:00:00Z", "schedule")
    await shop.run(due["open_run"]["job_id"])
    off = await shop.send("PATCH", f"{ROOT}/{made['id']}", {"active": False})
    assert (off["next_run_at"], off["size"]) == (None, 4)
    clock.set(datetime(2026, 11, 24, 2, 1, tzinfo=UTC))
    assert await recalculate.start_due(shop.engines) == []
    on = await shop.send("PATCH", f"{ROOT}/{made['id']}", {"active": True})
    assert on["next_run_at"] is None  # its last day lies before the next Tuesday


@pytest.mark.parametrize("sort", ["name", "-size", "calculated_at", "-created_at"])
async def test_lists_are_sorted_and_found(shop: Shop, sort: str) -> None:
    await shop.make("static", name=f"Zebra {sort}")
    found = await shop.get(f"{ROOT}?sort={sort}&q=zebra&type=static&entity=product")
    assert f"Zebra {sort}" in [s["name"] for s in found["items"]]
    assert found["total"] == len(found["items"])
