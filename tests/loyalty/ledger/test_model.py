"""Everything that can be done to points, in any order, against a model in plain Python (RuleBasedStateMachine)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.loyalty.ledger import (
    Accrual,
    GiveBack,
    Redemption,
    TakeBack,
    accrue,
    earned,
    expire_chunk,
    give_back,
    redeem,
    time_out_holds,
)
from fidelia.loyalty.ledger import take_back as take
from fidelia.platform.engines import Engines
from fidelia.settings import Settings
from tests.conftest import NOW, open_test_engines

from .model import ZERO, Deed, Member
from .shop import Club, open_club

D = Decimal
amounts = st.integers(1, 40).map(D)
hours = st.integers(0, 30)
maybe = st.none() | st.integers(1, 30)
who = st.integers(1, 2)


class World:
    """A loop with engines, kept over all the stories of a test."""

    loop: asyncio.AbstractEventLoop
    engines: Engines

    def __init__(self, pg_dsn: str, base_settings: Settings) -> None:
        self.loop = asyncio.new_event_loop()
        self._opened = open_test_engines(pg_dsn, base_settings, clickhouse=False)
        self.engines = self.loop.run_until_complete(self._opened.__aenter__())

    def run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(what)

    def close(self) -> None:
        self.loop.run_until_complete(self._opened.__aexit__(None, None, None))
        self.loop.close()


class Story(RuleBasedStateMachine):
    """One club with two members; each step is done in both worlds and must mean the same."""

    world: World
    deeds = Bundle("deeds")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.engines = self.world.engines
        assert isinstance(self.engines.clock, FixedClock)
        self.engines.clock.set(self.now)
        self.club: Club = self.world.run(open_club(self.engines))
        self.members = {1: Member(), 2: Member()}
        self.references = 0
        self.repeats: list[tuple[Any, Any]] = []

    def at(self, hour: int | None) -> datetime | None:
        return None if hour is None else self.now + timedelta(hours=hour)

    def try_(self, what: Coroutine[Any, Any, Any]) -> Any:
        try:
            return self.world.run(what)
        except Problem as problem:
            if problem.status != 409:
                raise
            return None

    async def _accrue(self, row: Accrual) -> Any:
        async with self.engines.tx() as tx:
            return (await accrue(tx, self.club.program, [row]))[0]

    async def _redeem(self, row: Redemption) -> Any:
        async with self.engines.tx() as tx:
            return (await redeem(tx, self.club.program, [row]))[0]

    def _reference(self) -> str:
        self.references += 1
        return f"r{self.references}"

    @rule(target=deeds, member=who, amount=amounts, start=hours, end=maybe, hold=maybe)
    def accrues(self, member: int, amount: Decimal, start: int, end: int | None, hold: int | None) -> Any:
        start = 0 if start > 15 else start  # most points can be spent at once
        first = self.now + timedelta(hours=start)
        last = None if end is None else first + timedelta(hours=end)
        row = Accrual(
            profile_id=member,
            point_type_id=self.club.stars,
            amount=amount,
            active_from=first,
            expires_at=last,
            hold_until=self.at(hold),
            reference=self._reference(),
        )
        done = self.world.run(self._accrue(row))
        self.repeats.append((row, done.id))
        return member, self.members[member].accrue(self.now, amount, first, last, self.at(hold)), done.id

    @rule(target=deeds, member=who, amount=amounts, hold=maybe)
    def redeems(self, member: int, amount: Decimal, hold: int | None) -> Any:
        row = Redemption(
            profile_id=member,
            point_type_id=self.club.stars,
            amount=amount,
            hold_until=self.at(hold),
            reference=self._reference(),
        )
        done = self.try_(self._redeem(row))
        deed = self.members[member].redeem(self.now, amount, self.at(hold))
        assert (done is None) == (deed is None)
        if done is not None:
            self.repeats.append((row, done.id))
        return member, deed, None if done is None else done.id

    @rule(deed=deeds, how=st.sampled_from(["commit", "commit", "rollback", "cancel"]))
    def finishes(self, deed: tuple[int, Deed | None, UUID | None], how: str) -> None:
        member, done, id_ = deed
        if done is None:
            return
        answer = self.try_(self.club.finish(id_, how))
        assert (answer is not None) == self.members[member].finish(self.now, done, how)
        if answer is not None:
            again = self.try_(self.club.finish(id_, how))
            assert again is not None
            assert again.id == answer.id

    @rule(deed=deeds, late=st.booleans(), order=st.permutations(["commit", "rollback", "commit", "job", "cancel"]))
    def several_end_a_hold_at_once(
        self, deed: tuple[int, Deed | None, UUID | None], late: bool, order: list[str]
    ) -> None:
        """Commit, rollback, cancel and the end of its time race: exactly one wins, and the model follows that one."""
        member, done, id_ = deed
        if done is None or id_ is None or done.until is None or done.state != "open":
            return
        if late:
            self.now = max(self.now, done.until)
            assert isinstance(self.engines.clock, FixedClock)
            self.engines.clock.set(self.now)

        async def end(how: str) -> str | None:
            try:
                if how == "job":
                    await time_out_holds(self.engines)
                    return None
                await self.club.finish(id_, how)
                return how
            except Problem as problem:
                if problem.status != 409:
                    raise
                return None

        async def all_of_them() -> list[str | None]:
            return await asyncio.gather(*(end(how) for how in order))

        told = {how for how in self.world.run(all_of_them()) if how is not None}
        # A commit may be cancelled after it; nothing else can follow anything else, and nothing the end of its time.
        won = ({"commit"}, {"rollback"}, {"cancel"}, {"commit", "cancel"})
        assert not told if done.until <= self.now else told in won, told
        for how in ("commit", "rollback", "cancel"):
            if how in told:
                assert self.members[member].finish(self.now, done, how)

    @rule(deed=deeds, amount=amounts)
    def a_line_comes_back(self, deed: tuple[int, Deed | None, UUID | None], amount: Decimal) -> None:
        member, done, id_ = deed
        if done is None or id_ is None or done.until is not None:
            return
        person = self.members[member]

        async def back() -> Any:
            async with self.engines.tx() as tx:
                if done.what == "accrue":
                    return await take(tx, self.club.program, [TakeBack(transaction_id=id_, amount=amount)])
                return await give_back(tx, self.club.program, [GiveBack(transaction_id=id_, amount=amount)])

        answer = self.try_(back())
        expected = (person.take_back if done.what == "accrue" else person.give_back)(self.now, done, amount)
        assert (answer is not None) == expected

    @rule(hour=st.integers(1, 12), job=st.booleans())
    def time_passes(self, hour: int, job: bool) -> None:
        """The job may run, or not: it must make no difference."""
        self.now += timedelta(hours=hour)
        assert isinstance(self.engines.clock, FixedClock)
        self.engines.clock.set(self.now)

        async def jobs() -> None:
            await time_out_holds(self.engines)
            async with self.engines.tx() as tx:
                await expire_chunk(tx)

        if job:
            self.world.run(jobs())

    @rule(data=st.data())
    def asks_again(self, data: st.DataObject) -> None:
        if not self.repeats:
            return
        row, first = data.draw(st.sampled_from(self.repeats))
        later = row.hold_until is not None and row.hold_until <= self.now
        if later:  # the same call an hour later asks for a hold of the same length
            row = type(row)(**{**{f: getattr(row, f) for f in row.__struct_fields__}, "hold_until": self.at(1)})
        again = self.world.run(self._accrue(row) if isinstance(row, Accrual) else self._redeem(row))
        assert again.id == first
        fields = {f: getattr(row, f) for f in row.__struct_fields__}
        other = type(row)(**{**fields, "amount": row.amount + 1})
        assert self.try_(self._accrue(other) if isinstance(other, Accrual) else self._redeem(other)) is None

    @invariant()
    def means_the_same(self) -> None:
        async def look() -> Any:
            from fidelia.loyalty.ledger import balances

            async with self.engines.tx() as tx:
                found = await balances(tx, self.club.program, [1, 2])
                return found, await earned(tx, self.club.stars, [1, 2])

        found, earned_ = self.world.run(look())
        for number, member in self.members.items():
            member.settle(self.now)
            has = found.get(number, {}).get(self.club.stars)
            assert (has.total if has else ZERO) == member.total(), number
            assert (has.active if has else ZERO) == member.active(self.now), number
            assert (has.debt if has else ZERO) == member.debt, number
            got = sum((x.amount - x.taken_back for x in member.lots if x.start <= self.now), ZERO)
            assert earned_.get(number, ZERO) == got, number

    def teardown(self) -> None:
        self.world.run(self.club.check())
        assert isinstance(self.engines.clock, FixedClock)
        self.engines.clock.set(NOW)


@pytest.fixture(scope="module")
def world(pg_dsn: str, base_settings: Settings) -> Iterator[World]:
    made = World(pg_dsn, base_settings)
    yield made
    made.close()


def _tell(world: World, stories: int, steps: int, *, short: bool) -> None:
    kind = type("StoryHere", (Story,), {"world": world})
    wanted = settings(
        max_examples=stories,
        stateful_step_count=steps,
        deadline=None,
        derandomize=short,
        phases=[Phase.generate] if short else list(Phase),
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(kind, settings=wanted)  # type: ignore[no-untyped-call]


def test_a_few_stories_mean_the_same_in_the_ledger_and_in_the_model(world: World) -> None:
    _tell(world, 8, 20, short=True)


@pytest.mark.prove
def test_many_stories_mean_the_same_in_the_ledger_and_in_the_model(world: World) -> None:
    _tell(world, 400, 40, short=False)
