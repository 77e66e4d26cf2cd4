"""Own events: what is taken, what is rejected and why, and that an id counts once."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fidelia.events import tasks
from fidelia.kernel.clock import FixedClock
from tests.conftest import NOW
from tests.events.conftest import World

AT = "2026-11-01T10:00:00Z"


def purchase(profile: int, id_: str | None = None, **properties: Any) -> dict[str, Any]:
    event: dict[str, Any] = {"type": "custom.purchase", "at": AT, "profile": profile, "properties": properties}
    return event if id_ is None else {**event, "id": id_}


async def test_the_contracts_example(world: World) -> None:
    profile, *_ = await world.people(2)
    assert await world.send(purchase(profile, "e1", total=12.5)) == {"accepted": 1, "duplicates": 0, "rejected": []}
    by_match = {"id": "e2", "type": "custom.purchase", "at": AT, "match": {"email": "U2@Example.com"}}
    assert (await world.send(by_match))["accepted"] == 1
    rows = await world.rows("id, type, profile, at, total, toString(props)")
    assert [(r[0], r[2]) for r in rows] == [("e1", profile), ("e2", profile + 1)]
    assert rows[0][3] == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert float(rows[0][4]) == 12.5
    assert json.loads(rows[0][5]) == {"total": 12.5}


async def test_repeats_count_once(world: World) -> None:
    profile, *_ = await world.people(1)
    events = [purchase(profile, f"e{n}") for n in range(10)]
    assert (await world.send(*events))["accepted"] == 10
    again = await world.send(*events, purchase(profile, "new"), purchase(profile, "new"))
    assert (again["accepted"], again["duplicates"]) == (1, 11)
    assert len(await world.rows()) == 11


async def test_without_an_id_every_event_counts(world: World) -> None:
    profile, *_ = await world.people(1)
    assert (await world.send(purchase(profile), purchase(profile)))["accepted"] == 2
    assert len(await world.rows()) == 2


async def test_ids_belong_to_a_database(world: World, engines: Any, api: Any) -> None:
    profile, *_ = await world.people(1)
    reply = await api.post("/databases", json={"name": f"other {world.database}", "fields": []})
    other = World(engines, api, world.root, type("D", (), {"id": reply.json()["id"]})())
    theirs, *_ = await other.people(1)
    assert (await world.send(purchase(profile, "same")))["accepted"] == 1
    assert (await other.send(purchase(theirs, "same")))["accepted"] == 1


async def test_sixty_four_at_once_are_one(world: World) -> None:
    profile, *_ = await world.people(1)
    replies = await asyncio.gather(*(world.send(purchase(profile, "race", n=n)) for n in range(64)))
    assert sum(r["accepted"] for r in replies) == 1
    assert sum(r["duplicates"] for r in replies) == 63
    assert len(await world.rows()) == 1


async def test_batches_with_the_same_ids_in_different_orders(world: World) -> None:
    profile, *_ = await world.people(1)
    ids = [f"e{n}" for n in range(200)]
    replies = await asyncio.gather(
        *(world.send(*(purchase(profile, i) for i in (ids if n % 2 else ids[::-1]))) for n in range(12))
    )
    assert sum(r["accepted"] for r in replies) == 200
    assert sum(r["duplicates"] for r in replies) == 200 * 11
    assert len(await world.rows()) == 200


async def test_every_wrong_item_is_rejected_alone(world: World) -> None:
    profile, *_ = await world.people(1)
    good = purchase(profile, "good")
    wrong: list[tuple[Any, str]] = [
        ({**good, "type": "purchase"}, "custom.<name>"),
        ({**good, "type": "message.opened"}, "written by Fidelia itself"),
        ({**good, "type": "custom."}, "letters, digits"),
        ({**good, "type": "custom.a b"}, "letters, digits"),
        ({**good, "type": 5}, "type: Expected `str`"),
        ({k: v for k, v in good.items() if k != "type"}, "missing required field `type`"),
        ({**good, "colour": 1}, "unknown field `colour`"),
        ({**good, "at": "yesterday"}, "at: Invalid RFC3339"),
        ({**good, "at": "2026-11-01T10:00:00"}, "needs a time zone"),
        ({**good, "at": "2026-11-18T10:00:00Z"}, "in the future"),
        ({**good, "at": "1969-01-01T00:00:00Z"}, "before 1970"),
        ({**good, "profile": 999}, "no profile 999"),
        ({**good, "profile": 0}, "no profile 0"),
        ({**good, "profile": 2**40}, "no profile"),
        ({**good, "profile": None}, "whose event"),
        ({**good, "match": {"email": "a@b.co"}}, "not both"),
        ({"type": "custom.a", "match": {"email": "a@b.co", "external_id": "x"}}, "one field"),
        ({"type": "custom.a", "match": {"email": "nobody@example.com"}}, "Nobody has this email"),
        ({"type": "custom.a", "match": {"email": "no address"}}, "match.email"),
        ({"type": "custom.a", "match": {"colour": "red"}}, "Match by"),
        ({"type": "custom.a", "match": {"email": None}}, "match.email"),
        ({**good, "id": ""}, "1 to 255"),
        ({**good, "id": "x" * 256}, "1 to 255"),
        ({**good, "properties": {"x": "y" * 40_000}}, "32,768 bytes"),
        ({**good, "properties": [1]}, "properties: Expected `object`"),
        (5, "Expected `object`"),
        (None, "Expected `object`"),
    ]
    reply = await world.send(*(item for item, _ in wrong), good)
    assert (reply["accepted"], reply["duplicates"]) == (1, 0)
    assert [r["index"] for r in reply["rejected"]] == list(range(len(wrong)))
    for rejected, (item, reason) in zip(reply["rejected"], wrong, strict=True):
        assert reason in rejected["reason"], (item, rejected)
    assert [r[2] for r in await world.rows()] == ["good"]
    # A rejected event has not used up its id.
    assert (await world.send({**good, "id": "later", "profile": 999}))["rejected"]
    assert (await world.send({**good, "id": "later"}))["accepted"] == 1


async def test_strange_properties_do_not_stop_the_drain(world: World) -> None:
    profile, *_ = await world.people(1)
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    events = [
        purchase(profile, "a", **{"a.b": 1, "a": {"b": 2}}),
        purchase(profile, "b", x=deep),
        purchase(profile, "c", big=10**30, nul="\x00", empty=""),
        purchase(profile, "d\x00d"),
        purchase(profile, "e", x={"y": 1}),
        purchase(profile, "f", x=1),
        purchase(profile, "g", total="1.٣"),
        purchase(profile, "h", total=-1e300),
    ]
    assert (await world.send(*events))["accepted"] == len(events)
    assert len(await world.rows()) == len(events)


async def test_the_body_as_a_whole(world: World) -> None:
    for body, status in (
        ("[]", 422),
        ("{", 400),
        ("", 400),
        ('{"database": 1}', 422),
        ('{"database": "1", "events": []}', 422),
        (json.dumps({"database": world.database, "events": []}), 422),
        ('{"database": 99999, "events": [{"type": "custom.a", "profile": 1}]}', 404),
        (json.dumps({"database": world.database, "events": [{}], "more": 1}), 422),
    ):
        reply = await world.api.post("/events", content=body, headers={"Content-Type": "application/json"})
        assert reply.status_code == status, (body, reply.text)
        assert reply.headers["content-type"] == "application/problem+json"
    many = [{"type": "custom.a", "profile": 1}] * 10_001
    assert (await world.api.post("/events", json={"database": world.database, "events": many})).status_code == 413


async def test_people_are_made_when_asked(world: World) -> None:
    wish = {"type": "custom.signup", "at": AT, "match": {"email": "New@Example.com"}}
    assert (await world.send({**wish, "id": "s1"}))["rejected"]
    made = await world.send(
        {**wish, "id": "s1", "create": True},
        {**wish, "id": "s2", "create": True},
        {"id": "s3", "type": "custom.signup", "match": {"phone": "+4740000000"}, "create": True},
        {"id": "s4", "type": "custom.signup", "match": {"profile_id": 77}, "create": True},
    )
    assert made["accepted"] == 3
    assert [r["index"] for r in made["rejected"]] == [3]
    rows = dict(await world.rows("id, profile", "type = 'custom.signup'"))
    assert rows["s1"] == rows["s2"] != rows["s3"]
    again = await world.send({**wish, "id": "s5", "match": {"email": "other@example.com"}}, create=True)
    assert again["accepted"] == 1
    people = (await world.api.get(f"/databases/{world.database}/profiles")).json()["items"]
    assert len(people) == 3


async def test_many_make_the_same_person_at_once(world: World) -> None:
    events = [
        {"id": f"r{n}", "type": "custom.a", "match": {"email": "one@example.com"}, "create": True} for n in range(32)
    ]
    replies = await asyncio.gather(*(world.send(event) for event in events))
    assert sum(r["accepted"] for r in replies) == 32
    assert len({profile for (profile,) in await world.rows("profile", "type = 'custom.a'")}) == 1


async def test_ids_are_kept_seven_days_whatever_the_clock_does(world: World, clock: FixedClock) -> None:
    profile, *_ = await world.people(1)
    event = {**purchase(profile, "old"), "at": "2026-01-01T00:00:00Z"}
    await world.send(event)
    for jump in (timedelta(days=6, hours=23), timedelta(days=-30), timedelta(hours=5), timedelta(days=7)):
        clock.set(NOW + jump)
        await tasks.purge(world.engines)
        assert (await world.send(event))["duplicates"] == 1
    clock.set(NOW + timedelta(days=8, hours=1))
    await tasks.purge(world.engines)
    assert (await world.send(event))["accepted"] == 1
    # ClickHouse collapses the older repeat: it is the same row.
    await world.engines.catch_up()
    rows = await world.engines.clickhouse.query(f"select id from e_{world.database} final where type like 'custom%'")
    assert rows == [("old",)]


async def test_a_database_that_was_just_deleted(world: World) -> None:
    profile, *_ = await world.people(1)
    await world.send(purchase(profile, "before"))
    listed = (await world.api.get(f"/databases/{world.database}")).json()
    gone = await world.api.request("DELETE", f"/databases/{world.database}", params={"confirm": listed["name"]})
    assert gone.status_code in (200, 204), gone.text
    await world.send(purchase(profile, "after"), status=404)
    await world.engines.catch_up()


async def test_an_idempotency_key_gives_the_first_reply(world: World) -> None:
    profile, *_ = await world.people(1)
    body = {"database": world.database, "events": [purchase(profile, "k1"), purchase(profile)]}
    replies = [
        await world.api.post("/events", json=body, headers={"Idempotency-Key": f"key-{world.database}"})
        for _ in range(3)
    ]
    assert {r.text for r in replies} == {replies[0].text}
    assert len(await world.rows()) == 2


async def test_only_who_may_send_events(world: World) -> None:
    assert (await world.root.post("/api/v1/events", json={})).status_code == 401


@pytest.mark.parametrize("count", [1, 100])
async def test_many_requests_each_get_their_own_counts(world: World, count: int) -> None:
    profile, *_ = await world.people(1)
    replies = await asyncio.gather(
        *(
            world.send(*(purchase(profile, f"{n}-{i}" if n % 3 else f"same-{i}") for i in range(count)))
            for n in range(30)
        )
    )
    assert [r["accepted"] for n, r in enumerate(replies) if n % 3] == [count] * 20
    assert sum(r["accepted"] for n, r in enumerate(replies) if n % 3 == 0) == count
    assert all(r["accepted"] + r["duplicates"] == count for r in replies)
    assert len(await world.rows()) == 21 * count
