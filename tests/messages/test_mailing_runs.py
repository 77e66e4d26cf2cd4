"""Runs that do not go straight: stopped, killed, failed, without a sender. Their parts sum all the same."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.service import audience, running
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.registry import JobContext
from fidelia.platform.jobs.runner import run_job

from .test_mailings import mailing, ok, run_jobs, sums, template
from .world import people


async def test_stop_blocks_the_rest_and_adds_up(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 12)
    mailing_id = await mailing(api, database, await template(api))
    path = f"/api/v1/mailings/{mailing_id}"
    await ok(await api.post(f"{path}/start", json={}))
    async with engines.db.hot() as raw:
        (job_id,) = await (await raw.execute("select id from job where state = 'queued'")).fetchone()
    await run_job(engines, job_id)  # the audience, not the sending
    assert (await ok(await api.post(f"{path}/pause")))["state"] == "paused"
    report = await ok(await api.get(f"{path}/report"))
    sums(report)
    assert report["waiting"] == 12
    assert (await ok(await api.post(f"{path}/stop")))["state"] == "stopped"
    await run_jobs(engines)
    report = await ok(await api.get(f"{path}/report"))
    sums(report)
    assert report["blocked"] == 12
    assert report["blocks"] == [
        {"reason": "Stopped before it was sent", "count": 12, "code": None, "text": "Stopped before it was sent"}
    ]
    assert report["mailing"]["finished_at"] is not None
    who = await ok(await api.get(f"{path}/people", params={"state": "blocked", "limit": 5}))
    assert len(who["items"]) == 5
    rest = await ok(await api.get(f"{path}/people", params={"state": "blocked", "cursor": who["next_cursor"]}))
    assert len(rest["items"]) == 7


async def test_a_killed_audience_job_goes_on(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> None:
    database = await people(engines, 50)
    mailing_id = await mailing(api, database, await template(api))
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/start", json={}))
    async with engines.db.hot() as raw:
        (run_id,) = await (
            await raw.execute("select id from mailing_run where mailing_id = %s", (mailing_id,))
        ).fetchone()
    ctx = JobContext(engines, "x", actor="t", database_id=database, attempt=1)
    size, audience.CHUNK = audience.CHUNK, 10
    calls = 0

    async def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt

    ctx.check = check  # type: ignore[method-assign]
    try:
        with pytest.raises(KeyboardInterrupt):
            await running.prepare(ctx, run_id)
        async with engines.db.hot() as raw:
            (made,) = await (await raw.execute("select count(*) from delivery where run_id = %s", (run_id,))).fetchone()
        assert 0 < made < 50
        again = JobContext(engines, "x", actor="t", database_id=database, attempt=2)
        assert await running.prepare(again, run_id) == {"selected": 50, "audience": 50}
    finally:
        audience.CHUNK = size
    assert (await ok(await api.get(f"/api/v1/mailings/{mailing_id}")))["phase"] == "sending"
    await ok(await api.post(f"/api/v1/mailings/{mailing_id}/stop"))
    await run_jobs(engines)


async def test_stopped_while_its_audience_is_worked_out(
    engines: Engines, api: httpx.AsyncClient, clock: FixedClock
) -> None:
    database = await people(engines, 50)
    mailing_id = await mailing(api, database, await template(api))
    path = f"/api/v1/mailings/{mailing_id}"
    await ok(await api.post(f"{path}/start", json={}))
    run_id = (await ok(await api.get(path)))["run_id"]
    ctx = JobContext(engines, "x", actor="t", database_id=database, attempt=1)
    size, audience.CHUNK = audience.CHUNK, 10
    calls = 0

    async def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            await ok(await api.post(f"{path}/stop"))

    ctx.check = check  # type: ignore[method-assign]
    try:
        assert await running.prepare(ctx, run_id) == {"audience": 0}
    finally:
        audience.CHUNK = size
    report = await ok(await api.get(f"{path}/report"))
    sums(report)
    assert (report["selected"], report["blocked"], report["left_out"]) == (50, 20, 30)
    assert report["left_out_reasons"][0]["reason"] == "not_started"


async def test_a_failing_audience_fails_the_mailing_which_may_start_again(
    engines: Engines,
    api: httpx.AsyncClient,
    mailbox: MailboxServer,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = await people(engines, 5)
    mailing_id = await mailing(api, database, await template(api))
    path = f"/api/v1/mailings/{mailing_id}"
    real = audience.work_out

    async def broken(*args: object, **more: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(audience, "work_out", broken)
    await ok(await api.post(f"{path}/start", json={}))
    await run_jobs(engines)
    await running.tick(engines)
    failed = await ok(await api.get(path))
    assert (failed["state"], failed["error"]) == ("failed", "RuntimeError: out of order")
    monkeypatch.setattr(audience, "work_out", real)
    await ok(await api.post(f"{path}/start", json={}))
    await run_jobs(engines)
    report = await ok(await api.get(f"{path}/report"))
    sums(report)
    assert report["sent"] == 5


async def test_a_run_without_a_sender_gets_one(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 5)
    mailing_id = await mailing(api, database, await template(api))
    path = f"/api/v1/mailings/{mailing_id}"
    await ok(await api.post(f"{path}/start", json={}))
    async with engines.db.hot() as raw:
        (first,) = await (await raw.execute("select id from job where state = 'queued'")).fetchone()
    await run_job(engines, first)
    async with engines.db.hot() as raw:  # its job is lost
        await raw.execute("update job set state = 'failed' where state = 'queued'")
    for _ in range(2):
        clock.advance(timedelta(seconds=2))
        await running.tick(engines)
    async with engines.db.hot() as raw:
        (waiting,) = await (await raw.execute("select count(*) from job where state = 'queued'")).fetchone()
    assert waiting == 1
    await run_jobs(engines)
    assert (await ok(await api.get(path)))["state"] == "done"
