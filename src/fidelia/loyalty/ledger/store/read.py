"""What is asked of the ledger: transactions, balances by time, what was earned, what will lapse."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.platform.cursors import plain_array
from fidelia.platform.postgres import Asked, Tx, as_struct

from ..model import Lot, Transaction
from ..tables import loyalty_account as account
from ..tables import loyalty_consumption as consumption
from ..tables import loyalty_lot as lot
from ..tables import loyalty_transaction as transaction

Raw = psycopg.AsyncConnection[Any]
_FIELDS = [transaction.c[name] for name in Transaction.__struct_fields__]


async def transactions(tx: Tx, program_id: int, ids: Collection[UUID]) -> dict[UUID, Transaction]:
    """Return transactions of a program by id."""
    query = sa.select(*_FIELDS).where(transaction.c.program_id == program_id, transaction.c.id.in_(list(ids)))
    return {row.id: as_struct(row, Transaction) for row in await tx.all(query)}


async def by_reference(tx: Tx, program_id: int, references: Collection[str]) -> dict[str, tuple[UUID, Transaction]]:
    """Return what was written under references, with the fingerprint of what was asked."""
    query = sa.select(*_FIELDS, transaction.c.asked).where(
        transaction.c.program_id == program_id, transaction.c.reference.in_(list(references))
    )
    found = {}
    for row in await tx.all(query):
        values = {name: row._mapping[name] for name in Transaction.__struct_fields__}
        found[row.reference] = row.asked, msgspec.convert(values, Transaction)
    return found


async def children(tx: Tx, ids: Collection[UUID]) -> list[Transaction]:
    """Return what was written because of transactions, in their order."""
    query = sa.select(*_FIELDS).where(transaction.c.of_id.in_(list(ids))).order_by(transaction.c.id)
    return [as_struct(row, Transaction) for row in await tx.all(query)]


async def overdue_holds(tx: Tx, account_ids: Collection[int], now: datetime) -> list[Transaction]:
    """Return holds of accounts whose time is over, the earliest first."""
    query = (
        sa.select(*_FIELDS)
        .where(
            transaction.c.account_id.in_(_with_merged(account_ids)),
            transaction.c.state == "held",
            transaction.c.hold_until <= now,
        )
        .order_by(transaction.c.hold_until, transaction.c.id)
    )
    return [as_struct(row, Transaction) for row in await tx.all(query)]


async def open_holds(tx: Tx, account_ids: Collection[int]) -> list[Transaction]:
    """Return every hold of accounts that is open."""
    query = sa.select(*_FIELDS).where(
        transaction.c.account_id.in_(_with_merged(account_ids)), transaction.c.state == "held"
    )
    return [as_struct(row, Transaction) for row in await tx.all(query.order_by(transaction.c.id))]


def _with_merged(account_ids: Collection[int]) -> sa.Select[Any]:
    ids = list(account_ids)
    return sa.select(account.c.id).where(sa.or_(account.c.id.in_(ids), account.c.heir_id.in_(ids)))


class Sums(msgspec.Struct, frozen=True):
    """What an account's open lots and holds amount to at a moment."""

    profile_id: int
    point_type_id: int
    debt: Decimal
    active: Decimal
    pending: Decimal
    lapsed: Decimal
    held: Decimal
    promised: Decimal
    #: Of holds whose time is over, though nobody has written it down yet: what comes back to wait, and by hold, the
    #: earliest first, what comes back active and what has lapsed meanwhile.
    back_pending: Decimal
    back: list[tuple[Decimal, Decimal]]


_SUMS = """
select a.profile_id, a.point_type_id, a.debt,
    coalesce(l.active, 0), coalesce(l.pending, 0), coalesce(l.lapsed, 0),
    coalesce(h.held, 0), coalesce(h.promised, 0), coalesce(b.pending, 0), coalesce(b.back, '{}')
from loyalty_account a
cross join lateral (
    select array(select a.id union all select id from loyalty_account where heir_id = a.id) ids) m
left join lateral (
    select sum(remaining) filter (where active_from <= %(now)s and (expires_at is null or expires_at > %(now)s)) active,
        sum(remaining) filter (where active_from > %(now)s and (expires_at is null or expires_at > %(now)s)) pending,
        sum(remaining) filter (where expires_at <= %(now)s) lapsed
    from loyalty_lot where account_id = a.id and remaining > 0) l on true
left join lateral (
    select sum(-change) filter (where hold_until > %(now)s) held,
        sum(amount) filter (where hold_until > %(now)s and change = 0) promised
    from loyalty_transaction where account_id = any(m.ids) and state = 'held') h on true
left join lateral (
    select sum(o.pending) pending, array_agg(array[o.active, o.lapsed] order by o.hold_until, o.id) back from (
        select t.hold_until, t.id, coalesce(sum(c.amount) filter (where l.expires_at <= %(now)s), 0) lapsed,
            coalesce(sum(c.amount) filter (
                where l.active_from <= %(now)s and (l.expires_at is null or l.expires_at > %(now)s)), 0) active,
            coalesce(sum(c.amount) filter (
                where l.active_from > %(now)s and (l.expires_at is null or l.expires_at > %(now)s)), 0) pending
        from loyalty_transaction t
        left join loyalty_consumption c on c.transaction_id = t.id
        left join loyalty_lot l on l.id = c.lot_id
        where t.account_id = any(m.ids) and t.state = 'held' and t.hold_until <= %(now)s
        group by t.hold_until, t.id) o) b on true
where a.database_id = (select database_id from loyalty_program where id = %(program)s)
    and a.program_id = %(program)s and a.profile_id = any(%(profiles)s::bigint[]) and a.heir_id is null
"""


async def sums(raw: Raw, program_id: int, profile_ids: Collection[int], now: datetime) -> list[Sums]:
    """Return what accounts of members amount to at a moment."""
    rows = await raw.execute(_SUMS, {"now": now, "program": program_id, "profiles": list(profile_ids)})
    return [Sums(*row) for row in await rows.fetchall()]


async def earned(
    raw: Raw, point_type_id: int, profile_ids: Collection[int], now: datetime, since: datetime | None
) -> dict[int, Decimal]:
    """Return what members earned, less what was taken back; points that are not active yet do not count."""
    rows = await raw.execute(
        "select a.profile_id, sum(l.amount - l.voided) from loyalty_account a"
        " join loyalty_lot l on l.account_id = a.id and l.active_from <= %(now)s"
        " and (%(since)s::timestamptz is null or l.active_from >= %(since)s)"
        " where a.point_type_id = %(type)s and a.profile_id = any(%(profiles)s::bigint[]) group by 1",
        {"now": now, "since": since, "type": point_type_id, "profiles": list(profile_ids)},
    )
    return dict(await rows.fetchall())


async def ask_earned(tx: Tx, point_type_ids: Collection[int], profile_id: int) -> Asked[dict[int, Decimal]]:
    """Ask what one member earned, by point type."""
    query = """select a.point_type_id, sum(l.amount - l.voided) from loyalty_account a
               join loyalty_lot l on l.account_id = a.id and l.active_from <= %s
               where a.point_type_id = any(%s::integer[]) and a.profile_id = %s group by 1"""
    return await tx.ask(query, (tx.now, plain_array(point_type_ids), profile_id), dict)


async def expiring(
    tx: Tx, program_id: int, profile_id: int, start: datetime, end: datetime
) -> list[tuple[int, datetime, Decimal]]:
    """Return (point type, moment, points) of what will lapse in ``[start, end)``, the soonest first."""
    query = (
        sa.select(account.c.point_type_id, lot.c.expires_at, sa.func.sum(lot.c.remaining).label("points"))
        .join(account, account.c.id == lot.c.account_id)
        .where(
            account.c.program_id == program_id,
            account.c.profile_id == profile_id,
            lot.c.remaining > 0,
            lot.c.expires_at >= start,
            lot.c.expires_at < end,
        )
        .group_by(account.c.point_type_id, lot.c.expires_at)
        .order_by(lot.c.expires_at, account.c.point_type_id)
    )
    return [(row.point_type_id, row.expires_at, row.points) for row in await tx.all(query)]


async def open_lots(tx: Tx, program_id: int, profile_id: int) -> list[Lot]:
    """Return a member's lots with something left, as they will be spent."""
    query = (
        _lots()
        .where(account.c.program_id == program_id, account.c.profile_id == profile_id, lot.c.remaining > 0)
        .order_by(sa.nulls_last(lot.c.expires_at), lot.c.active_from, lot.c.id)
    )
    return [as_struct(row, Lot) for row in await tx.all(query)]


async def moved(tx: Tx, transaction_id: UUID) -> tuple[Lot | None, list[tuple[Lot, Decimal, bool]]]:
    """Return the lot that a transaction opened, and the lots it took from (negative: put back) with how much."""
    row = await tx.first(_lots().where(lot.c.transaction_id == transaction_id))
    opened = None if row is None else as_struct(row, Lot)
    query = (
        _lots()
        .add_columns(consumption.c.amount.label("part"), consumption.c.repays)
        .join(consumption, consumption.c.lot_id == lot.c.id)
        .where(consumption.c.transaction_id == transaction_id)
        .order_by(sa.nulls_last(lot.c.expires_at), lot.c.active_from, lot.c.id)
    )
    parts = []
    for found in await tx.all(query):
        whole = msgspec.convert({name: found._mapping[name] for name in Lot.__struct_fields__}, Lot)
        parts.append((whole, found.part, found.repays))
    return opened, parts


def _lots() -> sa.Select[Any]:
    own = [lot.c[name] for name in Lot.__struct_fields__ if name not in ("point_type_id", "profile_id")]
    return sa.select(*own, account.c.point_type_id, account.c.profile_id).join(
        account, account.c.id == lot.c.account_id
    )


async def chain(tx: Tx, program_id: int, transaction_id: UUID) -> list[Transaction]:
    """Return what belongs together: hold, commit, cancel, parts taken or given back; in their order."""
    up = (
        sa.select(transaction.c.id, transaction.c.of_id)
        .where(transaction.c.id == transaction_id, transaction.c.program_id == program_id)
        .cte("up", recursive=True)
    )
    up = up.union(sa.select(transaction.c.id, transaction.c.of_id).where(transaction.c.id == up.c.of_id))
    down = sa.select(up.c.id).cte("down", recursive=True)
    down = down.union(sa.select(transaction.c.id).where(transaction.c.of_id == down.c.id))
    query = sa.select(*_FIELDS).where(transaction.c.id.in_(sa.select(down.c.id))).order_by(transaction.c.id)
    return [as_struct(row, Transaction) for row in await tx.all(query)]


def fields() -> Iterable[sa.Column[Any]]:
    """Return the columns of a :class:`Transaction`."""
    return _FIELDS


async def transactions_of(tx: Tx, program_ids: Collection[int], profile_id: int) -> list[Transaction]:
    """Return everything of a member in some programs, in the order in which it was written."""
    mine = transaction.c.program_id.in_(list(program_ids)), transaction.c.profile_id == profile_id
    return [
        as_struct(row, Transaction) for row in await tx.all(sa.select(*_FIELDS).where(*mine).order_by(transaction.c.id))
    ]
