"""The upsert over HTTP, and beside others who write the same people."""

from __future__ import annotations

import asyncio
import random
from importlib import import_module
from typing import Any

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.profiles import Change, Database, Field, change_profile, read_many, upsert
from fidelia.profiles.ingest import UpsertOut
from fidelia.profiles.ingest.store import FEW

from ..conftest import SYSTEM, new_database


async def post(api: httpx.AsyncClient, database: Database, status: int = 200, **body: Any) -> dict[str, Any]:
    reply = await api.post(f"/databases/{database.id}/profiles/upsert", json=body)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


async def test_reply_has_a_result_for_each_item(api: httpx.AsyncClient, database: Database) -> None:
    items = [{"email": "A@B.co", "age": 41}, {"email": "nobody"}, {"nick": "x"}, {"email": "c@d.co", "felt": 1}]
    out = await post(api, database, matching="email", mode="upsert", items=items)
    assert out["items"][0] == {
        "index": 0, "status": "created", "profile_id": 1, "errors": [], "superseded_by": None
    }  # fmt: skip
    assert [i["status"] for i in out["items"][1:]] == ["rejected"] * 3
    assert [i["errors"][0]["pointer"] for i in out["items"][1:]] == [
        "/items/1/email",
        "/items/2/email",
        "/items/3/felt",
    ]
    assert (out["created"], out["updated"], out["unchanged"], out["rejected"]) == (1, 0, 0, 3)
    again = await post(api, database, items=[{"email": "a@b.co", "age": 42}, {"email": "a@b.co", "age": 42}])
    assert [i["status"] for i in again["items"]] == ["unchanged", "updated"]
    assert again["items"][0]["superseded_by"] == 1
    assert again["duplicates"] == 1
    same = await post(api, database, items=[{"email": "a@b.co", "age": 42}])
    assert same["items"][0]["status"] == "unchanged"


async def test_unchanged_people_keep_version_and_stamp(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        await upsert(tx, SYSTEM, database.id, [{"email": "a@b.co", "likes": ["x"], "car": {"a": 1}}])
    async with engines.tx() as tx:
        out = await upsert(tx, SYSTEM, database.id, [{"email": "a@b.co", "likes": ["x"], "car": {"a": 1.0}}])
        (row,) = await read_many(tx, database.id, [1])
    assert out.unchanged == 1
    assert row["version"] == 1
    async with engines.tx() as tx:
        raw = await tx.raw()
        dirty = await (await raw.execute("select count(*) from dirty where stream = 'profiles'")).fetchone()
        await upsert(tx, SYSTEM, database.id, [{"email": "a@b.co"}])
    async with engines.tx() as tx:
        raw = await tx.raw()
        after = await (await raw.execute("select count(*) from dirty where stream = 'profiles'")).fetchone()
        (row,) = await read_many(tx, database.id, [1])
    assert dirty == after
    assert row["version"] == 1


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"items": [{}] * 10_001}, 413, None),
        ({"items": [1]}, 422, "/items/0"),
        ({"items": [], "mode": "replace"}, 422, "/mode"),
        ({"items": [], "matching": "felt"}, 422, "/matching"),
        ({"items": [], "matching": "car"}, 422, "/matching"),
        ({"items": [], "matching": "profile_id", "mode": "add"}, 422, "/mode"),
        ({"items": [], "surplus": 1}, 422, "/surplus"),
        ({}, 422, "/items"),
    ],
)
async def test_wrong_bodies(
    api: httpx.AsyncClient, database: Database, body: dict[str, Any], status: int, pointer: str | None
) -> None:
    problem = await post(api, database, status, **body)
    assert pointer is None or problem["errors"][0]["pointer"] == pointer


async def test_body_of_11_mb_is_refused(api: httpx.AsyncClient, database: Database) -> None:
    await post(api, database, 413, items=[{"email": "a@b.co", "first_name": "x" * 11_000_000}])


async def test_deep_and_strange_values_reject_their_item_only(api: httpx.AsyncClient, database: Database) -> None:
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    items: list[Any] = [
        {"email": "1@x.no", "car": deep},
        {"email": "2@x.no", "age": 10**400},
        {"email": "3@x.no", "first_name": "\ud800"},
        {"email": "4@x.no", "likes": [[1]]},
        {"email": {"a": 1}},
        {"email": "5@x.no", "phones": [None]},
        {"email": "6@x.no", "subscriptions": [{"resource": 1, "status": "x"}]},
        {"email": "7@x.no", "subscriptions": "x"},
        {"email": "8@x.no", "profile_id": 3},
        {"email": "9@x.no", "created_at": "2020-01-01T00:00:00Z"},
        {"email": "ok@x.no"},
    ]
    reply = await api.post(
        f"/databases/{database.id}/profiles/upsert",
        content=__import__("json").dumps({"items": items}),
        headers={"content-type": "application/json"},
    )
    if reply.status_code == 400:  # a number or half a character that no JSON reader takes: the whole body is malformed
        items[1:3] = []
        reply = await api.post(f"/databases/{database.id}/profiles/upsert", json={"items": items})
    assert reply.status_code == 200, reply.text
    statuses = [i["status"] for i in reply.json()["items"]]
    assert statuses == ["rejected"] * (len(items) - 1) + ["created"]


async def test_ten_thousand_items(engines: Engines, database: Database) -> None:
    items = [{"email": f"p{n}@x.no", "age": n, "likes": ["a", "b"]} for n in range(10_000)]
    async with engines.tx() as tx:
        first = await upsert(tx, SYSTEM, database.id, items)
        items[5]["age"] = 0
        second = await upsert(tx, SYSTEM, database.id, items)
    assert (first.created, second.updated, second.unchanged) == (10_000, 1, 9_999)
    assert [i.profile_id for i in first.items] == list(range(1, 10_001))


async def test_subscriptions_of_items(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    resource = (await api.post("/resources", json={"name": f"News {database.id}", "channels": ["email", "sms"]})).json()
    wish = {"resource": resource["id"], "channel": "email", "status": "subscribed"}
    out = await post(api, database, items=[{"email": "a@b.co", "subscriptions": [wish]}])
    assert out["created"] == 1
    left = {**wish, "status": "unsubscribed"}
    assert (await post(api, database, items=[{"email": "a@b.co", "subscriptions": [left]}]))["updated"] == 1
    kept = await post(api, database, items=[{"email": "a@b.co", "subscriptions": [wish]}])
    assert kept["items"][0]["status"] == "unchanged"
    assert "consent" in kept["items"][0]["errors"][0]["message"]
    raised = await post(api, database, items=[{"email": "a@b.co", "subscriptions": [wish]}], raise_consent=True)
    assert raised["items"][0]["status"] == "updated"
    no_phone = await post(api, database, items=[{"email": "a@b.co", "subscriptions": [{**wish, "channel": "sms"}]}])
    assert no_phone["items"][0]["errors"]


async def test_swapped_unique_values_are_taken_in_order(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        await upsert(tx, SYSTEM, database.id, [{"email": f"{c}@x.no", "external_id": c} for c in "abc"])
    async with engines.tx() as tx:
        out = await upsert(
            tx,
            SYSTEM,
            database.id,
            [
                {"email": "a@x.no", "external_id": "free"},
                {"email": "b@x.no", "external_id": "a"},
                {"email": "new@x.no", "external_id": "b"},
                {"email": "c@x.no", "external_id": "a"},
            ],
        )
        rows = {r["email"]: r["external_id"] for r in await read_many(tx, database.id, range(1, 10))}
    assert [i.status for i in out.items] == ["updated", "updated", "created", "rejected"]
    assert rows == {"a@x.no": "free", "b@x.no": "a", "new@x.no": "b", "c@x.no": "c"}


async def test_many_at_once_make_each_person_once(engines: Engines, database: Database) -> None:
    async def one(n: int) -> UpsertOut:
        async with engines.tx() as tx:
            items = [{"email": f"p{(k * 7 + n) % 30}@x.no", "age": n} for k in range(30)]
            return await upsert(tx, SYSTEM, database.id, items)

    outs = await asyncio.gather(*(one(n) for n in range(12)))
    assert sum(o.created for o in outs) == 30
    assert all(o.rejected == 0 for o in outs)
    async with engines.tx() as tx:
        rows = await read_many(tx, database.id, range(1, 100))
    assert sorted(r["id"] for r in rows) == list(range(1, 31))
    assert len({r["email"] for r in rows}) == 30


@pytest.mark.parametrize("people", [40, FEW + 40])
async def test_the_same_people_in_many_orders_wait_for_each_other(
    engines: Engines, database: Database, people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are locked by ascending id, those that travel as parameters as well as those that are copied."""
    addresses = [f"p{n}@x.no" for n in range(people)]
    async with engines.tx() as tx:
        await upsert(tx, SYSTEM, database.id, [{"email": a, "age": 0} for a in addresses])
    monkeypatch.setattr(import_module("fidelia.profiles.ingest.apply"), "_ATTEMPTS", 1)

    async def one(n: int) -> UpsertOut:
        order = random.Random(n).sample(addresses, people)
        async with engines.tx() as tx:
            return await upsert(tx, SYSTEM, database.id, [{"email": a, "age": n} for a in order])

    outs = await asyncio.gather(*(one(n) for n in range(1, 17)))
    assert all(o.rejected == 0 and o.updated + o.unchanged == people for o in outs)


async def test_unique_values_raced_by_others_are_decided_anew(engines: Engines) -> None:
    database = await new_database(engines, Field(name="nick", type="string", unique=True))

    async def one(n: int) -> UpsertOut:
        async with engines.tx() as tx:
            return await upsert(tx, SYSTEM, database.id, [{"email": f"p{n}@x.no", "nick": "same"}])

    outs = await asyncio.gather(*(one(n) for n in range(8)))
    assert sum(o.created for o in outs) == 1
    assert sum(o.rejected for o in outs) == 7


async def test_a_unique_value_taken_while_we_write(engines: Engines, database: Database) -> None:
    """A single change holds no lock on new ids, so the index finds it: the batch is undone and decided anew."""
    async with engines.tx() as tx:
        await upsert(tx, SYSTEM, database.id, [{"email": "first@x.no"}])
    async with engines.tx() as tx:
        await change_profile(tx, SYSTEM, database.id, 1, Change(set={"nick": "wanted"}))

        async def other() -> UpsertOut:
            async with engines.tx() as theirs:
                items = [{"email": "new@x.no", "nick": "wanted"}, {"email": "fine@x.no"}]
                return await upsert(theirs, SYSTEM, database.id, items)

        waiting = asyncio.create_task(other())
        while not await _somebody_waits(engines):
            await asyncio.sleep(0.01)
    out = await waiting
    assert [i.status for i in out.items] == ["rejected", "created"]
    assert "Another profile (1)" in out.items[0].errors[0].message
    assert out.items[1].profile_id == 2


async def test_two_who_change_the_same_people_in_other_orders(engines: Engines, database: Database) -> None:
    people = [{"email": f"d{n}@x.no"} for n in range(20)]
    async with engines.tx() as tx:
        await upsert(tx, SYSTEM, database.id, people)

    async def one(step: int) -> int:
        done = 0
        for n in range(5):
            async with engines.tx() as tx:
                items = [{"email": p["email"], "age": n * 10 + step} for p in people[::step]]
                done += (await upsert(tx, SYSTEM, database.id, items)).rejected
        return done

    assert await asyncio.gather(one(1), one(-1), one(1), one(-1)) == [0, 0, 0, 0]


async def _somebody_waits(engines: Engines) -> bool:
    async with engines.db.hot() as raw:
        found = await (await raw.execute("select count(*) from pg_locks where not granted")).fetchone()
    return bool(found and found[0])


async def test_history_and_projection_see_the_changes(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        await upsert(tx, SYSTEM, database.id, [{"email": f"h{n}@x.no", "age": n} for n in range(150)])
        await upsert(tx, SYSTEM, database.id, [{"email": "h1@x.no", "age": 99}])
    assert engines.drain is not None
    await engines.drain.flush()
    field = database.by_name["age"].column
    rows = await engines.clickhouse.query(f"select count(), max({field}) from p_{database.id} final")
    assert [tuple(r) for r in rows] == [(150, 149)]
    events = await engines.clickhouse.query(
        f"select type, count() from e_{database.id} where type like 'profile.%' group by type order by type"
    )
    assert [tuple(r) for r in events] == [("profile.created", 150), ("profile.updated", 1)]
