"""The matching modes: where each looks, what is ambiguous, what stays as it is."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.profiles import (
    Database,
    SubscriptionItem,
    create_profile,
    create_resource,
    read_many,
    subscribe,
    upsert,
)
from fidelia.profiles.ingest import UpsertOut

from ..conftest import SYSTEM, name


async def resource(engines: Engines) -> int:
    async with engines.tx() as tx:
        made = await create_resource(tx, SYSTEM, name=name(), channels=["email", "sms", "webhook"])
        return made.id


async def person(engines: Engines, database: Database, **values: Any) -> int:
    async with engines.tx() as tx:
        return int((await create_profile(tx, SYSTEM, database.id, values))["id"])


async def subscription(engines: Engines, database: Database, profile: int, of: int, channel: str, contact: str) -> None:
    async with engines.tx() as tx:
        item = SubscriptionItem(profile_id=profile, resource_id=of, channel=channel, contact=contact)
        (done,) = await subscribe(tx, SYSTEM, database.id, [item])
        assert done.status == "created", done


async def put(engines: Engines, database: Database, *items: dict[str, Any], **how: Any) -> UpsertOut:
    async with engines.tx() as tx:
        return await upsert(tx, SYSTEM, database.id, items, **how)


def got(out: UpsertOut) -> list[tuple[str, int | None]]:
    return [(item.status, item.profile_id) for item in out.items]


async def test_email_looks_into_the_field_then_into_subscriptions(engines: Engines, database: Database) -> None:
    news = await resource(engines)
    own = await person(engines, database, email="own@a.co")
    subscribed = await person(engines, database, email="main@a.co")
    await subscription(engines, database, subscribed, news, "email", "other@a.co")
    out = await put(engines, database, {"email": "OWN@a.co", "age": 1}, {"email": "Other@a.co", "age": 2})
    assert got(out) == [("updated", own), ("updated", subscribed)]
    async with engines.tx() as tx:
        rows = await read_many(tx, database.id, [own, subscribed], ["email", "age"])
    assert [(r["email"], r["age"]) for r in rows] == [("own@a.co", 1), ("main@a.co", 2)]

    only_field = await put(engines, database, {"email": "other@a.co"}, matching="email_profile", mode="update")
    assert only_field.rejected == 1
    only_subscriptions = await put(engines, database, {"email": "own@a.co"}, matching="email_sub", mode="update")
    assert only_subscriptions.rejected == 1
    found = await put(engines, database, {"email": "other@a.co", "age": 3}, matching="email_sub", mode="update")
    assert got(found) == [("updated", subscribed)]


async def test_a_resource_narrows_the_search_in_subscriptions(engines: Engines, database: Database) -> None:
    news, shop = await resource(engines), await resource(engines)
    one, two = await person(engines, database), await person(engines, database)
    await subscription(engines, database, one, news, "email", "shared@a.co")
    await subscription(engines, database, two, shop, "email", "shared@a.co")
    both = await put(engines, database, {"email": "shared@a.co", "age": 1}, matching="email_sub")
    assert both.rejected == 1
    assert both.items[0].errors[0].message == f"2 profiles have this e-mail address ({one}, {two}); it must be one"
    narrowed = await put(engines, database, {"email": "shared@a.co", "age": 1}, matching="email_sub", resource_id=shop)
    assert got(narrowed) == [("updated", two)]


async def test_phones_of_fields_and_of_sms_subscriptions(engines: Engines, database: Database) -> None:
    news = await resource(engines)
    own = await person(engines, database, phones=["+4740000001", "+4740000002"])
    subscribed = await person(engines, database)
    await subscription(engines, database, subscribed, news, "sms", "+4740000003")
    out = await put(
        engines, database, {"phone": "+4740000002", "age": 1}, {"phone": "+47 400 00 003", "age": 2}, matching="phone"
    )
    assert got(out) == [("updated", own), ("updated", subscribed)]
    sub = await put(engines, database, {"phone": "+4740000002"}, matching="phone_sub", mode="update")
    assert sub.rejected == 1


async def test_address_or_number(engines: Engines, database: Database) -> None:
    by_email = await person(engines, database, email="e@a.co")
    by_phone = await person(engines, database, phones=["+4740000011"])
    out = await put(
        engines,
        database,
        {"email": "e@a.co", "age": 1},
        {"phone": "+4740000011", "age": 2},
        {"email": "e@a.co", "phone": "+4740000011", "age": 3},
        {"email": "new@a.co", "phone": "+4740000012", "age": 4},
        {"phone": "+4740000012", "age": 5},
        {"age": 6},
        matching="email_phone",
    )
    assert got(out)[:2] == [("updated", by_email), ("updated", by_phone)]
    assert out.items[2].status == "rejected"
    assert f"({by_email}, {by_phone})" in out.items[2].errors[0].message
    assert [i.status for i in out.items[3:]] == ["created", "updated", "rejected"]
    assert out.items[3].profile_id == out.items[4].profile_id
    assert out.items[5].errors[0].message == "There is no e-mail address or phone number to find the profile by"


async def test_contacts_of_other_channels(engines: Engines, database: Database) -> None:
    news = await resource(engines)
    someone = await person(engines, database)
    await subscription(engines, database, someone, news, "webhook", "device-1")
    out = await put(
        engines,
        database,
        {"contact": "device-1", "age": 1},
        {"contact": "device-2", "age": 2},
        {
            "contact": "device-3",
            "subscriptions": [{"resource_id": news, "channel": "webhook", "contact": "device-3"}],
        },
        matching="custom_sub",
        field="webhook",
    )
    assert got(out)[0] == ("updated", someone)
    assert out.items[1].status == "rejected"
    assert out.items[2].status == "created"
    again = await put(
        engines, database, {"contact": "device-3", "age": 9}, matching="custom_sub", field="webhook", resource_id=news
    )
    assert got(again) == [("updated", out.items[2].profile_id)]


async def test_a_combination_of_tags_means_all_of_them(engines: Engines, database: Database) -> None:
    both = await person(engines, database, likes=["a", "b", "c"])
    await person(engines, database, likes=["a"])
    out = await put(engines, database, {"likes": ["b", "a"], "age": 1}, matching="custom", field="likes")
    assert got(out) == [("updated", both)]
    two = await put(engines, database, {"likes": ["a"], "age": 1}, matching="likes")
    assert two.rejected == 1


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"matching": "push_sub"}, "/matching"),
        ({"matching": "custom"}, "/field"),
        ({"matching": "custom", "field": "felt"}, "/field"),
        ({"matching": "custom", "field": "car"}, "/field"),
        ({"matching": "custom_sub", "field": "pigeon"}, "/field"),
        ({"matching": "email", "field": "age"}, "/field"),
        ({"matching": "age", "resource_id": 1}, "/resource_id"),
        ({"matching": "email_profile", "resource_id": 1}, "/resource_id"),
    ],
)
async def test_modes_that_do_not_fit(
    api: httpx.AsyncClient, database: Database, body: dict[str, Any], pointer: str
) -> None:
    reply = await api.post(f"/databases/{database.id}/profiles/upsert", json={"items": [], **body})
    assert reply.status_code == 422, reply.text
    assert reply.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("matching", ["email", "email_profile", "email_sub", "email_phone", "phone_sub"])
async def test_a_race_makes_one_profile(engines: Engines, database: Database, matching: str) -> None:
    item = {"email": "race@a.co", "phones": ["+4740000099"]}
    out = await asyncio.gather(*(put(engines, database, item, matching=matching) for _ in range(6)))
    made = sum(o.created for o in out)
    # By subscriptions only, nobody is found and the address itself keeps a second profile from being made.
    assert made == 1
    if matching in ("email", "email_profile", "email_phone"):
        assert {o.items[0].profile_id for o in out} == {out[0].items[0].profile_id}


async def test_imports_take_the_modes(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    files = {"file": ("a.csv", b"email,phones,age\nx@a.co,+4740000021,5\n", "text/csv")}
    data = {
        "mapping": '{"email":"email","phones":"phones","age":"age"}',
        "options": '{"matching":"email_phone"}',
        "run": "true",
    }
    reply = await api.post(f"/databases/{database.id}/imports", files=files, data=data)
    assert reply.status_code == 202, reply.text
    wrong = await api.post(
        f"/databases/{database.id}/imports", files=files, data={**data, "options": '{"matching":"custom_sub"}'}
    )
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "/options/field"
