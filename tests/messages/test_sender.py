"""The sender against a real SMTP server with faults: nobody twice, and the ledger adds up."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest

from fidelia.messages import rules
from fidelia.messages.model import MessageKey
from fidelia.messages.sending.values import contact_hash
from fidelia.messages.store import ledger
from fidelia.platform.engines import Engines

from ..conftest import NOW
from .sink import running
from .world import RunningClock, compiled, people, rows, run_of, send, sender_of, server_of, states


@pytest.fixture
def leaping(engines: Engines):
    engines.clock = RunningClock(NOW, timedelta(minutes=15))
    yield
    from fidelia.kernel.clock import FixedClock

    engines.clock = FixedClock(NOW)


async def events(engines: Engines, database: int) -> list[dict]:
    import json

    async with engines.db.hot() as raw:
        cursor = await raw.execute("select payload from event_inbox where database_id = %s", (database,))
        return [json.loads(line) for (text,) in await cursor.fetchall() for line in text.split("\n")]


async def test_everybody_gets_one(engines: Engines) -> None:
    database = await people(engines, 300)
    run = await run_of(engines, database)
    async with running() as sink:
        result = await send(engines, run, sink.port, connections=5)
    assert result.phase == "done"
    assert result.sent == 300
    assert await states(engines, run) == {"sent": 300}
    assert len(sink.accepted) == 300
    assert set(sink.accepted.values()) == {1}
    assert sink.connections == 5
    told = await events(engines, database)
    assert len(told) == 300
    assert {e["type"] for e in told} == {"message.sent"}
    assert len({e["id"] for e in told}) == 300
    assert {e["mailing"] for e in told} == {run.plan.mailing_id}


async def test_faults_of_every_kind_add_up(engines: Engines, leaping: None) -> None:
    database = await people(engines, 400)
    run = await run_of(engines, database)
    dice = random.Random(7)
    fatal: set[str] = set()

    def fault(stage: str, to: str) -> str | None:
        roll = dice.random()
        if stage == "rcpt" and to.endswith("7@example.com"):
            fatal.add(to)
            return "550 5.1.1 no such user"
        if stage == "body" and to.endswith("13@example.com"):
            fatal.add(to)
            return "554 spam"
        if roll < 0.02:
            return "drop"
        if roll < 0.10:
            return "451 try later"
        return None

    async with running(fault) as sink:
        result = await send(engines, run, sink.port, connections=6)
    assert result.phase == "done"
    found = await rows(engines, run)
    counts = await states(engines, run)
    assert sum(counts.values()) == 400
    assert set(counts) <= {"sent", "failed", "unknown"}
    assert max(sink.accepted.values()) == 1
    by_address = {f"p{row[0]}@example.com": row for row in found}
    for address in sink.accepted:
        assert by_address[address][1] in ("sent", "unknown")
    assert {a for a, row in by_address.items() if row[1] == "sent"} <= set(sink.accepted)
    failed = {a for a, row in by_address.items() if row[1] == "failed"}
    assert fatal - failed <= {a for a, row in by_address.items() if row[1] == "unknown"}
    assert all(by_address[a][3] in (550, 554, 451) or "Tried" in by_address[a][4] for a in failed)


async def test_a_connection_lost_after_the_body_is_unknown_and_not_repeated(engines: Engines) -> None:
    database = await people(engines, 30)
    run = await run_of(engines, database)
    async with running(lambda stage, to: "drop" if stage == "body" and to == "p5@example.com" else None) as sink:
        await send(engines, run, sink.port, connections=3)
    assert await states(engines, run) == {"sent": 29, "unknown": 1}
    assert sink.received["p5@example.com"] == 1


async def test_a_connection_lost_before_the_body_is_tried_again(engines: Engines, leaping: None) -> None:
    database = await people(engines, 20)
    run = await run_of(engines, database)
    dropped: set[str] = set()

    def fault(stage: str, to: str) -> str | None:
        if stage in ("rcpt", "data") and int(to[1 : to.index("@")]) % 4 == 0 and (stage, to) not in dropped:
            dropped.add((stage, to))
            return "drop"
        return None

    async with running(fault) as sink:
        await send(engines, run, sink.port, connections=2)
    assert await states(engines, run) == {"sent": 20}
    assert set(sink.accepted.values()) == {1}


async def test_temporary_refusals_end_as_failed_after_the_last_try(engines: Engines, leaping: None) -> None:
    database = await people(engines, 3)
    run = await run_of(engines, database)
    async with running(lambda stage, to: "452 full" if stage == "rcpt" and to == "p2@example.com" else None) as sink:
        await send(engines, run, sink.port, connections=1)
    found = {row[0]: row for row in await rows(engines, run)}
    assert found[2][1:4] == ("failed", rules.MAX_ATTEMPTS, 452)
    assert "452 full" in found[2][4]
    assert found[1][1] == found[3][1] == "sent"


async def test_a_refused_sender_pauses_the_run_and_fails_nobody(engines: Engines) -> None:
    database = await people(engines, 10)
    run = await run_of(engines, database)
    async with running(lambda stage, to: "553 not allowed" if stage == "mail" else None) as sink:
        result = await send(engines, run, sink.port, connections=2)
    assert result.phase == "paused"
    assert await states(engines, run) == {"queued": 10}
    async with engines.db.hot() as raw:
        row = await (await raw.execute("select phase, trouble from mailing_run where id = %s", (run.id,))).fetchone()
    assert row[0] == "paused"
    assert "553 not allowed" in row[1]
    assert not sink.accepted


async def test_many_refusals_in_a_row_pause_the_run(engines: Engines) -> None:
    database = await people(engines, 400)
    run = await run_of(engines, database)
    async with running(lambda stage, to: "554 your message is spam" if stage == "body" else None) as sink:
        result = await send(engines, run, sink.port, connections=2)
    assert result.phase == "paused"
    counts = await states(engines, run)
    assert counts["failed"] < 400
    assert counts["queued"] + counts["failed"] == 400


async def test_who_cannot_be_rendered_is_blocked_with_the_reason(engines: Engines) -> None:
    database = await people(engines, 9)
    made = compiled("<p>Hi {{ profile.first_name }}</p>")
    run = await run_of(engines, database, made)
    async with running() as sink:
        await send(engines, run, sink.port, made, connections=2)
    assert await states(engines, run) == {"sent": 6, "blocked": 3}
    assert {row[4] for row in await rows(engines, run) if row[1] == "blocked"} == {"profile.first_name is missing"}
    assert {e["type"] for e in await events(engines, database)} == {"message.sent", "message.blocked"}
    assert len(sink.accepted) == 6


async def test_consent_is_looked_at_again(engines: Engines) -> None:
    database = await people(engines, 6)
    run = await run_of(engines, database)
    async with engines.db.hot() as raw:
        await raw.execute(f"update profile_{database} set status = 'unsubscribed' where id = 2")
        await raw.execute(f"delete from profile_{database} where id = 3")
        await raw.execute(f"update profile_{database} set email = null where id = 4")
        await raw.execute(f"update profile_{database} set email = 'new@example.com' where id = 5")
        taken = await ledger.change_contact(raw, run.id, MessageKey(6), 0, contact_hash("p1@example.com"))
        await raw.execute("update delivery set lease = 7 where run_id = %s and profile_id = 6", (run.id,))
        refused = await ledger.change_contact(raw, run.id, MessageKey(6), 7, contact_hash("p1@example.com"))
    assert (taken, refused) == (True, False)
    async with running() as sink:
        await send(engines, run, sink.port, connections=1)
    assert sorted(sink.accepted) == ["new@example.com", "p1@example.com", "p6@example.com"]
    assert await states(engines, run) == {"sent": 3, "blocked": 3}


async def test_pause_and_resume(engines: Engines) -> None:
    database = await people(engines, 200)
    run = await run_of(engines, database)
    async with running(delay=0.01) as sink:
        sender = sender_of(engines, run, sink.port, connections=2)
        work = asyncio.create_task(sender.run())
        while sender.sent < 20:
            await asyncio.sleep(0.01)
        async with engines.db.hot() as raw:
            await raw.execute("update mailing_run set phase = 'paused' where id = %s", (run.id,))
        assert (await work).phase == "paused"
        counts = await states(engines, run)
        assert set(counts) == {"sent", "queued"}
        assert counts["sent"] == len(sink.accepted)
        async with engines.db.hot() as raw:
            await raw.execute("update mailing_run set phase = 'sending' where id = %s", (run.id,))
        sink.delay = 0
        assert (await send(engines, run, sink.port, connections=2)).phase == "done"
    assert await states(engines, run) == {"sent": 200}
    assert set(sink.accepted.values()) == {1}


async def test_two_senders_share_a_run(engines: Engines) -> None:
    database = await people(engines, 1500)
    run = await run_of(engines, database)
    async with running() as sink:
        results = await asyncio.gather(
            *(send(engines, run, sink.port, connections=4) for _ in range(2)),
        )
    assert sum(r.sent for r in results) == 1500
    assert set(sink.accepted.values()) == {1}
    assert await states(engines, run) == {"sent": 1500}


async def test_the_server_away_for_a_while(engines: Engines) -> None:
    database = await people(engines, 20)
    run = await run_of(engines, database)
    async with running() as sink:
        port = sink.port
    work = asyncio.create_task(send(engines, run, port, connections=2))
    for _ in range(100):
        await asyncio.sleep(0.02)
        async with engines.db.hot() as raw:
            row = await (await raw.execute("select trouble from mailing_run where id = %s", (run.id,))).fetchone()
        if row[0]:
            break
    assert "No connection" in row[0]
    late = await asyncio.start_server(sink._serve, "127.0.0.1", port)
    assert (await work).phase == "done"
    late.close()
    async with engines.db.hot() as raw:
        row = await (await raw.execute("select trouble from mailing_run where id = %s", (run.id,))).fetchone()
    assert row[0] is None
    assert await states(engines, run) == {"sent": 20}


async def test_servers_without_pipelining(engines: Engines) -> None:
    database = await people(engines, 12)
    run = await run_of(engines, database)
    async with running(
        lambda stage, to: "550 no" if stage == "rcpt" and to == "p3@example.com" else None, extensions=()
    ) as sink:
        await send(engines, run, sink.port, connections=1)
    assert await states(engines, run) == {"sent": 11, "failed": 1}


async def test_rate_is_kept(engines: Engines) -> None:
    database = await people(engines, 30)
    run = await run_of(engines, database)
    async with running() as sink:
        began = asyncio.get_running_loop().time()
        await send(engines, run, sink.port, connections=4, rate=60)
        took = asyncio.get_running_loop().time() - began
    assert len(sink.accepted) == 30
    assert took > 0.3


async def test_a_silent_server_times_out(engines: Engines) -> None:
    database = await people(engines, 2)
    run = await run_of(engines, database)
    async with running(delay=3) as sink:
        sender = sender_of(engines, run, 0, server=server_of(sink.port, data_timeout=0.2), connections=2)
        await sender.run()
    assert await states(engines, run) == {"unknown": 2}


async def test_a_lasting_run_is_never_done_and_takes_people_in(engines: Engines) -> None:
    database = await people(engines, 5)
    run = await run_of(engines, database, lasting=True)
    async with running() as sink:
        first = await send(engines, run, sink.port, connections=2)
        assert (first.phase, first.sent) == ("sending", 5), "the sender goes home, the run stays"
        async with engines.db.hot() as raw:
            now = engines.clock.now()
            again = contact_hash("p1@example.com")
            assert await ledger.add(raw, run.id, [1], [again], now, occasions=[77]) == [MessageKey(1, 77)]
            assert await ledger.add(raw, run.id, [1], [again], now, occasions=[77]) == []
        second = await send(engines, run, sink.port, connections=2)
        assert (second.phase, second.sent) == ("sending", 1)
        async with engines.db.hot() as raw:
            later = engines.clock.now() + timedelta(hours=1)
            await ledger.add(raw, run.id, [2], [contact_hash("p2@example.com")], later, occasions=[78])
        assert (await send(engines, run, sink.port, connections=2)).sent == 0, "nobody is due for an hour"
    assert await states(engines, run) == {"sent": 6, "queued": 1}
