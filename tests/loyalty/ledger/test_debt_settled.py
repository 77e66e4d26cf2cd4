"""What is owed when time alone has ended holds and lots: told the same before it is written down and after."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.loyalty.ledger import TakeBack
from fidelia.loyalty.ledger import take_back as take
from fidelia.loyalty.ledger.service.upkeep import expire_lots, time_out_holds

from .shop import Club, D


async def _take_back(club: Club, transaction: UUID, amount: int) -> None:
    async with club.tx() as tx:
        await take(tx, club.program, [TakeBack(transaction_id=transaction, amount=D(amount))])


async def test_points_of_a_hold_that_is_over_pay_what_is_owed(club: Club, clock: FixedClock) -> None:
    """Found by a drawn story: the debt was told beside the points that would pay it."""
    bought = await club.accrue(1, 39)
    await club.redeem(1, 30, hold_until=clock.now() + timedelta(hours=27))
    await _take_back(club, bought.id, 23)
    assert (await club.balance(1)).debt == 14
    clock.set(clock.now() + timedelta(hours=28))
    before = await club.balance(1)
    assert (before.total, before.active, before.debt) == (16, 16, 0)
    await time_out_holds(club.engines)
    assert await club.balance(1) == before
    await club.check()


@pytest.mark.parametrize("seed", range(30))
async def test_holds_and_lots_that_end_with_a_debt(club: Club, clock: FixedClock, seed: int) -> None:
    chance = random.Random(seed)
    start = clock.now()
    bought = []
    for _ in range(chance.randint(1, 4)):
        ends = start + timedelta(hours=chance.randint(1, 60)) if chance.random() < 0.6 else None
        bought.append((await club.accrue(1, amount := chance.randint(1, 60), expires_at=ends), amount))
    for _ in range(chance.randint(1, 3)):
        with suppress(Problem):  # more than there is
            await club.redeem(1, chance.randint(1, 50), hold_until=start + timedelta(hours=chance.randint(1, 40)))
    for one, amount in bought:
        if chance.random() < 0.7:
            await _take_back(club, one.id, chance.randint(1, amount))
    clock.set(start + timedelta(hours=chance.randint(20, 50)))
    before = await club.balance(1)
    await time_out_holds(club.engines)
    await expire_lots(club.engines)
    assert await club.balance(1) == before
    await club.check()
