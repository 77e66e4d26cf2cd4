"""Lots lapse in sets: one transaction each, exactly once, whenever the job is stopped or killed."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.ledger import expire_chunk, expire_lots
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import clickhouse_time, encode_line

from .shop import Club

D = Decimal

_EXPIRED = "select id, profile_id, amount, at from loyalty_transaction where program_id = :p and type = 'expire'"
_FILL = """
insert into loyalty_account (database_id, program_id, point_type_id, profile_id, balance, seq, created_at, updated_at)
    select %(db)s, %(p)s, %(t)s, n, %(each)s * 10, %(each)s, %(now)s, %(now)s from generate_series(1, %(members)s) n;
insert into loyalty_transaction (id, program_id, account_id, point_type_id, profile_id, seq, type, state, amount,
        change, balance_before, balance_after, by_name, by_key, at, created_at)
    select uuidv7(), %(p)s, a.id, %(t)s, a.profile_id, k, 'accrual', 'final', 10, 10, (k - 1) * 10, k * 10, '', '',
        %(now)s, %(now)s
    from loyalty_account a, generate_series(1, %(each)s) k where a.point_type_id = %(t)s order by a.id, k;
insert into loyalty_lot (account_id, transaction_id, amount, remaining, active_from, expires_at)
    select account_id, id, 10, 10, %(now)s, %(now)s + interval '1 day' * seq
    from loyalty_transaction where point_type_id = %(t)s;
"""


async def fill(club: Club, members: int, each: int) -> None:
    """Give members some lots of 10 points that end a day apart."""
    values = {
        "db": club.database,
        "p": club.program,
        "t": club.stars,
        "members": members,
        "each": each,
        "now": club.engines.clock.now(),
    }
    async with club.engines.db.hot() as raw:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                await raw.execute(statement, values)  # type: ignore[arg-type]
        await raw.execute("analyze loyalty_lot")


async def written(club: Club) -> int:
    async with club.tx() as tx:
        query = "select count(*) from loyalty_transaction where program_id = :p and type = 'expire'"
        return int(await tx.scalar(sa.text(query), {"p": club.program}))


async def test_lots_lapse_once_each_in_the_order_of_their_ends(club: Club, clock: FixedClock) -> None:
    await fill(club, 40, 5)
    clock.advance(timedelta(days=3))
    assert await expire_lots(club.engines, chunk=7) == 120
    assert await expire_lots(club.engines) == 0
    assert (await club.balance(3)).total == 20
    async with club.tx() as tx:
        rows = await tx.all(
            sa.text(
                "select seq, change, balance_after, at, by_name from loyalty_transaction"
                " where program_id = :p and profile_id = 3 order by seq"
            ),
            {"p": club.program},
        )
        lines = await tx.all(sa.text("select rows, payload from event_inbox where payload like '%loyalty.expired%'"))
        ids = {r.id: r for r in await tx.all(sa.text(_EXPIRED), {"p": club.program})}
    assert [(r.seq, r.change, r.balance_after) for r in rows[5:]] == [(6, -10, 40), (7, -10, 30), (8, -10, 20)]
    assert [r.at for r in rows[5:]] == [clock.now() - timedelta(days=n) for n in (2, 1, 0)]
    told = [line.encode() for row in lines for line in row.payload.split("\n")]
    assert sum(row.rows for row in lines) == len(told) == len(set(told)) == 120
    for line in told:  # made by PostgreSQL, and the very same that Python would write
        row = ids[UUID(msgspec.json.decode(line)["props"]["transaction"])]
        props = {"program": club.program, "points": "stars", "amount": float(row.amount), "transaction": str(row.id)}
        moment = clickhouse_time(row.at)
        assert line == encode_line("loyalty.expired", row.profile_id, moment, f"loyalty.expired:{row.id}", props)


async def test_who_owes_something_pays_it_out_of_what_lapses(club: Club, clock: FixedClock) -> None:
    first = await club.accrue(1, 30)
    await club.redeem(1, 30)
    await club.finish(first.id, "cancel")
    await club.accrue(1, 40, active_from=clock.now() + timedelta(days=1), expires_at=clock.now() + timedelta(days=2))
    clock.advance(timedelta(days=2))
    assert await expire_lots(club.engines) == 1
    has = await club.balance(1)
    assert (has.total, has.debt) == (0, 0)


async def test_a_chunk_that_was_killed_is_done_again_and_only_once(club: Club, clock: FixedClock) -> None:
    await fill(club, 20, 2)
    clock.advance(timedelta(days=5))

    class Killed(Exception):
        pass

    async def killed() -> None:
        async with club.tx() as tx:
            await expire_chunk(tx, 10)
            raise Killed

    with pytest.raises(Killed):
        await killed()
    assert await written(club) == 0
    async with club.tx() as tx:
        await expire_chunk(tx, 10)
    assert 10 <= await written(club) < 40
    await expire_lots(club.engines)
    assert await written(club) == 40


@pytest.mark.prove
async def test_a_million_lots_lapse_within_a_minute(engines: Engines, club: Club, clock: FixedClock) -> None:
    await fill(club, 250_000, 4)
    clock.advance(timedelta(days=9))
    started = time.monotonic()
    assert await expire_lots(engines, seconds=600) == 1_000_000
    took = time.monotonic() - started
    print(f"\n1,000,000 lots lapsed in {took:.1f} s")
    assert took < 60
