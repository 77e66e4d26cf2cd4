"""ClickHouse holds exactly what PostgreSQL holds, after any changes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.platform.engines import Engines
from fidelia.profiles import (
    Change,
    Database,
    SubscriptionItem,
    change_profile,
    create_profile,
    delete_database,
    erase_profiles,
    get_database,
    read_many,
    subscribe,
    unsubscribe,
)
from fidelia.profiles.fields import Field
from fidelia.profiles.projection import Tables, rebuild
from fidelia.profiles.service.consent import create_resource
from fidelia.profiles.service.fields import add_field, delete_field, update_field
from fidelia.profiles.tasks import forget

from .conftest import EVERY_TYPE, SYSTEM, new_database

NASTY = [
    "\\N",
    "NULL",
    "",
    '"',
    "''",
    "\\",
    "\\'",
    "a\nb\r\n\tc",
    ",;|",
    "\u2028",
    "😀",
    "İ",
    "{}",
    "[]",
    "null",
    "\x7f",
]
texts = st.one_of(
    st.sampled_from(NASTY), st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)
moments = st.datetimes(datetime(1900, 1, 2), datetime(2299, 12, 30), timezones=st.just(UTC))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "first_name": texts,
    "city": texts,
    "country": st.sampled_from(["no", "Norway", "\\N"]),
    "gender": st.sampled_from(["female", "male", "other", None]),
    "birth_date": st.dates(date(1900, 1, 1), date(2299, 12, 31)).map(date.isoformat),
    "phones": st.lists(st.integers(40000000, 40000099).map(lambda n: f"+47{n}"), max_size=3),
    "status": st.sampled_from(["subscribed", "unsubscribed", "deleted"]),
    "age": st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    "score": st.floats(allow_nan=False, allow_infinity=False),
    "vip": st.one_of(st.none(), st.booleans()),
    "since": st.dates(date(1900, 1, 1), date(2299, 12, 31)).map(date.isoformat),
    "seen_at": moments.map(datetime.isoformat),
    "level": st.sampled_from(["gold", "silver", "Ønsket", None]),
    "likes": st.lists(texts, max_size=4),
    "last_ip": st.ip_addresses().map(str),
    "car": st.dictionaries(texts, json_values, max_size=3),
    "kids": st.lists(st.dictionaries(texts, json_values, max_size=2), max_size=2),
}
some_values = st.fixed_dictionaries({}, optional=VALUES)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("create"), some_values),
        st.tuples(st.just("change"), st.integers(1, 6), some_values),
        st.tuples(st.just("erase"), st.integers(1, 6)),
        st.tuples(st.just("drain")),
    ),
    max_size=12,
)


async def in_clickhouse(engines: Engines, database: Database) -> dict[int, dict[str, Any]]:
    fields = database.fields
    columns = ", ".join(["id", "version", *(f.column for f in fields)])
    rows = await engines.clickhouse.query(f"select {columns} from p_{database.id} final")
    found = {}
    for row in rows:
        one = dict(zip(["id", "version", *(f.name for f in fields)], row, strict=True))
        for f in fields:
            if f.type in ("object", "objects"):
                one[f.name] = json.loads(one[f.name] or "null")
        found[one["id"]] = one
    return found


async def in_postgres(engines: Engines, database: Database) -> dict[int, dict[str, Any]]:
    async with engines.tx() as tx:
        rows = await read_many(tx, database.id, range(1, 30))
    for row in rows:
        for f in database.fields:
            if f.type == "tags" and row[f.name] is None:
                row[f.name] = []
            if f.type == "object":
                row[f.name] = row[f.name] or {}
    return {row["id"]: row for row in rows}


async def drain(engines: Engines) -> None:
    assert engines.drain is not None
    await engines.drain.flush()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=steps)
async def test_both_engines_agree_after_any_changes(engines: Engines, script: list[Any]) -> None:
    database = await new_database(engines, *(f for f in EVERY_TYPE if f.name not in ("nick", "code")))
    alive: set[int] = set()
    given_ = 0
    for step in script:
        if step[0] == "create":
            async with engines.tx() as tx:
                await create_profile(tx, SYSTEM, database.id, {k: v for k, v in step[1].items() if v is not None})
            given_ += 1
            alive.add(given_)
        elif step[0] == "change" and step[1] in alive:
            async with engines.tx() as tx:
                await change_profile(tx, SYSTEM, database.id, step[1], Change(set=step[2]))
        elif step[0] == "erase":
            async with engines.tx() as tx:
                await erase_profiles(tx, SYSTEM, database.id, [step[1]])
            alive.discard(step[1])
        elif step[0] == "drain":
            await drain(engines)
    await drain(engines)
    expected = await in_postgres(engines, database)
    assert set(expected) == alive
    assert await in_clickhouse(engines, database) == expected


async def test_fields_come_and_go(engines: Engines) -> None:
    database = await new_database(engines, Field(name="one", type="string"))
    async with engines.tx() as tx:
        await create_profile(tx, SYSTEM, database.id, {"one": "1"})
    await drain(engines)
    async with engines.tx() as tx:
        await add_field(tx, SYSTEM, database.id, Field(name="two", type="tags"))
        await update_field(tx, SYSTEM, database.id, "one", {"name": "uno"})
        await create_profile(tx, SYSTEM, database.id, {"uno": "x", "two": ["t"]})
    await drain(engines)
    async with engines.tx() as tx:
        database = await get_database(tx, database.id)
    assert await in_clickhouse(engines, database) == await in_postgres(engines, database)
    async with engines.tx() as tx:
        await delete_field(tx, SYSTEM, database.id, "uno", "uno")
    await drain(engines)
    async with engines.tx() as tx:
        database = await get_database(tx, database.id)
    found = await in_clickhouse(engines, database)
    assert found == await in_postgres(engines, database)
    assert found[2]["two"] == ["t"]


async def test_objects_of_an_earlier_version_become_texts(engines: Engines) -> None:
    """Their column was of the type JSON, which took a key with a dot for a path."""
    database = await new_database(engines, Field(name="car", type="object"))
    (column,) = (field.column for field in database.fields if field.name == "car")
    async with engines.tx() as tx:
        await create_profile(tx, SYSTEM, database.id, {"car": {"make": "Saab", "doors": 5}})
    await drain(engines)
    await engines.clickhouse.command(f"alter table p_{database.id} modify column {column} JSON")
    await Tables().ensure(engines.clickhouse, database)
    found = await in_clickhouse(engines, database)
    assert found[1]["car"] == {"make": "Saab", "doors": 5}
    async with engines.tx() as tx:
        await change_profile(tx, SYSTEM, database.id, 1, Change(set={"car": {"a.b": 1, "a": {"b": 2}}}))
    await drain(engines)
    assert (await in_clickhouse(engines, database))[1]["car"] == {"a.b": 1, "a": {"b": 2}}


async def test_subscriptions_follow_and_leave(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        resource = await create_resource(tx, SYSTEM, name=f"News {database.id}")
        for n in range(3):
            await create_profile(tx, SYSTEM, database.id, {"email": f"p{n}@b.co"})
        items = [SubscriptionItem(profile_id=n, resource_id=resource.id) for n in (1, 2, 3)]
        await subscribe(tx, SYSTEM, database.id, items)

    async def seen() -> list[tuple[Any, ...]]:
        await drain(engines)
        return await engines.clickhouse.query(
            f"select profile, contact, status from s_{database.id} final order by profile"
        )

    assert await seen() == [(n, f"p{n - 1}@b.co", "subscribed") for n in (1, 2, 3)]
    async with engines.tx() as tx:
        await unsubscribe(tx, SYSTEM, database.id, [2], resource_id=resource.id)
        await erase_profiles(tx, SYSTEM, database.id, [3])
    assert await seen() == [(1, "p0@b.co", "subscribed"), (2, "p1@b.co", "unsubscribed")]
    before = await in_clickhouse(engines, database)
    assert await rebuild(engines, database.id) == 2
    assert await seen() == [(1, "p0@b.co", "subscribed"), (2, "p1@b.co", "unsubscribed")]
    assert await in_clickhouse(engines, database) == before


async def test_a_deleted_database_leaves_clickhouse(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        await create_profile(tx, SYSTEM, database.id, {})
    await drain(engines)
    async with engines.tx() as tx:
        await create_profile(tx, SYSTEM, database.id, {})
    async with engines.tx() as tx:
        await delete_database(tx, SYSTEM, database.id, database.name)
    await drain(engines)
    left = await engines.clickhouse.query(
        "select name from system.tables where database = currentDatabase() and match(name, {n:String})",
        {"n": f"^[a-z]_{database.id}$"},
    )
    assert left == []


async def test_by_night_erased_people_leave_the_history(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        for n in range(3):
            await create_profile(tx, SYSTEM, database.id, {"email": f"secret{n}@b.co"})
    await drain(engines)
    async with engines.tx() as tx:
        await erase_profiles(tx, SYSTEM, database.id, [1, 3])
    await forget(engines)
    left = await engines.clickhouse.query(f"select profile, type from e_{database.id}")
    assert left == [(2, "profile.created")]
    rows = await engines.clickhouse.query(f"select id from p_{database.id} where email like 'secret%'")
    assert rows == [(2,)]
    async with engines.tx() as tx:
        raw = await tx.raw()
        row = await (await raw.execute("select count, history_erased_at is null from erasure")).fetchall()
    assert (2, False) in row
    await forget(engines)
