"""Double opt-in: asked once by a real mail, confirmed only by pressing the button, with a proof that lasts."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pyroaring import BitMap

import fidelia.worker.tasks  # noqa: F401  # declares the jobs
from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.messages.optin import service as optin
from fidelia.messages.service.outlet import signer
from fidelia.messages.store import runs
from fidelia.platform.engines import Engines

from ...conftest import NOW
from ..sink import Sink, running
from ..world import email_sender, people, server_of

SYSTEM = Actor.system()
AGENT = "Mozilla/5.0 (Macintosh) Safari/605"


class World:
    """A database of people, a resource that asks, and a server that takes the mails."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient, sink: Sink, database: int, news: int) -> None:
        self.engines, self.api, self.sink, self.database, self.news = engines, api, sink, database, news

    async def join(self, profile: int, status: str = "unconfirmed", **more: Any) -> dict[str, Any]:
        body = {"database_id": self.database, "profile_id": profile, "resource_id": self.news, "status": status, **more}
        reply = await self.api.post("/api/v1/subscriptions", json=body)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def send(self) -> int:
        """Have what waits sent, by the sender itself."""
        made = await optin.send_waiting(self.engines)
        async with self.engines.tx() as tx:
            active = [run for run in await runs.active(tx) if run.plan.resource_id == self.news]
        for run in active:
            async with self.engines.tx() as tx:
                compiled = await runs.compiled(tx, run.version_id)
            signs = await signer(self.engines)
            await email_sender(self.engines, run, compiled, server_of(self.sink.port), signs, connections=2).run()
        return made

    def mails(self, to: str) -> list[email.message.EmailMessage]:
        return [
            email.message_from_bytes(data, policy=email.policy.default)  # type: ignore[arg-type]
            for _, address, data in self.sink.messages
            if address == to
        ]

    def links(self, to: str) -> list[str]:
        found = []
        for mail in self.mails(to):
            text = mail.get_body(("plain",)).get_content()
            found.append(urlsplit(re.search(r"https?://\S+/t/y/[\w-]+", text)[0]).path)
        return found

    async def status(self, subscription: int) -> str:
        return (await self.subscription(subscription))["status"]

    async def subscription(self, subscription: int) -> dict[str, Any]:
        return (await self.api.get(f"/api/v1/subscriptions/{subscription}")).json()

    async def asked(self, profile: int) -> list[dict[str, Any]]:
        reply = await self.api.get(f"/api/v1/databases/{self.database}/profiles/{profile}/confirmations")
        assert reply.status_code == 200, reply.text
        return reply.json()["items"]

    async def sendable(self, profile: int) -> bool:
        async with self.engines.tx() as tx:
            return bool((await profiles.sendable(tx, self.database, BitMap([profile]), self.news)).rows)

    async def press(self, path: str, **more: Any) -> httpx.Response:
        return await self.api.post(path, data={"action": "confirm"}, headers={"User-Agent": AGENT}, **more)


@pytest.fixture
async def world(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> AsyncIterator[World]:
    database = await people(engines, 20)
    news = (await api.post("/api/v1/resources", json={"name": f"News of database {database}"})).json()["id"]
    reply = await api.patch(f"/api/v1/resources/{news}/double-opt-in", json={"enabled": True})
    assert reply.status_code == 200, reply.text
    async with running() as sink:
        yield World(engines, api, sink, database, news)


async def test_a_mail_asks_and_the_button_confirms(world: World, clock: FixedClock) -> None:
    made = await world.join(1)
    assert made["status"] == "unconfirmed"
    assert await world.send() == 1
    (mail,) = world.mails("p1@example.com")
    assert "confirm your subscription to News of database" in mail["subject"]
    assert "/t/o/" not in mail.as_string(), "opens are not counted before somebody agreed"
    (path,) = world.links("p1@example.com")
    assert path in mail.get_body(("html",)).get_content()
    assert not await world.sendable(1)
    for _ in range(3):  # programs look at links before people do
        page = await world.api.get(path)
        assert page.status_code == 200
        assert '<form method="post">' in page.text
    assert await world.status(made["id"]) == "unconfirmed"
    clock.advance(timedelta(hours=3))
    page = await world.press(path)
    assert page.status_code == 200
    assert "You are subscribed to News of database" in page.text
    now = await world.subscription(made["id"])
    assert now["status"] == "subscribed"
    assert now["opt_in"]["source"] == "double opt-in"
    assert now["opt_in"]["at"].startswith("2026-11-16T15:00:00")
    assert await world.sendable(1)
    (proof,) = await world.asked(1)
    assert (proof["state"], proof["delivery"]) == ("confirmed", "sent")
    assert proof["confirmed_agent"] == AGENT
    assert proof["confirmed_ip"]
    assert proof["text_version"].endswith("version 1")


async def test_a_request_is_sent_once_whatever_happens(world: World) -> None:
    await world.join(1)
    await world.join(2)
    await asyncio.gather(*[optin.send_waiting(world.engines) for _ in range(4)])
    for _ in range(3):
        await world.send()
    assert world.sink.accepted == {"p1@example.com": 1, "p2@example.com": 1}
    await world.join(1)  # unchanged: nobody is asked twice for the same wish
    await world.send()
    assert world.sink.accepted["p1@example.com"] == 1


async def test_again_has_a_limit_a_day(world: World, clock: FixedClock) -> None:
    made = await world.join(1)
    await world.send()
    path = f"/api/v1/subscriptions/{made['id']}/confirmation"
    for _ in range(2):
        assert (await world.api.post(path)).status_code == 200
    refused = await world.api.post(path)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 24 * 3600
    for _ in range(3):  # one at a time: a run writes to each once
        await world.send()
    assert world.sink.accepted["p1@example.com"] == 3
    clock.advance(timedelta(days=1, minutes=1))
    assert (await world.api.post(path)).status_code == 200
    first, *_, last = world.links("p1@example.com")
    assert first != last
    assert (await world.press(first)).status_code == 200  # an older mail is as good while its time lasts
    assert await world.status(made["id"]) == "subscribed"
    assert (await world.api.post(path)).status_code == 409


async def test_leaving_and_joining_in_a_loop_sends_no_flood(world: World) -> None:
    for _ in range(6):
        made = await world.join(1)
        await world.send()
        assert (
            await world.api.patch(f"/api/v1/subscriptions/{made['id']}", json={"status": "unsubscribed"})
        ).status_code == 200
    assert world.sink.accepted["p1@example.com"] == 3


async def test_many_people_with_one_address_send_it_no_flood(world: World) -> None:
    """The limit of a day is the address's, also where all of them come in one go."""
    items = [
        profiles.SubscriptionItem(
            profile_id=n, resource_id=world.news, channel="email", contact="all@example.com", status="unconfirmed"
        )
        for n in range(1, 9)
    ]
    async with world.engines.tx() as tx:
        await profiles.subscribe(tx, SYSTEM, world.database, items)
    assert sum([len(await world.asked(n)) for n in range(1, 9)]) == 3
    for _ in range(8):
        await world.send()
    assert len(world.mails("all@example.com")) == 3


async def test_two_presses_at_once_are_one(world: World) -> None:
    made = await world.join(1)
    await world.send()
    (path,) = world.links("p1@example.com")
    pages = await asyncio.gather(*[world.press(path) for _ in range(6)])
    assert {page.status_code for page in pages} == {200}
    assert sum("You are subscribed to" in page.text for page in pages) >= 1
    assert await world.status(made["id"]) == "subscribed"
    async with world.engines.db.hot() as raw:
        cursor = await raw.execute(
            "select count(*) from event_inbox where database_id = %s and payload like %s",
            (world.database, '%"double opt-in"%'),
        )
        assert (await cursor.fetchone())[0] == 1
    assert len([p for p in await world.asked(1) if p["state"] == "confirmed"]) == 1


async def test_a_used_link_never_brings_anybody_back(world: World) -> None:
    made = await world.join(1)
    await world.send()
    (path,) = world.links("p1@example.com")
    await world.press(path)
    again = await world.press(path)
    assert "You had confirmed already" in again.text
    await world.api.patch(f"/api/v1/subscriptions/{made['id']}", json={"status": "unsubscribed"})
    replay = await world.press(path)
    assert replay.status_code == 410
    assert await world.status(made["id"]) == "unsubscribed"


async def test_an_old_link_offers_a_new_mail(world: World, clock: FixedClock) -> None:
    made = await world.join(1)
    await world.send()
    (path,) = world.links("p1@example.com")
    clock.advance(timedelta(days=7, seconds=1))
    assert (await world.api.get(path)).status_code == 410
    page = await world.press(path)
    assert page.status_code == 410
    assert 'value="again"' in page.text
    assert await world.status(made["id"]) == "unconfirmed"
    (old,) = await world.asked(1)
    assert old["state"] == "expired"
    asked = await world.api.post(path, data={"action": "again"})
    assert asked.status_code == 200
    await world.send()
    _, fresh = world.links("p1@example.com")
    assert (await world.press(fresh)).status_code == 200
    assert await world.status(made["id"]) == "subscribed"


async def test_nothing_but_the_signed_link_works(world: World) -> None:
    made = await world.join(1)
    await world.send()
    (path,) = world.links("p1@example.com")
    head, token = path.rsplit("/", 1)
    signs = await signer(world.engines)
    known = signs.read("y", token)
    for bad in (
        f"{head}/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        f"{head}/{'A' * len(token)}",
        f"{head}/{signs.token('u', known.run, 0)}",
        path.replace("/t/y/", "/t/u/"),
        path.replace("/t/y/", "/t/p/"),
    ):
        for reply in (await world.api.get(bad), await world.press(bad)):
            assert reply.status_code == 404, bad
            assert "example.com" not in reply.text
    forged = urlsplit(signs.url("y", 10**9, 0)).path  # a request that never was
    assert (await world.press(forged)).status_code == 410
    elsewhere = await world.api.post(path, data={"action": "confirm"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 200
    assert await world.status(made["id"]) == "unconfirmed"


async def test_erased_and_merged_people(world: World) -> None:
    await world.join(1)
    kept = await world.join(2)
    await world.send()
    (gone,), (moved,) = world.links("p1@example.com"), world.links("p2@example.com")
    async with world.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, world.database, [1])
    page = await world.press(gone)
    assert page.status_code == 410
    assert "News" not in page.text
    merged = await world.api.post(
        f"/api/v1/databases/{world.database}/profiles/merge", json={"destination": 3, "sources": [2]}
    )
    assert merged.status_code == 200, merged.text
    assert (await world.press(moved)).status_code == 200
    now = await world.subscription(kept["id"])
    assert (now["profile_id"], now["status"], now["contact"]) == (3, "subscribed", "p2@example.com")
    (proof,) = await world.asked(3)
    assert proof["state"] == "confirmed"


async def test_stop_lists_and_status_are_respected(world: World) -> None:
    async with world.engines.tx() as tx:
        await profiles.set_status(tx, SYSTEM, world.database, [2], "complained")
        await profiles.set_status(tx, SYSTEM, world.database, [4], "unsubscribed")
    await world.api.post("/api/v1/suppression-lists/1/entries", json={"values": ["p1@example.com"]})
    for profile in (1, 2, 3, 4):
        await world.join(profile)
    await world.send()
    assert world.sink.accepted == {"p3@example.com": 1}
    (stopped,) = await world.asked(1)
    assert (stopped["delivery"], stopped["reason"]) == ("blocked", "On a stop list")
    await world.api.post("/api/v1/suppression-lists/1/entries/remove", json={"values": ["p1@example.com"]})


async def test_whoever_left_before_the_mail_gets_none(world: World) -> None:
    made = await world.join(1)
    await optin.send_waiting(world.engines)
    await world.api.patch(f"/api/v1/subscriptions/{made['id']}", json={"status": "unsubscribed"})
    await world.send()
    assert world.sink.accepted == {}


async def test_an_unconfirmed_profile_becomes_subscribed(world: World) -> None:
    async with world.engines.tx() as tx:
        await profiles.set_status(tx, SYSTEM, world.database, [5], "unconfirmed")
    await world.join(5)
    await world.send()
    await world.press(world.links("p5@example.com")[0])
    async with world.engines.tx() as tx:
        assert (await profiles.get_profile(tx, world.database, 5))["status"] == "subscribed"
    assert await world.sendable(5)


async def test_a_template_without_the_link_is_refused(world: World) -> None:
    path = f"/api/v1/resources/{world.news}/double-opt-in"
    settings = (await world.api.get(path)).json()
    body = '<p>Hello <a href="{{ confirm_url }}">yes</a></p>'
    made = (
        await world.api.post(
            "/api/v1/templates", json={"name": "no link", "format": "html", "subject": "Hi", "body": "<p>Hello</p>"}
        )
    ).json()["id"]
    unpublished = await world.api.patch(path, json={"template_id": made})
    assert unpublished.status_code == 422
    await world.api.post(f"/api/v1/templates/{made}/publish")
    refused = await world.api.patch(path, json={"template_id": made})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/template_id"
    assert "confirm_url" in refused.json()["errors"][0]["message"]
    assert (await world.api.get(path)).json()["template_id"] == settings["template_id"]
    await world.api.patch(f"/api/v1/templates/{made}", json={"body": body})
    assert (await world.api.post(f"/api/v1/templates/{made}/publish")).status_code == 200
    assert (await world.api.patch(path, json={"template_id": made})).status_code == 200
    await world.api.patch(f"/api/v1/templates/{made}", json={"body": "<p>Gone</p>"})
    lost = await world.api.post(f"/api/v1/templates/{made}/publish")
    assert lost.status_code == 422
    assert (await world.api.delete(f"/api/v1/templates/{made}")).status_code == 409
    mailing = await world.api.post(
        "/api/v1/mailings", json={"name": "m", "database_id": world.database, "template_id": made}
    )
    started = await world.api.post(f"/api/v1/mailings/{mailing.json()['id']}/start", json={})
    assert started.status_code == 422
    assert "confirm_url" in started.text


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"expires_days": 0}, "/expires_days"),
        ({"expires_days": 91}, "/expires_days"),
        ({"daily_limit": 21}, "/daily_limit"),
        ({"from_email": "nobody"}, "/from_email"),
        ({"from_name": "a\r\nBcc: x"}, "/from_name"),
        ({"template_id": 10**6}, "/template_id"),
    ],
)
async def test_settings_that_cannot_be(world: World, change: dict[str, Any], pointer: str) -> None:
    reply = await world.api.patch(f"/api/v1/resources/{world.news}/double-opt-in", json=change)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_figures_count_people_not_mails(world: World, clock: FixedClock) -> None:
    path = f"/api/v1/resources/{world.news}/double-opt-in"
    made = [await world.join(profile) for profile in (1, 2, 3, 4)]
    await world.api.post(f"/api/v1/subscriptions/{made[0]['id']}/confirmation")
    await world.send()
    await world.press(world.links("p1@example.com")[0])
    await world.api.patch(f"/api/v1/subscriptions/{made[1]['id']}", json={"status": "unsubscribed"})
    figures = (await world.api.get(path)).json()["figures"]
    assert figures == {"requested": 4, "confirmed": 1, "waiting": 2, "expired": 0, "closed": 1}
    clock.advance(timedelta(days=8))
    figures = (await world.api.get(path)).json()["figures"]
    assert figures == {"requested": 4, "confirmed": 1, "waiting": 0, "expired": 2, "closed": 1}
    assert (await world.api.get(path, params={"days": 1})).json()["figures"]["requested"] == 0
    assert (await world.api.get(path, params={"days": 0})).status_code == 422


async def test_imports_and_upserts_ask_too_but_never_lower(world: World) -> None:
    subscribed = await world.join(6, status="subscribed")
    items = [
        {"profile_id": profile, "resource_id": world.news, "channel": "email", "status": "unconfirmed"}
        for profile in (6, 7, 8)
    ]
    reply = await world.api.post(
        "/api/v1/subscriptions/upsert", json={"database_id": world.database, "items": items, "raise_consent": False}
    )
    assert [item["status"] for item in reply.json()["items"]] == ["kept", "created", "created"]
    assert await world.status(subscribed["id"]) == "subscribed"
    await world.send()
    assert set(world.sink.accepted) == {"p7@example.com", "p8@example.com"}
    assert (
        await world.api.patch(f"/api/v1/subscriptions/{subscribed['id']}", json={"status": "unconfirmed"})
    ).status_code == 409


async def test_without_the_switch_nobody_is_asked(world: World) -> None:
    path = f"/api/v1/resources/{world.news}/double-opt-in"
    await world.api.patch(path, json={"enabled": False})
    made = await world.join(1)
    await world.send()
    assert world.sink.accepted == {}
    assert (await world.api.post(f"/api/v1/subscriptions/{made['id']}/confirmation")).status_code == 409
    await world.api.patch(path, json={"enabled": True})
    await world.send()
    assert world.sink.accepted == {}, "switching it on writes to nobody by itself"
    assert (await world.api.post(f"/api/v1/subscriptions/{made['id']}/confirmation")).status_code == 200
    await world.send()
    assert world.sink.accepted == {"p1@example.com": 1}


async def test_a_server_that_refuses_the_sender_holds_everything_until_resumed(world: World) -> None:
    path = f"/api/v1/resources/{world.news}/double-opt-in"
    refusing = True
    world.sink.fault = lambda stage, to: "550 no such sender" if refusing and stage == "mail" else None
    await world.join(1)
    await world.send()
    assert world.sink.accepted == {}
    held = (await world.api.get(path)).json()
    assert held["paused"]
    assert "550 no such sender" in held["problem"]
    await world.join(2)
    assert await world.send() == 0, "no further run begins while one is held"
    refusing = False
    after = await world.api.post(f"{path}/resume")
    assert (after.status_code, after.json()["paused"], after.json()["problem"]) == (200, False, None)
    await world.send()
    assert world.sink.accepted == {"p1@example.com": 1, "p2@example.com": 1}


async def test_the_mailing_behind_it_is_kept_out_of_sight(world: World) -> None:
    await world.join(1)
    await world.send()
    listed = (await world.api.get("/api/v1/mailings", params={"database": world.database})).json()["items"]
    assert listed == []
    async with world.engines.tx() as tx:
        name = (await profiles.get_database(tx, world.database)).name
        await profiles.delete_database(tx, SYSTEM, world.database, name)


async def test_the_proof_is_in_the_personal_data(world: World) -> None:
    from fidelia.profiles.personal.service import own_data

    await world.join(1)
    await world.send()
    await world.press(world.links("p1@example.com")[0])
    (proof,) = (await own_data(world.engines, world.database, 1))["Confirmations"]
    assert proof["state"] == "confirmed"
    assert proof["confirmed_at"].startswith(NOW.strftime("%Y-%m-%d"))
    assert proof["confirmed_agent"] == AGENT


async def test_guessing_is_slowed_down(world: World) -> None:
    from fidelia.messages.tracking.edge import Limits

    try:
        for n in range(40):
            last = await world.api.get(f"/t/y/{'A' * 20}{n:04d}")
        assert last.status_code == 429
        assert last.headers["retry-after"] == "60"
    finally:
        Limits.of(world.engines)._counts.clear()
