"""A run with several servers: each its own queue and pace, one that fails or refuses holds up none of the others."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from fidelia.messages.channels.email.outlet import EmailOutlet, Origin
from fidelia.messages.model import Recipient, Run
from fidelia.messages.sending.routing import Route, Routing
from fidelia.messages.sending.sender import Sender, SendResult
from fidelia.messages.store import sessions
from fidelia.messages.tracking.tokens import Signer
from fidelia.platform.engines import Engines

from ...conftest import NOW
from ..sink import Sink, running
from ..world import BASE, KEY, compiled, people, rows, run_of, server_of, states


class By(Routing):
    """Every n-th person goes another way; ``slow`` says who waits in the second line of the first outlet."""

    def __init__(self, ways: int, rates: Sequence[float] = (), slow: int = 0) -> None:
        self.ways = ways
        self.given = rates
        self.slow = slow

    def of(self, recipient: Recipient) -> Route:
        outlet = recipient.profile_id % self.ways
        line = 1 if self.slow and recipient.profile_id % self.slow == 0 and not outlet else 0
        return Route(outlet, line, outlet + 1)

    def rates(self, outlet: int) -> Sequence[float]:
        return () if outlet else self.given

    def name(self, outlet: int) -> str:
        return f"MX {outlet + 1}"


def by(engines: Engines, run: Run, ports: Sequence[int], routing: Routing, **more: Any) -> Sender:
    made, rates = compiled(), more.pop("server_rates", {})
    outlets = [
        EmailOutlet(
            server_of(port),
            run,
            [made],
            Signer(KEY, BASE),
            connections=3,
            rate=rates.get(n, 0),
            origins={n + 1: Origin(f"from{n + 1}@example.org")},
        )
        for n, port in enumerate(ports)
    ]
    return Sender(engines, run, [made], outlets, routing=routing, patience=0.3, **more)


async def all_of(engines: Engines, run: Run) -> Counter[int]:
    async with engines.db.hot() as raw:
        cursor = await raw.execute("select sender, count(*) from delivery where run_id = %s group by 1", (run.id,))
        return Counter(dict(await cursor.fetchall()))


async def test_each_goes_its_way_and_the_ledger_knows(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 900))
    async with running() as one, running() as two, running() as three:
        done = await by(engines, run, [one.port, two.port, three.port], By(3)).run()
        sinks = [one, two, three]
    assert done == SendResult("done", 900)
    for n, sink in enumerate(sinks):
        assert len(sink.accepted) == 300
        assert set(sink.accepted.values()) == {1}
        assert sink.connections == 3
        assert {origin.lstrip("<") for origin, _, _ in sink.messages} == {f"from{n + 1}@example.org"}
    assert await all_of(engines, run) == {1: 300, 2: 300, 3: 300}


async def test_a_server_that_refuses_stops_only_its_own(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 400))
    async with running() as one, running(lambda stage, to: "550 not you" if stage == "mail" else None) as two:
        done = await by(engines, run, [one.port, two.port], By(2), linger=timedelta(0)).run()
    assert (done.phase, done.sent) == ("sending", 200)
    assert len(one.accepted) == 200
    assert await states(engines, run) == {"sent": 200, "queued": 200}
    reasons = [row[4] for row in await rows(engines, run) if row[1] == "queued"]
    assert all("MX 2" in reason or "550 not you" in reason for reason in reasons), set(reasons)
    async with engines.db.hot() as raw:
        row = await (await raw.execute("select phase, trouble from mailing_run where id = %s", (run.id,))).fetchone()
        assert row is not None
        assert row[0] == "sending"
        assert "MX 2: The mail server refuses the sender from2@example.org: 550 not you" in row[1]
        await raw.execute("update delivery set next_at = %s where run_id = %s and state = 'queued'", (NOW, run.id))
    async with running() as one, running() as two:  # somebody has mended it
        done = await by(engines, run, [one.port, two.port], By(2)).run()
    assert done.phase == "done"
    assert await states(engines, run) == {"sent": 400}
    assert len(two.accepted) == 200


async def test_when_all_refuse_the_run_pauses(engines: Engines) -> None:
    def no(stage: str, to: str) -> str | None:
        return "550 not you" if stage == "mail" else None

    run = await run_of(engines, await people(engines, 50))
    async with running(no) as one, running(no) as two:
        done = await by(engines, run, [one.port, two.port], By(2), linger=timedelta(0)).run()
    assert done.phase == "paused"
    assert await states(engines, run) == {"queued": 50}


async def test_a_server_that_is_away_holds_up_nobody_else(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 3_000))
    async with running(keep=False) as one:
        sender = by(engines, run, [one.port, 1], By(2), linger=timedelta(0))
        task = asyncio.create_task(sender.run())
        until = time.monotonic() + 60
        while len(one.accepted) < 1_500 and time.monotonic() < until:
            await asyncio.sleep(0.05)
        sender.stop()
        await task
    assert len(one.accepted) == 1_500
    assert (await states(engines, run))["queued"] == 1_500


async def test_a_domain_with_a_pace_waits_alone(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 2_000))  # every second one is for the slow domain
    async with running(keep=False) as sink:
        sender = by(engines, run, [sink.port], By(1, [20], slow=2), linger=timedelta(0))
        began = time.monotonic()
        task = asyncio.create_task(sender.run())
        while fast(sink) < 1_000 and time.monotonic() < began + 60:
            assert sum(len(line) for line in sender.desks[0].lines) <= 2_400
            await asyncio.sleep(0.02)
        took = time.monotonic() - began
        slow = len(sink.accepted) - fast(sink)
        sender.stop()
        await task
    assert fast(sink) == 1_000
    assert slow <= 20 * (took + 1)
    assert slow >= 1
    waiting = [row for row in await rows(engines, run) if row[1] == "queued"]
    assert {row[4] for row in waiting} <= {"Waits for its turn", None}
    assert all(row[2] == 0 for row in waiting)  # no try was counted


def fast(sink: Sink) -> int:
    return sum(int(address[1:].split("@")[0]) % 2 for address in sink.accepted)


async def test_the_speed_of_the_mailing_holds_for_all_servers_together(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 60), rate=50)
    async with running() as one, running() as two:
        began = time.monotonic()
        done = await by(engines, run, [one.port, two.port], By(2)).run()
        took = time.monotonic() - began
    assert done.sent == 60
    assert took >= 60 / 50 - 0.2


async def test_limits_of_servers_are_shared_by_all_runs_of_a_channel(engines: Engines) -> None:
    database = await people(engines, 1)
    mine, other = await run_of(engines, database), await run_of(engines, database)
    elsewhere = await run_of(engines, database, channel="telegram")
    async with engines.db.hot() as raw:
        await raw.execute("delete from sender_session")
        for run in (mine, mine, other, elsewhere):
            await raw.execute(
                "insert into sender_session (run_id, host, pid, started_at) values (%s, 'h', 1, %s)", (run.id, NOW)
            )
        assert await sessions.sharing(raw, mine.id) == (2, 3)
        assert await sessions.sharing(raw, other.id) == (1, 3)
        assert await sessions.sharing(raw, elsewhere.id) == (1, 1)
        await raw.execute("delete from sender_session")


async def test_a_server_has_its_own_speed(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 60))
    async with running() as one, running() as two:
        began = time.monotonic()
        done = await by(engines, run, [one.port, two.port], By(2), server_rates={1: 20}).run()
        took = time.monotonic() - began
    assert done.sent == 60
    assert took >= 30 / 20 - 0.2
