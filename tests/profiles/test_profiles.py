"""Profiles: create, read, change, erase; ids; concurrency."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.profiles import (
    Change,
    Database,
    all_ids,
    change_profile,
    create_profile,
    erase_profiles,
    exists,
    get_database,
    get_profile,
    match_ids,
    read_many,
    set_status,
)

from .conftest import SYSTEM, new_database

FULL: dict[str, Any] = {
    "email": "Ada@Example.com",
    "phones": ["+47 400 00 000"],
    "first_name": "Åda 😀",
    "nick": "ada'; drop table profile_1; --",
    "code": "NO12",
    "age": 41,
    "score": -0.0,
    "vip": True,
    "since": "2020-02-29",
    "seen_at": "2026-11-01T10:00:00.123456+02:00",
    "level": "Ønsket",
    "likes": ["a", "b", "a", " "],
    "last_ip": "::ffff:192.0.2.7",
    "car": {"make": "Volvo", "size": 2.5},
    "kids": [{"name": "Bo"}, {"name": "Liv"}],
}


async def make(engines: Engines, database: Database, **values: Any) -> dict[str, Any]:
    async with engines.tx() as tx:
        return await create_profile(tx, SYSTEM, database.id, values)


async def change(engines: Engines, database: Database, pid: int, version: int | None = None, **verbs: Any) -> Any:
    async with engines.tx() as tx:
        return await change_profile(tx, SYSTEM, database.id, pid, Change(**verbs), version)


async def test_every_type_is_stored_and_read_back(engines: Engines, database: Database) -> None:
    row = await make(engines, database, **FULL)
    assert row["id"] == 1
    assert row["version"] == 1
    assert row["email"] == "ada@example.com"
    assert row["phones"] == ["+4740000000"]
    assert row["status"] == "subscribed"
    assert row["nick"] == FULL["nick"]
    assert (row["age"], row["score"], row["vip"]) == (41, 0.0, True)
    assert row["since"].isoformat() == "2020-02-29"
    assert row["seen_at"].isoformat() == "2026-11-01T08:00:00.123000+00:00"
    assert row["likes"] == ["a", "b"]
    assert row["last_ip"] == "192.0.2.7"
    assert row["car"] == {"make": "Volvo", "size": 2.5}
    assert row["kids"] == [{"name": "Bo"}, {"name": "Liv"}]
    async with engines.tx() as tx:
        assert await get_profile(tx, database.id, 1) == row
        assert (await get_database(tx, database.id)).profile_count == 1


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"email": 5}, "/email"),
        ({"email": "a\x00@b.co"}, "/email"),
        ({"phones": "12"}, "/phones"),
        ({"phones": [5]}, "/phones"),
        ({"age": "41"}, "/age"),
        ({"age": True}, "/age"),
        ({"age": 2**63}, "/age"),
        ({"age": 1.5}, "/age"),
        ({"score": "1"}, "/score"),
        ({"score": 10**400}, "/score"),
        ({"vip": 1}, "/vip"),
        ({"since": "2026-02-30"}, "/since"),
        ({"since": "0001-01-01"}, "/since"),
        ({"seen_at": "2026-01-01T00:00:00"}, "/seen_at"),
        ({"seen_at": "2026-01-01"}, "/seen_at"),
        ({"level": "bronze"}, "/level"),
        ({"likes": "a"}, "/likes"),
        ({"likes": ["x" * 256]}, "/likes"),
        ({"likes": ["\x00"]}, "/likes"),
        ({"last_ip": "300.1.1.1"}, "/last_ip"),
        ({"car": []}, "/car"),
        ({"car": {"a": "\x00"}}, "/car"),
        ({"car": {"a": "x" * 33_000}}, "/car"),
        ({"kids": {}}, "/kids"),
        ({"code": "no12"}, "/code"),
        ({"nick": "x" * 251}, "/nick"),
        ({"first_name": "x" * 201}, "/first_name"),
        ({"first_name": "half \ud800"}, "/first_name"),
        ({"status": "happy"}, "/status"),
        ({"status": None}, "/status"),
        ({"created_at": "2026-01-01T00:00:00Z"}, "/created_at"),
        ({"no/such~": 1}, "/no~1such~0"),
        ({"id": 5}, "/id"),
    ],
)
async def test_a_wrong_value_is_refused_at_its_place(
    engines: Engines, database: Database, values: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Problem) as refused:
        await make(engines, database, **values)
    assert refused.value.status == 422
    assert [e.pointer for e in refused.value.errors] == [pointer]
    async with engines.tx() as tx:
        assert (await get_database(tx, database.id)).last_profile_id == 0


async def test_values_are_unique_where_they_must_be(engines: Engines, database: Database) -> None:
    await make(engines, database, email="a@b.co", external_id="x", nick="n")
    for values in ({"email": "A@B.co"}, {"external_id": "x"}, {"nick": "n"}):
        with pytest.raises(Problem) as refused:
            await make(engines, database, **values)
        assert refused.value.status == 409
        assert [e.pointer for e in refused.value.errors] == [f"/{next(iter(values))}"]
    second = await make(engines, database)
    assert second["id"] == 2
    with pytest.raises(Problem, match="email"):
        await change(engines, database, 2, set={"email": "a@b.co"})


async def test_a_change_is_made_of_verbs(engines: Engines, database: Database) -> None:
    await make(engines, database, age=1, likes=["a", "b"], city="Oslo", kids=[{"n": 1}])
    after = await change(
        engines,
        database,
        1,
        set={"first_name": "Bo"},
        unset=["city"],
        incr={"age": 2, "score": 1.5},
        add={"likes": ["c", "a"], "phones": ["+4740000000"], "kids": [{"n": 2}]},
        remove={"likes": ["b"]},
    )
    assert after["version"] == 2
    assert (after["first_name"], after["city"], after["age"], after["score"]) == ("Bo", None, 3, 1.5)
    assert after["likes"] == ["a", "c"]
    assert after["phones"] == ["+4740000000"]
    assert after["kids"] == [{"n": 1}, {"n": 2}]


async def test_an_unchanged_profile_keeps_its_version(engines: Engines, database: Database) -> None:
    await make(engines, database, **FULL)
    again = await change(engines, database, 1, set=dict(FULL))
    assert again["version"] == 1


@pytest.mark.parametrize(
    ("verbs", "pointer"),
    [
        ({"incr": {"city": 1}}, "/incr/city"),
        ({"incr": {"age": 2**62}}, "/incr/age"),
        ({"incr": {"age": "1"}}, "/incr/age"),
        ({"incr": {"age": None}}, "/incr/age"),
        ({"add": {"age": [1]}}, "/add/age"),
        ({"remove": {"kids": [{}]}}, "/remove/kids"),
        ({"unset": ["status"]}, "/unset/0"),
        ({"unset": ["nothing"]}, "/unset/0"),
        ({"set": {"updated_at": "2026-01-01T00:00:00Z"}}, "/set/updated_at"),
    ],
)
async def test_a_wrong_verb_is_refused(
    engines: Engines, database: Database, verbs: dict[str, Any], pointer: str
) -> None:
    await make(engines, database, age=2**62)
    with pytest.raises(Problem) as refused:
        await change(engines, database, 1, **verbs)
    assert refused.value.status == 422
    assert refused.value.errors[0].pointer == pointer


async def test_a_stale_version_is_a_conflict(engines: Engines, database: Database) -> None:
    await make(engines, database)
    await change(engines, database, 1, version=1, set={"city": "Oslo"})
    with pytest.raises(Problem) as refused:
        await change(engines, database, 1, version=1, set={"city": "Bergen"})
    assert refused.value.status == 409


async def test_concurrent_creation_gives_dense_ids(engines: Engines, database: Database) -> None:
    async def one(n: int) -> int | None:
        with contextlib.suppress(Problem):
            return int((await make(engines, database, email=f"p{n % 20}@b.co"))["id"])
        return None

    ids = [i for i in await asyncio.gather(*(one(n) for n in range(40))) if i]
    assert sorted(ids) == list(range(1, 21))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(st.just("create"), st.just("clash"), st.integers(1, 8)), max_size=14))
async def test_ids_are_dense_and_never_given_twice(engines: Engines, steps: list[Any]) -> None:
    database = await new_database(engines)
    given_: list[int] = []
    alive: set[int] = set()
    for step in steps:
        if step == "create":
            given_.append((await make(engines, database, email=f"{len(given_)}@b.co"))["id"])
            alive.add(given_[-1])
        elif step == "clash":
            if alive:
                taken = min(alive)
                with pytest.raises(Problem):
                    await make(engines, database, email=f"{taken - 1}@b.co")
        else:
            async with engines.tx() as tx:
                gone = await erase_profiles(tx, SYSTEM, database.id, [step])
            assert set(gone) == alive & {step}
            alive -= {step}
    assert given_ == list(range(1, len(given_) + 1))
    async with engines.tx() as tx:
        assert set(await all_ids(tx, database.id)) == alive
        now = await get_database(tx, database.id)
        assert (now.last_profile_id, now.profile_count) == (len(given_), len(alive))


async def test_matching_many_keys_at_once(engines: Engines, database: Database) -> None:
    await make(engines, database, email="a@b.co", phones=["+4740000000"], nick="n1", likes=["x"])
    await make(engines, database, email="c@b.co", phones=["+4740000000", "+4740000001"], age=5, likes=["x", "y"])
    async with engines.tx() as tx:
        assert await match_ids(tx, database.id, "email", ["a@b.co", "zz@b.co", None]) == {"a@b.co": 1}
        assert await match_ids(tx, database.id, "phone", ["+4740000000", "+4740000001"]) == {
            "+4740000000": 1,
            "+4740000001": 2,
        }
        assert await match_ids(tx, database.id, "profile_id", [1, 2, 3, -1, 2**40]) == {1: 1, 2: 2}
        assert await match_ids(tx, database.id, "nick", ["n1"]) == {"n1": 1}
        assert await match_ids(tx, database.id, "age", [5, 6]) == {5: 2}
        assert await match_ids(tx, database.id, "likes", ["y"]) == {"y": 2}
        assert set(await exists(tx, database.id, [1, 2, 99])) == {1, 2}
        rows = await read_many(tx, database.id, [2, 1, 77], ["email", "age"])
        assert rows == [
            {"id": 1, "version": 1, "email": "a@b.co", "age": None},
            {"id": 2, "version": 1, "email": "c@b.co", "age": 5},
        ]
        for wrong in ("car", "nothing", "updated_at"):
            with pytest.raises(Problem):
                await match_ids(tx, database.id, wrong, ["x"])


async def test_a_status_is_given_to_many(engines: Engines, database: Database) -> None:
    for n in range(3):
        await make(engines, database, status="unsubscribed" if n == 2 else "subscribed")
    async with engines.tx() as tx:
        assert set(await set_status(tx, SYSTEM, database.id, [1, 2, 3, 9], "unsubscribed", "asked")) == {1, 2}
    async with engines.tx() as tx:
        assert (await get_profile(tx, database.id, 1))["version"] == 2
        assert (await get_profile(tx, database.id, 3))["version"] == 1
        with pytest.raises(Problem):
            await set_status(tx, SYSTEM, database.id, [1], "sad")


async def test_nobody_is_found_where_nobody_is(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        for database_id, profile_id in ((database.id, 1), (database.id, -1), (database.id, 2**70), (99_999, 1)):
            with pytest.raises(Problem) as refused:
                await get_profile(tx, database_id, profile_id)
            assert refused.value.status == 404
