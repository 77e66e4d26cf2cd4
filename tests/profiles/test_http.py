"""The routes: what an integrator sees."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from fidelia.kernel.paging import encode_cursor
from fidelia.platform.engines import Engines

from .conftest import name


async def made(api: httpx.AsyncClient, *fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    reply = await api.post("/databases", json={"name": name(), "fields": list(fields), **more})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def pointers(reply: httpx.Response) -> list[str]:
    assert reply.headers["content-type"] == "application/problem+json", reply.text
    return [e["pointer"] for e in reply.json()["errors"]]


async def test_a_database_is_made_read_changed_and_deleted(api: httpx.AsyncClient, engines: Engines) -> None:
    database = await made(api, {"name": "age", "type": "integer"}, timezone="Europe/Oslo")
    own = [f for f in database["fields"] if not f["builtin"]]
    assert [f["name"] for f in own] == ["age"]
    assert {"email", "phones", "status", "created_at"} < {f["name"] for f in database["fields"]}
    path = f"/databases/{database['id']}"
    assert (await api.get(path)).json() == database
    changed = await api.patch(path, json={"name": "Bücher ' ; --", "timezone": "UTC"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Bücher ' ; --")
    listed = await api.get("/databases", params={"q": "bücher", "sort": "-name"})
    assert [d["id"] for d in listed.json()["items"]] == [database["id"]]
    assert pointers(await api.delete(path)) == ["/confirm"]
    assert (await api.delete(path, params={"confirm": "Bücher ' ; --"})).status_code == 204
    for reply in (await api.get(path), await api.get(f"{path}/profiles"), await api.post(f"{path}/profiles", json={})):
        assert reply.status_code == 404
    audit = (await api.get("/audit", params={"q": "Bücher"})).json()["items"]
    assert {"database.updated", "database.deleted"} <= {entry["action"] for entry in audit}


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"name": ""}, ["/name"]),
        ({"name": "x" * 101}, ["/name"]),
        ({"name": "a\u0000b"}, ["/name"]),
        ({"name": 5}, ["/name"]),
        ({"name": "x", "colour": 1}, ["/colour"]),
        ({"name": "x", "timezone": "Mars/Base"}, ["/timezone"]),
        ({"name": "x", "fields": [{"name": "a", "type": "money"}]}, ["/fields/0/type"]),
        ({"name": "x", "fields": [{"name": "A", "type": "string"}]}, ["/fields/0/name"]),
        ({"name": "x", "fields": [{"name": "a; drop table x", "type": "string"}]}, ["/fields/0/name"]),
        ({"name": "x", "fields": [{"name": "email", "type": "string"}]}, ["/fields/0/name"]),
        ({"name": "x", "fields": [{"name": "a", "type": "string"}] * 2}, ["/fields/1/name"]),
        ({"name": "x", "fields": [{"name": "a", "type": "enum"}]}, ["/fields/0/options"]),
        ({"name": "x", "fields": [{"name": "a", "type": "enum", "options": ["b", "b"]}]}, ["/fields/0/options"]),
        ({"name": "x", "fields": [{"name": "a", "type": "string", "options": ["b"]}]}, ["/fields/0/options"]),
        ({"name": "x", "fields": [{"name": "a", "type": "string", "validator": "(?=x)"}]}, ["/fields/0/validator"]),
        ({"name": "x", "fields": [{"name": "a", "type": "integer", "validator": "1"}]}, ["/fields/0/validator"]),
        ({"name": "x", "fields": [{"name": "a", "type": "tags", "unique": True}]}, ["/fields/0/unique"]),
        ({"name": "x", "fields": [{"name": f"a{n}", "type": "string"} for n in range(501)]}, ["/fields"]),
    ],
)
async def test_a_wrong_database_is_refused_at_its_place(api: httpx.AsyncClient, body: Any, where: list[str]) -> None:
    reply = await api.post("/databases", json=body)
    assert (reply.status_code, pointers(reply)) == (422, where)


async def test_names_of_databases_are_unique(api: httpx.AsyncClient) -> None:
    database = await made(api)
    for reply in await asyncio.gather(
        *(api.post("/databases", json={"name": database["name"].upper()}) for _ in range(2))
    ):
        assert (reply.status_code, pointers(reply)) == (409, ["/name"])
        said = f"Another database is called {database['name'].upper()}; choose another name"
        assert reply.json()["errors"][0]["message"] == said
    title = name()
    replies = await asyncio.gather(*(api.post("/databases", json={"name": title}) for _ in range(4)))
    assert sorted(r.status_code for r in replies) == [201, 409, 409, 409]


async def test_a_used_database_is_not_deleted(api: httpx.AsyncClient, engines: Engines) -> None:
    async def used(tx: Any, database_id: int, field: Any) -> list[str]:
        if database_id != database["id"]:
            return []
        return ["segment Big spenders"] if field is None or field.name == "age" else []

    database = await made(api, {"name": "age", "type": "integer"}, {"name": "size", "type": "integer"})
    engines.ports["profiles.used_by"].append(used)
    try:
        path = f"/databases/{database['id']}"
        for reply in (
            await api.delete(path, params={"confirm": database["name"]}),
            await api.delete(f"{path}/fields/age", params={"confirm": "age"}),
            await api.patch(f"{path}/fields/age", json={"name": "years"}),
        ):
            assert reply.status_code == 409
            assert reply.json()["used_by"] == ["segment Big spenders"]
        assert (await api.delete(f"{path}/fields/size", params={"confirm": "size"})).status_code == 204
    finally:
        engines.ports["profiles.used_by"].remove(used)


async def test_a_profile_that_says_nothing_is_not_made(api: httpx.AsyncClient) -> None:
    path = f"/databases/{(await made(api))['id']}/profiles"
    for nothing in ({}, {"email": None, "first_name": "", "phones": []}):
        refused = await api.post(path, json=nothing)
        assert (refused.status_code, pointers(refused)) == (422, [""]), nothing
        assert "at least one" in refused.json()["detail"]
    assert (await api.post(path, json={"first_name": "Ada"})).status_code == 201


async def test_fields_are_added_changed_and_deleted(api: httpx.AsyncClient) -> None:
    database = await made(api, {"name": "level", "type": "enum", "options": ["a", "b"]})
    path = f"/databases/{database['id']}"
    added = await api.post(f"{path}/fields", json={"name": "size", "type": "integer", "label": "Größe"})
    assert added.status_code == 201
    profiles = f"{path}/profiles"
    assert (await api.post(profiles, json={"level": "a", "size": 4})).status_code == 201
    assert (await api.post(profiles, json={"level": "b", "size": 4})).status_code == 201
    assert (await api.patch(f"{path}/fields/level", json={"options": ["b", "c"]})).status_code == 409
    relabelled = await api.patch(f"{path}/fields/level", json={"options": ["a", "b", "c"], "label": "Level"})
    assert relabelled.json()["options"] == ["a", "b", "c"]
    not_unique = await api.patch(f"{path}/fields/size", json={"unique": True})
    assert (not_unique.status_code, pointers(not_unique)) == (409, ["/unique"])
    assert (await api.patch(f"{profiles}/2", json={"set": {"size": 5}})).status_code == 200
    assert (await api.patch(f"{path}/fields/{added.json()['id']}", json={"unique": True})).json()["unique"]
    assert pointers(await api.patch(f"{profiles}/2", json={"set": {"size": 4}})) == ["/size"]
    assert (await api.patch(f"{path}/fields/size", json={"name": "shoe", "unique": False})).status_code == 200
    assert (await api.get(f"{profiles}/1")).json()["shoe"] == 4
    assert pointers(await api.patch(f"{path}/fields/shoe", json={"type": "string"})) == ["/type"]
    assert (await api.patch(f"{path}/fields/email", json={"label": "x"})).status_code == 409
    assert (await api.patch(f"{path}/fields/none", json={"label": "x"})).status_code == 404
    assert pointers(await api.delete(f"{path}/fields/shoe")) == ["/confirm"]
    assert (await api.delete(f"{path}/fields/shoe", params={"confirm": "shoe"})).status_code == 204
    assert "shoe" not in (await api.get(f"{profiles}/1")).json()
    assert "shoe" not in {f["name"] for f in (await api.get(f"{path}/fields")).json()["items"]}


async def test_mandatory_fields_are_asked_for(api: httpx.AsyncClient) -> None:
    database = await made(api, {"name": "age", "type": "integer", "required": True})
    profiles = f"/databases/{database['id']}/profiles"
    assert pointers(await api.post(profiles, json={})) == ["/age"]
    assert pointers(await api.post(profiles, json={"age": None, "email": "x"})) == ["/email", "/age"]
    assert (await api.post(profiles, json={"age": 1})).status_code == 201
    assert pointers(await api.patch(f"{profiles}/1", json={"unset": ["age"]})) == ["/set/age"]


async def test_a_profile_lives_and_is_erased(api: httpx.AsyncClient, engines: Engines) -> None:
    database = await made(api, {"name": "likes", "type": "tags"}, {"name": "seen", "type": "datetime"})
    profiles = f"/databases/{database['id']}/profiles"
    created = await api.post(profiles, json={"email": "A@b.co", "likes": ["x"], "seen": "2026-01-01T00:00:00+01:00"})
    assert created.status_code == 201
    body = created.json()
    assert (body["id"], body["email"], body["seen"]) == (1, "a@b.co", "2025-12-31T23:00:00Z")
    patched = await api.patch(f"{profiles}/1", json={"add": {"likes": ["y"]}, "version": 1})
    assert (patched.json()["likes"], patched.json()["version"]) == (["x", "y"], 2)
    assert (await api.patch(f"{profiles}/1", json={"set": {"city": "x"}, "version": 1})).status_code == 409
    assert pointers(await api.patch(f"{profiles}/1", json={"put": {}})) == ["/put"]
    assert pointers(await api.patch(f"{profiles}/1", json={"set": []})) == ["/set"]
    assert (await api.delete(f"{profiles}/1")).status_code == 204
    assert (await api.delete(f"{profiles}/1")).status_code == 404
    assert (await api.get(f"{profiles}/1")).status_code == 404
    assert (await api.post(profiles, json={"email": "a@b.co"})).json()["id"] == 2
    await engines.catch_up()
    found = await engines.clickhouse.query(f"select id, email from p_{database['id']} final")
    assert found == [(2, "a@b.co")]


@pytest.mark.parametrize("body", ["[]", "5", "null", '"x"', "{", "", '{"a":1}x'])
async def test_a_body_that_is_no_object_is_refused(api: httpx.AsyncClient, body: str) -> None:
    database = await made(api)
    reply = await api.post(f"/databases/{database['id']}/profiles", content=body)
    assert reply.status_code in (400, 422)
    assert reply.headers["content-type"] == "application/problem+json"


async def test_counters(api: httpx.AsyncClient) -> None:
    database = await made(api)
    profiles = f"/databases/{database['id']}/profiles"
    await api.post(profiles, json={"email": "a@b.co"})
    await api.post(profiles, json={"status": "unsubscribed"})
    counters = (await api.get(f"/databases/{database['id']}/counters")).json()
    assert (counters["total"], counters["statuses"]) == (2, {"subscribed": 1, "unsubscribed": 1})
    assert counters["filled"]["email"] == 1
    assert (await api.get(f"/databases/{database['id']}")).json()["profile_count"] == 2


async def test_ids_that_cannot_be_are_not_found(api: httpx.AsyncClient) -> None:
    for number in ("0", "-1", "99999999999999999999", "2147483648"):
        assert (await api.get(f"/databases/{number}")).status_code == 404
        assert (await api.get(f"/databases/{number}/profiles")).status_code == 404
        assert (await api.post(f"/databases/{number}/profiles", json={})).status_code == 404
        assert (await api.get(f"/resources/{number}")).status_code == 404
        assert (await api.get(f"/suppression-lists/{number}")).status_code == 404
        assert (await api.get(f"/subscriptions/{number}")).status_code == 404
        assert (await api.delete(f"/databases/{number}", params={"confirm": "x"})).status_code == 404
        assert (await api.post(f"/databases/{number}/fields", json={"name": "a", "type": "ip"})).status_code == 404


async def test_five_hundred_fields(api: httpx.AsyncClient, engines: Engines) -> None:
    database = await made(api, *({"name": f"f{n}", "type": "string"} for n in range(500)))
    path = f"/databases/{database['id']}"
    full = await api.post(f"{path}/fields", json={"name": "more", "type": "string"})
    assert (full.status_code, pointers(full)) == (422, ["/name"])
    short = {f"f{n}": f"v{n}" for n in range(500)}
    assert (await api.post(f"{path}/profiles", json=short)).json()["f499"] == "v499"
    long = await api.post(f"{path}/profiles", json={f"f{n}": f"{n}" * 300 for n in range(500)})
    assert (long.status_code, pointers(long)) == (422, [""])
    assert (await api.get(path)).json()["profile_count"] == 1
    await engines.catch_up()
    assert await engines.clickhouse.scalar(f"select count() from p_{database['id']} final") == 1


async def test_a_cursor_of_another_list_is_refused(api: httpx.AsyncClient) -> None:
    database = (await made(api))["id"]
    positions: list[list[Any]] = [
        [],
        [1],
        ["x"],
        [True, True],
        [1, 2],
        ["x", 1],
        [None, None],
        [2**70],
        [[1], 2],
        [{}, 1],
    ]
    for path in (
        "/databases?sort=name&",
        "/databases?",
        "/resources?sort=name&",
        f"/subscriptions?database={database}&",
        "/suppression-lists?",
        "/suppression-lists/1/entries?",
        f"/databases/{database}/profiles?",
        f"/databases/{database}/profiles?sort=birth_date&",
        f"/databases/{database}/profiles?sort=email&",
    ):
        for position in positions:
            reply = await api.get(f"{path}cursor={encode_cursor(position)}")
            assert reply.status_code in (200, 422), (path, position)
