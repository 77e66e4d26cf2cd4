"""Quick search: every way to write a key, subscriptions, former identities, several databases."""

from __future__ import annotations

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.profiles import Database, SubscriptionItem, create_profile, create_resource, subscribe

from .conftest import SYSTEM, name, new_database


@pytest.fixture
async def ada(engines: Engines, database: Database) -> int:
    values = {
        "email": "ada@quick.co", "first_name": "Ada", "last_name": "Love Lace", "phones": ["+4740012345"],
        "external_id": "X-77", "city": "New York", "nick": "Countess", "age": 36, "likes": ["tea"],
    }  # fmt: skip
    async with engines.tx() as tx:
        person = await create_profile(tx, SYSTEM, database.id, values)
        await create_profile(tx, SYSTEM, database.id, {"email": "bob@quick.co", "first_name": "Bob"})
        news = (await create_resource(tx, SYSTEM, name=name(), channels=["email", "sms"])).id
        items = [
            SubscriptionItem(profile_id=person["id"], resource_id=news, contact="other@quick.co"),
            SubscriptionItem(profile_id=person["id"], resource_id=news, channel="sms", contact="+4790099999"),
        ]
        await subscribe(tx, SYSTEM, database.id, items)
    return int(person["id"])


async def search(api: httpx.AsyncClient, database: Database, q: str) -> list[int]:
    reply = await api.get("/search", params={"q": q, "database": database.id})
    assert reply.status_code == 200, reply.text
    (group,) = reply.json()["items"]
    return [hit["profile"]["id"] for hit in group["items"]]


@pytest.mark.parametrize(
    "q",
    [
        "ADA@quick.co", "ada love", "email:ada@quick.co",
        "X-77", "external_id:X-77", 'city:"new york"', "nick:countess",
        "age:36", "likes:tea", "+47 400 12 345", "0047 400 12345", "(47) 400-12-345", "+4740012345", "4740012345",
        'phone:"+47 400 12 345"', "phone:4740012345", "other@quick.co", "subscription:OTHER@quick.co", "+47 900 99 999",
        "phone:+4790099999", 'last_name:"love lace"', "first_name:ada",
    ],
)  # fmt: skip
async def test_ways_to_find_somebody(api: httpx.AsyncClient, database: Database, ada: int, q: str) -> None:
    assert await search(api, database, q) == [ada]


@pytest.mark.parametrize(
    "q", ["email:other@quick.co", "subscription:ada@quick.co", "city:oslo", "+4740099999", "nobody@quick.co"]
)
async def test_ways_that_find_nobody(api: httpx.AsyncClient, database: Database, ada: int, q: str) -> None:
    assert await search(api, database, q) == []


async def test_by_id_and_by_what_was_before_a_merge(api: httpx.AsyncClient, database: Database, ada: int) -> None:
    assert ada in await search(api, database, f"id:{ada}")
    assert ada in await search(api, database, f"#{ada}")
    bob = (await search(api, database, "bob@quick.co"))[0]
    merge = {"destination": ada, "sources": [bob]}
    assert (await api.post(f"/databases/{database.id}/profiles/merge", json=merge)).status_code == 200
    assert await search(api, database, "bob@quick.co") == [ada]
    assert await search(api, database, f"#{bob}") == [ada]


async def test_every_database_and_clear_problems(
    api: httpx.AsyncClient, engines: Engines, database: Database, ada: int
) -> None:
    other = await new_database(engines)
    async with engines.tx() as tx:
        await create_profile(tx, SYSTEM, other.id, {"email": "ada@quick.co"})
    groups = (await api.get("/search", params={"q": "ada@quick.co"})).json()["items"]
    hits = {g["database_id"]: g["total"] for g in groups if g["items"]}
    assert hits.items() >= {database.id: 1, other.id: 1}.items()
    found = (await api.get("/search", params={"q": "other@quick.co", "database": database.id})).json()["items"][0]
    assert found["items"][0]["found_in"] == "elsewhere"
    wrong = (await api.get("/search", params={"q": "age:old", "database": database.id})).json()["items"][0]
    assert "age" in wrong["problem"]
    assert (await api.get("/search")).status_code == 422


async def test_indexes_are_used(engines: Engines, database: Database, ada: int) -> None:
    from fidelia.profiles.service.search import conditions

    async with engines.tx() as tx:
        raw = await tx.raw()
        await raw.execute(
            f"insert into profile_{database.id} (id, email, first_name, created_at, updated_at)"
            " select g + 1000, 'u' || g || '@bulk.co', 'N' || g, now(), now() from generate_series(1, 20000) g"
        )
        await raw.execute(f"analyze profile_{database.id}")
        for q in ("ada@quick.co", "+47 400 12 345", "nick:countess", "first_name:ada", "subscription:other@quick.co"):
            where = conditions(database, q)
            rows = await (
                await raw.execute(f"explain select id from profile_{database.id} where {where.sql}", where.values)
            ).fetchall()
            plan = "\n".join(row[0] for row in rows)
            assert f"Seq Scan on profile_{database.id}" not in plan, (q, plan)
