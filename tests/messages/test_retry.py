"""Trying again what failed: once, nothing else, and the sums add up at every moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fidelia.access import Actor
from fidelia.kernel.errors import Problem
from fidelia.messages.model import Run
from fidelia.messages.service.report import report
from fidelia.messages.service.retrying import retry_failed
from fidelia.messages.store import runs
from fidelia.platform.engines import Engines
from fidelia.worker import tasks

from ..conftest import NOW
from .sink import running
from .world import RunningClock, people, run_of, send, states

assert tasks.MODULES  # registers the jobs
BAD = {"p1@example.com": "450 later", "p2@example.com": "550 never", "p3@example.com": "drop"}


async def failed_run(engines: Engines, monkeypatch: pytest.MonkeyPatch, count: int = 6) -> Run:
    """p1 was refused six times for now, p2 for good, p3 is unknown."""
    monkeypatch.setattr(engines, "clock", RunningClock(NOW, timedelta(hours=2)))
    run = await run_of(engines, await people(engines, count))
    async with running(lambda stage, to: BAD.get(to) if stage == "body" else None) as sink:
        assert (await send(engines, run, sink.port, connections=1)).phase == "done"
    assert await states(engines, run) == {"sent": count - 3, "failed": 2, "unknown": 1}
    return run


async def again(engines: Engines, run: Run, **more: Any) -> int:
    async with engines.tx() as tx:
        return await retry_failed(tx, Actor.system(), run.plan.mailing_id, **more)


async def figures(engines: Engines, run: Run) -> Any:
    async with engines.tx() as tx:
        found = await report(tx, run.plan.mailing_id)
    assert found.audience == found.waiting + found.in_flight + found.sent + found.failed + found.blocked + found.unknown
    return found


async def test_only_what_failed_for_now_is_tried_again(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await failed_run(engines, monkeypatch)
    before = await figures(engines, run)
    assert (before.failed, before.failed_for_now, before.mailing.state) == (2, 1, "done")
    assert await again(engines, run, only_temporary=True) == 1
    there = await figures(engines, run)
    assert (there.waiting, there.failed, there.unknown, there.mailing.state) == (1, 1, 1, "sending")
    async with running() as sink:
        async with engines.tx() as tx:
            reopened = await runs.get(tx, run.id)
        assert reopened.phase == "sending"
        assert (await send(engines, reopened, sink.port)).phase == "done"
        assert dict(sink.accepted) == {"p1@example.com": 1}
    after = await figures(engines, run)
    assert (after.sent, after.failed, after.unknown, after.mailing.state) == (4, 1, 1, "done")
    with pytest.raises(Problem, match="Nothing has failed"):
        await again(engines, run, only_temporary=True)


async def test_everything_that_failed_is_tried_once_and_may_fail_again(
    engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await failed_run(engines, monkeypatch)
    taken = await asyncio.gather(*(again(engines, run) for _ in range(4)), return_exceptions=True)
    assert [n for n in taken if isinstance(n, int)] == [2]
    assert all(isinstance(n, int | Problem) for n in taken)
    async with running(lambda stage, to: BAD.get(to) if stage == "body" else None) as sink:
        assert (await send(engines, run, sink.port, connections=1)).phase == "done"
        assert sink.received["p1@example.com"] == 6
        assert sink.received["p2@example.com"] == 1
        assert "p3@example.com" not in sink.received
    assert (await figures(engines, run)).failed == 2


async def test_who_left_meanwhile_is_blocked(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await failed_run(engines, monkeypatch)
    async with engines.db.hot() as raw:
        await raw.execute(f"update profile_{run.database_id} set status = 'unsubscribed' where id = 2")
    await again(engines, run)
    async with running() as sink:
        await send(engines, run, sink.port)
        assert set(sink.accepted) == {"p1@example.com"}
    assert await states(engines, run) == {"sent": 4, "blocked": 1, "unknown": 1}


async def test_over_the_api(api: httpx.AsyncClient, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    run = await failed_run(engines, monkeypatch)
    path = f"/api/v1/mailings/{run.plan.mailing_id}/retry"
    reply = await api.post(path, json={"which": "some"})
    assert reply.status_code == 422
    assert (await api.post(path, json={"run_id": 2**30})).status_code == 404
    reply = await api.post(path, json={"which": "all"})
    assert reply.status_code == 200, reply.text
    assert (reply.json()["queued"], reply.json()["mailing"]["state"]) == (2, "sending")
    assert (await api.post(path, json={"which": "all"})).status_code == 409
    jobs = (await api.get("/api/v1/jobs", params={"q": "Send m"})).json()["items"]
    assert [job["kind"] for job in jobs][:1] == ["mailings.send"]
    audit = (await api.get("/api/v1/audit", params={"action": "mailing.retried"})).json()["items"]
    assert audit[0]["object_id"] == str(run.plan.mailing_id)


@pytest.mark.parametrize(("state", "phase"), [("stopped", "stopped"), ("failed", "failed"), ("draft", "done")])
async def test_what_was_ended_stays_ended(
    engines: Engines, monkeypatch: pytest.MonkeyPatch, state: str, phase: str
) -> None:
    run = await failed_run(engines, monkeypatch)
    async with engines.db.hot() as raw:
        await raw.execute("update mailing set state = %s where id = %s", (state, run.plan.mailing_id))
        await raw.execute("update mailing_run set phase = %s where id = %s", (phase, run.id))
    with pytest.raises(Problem, match="nothing of it can be tried again"):
        await again(engines, run)
    assert (await states(engines, run))["failed"] == 2
