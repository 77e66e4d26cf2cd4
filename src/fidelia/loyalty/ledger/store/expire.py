"""What lapses and what becomes active, in sets of many thousands: PostgreSQL does the work, chunk by chunk.

A chunk takes lots in the order of their ends, locks their accounts in the order of ids, and writes one ``expire``
transaction for each lapsed lot of those accounts. Nothing remains in a lot that has been through here, so a job that
was killed goes on where it was. Accounts that owe something are left to the rules, which pay debts out of what lapses.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from pyroaring import BitMap

Raw = psycopg.AsyncConnection[Any]


class Lapsed(msgspec.Struct, frozen=True):
    """Lots of a database that were written off, and whose they were."""

    database_id: int
    profiles: list[int]
    lots: list[int]


class Activated(msgspec.Struct, frozen=True):
    """A lot whose points can be spent from now on."""

    database_id: int
    point_type_id: int
    profile_id: int
    lot_id: int
    remaining: Decimal
    at: datetime


# The accounts are locked, so no other transaction touches them or their lots: rows are found again by their place
# (ctid), without an index. Events are made here as well: a line of JSON each, as ``outbox.encode_line`` writes it.
_EXPIRE = """
with mine as materialized (
    select ctid as place, id, database_id, program_id, point_type_id, profile_id, seq, balance
    from loyalty_account where id = any(%(accounts)s::bigint[])
), due as materialized (
    select l.ctid as place, l.id, l.account_id, l.transaction_id, l.remaining, l.expires_at,
        sum(l.remaining) over w as upto, row_number() over w as number
    from loyalty_lot l
    where l.account_id = any(%(accounts)s::bigint[]) and l.remaining > 0 and l.expires_at <= %(now)s
    window w as (partition by l.account_id order by l.expires_at, l.active_from, l.id)
), written as materialized (
    select uuidv7(%(now)s::timestamptz - clock_timestamp()) as id, d.id as lot_id, d.account_id,
        d.transaction_id, d.remaining, d.expires_at, a.database_id, a.program_id, a.point_type_id, a.profile_id,
        a.seq + d.number as seq, a.balance - d.upto as after
    from due d join mine a on a.id = d.account_id
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
    from due d where l.ctid = d.place
), settled as (
    update loyalty_account a set balance = a.balance - s.lost, seq = a.seq + s.number, updated_at = %(now)s
    from (select m.place, sum(d.remaining) lost, count(*) number from due d join mine m on m.id = d.account_id
        group by 1) s
    where a.ctid = s.place
), told as (
    insert into event_inbox (database_id, rows, payload)
    select w.database_id, count(*), string_agg(
        '{"type":"loyalty.expired","profile":' || w.profile_id
        || ',"at":"' || to_char(w.expires_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')
        || '","id":"loyalty.expired:' || w.id || '","props":{"program":' || w.program_id || ',"points":' || w.name
        || ',"amount":' || to_char(w.remaining, 'FM99999999999990.0999')
        || ',"transaction":"' || w.id || '"}}', chr(10))
    from (select written.*, kind.name, row_number() over () / %(lines)s as part
        from written join unnest(%(types)s::integer[], %(names)s::text[]) kind (type, name)
            on kind.type = written.point_type_id
        where profile_id > 0) w group by w.database_id, w.part
)
select database_id, array_agg(profile_id), array_agg(lot_id) from written group by 1
"""
_LINES = 10_000  # events in a row of the inbox: 2.5 MB
# Both sides of every join are as large as the chunk and come in the order of accounts; what PostgreSQL knows of arrays
# and places makes it read whole tables instead.


async def due_accounts(raw: Raw, now: datetime, lots: int, lane: int = 0, lanes: int = 1) -> list[int]:
    """Return the accounts of the lots that lapsed first, of one of several lanes that share no account."""
    rows = await raw.execute(
        "select distinct account_id from (select account_id from loyalty_lot"
        " where remaining > 0 and expires_at <= %s and account_id %% %s = %s order by expires_at limit %s) x",
        (now, lanes, lane, lots),
    )
    return [r[0] for r in await rows.fetchall()]


async def types(raw: Raw, accounts: Sequence[int]) -> set[tuple[int, int]]:
    """Return the (program, point type) of accounts."""
    rows = await raw.execute(
        "select distinct program_id, point_type_id from loyalty_account where id = any(%s::bigint[])", (list(accounts),)
    )
    return set(await rows.fetchall())


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


async def expire(
    raw: Raw, accounts: Sequence[int], names: Mapping[int, str], now: datetime, name: str, key: str
) -> list[Lapsed]:
    """Write off every lapsed lot of locked accounts that owe nothing, and tell; ``names`` are keys of point types."""
    values = {
        "accounts": sorted(accounts),
        "now": now,
        "name": name,
        "key": key,
        "types": list(names),
        "names": [msgspec.json.encode(text).decode() for text in names.values()],
        "lines": _LINES,
    }
    rows = await raw.execute(_EXPIRE, values)
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
