"""Merging: the card, everything that moves, old ids and addresses, histories in ClickHouse, kills and repeats."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from fidelia.conditions import decode
from fidelia.kernel.paging import PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut
from fidelia.profiles import (
    Change,
    Database,
    Field,
    SubscriptionItem,
    change_profile,
    create_profile,
    create_resource,
    get_profile,
    list_subscriptions,
    match_ids,
    subscribe,
    unsubscribe,
    upsert,
)
from fidelia.segments import Unsaved, condition_people

from ..conftest import SYSTEM, name, new_database


async def person(engines: Engines, database: Database, **values: Any) -> int:
    async with engines.tx() as tx:
        return int((await create_profile(tx, SYSTEM, database.id, values))["id"])


async def merge(api: httpx.AsyncClient, database: Database, status: int = 200, **body: Any) -> dict[str, Any]:
    reply = await api.post(f"/databases/{database.id}/profiles/merge", json=body)
    assert reply.status_code == status, reply.text
    return dict(reply.json())


async def send(api: httpx.AsyncClient, database: Database, profile: int, *ids: str) -> None:
    events = [
        {"id": i, "type": "custom.visit", "at": "2026-11-10T10:00:00Z", "profile": profile, "properties": {"n": 1}}
        for i in ids
    ]
    reply = await api.post("/events", json={"database": database.id, "events": events})
    assert reply.status_code == 202, reply.text
    assert reply.json()["accepted"] == len(ids), reply.text


async def who(engines: Engines, database: Database, condition: dict[str, Any]) -> list[int]:
    """The answer of /segments/calculate, without its limit of two seconds."""
    return list(await condition_people(engines, Unsaved(database.id, decode(condition))))


async def visitors(engines: Engines, database: Database, at_least: int) -> list[int]:
    count = {"op": "gte", "value": at_least}
    return await who(engines, database, {"kind": "occurred", "event": "custom.visit", "count": count})


async def test_the_card_of_the_result(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    kept = await person(
        engines, database, email="a@a.co", first_name="Ada", likes=["x"], car={"make": "A"}, kids=[{"n": 1}]
    )
    gone = await person(
        engines, database, email="b@a.co", last_name="L", first_name="Adah", likes=["y"], nick="ada", age=41,
        phones=["+4740000001"], car={"make": "B", "year": 2}, kids=[{"n": 2}], status="unsubscribed",
    )  # fmt: skip
    wish = {"destination": kept, "sources": [gone], "data": {"age": 42}}
    preview = await merge(api, database, **wish, preview=True)
    assert (preview["preview"], preview["merge_id"]) == (True, None)
    card = preview["profile"]
    async with engines.tx() as tx:
        assert (await get_profile(tx, database.id, gone))["email"] == "b@a.co"
    done = await merge(api, database, **wish)
    assert {**done["profile"], "version": 0} == {**card, "version": 0}
    assert done["conflicts"] == preview["conflicts"]
    expected = {
        "id": kept, "email": "a@a.co", "first_name": "Ada", "last_name": "L", "likes": ["x", "y"], "nick": "ada",
        "age": 42, "phones": ["+4740000001"], "car": {"make": "A", "year": 2}, "kids": [{"n": 1}, {"n": 2}],
        "status": "unsubscribed",
    }  # fmt: skip
    assert {key: done["profile"][key] for key in expected} == expected
    differing = {c["field"]: [d["value"] for d in c["dropped"]] for c in done["conflicts"]}
    assert differing == {
        "email": ["b@a.co"],
        "first_name": ["Adah"],
        "age": [41],
        "status": ["subscribed"],
        "car": [{"make": "B", "year": 2}],
    }
    again = await merge(api, database, destination=kept, sources=[gone])
    assert again["merge_id"] is None
    assert again["already"] == [{"database_id": database.id, "profile_id": gone}]


async def test_old_ids_and_identities_lead_to_the_result(
    api: httpx.AsyncClient, engines: Engines, database: Database
) -> None:
    kept = await person(engines, database, email="keep@a.co", external_id="k")
    middle = await person(engines, database, email="mid@a.co", external_id="m", nick="mid")
    gone = await person(engines, database, email="gone@a.co", external_id="g", phones=["+4740000009"])
    await merge(api, database, destination=middle, sources=[gone])
    await merge(api, database, destination=kept, sources=[middle])
    for old in (middle, gone):
        assert (await api.get(f"/databases/{database.id}/profiles/{old}")).json()["id"] == kept
    async with engines.tx() as tx:
        keys = {"email": "gone@a.co", "external_id": "m", "nick": "mid", "phone": "+4740000009", "profile_id": gone}
        for mode, key in keys.items():
            assert await match_ids(tx, database.id, mode, [key]) == {key: kept}, mode
        out = await upsert(tx, SYSTEM, database.id, [{"email": "gone@a.co", "city": "Oslo"}])
        assert [(i.status, i.profile_id) for i in out.items] == [("updated", kept)]
        by_id = await upsert(tx, SYSTEM, database.id, [{"profile_id": gone, "region": "x"}], matching="profile_id")
        assert [(i.status, i.profile_id) for i in by_id.items] == [("updated", kept)]
        card = await change_profile(tx, SYSTEM, database.id, gone, Change(set={"country": "NO"}))
        assert (card["id"], card["email"], card["city"], card["region"]) == (kept, "keep@a.co", "Oslo", "x")
    shown = (await api.get(f"/databases/{database.id}/profiles/{kept}/merged-from")).json()["items"]
    assert {m["profile_id"]: m["before"].get("email") for m in shown} == {middle: "mid@a.co", gone: "gone@a.co"}
    # An address that somebody else has now is theirs.
    other = await person(engines, database, email="gone@a.co")
    async with engines.tx() as tx:
        assert await match_ids(tx, database.id, "email", ["gone@a.co"]) == {"gone@a.co": other}


async def test_history_is_exact_right_after_the_merge(
    api: httpx.AsyncClient, engines: Engines, database: Database
) -> None:
    kept, gone, other = [await person(engines, database, external_id=str(n)) for n in range(3)]
    await send(api, database, kept, "k1")
    await send(api, database, gone, "g1", "g2")
    await send(api, database, other, "o1")
    assert await visitors(engines, database, 3) == []
    await send(api, database, gone, "g3")  # still on its way when the merge comes
    await merge(api, database, destination=kept, sources=[gone])
    assert await visitors(engines, database, 4) == [kept]
    assert await visitors(engines, database, 5) == []
    await send(api, database, gone, "g4")  # by the old id
    assert await visitors(engines, database, 5) == [kept]
    history = (await api.get(f"/databases/{database.id}/profiles/{gone}/history")).json()
    assert sum(item["type"] == "custom.visit" for item in history["items"]) == 5
    rows = await engines.clickhouse.query(f"select count() from e_{database.id} where type = 'custom.visit'")
    assert rows == [(6,)]


async def test_an_event_written_before_and_committed_after_the_merge(
    api: httpx.AsyncClient, engines: Engines, database: Database
) -> None:
    kept, gone, other = [await person(engines, database) for _ in range(3)]
    await send(api, database, other, "o1")  # makes the type known
    await merge(api, database, destination=kept, sources=[gone])
    assert await visitors(engines, database, 1) == [other]
    async with engines.tx() as tx:
        tx.emit(EventOut(database.id, gone, "custom.visit", tx.now, {"n": 1}))
    assert await visitors(engines, database, 1) == [kept, other]


async def test_a_kill_in_the_middle_of_moving_loses_and_doubles_nothing(
    api: httpx.AsyncClient, engines: Engines, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, gone = [await person(engines, database) for _ in range(2)]
    await send(api, database, gone, "g1", "g2")
    assert await visitors(engines, database, 2) == [gone]
    real = engines.clickhouse.command

    async def dies(sql: str, *args: Any, **more: Any) -> Any:
        if sql.lstrip().startswith("delete from e_"):
            raise OSError("killed")
        return await real(sql, *args, **more)

    await merge(api, database, destination=kept, sources=[gone])
    monkeypatch.setattr(engines.clickhouse, "command", dies)
    assert engines.drain is not None
    with pytest.raises(OSError, match="killed"):
        await engines.drain.flush()
    monkeypatch.undo()
    assert await visitors(engines, database, 2) == [kept]
    assert await visitors(engines, database, 3) == []
    rows = await engines.clickhouse.query(f"select profile, count() from e_{database.id} final group by profile")
    assert dict(rows)[kept] >= 2
    assert gone not in {profile for profile, _ in rows}


async def test_consent_moves_and_the_stricter_word_holds(
    api: httpx.AsyncClient, engines: Engines, database: Database
) -> None:
    kept, gone = [await person(engines, database) for _ in range(2)]
    async with engines.tx() as tx:
        news = (await create_resource(tx, SYSTEM, name=name())).id
        both = "both@a.co"
        for who, contact, status in (
            (kept, both, "subscribed"),
            (gone, both, "unsubscribed"),
            (gone, "x@a.co", "subscribed"),
        ):
            item = SubscriptionItem(profile_id=who, resource_id=news, contact=contact, status=status)
            await subscribe(tx, SYSTEM, database.id, [item])
    done = await merge(api, database, destination=kept, sources=[gone])
    assert done["moved"]["subscriptions"] == 1
    async with engines.tx() as tx:
        found = (await list_subscriptions(tx, PageRequest(limit=10), database.id, profile_id=kept)).items
        assert {s.contact: s.status for s in found} == {both: "unsubscribed", "x@a.co": "subscribed"}
        # An old unsubscribe link still works.
        await unsubscribe(tx, SYSTEM, database.id, [gone], resource_id=news)
        found = (await list_subscriptions(tx, PageRequest(limit=10), database.id, profile_id=kept)).items
        assert {s.status for s in found} == {"unsubscribed"}


async def test_orders_and_static_segments(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    kept, gone = [await person(engines, database) for _ in range(2)]
    product = {"items": [{"external_id": "p1", "name": "P"}]}
    assert (await api.post("/market/products", json=product)).status_code == 200
    line = {"product": "p1", "quantity": 1, "price": "5", "total": "5"}
    order = {"external_id": name(), "placed_at": "2026-11-01T10:00:00Z", "profile": gone, "currency": "EUR"}
    order |= {"total": "5", "status": "paid", "lines": [line]}
    reply = await api.post("/market/orders", json={"database": database.id, "items": [order]})
    assert reply.json()["created"] == 1, reply.text
    segments = []
    for _ in range(2):
        reply = await api.post("/segments", json={"database_id": database.id, "name": name(), "type": "static"})
        segments.append(reply.json()["id"])
    await api.post(f"/segments/{segments[0]}/members/add", json={"profile_ids": [gone]})
    done = await merge(api, database, destination=kept, sources=[gone], static_segments=True)
    assert (done["moved"]["orders"], done["moved"]["segments"]) == (1, 1)
    bought = {"kind": "related", "link": "orders"}
    assert await who(engines, database, bought) == [kept]
    assert await who(engines, database, {"kind": "member", "of": {"segment": segments[0]}}) == [kept]
    added = await api.post(f"/segments/{segments[1]}/members/add", json={"profile_ids": [gone]})
    assert added.json() == {"added": 1, "already": 0, "unknown": []}


async def test_sources_of_another_database(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    there = await new_database(engines, Field(name="age", type="string"), Field(name="only_there", type="string"))
    kept = await person(engines, database, email="kept@a.co")
    gone = await person(engines, there, email="gone@a.co", city="Oslo", age="old", only_there="x")
    await send(api, there, gone, "e1", "e2")
    done = await merge(api, database, destination=kept, sources=[{"profile_id": gone, "database_id": there.id}])
    assert done["profile"]["city"] == "Oslo"
    reasons = {c["field"]: c["dropped"][0]["reason"] for c in done["conflicts"]}
    assert reasons["age"] == "The field is string there and integer here"
    assert reasons["only_there"] == "The database has no such field"
    assert await visitors(engines, database, 2) == [kept]
    missing = await api.get(f"/databases/{there.id}/profiles/{gone}")
    assert missing.status_code == 404
    assert missing.json()["merged_into"] == {"database_id": database.id, "profile_id": kept}
    async with engines.tx() as tx:
        assert await match_ids(tx, database.id, "email", ["gone@a.co"]) == {"gone@a.co": kept}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"destination": 1, "sources": [1]}, 422),
        ({"destination": 1, "sources": []}, 422),
        ({"destination": 1, "sources": [99]}, 404),
        ({"destination": 99, "sources": [1]}, 404),
        ({"destination": 1, "sources": [2], "data": {"age": "x"}}, 422),
        ({"destination": 1, "sources": [2], "data": {"felt": 1}}, 422),
        ({"destination": 1, "sources": [2], "data": {"email": "third@a.co"}}, 409),
        ({"destination": 1, "sources": [{"profile_id": 1, "database_id": 9999}]}, 404),
    ],
)
async def test_refusals_write_nothing(
    api: httpx.AsyncClient, engines: Engines, database: Database, body: dict[str, Any], status: int
) -> None:
    for mail in ("first@a.co", "second@a.co", "third@a.co"):
        await person(engines, database, email=mail)
    await merge(api, database, status, **body)
    async with engines.tx() as tx:
        assert (await get_profile(tx, database.id, 2))["email"] == "second@a.co"


async def test_two_merges_of_the_same_people_at_once(
    api: httpx.AsyncClient, engines: Engines, database: Database
) -> None:
    ids = [await person(engines, database, external_id=f"r{n}") for n in range(4)]
    await send(api, database, ids[1], "x")
    wish = {"destination": ids[0], "sources": ids[1:]}
    replies = await asyncio.gather(*(api.post(f"/databases/{database.id}/profiles/merge", json=wish) for _ in range(4)))
    assert [r.status_code for r in replies] == [200] * 4
    assert sorted(len(r.json()["already"]) for r in replies) == [0, 3, 3, 3]
    async with engines.tx() as tx:
        assert (await get_profile(tx, database.id, ids[3]))["id"] == ids[0]
    assert await visitors(engines, database, 1) == [ids[0]]


async def test_duplicates_are_found(api: httpx.AsyncClient, engines: Engines, database: Database) -> None:
    one = await person(engines, database, email="d@a.co", phones=["+4740000031"])
    two = await person(engines, database, phones=["+4740000031", "+4740000032"])
    async with engines.tx() as tx:
        news = (await create_resource(tx, SYSTEM, name=name())).id
        await subscribe(tx, SYSTEM, database.id, [SubscriptionItem(profile_id=two, resource_id=news, contact="d@a.co")])
    found = (await api.get(f"/databases/{database.id}/profiles/duplicates")).json()
    assert found["total"] == 2
    assert [(g["kind"], g["value"], [p["id"] for p in g["profiles"]]) for g in found["items"]] == [
        ("email", "d@a.co", [one, two]),
        ("phone", "+4740000031", [one, two]),
    ]
    phones = (await api.get(f"/databases/{database.id}/profiles/duplicates?kind=phone&limit=1")).json()
    assert phones["total"] == 1
    page = (await api.get(f"/databases/{database.id}/profiles/duplicates?limit=1")).json()
    rest = (
        await api.get(f"/databases/{database.id}/profiles/duplicates", params={"cursor": page["next_cursor"]})
    ).json()
    assert [g["kind"] for g in page["items"] + rest["items"]] == ["email", "phone"]
    await merge(api, database, destination=one, sources=[two])
    assert (await api.get(f"/databases/{database.id}/profiles/duplicates")).json()["items"] == []
