"""When mails really leave: each recipient's own clock, quiet hours, cycles; whatever is killed or waits in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.service import audience, running
from fidelia.messages.timing import QuietHours, Timing
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.registry import JobContext
from tests.conftest import NOW
from tests.messages.sink import running as sink_running
from tests.messages.test_mailings import mailing, ok, run_jobs, sums, template
from tests.messages.world import people, rows, run_of, send, sender_of

NIGHT = QuietHours("22:00", "08:00")


@pytest.fixture(autouse=True)
def monday(clock: FixedClock) -> Iterator[None]:
    clock.set(NOW)  # Monday, 16 November 2026, 12:00 UTC
    yield
    clock.set(NOW)


async def live_in(engines: Engines, database: int, zones: dict[int, str]) -> None:
    async with engines.db.hot() as raw:
        for profile, zone in zones.items():
            await raw.execute(f"update profile_{database} set timezone = %s where id = %s", (zone, profile))


async def started(api: httpx.AsyncClient, database: int, timing: dict[str, Any], **start: Any) -> str:
    path = f"/api/v1/mailings/{await mailing(api, database, await template(api, database), timing=timing)}"
    await ok(await api.post(f"{path}/start", json=start))
    return path


async def figures(api: httpx.AsyncClient, path: str) -> tuple[int, int, int, str | None]:
    report = await ok(await api.get(f"{path}/report"))
    sums(report)
    return report["sent"], report["waiting"], report["later"], report["next_at"]


async def at(engines: Engines, clock: FixedClock, moment: str) -> None:
    """It is this time (UTC), and the processes work."""
    clock.set(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    await running.tick(engines)
    await run_jobs(engines)


async def test_ten_o_clock_wherever_they_are(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 6)
    zones = {1: "Pacific/Kiritimati", 2: "Asia/Tokyo", 3: "America/New_York", 4: "Etc/GMT+12", 5: "no such zone"}
    await live_in(engines, database, zones)
    path = await started(api, database, {"local_time": True}, at="2026-11-18T10:00:00Z")
    await at(engines, clock, "2026-11-17T19:59")
    assert (await ok(await api.get(path)))["state"] == "scheduled"
    await at(engines, clock, "2026-11-17T20:00")
    assert await figures(api, path) == (1, 5, 5, "2026-11-18T01:00:00Z")
    queued = await ok(await api.get(f"{path}/people", params={"state": "queued"}))
    assert [p["profile_id"] for p in queued["items"]] == [2, 3, 4, 5, 6]
    await at(engines, clock, "2026-11-18T01:00")
    assert await figures(api, path) == (2, 4, 4, "2026-11-18T10:00:00Z")
    await at(engines, clock, "2026-11-18T10:00")
    assert await figures(api, path) == (4, 2, 2, "2026-11-18T15:00:00Z")
    await at(engines, clock, "2026-11-18T15:00")
    await at(engines, clock, "2026-11-18T22:00")
    assert await figures(api, path) == (6, 0, 0, None)
    assert (await ok(await api.get(path)))["state"] == "done"


async def test_started_now_whose_time_has_passed_gets_it_at_once(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 3)
    await live_in(engines, database, {1: "Asia/Tokyo", 2: "America/New_York"})
    path = await started(api, database, {"local_time": True})
    await run_jobs(engines)
    assert await figures(api, path) == (2, 1, 1, "2026-11-16T17:00:00Z")
    # its senders have gone home, and none is called while nobody is due
    await running.tick(engines)
    async with engines.db.hot() as raw:
        (waiting,) = await (await raw.execute("select count(*) from job where state = 'queued'")).fetchone()
        (live,) = await (await raw.execute("select count(*) from sender_session")).fetchone()
    assert (waiting, live) == (0, 0)
    paused = await ok(await api.post(f"{path}/pause"))
    assert paused["state"] == "paused"
    await at(engines, clock, "2026-11-16T17:30")
    assert (await figures(api, path))[0] == 2
    await ok(await api.post(f"{path}/resume"))
    await run_jobs(engines)
    assert (await ok(await api.get(path)))["state"] == "done"


async def test_stopped_while_everybody_waits(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> None:
    database = await people(engines, 4)
    path = await started(api, database, {"quiet": {"from": "11:00", "to": "15:00"}})
    await run_jobs(engines)
    assert await figures(api, path) == (0, 4, 4, "2026-11-16T15:00:00Z")
    await ok(await api.post(f"{path}/stop"))
    report = await ok(await api.get(f"{path}/report"))
    sums(report)
    assert (report["blocked"], report["later"]) == (4, 0)


async def test_nobody_is_woken_when_filled(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 3)
    await live_in(engines, database, {1: "Asia/Tokyo", 2: "Australia/Sydney"})  # 21:00 and 23:00
    path = await started(api, database, {"quiet": {"from": "22:00", "to": "08:00"}})
    await run_jobs(engines)
    assert await figures(api, path) == (2, 1, 1, "2026-11-16T21:00:00Z")
    await at(engines, clock, "2026-11-16T21:00")
    assert (await ok(await api.get(path)))["state"] == "done"


async def test_nobody_is_woken_when_leased_or_tried_again(engines: Engines, clock: FixedClock) -> None:
    database = await people(engines, 3)
    await live_in(engines, database, {1: "Europe/Oslo"})
    run = await run_of(engines, database, timing=Timing(quiet=NIGHT), timezone="UTC")
    async with sink_running() as sink:
        sink.fault = lambda stage, to: "450 later" if stage == "rcpt" else None
        clock.set(datetime(2026, 11, 16, 20, 59, 30, tzinfo=UTC))
        await send(engines, run, sink.port, connections=2, linger=timedelta(0))
        assert {row[2] for row in await rows(engines, run)} == {1}
        sink.fault = lambda stage, to: None
        clock.set(datetime(2026, 11, 16, 21, 5, tzinfo=UTC))  # 22:05 in Oslo
        await send(engines, run, sink.port, connections=2, linger=timedelta(0))
    assert sorted(sink.accepted) == ["p2@example.com", "p3@example.com"]
    first = (await rows(engines, run))[0]
    assert first == (1, "queued", 1, None, "Waits for the end of quiet hours")
    async with engines.db.hot() as raw:
        (due,) = await (
            await raw.execute("select next_at from delivery where run_id = %s and profile_id = 1", (run.id,))
        ).fetchone()
    assert due == datetime(2026, 11, 17, 7, tzinfo=UTC)


async def test_what_waited_its_turn_until_the_night_waits_for_the_morning(engines: Engines, clock: FixedClock) -> None:
    database = await people(engines, 2)
    run = await run_of(engines, database, timing=Timing(quiet=NIGHT), timezone="UTC")
    clock.set(datetime(2026, 11, 16, 21, 59, 59, tzinfo=UTC))
    async with sink_running() as sink:
        sender = sender_of(engines, run, sink.port, connections=1, linger=timedelta(0))
        bring = sender._bring

        async def slow(leased: Any) -> None:
            await bring(leased)
            clock.advance(timedelta(seconds=2))

        sender._bring = slow  # type: ignore[method-assign]
        await sender.run()
    assert not sink.accepted
    assert [row[1:3] for row in await rows(engines, run)] == [("queued", 0)] * 2


async def test_so_many_a_cycle_and_more_each_time(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer, clock: FixedClock
) -> None:
    database = await people(engines, 9)
    path = await started(api, database, {"cycles": {"limit": 2, "hours": 24, "growth": 1}})
    await run_jobs(engines)
    assert await figures(api, path) == (2, 7, 7, "2026-11-17T12:00:00Z")
    await at(engines, clock, "2026-11-17T12:00")
    assert await figures(api, path) == (5, 4, 4, "2026-11-18T12:00:00Z")
    await at(engines, clock, "2026-11-18T12:00")
    assert (await ok(await api.get(path)))["state"] == "done"


async def test_a_killed_job_gives_no_cycle_twice(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> None:
    database = await people(engines, 40)
    path = await started(api, database, {"cycles": {"limit": 7, "hours": 1}})
    run_id = (await ok(await api.get(path)))["run_id"]
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
        clock.advance(timedelta(minutes=5))
        await running.prepare(JobContext(engines, "x", actor="t", database_id=database, attempt=2), run_id)
    finally:
        audience.CHUNK = size
    async with engines.db.hot() as raw:
        cursor = await raw.execute(
            "select next_at, count(*) from delivery where run_id = %s group by 1 order by 1", (run_id,)
        )
        found = await cursor.fetchall()
    assert found == [(NOW + timedelta(hours=n), 7 if n < 5 else 5) for n in range(6)]
    await ok(await api.post(f"{path}/stop"))
    await run_jobs(engines)


async def test_what_would_take_years_fails_and_says_so(
    engines: Engines, api: httpx.AsyncClient, clock: FixedClock
) -> None:
    database = await people(engines, 60)
    path = await started(api, database, {"cycles": {"limit": 1, "hours": 168}})
    await run_jobs(engines)
    failed = await ok(await api.get(path))
    assert failed["state"] == "failed"
    assert "longer than a year" in failed["error"]


async def test_what_may_be_set(engines: Engines, api: httpx.AsyncClient) -> None:
    database = await people(engines, 1)
    path = f"/api/v1/mailings/{await mailing(api, database, await template(api, database))}"
    for timing, pointer in (
        ({"quiet": {"from": "08:00", "to": "08:00"}}, "/timing/quiet/to"),
        ({"quiet": {"from": "8 o'clock", "to": "09:00"}}, "/timing/quiet/from"),
        ({"cycles": {"limit": 0}}, "/timing/cycles/limit"),
        ({"cycles": {"limit": 5, "growth": 5000, "growth_in": "percent"}}, "/timing/cycles/growth"),
        ({"moon": "full"}, "/timing/moon"),
    ):
        refused = await api.patch(path, json={"timing": timing})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
    full = {
        "local_time": True,
        "quiet": {"from": "22:00", "to": "08:00", "zone": "database"},
        "cycles": {"limit": 100, "hours": 24, "growth": 20, "growth_in": "percent"},
    }
    await ok(await api.patch(path, json={"timing": full}))
    assert (await ok(await api.get(path)))["timing"] == full
