"""What others got wrong with points (their trackers tell), once each: this must never happen here."""

from __future__ import annotations

import asyncio

import pytest

from fidelia.kernel.errors import Problem
from fidelia.loyalty.ledger import GiveBack, TakeBack, earned, give_back
from fidelia.loyalty.ledger import take_back as take

from .shop import Club, D


async def test_odoo_249775_two_quotes_confirmed_together_cannot_spend_the_same_points(club: Club) -> None:
    """odoo/odoo PR 249775: two quotes were confirmed in bulk with the same 100 points; the balance became -100."""
    await club.accrue(1, 100)
    answers = await asyncio.gather(
        *(club.redeem(1, 100, reference=f"quote-{n}") for n in (1, 2)), return_exceptions=True
    )
    assert sum(isinstance(one, Problem) for one in answers) == 1
    assert (await club.balance(1)).total == 0


async def test_odoo_222372_confirming_twice_does_not_double_points(club: Club) -> None:
    """odoo/odoo PR 222372: a network retry called confirm twice, and the points came twice."""
    for _ in range(3):
        await club.accrue(1, 100, reference="sale-order-17")
    hold = await club.accrue(1, 50, hold_until=club.engines.clock.now().replace(year=2027), reference="promise-17")
    first, second = await asyncio.gather(club.finish(hold.id, "commit"), club.finish(hold.id, "commit"))
    assert first.id == second.id
    assert (await club.balance(1)).total == 150


async def test_odoo_257854_a_refund_takes_points_back_however_often_it_is_tried(club: Club) -> None:
    """odoo/odoo PR 257854: refunds did not take points back; buy, refund, repeat gave endless points."""
    for n in range(3):
        bought = await club.accrue(1, 100, reference=f"order-{n}")
        await club.redeem(1, 60)
        for _ in range(2):
            async with club.tx() as tx:
                row = TakeBack(transaction_id=bought.id, amount=D(100), reference=f"refund-{n}")
                await take(tx, club.program, [row])
        await club.accrue(1, 60, reference=f"top-up-{n}")  # pays what is owed
        assert (await club.balance(1)).total == 0
    async with club.tx() as tx:
        assert await earned(tx, club.stars, [1]) == {1: 180}, "nor do levels count what went back"


async def test_a_refund_gives_spent_points_back_once(club: Club) -> None:
    """The other side of the same: what was spent on a returned line comes back, and only as much as was spent."""
    await club.accrue(1, 50)
    spent = await club.redeem(1, 50)
    for _ in range(2):
        async with club.tx() as tx:
            await give_back(tx, club.program, [GiveBack(transaction_id=spent.id, amount=D(50), reference="refund")])
    async with club.tx() as tx:
        with pytest.raises(Problem, match="Nothing of it is left"):
            await give_back(tx, club.program, [GiveBack(transaction_id=spent.id, amount=D(1), reference="again")])
    assert (await club.balance(1)).total == 50


async def test_oca_pos_185_odoo_270532_offline_orders_that_are_synced_again_earn_once(club: Club) -> None:
    """OCA/pos PR 185, odoo PR 270532: a till that was offline sent its orders again, and points came twice."""
    orders = [(f"till-3/{n}", 10 + n) for n in range(5)]
    for batch in (orders[:3], orders, orders[::-1]):
        for reference, points in batch:
            await club.accrue(1, points, reference=reference)
    assert (await club.balance(1)).total == sum(points for _, points in orders)


async def test_open_loyalty_131_levels_count_what_was_earned_not_what_is_left(club: Club) -> None:
    """DivanteLtd/open-loyalty 131: spending points lowered the level."""
    await club.accrue(1, 100)
    await club.redeem(1, 99)
    async with club.tx() as tx:
        assert await earned(tx, club.stars, [1]) == {1: 100}
