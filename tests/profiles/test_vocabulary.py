"""Conditions over real rows: every field of every type can be compared, and so can subscriptions."""

from __future__ import annotations

from typing import Any

import pytest

from fidelia.conditions import check, compile, decode, merge
from fidelia.platform.engines import Engines
from fidelia.profiles import Database, SubscriptionItem, create_profile, subscribe
from fidelia.profiles.service.consent import create_resource
from fidelia.profiles.vocabulary import vocabulary

from .conftest import EVERY_TYPE, SYSTEM, new_database


def test_every_field_type_has_a_reading() -> None:
    assert {f.type for f in EVERY_TYPE} >= {"string", "integer", "float", "boolean", "date", "datetime", "enum"}


@pytest.fixture(scope="module")
async def people(engines: Engines) -> Database:
    database = await new_database(engines, *EVERY_TYPE)
    async with engines.tx() as tx:
        news = await create_resource(tx, SYSTEM, name="News")
        full: dict[str, Any] = {
            "email": "ada@example.com",
            "phones": ["+4740000000"],
            "city": "Oslo",
            "nick": "Ada",
            "age": 41,
            "score": 0.5,
            "vip": True,
            "since": "2020-02-29",
            "seen_at": "2026-11-01T10:00:00Z",
            "level": "gold",
            "likes": ["a", "b"],
            "last_ip": "192.0.2.7",
            "car": {"make": "Volvo"},
            "kids": [{"name": "Bo"}],
        }
        await create_profile(tx, SYSTEM, database.id, full)
        await create_profile(tx, SYSTEM, database.id, {"email": "bo@example.com", "city": "BERGEN"})
        await create_profile(tx, SYSTEM, database.id, {})
        items = [
            SubscriptionItem(profile_id=1, resource_id=news.id),
            SubscriptionItem(profile_id=2, resource_id=news.id, status="unsubscribed"),
        ]
        await subscribe(tx, SYSTEM, database.id, items)
    await engines.catch_up()
    return database


def compare(field: str, op: str, value: Any = None) -> dict[str, Any]:
    node = {"kind": "compare", "field": f"profile.{field}", "op": op}
    return node if value is None else {**node, "value": value}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"kind": "always"}, {1, 2, 3}),
        (compare("city", "eq", "bergen"), {2}),
        (compare("email", "ends_with", "@example.com"), {1, 2}),
        (compare("email", "is_missing"), {3}),
        (compare("phones", "any_of", ["+4740000000"]), {1}),
        (compare("phones", "is_missing"), {2, 3}),
        (compare("status", "eq", "subscribed"), {1, 2, 3}),
        (compare("nick", "eq", "ada"), {1}),
        (compare("age", "gte", 41), {1}),
        (compare("score", "lt", 1), {1}),
        (compare("vip", "eq", True), {1}),
        (compare("since", "before", "2021-01-01"), {1}),
        (compare("seen_at", "in_last", "P30D"), {1}),
        (compare("level", "in", ["gold", "silver"]), {1}),
        (compare("likes", "all_of", ["a", "b"]), {1}),
        (compare("last_ip", "in_subnet", "192.0.2.0/24"), {1}),
        (compare("car", "is_present"), {1}),
        (compare('car["make"]', "eq", "volvo"), {1}),
        (compare("kids", "is_present"), {1}),
        (compare("created_at", "in_last", "P1D"), {1, 2, 3}),
        ({"kind": "related", "link": "subscriptions"}, {1, 2}),
        (
            {
                "kind": "related",
                "link": "subscriptions",
                "where": {"kind": "compare", "field": "subscription.status", "op": "eq", "value": "subscribed"},
            },
            {1},
        ),
    ],
)
async def test_a_condition_finds(engines: Engines, people: Database, condition: Any, expected: set[int]) -> None:
    async with engines.tx() as tx:
        words = merge(await vocabulary(tx, people.id))
    checked = check(decode(condition), words, subject="profile")
    query = compile(checked, engines.clock.now(), "UTC")
    assert set(await engines.clickhouse.bitmap(query.text, query.params)) == expected
