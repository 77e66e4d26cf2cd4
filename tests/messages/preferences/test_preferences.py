"""The preference centre: whoever has the signed link sees and changes their own, and nobody else anything."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
from pyroaring import BitMap

import fidelia.worker.tasks  # noqa: F401  # declares the jobs
from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import conflict
from fidelia.messages.optin import service as optin
from fidelia.messages.preferences.words import table, words
from fidelia.messages.service.outlet import signer
from fidelia.messages.tracking.edge import Limits
from fidelia.platform.engines import Engines

from ..sink import running
from ..world import compiled, email_sender, people, run_of, send, server_of

SYSTEM = Actor.system()


class World:
    """A database whose page shows some fields, with two resources that person 1 is subscribed to."""

    def __init__(self, engines: Engines, api: httpx.AsyncClient, database: int, news: int, deals: int) -> None:
        self.engines, self.api, self.database, self.news, self.deals = engines, api, database, news, deals
        self.path = ""

    async def set(self, **settings: Any) -> httpx.Response:
        path = f"/api/v1/databases/{self.database}/preference-center"
        now = (await self.api.get(path)).json()
        shown = [{"name": f["name"], "editable": f["editable"]} for f in now["fields"] if f["shown"]]
        body = {n: now[n] for n in ("title", "logo_text", "intro", "language")} | {"fields": shown} | settings
        return await self.api.put(path, json=body)

    async def show(self, **fields: bool) -> None:
        reply = await self.set(fields=[{"name": name, "editable": editable} for name, editable in fields.items()])
        assert reply.status_code == 200, reply.text

    async def press(self, action: str, resource: int | None = None, **more: Any) -> httpx.Response:
        about = {"resource": resource, "channel": "email"} if resource else {}
        return await self.api.post(self.path, data={"action": action, **about, **more})

    async def subscription(self, resource: int, profile: int = 1) -> dict[str, Any]:
        reply = await self.api.get(f"/api/v1/databases/{self.database}/profiles/{profile}/subscriptions")
        return next(s for s in reply.json()["items"] if s["resource_id"] == resource)

    async def sendable(self, resource: int | None, profile: int = 1) -> dict[str, list[int]]:
        async with self.engines.tx() as tx:
            found = await profiles.sendable(tx, self.database, BitMap([profile]), resource)
        return {"send": [i for i, _ in found.rows], **{r: list(p) for r, p in found.excluded.items() if p}}

    async def profile(self, profile: int = 1) -> dict[str, Any]:
        return (await self.api.get(f"/api/v1/databases/{self.database}/profiles/{profile}")).json()

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind that wait for the history."""
        async with self.engines.db.hot() as raw:
            cursor = await raw.execute(
                "select payload from event_inbox where database_id = %s order by seq", (self.database,)
            )
            lines = [line for row in await cursor.fetchall() for line in row[0].split("\n")]
        found = [msgspec.json.decode(re.search(r"\{.*\}", line)[0]) for line in lines if f"{kind}" in line]
        return [event.get("props", event) for event in found]


@pytest.fixture
async def world(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> AsyncIterator[World]:
    database = await people(engines, 6)
    made = []
    for name in ("News & <b>more</b>", "Deals"):
        reply = await api.post("/api/v1/resources", json={"name": f"{name} {database}", "description": "Weekly"})
        made.append(reply.json()["id"])
    async with engines.tx() as tx:
        items = [profiles.SubscriptionItem(profile_id=p, resource_id=r) for r in made for p in (1, 2)]
        await profiles.subscribe(tx, SYSTEM, database, items)
    world = World(engines, api, database, *made)
    reply = await api.post(f"/api/v1/databases/{database}/profiles/1/preferences-link")
    assert reply.status_code == 200, reply.text
    world.path = urlsplit(reply.json()["url"]).path
    yield world
    Limits.of(engines)._counts.clear()


async def test_the_page_shows_what_is_theirs(world: World) -> None:
    page = await world.api.get(world.path)
    assert page.status_code == 200
    assert "News &amp; &lt;b&gt;more" in page.text
    assert page.text.count("<strong>Subscribed</strong>") == 2
    assert "p•••@example.com" in page.text
    assert "p1@example.com" not in page.text, "a mail may be passed on"
    assert 'name="f.first_name"' in page.text
    assert "<script" not in page.text
    assert page.headers["cache-control"] == "no-store, max-age=0"
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize("days", profiles.PAUSES)
async def test_a_pause_ends_by_itself(world: World, clock: FixedClock, days: int) -> None:
    page = await world.press("pause", world.news, days=days)
    assert "is paused until" in page.text
    until = (await world.subscription(world.news))["paused_until"]
    assert until is not None
    assert await world.sendable(world.news) == {"send": [], "paused": [1]}
    assert await world.sendable(world.deals) == {"send": [1]}
    assert await world.sendable(None) == {"send": [1]}, "something is still wanted"
    clock.advance(timedelta(days=days) - timedelta(seconds=1))
    assert await world.sendable(world.news) == {"send": [], "paused": [1]}
    clock.advance(timedelta(seconds=1))
    assert await world.sendable(world.news) == {"send": [1]}
    assert (await world.subscription(world.news))["paused_until"] is None
    assert "Paused" not in (await world.api.get(world.path)).text


async def test_resuming_and_odd_presses(world: World) -> None:
    for odd in ({"days": "31"}, {"days": "-1"}, {"days": "x"}, {}):
        await world.press("pause", world.news, **odd)
    assert await world.sendable(world.news) == {"send": [1]}
    await world.press("pause", world.news, days=14)
    assert "Resume now" in (await world.api.get(world.path)).text
    await world.press("pause", world.news, days=90)  # a second window that still shows the button
    assert await world.press("resume", world.news)
    assert await world.sendable(world.news) == {"send": [1]}
    for resource in (10**9, 10**30, 0):
        assert (await world.press("leave", resource, sure=1)).status_code == 200
    assert (await world.press("explode", world.news)).status_code == 200
    changes = await world.told("subscription.changed")
    assert [c["change"] for c in changes if "change" in c] == ["paused", "resumed"]
    assert {c["source"] for c in changes if "change" in c} == {"preference centre"}


async def test_whoever_paused_everything_gets_no_mail_without_a_resource_either(world: World) -> None:
    for resource in (world.news, world.deals):
        await world.press("pause", resource, days=14)
    assert await world.sendable(None) == {"send": [], "paused": [1]}
    assert await world.sendable(None, 3) == {"send": [3]}, "whoever never chose anything is not asked here"


async def test_leaving_one_asks_first(world: World) -> None:
    asked = await world.press("leave", world.news)
    assert "Unsubscribe from News &amp;" in asked.text
    assert await world.sendable(world.news) == {"send": [1]}
    done = await world.press("leave", world.news, sure=1)
    assert "You are unsubscribed from" in done.text
    assert await world.sendable(world.news) == {"send": [], "not_subscribed": [1]}
    assert await world.sendable(world.deals) == {"send": [1]}
    await world.press("join", world.news)
    back = await world.subscription(world.news)
    assert back["status"] == "subscribed"
    assert back["opt_in"]["source"] == "preference centre"


async def test_leaving_everything_and_coming_back_for_one(world: World) -> None:
    assert "Unsubscribe from everything?" in (await world.press("leave_all")).text
    assert (await world.profile())["status"] == "subscribed"
    await world.press("leave_all", sure=1)
    assert (await world.profile())["status"] == "unsubscribed"
    page = await world.api.get(world.path)
    assert "You get no messages from us" in page.text
    await world.press("join", world.deals)
    assert (await world.profile())["status"] == "subscribed"
    assert await world.sendable(world.deals) == {"send": [1]}
    assert await world.sendable(world.news) == {"send": [], "not_subscribed": [1]}
    sources = {e["source"] for e in await world.told("profile.updated") if "status" in e.get("fields", [])}
    assert sources == {"preference centre"}


async def test_one_who_had_left_all_by_status_comes_back_for_one_only(world: World) -> None:
    async with world.engines.tx() as tx:
        await profiles.unsubscribe(tx, SYSTEM, world.database, [1])
    assert (await world.api.get(world.path)).text.count("Not subscribed") == 2
    await world.press("join", world.deals)
    assert await world.sendable(world.deals) == {"send": [1]}
    assert await world.sendable(world.news) == {"send": [], "not_subscribed": [1]}


async def test_joining_asks_to_confirm_where_the_resource_wants_it(world: World) -> None:
    reply = await world.api.patch(f"/api/v1/resources/{world.news}/double-opt-in", json={"enabled": True})
    assert reply.status_code == 200, reply.text
    await world.press("leave_all", sure=1)
    page = await world.press("join", world.news)
    assert "Please confirm" in page.text
    assert (await world.subscription(world.news))["status"] == "unconfirmed"
    assert (await world.profile())["status"] == "unsubscribed", "nothing is lifted before the confirmation"
    for _ in range(2):
        assert "Please confirm" in (await world.press("again", world.news)).text
    assert "several times today" in (await world.press("again", world.news)).text
    assert await optin.send_waiting(world.engines) == 1
    async with world.engines.tx() as tx:
        asked = await profiles.opt_in_requests(tx, world.database, 1)
    path = urlsplit((await signer(world.engines)).url("y", asked[-1].id, 0)).path
    assert (await world.api.post(path, data={"action": "confirm"})).status_code == 200
    assert (await world.profile())["status"] == "subscribed"
    assert await world.sendable(world.news) == {"send": [1]}
    assert await world.sendable(world.deals) == {"send": [], "not_subscribed": [1]}


async def test_details_are_saved_and_checked(world: World) -> None:
    code = {"name": "code", "type": "string", "label": "Club <code>", "validator": "[A-Z]{2}[0-9]+", "unique": True}
    more = [
        code,
        {"name": "size", "type": "enum", "options": ["s", "m"]},
        {"name": "likes", "type": "tags"},
        {"name": "vip", "type": "boolean"},
        {"name": "shoe", "type": "float"},
        {"name": "secret", "type": "string"},
    ]
    for field in more:
        reply = await world.api.post(f"/api/v1/databases/{world.database}/fields", json=field)
        assert reply.status_code in (200, 201), reply.text
    await world.show(
        first_name=True, birth_date=True, code=True, size=True, likes=True, vip=True, shoe=True, email=False, city=False
    )
    good = {
        "f.first_name": " Zoë ",
        "f.birth_date": "1990-02-03",
        "f.code": "AB12",
        "f.size": "m",
        "f.likes": "tea, cakes ,tea",
        "f.vip": "true",
        "f.shoe": "42.5",
        "f.city": "Oslo",
        "f.email": "thief@example.com",
        "f.secret": "x",
        "f.status": "subscribed",
    }
    page = await world.press("save", **good)
    assert page.status_code == 200
    assert "Your details are saved" in page.text
    now = await world.profile()
    values = {name: now.get(name) for name in ("first_name", "birth_date", "code", "size", "likes", "vip", "shoe")}
    assert values == {
        "first_name": "Zoë",
        "birth_date": "1990-02-03",
        "code": "AB12",
        "size": "m",
        "likes": ["tea", "cakes"],
        "vip": True,
        "shoe": 42.5,
    }
    assert (now["city"], now["email"], now["secret"]) == (None, "p1@example.com", None)
    changed = (await world.told("profile.updated"))[-1]
    assert changed["source"] == "preference centre"
    assert "code" in changed["fields"]
    wrong = await world.press("save", **{**good, "f.code": "nope", "f.shoe": "big", "f.first_name": "Eve"})
    assert wrong.status_code == 422
    assert wrong.text.count('aria-invalid="true"') >= 1
    assert 'id="field-shoe-error"' in wrong.text
    assert 'value="Eve"' in wrong.text, "what was typed is not lost"
    assert (await world.profile())["first_name"] == "Zoë"
    wrong = await world.press("save", **{**good, "f.code": "nope"})
    assert 'aria-describedby="field-code-error"' in wrong.text
    emptied = await world.press("save", **{"f.first_name": "", "f.likes": "", "f.vip": "", "f.birth_date": ""})
    assert emptied.status_code == 200
    assert (await world.profile())["likes"] in (None, [])


async def test_a_value_of_somebody_else_is_told_at_the_field(world: World) -> None:
    field = {"name": "nick", "type": "string", "unique": True, "required": False}
    await world.api.post(f"/api/v1/databases/{world.database}/fields", json=field)
    await world.api.patch(f"/api/v1/databases/{world.database}/profiles/2", json={"set": {"nick": "ada"}})
    await world.show(nick=True)
    page = await world.press("save", **{"f.nick": "ada"})
    assert page.status_code == 422
    assert "This value is taken" in page.text
    assert 'value="ada"' in page.text


async def test_a_refusal_of_no_field_is_told_and_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was written before the refusal is undone, and nobody reads that it was saved."""
    await world.show(first_name=True)
    real = profiles.choices.change_profile

    async def refused(*args: Any, **more: Any) -> None:
        await real(*args, **more)
        raise conflict("Others keep changing the same profiles at this moment")

    before, told = await world.profile(), len(await world.told("profile.updated"))
    monkeypatch.setattr(profiles.choices, "change_profile", refused)
    page = await world.press("save", **{"f.first_name": "Ada"})
    assert page.status_code == 422
    assert "Your details are saved" not in page.text
    after = await world.profile()
    assert (after["first_name"], after["version"]) == (before["first_name"], before["version"])
    assert len(await world.told("profile.updated")) == told


async def test_nobody_else_gets_in(world: World) -> None:
    head, token = world.path.rsplit("/", 1)
    signs = await signer(world.engines)
    unknown = await world.api.get(f"{head}/{'A' * len(token)}")
    for bad in (
        f"{head}/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
        f"{head}/{signs.token('y', 1, 1)}",
        f"{head}/{signs.token('e', world.database, 10**6)}",
        f"{head}/{signs.token('e', 10**6, 1)}",
        f"{head}/{signs.token('p', 10**6, 1)}",
        f"{head}/{signs.token('s', 10**6, 0)}",
        f"{head}/x",
    ):
        for reply in (await world.api.get(bad), await world.api.post(bad, data={"action": "leave_all", "sure": "1"})):
            assert (reply.status_code, reply.text) == (404, unknown.text), bad
    elsewhere = await world.api.post(
        world.path, data={"action": "leave_all", "sure": "1"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert elsewhere.status_code == 200
    assert (await world.profile())["status"] == "subscribed"


async def test_erased_and_merged_people(world: World) -> None:
    reply = await world.api.post(
        f"/api/v1/databases/{world.database}/profiles/merge", json={"destination": 4, "sources": [1]}
    )
    assert reply.status_code == 200, reply.text
    page = await world.press("pause", world.news, days=14)
    assert "is paused until" in page.text
    assert (await world.subscription(world.news, 4))["paused_until"] is not None
    async with world.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, world.database, [4])
    for reply in (await world.api.get(world.path), await world.press("leave_all", sure=1)):
        assert reply.status_code == 404
        assert "example.com" not in reply.text


async def test_two_presses_at_once_are_one(world: World) -> None:
    await asyncio.gather(*[world.press("pause", world.news, days=30) for _ in range(5)])
    assert len([c for c in await world.told("subscription.changed") if c.get("change") == "paused"]) == 1
    await asyncio.gather(*[world.press("leave", world.deals, sure=1) for _ in range(5)])
    left = [c for c in await world.told("subscription.changed") if c["status"] == "unsubscribed"]
    assert len(left) == 1


async def test_presses_have_a_limit(world: World) -> None:
    replies = [await world.press("resume", world.news) for _ in range(70)]
    assert replies[-1].status_code == 429
    assert (await world.api.get(world.path)).status_code == 200


async def test_the_language_is_the_persons(world: World) -> None:
    await world.set(language="fr", title="Mes choix", logo_text="ACME & Co")
    page = (await world.api.get(world.path)).text
    assert 'lang="fr"' in page
    assert "<h1>Mes choix</h1>" in page
    assert "ACME &amp; Co" in page
    await world.api.patch(f"/api/v1/databases/{world.database}/profiles/1", json={"set": {"language": "de-AT"}})
    page = (await world.api.get(world.path)).text
    assert 'lang="de"' in page
    assert "Vorname" in page
    await world.api.patch(f"/api/v1/databases/{world.database}/profiles/1", json={"set": {"language": "ja"}})
    assert 'lang="fr"' in (await world.api.get(world.path)).text


def test_every_language_has_every_word() -> None:
    english = table("en")
    for language in profiles.LANGUAGES:
        assert table(language).keys() == english.keys()
        for key, text in table(language).items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), (language, key)
        assert len(words(language)("months").split()) == 12
    assert words("xx")("yes") == "Yes"


@pytest.mark.parametrize(
    ("settings", "pointer"),
    [
        ({"language": "tlh"}, "/language"),
        ({"title": "x" * 101}, "/title"),
        ({"fields": [{"name": "nothing", "editable": True}]}, "/fields/0/name"),
        ({"fields": [{"name": "email", "editable": True}]}, "/fields/0/editable"),
        ({"fields": [{"name": "status", "editable": False}]}, "/fields/0/name"),
        ({"fields": [{"name": "city", "editable": True}] * 2}, "/fields/1/name"),
    ],
)
async def test_settings_that_cannot_be(world: World, settings: dict[str, Any], pointer: str) -> None:
    reply = await world.set(**settings)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == pointer


async def test_a_preview_holds_nobody_and_saves_nothing(world: World) -> None:
    url = (await world.api.get(f"/api/v1/databases/{world.database}/preference-center/preview")).json()["url"]
    path = urlsplit(url).path
    page = await world.api.get(path)
    assert "This is a preview" in page.text
    assert "Lovelace" in page.text
    for action in ("save", "pause", "leave_all"):
        pressed = await world.api.post(path, data={"action": action, "sure": "1", "resource": "1", "channel": "email"})
        assert "This is a preview" in pressed.text
    body = '<p>{{ profile.email }} <a href="{{ preferences_url }}">Choose</a> {{ confirm_url }}</p>'
    shown = await world.api.post(
        "/api/v1/templates/preview",
        json={"format": "html", "subject": "Hi", "body": body, "database_id": world.database, "profile_id": 1},
    )
    assert path in shown.json()["html"]
    confirm = urlsplit(re.search(r"https?://\S+/t/y/[\w-]+", shown.json()["html"])[0]).path
    assert "This is a preview" in (await world.api.get(confirm)).text


async def test_the_link_in_a_mail_leads_to_the_reader(world: World) -> None:
    body = '<p>Hello</p><p><a href="{{ preferences_url }}">Choose</a></p>'
    made = compiled(body)
    assert made.unsubscribable
    assert made.links == []
    run = await run_of(world.engines, world.database, made, resource_id=world.news)
    async with running() as sink:
        signs = await signer(world.engines)
        await email_sender(world.engines, run, made, server_of(sink.port), signs, connections=1).run()
    assert send
    assert sorted(sink.accepted) == ["p1@example.com", "p2@example.com"]
    for _, to, data in sink.messages:
        token = re.search(rb"/t/p/([\w-]+)", data.replace(b"=\r\n", b""))[1].decode()
        known = signs.read("p", token)
        assert known is not None
        assert f"p{known.profile}@example.com" == to
        assert (await world.api.get(f"/t/p/{token}")).status_code == 200


async def test_staff_can_pause_and_resume(world: World, clock: FixedClock) -> None:
    found = await world.subscription(world.news)
    path = f"/api/v1/subscriptions/{found['id']}"
    assert (await world.api.post(f"{path}/pause", json={"days": 0})).status_code == 422
    paused = (await world.api.post(f"{path}/pause", json={"days": 10})).json()
    assert paused["paused_until"] == "2026-11-26T12:00:00Z"
    assert await world.sendable(world.news) == {"send": [], "paused": [1]}
    assert (await world.api.post(f"{path}/resume")).json()["paused_until"] is None
    await world.api.post(f"{path}/pause", json={"days": 10})
    await world.api.patch(path, json={"status": "unsubscribed"})
    assert (await world.api.post(f"{path}/pause", json={"days": 10})).status_code == 409
    await world.api.patch(path, json={"status": "subscribed"})
    assert await world.sendable(world.news) == {"send": [1]}, "leaving ends the pause"


async def test_segments_know_who_rests(world: World) -> None:
    await world.press("pause", world.news, days=30)
    for profile in (1, 2):  # what was put straight into the table is not known to ClickHouse yet
        await world.api.patch(f"/api/v1/databases/{world.database}/profiles/{profile}", json={"set": {"city": "Oslo"}})
    condition = {
        "kind": "related",
        "link": "subscriptions",
        "where": {"kind": "compare", "field": "subscription.paused_until", "op": "in_next", "value": "P365D"},
    }
    body = {"database_id": world.database, "condition": condition, "columns": ["email"]}
    reply = await world.api.post("/api/v1/segments/calculate", json=body)
    assert reply.status_code == 200, reply.text
    assert [row["email"] for row in reply.json()["preview"]] == ["p1@example.com"]
