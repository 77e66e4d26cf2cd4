"""What lapses and what becomes active, in sets of many thousands: PostgreSQL does the work, chunk by chunk.

A chunk takes lots in the order of their ends, locks their accounts in the order of ids, and writes one ``expire``
transaction for each lapsed lot of those accounts. Nothing remains in a lot that has been through here, so a job that
was killed goes on where it was. Accounts that owe something are left to the rules, which pay debts out of what lapses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from pyroaring import BitMap

Raw = psycopg.AsyncConnection[Any]


class Lapsed(msgspec.Struct, frozen=True):
    """A lot that was written off."""

    transaction_id: UUID
    database_id: int
    program_id: int
    point_type_id: int
    profile_id: int
    lot_id: int
    amount: Decimal
    at: datetime


class Activated(msgspec.Struct, frozen=True):
    """A lot whose points can be spent from now on."""

    database_id: int
    point_type_id: int
    profile_id: int
    lot_id: int
    remaining: Decimal
    at: datetime


_EXPIRE = """
with due as materialized (
    select l.id, l.account_id, l.transaction_id, l.remaining, l.expires_at,
        sum(l.remaining) over w as upto, row_number() over w as number
    from loyalty_lot l
    where l.account_id = any(%(accounts)s::bigint[]) and l.remaining > 0 and l.expires_at <= %(now)s
    window w as (partition by l.account_id order by l.expires_at, l.active_from, l.id)
), written as materialized (
    select uuidv7(%(now)s::timestamptz - clock_timestamp()) as id, d.id as lot_id, d.account_id,
        d.transaction_id, d.remaining, d.expires_at, a.database_id, a.program_id, a.point_type_id, a.profile_id,
        a.seq + d.number as seq, a.balance - d.upto as after
    from due d join loyalty_account a on a.id = d.account_id
), entered as (
    insert into loyalty_transaction (id, program_id, account_id, point_type_id, profile_id, seq, type, state, amount,
        change, balance_before, balance_after, of_id, by_name, by_key, at, created_at)
    select id, program_id, account_id, point_type_id, profile_id, seq, 'expire', 'final', remaining,
        -remaining, after + remaining, after, transaction_id, %(name)s, %(key)s, expires_at, %(now)s
    from written
), taken as (
    insert into loyalty_consumption (transaction_id, lot_id, amount) select id, lot_id, remaining from written
), emptied as (
    update loyalty_lot l set lapsed = l.lapsed + l.remaining, remaining = 0, version = l.version + 1
    from due d where l.id = d.id
), settled as (
    update loyalty_account a set balance = a.balance - s.lost, seq = a.seq + s.number, updated_at = %(now)s
    from (select account_id, sum(remaining) lost, count(*) number from due group by 1) s where a.id = s.account_id
)
select id, database_id, program_id, point_type_id, profile_id, lot_id, remaining, expires_at from written
"""


async def due_accounts(raw: Raw, now: datetime, lots: int) -> list[int]:
    """Return the accounts of the lots that lapsed first."""
    rows = await raw.execute(
        "select distinct account_id from (select account_id from loyalty_lot"
        " where remaining > 0 and expires_at <= %s order by expires_at limit %s) x",
        (now, lots),
    )
    return [r[0] for r in await rows.fetchall()]


async def lock_accounts(raw: Raw, ids: Sequence[int]) -> tuple[list[int], dict[int, list[int]]]:
    """Lock accounts in the order of their ids; return those that owe nothing, and the others by program."""
    rows = await raw.execute(
        "select id, program_id, debt > 0 from loyalty_account where id = any(%s::bigint[]) order by id for update",
        (sorted(ids),),
    )
    plain: list[int] = []
    owing: dict[int, list[int]] = {}
    for id_, program_id, owes in await rows.fetchall():
        if owes:
            owing.setdefault(program_id, []).append(id_)
        else:
            plain.append(id_)
    return plain, owing


async def expire(raw: Raw, accounts: Sequence[int], now: datetime, name: str, key: str) -> list[Lapsed]:
    """Write off every lapsed lot of locked accounts that owe nothing."""
    rows = await raw.execute(_EXPIRE, {"accounts": list(accounts), "now": now, "name": name, "key": key})
    return [Lapsed(*row) for row in await rows.fetchall()]


async def becoming_active(raw: Raw, now: datetime, limit: int) -> dict[int, BitMap]:
    """Return whose lots have become active, by program."""
    rows = await raw.execute(
        "select distinct a.program_id, a.profile_id from (select account_id from loyalty_lot"
        " where waiting and active_from <= %s order by active_from limit %s) l"
        " join loyalty_account a on a.id = l.account_id",
        (now, limit),
    )
    found: dict[int, BitMap] = {}
    for program_id, profile_id in await rows.fetchall():
        found.setdefault(program_id, BitMap()).add(profile_id)
    return found


async def activate(raw: Raw, program_id: int, profile_ids: Collection[int], now: datetime) -> list[Activated]:
    """Lock accounts in the order of their ids and mark their lots whose time to be spent has come."""
    cursor = await raw.execute(
        "select id from loyalty_account where program_id = %s and profile_id = any(%s::bigint[])"
        " order by id for update",
        (program_id, list(profile_ids)),
    )
    ids = [r[0] for r in await cursor.fetchall()]
    rows = await raw.execute(
        "update loyalty_lot l set waiting = false, version = l.version + 1 from loyalty_account a"
        " where a.id = any(%s::bigint[]) and l.account_id = a.id and l.waiting and l.active_from <= %s"
        " returning a.database_id, a.point_type_id, a.profile_id, l.id, l.remaining, l.active_from",
        (ids, now),
    )
    return [Activated(*row) for row in await rows.fetchall()]


async def overdue(raw: Raw, now: datetime, limit: int) -> dict[int, set[int]]:
    """Return the accounts whose holds are over, by program, the earliest first."""
    rows = await raw.execute(
        "select t.program_id, coalesce(a.heir_id, a.id) from loyalty_transaction t"
        " join loyalty_account a on a.id = t.account_id"
        " where t.state = 'held' and t.hold_until <= %s order by t.hold_until limit %s",
        (now, limit),
    )
    found: dict[int, set[int]] = {}
    for program_id, account_id in await rows.fetchall():
        found.setdefault(program_id, set()).add(account_id)
    return found
