"""Making, reading, changing and archiving segments; what is refused, and where it says so."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from tests.conftest import api_client

from .conftest import ALWAYS, Shop, compare, every, inverse, member, name, some

OSLO = compare("profile.city", "eq", "Oslo")


async def test_a_definition_is_kept_as_it_was_sent(shop: Shop) -> None:
    body = {
        "description": "A tenth of Oslo",
        "condition": every(OSLO, inverse(compare("profile.age", "gt", 40))),
        "range": {"from": 0, "to": 12.5},
        "limit": 100,
    }
    made = await shop.make("dynamic", **body)
    read = await shop.get(f"/segments/{made['id']}")
    assert {key: read[key] for key in body} == body
    assert read["database"] == "shop"
    assert "Oslo" in read["sentence"]
    assert read["spans"]
    assert (read["size"], read["problems"], read["used_by"], read["last_run"]) == (None, [], [], None)


async def test_the_three_kinds_need_different_things(shop: Shop) -> None:
    static = await shop.make("static")
    assert (static["size"], static["condition"]) == (0, None)
    problem = await shop.make("dynamic", status=422)
    assert problem["errors"][0]["pointer"] == "/condition"
    problem = await shop.make("static", status=422, condition=OSLO, limit=3)
    assert [e["pointer"] for e in problem["errors"]] == ["/condition", "/limit"]
    schedule = {"at": "03:00"}
    problem = await shop.make("dynamic", status=422, condition=OSLO, schedule=schedule)
    assert problem["errors"][0]["pointer"] == "/schedule"
    updatable = await shop.make("updatable", condition=OSLO, schedule=schedule)
    assert updatable["next_run_at"] == "2026-11-17T02:00:00Z"  # 03:00 in Oslo
    assert updatable["last_run"]["state"] == "queued"


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"name": " "}, ["/name"]),
        ({"name": "x" * 201, "description": "y" * 2001}, ["/name", "/description"]),
        ({"range": {"from": 10, "to": 10}}, ["/range/to"]),
        ({"range": {"from": 0, "to": 101}}, ["/range/to"]),
        ({"range": {"from": 0.001, "to": 50}}, ["/range/from"]),
        ({"limit": 0}, ["/limit"]),
        ({"schedule": {"at": "3:00"}}, ["/schedule/at"]),
        ({"schedule": {"at": "03:00", "timezone": "Oslo"}}, ["/schedule/timezone"]),
        ({"schedule": {"at": "03:00", "until": "2026-11-15"}}, ["/schedule/until"]),
        ({"schedule": {"at": "03:00", "weekdays": ["monday", "monday"]}}, ["/schedule/weekdays"]),
        ({"schedule": {"at": "03:00", "weekdays": ["mon"]}}, ["/schedule/weekdays/0"]),
        ({"condition": {"kind": "every", "of": []}}, ["/condition/kind"]),
        ({"condition": {"kind": "all", "of": [OSLO], "or": 1}}, ["/condition/or"]),
        (
            {"condition": every(compare("profile.town", "eq", "x"), some(compare("profile.age", "gt", "old")))},
            ["/condition/of/0/field", "/condition/of/1/of/0/value"],
        ),
        ({"condition": every(member(999_999))}, ["/condition/of/0/of/segment"]),
        ({"surprise": 1}, ["/surprise"]),
    ],
)
async def test_faults_name_the_place(shop: Shop, change: dict[str, Any], pointers: list[str]) -> None:
    problem = await shop.make("updatable", status=422, **{"condition": OSLO, **change})
    assert [e["pointer"] for e in problem["errors"]] == pointers
    assert all(e["message"] for e in problem["errors"])


async def test_an_unfinished_condition_is_refused_with_pointers(shop: Shop) -> None:
    problem = await shop.calculate(every(compare("profile.age", "gt"), {"kind": "occurred", "event": "x"}), 422)
    assert [e["pointer"][:15] for e in problem["errors"]] == ["/condition/of/0", "/condition/of/1"]
    assert (await shop.calculate(ALWAYS, 422, columns=["shoe"]))["errors"][0]["pointer"] == "/columns/0"
    assert (await shop.calculate(ALWAYS, 404, database_id=999))["status"] == 404
    assert (await shop.calculate(ALWAYS, 422, segment_limit=0))["errors"][0]["pointer"] == "/segment_limit"


async def test_changes(shop: Shop) -> None:
    made = await shop.make("dynamic", condition=OSLO)
    path = f"/segments/{made['id']}"
    changed = await shop.patch(path, {"condition": ALWAYS, "limit": 5, "version": made["version"]})
    assert (changed["condition"], changed["limit"], changed["version"]) == (ALWAYS, 5, made["version"] + 1)
    assert (await shop.patch(path, {"limit": None}))["limit"] is None
    late = await shop.patch(path, {"description": "x", "version": made["version"]}, 409)
    assert late["errors"][0]["pointer"] == "/version"
    same = await shop.patch(path, {"type": "dynamic", "database_id": shop.database})
    assert (await shop.patch(path, {"name": f" {same['name']} "}))["version"] >= same["version"]
    for body in ({"type": "static"}, {"database_id": shop.database + 1}):
        fixed = await shop.patch(path, body, 409)
        assert "fixed" in fixed["detail"]
        assert fixed["errors"][0]["pointer"] == f"/{next(iter(body))}"
    assert (await shop.patch("/segments/999999", {"name": "x"}, 404))["status"] == 404


async def test_names_are_unique_in_a_database(shop: Shop) -> None:
    taken = name("Taken")
    made = await shop.make("static", name=taken)
    assert (await shop.make("static", 409, name=taken.upper()))["errors"][0]["pointer"] == "/name"
    other = await shop.post("/databases", {"name": name("other")}, 201)
    assert (await shop.make("static", name=taken, database_id=other["id"]))["name"] == taken
    assert (await shop.api.delete(f"/api/v1/segments/{made['id']}")).status_code == 204
    again = await shop.make("static", name=taken)
    assert (await shop.post(f"/segments/{made['id']}/restore", status=409))["status"] == 409
    await shop.patch(f"/segments/{again['id']}", {"name": name("Other")})
    assert (await shop.post(f"/segments/{made['id']}/restore"))["archived_at"] is None


async def test_lists_search_sort_and_page(shop: Shop) -> None:
    database = (await shop.post("/databases", {"name": name("lists")}, 201))["id"]
    for n in range(7):
        type_ = ("static", "dynamic")[n % 2]
        more = {"condition": ALWAYS} if n % 2 else {}
        await shop.make(type_, name=f"List {n}", database_id=database, description=f"No {n}", **more)
    url = f"/segments?database={database}"
    for sort in ("name", "-name", "size", "created_at", "-updated_at", "calculated_at", "-id"):
        seen: list[str] = []
        cursor = ""
        while True:
            page = await shop.get(f"{url}&sort={sort}&limit=3{cursor}")
            assert page["total"] == 7
            seen += [item["name"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert sorted(seen) == [f"List {n}" for n in range(7)], sort
        if sort in ("name", "-id"):
            assert seen == sorted(seen, reverse=sort == "-id")
    assert [i["name"] for i in (await shop.get(f"{url}&q=no 3"))["items"]] == ["List 3"]
    assert len((await shop.get(f"{url}&type=dynamic"))["items"]) == 3
    assert (await shop.get(f"{url}&archived=true"))["items"] == []
    for wrong in ("&type=quick", "&sort=secret", "&cursor=abc", "&sort=size&cursor=WyJhIiwxXQ"):
        await shop.get(url + wrong, 422)


async def test_circles_are_refused(shop: Shop) -> None:
    a = await shop.make("dynamic", condition=OSLO)
    b = await shop.make("updatable", condition=every(member(a["id"])))
    c = await shop.make("dynamic", condition=some(OSLO, inverse(member(b["id"]))))
    problem = await shop.patch(f"/segments/{a['id']}", {"condition": every(OSLO, member(c["id"]))}, 422)
    assert problem["errors"][0]["pointer"] == "/condition/of/1/of/segment"
    own = await shop.patch(f"/segments/{a['id']}", {"condition": member(a["id"])}, 422)
    assert own["errors"][0]["pointer"] == "/condition/of/segment"


async def test_a_used_segment_is_not_archived(shop: Shop) -> None:
    a = await shop.make("static")
    b = await shop.make("dynamic", condition=every(OSLO, inverse(member(a["id"]))))
    assert (await shop.get(f"/segments/{a['id']}"))["used_by"] == [f"segment {b['name']}"]
    refused = await shop.api.delete(f"/api/v1/segments/{a['id']}")
    assert refused.status_code == 409
    assert refused.json()["used_by"] == [f"segment {b['name']}"]
    assert (await shop.api.delete(f"/api/v1/segments/{b['id']}")).status_code == 204
    assert (await shop.api.delete(f"/api/v1/segments/{a['id']}")).status_code == 204
    assert (await shop.make("dynamic", 422, condition=member(a["id"])))["status"] == 422


async def test_a_used_database_and_field_are_kept(shop: Shop) -> None:
    field = {"name": "shoe_size", "type": "integer"}
    database = await shop.post("/databases", {"name": name("used"), "fields": [field]}, 201)
    made = await shop.make("dynamic", database_id=database["id"], condition=compare("profile.shoe_size", "gt", 40))
    gone = await shop.api.delete(f"/api/v1/databases/{database['id']}/fields/shoe_size?confirm=shoe_size")
    assert gone.status_code == 409
    assert made["name"] in gone.text


async def test_rules_that_no_longer_fit_are_told_not_guessed(shop: Shop, engines: Engines) -> None:
    """A segment whose words have gone opens, says what is wrong, and selects nobody by guess."""
    made = await shop.make("dynamic", condition=OSLO)
    outer = await shop.make("dynamic", condition=every(member(made["id"])))
    async with engines.tx() as tx:
        import sqlalchemy as sa

        wrong = '{"kind": "compare", "field": "profile.gone", "op": "eq", "value": "x"}'
        await tx.execute(
            sa.text("update segment set condition = cast(:c as jsonb) where id = :id"), {"c": wrong, "id": made["id"]}
        )
    read = await shop.get(f"/segments/{made['id']}")
    assert read["sentence"] == ""
    assert "profile.gone" in read["problems"][0]
    assert (await shop.post(f"/segments/{made['id']}/calculate", {}, 409))["segment"] == made["id"]
    assert (await shop.post(f"/segments/{outer['id']}/calculate", {}, 409))["segment"] == made["id"]


async def test_rights(shop: Shop, engines: Engines) -> None:
    made = await shop.make("static")
    async with api_client(engines, roles=("viewer",)) as viewer:
        assert (await viewer.get("/api/v1/segments")).status_code == 200
        path = f"/api/v1/segments/{made['id']}"
        answers: list[httpx.Response] = [
            await viewer.post("/api/v1/segments", json={"database_id": 1, "name": "x", "type": "static"}),
            await viewer.patch(path, json={"name": "x"}),
            await viewer.delete(path),
            await viewer.post(f"{path}/members/add", json={"profile_ids": [1]}),
            await viewer.post(f"{path}/recalculate", json={}),
            await viewer.post("/api/v1/segments/calculate", json={"database_id": 1, "condition": ALWAYS}),
        ]
        assert [a.status_code for a in answers] == [403] * 6


async def test_every_change_is_in_the_audit_log(shop: Shop) -> None:
    made = await shop.make("dynamic", condition=OSLO)
    await shop.patch(f"/segments/{made['id']}", {"condition": ALWAYS})
    await shop.api.delete(f"/api/v1/segments/{made['id']}")
    entries = (await shop.get(f"/audit?kind=segment&object_id={made['id']}"))["items"]
    assert [e["action"] for e in entries] == ["segment.archived", "segment.updated", "segment.created"]
    assert entries[1]["before"] == {"condition": OSLO}
    assert entries[1]["after"] == {"condition": ALWAYS}


async def test_the_vocabulary_knows_new_words_at_once(shop: Shop) -> None:
    words = await shop.get(f"/vocabulary?database={shop.database}")
    assert {"profile.city", "profile.age", "now.weekday"} <= {f["name"] for f in words["fields"]}
    assert {"orders", "orders.lines", "subscriptions"} <= {link["name"] for link in words["links"]}
    assert "custom.brand_new" not in {e["name"] for e in words["events"]}
    event = {"id": "bn", "type": "custom.brand_new", "at": "2026-11-16T11:00:00Z", "profile": 3, "properties": {"n": 4}}
    await shop.post("/events", {"database": shop.database, "events": [event]}, 202)
    assert await shop.who({"kind": "occurred", "event": "custom.brand_new"}) == {3}
    await shop.post(f"/databases/{shop.database}/fields", {"name": "brand_new", "type": "string"}, 201)
    assert await shop.who(compare("profile.brand_new", "is_missing")) == set(range(1, 13))
    await shop.get("/vocabulary?database=999", 404)
