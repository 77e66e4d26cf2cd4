"""How points move: lots, their order, holds and how they end, what is undone, debts, references."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest
import sqlalchemy as sa

from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.loyalty.ledger import Accrual, Because, GiveBack, Redemption, TakeBack, accrue, earned, give_back, redeem
from fidelia.loyalty.ledger import take_back as take
from tests.conftest import NOW

from .shop import Club

D = Decimal


def day(n: int) -> datetime:
    return NOW + timedelta(days=n)


async def left(club: Club) -> list[tuple[Decimal, Decimal]]:
    """(amount, remaining) of the lots, in the order of their ids."""
    async with club.tx() as tx:
        rows = await tx.all(
            sa.text(
                "select l.amount, l.remaining from loyalty_lot l join loyalty_account a on a.id = l.account_id"
                " where a.program_id = :p order by l.id"
            ),
            {"p": club.program},
        )
    return [(row.amount, row.remaining) for row in rows]


async def test_an_accrual_says_who_when_why_before_and_after(club: Club) -> None:
    async with club.tx() as tx:
        because = Because(source_type="order", source_id="9", promotion_id=4, reason="Twice on Mondays", data={"a": 1})
        row = Accrual(profile_id=1, point_type_id=club.stars, amount=D("10.50"), because=because)
        (one,) = await accrue(tx, club.program, [row], by=Actor.cli("Kim"))
    assert (one.type, one.state, one.amount, one.change) == ("accrual", "final", D("10.50"), D("10.50"))
    assert (one.balance_before, one.balance_after, one.seq) == (0, D("10.50"), 1)
    assert (one.by_name, one.by_key, one.reason, one.source_id, one.promotion_id) == (
        "Kim",
        "cli",
        "Twice on Mondays",
        "9",
        4,
    )
    assert one.at == one.created_at == NOW
    assert one.active_from == NOW
    assert one.expires_at is None


async def test_what_expires_soonest_is_spent_first_then_the_oldest(club: Club) -> None:
    await club.accrue(1, 10)
    await club.accrue(1, 20, expires_at=day(9))
    await club.accrue(1, 30, expires_at=day(5))
    await club.accrue(1, 5, at=day(-3), active_from=day(-3))
    await club.redeem(1, 35)
    assert await left(club) == [(10, 10), (20, 15), (30, 0), (5, 5)]
    await club.redeem(1, 18)
    assert await left(club) == [(10, 10), (20, 0), (30, 0), (5, 2)], "of those that stay, the oldest goes first"


async def test_only_active_points_can_be_spent(club: Club, clock: FixedClock) -> None:
    await club.accrue(1, 10)
    await club.accrue(1, 20, active_from=day(2), expires_at=day(4))
    before = await club.balance(1)
    assert (before.total, before.active, before.pending) == (30, 10, 20)
    with pytest.raises(Problem, match="Only 10 points") as short:
        await club.redeem(1, 11)
    assert short.value.status == 409
    assert short.value.extra["available"] == "10"
    clock.set(day(2))
    assert (await club.redeem(1, 25)).balance_after == 5
    clock.set(day(4))
    after = await club.balance(1)
    assert (after.total, after.active) == (5, 5), "the rest of the lot that ends was spent first"


async def test_points_lapse_by_time_alone_and_are_written_down_at_the_next_write(club: Club, clock: FixedClock) -> None:
    await club.accrue(1, 10, expires_at=day(1))
    await club.accrue(1, 20, expires_at=day(2))
    await club.accrue(1, 3)
    clock.set(day(1))
    assert (await club.balance(1)).active == 23, "a lot is gone from its end on, be there a job or not"
    clock.set(day(3))
    assert (await club.balance(1)).total == 3
    with pytest.raises(Problem):
        await club.redeem(1, 4)
    assert (await club.redeem(1, 3)).balance_before == 3
    async with club.tx() as tx:
        rows = await tx.all(
            sa.text("select type, change, at from loyalty_transaction where program_id = :p order by seq"),
            {"p": club.program},
        )
    assert [(r.type, r.change, r.at) for r in rows[3:5]] == [("expire", -10, day(1)), ("expire", -20, day(2))]


async def test_a_hold_takes_points_at_once_and_gives_back_exactly_those(club: Club, clock: FixedClock) -> None:
    await club.accrue(1, 10, expires_at=day(1))
    await club.accrue(1, 20)
    hold = await club.redeem(1, 15, hold_until=day(2))
    assert (hold.state, hold.change) == ("held", -15)
    now = await club.balance(1)
    assert (now.active, now.held, now.total) == (15, 15, 15)
    back = await club.finish(hold.id, "rollback")
    assert (back.type, back.change, back.of_id) == ("rollback", 15, hold.id)
    assert await left(club) == [(10, 10), (20, 20)]
    assert (await club.finish(hold.id, "rollback")).id == back.id, "twice is once"
    for how in ("commit", "cancel", "time_out"):
        with pytest.raises(Problem, match="rolled back"):
            await club.finish(hold.id, how)


async def test_what_lapsed_while_it_was_held_comes_back_lapsed(club: Club, clock: FixedClock) -> None:
    await club.accrue(1, 10, expires_at=day(1))
    await club.accrue(1, 20)
    hold = await club.redeem(1, 15, hold_until=day(5))
    clock.set(day(2))
    back = await club.finish(hold.id, "rollback")
    assert back.change == 15
    assert (await club.balance(1)).active == 20
    assert await left(club) == [(10, 0), (20, 20)]


async def test_a_hold_whose_time_is_over_is_no_hold_although_no_job_has_run(club: Club, clock: FixedClock) -> None:
    await club.accrue(1, 10, expires_at=day(2))
    await club.accrue(1, 20, expires_at=day(9))
    hold = await club.redeem(1, 25, hold_until=day(1))
    promise = await club.accrue(1, 7, hold_until=day(1))
    assert (await club.balance(1)).promised == 7
    clock.set(day(1))
    now = await club.balance(1)
    assert (now.active, now.held, now.promised) == (30, 0, 0)
    for one in (hold, promise):
        with pytest.raises(Problem, match="time of this hold is over"):
            await club.finish(one.id, "commit")
    clock.set(day(3))
    assert (await club.balance(1)).active == 20
    await club.redeem(1, 20)
    async with club.tx() as tx:
        query = "select type, state, at from loyalty_transaction where program_id = :p order by seq"
        rows = [(r.type, r.state, r.at) for r in await tx.all(sa.text(query), {"p": club.program})]
    assert rows[2][:2] == ("redeem", "timed_out")
    assert rows[3][:2] == ("accrual", "timed_out")
    assert [r[0] for r in rows[4:]] == ["time_out", "expire", "time_out", "redeem"]
    assert (await club.finish(hold.id, "time_out")).at == day(1)


async def test_a_committed_hold_stays_and_says_who_committed_it(club: Club) -> None:
    await club.accrue(1, 10)
    hold = await club.redeem(1, 4, hold_until=day(1))
    done = await club.finish(hold.id, "commit", by=Actor.cli("Till 3"))
    assert (done.type, done.change, done.by_name) == ("commit", 0, "Till 3")
    assert (await club.finish(hold.id, "commit")).id == done.id
    with pytest.raises(Problem, match="committed"):
        await club.finish(hold.id, "rollback")
    undone = await club.finish(hold.id, "cancel")
    assert (undone.change, undone.balance_after) == (4, 10)
    assert (await club.finish(hold.id, "cancel")).id == undone.id


async def test_a_promise_counts_only_when_it_is_committed(club: Club) -> None:
    promise = await club.accrue(1, 50, hold_until=day(1), expires_at=day(30))
    assert (promise.change, promise.state) == (0, "held")
    with pytest.raises(Problem):
        await club.redeem(1, 1)
    done = await club.finish(promise.id, "commit")
    assert (done.type, done.change, done.expires_at, done.of_id) == ("accrual", 50, day(30), promise.id)
    undone = await club.finish(promise.id, "cancel")
    assert (undone.change, undone.of_id) == (-50, done.id)
    assert (await club.finish(promise.id, "cancel")).id == undone.id


async def test_cancelling_what_was_earned_and_spent_leaves_a_debt_that_the_next_accruals_pay(club: Club) -> None:
    first = await club.accrue(1, 100)
    await club.redeem(1, 70)
    undone = await club.finish(first.id, "cancel")
    assert (undone.change, undone.debt_change, undone.balance_after) == (-100, 70, -70)
    owed = await club.balance(1)
    assert (owed.total, owed.active, owed.debt) == (-70, 0, 70)
    with pytest.raises(Problem, match="no points"):
        await club.redeem(1, 1)
    assert (await club.accrue(1, 50)).debt_change == -50
    assert (await club.accrue(1, 50)).balance_after == 30
    now = await club.balance(1)
    assert (now.total, now.active, now.debt) == (30, 30, 0)


async def test_a_pending_accrual_pays_a_debt_when_it_becomes_active(club: Club, clock: FixedClock) -> None:
    first = await club.accrue(1, 10)
    await club.redeem(1, 10)
    await club.finish(first.id, "cancel")
    await club.accrue(1, 30, active_from=day(2), expires_at=day(4))
    now = await club.balance(1)
    assert (now.total, now.active, now.pending, now.debt) == (20, 0, 30, 10)
    clock.set(day(2))
    assert (await club.balance(1)).active == 20
    clock.set(day(5))
    over = await club.balance(1)
    assert (over.total, over.debt) == (0, 0), "what is owed is paid before the rest lapses"
    await club.accrue(1, 1)
    assert (await club.balance(1)).active == 1


@pytest.mark.parametrize(("policy", "change", "debt"), [("allow_negative", -80, 50), ("floor_zero", -30, 0)])
async def test_a_return_takes_back_by_policy(club: Club, policy: str, change: int, debt: int) -> None:
    earned_ = await club.accrue(1, 100)
    await club.redeem(1, 70)
    async with club.tx() as tx:
        row = TakeBack(transaction_id=earned_.id, amount=D(80), policy=policy, reference="r1")  # type: ignore[arg-type]
        (back,) = await take(tx, club.program, [row])
    assert (back.amount, back.change, back.debt_change) == (80, change, debt)
    async with club.tx() as tx:
        assert (await take(tx, club.program, [row]))[0].id == back.id
        with pytest.raises(Problem, match="Only 20 of it are left"):
            await take(tx, club.program, [TakeBack(transaction_id=earned_.id, amount=D(21))])
    async with club.tx() as tx:
        assert await earned(tx, club.stars, [1]) == {1: 20}
    await club.finish(earned_.id, "cancel", policy="floor_zero")
    assert (await club.balance(1)).total == -debt


async def test_only_pending_takes_nothing_that_could_be_spent(club: Club) -> None:
    async with club.tx() as tx:
        rows = [
            Accrual(profile_id=1, point_type_id=club.stars, amount=D(10)),
            Accrual(profile_id=1, point_type_id=club.stars, amount=D(20), active_from=day(3)),
        ]
        one, two = await accrue(tx, club.program, rows)
        backs = [TakeBack(transaction_id=t.id, amount=D(10), policy="only_pending") for t in (one, two)]
        assert [t.change for t in await take(tx, club.program, backs)] == [0, -10]


async def test_what_lapsed_is_not_taken_back_again(club: Club, clock: FixedClock) -> None:
    lot = await club.accrue(1, 100, expires_at=day(1))
    await club.redeem(1, 40)
    clock.set(day(2))
    async with club.tx() as tx:
        part = TakeBack(transaction_id=lot.id, amount=D(50))
        (first, second) = await take(tx, club.program, [part, part])
    assert (first.change, second.change) == (0, -40), "60 lapsed; of the 100 they owe only what they spent"


async def test_parts_of_a_redemption_go_back_to_their_lots_and_never_more_than_was_spent(club: Club) -> None:
    await club.accrue(1, 10, expires_at=day(1))
    await club.accrue(1, 20, expires_at=day(2))
    spent = await club.redeem(1, 25)
    async with club.tx() as tx:
        (back,) = await give_back(tx, club.program, [GiveBack(transaction_id=spent.id, amount=D(12), reference="b")])
        assert back.change == 12
    assert await left(club) == [(10, 0), (20, 17)], "what expires last comes back first"
    async with club.tx() as tx:
        with pytest.raises(Problem, match="Only 13"):
            await give_back(tx, club.program, [GiveBack(transaction_id=spent.id, amount=D(14))])
    assert (await club.finish(spent.id, "cancel")).change == 13
    assert await left(club) == [(10, 10), (20, 20)]


async def test_a_reference_answers_once_and_only_to_the_same_question(club: Club) -> None:
    first = await club.accrue(1, 10, reference="order-9")
    assert (await club.accrue(1, "10.00", reference="order-9")).id == first.id
    for other in ({"amount": 11}, {"profile": 2}, {"point_type_id": club.miles}):
        with pytest.raises(Problem, match="used for something else") as refused:
            await club.accrue(other.pop("profile", 1), other.pop("amount", 10), reference="order-9", **other)
        assert refused.value.status == 409
        assert refused.value.errors[0].pointer == "/items/0/reference"
    with pytest.raises(Problem, match="used for something else"):
        await club.redeem(1, 10, reference="order-9")
    spent = await club.redeem(1, 10, reference="spend-9")
    assert (await club.redeem(1, 10, reference="spend-9")).id == spent.id, "although nothing is left to spend"
    assert (await club.balance(1)).total == 0


async def test_many_members_at_once_all_or_none(club: Club) -> None:
    async with club.tx() as tx:
        rows = [Accrual(profile_id=n, point_type_id=club.stars, amount=D(n)) for n in range(1, 301)]
        rows += rows[:5]
        done = await accrue(tx, club.program, rows)
    assert [t.balance_after for t in done[300:]] == [2, 4, 6, 8, 10]
    spends = [Redemption(profile_id=n, point_type_id=club.stars, amount=D(10)) for n in (10, 3, 11)]
    async with club.tx() as tx:
        with pytest.raises(Problem) as short:
            await redeem(tx, club.program, spends)
    assert short.value.errors[0].pointer == "/items/1/amount"
    assert (await club.balance(10)).total == 10
    assert (await club.balance(11)).total == 11


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "1e40"])
async def test_an_amount_is_above_zero_and_as_fine_as_the_points(club: Club, amount: str) -> None:
    for verb in (club.accrue, club.redeem):
        with pytest.raises(Problem) as wrong:
            await verb(1, amount)
        assert wrong.value.status == 422
        assert wrong.value.errors[0].pointer == "/items/0/amount"


async def test_qualification_points_cannot_be_spent_but_corrected_and_reset(club: Club) -> None:
    await club.accrue(1, 100, point_type_id=club.miles)
    with pytest.raises(Problem, match="cannot be spent"):
        await club.redeem(1, 1, point_type_id=club.miles)
    down = await club.redeem(1, 30, point_type_id=club.miles, type="adjust")
    async with club.tx() as tx:
        assert await earned(tx, club.miles, [1, 2]) == {1: 70}
    await club.finish(down.id, "cancel")
    async with club.tx() as tx:
        assert await earned(tx, club.miles, [1]) == {1: 100}
        assert await earned(tx, club.miles, [1], day(1)) == {}
    reset = await club.redeem(1, None, point_type_id=club.miles, type="reset")
    assert (reset.change, reset.balance_after) == (-100, 0)
    assert (await club.redeem(1, None, point_type_id=club.miles, type="reset")).change == 0


async def test_nobody_can_rewrite_the_ledger(club: Club) -> None:
    one = await club.accrue(1, 10)
    for statement in (
        "update loyalty_transaction set amount = 99, change = 99, balance_after = 99 where id = %s",
        "update loyalty_transaction set at = now() where id = %s",
        "delete from loyalty_transaction where id = %s",
    ):
        async with club.engines.db.hot() as raw:
            with pytest.raises(psycopg.errors.RestrictViolation):
                async with raw.transaction():
                    await raw.execute(statement, (one.id,))  # type: ignore[arg-type]


async def test_dates_come_back_in_utc(club: Club) -> None:
    one = await club.accrue(1, 1, expires_at=datetime.fromisoformat("2027-01-01T00:00:00+02:00"))
    async with club.tx() as tx:
        row = await tx.one(sa.text("select expires_at from loyalty_lot where transaction_id = :i"), {"i": one.id})
    assert row.expires_at.astimezone(UTC) == datetime(2026, 12, 31, 22, tzinfo=UTC) == one.expires_at
