"""Queries of calculated orders."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Asked, Tx, as_struct, json_text

from .tables import order_calculation, order_share, order_trace, order_use

_c, _s, _u = order_calculation.c, order_share.c, order_use.c


class CalculationRow(msgspec.Struct, frozen=True, kw_only=True):
    """A calculated order as it is stored."""

    id: int
    database_id: int
    external_id: str
    order_id: int | None
    program_id: int | None
    profile_id: int | None
    currency: str
    discount: Decimal
    final: Decimal
    accrue_on: Literal["committed", "paid", "delivered"] | None
    accrued_at: datetime | None
    codes_given_back: bool
    at: datetime


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one promotion did to one line: money of a discount, points of an accrual or a redemption."""

    what: Literal["discount", "accrue", "redeem"]
    promotion_id: int
    point_type_id: int
    line: int
    amount: Decimal
    returned: Decimal = Decimal(0)


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction of the ledger that an order led to."""

    transaction_id: UUID
    what: str
    promotion_id: int
    point_type_id: int
    amount: Decimal
    returned: Decimal = Decimal(0)


class UseRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an order took of a promotion and its counters."""

    promotion_id: int
    uses: int
    money: Decimal
    points: Decimal
    returned_uses: int = 0
    returned_money: Decimal = Decimal(0)
    returned_points: Decimal = Decimal(0)
    counters: list[int] = []


_READ = sa.select(*(_c[name] for name in CalculationRow.__struct_fields__))


async def ask_begin(tx: Tx, database_id: int, external_id: str, asked: bytes, currency: str) -> Asked[int | None]:
    """Take an external id; ``None`` answers that an order has it, or that there is no such database.

    Waits for whoever is placing that order right now.
    """
    return await tx.ask(
        """insert into order_calculation (database_id, external_id, asked, currency, at)
           select id, %s, %s, %s, %s from profile_database where id = %s
           on conflict (database_id, external_id) do nothing returning id""",
        (external_id, asked, currency, tx.now, database_id),
        lambda rows: int(rows[0][0]) if rows else None,
    )


async def mark(tx: Tx) -> None:
    """Remember how things stand: what is locked and written from here on can be let go."""
    await (await tx.raw()).execute("savepoint order_taking")


async def back_to_mark(tx: Tx) -> None:
    """Let go of what was locked and written since :func:`mark`."""
    await (await tx.raw()).execute("rollback to savepoint order_taking")


async def first_answer(tx: Tx, database_id: int, external_id: str) -> tuple[bytes, Any]:
    """Return what was asked for an order, hashed, and the reply."""
    row = await tx.one(
        sa.select(_c.id, _c.asked, _c.reply).where(_c.database_id == database_id, _c.external_id == external_id)
    )
    reply = dict(row.reply)
    if "calculation" not in reply:
        reply["calculation"] = msgspec.json.decode(await trace(tx, row.id))
    return bytes(row.asked), reply


async def finish(tx: Tx, calculation_id: int, values: Mapping[str, Any]) -> None:
    """Store what became of an order since."""
    await tx.execute(sa.update(order_calculation).where(_c.id == calculation_id).values(**values))


_WRITE = """
with given as (select %(id)s::bigint id, %(rows)s::json d),
shares as (
    insert into order_share (calculation_id, what, promotion_id, point_type_id, line, amount)
    select given.id, g.what, g.promotion_id, g.point_type_id, g.line, g.amount
    from given, json_populate_recordset(null::order_share, d->'shares') g),
entries as (
    insert into order_entry (calculation_id, transaction_id, what, promotion_id, point_type_id, amount, returned)
    select given.id, g.transaction_id, g.what, g.promotion_id, g.point_type_id, g.amount, g.returned
    from given, json_populate_recordset(null::order_entry, d->'entries') g),
uses as (
    insert into order_use (calculation_id, promotion_id, uses, money, points, counters)
    select given.id, g.promotion_id, g.uses, g.money, g.points, g.counters
    from given, json_populate_recordset(null::order_use, d->'uses') g),
traced as (insert into order_trace (calculation_id, trace) values (%(id)s, %(trace)s))
update order_calculation set order_id = %(order)s, program_id = %(program)s, profile_id = %(profile)s,
    reply = %(reply)s::jsonb, discount = %(discount)s, final = %(final)s, accrue_on = %(accrue_on)s,
    accrued_at = %(accrued_at)s
where id = %(id)s
"""


async def write(
    tx: Tx,
    calculation_id: int,
    shares: Sequence[Share],
    entries: Sequence[EntryRow],
    uses: Sequence[UseRow],
    trace: bytes,
    about: Mapping[str, Any],
) -> None:
    """Store what an order came to and led to, and how it was calculated, by one statement.

    ``about`` has ``order program profile reply discount final accrue_on accrued_at``. The reply is without the
    calculation, which the trace is.
    """
    rows = json_text({"shares": shares, "entries": entries, "uses": uses})
    given = {**about, "id": calculation_id, "rows": rows, "trace": zlib.compress(trace, 1)}
    await (await tx.raw()).execute(_WRITE.encode(), {**given, "reply": json_text(about["reply"])})


async def add_entries(tx: Tx, calculation_id: int, entries: Sequence[EntryRow]) -> None:
    """Note transactions of the ledger."""
    if not entries:
        return
    raw = await tx.raw()
    await raw.execute(
        """insert into order_entry (calculation_id, transaction_id, what, promotion_id, point_type_id, amount, returned)
           select %s, * from unnest(%s::uuid[], %s::text[], %s::int[], %s::int[], %s::numeric[], %s::numeric[])""",
        (
            calculation_id,
            [one.transaction_id for one in entries],
            [one.what for one in entries],
            [one.promotion_id for one in entries],
            [one.point_type_id for one in entries],
            [one.amount for one in entries],
            [one.returned for one in entries],
        ),
    )


async def drop_entries(tx: Tx, calculation_id: int, ids: Collection[UUID]) -> None:
    """Forget transactions that others have taken the place of."""
    raw = await tx.raw()
    await raw.execute(
        "delete from order_entry where calculation_id = %s and transaction_id = any(%s)", (calculation_id, list(ids))
    )


async def by_order(tx: Tx, order_id: int, *, lock: bool = False) -> CalculationRow | None:
    """Return the calculation of an order, ``None`` for one that was not calculated here."""
    stmt = _READ.where(_c.order_id == order_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    return None if row is None else as_struct(row, CalculationRow)


async def shares(tx: Tx, calculation_id: int) -> list[Share]:
    """Return what promotions did to each line."""
    rows = await tx.all(
        sa.select(*(_s[name] for name in Share.__struct_fields__))
        .where(_s.calculation_id == calculation_id)
        .order_by(_s.what, _s.promotion_id, _s.point_type_id, _s.line)
    )
    return [as_struct(row, Share) for row in rows]


async def entries(tx: Tx, calculation_id: int) -> list[EntryRow]:
    """Return the transactions that an order led to and that still stand."""
    raw = await tx.raw()
    cursor = await raw.execute(
        """select transaction_id, what, promotion_id, point_type_id, amount, returned from order_entry
           where calculation_id = %s order by transaction_id""",
        (calculation_id,),
    )
    return [
        EntryRow(
            transaction_id=row[0],
            what=row[1],
            promotion_id=row[2],
            point_type_id=row[3],
            amount=row[4],
            returned=row[5],
        )
        for row in await cursor.fetchall()
    ]


async def uses(tx: Tx, calculation_id: int) -> list[UseRow]:
    """Return what an order took of promotions' limits."""
    rows = await tx.all(
        sa.select(*(_u[name] for name in UseRow.__struct_fields__))
        .where(_u.calculation_id == calculation_id)
        .order_by(_u.promotion_id)
    )
    return [as_struct(row, UseRow) for row in rows]


async def set_shares(tx: Tx, calculation_id: int, found: Sequence[Share]) -> None:
    """Store how much of shares has come back."""
    if not found:
        return
    raw = await tx.raw()
    await raw.execute(
        """update order_share s set returned = a.returned
           from unnest(%s::text[], %s::int[], %s::int[], %s::int[], %s::numeric[])
               as a (what, promotion_id, point_type_id, line, returned)
           where s.calculation_id = %s and s.what = a.what and s.promotion_id = a.promotion_id
             and s.point_type_id = a.point_type_id and s.line = a.line""",
        (
            [one.what for one in found],
            [one.promotion_id for one in found],
            [one.point_type_id for one in found],
            [one.line for one in found],
            [one.returned for one in found],
            calculation_id,
        ),
    )


async def set_entries(tx: Tx, calculation_id: int, returned: Mapping[UUID, Decimal]) -> None:
    """Store how much of transactions has come back."""
    if not returned:
        return
    raw = await tx.raw()
    await raw.execute(
        """update order_entry e set returned = a.returned from unnest(%s::uuid[], %s::numeric[]) as a (id, returned)
           where e.calculation_id = %s and e.transaction_id = a.id""",
        (list(returned), list(returned.values()), calculation_id),
    )


async def set_uses(tx: Tx, calculation_id: int, found: Sequence[UseRow]) -> None:
    """Store how much of what was taken has come back."""
    if not found:
        return
    raw = await tx.raw()
    await raw.execute(
        """update order_use u
           set returned_uses = a.uses, returned_money = a.money, returned_points = a.points
           from unnest(%s::int[], %s::int[], %s::numeric[], %s::numeric[]) as a (id, uses, money, points)
           where u.calculation_id = %s and u.promotion_id = a.id""",
        (
            [one.promotion_id for one in found],
            [one.returned_uses for one in found],
            [one.returned_money for one in found],
            [one.returned_points for one in found],
            calculation_id,
        ),
    )


async def trace(tx: Tx, calculation_id: int) -> bytes:
    """Return how an order was calculated, as it was told then."""
    found = await tx.scalar(sa.select(order_trace.c.trace).where(order_trace.c.calculation_id == calculation_id))
    return zlib.decompress(found)


async def move(tx: Tx, database_id: int, source: int, into: int) -> int:
    """Give calculations and counters of limits to the profile that another was merged into."""
    raw = await tx.raw()
    cursor = await raw.execute(
        "update order_calculation set profile_id = %s where database_id = %s and profile_id = %s",
        (into, database_id, source),
    )
    await raw.execute(
        """with gone as (
               delete from promotion_counter c using promotion p, loyalty_program g
               where c.profile_id = %s and p.id = c.promotion_id and g.id = p.program_id and g.database_id = %s
               returning c.promotion_id, c.what, c.period, c.since, c.used
           )
           insert into promotion_counter as c (promotion_id, what, profile_id, period, since, used)
           select promotion_id, what, %s, period, since, used from gone
           on conflict (promotion_id, what, profile_id, period, since) do update set used = c.used + excluded.used""",
        (source, database_id, into),
    )
    return cursor.rowcount


async def forget(tx: Tx, database_id: int, profile_ids: Collection[int]) -> int:
    """Delete what promotions know of people: calculations, counters, firings."""
    raw = await tx.raw()
    for table in ("promotion_counter", "promotion_firing"):
        await raw.execute(
            f"""delete from {table} c using promotion p, loyalty_program g
                where c.profile_id = any(%s) and p.id = c.promotion_id and g.id = p.program_id
                  and g.database_id = %s""",
            (list(profile_ids), database_id),
        )
    cursor = await raw.execute(
        "delete from order_calculation where database_id = %s and profile_id = any(%s)",
        (database_id, list(profile_ids)),
    )
    return cursor.rowcount
