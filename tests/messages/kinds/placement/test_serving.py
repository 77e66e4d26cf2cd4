"""What pages get: the right thing for the right person, nothing for anybody else, and nothing once it is withdrawn."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.messages.kinds.placement import audience
from fidelia.messages.service import running
from fidelia.messages.service.outlet import signer
from tests.messages.test_mailings import AGENT, mailing, ok, run_jobs, sums, template

from .world import HOST, Site


async def test_a_signed_visitor_sees_what_is_theirs(site: Site) -> None:
    slot = await site.slot(fallback="<b>Everybody</b>")
    assert (await site.ask("c1"))["hero"]["html"].endswith("<b>Everybody</b>")
    path = await site.placed(slot)
    mine, other = (await site.ask("c1"))["hero"], (await site.ask("c3"))["hero"]
    assert "Hi Name 1" in mine["html"]
    assert "Hi friend" in other["html"]
    assert "/t/o/" not in mine["html"]
    by_id = await site.ask("", visitor=site.signed("profile:1"))
    assert "Hi Name 1" in by_id["hero"]["html"]
    for nobody in ("", "c999"):
        assert (await site.ask(nobody))["hero"] == {
            "html": (await site.ask(""))["hero"]["html"],
            "token": "",
            "closable": False,
        }
    assert await site.ask("c1", "no-such-slot", "HERO") == {}
    report = await site.report(path)
    sums(report)
    assert (report["audience"], report["waiting"], report["sent"]) == (20, 20, 0)


async def test_forged_and_expired_signatures_get_the_fallback(site: Site, clock: FixedClock) -> None:
    await site.placed(await site.slot())
    good = site.signed("user:c1")
    assert "hero" in await site.ask("", visitor=good)
    for bad in (
        site.signed("user:c1", secret="sk_other"),
        good.replace("c1", "c2"),
        site.signed("user:c1", seconds=-1),
        site.signed("user:c1", seconds=40 * 86400),
        good[1:],
        "x" * 5000,
        "..",
        "",
    ):
        assert await site.ask("", visitor=bad) == {}
    clock.advance(timedelta(seconds=601))
    assert await site.ask("", visitor=good) == {}
    assert "hero" in await site.ask("c1")


async def test_a_changed_secret_holds_for_a_day_unless_it_leaked(site: Site, clock: FixedClock) -> None:
    await site.placed(await site.slot())
    url = f"/api/v1/placements/sites/{site.key_id}/secret"
    former = site.secret
    made = await ok(await site.api.post(url, json={}))
    assert made["former_until"] == "2026-11-17T12:00:00Z"
    for secret in (former, made["secret"]):
        assert "hero" in await site.ask("", visitor=site.signed("user:c1", secret=secret))
    clock.advance(timedelta(hours=25))
    assert await site.ask("", visitor=site.signed("user:c1", secret=former)) == {}
    site.secret = (await ok(await site.api.post(url, json={"keep_former": False})))["secret"]
    assert await site.ask("", visitor=site.signed("user:c1", secret=made["secret"])) == {}
    assert "hero" in await site.ask("c1")
    sites = await ok(await site.api.get("/api/v1/placements/sites", params={"database": site.database}))
    assert sites["items"][0]["secret_since"] == "2026-11-17T13:00:00Z"
    assert "secret" not in sites["items"][0]
    async with site.engines.db.hot() as raw:
        stored = await (
            await raw.execute("select secret from site_secret where key_id = %s", (site.key_id,))
        ).fetchone()
    assert stored is not None
    assert site.secret not in stored[0]


async def test_only_pages_of_the_sites_are_answered(site: Site) -> None:
    await site.placed(await site.slot("a", domains=["shop.example.org"]))
    await site.placed(await site.slot("b", domains=["other.example.org"]))
    body = json.dumps({"slots": ["a", "b"], "visitor": site.signed("user:c1")})

    async def ask(origin: str, key: str = "") -> tuple[dict, str]:
        headers = {**AGENT, **({"Origin": origin} if origin else {})}
        reply = await site.api.post(f"/s/{key or site.key}/slots", content=body, headers=headers)
        return (await ok(reply))["slots"], reply.headers.get("access-control-allow-origin", "")

    found, allowed = await ask(HOST)
    assert (list(found), allowed) == (["a"], HOST)
    for origin in ("", "https://evil.example.com", "null", "https://shop.example.org.evil.com"):
        assert await ask(origin) == ({}, "")
    assert await ask(HOST, "wk_unknown") == ({}, "")
    values = {"database_id": site.database, "name": "Anywhere", "kind": "browser", "domains": []}
    anywhere = await ok(await site.api.post("/api/v1/write-keys", json=values), 201)
    assert await ask(HOST, anywhere["key"]) == ({}, "")
    for broken in (b"", b"[]", b"{", b'{"slots": 3}', b"\xff", b"{" + b" " * 70_000 + b"}"):
        reply = await site.api.post(f"/s/{site.key}/slots", content=broken, headers={"Origin": HOST, **AGENT})
        assert (await ok(reply)) == {"slots": {}}
    crawler = {"Origin": HOST, "User-Agent": "Googlebot/2.1"}
    assert (await ok(await site.api.post(f"/s/{site.key}/slots", content=body, headers=crawler)))["slots"] == {}


async def test_who_came_by_a_mail_is_known(site: Site, clock: FixedClock) -> None:
    await site.placed(await site.slot("link"))
    await site.placed(await site.slot("signed", by_link=False))
    sent = await mailing(site.api, site.database, await template(site.api, site.database))
    await ok(await site.api.post(f"/api/v1/mailings/{sent}/start", json={}))
    await run_jobs(site.engines)
    run = (await site.report(f"/api/v1/mailings/{sent}"))["run_id"]
    async with site.engines.db.hot() as raw:
        await raw.execute("update delivery set state = 'sent', next_at = null where run_id = %s", (run,))
    token = (await signer(site.engines)).token("g", run, 1)
    found = await site.ask("", "link", "signed", message=token)
    assert list(found) == ["link"]
    assert "Hi Name 1" in found["link"]["html"]
    both = await site.ask("c2", "link", "signed", message=token)
    assert "Hi Name 2" in both["link"]["html"]
    assert "Hi Name 2" in both["signed"]["html"]
    assert await site.ask("", "link", message=token[:-1] + ("A" if token[-1] != "A" else "B")) == {}
    clock.advance(timedelta(days=31))
    assert await site.ask("", "link", message=token) == {}


async def test_withdrawn_at_once_paused_and_resumed(site: Site) -> None:
    path = await site.placed(await site.slot(fallback="<i>plain</i>"))
    token = await site.see("c1")
    await ok(await site.api.post(f"{path}/pause"))
    assert (await site.ask("c2"))["hero"]["token"] == ""
    resumed = await ok(await site.api.post(f"{path}/resume"))
    assert resumed["state"] == "active"
    jobs = await ok(await site.api.get("/api/v1/jobs", params={"kind": "mailings.send"}))
    assert not [job for job in jobs["items"] if job["link"] == f"/mailings/{resumed['id']}"]
    assert (await site.ask("c2"))["hero"]["token"]
    stopped = await ok(await site.api.post(f"{path}/stop"))
    assert stopped["state"] == "stopped"
    for who in ("c1", "c2", ""):
        assert (await site.ask(who))["hero"]["token"] == ""
    await running.tick(site.engines)
    report = await site.report(path)
    sums(report)
    assert (report["audience"], report["sent"], report["placement"]["live"]) == (20, 1, False)
    await site.tell(token, "closed")  # it is still on a page that was open
    assert (await site.report(path))["placement"]["closed"] == 1


async def test_it_ends_by_itself(site: Site, clock: FixedClock) -> None:
    slot = await site.slot()
    path = await site.placed(slot, placement={"ends_at": "2026-11-16T13:00:00Z"})
    assert "hero" in await site.ask("c1")
    clock.advance(timedelta(hours=1))
    assert await site.ask("c1") == {}  # before anybody has looked at the clock
    await running.tick(site.engines)
    assert (await ok(await site.api.get(path)))["state"] == "done"
    past = await site.draft(slot, placement={"ends_at": "2026-11-16T13:00:00Z"})
    refused = await ok(await site.api.post(f"{past}/start", json={}), 422)
    assert refused["errors"][0]["pointer"] == "/placement/ends_at"
    copy = await ok(await site.api.post(f"{path}/clone", json={}), 201)
    assert copy["placement"]["ends_at"] is None
    later = await site.draft(slot, send_at="2026-11-16T14:00:00Z")
    assert (await ok(await site.api.post(f"{later}/start", json={})))["state"] == "scheduled"
    assert await site.ask("c1") == {}
    clock.advance(timedelta(hours=1))
    await running.tick(site.engines)
    await run_jobs(site.engines)
    assert "hero" in await site.ask("c1")


async def test_priority_and_what_was_seen_least(site: Site) -> None:
    slot = await site.slot()
    first = await site.placed(slot, body="<p>first</p>", placement={"priority": 1})
    await site.placed(slot, body="<p>second</p>", placement={"priority": 1})
    await site.placed(slot, body="<p>top</p>", placement={"priority": 9, "max_shows": 1})

    async def seen() -> str:
        content = (await site.ask("c1"))["hero"]
        await site.tell(content["token"], "shown")
        return next(word for word in ("first", "second", "top") if word in content["html"])

    assert [await seen() for _ in range(5)] == ["top", "first", "second", "first", "second"]
    await ok(await site.api.post(f"{first}/stop"))
    assert [await seen() for _ in range(2)] == ["second", "second"]


async def test_until_clicked_and_closed(site: Site) -> None:
    slot = await site.slot()
    path = await site.placed(slot, placement={"until_clicked": True, "closable": True})
    content = (await site.ask("c1"))["hero"]
    assert content["closable"]
    link = re.search(r'href="([^"]+/t/c/[^"]+)"', content["html"])
    assert link is not None
    clicked = await site.api.get(urlsplit(link[1]).path, headers=AGENT)  # before the page has told anything
    assert clicked.status_code == 302
    assert clicked.headers["location"].startswith("https://shop.example.org/a?fm=")
    assert await site.ask("c1") == {}
    token = await site.see("c2")
    assert "hero" in await site.ask("c2")
    for _ in range(2):
        await site.tell(token, "closed")
    assert await site.ask("c2") == {}
    report = await site.report(path)
    sums(report)
    assert (report["sent"], report["clicked"]["people"], report["placement"]["closed"]) == (2, 1, 1)
    people = await ok(await site.api.get(f"{path}/people", params={"state": "closed"}))
    assert [person["profile_id"] for person in people["items"]] == [2]
    assert [row[:2] for row in await site.history()] == [
        ("message.clicked", 1),
        ("message.closed", 2),
        ("message.opened", 2),
        ("message.sent", 1),
        ("message.sent", 2),
    ]
    assert {row[2] for row in await site.history()} == {"site"}


async def test_shown_once_whatever_is_repeated(site: Site, clock: FixedClock) -> None:
    path = await site.placed(await site.slot())
    token = (await site.ask("c1"))["hero"]["token"]
    for _ in range(3):
        await site.tell(token, "shown")
    await asyncio.gather(*(site.tell(token, "shown") for _ in range(8)))
    signs = await signer(site.engines)
    for bad in ("", "A" + token[1:], token[:-4] + "AAAA", signs.token("v", 10**6, 1, 5), signs.token("o", 1, 1)):
        await site.tell(bad, "shown")
    await site.tell(token, "shown", origin="https://evil.example.com")
    report = await site.report(path)
    assert (report["sent"], report["opened"]["people"], report["placement"]["shows"]) == (1, 1, 1)
    await site.see("c1")
    assert (await site.report(path))["placement"]["shows"] == 2
    late = (await site.ask("c2"))["hero"]["token"]
    clock.advance(timedelta(days=1, seconds=1))
    await site.tell(late, "shown")
    assert (await site.report(path))["sent"] == 1
    assert len(await site.history("type in ('message.sent', 'message.opened')")) == 3


@pytest.mark.parametrize("most", [1, 3])
async def test_never_more_shows_than_allowed(site: Site, most: int) -> None:
    path = await site.placed(await site.slot(), placement={"max_shows": most})
    found = await asyncio.gather(*(site.ask("c1") for _ in range(32)))
    tokens = [content["hero"]["token"] for content in found if content]
    assert len(set(tokens)) == most
    await asyncio.gather(*(site.tell(token, "shown") for token in tokens * 2))
    assert await site.ask("c1") == {}
    report = await site.report(path)
    assert (report["sent"], report["placement"]["shows"]) == (1, most)


async def test_what_nobody_looked_at_may_be_seen_later(site: Site, clock: FixedClock) -> None:
    path = await site.placed(await site.slot(), placement={"max_shows": 1})
    first = (await site.ask("c1"))["hero"]["token"]
    assert await site.ask("c1") == {}
    await site.tell(first, "unseen")
    second = (await site.ask("c1"))["hero"]["token"]
    clock.advance(timedelta(minutes=12))
    await running.tick(site.engines)
    third = (await site.ask("c1"))["hero"]["token"]
    await site.tell(third, "shown")
    await site.tell(second, "shown")  # its right was over, and somebody else's by now
    assert (await site.report(path))["placement"]["shows"] == 1
    await site.tell(third, "unseen")  # too late to take it back
    assert await site.ask("c1") == {}


async def test_the_audience_is_worked_out_afresh(site: Site, clock: FixedClock) -> None:
    async with site.engines.db.hot() as raw:
        await raw.execute(f"update profile_{site.database} set status = 'unsubscribed' where id = 1")
    slot = await site.slot()
    once = await site.placed(slot)
    often = await site.placed(await site.slot("often"), placement={"refresh_minutes": 10})
    await site.see("c2", "often")
    assert await site.ask("c1", "hero", "often") == {}
    async with site.engines.db.hot() as raw:
        await raw.execute(f"update profile_{site.database} set status = 'subscribed' where id = 1")
        await raw.execute(f"update profile_{site.database} set status = 'unsubscribed' where id = 2")
    assert await site.ask("c2", "hero", "often") == {}  # whatever the audience was
    assert await audience.refresh_due(site.engines) == 0
    clock.advance(timedelta(minutes=10))
    assert await audience.refresh_due(site.engines) == 1
    assert list(await site.ask("c1", "hero", "often")) == ["often"]
    report = await site.report(often)
    sums(report)
    assert (report["selected"], report["audience"], report["sent"], report["left_out"]) == (20, 20, 1, 0)
    assert report["placement"]["next_refresh_at"] == "2026-11-16T12:20:00Z"
    first = await site.report(once)
    sums(first)
    assert (first["audience"], first["left_out"]) == (19, 1)
