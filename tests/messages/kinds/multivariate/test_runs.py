"""Multivariate mailings from their start to the last mail: the winner is found once, and each gets one message."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from datetime import timedelta

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.messages.kinds.multivariate import service as split
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.model import MessageKey
from fidelia.messages.service import audience, running
from fidelia.messages.service.outlet import signer
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.registry import JobContext

from ...test_mailings import AGENT, ok, run_jobs
from ...world import people
from .world import WAIT, hit, mails, multivariate, pass_time, report_of, rows, run_id_of, start, templates


async def test_the_better_one_goes_to_the_rest_once(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 200)
    variants = await templates(api, 3)
    mailing_id = await multivariate(api, database, variants, share=60, confidence=90)
    estimate = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/estimate"))
    assert estimate["split"] == {"variants": [40, 40, 40], "rest": 80}
    assert estimate["checks"] == []
    await start(engines, api, mailing_id)
    tested = {p: variant for p, (_, variant) in (await rows(engines, mailing_id)).items() if variant}
    assert Counter(tested.values()) == {1: 40, 2: 40, 3: 40}
    report = await report_of(api, mailing_id)
    assert (report["sent"], report["waiting"], report["test"]["state"]) == (120, 80, "waiting")
    assert report["test"]["decides_at"] == "2026-11-16T13:00:00Z"
    assert report["test"]["held"] == 80
    dice = random.Random(11)
    rates = {1: 0.1, 2: 0.6, 3: 0.15}  # B is truly better
    await pass_time(engines, clock, 600)
    clicked = [p for p, variant in tested.items() if dice.random() < rates[variant]]
    await hit(engines, mailing_id, clicked, "clicked")
    report = await report_of(api, mailing_id)
    assert (report["test"]["leader"], report["test"]["winner"]) == (2, None)
    assert len(await mails(api, mailing_id)) == 120
    await pass_time(engines, clock, WAIT - 600)
    mailing = await ok(await api.get(f"/api/v1/mailings/{mailing_id}"))
    assert mailing["state"] == "done"
    report = await report_of(api, mailing_id)
    test = report["test"]
    assert (test["state"], test["winner"], test["held"], test["by"]) == ("decided", 2, 80, "")
    assert test["confidence"] > 99
    assert test["why"].startswith("it has the most clicks")
    assert [v["people"] for v in test["variants"]] == [40, 40, 40]  # as it stood when it was decided
    assert [v["people"] for v in report["variants"]] == [40, 120, 40]
    after = await rows(engines, mailing_id)
    assert {p: v for p, (_, v) in after.items() if p in tested} == tested  # everyone of the test keeps their variant
    assert {v for p, (_, v) in after.items() if p not in tested} == {2}
    subjects = await mails(api, mailing_id)
    assert len(subjects) == 200
    assert {p: subjects[f"p{p}@example.com"] for p in after} == {p: f"Subject {v - 1}" for p, (_, v) in after.items()}
    shown = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/people", params={"variant": 2, "limit": 500}))
    assert {person["profile_id"] for person in shown["items"]} == {p for p, (_, v) in after.items() if v == 2}
    shown = await ok(await api.get(f"/api/v1/mailings/{mailing_id}/people", params={"variant": 2, "state": "clicked"}))
    assert {person["profile_id"] for person in shown["items"]} == {p for p in clicked if tested[p] == 2}
    await pass_time(engines, clock, 10)
    assert len(await mails(api, mailing_id)) == 200


async def test_links_events_and_the_web_version_are_those_of_the_variant(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 6)
    variants = await templates(api, 2)
    mailing_id = await multivariate(api, database, variants, share=100)
    await ok(
        await api.patch(
            f"/api/v1/mailings/{mailing_id}",
            json={
                "split": {
                    "variants": [
                        {"template_id": variants[0]},
                        {"template_id": variants[1], "subject": "For {{ profile.first_name }}", "from_name": "Ann"},
                    ],
                    "test": {"share": 100, "metric": "opened", "wait": WAIT},
                }
            },
        )
    )
    await start(engines, api, mailing_id)
    assert (await ok(await api.get(f"/api/v1/mailings/{mailing_id}")))["state"] == "done"  # nobody waits
    report = await report_of(api, mailing_id)
    assert report["test"]["state"] == "no_rest"
    placed = await rows(engines, mailing_id)
    run = await run_id_of(engines, mailing_id)
    signs = await signer(engines)
    clock.advance(timedelta(minutes=5))
    blocked = [p for p, (state, _) in placed.items() if state == "blocked"]
    assert all(p % 3 == 0 and placed[p][1] == 2 for p in blocked)  # they have no first name for the subject
    for profile, (state, variant) in placed.items():
        if state != "sent":
            continue
        clicks = signs.clicks(run, MessageKey(profile), 1, variant * 1_000)
        reply = await api.get(clicks[0].removeprefix(signs.base), headers=AGENT)
        assert reply.headers["location"] == f"https://shop.example.org/{variant - 1}"
        page = await api.get(f"/t/w/{signs.token('w', run, profile)}", headers=AGENT)
        assert f"/t/c/{clicks[0].rsplit('/', 1)[1]}" in page.text
        await api.post(f"/t/u/{signs.token('u', run, profile)}", headers=AGENT)
    async with engines.db.hot() as raw:
        cursor = await raw.execute("select payload from event_inbox where database_id = %s", (database,))
        lines = [json.loads(line) for (text,) in await cursor.fetchall() for line in text.split("\n")]
    told = [line for line in lines if line["type"].startswith("message.")]
    assert {line["type"] for line in told} >= {"message.sent", "message.clicked", "message.unsubscribed"}
    for line in told:
        variant = placed[line["profile"]][1]
        assert line["template"] == variants[variant - 1]
        assert line["props"]["variant"] == variant
    report = await report_of(api, mailing_id)
    assert [(link["variant"], link["url"], link["people"]) for link in report["links"]] == [
        (1, "https://shop.example.org/0", 3),
        (2, "https://shop.example.org/1", 3 - len(blocked)),
    ]
    assert [(v["from_name"], v["subject"]) for v in report["variants"]][1] == ("Ann", "For {{ profile.first_name }}")
    assert sum(v["unsubscribed"] for v in report["variants"]) == 6 - len(blocked)


async def test_machines_open_nothing(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 40)
    mailing_id = await multivariate(api, database, await templates(api), metric="opened", fallback="first")
    await start(engines, api, mailing_id)
    tested = {p: v for p, (_, v) in (await rows(engines, mailing_id)).items() if v}
    await pass_time(engines, clock, 60)
    await hit(engines, mailing_id, [p for p, v in tested.items() if v == 2], "opened", "Barracuda scanner")
    assert (await report_of(api, mailing_id))["variants"][1]["opened"]["people"] == 0
    await pass_time(engines, clock, WAIT)
    test = (await report_of(api, mailing_id))["test"]
    assert (test["winner"], test["why"]) == (1, "nobody has reacted, so the first was taken")


async def test_extended_once_then_nobody(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 40)
    mailing_id = await multivariate(api, database, await templates(api), extend=True, fallback="nobody")
    await start(engines, api, mailing_id)
    await pass_time(engines, clock, WAIT)
    report = await report_of(api, mailing_id)
    assert (report["test"]["state"], report["test"]["extended"]) == ("waiting", True)
    assert report["test"]["decides_at"] == "2026-11-16T14:00:00Z"
    await pass_time(engines, clock, WAIT)
    report = await report_of(api, mailing_id)
    assert (report["test"]["state"], report["test"]["winner"]) == ("nobody", None)
    assert (report["blocked"], report["sent"]) == (24, 16)
    assert report["blocks"][0]["reason"] == "No variant won: nobody has reacted"
    assert (await ok(await api.get(f"/api/v1/mailings/{mailing_id}")))["state"] == "done"


async def test_a_person_chooses(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 30)
    mailing_id = await multivariate(api, database, await templates(api), metric="manual", wait=None)
    path = f"/api/v1/mailings/{mailing_id}"
    assert (await api.post(f"{path}/winner", json={"variant": 1})).status_code == 409
    await start(engines, api, mailing_id)
    await pass_time(engines, clock, 30 * 86_400)
    report = await report_of(api, mailing_id)
    assert (report["test"]["state"], report["waiting"]) == ("person", 18)
    assert (await api.post(f"{path}/winner", json={"variant": 3})).status_code == 422
    report = await ok(await api.post(f"{path}/winner", json={"variant": 2}))
    assert (report["test"]["winner"], report["test"]["held"]) == (2, 18)
    assert report["test"]["by"]
    await run_jobs(engines)
    assert (await ok(await api.get(path)))["state"] == "done"
    assert Counter(v for _, v in (await rows(engines, mailing_id)).values()) == {1: 6, 2: 24}
    again = await api.post(f"{path}/winner", json={"variant": 1})
    assert again.status_code == 409
    audit = await ok(await api.get("/api/v1/audit", params={"kind": "mailing", "object_id": mailing_id}))
    assert audit["items"][0]["action"] == "mailing.winner_chosen"


async def test_decided_once_though_asked_and_killed_again(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await people(engines, 40)
    mailing_id = await multivariate(api, database, await templates(api), fallback="first")
    await start(engines, api, mailing_id)
    run = await run_id_of(engines, mailing_id)
    assert await split.decide(engines, run) is None  # too early
    clock.advance(timedelta(seconds=WAIT))
    real = split.call_senders

    async def killed(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(split, "call_senders", killed)
    with pytest.raises(KeyboardInterrupt):
        await split.decide(engines, run)
    assert Counter(v for _, v in (await rows(engines, mailing_id)).values()) == {0: 24, 1: 8, 2: 8}
    monkeypatch.setattr(split, "call_senders", real)
    made = await asyncio.gather(*(split.decide(engines, run) for _ in range(4)))
    assert [decision.winner for decision in made if decision is not None] == [1]
    assert Counter(v for _, v in (await rows(engines, mailing_id)).values()) == {1: 32, 2: 8}
    chosen = await api.post(f"/api/v1/mailings/{mailing_id}/winner", json={"variant": 2})
    assert chosen.status_code == 409
    await run_jobs(engines)
    assert len(await mails(api, mailing_id)) == 40


async def test_a_pause_holds_the_decision_and_a_stop_ends_it(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 40)
    path = "/api/v1/mailings"
    first = await multivariate(api, database, await templates(api), fallback="first")
    await start(engines, api, first)
    await ok(await api.post(f"{path}/{first}/pause"))
    await pass_time(engines, clock, 2 * WAIT)
    assert (await report_of(api, first))["test"]["state"] == "waiting"
    await ok(await api.post(f"{path}/{first}/resume"))
    await pass_time(engines, clock, 2)
    assert (await ok(await api.get(f"{path}/{first}")))["state"] == "done"
    assert len(await mails(api, first)) == 40

    second = await multivariate(api, database, await templates(api))
    await start(engines, api, second)
    await ok(await api.post(f"{path}/{second}/stop"))
    await pass_time(engines, clock, 2 * WAIT)
    report = await report_of(api, second)
    assert (report["sent"], report["blocked"], report["test"]["winner"]) == (16, 24, None)
    assert (await api.post(f"{path}/{second}/winner", json={"variant": 1})).status_code == 409


async def test_a_run_that_only_waits_keeps_no_sender(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 20)
    mailing_id = await multivariate(api, database, await templates(api))
    await start(engines, api, mailing_id)  # ends, because the sender went home
    for _ in range(3):
        clock.advance(timedelta(seconds=2))
        await running.tick(engines)
    async with engines.db.hot() as raw:
        (waiting,) = await (await raw.execute("select count(*) from job where state = 'queued'")).fetchone()
    assert waiting == 0
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/stop"))


async def test_a_killed_audience_job_gives_the_same_variants(
    engines: Engines, api: httpx.AsyncClient, clock: FixedClock
) -> None:
    database = await people(engines, 60)
    mailing_id = await multivariate(api, database, await templates(api, 3), share=50)
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    run = await run_id_of(engines, mailing_id)
    ctx = JobContext(engines, "x", actor="t", database_id=database, attempt=1)
    size, audience.CHUNK = audience.CHUNK, 10
    calls = 0

    async def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt

    ctx.check = check  # type: ignore[method-assign]
    try:
        with pytest.raises(KeyboardInterrupt):
            await running.prepare(ctx, run)
        before = await rows(engines, mailing_id)
        assert 0 < len(before) < 60
        await running.prepare(JobContext(engines, "x", actor="t", database_id=database, attempt=2), run)
    finally:
        audience.CHUNK = size
    after = await rows(engines, mailing_id)
    assert {p: after[p] for p in before} == before
    assert Counter(v for _, v in after.values()) == {0: 30, 1: 10, 2: 10, 3: 10}
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/stop"))
    await run_jobs(engines)


async def test_even_split_of_a_broadcast(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 50)
    variants = await templates(api, 3)
    body = {"name": "Even", "database_id": database, "undo_seconds": 0, "from_email": "shop@example.org"}
    body |= {"split": {"variants": [{"template_id": id_} for id_ in variants]}}
    mailing_id = (await ok(await api.post("/api/v1/mailings", json=body), 201))["id"]
    await start(engines, api, mailing_id)
    assert sorted(Counter(v for _, v in (await rows(engines, mailing_id)).values()).values()) == [16, 17, 17]
    report = await report_of(api, mailing_id)
    assert (report["test"], [v["sent"] for v in report["variants"]]) == (None, [17, 17, 16])
    assert len(await mails(api, mailing_id)) == 50


async def test_merged_and_erased_people_while_it_waits(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 40)
    mailing_id = await multivariate(api, database, await templates(api), fallback="first")
    await start(engines, api, mailing_id)
    placed = await rows(engines, mailing_id)
    held = sorted(p for p, (_, v) in placed.items() if not v)
    tested = sorted(p for p, (_, v) in placed.items() if v)
    await ok(await api.delete(f"/api/v1/databases/{database}/profiles/{held[0]}"), 204)
    merge = {"destination": tested[0], "sources": [held[1]]}
    reply = await api.post(f"/api/v1/databases/{database}/profiles/merge", json=merge)
    assert reply.status_code == 200, reply.text
    await run_jobs(engines)
    await pass_time(engines, clock, WAIT)
    report = await report_of(api, mailing_id)
    assert (report["sent"], report["blocked"]) == (38, 2)
    assert f"p{held[1]}@example.com" not in await mails(api, mailing_id)
