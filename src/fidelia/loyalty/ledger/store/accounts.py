"""Accounts and lots, locked and read into the shapes that the rules work on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from fidelia.platform.cursors import plain_array
from fidelia.platform.postgres import Asked, Tx

from ..rules.book import AccountState, LotState

Raw = psycopg.AsyncConnection[Any]
#: (point type, profile)
Key = tuple[int, int]

_LOT = "id, account_id, transaction_id, amount, remaining, active_from, expires_at, voided, claimed, lapsed, waiting"


async def account_ids(raw: Raw, keys: Collection[Key]) -> dict[Key, int]:
    """Return the accounts that exist."""
    rows = await raw.execute(
        "select a.point_type_id, a.profile_id, coalesce(a.heir_id, a.id)"
        " from unnest(%s::integer[], %s::bigint[]) k (point_type_id, profile_id)"
        " join loyalty_account a using (point_type_id, profile_id)",
        ([k[0] for k in keys], [k[1] for k in keys]),
    )
    return {(r[0], r[1]): r[2] for r in await rows.fetchall()}


async def open_accounts(raw: Raw, database_id: int, program_id: int, keys: Collection[Key], now: datetime) -> None:
    """Open accounts that are not there yet; somebody else may do the same at this moment."""
    wanted = sorted(keys)
    await raw.execute(
        "insert into loyalty_account (database_id, program_id, point_type_id, profile_id, created_at, updated_at)"
        " select %s, %s, k.point_type_id, k.profile_id, %s, %s"
        " from unnest(%s::integer[], %s::bigint[]) k (point_type_id, profile_id)"
        " order by k.point_type_id, k.profile_id on conflict (point_type_id, profile_id) do nothing",
        (database_id, program_id, now, now, [k[0] for k in wanted], [k[1] for k in wanted]),
    )


async def lock(raw: Raw, ids: Iterable[int]) -> dict[int, tuple[AccountState, int | None]]:
    """Lock accounts in the order of their ids and return them with their lots, and the heir of those merged away."""
    wanted = sorted(set(ids))
    rows = await raw.execute(
        "select id, database_id, program_id, point_type_id, profile_id, balance, debt, seq, heir_id"
        " from loyalty_account where id = any(%s::bigint[]) order by id for update",
        (wanted,),
    )
    found = {r[0]: (AccountState(*r[:8]), r[8]) for r in await rows.fetchall()}
    lots = await raw.execute(
        f"select {_LOT} from loyalty_lot where account_id = any(%s::bigint[]) and remaining > 0", (wanted,)
    )
    for row in await lots.fetchall():
        lot = LotState(*row)
        found[lot.account_id][0].lots[lot.id] = lot
    return found


_LOCK_PURSE = """
select id, database_id, program_id, point_type_id, profile_id, balance, debt, seq, heir_id from loyalty_account
where point_type_id = any(%s::integer[]) and profile_id = %s order by id for update
"""
_LOTS_OF_PURSE = f"""
with mine as materialized (
    select id from loyalty_account where point_type_id = any(%(types)s::integer[]) and profile_id = %(profile)s)
select o.overdue, l.* from (select exists (
    select 1 from loyalty_transaction t where t.state = 'held' and t.hold_until <= %(now)s and t.account_id in (
        select id from mine union all select a.id from loyalty_account a join mine on a.heir_id = mine.id)) overdue) o
left join lateral (
    select {", ".join(f"l.{name}" for name in _LOT.split(", "))} from mine
    join loyalty_lot l on l.account_id = mine.id where l.remaining > 0) l on true
"""


async def ask_purse(
    tx: Tx, types: Collection[int], profile_id: int
) -> tuple[Asked[dict[int, tuple[AccountState, int | None]]], Asked[tuple[bool, list[LotState]]]]:
    """Lock somebody's accounts of some point types in the order of their ids, and ask for their lots.

    The answers are the accounts with their heirs, and the lots with whether holds are overdue.
    """
    accounts = await tx.ask(
        _LOCK_PURSE, (plain_array(types), profile_id), lambda rows: {r[0]: (AccountState(*r[:8]), r[8]) for r in rows}
    )
    given = {"types": plain_array(types), "profile": profile_id, "now": tx.now}
    lots = await tx.ask(
        _LOTS_OF_PURSE, given, lambda rows: (rows[0][0], [LotState(*r[1:]) for r in rows if r[1] is not None])
    )
    return accounts, lots


_VIEW = """
with mine as materialized (
    select id, point_type_id, debt from loyalty_account
    where point_type_id = any(%(types)s::integer[]) and profile_id = %(profile)s and heir_id is null)
select o.overdue, m.point_type_id, m.debt, l.remaining, l.active_from, l.expires_at from (select exists (
    select 1 from loyalty_transaction t where t.state = 'held' and t.hold_until <= %(now)s and t.account_id in (
        select id from mine union all select a.id from loyalty_account a join mine on a.heir_id = mine.id)) overdue) o
left join mine m on true
left join lateral (select * from loyalty_lot l where l.account_id = m.id and l.remaining > 0) l on true
"""


class Held(NamedTuple):
    """What is in an account, or in one lot of it: the debt of the whole account, and a lot if there is one."""

    point_type_id: int
    debt: Decimal
    remaining: Decimal | None
    active_from: datetime | None
    expires_at: datetime | None


async def ask_view(tx: Tx, types: Collection[int], profile_id: int) -> Asked[tuple[bool, list[Held]]]:
    """Ask what is in somebody's accounts without locking them, and whether they have holds whose time is over."""
    given = {"types": plain_array(types), "profile": profile_id, "now": tx.now}
    return await tx.ask(_VIEW, given, lambda rows: (rows[0][0], [Held(*row[1:]) for row in rows if row[1] is not None]))


async def ask_opened(
    tx: Tx, database_id: int, program_id: int, types: Collection[int], profile_id: int
) -> Asked[list[AccountState]]:
    """Open somebody's accounts that are not there yet, and lock them in the order of their ids."""
    await open_accounts(await tx.raw(), database_id, program_id, [(type_id, profile_id) for type_id in types], tx.now)
    return await tx.ask(
        _LOCK_PURSE, (plain_array(types), profile_id), lambda rows: [AccountState(*row[:8]) for row in rows]
    )


async def ask_lot_ids(tx: Tx, count: int) -> Asked[list[int]]:
    """Ask for ids for lots that are to be opened."""
    query = "select nextval(pg_get_serial_sequence('loyalty_lot', 'id')) from generate_series(1, %s)"
    return await tx.ask(query, (count,), lambda rows: [row[0] for row in rows])


async def lots_of(raw: Raw, transactions: Collection[UUID]) -> dict[UUID, LotState]:
    """Return the lots that transactions opened, spent or not."""
    rows = await raw.execute(
        f"select {_LOT} from loyalty_lot where transaction_id = any(%s::uuid[])", (list(transactions),)
    )
    return {lot.transaction_id: lot for lot in (LotState(*r) for r in await rows.fetchall())}


async def lots(raw: Raw, ids: Collection[int]) -> dict[int, LotState]:
    """Return lots by id, spent or not."""
    rows = await raw.execute(f"select {_LOT} from loyalty_lot where id = any(%s::bigint[])", (list(ids),))
    return {lot.id: lot for lot in (LotState(*r) for r in await rows.fetchall())}


async def new_lot_ids(raw: Raw, count: int) -> list[int]:
    """Return ids for lots that are to be opened."""
    if not count:
        return []
    rows = await raw.execute(
        "select nextval(pg_get_serial_sequence('loyalty_lot', 'id')) from generate_series(1, %s)", (count,)
    )
    return [r[0] for r in await rows.fetchall()]


async def moves(raw: Raw, transactions: Collection[UUID]) -> dict[UUID, dict[int, Any]]:
    """Return what is still taken out of which lot by transactions, after what was put back because of them."""
    rows = await raw.execute(
        "select x.of_id, x.lot_id, sum(x.amount) from ("
        " select c.transaction_id as of_id, c.lot_id, c.amount from loyalty_consumption c"
        " where c.transaction_id = any(%(ids)s::uuid[]) and not c.repays"
        " union all"
        " select t.of_id, c.lot_id, c.amount from loyalty_transaction t"
        " join loyalty_consumption c on c.transaction_id = t.id"
        " where t.of_id = any(%(ids)s::uuid[]) and t.type in ('give_back', 'rollback', 'time_out', 'cancel')"
        " and not c.repays) x group by 1, 2 having sum(x.amount) > 0",
        {"ids": list(transactions)},
    )
    found: dict[UUID, dict[int, Any]] = {}
    for of_id, lot_id, amount in await rows.fetchall():
        found.setdefault(of_id, {})[lot_id] = amount
    return found


async def heirs(raw: Raw, ids: Collection[int]) -> dict[int, int]:
    """Return the account that each account's points are in now: itself, or its heir."""
    rows = await raw.execute(
        "select id, coalesce(heir_id, id) from loyalty_account where id = any(%s::bigint[])", (list(ids),)
    )
    return dict(await rows.fetchall())
