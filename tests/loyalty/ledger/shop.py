"""A program with two kinds of points, and everything the ledger has written, read back and checked."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fidelia import profiles
from fidelia.access import Actor
from fidelia.loyalty import programs
from fidelia.loyalty.ledger import Accrual, Balance, Redemption, Transaction, accrue, balances, finish, redeem
from fidelia.loyalty.programs.tables import loyalty_point_type, loyalty_program
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

D = Decimal
NEVER = {"kind": "never"}
_numbers = itertools.count(1)


class Club:
    """A program, its point types ``stars`` (spent) and ``miles`` (levels), and short words for what members do."""

    def __init__(self, engines: Engines, database: int, program: int, stars: int, miles: int) -> None:
        self.engines = engines
        self.database = database
        self.program = program
        self.stars = stars
        self.miles = miles

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        async with self.engines.tx() as tx:
            yield tx

    async def accrue(self, profile: int, amount: str | int, **more: Any) -> Transaction:
        more.setdefault("point_type_id", self.stars)
        async with self.tx() as tx:
            return (await accrue(tx, self.program, [Accrual(profile_id=profile, amount=D(amount), **more)]))[0]

    async def redeem(self, profile: int, amount: str | int | None, **more: Any) -> Transaction:
        more.setdefault("point_type_id", self.stars)
        points = None if amount is None else D(amount)
        async with self.tx() as tx:
            return (await redeem(tx, self.program, [Redemption(profile_id=profile, amount=points, **more)]))[0]

    async def finish(self, id_: Any, how: Any, **more: Any) -> Transaction:
        async with self.tx() as tx:
            return (await finish(tx, self.program, [id_], how, **more))[0]

    async def balance(self, profile: int, point_type: int | None = None) -> Balance:
        async with self.tx() as tx:
            return (await balances(tx, self.program, [profile]))[profile][point_type or self.stars]

    async def check(self) -> None:
        """Check everything that always holds, over the whole ledger."""
        async with self.tx() as tx:
            for what, query in ALWAYS.items():
                wrong = await tx.all(sa.text(query))
                assert not wrong, (what, wrong[:3])


#: What would be wrong; each query must find nothing.
ALWAYS = {
    "after = before + change": "select * from loyalty_transaction where balance_after <> balance_before + change",
    "rows follow each other": """
        select * from (select account_id, seq, balance_before,
            lag(balance_after, 1, 0) over w before, lag(seq, 1, 0) over w last
            from loyalty_transaction window w as (partition by account_id order by seq)) x
        where balance_before <> before or seq <> last + 1""",
    "the account is its last row": """
        select a.id, a.balance, sum(t.change), a.debt, sum(t.debt_change) from loyalty_account a
        left join loyalty_transaction t on t.account_id = a.id group by a.id
        having a.balance <> coalesce(sum(t.change), 0) or a.debt <> coalesce(sum(t.debt_change), 0)
            or a.seq <> count(t.id)""",
    "balance = what is left in lots - debt": """
        select a.id, a.balance, a.debt from loyalty_account a left join loyalty_lot l on l.account_id = a.id
        group by a.id having a.balance <> coalesce(sum(l.remaining), 0) - a.debt""",
    "what is left in a lot": """
        select l.id from loyalty_lot l left join loyalty_consumption c on c.lot_id = l.id group by l.id
        having l.remaining <> l.amount - coalesce(sum(c.amount), 0) or l.remaining < 0""",
    "a row's change = lots opened - taken - debt": """
        select t.id, t.type, t.change from loyalty_transaction t
        left join loyalty_lot l on l.transaction_id = t.id
        left join lateral (select sum(amount) s from loyalty_consumption c where c.transaction_id = t.id) c on true
        where t.type not like 'merge%' and t.change <> coalesce(l.amount, 0) - coalesce(c.s, 0) - t.debt_change""",
    "a redemption takes its amount": """
        select t.id from loyalty_transaction t left join loyalty_consumption c
            on c.transaction_id = t.id and not c.repays
        where t.type in ('redeem', 'reset') group by t.id having coalesce(sum(c.amount), 0) <> t.amount""",
    "undone holds have everything back": """
        select t.id from loyalty_transaction t
        join loyalty_transaction u on u.of_id = t.id and u.type in ('rollback', 'time_out', 'cancel')
        where t.type in ('redeem', 'reset') and (
            select sum(c.amount) from loyalty_consumption c join loyalty_transaction x on x.id = c.transaction_id
            where (x.id = t.id or x.of_id = t.id) and not c.repays) <> 0""",
    "only taking back makes debts": """
        select * from loyalty_transaction where debt_change > 0 and type not in ('take_back', 'cancel', 'merge_in')""",
    "nobody spends what is not there": """
        select * from loyalty_transaction where type in ('redeem', 'reset') and balance_after < 0""",
    "one ending each": """
        select of_id from loyalty_transaction where type in ('commit', 'rollback', 'time_out', 'cancel')
        group by of_id having count(*) filter (where type <> 'commit') > 1
            or count(*) filter (where type = 'commit') > 1
            or (bool_or(type = 'commit') and bool_or(type in ('rollback', 'time_out')))""",
}


async def open_club(
    engines: Engines, *, claw_back: str = "allow_negative", stars: dict[str, Any] | None = None
) -> Club:
    async with engines.tx() as tx:
        database = await profiles.create_database(
            tx, Actor.system(), name=f"club {next(_numbers)}", timezone="Europe/Oslo"
        )
        moments = {"created_at": tx.now, "updated_at": tx.now}
        program = (
            await tx.one(
                sa.insert(loyalty_program)
                .values(
                    database_id=database.id,
                    external_id=f"club{next(_numbers)}",
                    name="Club",
                    state="active",
                    audience="everybody",
                    claw_back=claw_back,
                    **moments,
                )
                .returning(loyalty_program.c.id)
            )
        ).id
        base = {"program_id": program, "places": 2, "expiry": NEVER, **moments}
        ids = {}
        for key, kind, more in (("stars", "standard", stars or {}), ("miles", "qualification", {})):
            values = {**base, "key": key, "name": key.title(), "kind": kind, **more}
            ids[key] = (
                await tx.one(sa.insert(loyalty_point_type).values(values).returning(loyalty_point_type.c.id))
            ).id
        assert (await programs.program(tx, program)).claw_back == claw_back
    return Club(engines, database.id, program, ids["stars"], ids["miles"])
