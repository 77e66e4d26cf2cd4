"""The whole way through the API: template, mailing, audience, sending into the mailbox, reactions, report."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.service import running
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.worker import tasks

from .world import people

MJML = """<mjml><mj-body><mj-section><mj-column>
<mj-text>Hi {{ profile.first_name | default("friend") }} {{ vars.offer }}</mj-text>
<mj-button href="https://shop.example.org/sale?a=1">Sale</mj-button>
<mj-text><a href="https://shop.example.org/you?id={{ profile.id }}">You</a>
<a href="{{ links.unsubscribe }}">Stop</a> <a href="{{ links.web_version }}">Web</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"""
assert tasks.MODULES
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


async def run_jobs(engines: Engines) -> None:
    """Run what is queued, as the processes would."""
    while True:
        async with engines.db.hot() as raw:
            rows = await (
                await raw.execute("select id from job where state = 'queued' order by created_at, id")
            ).fetchall()
        if not rows:
            return
        for (job_id,) in rows:
            await run_job(engines, job_id)


async def ok(reply: httpx.Response, status: int = 200) -> dict:
    assert reply.status_code == status, reply.text
    return reply.json() if reply.content else {}


async def template(api: httpx.AsyncClient, database: int | None = None, **more: object) -> int:
    body = {"name": "Sale", "subject": "Hello {{ profile.first_name | default('you') }}", "body": MJML}
    body |= {"variables": {"offer": "10 % off"}, "database_id": database, **more}
    made = await ok(await api.post("/api/v1/templates", json=body), 201)
    await ok(await api.post(f"/api/v1/templates/{made['id']}/publish"))
    return made["id"]


async def mailing(api: httpx.AsyncClient, database: int, template_id: int, **more: object) -> int:
    body = {"name": "Sale", "database_id": database, "template_id": template_id, "undo_seconds": 0}
    return (await ok(await api.post("/api/v1/mailings", json={**body, "from_email": "shop@example.org", **more}), 201))[
        "id"
    ]


def sums(report: dict) -> None:
    parts = ("waiting", "in_flight", "sent", "failed", "blocked", "unknown")
    assert report["audience"] == sum(report[part] for part in parts)
    if report["selected"] is not None:
        assert report["selected"] == report["audience"] + report["left_out"]
    assert report["left_out"] == sum(r["count"] for r in report["left_out_reasons"])


@pytest.fixture
def moving(engines: Engines, clock: FixedClock) -> FixedClock:
    return clock


async def test_from_template_to_report(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, moving: FixedClock
) -> None:
    database = await people(engines, 20)
    async with engines.db.hot() as raw:
        await raw.execute(f"update profile_{database} set status = 'unsubscribed' where id in (2, 3)")
        await raw.execute(f"update profile_{database} set email = null where id = 4")
    template_id = await template(api, database)
    mailing_id = await mailing(api, database, template_id, utm={"source": "news"}, track_clicks=True)
    estimate = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/estimate"))
    assert estimate["selected"] == 20
    assert estimate["receives"] == 17
    assert {r["reason"]: r["count"] for r in estimate["left_out"]} == {"status": 2, "no_address": 1}
    assert estimate["checks"] == []
    started = await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    assert started["state"] == "sending"
    await run_jobs(engines)
    done = await ok(await api.get(f"/api/v1/mailings/{mailing_id}"))
    assert done["state"] == "done"
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    sums(report)
    assert (report["selected"], report["audience"], report["sent"], report["left_out"]) == (20, 17, 17, 3)
    assert report["series"]["points"] == [
        {"at": "2026-11-16T12:00:00Z", "sent": 17, "opened": 0, "clicked": 0, "unsubscribed": 0}
    ]

    mails = await ok(await api.get("/api/v1/mailbox", params={"mailing": mailing_id, "limit": 100}))
    assert mails["total"] == 17
    mine = next(m for m in mails["items"] if m["recipients"] == ["p5@example.com"])
    assert mine["profile_id"] == 5
    mail = await ok(await api.get(f"/api/v1/mailbox/{mine['id']}"))
    assert mail["subject"] == "Hello Name 5"
    assert "Hi Name 5 10 % off" in mail["html"]
    assert "Hi Name 5 10 % off" in mail["text"]
    headers = {h["name"]: h["value"] for h in mail["headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    source = (await api.get(f"/api/v1/mailbox/{mine['id']}/source")).content
    assert source.startswith(b"Date: ")
    assert b"\n" not in source.replace(b"\r\n", b"")

    moving.advance(timedelta(minutes=10))
    pixel = re.search(r'src="([^"]*/t/o/[^"]+)"', mail["html"])[1]
    sale, you = re.findall(r'href="([^"]*/t/c/[^"]+)"', mail["html"])[:2]
    for _ in range(2):
        reply = await api.get(urlsplit(pixel).path, headers=AGENT)
        assert reply.headers["content-type"] == "image/gif"
    reply = await api.get(urlsplit(sale).path, headers=AGENT)
    assert reply.status_code == 302
    assert reply.headers["location"] == "https://shop.example.org/sale?a=1&utm_source=news"
    dynamic = urlsplit(you.replace("&amp;", "&"))
    reply = await api.get(f"{dynamic.path}?{dynamic.query}", headers=AGENT)
    assert reply.headers["location"] == "https://shop.example.org/you?id=5&utm_source=news"
    reply = await api.get(urlsplit(sale).path, headers={"User-Agent": "Barracuda scanner"})
    assert reply.status_code == 302
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    assert report["opened"] == {"people": 1, "total": 1, "machines": 0, "machine_total": 0, "rate": 1 / 17}
    assert report["clicked"] == {"people": 1, "total": 2, "machines": 1, "machine_total": 1, "rate": 1 / 17}
    assert [(link["url"], link["people"]) for link in report["links"]] == [
        ("https://shop.example.org/sale?a=1", 1),
        ("https://shop.example.org/you?id={{ profile.id }}", 1),
    ]

    leave = urlsplit(re.search(r"<([^>]+)>", headers["List-Unsubscribe"])[1]).path
    page = await api.get(leave)
    assert "<form" in page.text
    assert (await ok(await api.get(f"/api/v1/databases/{database}/profiles/5")))["status"] == "subscribed"
    for _ in range(2):
        reply = await api.post(leave, data={"List-Unsubscribe": "One-Click"})
        assert reply.status_code == 200
    assert (await ok(await api.get(f"/api/v1/databases/{database}/profiles/5")))["status"] == "unsubscribed"
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    assert report["unsubscribed"] == 1
    who = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/people", params={"state": "clicked"}))
    assert [(p["profile_id"], p["email"], p["name"]) for p in who["items"]] == [(5, "p5@example.com", "Name 5")]
    for state, found in (("clicked", []), ("sent", [6]), ("left_out", [])):
        asked = {"state": state, "q": "p6@example.com"}
        hits = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/people", params=asked))
        assert [p["profile_id"] for p in hits["items"]] == found
    out = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/people", params={"state": "left_out"}))
    assert [p["profile_id"] for p in out["items"]] == [2, 3, 4]
    csv = (await api.get(f"/api/v1/mailings/{mailing_id}/people.csv", params={"state": "sent"})).text.splitlines()
    assert len(csv) == 18
    for state, found in (("sent", ["6"]), ("left_out", []), ("audience", ["6"])):
        asked = {"state": state, "q": "p6@example.com"}
        file = await api.get(f"/api/v1/mailings/{mailing_id}/people.csv", params=asked)
        assert [line.split(",")[0] for line in file.text.splitlines()[1:]] == found
    one = await api.get(
        f"/api/v1/mailings/{mailing_id}/people.csv", params={"state": "left_out", "q": "p3@example.com"}
    )
    assert [line.split(",")[0] for line in one.text.splitlines()[1:]] == ["3"]
    web = re.search(r'href="([^"]*/t/w/[^"]+)"', mail["html"])[1]
    shown = await api.get(urlsplit(web).path)
    assert "Hi Name 5 10 % off" in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]
    await engines.catch_up()
    rows = await engines.clickhouse.query(
        f"select type, count(), uniqExact(id) from e_{database} final where type like 'message.%' group by 1 order by 1"
    )
    assert [tuple(row) for row in rows] == [
        ("message.clicked", 2, 2),
        ("message.opened", 1, 1),
        ("message.sent", 17, 17),
        ("message.unsubscribed", 1, 1),
    ]


async def test_resources_decide_and_are_left_alone(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, moving: FixedClock
) -> None:
    database = await people(engines, 5)
    resource = (await ok(await api.post("/api/v1/resources", json={"name": "News"}), 201))["id"]
    async with engines.tx() as tx:
        items = [profiles.SubscriptionItem(profile_id=n, resource_id=resource) for n in (1, 2)]
        await profiles.subscribe(tx, Actor.system(), database, items)
    mailing_id = await mailing(api, database, await template(api), resource_id=resource)
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    await run_jobs(engines)
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    sums(report)
    assert report["sent"] == 2
    assert report["left_out_reasons"][0]["reason"] == "not_subscribed"
    mails = await ok(await api.get("/api/v1/mailbox", params={"mailing": mailing_id, "profile": 1}))
    mail = await ok(await api.get(f"/api/v1/mailbox/{mails['items'][0]['id']}"))
    path = urlsplit(re.search(r'href="([^"]*/t/u/[^"]+)"', mail["html"])[1]).path
    await api.post(path)
    assert (await ok(await api.get(f"/api/v1/databases/{database}/profiles/1")))["status"] == "subscribed"
    async with engines.tx() as tx:
        from pyroaring import BitMap

        left = await profiles.sendable(tx, database, BitMap([1, 2]), resource)
    assert [profile for profile, _ in left.rows] == [2]


async def test_undo_schedule_and_states(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, moving: FixedClock
) -> None:
    database = await people(engines, 3)
    mailing_id = await mailing(api, database, await template(api), undo_seconds=30)
    path = f"/api/v1/mailings/{mailing_id}"
    assert (await ok(await api.post(f"{path}/start", json={})))["state"] == "starting"
    assert (await api.patch(path, json={"rate": 5})).status_code == 409
    assert (await ok(await api.patch(path, json={"name": "Renamed"})))["name"] == "Renamed"
    assert (await ok(await api.post(f"{path}/unschedule")))["state"] == "draft"
    at = (moving.now() + timedelta(hours=2)).isoformat()
    planned = await ok(await api.post(f"{path}/start", json={"at": at}))
    assert planned["state"] == "scheduled"
    assert await running.start_due(engines) == 0
    assert (await api.post(f"{path}/pause")).status_code == 409
    assert (await api.delete(path)).status_code == 409
    moving.advance(timedelta(hours=2))
    await running.tick(engines)
    assert (await ok(await api.get(path)))["state"] == "sending"
    assert (await api.post(f"{path}/pause")).status_code == 409  # its audience is still being worked out
    await run_jobs(engines)
    assert (await ok(await api.get(path)))["state"] == "done"
    for verb in ("pause", "resume", "stop", "unschedule"):
        assert (await api.post(f"{path}/{verb}")).status_code == 409
    assert (await api.post(f"{path}/start", json={})).status_code == 409


async def test_the_second_to_save_is_told_who_was_first(
    engines: Engines, api: httpx.AsyncClient, moving: FixedClock
) -> None:
    database = await people(engines, 1)
    path = f"/api/v1/mailings/{await mailing(api, database, await template(api, database))}"
    read = await ok(await api.get(path))
    moving.advance(timedelta(seconds=5))
    theirs = await ok(await api.patch(path, json={"name": "Theirs", "updated_at": read["updated_at"]}))
    late = await api.patch(path, json={"name": "Mine", "updated_at": read["updated_at"]})
    assert late.status_code == 409
    assert late.json()["errors"][0]["pointer"] == "/updated_at"
    assert "has changed this mailing since you opened it" in late.json()["detail"]
    assert (await ok(await api.get(path)))["name"] == "Theirs"
    mine = await ok(await api.patch(path, json={"name": "Mine", "updated_at": theirs["updated_at"]}))
    assert mine["name"] == "Mine"
    assert (await api.patch(path, json={"name": "x", "updated_at": "2026-11-01T10:00:00"})).status_code == 422


async def test_what_stands_in_the_way(engines: Engines, api: httpx.AsyncClient, moving: FixedClock) -> None:
    database = await people(engines, 3)
    draft = await ok(
        await api.post("/api/v1/templates", json={"name": "T", "subject": "s", "format": "html", "body": "<p>x</p>"}),
        201,
    )
    mailing_id = await mailing(api, database, draft["id"])
    refused = await api.post(f"/api/v1/mailings/{mailing_id}/start", json={})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/template_id"
    await ok(await api.post(f"/api/v1/templates/{draft['id']}/publish"))
    refused = await api.post(f"/api/v1/mailings/{mailing_id}/start", json={})
    assert "unsubscribe" in refused.json()["errors"][0]["message"]
    other = await template(api, None, body=MJML.replace("first_name", "frst_name").replace("| default", "|default"))
    await ok(await api.patch(f"/api/v1/mailings/{mailing_id}", json={"template_id": other}))
    refused = await api.post(f"/api/v1/mailings/{mailing_id}/start", json={})
    assert "profile.frst_name" in refused.json()["errors"][0]["message"]
    assert (await api.delete(f"/api/v1/templates/{other}")).status_code == 409
    for bad, pointer in (
        ({"segment_id": 999}, "/segment_id"),
        ({"template_id": 999}, "/template_id"),
        ({"resource_id": 999}, "/resource_id"),
        ({"from_email": "x"}, "/from_email"),
        ({"from_email": "a@b.co\r\nBcc: x@y.co"}, "/from_email"),
        ({"from_name": "A\r\nBcc: x@y.co"}, "/from_name"),
        ({"reply_to": "a b@c.d"}, "/reply_to"),
        ({"rate": -1}, "/rate"),
        ({"undo_seconds": 99999}, "/undo_seconds"),
        ({"send_at": "2026-11-24T09:00:00"}, "/send_at"),
    ):
        reply = await api.patch(f"/api/v1/mailings/{mailing_id}", json=bad)
        assert reply.status_code == 422, (bad, reply.text)
        assert reply.json()["errors"][0]["pointer"] == pointer
    assert (await api.get("/api/v1/mailings/999/report")).status_code == 404
    assert (await api.get(f"/api/v1/mailings/{mailing_id}/people?state=zzz")).status_code == 422
    empty = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    assert empty["run_id"] is None
    sums(empty)


async def test_a_segment_by_rules(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, moving: FixedClock
) -> None:
    database = await people(engines, 10)
    async with engines.tx() as tx:
        tx.mark_dirty("databases", database, [database])
        tx.mark_dirty("profiles", database, range(1, 11))
    segment = await ok(
        await api.post(
            "/api/v1/segments",
            json={
                "database_id": database,
                "name": "Third",
                "type": "dynamic",
                "condition": {"kind": "compare", "field": "profile.first_name", "op": "is_missing"},
            },
        ),
        201,
    )
    mailing_id = await mailing(api, database, await template(api), segment_id=segment["id"])
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    await run_jobs(engines)
    report = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/report"))
    assert (report["selected"], report["sent"]) == (3, 3)
    assert (await api.delete(f"/api/v1/segments/{segment['id']}")).status_code == 409


async def test_test_send_and_preview(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, moving: FixedClock
) -> None:
    database = await people(engines, 4)
    template_id = await template(api, database)
    mailing_id = await mailing(api, database, template_id, variables={"offer": "20 % off"})
    shown = await ok(await api.post(f"/api/v1/mailings/{mailing_id}/preview", json={"profile_id": 2}))
    assert shown["subject"] == "Hello Name 2"
    assert "20 % off" in shown["html"]
    sent = await ok(
        await api.post(
            f"/api/v1/mailings/{mailing_id}/test-send", json={"to": ["me@example.com", "nobody"], "profile_id": 2}
        )
    )
    assert sent["items"][0] == {"address": "me@example.com", "sent": True, "reason": None}
    assert sent["items"][1]["sent"] is False
    found = await ok(await api.get("/api/v1/mailbox", params={"to": "me@example.com"}))
    assert found["items"][0]["subject"] == "[Test] Hello Name 2"
    assert found["items"][0]["mailing_id"] is None
    state = await ok(await api.get("/api/v1/mailbox/state"))
    assert state["captures"] is True
    assert state["port"] == mailbox.port
    assert (await api.delete(f"/api/v1/mailbox/{found['items'][0]['id']}")).status_code == 204
    assert (await api.delete(f"/api/v1/mailbox/{found['items'][0]['id']}")).status_code == 404
