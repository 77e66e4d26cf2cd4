"""Many clients on one member, against real PostgreSQL: nothing is spent twice, nothing is lost, nobody waits on."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.loyalty.ledger import time_out_holds
from fidelia.platform.engines import Engines
from tests.conftest import NOW

from .shop import Club, open_club


@pytest.fixture
async def club(engines: Engines) -> AsyncIterator[Club]:
    made = await open_club(engines)
    yield made
    await made.check()


async def all_of(calls: Sequence[Callable[[], Awaitable[Any]]]) -> tuple[list[Any], list[Problem]]:
    """Start everything at once; return answers and refusals. Anything but a 409 is a failure."""
    answers = await asyncio.gather(*(call() for call in calls), return_exceptions=True)
    refused = [one for one in answers if isinstance(one, Problem)]
    wrong = [one for one in answers if isinstance(one, BaseException) and one not in refused]
    assert not wrong, wrong[:2]
    assert {one.status for one in refused} <= {409}
    return [one for one in answers if not isinstance(one, BaseException)], refused


async def test_64_clients_cannot_spend_the_same_points(club: Club) -> None:
    for _ in range(10):
        await club.accrue(1, 10)
    done, refused = await all_of([lambda: club.redeem(1, 7) for _ in range(64)])
    assert (len(done), len(refused)) == (14, 50)
    assert (await club.balance(1)).total == 2
    assert len({one.seq for one in done}) == 14


async def test_64_clients_open_one_account_together(club: Club) -> None:
    done, _ = await all_of([lambda: club.accrue(5, 1) for _ in range(64)])
    assert sorted(one.balance_after for one in done) == list(range(1, 65))


async def test_a_reference_is_written_once_however_many_ask(club: Club) -> None:
    done, refused = await all_of([lambda: club.accrue(1, 9, reference="order-7") for _ in range(32)])
    assert len({one.id for one in done}) == 1
    assert not refused
    two, others = await all_of([lambda n=n: club.accrue(n, 9, reference="order-8") for n in range(1, 17)])
    assert len({one.id for one in two}) == 1
    assert len(two) + len(others) == 16


async def test_of_commit_rollback_and_time_out_exactly_one_wins(club: Club, clock: FixedClock) -> None:
    await club.accrue(1, 100)
    for n in range(6):
        hold = await club.redeem(1, 5, hold_until=clock.now() + timedelta(minutes=1))
        if n % 2:
            clock.advance(timedelta(minutes=1))
        calls: list[Callable[[], Awaitable[Any]]] = [
            lambda hold=hold: club.finish(hold.id, "commit"),
            lambda hold=hold: club.finish(hold.id, "rollback"),
            lambda hold=hold: club.finish(hold.id, "commit"),
            lambda: time_out_holds(club.engines),
        ]
        random.Random(n).shuffle(calls)
        done, _ = await all_of(calls)
        kinds = Counter(one.type for one in done if hasattr(one, "type"))
        assert set(kinds) in ({"commit"}, {"rollback"}, set()), kinds
        assert bool(kinds) != bool(n % 2), "when its time is over nobody else ends it"


async def _storm(club: Club, clients: int, steps: int) -> None:
    """Clients do anything to three members, some steps in one transaction for several members."""
    holds: list[Any] = []

    async def client(number: int) -> None:
        chance = random.Random(number)
        for step in range(steps):
            member = chance.randint(1, 3)
            try:
                match chance.randint(0, 5):
                    case 0 | 1:
                        hours = chance.choice([None, 1, 3])
                        end = None if hours is None else club.engines.clock.now() + timedelta(hours=hours)
                        holds.append(await club.accrue(member, chance.randint(1, 20), expires_at=end))
                    case 2:
                        await club.redeem(member, chance.randint(1, 30), reference=f"{number}-{step}")
                    case 3:
                        until = club.engines.clock.now() + timedelta(minutes=chance.randint(1, 60))
                        holds.append(await club.redeem(member, chance.randint(1, 9), hold_until=until))
                    case _ if holds:
                        how = chance.choice(["commit", "rollback", "cancel", "cancel"])
                        await club.finish(chance.choice(holds).id, how)
            except Problem as problem:
                late = problem.status == 422 and "end in the future" in str(problem)  # somebody moved the clock
                if problem.status != 409 and not late:
                    raise
            if isinstance(club.engines.clock, FixedClock) and chance.random() < 0.05:
                club.engines.clock.advance(timedelta(minutes=20))

    await asyncio.wait_for(asyncio.gather(*(client(n) for n in range(clients))), 600)


async def test_a_storm_leaves_the_books_in_order(club: Club, clock: FixedClock) -> None:
    await _storm(club, 12, 5)


@pytest.mark.prove
async def test_a_long_storm_of_64_clients_leaves_the_books_in_order(club: Club, clock: FixedClock) -> None:
    await _storm(club, 64, 60)
    clock.set(NOW)
