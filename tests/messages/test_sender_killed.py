"""kill -9 of senders in the middle of a run: nobody twice, the sums add up, doubt is bounded by the connections."""

from __future__ import annotations

import asyncio
import random

import pytest

from fidelia.messages.store import ledger
from fidelia.platform.engines import Engines
from tests.warm import Process, warm

from .sink import running
from .world import people, rows, run_of, send, states

CONNECTIONS = 4


def start_child(engines: Engines, run_id: int, port: int) -> Process:
    return warm.start("tests.messages.sender_child", engines.db.dsn, str(run_id), str(port), str(CONNECTIONS))


async def check(engines: Engines, run, sink, kills: int, audience: int) -> None:
    counts = await states(engines, run)
    assert set(counts) <= {"sent", "unknown"}
    assert sum(counts.values()) == audience
    assert counts.get("unknown", 0) <= CONNECTIONS * kills
    assert max(sink.received.values()) == 1, "somebody was given the message twice"
    by_address = {f"p{row[0]}@example.com": row[1] for row in await rows(engines, run)}
    assert {a for a, state in by_address.items() if state == "sent"} <= set(sink.accepted)
    assert all(by_address[a] in ("sent", "unknown") for a in sink.accepted)
    async with engines.db.hot() as raw:
        (told,) = await (
            await raw.execute("select sum(rows) from event_inbox where database_id = %s", (run.database_id,))
        ).fetchone()
        assert told == counts["sent"]
        (left,) = await (
            await raw.execute("select count(*) from sender_session where run_id = %s", (run.id,))
        ).fetchone()
    assert left == 0


async def kill_at(child: Process, sink, count: int) -> None:
    while len(sink.accepted) < count and child.poll() is None:
        await asyncio.sleep(0.005)
    assert child.poll() is None, "it ended by itself"
    child.kill()
    child.wait(20)


async def test_a_broadcast_of_2000_killed_again_and_again(engines: Engines) -> None:
    database = await people(engines, 2000)
    run = await run_of(engines, database)
    dice = random.Random(3)
    async with running(delay=0.0005) as sink:
        kills = 0
        for at in (150, 600, 1100, 1500):
            child = start_child(engines, run.id, sink.port)
            await kill_at(child, sink, at + dice.randrange(80))
            kills += 1
        result = await send(engines, run, sink.port, connections=CONNECTIONS)
        assert result.phase == "done"
        await check(engines, run, sink, kills, 2000)


async def test_one_of_two_senders_is_killed(engines: Engines) -> None:
    database = await people(engines, 1200)
    run = await run_of(engines, database)
    async with running(delay=0.001) as sink:
        child = start_child(engines, run.id, sink.port)
        while not sink.accepted:
            await asyncio.sleep(0.01)
        mine = asyncio.create_task(send(engines, run, sink.port, connections=CONNECTIONS))
        await kill_at(child, sink, 500)
        assert (await mine).phase == "done"
        await check(engines, run, sink, 1, 1200)


async def test_a_living_session_is_left_alone(engines: Engines) -> None:
    database = await people(engines, 5)
    run = await run_of(engines, database)
    session = await engines.db.session()
    try:
        mine = await ledger.open_session(session, run.id, "here", 1, engines.clock.now())
        async with engines.db.hot() as raw:
            assert len(await ledger.lease(raw, run.id, mine, engines.clock.now(), 2)) == 2
            assert await ledger.recover(raw, run.id, engines.clock.now()) == (0, 0)
            assert not await ledger.finish(raw, run.id, engines.clock.now())
    finally:
        await session.close()
    for _ in range(100):
        async with engines.db.hot() as raw:
            if await ledger.recover(raw, run.id, engines.clock.now()) == (0, 2):
                break
        await asyncio.sleep(0.02)
    else:
        pytest.fail("the dead session was not cleared up")


async def test_a_session_that_came_back_is_cleared_up_after(engines: Engines) -> None:
    """It loses its connection, is taken for dead, goes on, and then really dies."""
    database = await people(engines, 900)
    run = await run_of(engines, database)
    async with running(delay=0.002) as sink:
        child = start_child(engines, run.id, sink.port)
        while len(sink.accepted) < 60:
            await asyncio.sleep(0.005)
        async with engines.db.hot() as raw:
            (session,) = await (
                await raw.execute("select id from sender_session where run_id = %s", (run.id,))
            ).fetchone()
            await raw.execute(
                "select pg_terminate_backend(pid) from pg_locks"
                " where locktype = 'advisory' and classid = %s and objid = %s and granted",
                (ledger.LOCK, session),
            )
        for _ in range(200):  # whoever is first takes the lock; here somebody is, before the sender comes back
            async with engines.db.hot() as raw:
                lost, back = await ledger.recover(raw, run.id, engines.clock.now())
            if lost or back:
                break
        assert lost + back
        await kill_at(child, sink, 250)
        assert (await send(engines, run, sink.port, connections=CONNECTIONS)).phase == "done"
        await check(engines, run, sink, 2, 900)


async def test_a_cut_database_connection_is_survived(engines: Engines) -> None:
    database = await people(engines, 600)
    run = await run_of(engines, database)
    async with running(delay=0.002) as sink:
        work = asyncio.create_task(send(engines, run, sink.port, connections=CONNECTIONS))
        for at in (100, 300):
            while len(sink.accepted) < at:
                await asyncio.sleep(0.005)
            async with engines.db.hot() as raw:
                await raw.execute(
                    "select pg_terminate_backend(pid) from pg_locks"
                    " where locktype = 'advisory' and classid = %s and granted",
                    (ledger.LOCK,),
                )
        assert (await work).phase == "done"
        counts = await states(engines, run)
        assert sum(counts.values()) == 600
        assert max(sink.received.values()) == 1
        assert counts["sent"] + counts.get("unknown", 0) == 600
        assert len(sink.accepted) == 600
        assert counts.get("unknown", 0) <= 2 * CONNECTIONS
