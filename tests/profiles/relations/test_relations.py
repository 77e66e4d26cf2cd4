"""Relations: types, pairs in sets, the card, conditions in both readings, merges and erasure."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fidelia.conditions import decode
from fidelia.platform.engines import Engines
from fidelia.profiles import Database, Field, create_profile, erase_profiles
from fidelia.segments import Unsaved, condition_people

from ..conftest import SYSTEM, name, new_database


async def person(engines: Engines, database: Database, **values: Any) -> int:
    async with engines.tx() as tx:
        return int((await create_profile(tx, SYSTEM, database.id, values))["id"])


async def relation(api: httpx.AsyncClient, a: Database, b: Database, **more: Any) -> dict[str, Any]:
    body = {
        "name": f"rel_{name().replace(' ', '_')}",
        "database_a": a.id,
        "database_b": b.id,
        "label": "is a parent of",
        "inverse_label": "is a child of",
        "properties": [
            {"name": "weight", "type": "float"},
            {"name": "visits", "type": "integer"},
            {"name": "kind", "type": "string"},
        ],
        **more,
    }
    reply = await api.post("/relations", json=body)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


async def write(api: httpx.AsyncClient, made: dict[str, Any], verb: str, *items: dict[str, Any]) -> list[str]:
    reply = await api.post(f"/relations/{made['id']}/{verb}", json={"items": list(items)})
    assert reply.status_code == 200, reply.text
    return [item["status"] for item in reply.json()["items"]]


async def found(api: httpx.AsyncClient, engines: Engines, database: Database, condition: dict[str, Any]) -> list[int]:
    """People by the bulk reading; the other reading must agree about everybody."""
    people = await condition_people(engines, Unsaved(database.id, decode(condition)))
    async with engines.tx() as tx:
        raw = await tx.raw()
        everybody = [row[0] for row in await (await raw.execute(f"select id from profile_{database.id}")).fetchall()]
    for profile in everybody:
        body = {"database_id": database.id, "condition": condition, "profile_id": profile}
        reply = await api.post("/segments/explain", json=body)
        assert reply.status_code == 200, reply.text
        assert reply.json()["member"] == (profile in people), (profile, reply.json())
    return list(people)


async def test_pairs_are_written_in_sets(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    made = await relation(api, database, database)
    one, two = await person(engines, database, email="r1@a.co"), await person(engines, database, email="r2@a.co")
    pair = {"a": one, "b": {"email": "r2@a.co"}}
    assert await write(
        api,
        made,
        "attach",
        {**pair, "properties": {"weight": 1.5, "kind": "x"}},
        {"a": one, "b": one},
        {"a": one, "b": 999},
        {"a": {"email": "nobody@a.co"}, "b": two},
        {"a": two, "b": one, "properties": {"felt": 1}},
        {"a": two, "b": one, "properties": {"visits": "many"}},
    ) == ["created", "rejected", "rejected", "rejected", "rejected", "rejected"]
    assert await write(api, made, "attach", {**pair, "properties": {"visits": 2}}) == ["updated"]
    assert await write(api, made, "attach", pair) == ["unchanged"]
    step = {**pair, "properties": {"weight": 0.25, "visits": -1}}
    assert await write(api, made, "modify", step, {"a": two, "b": one}) == ["updated", "missing"]
    link = (await api.get(f"/relations/{made['id']}/links/{one}/{two}")).json()
    assert link["properties"] == {"weight": 1.75, "visits": 1, "kind": "x"}
    assert await write(api, made, "modify", {**pair, "properties": {"kind": "y"}}) == ["rejected"]
    assert await write(api, made, "overwrite", {**pair, "properties": {"kind": "z"}}) == ["updated"]
    listed = (await api.get(f"/relations/{made['id']}/links", params={"a": one})).json()
    assert (listed["total"], listed["items"][0]["properties"]) == (1, {"kind": "z"})
    card = (await api.get(f"/databases/{database.id}/profiles/{two}/relations")).json()["items"]
    assert [(r["label"], r["side"], r["profile_id"], r["profile"]["email"]) for r in card] == [
        ("is a child of", "b", one, "r1@a.co")
    ]
    assert await write(api, made, "detach", pair, pair) == ["unchanged", "removed"]
    assert await write(api, made, "detach", pair) == ["missing"]


async def test_conditions_follow_relations_both_ways(
    api: httpx.AsyncClient, engines: Engines, database: Database
) -> None:
    made = await relation(api, database, database)
    ada = await person(engines, database, first_name="Ada", age=60)
    bob = await person(engines, database, first_name="Bob", age=30)
    eve = await person(engines, database, first_name="Eve", age=5)
    await write(
        api,
        made,
        "attach",
        {"a": ada, "b": bob, "properties": {"weight": 2.5, "visits": 3, "kind": "Son"}},
        {"a": bob, "b": eve, "properties": {"weight": 0.5}},
    )
    link = f"relations.{made['name']}"

    def related(where: dict[str, Any] | None = None, way: str = "", **more: Any) -> dict[str, Any]:
        node: dict[str, Any] = {"kind": "related", "link": link + way, **more}
        return node if where is None else {**node, "where": where}

    def compare(field: str, op: str, value: Any) -> dict[str, Any]:
        return {"kind": "compare", "field": field, "op": op, "value": value}

    assert await found(api, engines, database, related()) == [ada, bob]
    assert await found(api, engines, database, related(way=".inverse")) == [bob, eve]
    assert await found(api, engines, database, related(compare(f"{link}.weight", "gt", 1))) == [ada]
    assert await found(api, engines, database, related(compare(f"{link}.kind", "eq", "son"))) == [ada]
    young = compare(f"{link}.profile.age", "lt", 18)
    assert await found(api, engines, database, related(young)) == [bob]
    older = compare(f"{link}.inverse.profile.first_name", "eq", "ada")
    assert await found(api, engines, database, related(older, ".inverse")) == [bob]
    total = {"fn": "sum", "of": f"{link}.visits", "op": "gte", "value": 3}
    assert await found(api, engines, database, related(measure=total)) == [ada]
    assert await found(api, engines, database, {"kind": "not", "of": related()}) == [eve]
    await write(api, made, "detach", {"a": ada, "b": bob})
    assert await found(api, engines, database, related()) == [bob]


async def test_relations_between_databases_merges_and_erasure(
    api: httpx.AsyncClient, engines: Engines, database: Database
) -> None:
    firms = await new_database(engines, Field(name="size", type="integer"))
    made = await relation(api, database, firms)
    ada, twin = await person(engines, database), await person(engines, database)
    acme, small = await person(engines, firms, size=500), await person(engines, firms, size=2)
    await write(api, made, "attach", {"a": ada, "b": acme}, {"a": twin, "b": small}, {"a": twin, "b": acme})
    link = f"relations.{made['name']}"

    def of_size(op: str, value: int) -> dict[str, Any]:
        where = {"kind": "compare", "field": f"{link}.profile.size", "op": op, "value": value}
        return {"kind": "related", "link": link, "where": where}

    assert await found(api, engines, database, of_size("lt", 10)) == [twin]
    assert await found(api, engines, firms, {"kind": "related", "link": link}) == [acme, small]
    reply = await api.post(f"/databases/{database.id}/profiles/merge", json={"destination": ada, "sources": [twin]})
    assert reply.json()["moved"]["relations"] == 2, reply.text
    assert await found(api, engines, database, of_size("lt", 10)) == [ada]
    both = {"kind": "related", "link": link, "count": {"op": "eq", "value": 2}}
    assert await found(api, engines, database, both) == [ada]
    async with engines.tx() as tx:
        await erase_profiles(tx, SYSTEM, firms.id, [small])
    assert await found(api, engines, database, of_size("lt", 10)) == []
    assert (await api.get(f"/relations/{made['id']}/links")).json()["total"] == 1


async def test_types_are_kept(api: httpx.AsyncClient, database: Database) -> None:
    made = await relation(api, database, database)
    taken = await api.post(
        "/relations", json={"name": made["name"], "database_a": database.id, "database_b": database.id}
    )
    assert taken.status_code == 409
    path = f"/relations/{made['id']}"
    typed = await api.patch(path, json={"properties": [{"name": "weight", "type": "string"}]})
    assert typed.status_code == 409
    fewer = await api.patch(path, json={"label": "knows", "properties": [{"name": "weight", "type": "float"}]})
    assert (fewer.json()["label"], [p["name"] for p in fewer.json()["properties"]]) == ("knows", ["weight"])
    assert made["id"] in [t["id"] for t in (await api.get(f"/databases/{database.id}/relations")).json()["items"]]
    assert (await api.delete(path)).status_code == 422
    assert (await api.delete(path, params={"confirm": made["name"]})).status_code == 204
    assert (await api.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": "Bad name"}, "/name"),
        ({"name": "profile"}, "/name"),
        ({"database_b": 9999}, "/database_b"),
        ({"properties": [{"name": "x"}, {"name": "x"}]}, "/properties/1/name"),
        ({"properties": [{"name": "x", "type": "tags"}]}, "/properties/0/type"),
    ],
)
async def test_wrong_types(api: httpx.AsyncClient, database: Database, change: dict[str, Any], pointer: str) -> None:
    body = {"name": "fine", "database_a": database.id, "database_b": database.id, **change}
    reply = await api.post("/relations", json=body)
    assert reply.status_code == 422, reply.text
    assert reply.json()["errors"][0]["pointer"] == pointer
