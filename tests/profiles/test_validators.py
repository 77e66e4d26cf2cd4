"""Patterns: every item of a list, paths inside objects, pointers to the part at fault; addresses in lower case."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.profiles import Database, Field, SubscriptionItem, create_resource, find_by_contact, subscribe
from fidelia.profiles import validators as v

from .conftest import SYSTEM, name, new_database

FIELDS = (
    Field(name="codes", type="tags", validator="[A-Z]{2}[0-9]+"),
    Field(name="home", type="object", path_validators=(("address.zip", "[0-9]{4}"), ('"a.b".c', "x|1|true"))),
    Field(name="cars", type="objects", path_validators=(("plate", "[A-Z]+"), ("owners.name", ".+"))),
)


@pytest.fixture
async def checked(engines: Engines) -> Database:
    return await new_database(engines, *FIELDS)


async def put(api: httpx.AsyncClient, database: Database, **item: Any) -> list[tuple[str, str]]:
    body = {"items": [{"email": "ok@a.co"}, {"email": "v@a.co", **item}]}
    reply = await api.post(f"/databases/{database.id}/profiles/upsert", json=body)
    assert reply.status_code == 200, reply.text
    assert reply.json()["items"][0]["status"] != "rejected"
    return [(e["pointer"], e["message"]) for e in reply.json()["items"][1]["errors"]]


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({"codes": ["AA1", "BB2"]}, None),
        ({"codes": ["AA1", "bad", "BB2"]}, "/items/1/codes/1"),
        ({"home": {"address": {"zip": "1234"}}}, None),
        ({"home": {"address": {"zip": 1234}}}, None),
        ({"home": {"address": {}}}, None),
        ({"home": {"address": {"zip": None}}}, None),
        ({"home": {"address": {"zip": "12345"}}}, "/items/1/home/address/zip"),
        ({"home": {"address": [{"zip": "1234"}, {"zip": "x"}]}}, "/items/1/home/address/1/zip"),
        ({"home": {"address": {"zip": {"deep": 1}}}}, "/items/1/home/address/zip"),
        ({"home": {"a.b": {"c": True}}}, None),
        ({"home": {"a.b": {"c": "y"}}}, "/items/1/home/a.b/c"),
        ({"cars": [{"plate": "AB"}, {"plate": "ab"}]}, "/items/1/cars/1/plate"),
        ({"cars": [{"owners": [{"name": "A"}, {"name": ""}]}]}, "/items/1/cars/0/owners/1/name"),
        ({"cars": [{"owners": [{"name": "A"}, {"name": "B"}]}]}, None),
    ],
)
async def test_every_part_is_checked(
    api: httpx.AsyncClient, checked: Database, item: dict[str, Any], pointer: str | None
) -> None:
    errors = await put(api, checked, **item)
    assert [p for p, _ in errors] == ([] if pointer is None else [pointer])
    if pointer:
        assert "pattern" in errors[0][1]


async def test_single_changes_and_imports_name_the_part(api: httpx.AsyncClient, checked: Database) -> None:
    made = await api.post(f"/databases/{checked.id}/profiles", json={"codes": ["AA1", "no"]})
    assert (made.status_code, made.json()["errors"][0]["pointer"]) == (422, "/codes/1")
    person = (await api.post(f"/databases/{checked.id}/profiles", json={"codes": ["AA1"]})).json()["id"]
    path = f"/databases/{checked.id}/profiles/{person}"
    changed = await api.patch(path, json={"set": {"cars": [{"plate": "x"}]}})
    assert changed.json()["errors"][0]["pointer"] == "/set/cars/0/plate"
    added = await api.patch(path, json={"add": {"codes": ["bad"]}})
    assert added.json()["errors"][0]["pointer"].startswith("/add/codes")
    text = b'email,codes,home\na@a.co,"AA1,no",\nb@a.co,AA1,"{""address"":{""zip"":""x""}}"\n'
    files = {"file": ("a.csv", text, "text/csv")}
    mapping = '{"email":"email","codes":"codes","home":"home"}'
    reply = await api.post(f"/databases/{checked.id}/imports", files=files, data={"mapping": mapping, "run": "false"})
    preview = await api.get(f"/imports/{reply.json()['id']}/preview")
    columns = {c["name"]: c["problems"] for c in preview.json()["columns"]}
    assert "'no' does not match the pattern" in columns["codes"][0]["reason"]
    assert "at address.zip does not match" in columns["home"][0]["reason"]


@pytest.mark.parametrize(
    ("field", "pointer"),
    [
        ({"type": "string", "path_validators": {"a": "x"}}, "/path_validators"),
        ({"type": "object", "path_validators": {"a..b": "x"}}, "/path_validators/a..b"),
        ({"type": "object", "path_validators": {"a.": "x"}}, "/path_validators/a."),
        ({"type": "object", "path_validators": {"": "x"}}, "/path_validators/"),
        ({"type": "object", "path_validators": {"a": "("}}, "/path_validators/a"),
        ({"type": "object", "path_validators": {"a": "(?=x)"}}, "/path_validators/a"),
        ({"type": "object", "validator": "x"}, "/validator"),
    ],
)
async def test_wrong_patterns(api: httpx.AsyncClient, checked: Database, field: dict[str, Any], pointer: str) -> None:
    reply = await api.post(f"/databases/{checked.id}/fields", json={"name": "another", **field})
    assert reply.status_code == 422, reply.text
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_patterns_of_paths_can_be_changed(api: httpx.AsyncClient, checked: Database) -> None:
    path = f"/databases/{checked.id}/fields/home"
    reply = await api.patch(path, json={"path_validators": {"address.zip": "[0-9]{5}"}})
    assert reply.json()["path_validators"] == {"address.zip": "[0-9]{5}"}
    assert await put(api, checked, home={"address": {"zip": "12345"}}) == []
    assert (await api.patch(path, json={"path_validators": {}})).json()["path_validators"] == {}
    assert await put(api, checked, home={"address": {"zip": "free"}}) == []


def test_hostile_patterns_take_linear_time() -> None:
    start = time.perf_counter()
    with pytest.raises(v.Misfit):
        v.check_text("(a+)+$b", "a" * 10_000)
    assert time.perf_counter() - start < 2


async def test_addresses_are_in_lower_case_everywhere(
    api: httpx.AsyncClient, engines: Engines, checked: Database
) -> None:
    made = (await api.post(f"/databases/{checked.id}/profiles", json={"email": "Ada@Example.COM"})).json()
    assert made["email"] == "ada@example.com"
    async with engines.tx() as tx:
        news = (await create_resource(tx, SYSTEM, name=name())).id
        item = SubscriptionItem(profile_id=made["id"], resource_id=news, contact="Other@Example.COM")
        await subscribe(tx, SYSTEM, checked.id, [item])
        assert list(await find_by_contact(tx, checked.id, "OTHER@example.com")) == [made["id"]]
    listed = await api.get("/subscriptions", params={"database": checked.id, "q": "OTHER@"})
    assert [s["contact"] for s in listed.json()["items"]] == ["other@example.com"]
    stop = (await api.post("/suppression-lists", json={"name": name()})).json()["id"]
    await api.post(f"/suppression-lists/{stop}/entries", json={"values": ["ADA@Example.com", "Spam.ORG"]})
    entries = (await api.get(f"/suppression-lists/{stop}/entries", params={"q": "ADA@"})).json()["items"]
    assert [e["value"] for e in entries] == ["ada@example.com"]
    out = await api.post(f"/databases/{checked.id}/profiles/upsert", json={"items": [{"email": "ADA@EXAMPLE.com"}]})
    assert out.json()["items"][0]["profile_id"] == made["id"]
    found = await api.get(f"/databases/{checked.id}/profiles", params={"q": "email:ADA@Example.com"})
    assert [p["id"] for p in found.json()["items"]] == [made["id"]]
