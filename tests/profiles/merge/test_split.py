"""Splitting: fields, consent, orders and history go to the parts; a merge can be taken apart again."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fidelia.kernel.paging import PageRequest
from fidelia.platform.engines import Engines
from fidelia.profiles import (
    Database,
    SubscriptionItem,
    create_resource,
    get_profile,
    list_subscriptions,
    match_ids,
    subscribe,
)

from ..conftest import SYSTEM, name
from .test_merge import merge, person, send, visitors


async def split(api: httpx.AsyncClient, database: Database, status: int = 200, **body: Any) -> dict[str, Any]:
    reply = await api.post(f"/databases/{database.id}/profiles/split", json=body)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


async def test_a_household_becomes_two_people(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    both = await person(engines, database, email="both@a.co", nick="two", first_name="Ada", city="Oslo")
    await send(api, database, both, "e1", "e2")
    async with engines.tx() as tx:
        news = (await create_resource(tx, SYSTEM, name=name())).id
        items = [SubscriptionItem(profile_id=both, resource_id=news, contact=c) for c in ("both@a.co", "bob@a.co")]
        done = await subscribe(tx, SYSTEM, database.id, items)
        bobs = done[1].subscription_id
    part = {"fields": ["nick"], "data": {"first_name": "Bob", "email": "bob@a.co"}, "subscriptions": [bobs]}
    out = await split(api, database, source=both, destinations=[part], history=True)
    bob = out["parts"][0]
    assert (bob["nick"], bob["first_name"], bob["email"], bob["city"]) == ("two", "Bob", "bob@a.co", None)
    assert (out["source"]["nick"], out["source"]["email"]) == (None, "both@a.co")
    async with engines.tx() as tx:
        found = await list_subscriptions(tx, PageRequest(limit=9), database.id, profile_id=bob["id"])
        assert [s.contact for s in found.items] == ["bob@a.co"]
    assert await visitors(engines, database, 2) == [both, bob["id"]]
    assert await visitors(engines, database, 3) == []


async def test_a_merge_is_taken_apart(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    kept = await person(engines, database, first_name="Ada")
    gone = await person(engines, database, email="gone@a.co", external_id="g", first_name="Bob", city="Rome")
    await merge(api, database, destination=kept, sources=[gone])
    out = await split(api, database, source=kept, destinations=[{"former": {"profile_id": gone}}])
    again = out["parts"][0]
    assert (again["email"], again["external_id"], again["first_name"], again["city"]) == (
        "gone@a.co",
        "g",
        "Bob",
        "Rome",
    )
    assert (out["source"]["email"], out["source"]["first_name"]) == (None, "Ada")
    async with engines.tx() as tx:
        assert (await get_profile(tx, database.id, gone))["id"] == again["id"]
        assert await match_ids(tx, database.id, "external_id", ["g"]) == {"g": again["id"]}
        assert await match_ids(tx, database.id, "email", ["gone@a.co"]) == {"gone@a.co": again["id"]}


async def test_parts_that_exist(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    both = await person(engines, database, nick="n", likes=["x"])
    other = await person(engines, database, first_name="Bob")
    out = await split(api, database, source=both, destinations=[{"profile_id": other, "fields": ["nick", "likes"]}])
    assert (out["parts"][0]["id"], out["parts"][0]["nick"], out["parts"][0]["likes"]) == (other, "n", ["x"])
    assert (out["source"]["nick"], out["source"]["likes"]) == (None, None)


@pytest.mark.parametrize(
    ("destination", "status", "pointer"),
    [
        ({"fields": ["felt"]}, 422, "/destinations/0/fields/0"),
        ({"fields": ["status"]}, 422, "/destinations/0/fields/0"),
        ({"data": {"age": "x"}}, 422, "/destinations/0/data/age"),
        ({"data": {"email": "taken@a.co"}}, 409, "/email"),
        ({"profile_id": 1}, 422, "/destinations/0/profile_id"),
        ({"profile_id": 999}, 422, "/destinations/0/profile_id"),
        ({"subscriptions": [999]}, 422, "/destinations/0/subscriptions/0"),
        ({"orders": [999]}, 422, "/destinations/0/orders"),
        ({"former": {"profile_id": 2}}, 422, "/destinations/0/former"),
    ],
)
async def test_refusals(
    api: httpx.AsyncClient,
    engines: Engines,
    database: Database,
    destination: dict[str, Any],
    status: int,
    pointer: str,
) -> None:
    await person(engines, database, nick="n")
    await person(engines, database, email="taken@a.co")
    reply = await api.post(
        f"/databases/{database.id}/profiles/split", json={"source": 1, "destinations": [destination]}
    )
    assert reply.status_code == status, reply.text
    assert reply.json()["errors"][0]["pointer"] == pointer
    async with engines.tx() as tx:
        assert (await get_profile(tx, database.id, 1))["nick"] == "n"
