"""Any mix of items gives what the same items give one by one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.platform.engines import Engines
from fidelia.profiles import Database, Field, get_database
from fidelia.profiles.ingest import store, upsert

from ..conftest import EVERY_TYPE, SYSTEM, new_database
from .model import Model

GOOD: dict[str, st.SearchStrategy[Any]] = {
    "email": st.sampled_from(["a@x.no", "b@x.no", "c@x.no", "A@X.no", None]),
    "external_id": st.sampled_from(["1", "2", "3", None]),
    "nick": st.sampled_from(["p", "q", None]),
    "phones": st.lists(st.sampled_from(["+4740000001", "+4740000002", "+47 400 00 003"]), max_size=3),
    "first_name": st.sampled_from(["Ada", "Bo", "tab\there\\N", "new\nline", None]),
    "status": st.sampled_from(["subscribed", "unsubscribed", "unconfirmed", "bounced", None]),
    "age": st.sampled_from([1, 2, None]),
    "score": st.sampled_from([0.5, 1, -0.0, None]),
    "vip": st.sampled_from([True, False, None]),
    "since": st.sampled_from(["2026-01-31", "2026-02-28", None]),
    "seen_at": st.sampled_from(["2026-01-31T10:00:00.123456+02:00", None]),
    "level": st.sampled_from(["gold", "silver", None]),
    "likes": st.lists(st.sampled_from(["tea", 'a "quoted" {one}', "null", "back\\slash"]), max_size=3),
    "car": st.sampled_from([{"maker": "x", "doors": [1, 2.5]}, {"maker": "y\n"}, None]),
}
WRONG = [
    {"email": "not an address"}, {"phones": ["12"]}, {"status": "what"}, {"age": 2**63}, {"age": "1"}, {"level": "tin"},
    {"since": "2026-02-30"}, {"first_name": 7}, {"first_name": "nul\x00"},
]  # fmt: skip


def call(matching: str) -> st.SearchStrategy[Any]:
    """Calls whose items mostly have a key and are mostly right, so that rows meet each other."""
    key = {"phone": "phones"}.get(matching, matching)
    others = {name: values for name, values in GOOD.items() if name != key}
    right = st.fixed_dictionaries({key: GOOD[key]} if key in GOOD else {key: st.integers(0, 5)}, optional=others)
    bad = st.tuples(right, st.sampled_from(WRONG)).map(lambda pair: {**pair[0], **pair[1]})
    item = st.integers(0, 14).flatmap(lambda n: bad if n == 0 else right)
    return st.tuples(
        st.just(matching),
        st.sampled_from(["upsert", "upsert", "add", "update"]) if key != "profile_id" else st.just("update"),
        st.booleans(),
        st.lists(item, min_size=1, max_size=12),
    )


CALL = st.sampled_from(
    ["email", "email", "phone", "phone", "external_id", "nick", "age", "likes", "since", "profile_id"]
).flatmap(call)


@pytest.fixture(scope="module")
async def shop(engines: Engines) -> Database:
    return await new_database(engines, *EVERY_TYPE)


@pytest.fixture(scope="module")
async def strict(engines: Engines) -> Database:
    return await new_database(
        engines, Field(name="nick", type="string", unique=True), Field(name="age", type="integer", required=True)
    )


class Undo(Exception):
    pass


async def _compare(engines: Engines, database: Database, calls: list[Any]) -> None:
    model = Model(database)
    try:
        async with engines.tx() as tx:
            for matching, mode, raise_consent, items in calls:
                given_items = [
                    {k: v for k, v in item.items() if database.field(k) or k == "profile_id"} for item in items
                ]
                out = await upsert(
                    tx,
                    SYSTEM,
                    database.id,
                    given_items,
                    matching=matching,
                    mode=mode,
                    raise_consent=raise_consent,
                )
                expected = model.upsert(given_items, matching, mode, raise_consent=raise_consent)
                assert [(i.status, i.profile_id) for i in out.items] == expected, (matching, mode, given_items, out)
                for status in ("created", "updated", "unchanged", "rejected"):
                    assert getattr(out, status) == sum(s == status for s, _ in expected)
            from fidelia.profiles.store import profiles

            rows = await profiles.read_many(await tx.raw(), database, range(1, 100), database.fields)
            stored = {
                row["id"]: {
                    k: v
                    for k, v in row.items()
                    if v is not None and k not in ("id", "version", "created_at", "updated_at")
                }
                for row in rows
            }
            assert stored == model.people
            after = await get_database(tx, database.id)
            assert (after.last_profile_id, after.profile_count) == (model.last, len(model.people))
            raise Undo
    except Undo:
        pass


@pytest.mark.parametrize("few", [0, 500], ids=["copied", "as parameters"])
async def test_any_items_equal_the_model(
    engines: Engines, shop: Database, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FEW", few)
    loop = asyncio.get_running_loop()

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(CALL, min_size=1, max_size=4))
    def check(calls: list[Any]) -> None:
        asyncio.run_coroutine_threadsafe(_compare(engines, shop, calls), loop).result(60)

    await asyncio.to_thread(check)


async def test_required_fields_equal_the_model(engines: Engines, strict: Database) -> None:
    loop = asyncio.get_running_loop()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from(["email", "phone", "nick", "age"]).flatmap(call), min_size=1, max_size=4))
    def check(calls: list[Any]) -> None:
        asyncio.run_coroutine_threadsafe(_compare(engines, strict, calls), loop).result(60)

    await asyncio.to_thread(check)
