"""Resources, subscriptions, stop lists, and who may be written to."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pyroaring import BitMap

from fidelia.kernel.paging import PageRequest
from fidelia.platform.engines import Engines
from fidelia.profiles import (
    Database,
    OptIn,
    Resource,
    SubscriptionItem,
    create_profile,
    get_profile,
    list_subscriptions,
    sendable,
    set_status,
    subscribe,
    unsubscribe,
)
from fidelia.profiles.service.consent import create_resource
from fidelia.profiles.service.suppression import add_entries, create_list, suppress

from ..conftest import NOW
from .conftest import SYSTEM, name


@pytest.fixture
async def news(engines: Engines) -> Resource:
    async with engines.tx() as tx:
        return await create_resource(tx, SYSTEM, name=name(), channels=["email", "sms"])


async def people(engines: Engines, database: Database, *given: dict[str, Any]) -> None:
    async with engines.tx() as tx:
        for one in given:
            await create_profile(tx, SYSTEM, database.id, one)


async def write(
    engines: Engines, database: Database, *items: SubscriptionItem, raise_consent: bool = True
) -> list[str]:
    async with engines.tx() as tx:
        outcomes = await subscribe(tx, SYSTEM, database.id, items, raise_consent=raise_consent)
    assert [o.index for o in outcomes] == list(range(len(items)))
    return [o.status for o in outcomes]


async def statuses(engines: Engines, database: Database) -> dict[tuple[int, str], str]:
    async with engines.tx() as tx:
        found = await list_subscriptions(tx, PageRequest(limit=1000), database.id)
    return {(s.profile_id, s.contact): s.status for s in found.items}


async def test_consent_is_only_raised_when_asked(engines: Engines, database: Database, news: Resource) -> None:
    await people(engines, database, {"email": "a@b.co"})

    def item(status: str) -> SubscriptionItem:
        return SubscriptionItem(profile_id=1, resource_id=news.id, status=status)

    assert await write(engines, database, item("subscribed")) == ["created"]
    assert await write(engines, database, item("subscribed")) == ["unchanged"]
    for ending in ("unsubscribed", "bounced", "complained"):
        assert await write(engines, database, item(ending), raise_consent=False) == ["updated"]
        for raised in ("subscribed", "unconfirmed", "suspended"):
            assert await write(engines, database, item(raised), raise_consent=False) == ["kept"]
    assert await statuses(engines, database) == {(1, "a@b.co"): "complained"}
    assert await write(engines, database, item("subscribed")) == ["updated"]
    assert await statuses(engines, database) == {(1, "a@b.co"): "subscribed"}


async def test_of_two_items_the_last_wins_and_wrong_ones_are_refused_alone(
    engines: Engines, database: Database, news: Resource
) -> None:
    await people(engines, database, {"email": "a@b.co", "phones": ["+4740000000", "+4740000001"]}, {})
    async with engines.tx() as tx:
        closed = await create_resource(tx, SYSTEM, name=name(), database_ids=[database.id + 0])
        other = await create_resource(tx, SYSTEM, name=name(), channels=["push"])
    rows = [
        SubscriptionItem(profile_id=1, resource_id=news.id, status="subscribed"),
        SubscriptionItem(profile_id=1, resource_id=news.id, status="unsubscribed"),
        SubscriptionItem(profile_id=1, resource_id=news.id, channel="sms"),
        SubscriptionItem(profile_id=2, resource_id=news.id),
        SubscriptionItem(profile_id=2, resource_id=news.id, contact="C@d.co"),
        SubscriptionItem(profile_id=3, resource_id=news.id),
        SubscriptionItem(profile_id=-1, resource_id=news.id),
        SubscriptionItem(profile_id=1, resource_id=2**40),
        SubscriptionItem(profile_id=1, resource_id=other.id),
        SubscriptionItem(profile_id=1, resource_id=closed.id),
        SubscriptionItem(profile_id=1, resource_id=news.id, contact="nobody"),
        SubscriptionItem(profile_id=1, resource_id=news.id, opt_in=OptIn(ip="x")),
        SubscriptionItem(profile_id=1, resource_id=news.id, priority=9999),
    ]
    expected = ["unchanged", "created", "created", "rejected", "created", "rejected", "rejected", "rejected"]
    expected += ["rejected", "created", "rejected", "rejected", "rejected"]
    assert await write(engines, database, *rows) == expected
    assert await statuses(engines, database) == {
        (1, "a@b.co"): "subscribed",  # of the second resource: the page holds both, keyed by contact
        (1, "+4740000000"): "subscribed",
        (2, "c@d.co"): "subscribed",
    }


async def test_the_proof_of_opt_in_is_kept(engines: Engines, database: Database, news: Resource) -> None:
    await people(engines, database, {"email": "a@b.co"})
    proof = OptIn(at=NOW - timedelta(days=3), ip="192.0.2.1", source="form")
    first = SubscriptionItem(profile_id=1, resource_id=news.id, opt_in=proof)
    assert await write(engines, database, first) == ["created"]
    later = SubscriptionItem(profile_id=1, resource_id=news.id, opt_in=OptIn(at=NOW, ip="192.0.2.9", source="shop"))
    assert await write(engines, database, later) == ["unchanged"]

    async def proof_now() -> OptIn:
        async with engines.tx() as tx:
            return (await list_subscriptions(tx, PageRequest(), database.id)).items[0].opt_in

    assert await proof_now() == proof
    async with engines.tx() as tx:
        await unsubscribe(tx, SYSTEM, database.id, [1], resource_id=news.id, reason="asked")
    assert await proof_now() == proof
    assert await write(engines, database, later) == ["updated"]
    assert await proof_now() == later.opt_in


async def test_concurrent_subscriptions_end_as_one(engines: Engines, database: Database, news: Resource) -> None:
    await people(engines, database, {"email": "a@b.co"})
    item = SubscriptionItem(profile_id=1, resource_id=news.id)
    outcomes = await asyncio.gather(*(write(engines, database, item) for _ in range(5)))
    assert sorted(o for (o,) in outcomes) == ["created"] + ["unchanged"] * 4


async def test_leaving_a_resource_leaves_the_rest(engines: Engines, database: Database, news: Resource) -> None:
    await people(engines, database, {"email": "a@b.co", "phones": ["+4740000000"]})
    async with engines.tx() as tx:
        offers = await create_resource(tx, SYSTEM, name=name())
    await write(
        engines,
        database,
        SubscriptionItem(profile_id=1, resource_id=news.id),
        SubscriptionItem(profile_id=1, resource_id=news.id, channel="sms"),
        SubscriptionItem(profile_id=1, resource_id=offers.id, contact="z@b.co"),
    )
    async with engines.tx() as tx:
        assert set(await unsubscribe(tx, SYSTEM, database.id, [1, 9], resource_id=news.id, channel="email")) == {1}
        assert set(await unsubscribe(tx, SYSTEM, database.id, [1], resource_id=news.id, channel="email")) == set()
    assert await statuses(engines, database) == {
        (1, "a@b.co"): "unsubscribed",
        (1, "+4740000000"): "subscribed",
        (1, "z@b.co"): "subscribed",
    }
    async with engines.tx() as tx:
        assert set(await unsubscribe(tx, SYSTEM, database.id, [1], reason="asked")) == {1}
        assert (await get_profile(tx, database.id, 1))["status"] == "unsubscribed"


async def test_who_may_be_written_to(engines: Engines, database: Database, news: Resource) -> None:
    await people(
        engines,
        database,
        {"email": "ok@b.co"},  # 1
        {"email": "left@b.co"},  # 2 left the resource
        {"email": "never@b.co"},  # 3 never subscribed
        {"email": "global@b.co", "status": "unsubscribed"},  # 4
        {"email": "stopped@b.co"},  # 5 global stop list
        {"email": "x@bad.example"},  # 6 domain
        {"email": "list@b.co"},  # 7 a list of the mailing
        {"phones": ["+4740000000"]},  # 8 no address
        {"email": "two@b.co"},  # 9 two contacts, one preferred
    )
    items = [SubscriptionItem(profile_id=n, resource_id=news.id) for n in (1, 2, 4, 5, 6, 7, 9)]
    items.append(SubscriptionItem(profile_id=9, resource_id=news.id, contact="work@b.co", priority=5))
    await write(engines, database, *items)
    async with engines.tx() as tx:
        await unsubscribe(tx, SYSTEM, database.id, [2], resource_id=news.id)
        assert await suppress(tx, ["Stopped@b.co", "not an address"], "hard bounce") == 1
        mine = await create_list(tx, SYSTEM, name=name())
        await add_entries(tx, SYSTEM, mine.id, ["list@b.co"])
        added = await add_entries(tx, SYSTEM, mine.id, ["@Bad.example", "list@b.co", "", "a b"])
        assert (added.added, added.already, [r.index for r in added.rejected]) == (1, 1, [2, 3])
        everybody = BitMap([*range(1, 10), 77])
        found = await sendable(tx, database.id, everybody, news.id, "email", [mine.id])
        assert found.rows == [(1, "ok@b.co"), (9, "work@b.co")]
        assert {reason: set(who) for reason, who in found.excluded.items()} == {
            "not_found": {77},
            "status": {4},
            "not_subscribed": {2, 3, 8},
            "paused": set(),
            "no_address": set(),
            "suppressed": {5, 6, 7},
        }
        without = await sendable(tx, database.id, everybody, None, "email")
        assert [i for i, _ in without.rows] == [1, 2, 3, 6, 7, 9]
        assert set(without.excluded["no_address"]) == {8}
        sms = await sendable(tx, database.id, everybody, None, "sms")
        assert sms.rows == [(8, "+4740000000")]
        await add_entries(tx, SYSTEM, mine.id, ["+47 40 00 00 00"])
        assert (await sendable(tx, database.id, everybody, None, "sms", [mine.id])).rows == []
        assert (await sendable(tx, database.id, BitMap(), news.id)).rows == []


async def test_many_changes_travel_as_one_event(engines: Engines, database: Database, news: Resource) -> None:
    await people(engines, database, *({"email": f"p{n}@b.co"} for n in range(150)))
    await engines.catch_up()
    await write(engines, database, *(SubscriptionItem(profile_id=n, resource_id=news.id) for n in range(1, 151)))
    async with engines.tx() as tx:
        await set_status(tx, SYSTEM, database.id, range(1, 151), "suspended")
    await engines.catch_up()
    counts = await engines.clickhouse.query(
        f"select type, uniqExact(profile) from e_{database.id} final group by type order by type"
    )
    assert counts == [("profile.created", 150), ("profile.updated", 150), ("subscription.changed", 150)]
    rows = await engines.clickhouse.query(f"select status, count() from s_{database.id} final group by status")
    assert rows == [("subscribed", 150)]


# -- routes ------------------------------------------------------------------------------------------------------------


def pointers(reply: httpx.Response) -> list[str]:
    return [e["pointer"] for e in reply.json()["errors"]]


async def test_resources_over_http(api: httpx.AsyncClient, database: Database) -> None:
    title = name()
    made = await api.post("/resources", json={"name": title, "channels": ["email", "sms"], "website": "https://a.b"})
    assert made.status_code == 201, made.text
    path = f"/resources/{made.json()['id']}"
    assert (await api.get(path)).json() == made.json()
    for body, where in (
        ({"name": ""}, "/name"),
        ({"name": "x", "channels": ["pigeon"]}, "/channels/0"),
        ({"name": "x", "channels": []}, "/channels"),
        ({"name": "x", "website": "javascript:alert(1)"}, "/website"),
        ({"name": "x", "database_ids": [2**40]}, "/database_ids/0"),
        ({"name": "x", "color": 1}, "/color"),
    ):
        reply = await api.post("/resources", json=body)
        assert (reply.status_code, pointers(reply)) == (422, [where])
    assert (await api.post("/resources", json={"name": title.upper()})).status_code == 409
    assert (await api.patch(path, json={"description": "d"})).json()["description"] == "d"
    assert title in [r["name"] for r in (await api.get("/resources", params={"q": title})).json()["items"]]
    assert (await api.delete(path)).status_code == 204
    assert (await api.patch(path, json={"name": "y"})).status_code == 409
    archived = await api.get("/resources", params={"q": title, "archived": True})
    assert [r["name"] for r in archived.json()["items"]] == [title]


async def test_subscriptions_over_http(
    api: httpx.AsyncClient, engines: Engines, database: Database, news: Resource
) -> None:
    await people(engines, database, {"email": "a@b.co"}, {"email": "c@b.co"})
    body = {"database_id": database.id, "profile_id": 1, "resource_id": news.id}
    made = await api.post("/subscriptions", json={**body, "opt_in": {"at": "2026-01-01T00:00:00Z", "ip": "::1"}})
    assert made.status_code == 200, made.text
    subscription = made.json()
    assert (subscription["contact"], subscription["status"]) == ("a@b.co", "subscribed")
    path = f"/subscriptions/{subscription['id']}"
    assert (await api.get(path)).json() == subscription
    assert (await api.patch(path, json={"status": "suspended", "priority": 3})).json()["priority"] == 3
    for wrong, where in (
        ({**body, "profile_id": 7}, "/profile_id"),
        ({**body, "resource_id": 0}, "/resource_id"),
        ({**body, "channel": "pigeon"}, "/channel"),
        ({**body, "status": "happy"}, "/status"),
        ({**body, "contact": "x"}, "/contact"),
        ({**body, "opt_in": {"at": "2026-01-01T00:00:00"}}, "/opt_in/at"),
        ({**body, "opt_in": {"where": "x"}}, "/opt_in/where"),
        ({**body, "opt_in": {"source": "\u0000"}}, "/opt_in/source"),
    ):
        reply = await api.post("/subscriptions", json=wrong)
        assert (reply.status_code, pointers(reply)) == (422, [where]), reply.text
    many = await api.post(
        "/subscriptions/upsert",
        json={
            "database_id": database.id,
            "raise_consent": False,
            "items": [
                {"profile_id": 1, "resource_id": news.id},
                {"profile_id": 2, "resource_id": news.id},
                {"profile_id": 3, "resource_id": news.id},
            ],
        },
    )
    assert [i["status"] for i in many.json()["items"]] == ["kept", "created", "rejected"]
    listed = await api.get("/subscriptions", params={"database": database.id, "status": "subscribed"})
    assert [s["profile_id"] for s in listed.json()["items"]] == [2]
    assert (await api.get("/subscriptions")).status_code == 422
    assert (await api.get("/subscriptions", params={"database": 2**70})).status_code == 404
    own = await api.get(f"/databases/{database.id}/profiles/2/subscriptions")
    assert [s["contact"] for s in own.json()["items"]] == ["c@b.co"]
    left = await api.post(
        "/subscriptions/unsubscribe",
        json={"database_id": database.id, "contact": "C@b.co", "resource_id": news.id},
    )
    assert left.json() == {"changed": 1, "profile_ids": [2]}
    gone = await api.post("/subscriptions/unsubscribe", json={"database_id": database.id, "profile_id": 2})
    assert gone.json()["changed"] == 1
    assert (await api.get(f"/databases/{database.id}/profiles/2")).json()["status"] == "unsubscribed"
    assert pointers(await api.post("/subscriptions/unsubscribe", json={"database_id": database.id})) == ["/profile_id"]
    counters = (await api.get(f"/resources/{news.id}")).json()["subscriptions"]
    assert {(c["channel"], c["status"], c["count"]) for c in counters} == {
        ("email", "suspended", 1),
        ("email", "unsubscribed", 1),
    }
    # Each figure of a database opens a list of as many subscriptions.
    title = news.name
    for database_id in (database.id, database.id + 1):
        found = (await api.get("/resources", params={"q": title, "database": database_id})).json()["items"]
        here = next(r for r in found if r["id"] == news.id)["subscriptions"]
        assert len(here) == (2 if database_id == database.id else 0)
        for part in here:
            asked = {"database": database_id, "resource": news.id, "channel": part["channel"], "status": part["status"]}
            page = (await api.get("/subscriptions", params=asked)).json()
            assert page["total"] == len(page["items"]) == part["count"]
    assert (await api.get("/resources", params={"database": 0})).status_code == 422


async def test_stop_lists_over_http(api: httpx.AsyncClient) -> None:
    lists = (await api.get("/suppression-lists")).json()["items"]
    everywhere = next(x for x in lists if x["is_global"])
    assert (await api.delete(f"/suppression-lists/{everywhere['id']}")).status_code == 409
    assert (await api.patch(f"/suppression-lists/{everywhere['id']}", json={"name": "x"})).status_code == 409
    title = name()
    made = await api.post("/suppression-lists", json={"name": title})
    assert made.status_code == 201
    assert (await api.post("/suppression-lists", json={"name": title})).status_code == 409
    path = f"/suppression-lists/{made.json()['id']}"
    values = ["A@b.co", "=1+1@b.co", "+4740000000", "worse.example", "junk!"]
    added = (await api.post(f"{path}/entries", json={"values": values, "reason": "=cmd"})).json()
    assert (added["added"], [r["value"] for r in added["rejected"]]) == (4, ["junk!"])
    assert (await api.get(path)).json()["size"] == 4
    entries = (await api.get(f"{path}/entries", params={"limit": 3})).json()
    more = (await api.get(f"{path}/entries", params={"cursor": entries["next_cursor"]})).json()
    shown = [(e["kind"], e["value"]) for e in entries["items"] + more["items"]]
    assert shown == [
        ("domain", "worse.example"), ("email", "=1+1@b.co"), ("email", "a@b.co"),
        ("phone", "+4740000000"),
    ]  # fmt: skip
    assert len((await api.get(f"{path}/entries", params={"kind": "email", "q": "A@B"})).json()["items"]) == 1
    for value, stopped in (("a@B.co", True), ("other@worse.example", True), ("ok@b.co", False), ("+47 40000000", True)):
        checked = (await api.post("/suppression-lists/check", json={"value": value})).json()
        assert checked["suppressed"] is stopped, value
    assert pointers(await api.post("/suppression-lists/check", json={"value": "%"})) == ["/value"]
    export = await api.get(f"{path}/export")
    assert export.headers["content-type"].startswith("text/csv")
    assert [line.split(",")[1] for line in export.text.splitlines()] == [
        "value", "worse.example", "'=1+1@b.co", "a@b.co", "+4740000000",
    ]  # fmt: skip
    assert export.text.splitlines()[1].split(",")[2] == "'=cmd"
    hashed = await api.get(f"{path}/export", params={"hashed": True})
    assert "a@b.co" not in hashed.text
    assert (await api.post(f"{path}/entries/remove", json={"values": ["a@b.co", "z@z.co"]})).json() == {"removed": 1}
    assert pointers(await api.post(f"{path}/entries", json={"values": []})) == ["/values"]
    assert (await api.delete(path)).status_code == 204
    assert (await api.get(path)).status_code == 404
    assert not (await api.post("/suppression-lists/check", json={"value": "x@worse.example"})).json()["suppressed"]


async def test_an_archived_resource_comes_back_unless_its_name_is_taken(api: httpx.AsyncClient) -> None:
    words = name()
    made = (await api.post("/resources", json={"name": words})).json()
    assert (await api.delete(f"/resources/{made['id']}")).status_code == 204
    other = (await api.post("/resources", json={"name": words})).json()
    taken = await api.post(f"/resources/{made['id']}/restore")
    assert (taken.status_code, taken.json()["errors"][0]["pointer"]) == (409, "/name")
    await api.delete(f"/resources/{other['id']}")
    for _ in range(2):  # a second click changes nothing
        back = await api.post(f"/resources/{made['id']}/restore")
        assert (back.status_code, back.json()["archived_at"]) == (200, None)
    assert words in [one["name"] for one in (await api.get("/resources", params={"q": words})).json()["items"]]
