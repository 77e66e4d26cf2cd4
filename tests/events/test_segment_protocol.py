"""The Segment protocol: identities, waiting events, traits, clocks, keys."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.profiles import create_profile, erase_profiles, get_profile, match_ids
from tests.conftest import NOW
from tests.events.conftest import SYSTEM, World

PAGE = {"url": "https://shop.example/a?b=1", "path": "/a", "title": "Shoes"}


async def person(world: World, user: str) -> dict[str, Any]:
    async with world.engines.tx() as tx:
        found = await match_ids(tx, world.database, "external_id", [user])
        return await get_profile(tx, world.database, found[user]) if user in found else {}


async def waiting(world: World) -> int:
    async with world.engines.tx() as tx:
        sql = sa.text("select count(*) from visitor_event where database_id = :d")
        return int(await tx.scalar(sql, {"d": world.database}))


async def counts(world: World, key: Any) -> dict[tuple[str, str], int]:
    reply = await world.api.get(f"/write-keys/{key['id']}/counts")
    return {(c["kind"], c["name"]): c["count"] for c in reply.json()["items"]}


async def test_identify_and_track(world: World) -> None:
    key = await world.key("server")
    reply = await world.segment(
        key, "identify", {"userId": "u9", "traits": {"email": "U9@Example.com", "firstName": "Ada", "age": 36}}
    )
    assert reply.json() == {"success": True}
    await world.segment(
        key,
        "track",
        {
            "userId": "u9",
            "event": "Order Completed",
            "properties": {"total": 12.5},
            "timestamp": "2026-11-01T10:00:00Z",
        },
    )
    await world.segment(key, "page", {"userId": "u9", "name": "Home", "context": {"page": PAGE}})
    ada = await person(world, "u9")
    assert (ada["email"], ada["first_name"], ada["age"], ada["status"]) == ("u9@example.com", "Ada", 36, "subscribed")
    rows = await world.rows("type, profile, at, toString(props)", "type not like 'profile.%'")
    by_type = {r[0]: r for r in rows}
    assert set(by_type) == {"custom.order_completed", "page.viewed"}
    assert all(r[1] == ada["id"] for r in rows)
    assert by_type["custom.order_completed"][2] == datetime(2026, 11, 1, 10, tzinfo=UTC)
    props = json.loads(by_type["page.viewed"][3])
    assert (props["name"], props["title"], props["url"]) == ("Home", "Shoes", PAGE["url"])


async def test_traits_by_their_many_names(world: World) -> None:
    key = await world.key("server")
    traits = {
        "name": "Grace Brewster Hopper",
        "birthday": "1906-12-09",
        "phone": "+47 400 00 000",
        "likes": ["ships", "compilers"],
        "address": {"city": "Arlington", "country": "US", "postalCode": "22202", "street": "x"},
        "Plan": "gold",
        "age": "not a number",
        "favouriteColour": "blue",
        "status": "unsubscribed",
        "external_id": "somebody else",
        "subscriptions": [{"resource": 1}],
        "language": None,
    }
    await world.segment(key, "identify", {"userId": "g1", "traits": traits})
    grace = await person(world, "g1")
    assert (grace["first_name"], grace["last_name"]) == ("Grace", "Brewster Hopper")
    assert str(grace["birth_date"]) == "1906-12-09"
    assert grace["phones"] == ["+4740000000"]
    assert (grace["city"], grace["postal_code"], grace["plan"]) == ("Arlington", "22202", "gold")
    assert grace["likes"] == ["ships", "compilers"]
    assert grace["status"] == "subscribed"
    assert grace["age"] is None
    told = await counts(world, key)
    assert {name for kind, name in told if kind == "trait"} == {
        "age (value)", "favourite_colour", "status", "external_id", "subscriptions",
    }  # fmt: skip


async def test_an_address_that_somebody_has_does_not_lose_the_person(world: World) -> None:
    await world.people(1)
    key = await world.key("server")
    await world.segment(
        key, "identify", {"userId": "twin", "traits": {"email": "u1@example.com", "firstName": "Twin", "age": 5}}
    )
    twin = await person(world, "twin")
    assert (twin["email"], twin["first_name"], twin["age"]) == (None, "Twin", 5)


async def test_a_server_key_makes_whom_it_names(world: World) -> None:
    key = await world.key("server")
    await world.segment(key, "track", {"userId": 4711, "event": "Signed Up"})
    assert (await person(world, "4711"))["external_id"] == "4711"
    assert [r[0] for r in await world.rows("type", "type like 'custom%'")] == ["custom.signed_up"]


async def test_anonymous_events_wait_and_are_joined_once(world: World) -> None:
    browser, server = await world.key("browser"), await world.key("server")
    for n in range(5):
        await world.segment(
            browser, "track", {"anonymousId": "v1", "event": "Looked", "properties": {"n": n}, "messageId": f"m{n}"}
        )
    assert await waiting(world) == 5
    assert await world.rows() == []
    await asyncio.gather(
        *(
            world.segment(server, "identify", {"anonymousId": "v1", "userId": "u1", "messageId": f"i{n}"})
            for n in range(16)
        )
    )
    assert await waiting(world) == 0
    who = (await person(world, "u1"))["id"]
    assert await world.rows("id, profile") == [(f"m{n}", who) for n in range(5)]
    # From now on the visitor is known.
    await world.segment(browser, "track", {"anonymousId": "v1", "event": "Looked", "messageId": "m5"})
    assert await waiting(world) == 0
    assert len(await world.rows()) == 6


async def test_joining_while_events_come_in_loses_and_doubles_none(world: World) -> None:
    browser, server = await world.key("browser"), await world.key("server")

    async def look(n: int) -> None:
        await world.segment(browser, "track", {"anonymousId": f"v{n % 7}", "event": "Looked", "messageId": f"m{n}"})

    async def identify(n: int) -> None:
        await world.segment(server, "identify", {"anonymousId": f"v{n}", "userId": f"u{n}"})

    await asyncio.gather(
        *(look(n) for n in range(140)), *(identify(n) for n in range(7)), *(look(n) for n in range(140))
    )
    assert await waiting(world) == 0
    rows = await world.rows("id, profile")
    assert sorted(r[0] for r in rows) == sorted(f"m{n}" for n in range(140))
    assert len({r[1] for r in rows}) == 7


async def test_a_browser_key_neither_makes_nor_overwrites(world: World) -> None:
    (profile,) = await world.people(1)
    browser = await world.key("browser")
    traits = {"email": "forged@example.com", "firstName": "Eve", "age": 7, "status": "unsubscribed"}
    await world.segment(browser, "identify", {"userId": "u1", "anonymousId": "v1", "traits": traits})
    first = await person(world, "u1")
    assert (first["email"], first["first_name"], first["age"]) == ("u1@example.com", "Eve", 7)
    await world.segment(browser, "identify", {"userId": "u1", "traits": {"firstName": "Mallory", "plan": "x"}})
    second = await person(world, "u1")
    assert (second["first_name"], second["plan"], second["status"]) == ("Eve", "x", "subscribed")
    await world.segment(browser, "identify", {"userId": "stranger", "anonymousId": "v2", "traits": traits})
    assert await person(world, "stranger") == {}
    await world.segment(browser, "track", {"userId": "u1", "event": "Seen", "messageId": "seen"})
    assert await world.rows("id, profile") == [("seen", profile)]


async def test_events_of_a_user_nobody_knows_yet_wait_for_him(world: World) -> None:
    browser, server = await world.key("browser"), await world.key("server")
    await world.segment(server, "identify", {"userId": "first", "anonymousId": "shared"})
    await world.segment(
        browser, "track", {"userId": "second", "anonymousId": "shared", "event": "Paid", "messageId": "p1"}
    )
    assert await waiting(world) == 1
    await world.segment(server, "track", {"userId": "second", "event": "Paid", "messageId": "p2"})
    second = (await person(world, "second"))["id"]
    assert await world.rows("id, profile") == [("p1", second), ("p2", second)]
    # Made by the API instead: the next message that names him finds what waits.
    await world.segment(browser, "track", {"userId": "third", "event": "Paid", "messageId": "p3"})
    async with world.engines.tx() as tx:
        third = (await create_profile(tx, SYSTEM, world.database, {"external_id": "third"}))["id"]
    await world.segment(browser, "page", {"userId": "third", "messageId": "p4"})
    assert await waiting(world) == 0
    assert (await world.rows("id, profile"))[2:] == [("p3", third), ("p4", third)]


async def test_alias_joins_what_a_visitor_did(world: World) -> None:
    browser, server = await world.key("browser"), await world.key("server")
    await world.segment(browser, "track", {"anonymousId": "v9", "event": "Looked", "messageId": "m"})
    await world.segment(server, "alias", {"userId": "u9", "previousId": "v9"})
    assert await world.rows("id, profile") == [("m", (await person(world, "u9"))["id"])]


async def test_a_batch_as_the_libraries_send_it(world: World) -> None:
    key = await world.key("server")
    messages = [
        {"type": "identify", "userId": "b1", "traits": {"age": 30}, "messageId": "1"},
        {"type": "track", "userId": "b1", "event": "Klikk på knapp!", "messageId": "2"},
        {"type": "page", "userId": "b1", "messageId": "3", "properties": {"url": "https://a.example"}},
        {"type": "screen", "userId": "b1", "name": "Main", "messageId": "4"},
        {"type": "group", "userId": "b1", "groupId": "acme", "traits": {"plan": "gold"}, "messageId": "5"},
        {"type": "track", "userId": "b1", "messageId": "6"},
        {"type": "track", "event": "Nobody", "messageId": "7"},
        {"type": "dance", "userId": "b1"},
        "nonsense",
        {"type": "track", "userId": "b1", "event": "Klikk på knapp!", "messageId": "2"},
    ]
    body = {"batch": messages, "sentAt": "2026-11-16T12:00:00Z", "writeKey": key["key"]}
    packed = gzip.compress(json.dumps(body).encode())
    for _ in range(2):
        reply = await world.root.post("/v1/batch", content=packed, headers={"Content-Encoding": "gzip"})
        assert reply.json() == {"success": True}
    assert [r[0] for r in await world.rows("type, id")] == [
        "custom.klikk_på_knapp", "page.viewed", "custom.screen_viewed", "custom.group_joined",
    ]  # fmt: skip
    told = await counts(world, key)
    assert told["accepted", "track"] == 1
    assert told["duplicate", ""] == 1 + 6
    assert told["rejected", "neither userId nor anonymousId"] == 2
    assert told["rejected", "unknown type of message"] == 2


async def test_the_senders_clock_may_be_wrong(world: World, clock: FixedClock) -> None:
    clock.set(NOW)
    key = await world.key("server")

    async def at(call: str = "track", **times: str) -> datetime:
        message = {"userId": "c", "event": "Tick", "messageId": f"t{len(seen)}", **times}
        await world.segment(key, call, {"batch": [{"type": "track", **message}]} if call == "import" else message)
        rows = await world.rows("at", f"id = 't{len(seen)}'")
        seen.append(rows[0][0])
        return seen[-1]

    seen: list[datetime] = []
    # A phone three hours ahead sends at once what happened ten minutes ago.
    assert await at(timestamp="2026-11-16T14:50:00Z", sentAt="2026-11-16T15:00:00Z") == NOW - timedelta(minutes=10)
    assert await at(timestamp="2016-11-16T11:59:00.250+00:00", sentAt="2016-11-16T12:00:00Z") == NOW - timedelta(
        seconds=59, milliseconds=750
    )
    assert await at() == NOW
    assert await at(timestamp="2026-11-10T00:00:00Z") == datetime(2026, 11, 10, tzinfo=UTC)
    assert await at(timestamp="2031-01-01T00:00:00Z") == NOW
    assert await at(timestamp="garbage", sentAt="garbage") == NOW
    assert await at("import", timestamp="2020-01-01T00:00:00Z", sentAt="2026-11-16T15:00:00Z") == datetime(
        2020, 1, 1, tzinfo=UTC
    )


async def test_write_keys(world: World) -> None:
    key = await world.key("server")
    body = {"userId": "k", "event": "X"}
    for headers, extra, status in (
        ({}, {}, 401),
        ({"Authorization": "Basic !!!"}, {}, 401),
        ({"Authorization": "Bearer abc"}, {}, 401),
        ({}, {"writeKey": "wrong"}, 401),
        ({}, {"writeKey": "\x00"}, 401),
        ({}, {"writeKey": key["key"]}, 200),
        ({"Authorization": "Basic " + base64.b64encode(f"{key['key']}:".encode()).decode()}, {}, 200),
    ):
        reply = await world.root.post("/v1/track", json={**body, **extra}, headers=headers)
        assert reply.status_code == status, (headers, extra, reply.text)
    listed = (await world.api.get("/write-keys", params={"database": world.database})).json()
    assert [k["key"] for k in listed["items"]] == [key["key"]]
    renamed = await world.api.patch(f"/write-keys/{key['id']}", json={"name": "Shop", "rate": 50})
    assert (renamed.json()["name"], renamed.json()["rate"]) == ("Shop", 50)
    assert (await world.api.delete(f"/write-keys/{key['id']}")).status_code == 204
    await world.segment(key, "track", body, status=401)
    assert (await world.api.delete(f"/write-keys/{key['id']}")).status_code == 409
    assert (await world.api.get("/write-keys", params={"database": world.database})).json()["total"] == 0
    shown = await world.api.get("/write-keys", params={"database": world.database, "revoked": True})
    assert shown.json()["total"] == 1
    bad = await world.api.post("/write-keys", json={"database_id": world.database, "name": "x", "kind": "root"})
    assert bad.status_code == 422
    assert (
        await world.api.post("/write-keys", json={"database_id": 9999, "name": "x", "kind": "server"})
    ).status_code == 404


async def test_a_key_has_a_rate(world: World) -> None:
    key = await world.key("browser", rate=5)
    batch = {"batch": [{"type": "track", "anonymousId": "a", "event": "X"}] * 11}
    await world.segment(key, "batch", batch)
    reply = await world.segment(key, "batch", batch, status=429)
    assert int(reply.headers["retry-after"]) >= 1
    assert reply.headers["access-control-allow-origin"] == "*"


async def test_browsers_of_any_site_may_send_with_a_public_key(world: World) -> None:
    browser, server = await world.key("browser"), await world.key("server")
    asked = await world.root.options(
        "/v1/t", headers={"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    )
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == "*"
    body = json.dumps({"anonymousId": "a", "event": "X", "writeKey": browser["key"]})
    sent = await world.root.post("/v1/t", content=body, headers={"Content-Type": "text/plain"})
    assert (sent.status_code, sent.headers["access-control-allow-origin"]) == (200, "*")
    assert (
        "access-control-allow-origin" not in (await world.segment(server, "t", {"userId": "a", "event": "X"})).headers
    )
    settings = (await world.root.get(f"/v1/projects/{browser['key']}/settings")).json()
    assert settings["integrations"]["Segment.io"]["apiKey"] == browser["key"]
    assert (await world.root.get("/v1/projects/nothing/settings")).status_code == 404


@pytest.mark.parametrize(
    ("call", "content", "headers", "status"),
    [
        ("track", b"{", {}, 400),
        ("track", b"[]", {}, 400),
        ("track", b"", {}, 400),
        ("track", b"\xff\xfe", {}, 400),
        ("track", b"[" * 100_000, {}, 400),
        ("batch", b'{"batch": 5}', {}, 400),
        ("nothing", b"{}", {}, 404),
        ("track", b"not gzip", {"Content-Encoding": "gzip"}, 400),
        ("track", gzip.compress(b"{}", mtime=0)[:-4], {"Content-Encoding": "gzip"}, 400),
        ("track", gzip.compress(b" " * 50_000_000, mtime=0), {"Content-Encoding": "gzip"}, 413),
        ("track", b"{}", {"Content-Encoding": "br"}, 415),
        ("track", b'{"event": "X"}', {}, 400),
        ("track", b'{"userId": "x", "properties": {"a": "%s"}, "event": "X"}' % (b"y" * 40_000), {}, 400),
        ("track", b'{"userId": {"x": 1}, "event": "X"}', {}, 400),
        ("batch", b'{"batch": []}', {}, 200),
        ("batch", b'{"batch": [null, 1, "x", [], {}]}', {}, 200),
        (
            "identify",
            b'{"userId": "z", "traits": {"address": 5, "name": 7, "": 1, "\\u0000": 2, "a": {"b": [1]}}}',
            {},
            200,
        ),
        ("track", b'{"userId": "\\u0000z", "event": "\\u0000 a", "messageId": "\\u0000"}', {}, 200),
        ("track", b'{"userId": "z", "event": "!!!"}', {}, 400),
        ("page", b'{"userId": "z", "properties": {"\\u0000": "\\u0000"}, "context": {"page": 7}}', {}, 200),
    ],
)
async def test_bad_bodies(world: World, call: str, content: bytes, headers: dict[str, str], status: int) -> None:
    key = await world.key("server")
    reply = await world.root.post(f"/v1/{call}", content=content, headers=headers, auth=(key["key"], ""))
    assert reply.status_code == status, reply.text
    if status >= 400:
        assert reply.headers["content-type"] == "application/problem+json"
    await world.engines.catch_up()


async def test_erased_people_leave_no_visitor(world: World) -> None:
    browser, server = await world.key("browser"), await world.key("server")
    await world.segment(server, "identify", {"userId": "gone", "anonymousId": "v"})
    profile = (await person(world, "gone"))["id"]
    async with world.engines.tx() as tx:
        await erase_profiles(tx, Actor.system(), world.database, [profile])
        left = await tx.scalar(sa.text("select count(*) from visitor where database_id = :d and profile = :p"),
                               {"d": world.database, "p": profile})  # fmt: skip
    assert left == 0
    await world.segment(browser, "track", {"anonymousId": "v", "event": "X"})
    assert await waiting(world) == 1


async def test_a_deleted_type_is_refused_and_what_waits_sets_off_nothing(world: World) -> None:
    key = await world.key("server")
    await world.segment(key, "track", {"anonymousId": "anon", "event": "Played"})  # waits for who that is
    types = await world.api.get("/event-types", params={"database": world.database, "builtin": False})
    (played,) = types.json()["items"]
    assert (await world.api.delete(f"/event-types/{played['id']}")).status_code == 204
    await world.segment(key, "identify", {"userId": "u1", "anonymousId": "anon"})
    await world.segment(key, "track", {"userId": "u1", "event": "Played"})
    assert await world.rows("id", "type like 'custom.%'") == []
    restored = await world.api.patch(f"/event-types/{played['id']}", json={"archived": False})
    assert restored.json()["archived_at"] is None
    await world.segment(key, "track", {"userId": "u1", "event": "Played"})
    assert len(await world.rows("id", "type like 'custom.%'")) == 1
