"""The ledger alone: in whatever order things happen, the parts sum to the audience and nobody is handed over twice."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.messages import rules
from fidelia.messages.model import MessageKey
from fidelia.messages.store import ledger
from fidelia.messages.store.ledger import Result
from fidelia.platform.engines import Engines

from ..conftest import NOW
from .world import people, run_of

SIZE, TWICE = 12, 4
ENDS = ("sent", "failed", "blocked", "unknown")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("lease"), st.integers(0, 1), st.integers(1, 5)),
        st.tuples(st.just("intend"), st.integers(0, 1), st.integers(1, 5)),
        st.tuples(st.just("end"), st.integers(0, 1), st.sampled_from([*ENDS, "queued"])),
        st.tuples(st.just("again"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("die"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("pause"), st.just(0), st.booleans()),
        st.tuples(st.just("wait"), st.just(0), st.just(0)),
        st.tuples(st.just("finish"), st.just(0), st.just(0)),
    ),
    max_size=40,
)


class World:
    """Two sender sessions over one ledger, and what they believe."""

    def __init__(self, raw: psycopg.AsyncConnection[Any], run: Any) -> None:
        self.raw, self.run, self.now = raw, run, NOW
        self.sessions = [101, 202]
        self.leased: list[set[MessageKey]] = [set(), set()]
        self.handed: list[set[MessageKey]] = [set(), set()]
        self.given: dict[MessageKey, int] = {}
        self.last: list[tuple[list[Result], list[MessageKey]]] = [([], []), ([], [])]
        self.told = 0

    async def settle(self, who: int, results: list[Result], intents: list[MessageKey]) -> frozenset[MessageKey]:
        self.last[who] = (results, intents)
        done = await ledger.settle(
            self.raw,
            self.run.id,
            self.run.database_id,
            self.sessions[who],
            self.now,
            results,
            dict.fromkeys(intents, 0),
        )
        return done.granted

    async def step(self, what: str, who: int, value: Any) -> None:
        if what == "lease":
            rows = await ledger.lease(self.raw, self.run.id, self.sessions[who], self.now, value)
            self.leased[who] |= {row.key for row in rows}
        elif what == "intend":
            wanted = sorted(self.leased[who])[:value]
            granted = await self.settle(who, [], wanted)
            for profile in granted:
                self.given[profile] = self.given.get(profile, 0) + 1
            self.leased[who] -= granted
            self.handed[who] |= granted
        elif what == "end" and self.handed[who]:
            profile = min(self.handed[who])
            self.handed[who].remove(profile)
            if value == "queued":
                self.given[profile] -= 1  # the server said no: it was not taken
            due = self.now + timedelta(minutes=5) if value == "queued" else None
            line = json.dumps({"p": profile, "s": value}) if value == "sent" else None
            await self.settle(who, [Result(profile, value, None, None, due, True, line)], [])
        elif what == "again":  # the answer was lost: the same batch is written once more
            await self.settle(who, *self.last[who])
        elif what == "die":
            await ledger.clear(self.raw, self.run.id, self.sessions[who], self.now)
            self.sessions[who] += 1000
            self.leased[who], self.handed[who], self.last[who] = set(), set(), ([], [])
        elif what == "pause":
            phase = "paused" if value else "sending"
            await self.raw.execute("update mailing_run set phase = %s where id = %s", (phase, self.run.id))
        elif what == "wait":
            self.now += timedelta(minutes=10)
        elif what == "finish" and await ledger.finish(self.raw, self.run.id, self.now):
            assert not await ledger.is_open(self.raw, self.run.id)
            await self.raw.execute("update mailing_run set phase = 'sending' where id = %s", (self.run.id,))

    async def check(self) -> None:
        counts = await ledger.states(self.raw, self.run.id)
        assert sum(counts.values()) == SIZE
        assert all(times <= 1 for times in self.given.values()), "somebody was handed over twice"
        told = await (
            await self.raw.execute(
                "select payload from event_inbox where database_id = %s order by seq", (self.run.database_id,)
            )
        ).fetchall()
        lines = [json.loads(line) for (text,) in told for line in text.split("\n")]
        assert len({tuple(line["p"]) for line in lines}) == len(lines) == counts.get("sent", 0)


@given(plan=steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_order_of_events_adds_up(engines: Engines, plan: list[tuple[str, int, Any]]) -> None:
    base = await _base(engines)
    session = await engines.db.session()
    try:
        await session.execute("begin")
        world = World(session, base)
        for step in plan:
            await world.step(*step)
            await world.check()
    finally:
        await session.execute("rollback")
        await session.close()


_kept: dict[int, Any] = {}


async def _base(engines: Engines) -> Any:
    if id(engines) not in _kept:
        run = _kept[id(engines)] = await run_of(engines, await people(engines, SIZE - TWICE))
        twice = range(1, TWICE + 1)
        async with engines.db.hot() as raw:  # some people get a second message, for another occasion
            await ledger.add(raw, run.id, twice, [b"%016d" % n for n in twice], NOW, occasions=[2**62] * TWICE)
        if engines.drain is not None:  # what told of the people must not be taken for what tells of messages
            await engines.drain.flush()
    return _kept[id(engines)]


async def test_the_keys_refuse_doubles(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 3))
    async with engines.db.hot() as raw:
        assert await ledger.add(raw, run.id, [1, 7, 8], [b"a" * 16, b"b" * 16, b"b" * 16], NOW) == [MessageKey(7)]
        again = await ledger.add(raw, run.id, [7, 8], [b"a" * 16, b"b" * 16], NOW, occasions=[3, 3])
        assert again == [MessageKey(7, 3), MessageKey(8, 3)], "another occasion is another message"
        assert await ledger.add(raw, run.id, [7, 9], [b"c" * 16, b"b" * 16], NOW, occasions=[3, 3]) == []
        assert sum((await ledger.states(raw, run.id)).values()) == 6


async def test_a_queued_row_is_due_and_no_other_is(engines: Engines) -> None:
    run = await run_of(engines, await people(engines, 2))
    for change in ("state = 'sent'", "next_at = null"):
        with pytest.raises(psycopg.errors.CheckViolation):
            async with engines.db.hot() as raw:
                await raw.execute(f"update delivery set {change} where run_id = %s", (run.id,))


@given(st.integers(0, 20))
def test_pauses_grow_and_end(attempts: int) -> None:
    delay = rules.retry_after(attempts) if attempts else None
    if 1 <= attempts < rules.MAX_ATTEMPTS:
        assert delay is not None
        following = rules.retry_after(attempts + 1)
        assert following is None or following >= delay
    else:
        assert delay is None


@given(
    st.lists(st.sampled_from(["start", "schedule", "begin", "pause", "resume", "stop", "end", "unschedule", "fail"]))
)
def test_states_only_move_along_the_table(verbs: list[str]) -> None:
    state = "draft"
    for verb in verbs:
        following = rules.after(state, verb)
        if following is not None:
            assert following in rules.STATES
            assert state not in ("done", "stopped")
            state = following
