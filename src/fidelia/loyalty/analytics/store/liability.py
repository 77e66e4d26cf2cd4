"""What members have not used yet: at the end of every step, and lot by lot at one moment, out of the ledger.

A transaction counts from its ``at``, whenever it was written. An expiry counts as the last thing before its moment, so
that points valid until the end of a day are gone at the end of that day. What has lapsed without the job having written
it down counts as lapsed; a hold that is over by time counts as over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from fidelia.platform.postgres import Tx

from .filters import among

#: When a transaction counts.
MOMENT = "(t.at - case when t.type = 'expire' then interval '1 microsecond' else interval '0' end)"
_LAPSE = "(l.expires_at - interval '1 microsecond')"
#: Redemptions on hold, and when each ended: by what was written, or by time. Takes ``program``, ``until``.
HOLDS = """
    select h.id, h.point_type_id, h.profile_id, h.at, -h.change as amount, e.at as written, h.hold_until,
        coalesce(e.at, case when h.hold_until < %(until)s then h.hold_until end) as ended
    from loyalty_transaction h
    left join lateral (
        select min(e.at) as at from loyalty_transaction e
        where e.of_id = h.id and e.type in ('commit', 'rollback', 'time_out', 'cancel')
    ) e on true
    where h.program_id = %(program)s and h.hold_until is not null and h.type = 'redeem' and h.at < %(until)s
        and h.point_type_id = any(%(types)s)
"""
_SERIES = """
with holds as materialized ({holds}), moves as (
    select t.point_type_id, {moment} as at, t.change + t.debt_change as lots, 0::numeric as held, t.debt_change as debt
    from loyalty_transaction t
    where t.program_id = %(program)s and t.point_type_id = any(%(types)s) and t.at <= %(until)s and {t_people}
    union all
    select a.point_type_id, {lapse}, -l.remaining, 0, 0
    from loyalty_lot l join loyalty_account a on a.id = l.account_id
    where l.remaining > 0 and l.expires_at <= %(until)s and a.point_type_id = any(%(types)s) and {a_people}
    union all
    select h.point_type_id, h.at, 0, h.amount, 0 from holds h where {h_people}
    union all
    select h.point_type_id, h.ended, 0, -h.amount, 0 from holds h where h.ended is not null and {h_people}
    union all
    select h.point_type_id, x.at, x.sign * c.amount, 0, 0
    from holds h join loyalty_consumption c on c.transaction_id = h.id join loyalty_lot l on l.id = c.lot_id
    cross join lateral (
        values (h.hold_until, 1),
            (greatest(h.hold_until, {lapse}), case when l.expires_at <= %(until)s then -1 else 0 end)
    ) x (at, sign)
    where h.written is null and h.ended is not null and {h_people}
)
select point_type_id, width_bucket(at, %(starts)s::timestamptz[]) as step, sum(lots), sum(held), sum(debt)
from moves where at < %(until)s group by 1, 2
"""

_LOTS = """
with holds as materialized ({holds}), since as (
    select c.lot_id, sum(c.amount) as amount from loyalty_transaction t
    join loyalty_consumption c on c.transaction_id = t.id
    where t.program_id = %(program)s and t.at >= %(until)s and {moment} >= %(until)s group by 1
), reserved as (
    select c.lot_id, sum(c.amount) filter (where h.ended is null or h.ended >= %(until)s) as held,
        sum(c.amount) filter (where h.written is null and h.ended < %(until)s) as overdue
    from holds h join loyalty_consumption c on c.transaction_id = h.id group by 1
), lots as (
    select a.point_type_id, t.at, l.active_from, l.expires_at,
        l.remaining + coalesce(s.amount, 0) + coalesce(r.overdue, 0) as rest, coalesce(r.held, 0) as held
    from loyalty_lot l join loyalty_account a on a.id = l.account_id
    join loyalty_transaction t on t.id = l.transaction_id
    left join since s on s.lot_id = l.id left join reserved r on r.lot_id = l.id
    where a.point_type_id = any(%(types)s) and t.at < %(until)s and {t_people}
        and (l.remaining > 0 or s.lot_id is not null or r.lot_id is not null)
), counted as (
    select point_type_id, at, active_from, expires_at, held,
        case when expires_at <= %(until)s then 0 else rest end as rest
    from lots
)
select point_type_id, floor(extract(epoch from %(until)s - at) / 86400)::int as days,
    (date_trunc('month', {lapse} at time zone %(zone)s))::date as month,
    coalesce(sum(rest) filter (where active_from < %(until)s), 0),
    coalesce(sum(rest) filter (where active_from >= %(until)s), 0), sum(held)
from counted l where rest <> 0 or held <> 0 group by 1, 2, 3
"""

_HISTORY = """
with lots as materialized (
    select l.id, t.point_type_id, l.amount, t.at,
        floor(extract(epoch from %(until)s - t.at) / %(month)s)::int as age
    from loyalty_transaction t join loyalty_lot l on l.transaction_id = t.id
    where t.program_id = %(program)s and t.point_type_id = any(%(types)s) and t.at < %(until)s
        and t.at >= %(until)s - interval '36 months' and {t_people}
), taken as (
    select l.point_type_id, l.age, greatest(0, floor(extract(epoch from {moment} - l.at) / %(month)s)::int) as month,
        case when not c.repays and (t.type in ('redeem', 'give_back', 'rollback', 'time_out')
            or (t.type = 'cancel' and c.amount < 0)) then 'used' else 'other' end as what, c.amount
    from loyalty_consumption c join lots l on l.id = c.lot_id join loyalty_transaction t on t.id = c.transaction_id
    where t.at <= %(until)s and {moment} < %(until)s
)
select point_type_id, age, 0 as month, 'earned', sum(amount) from lots group by 1, 2
union all
select point_type_id, age, month, what, sum(amount) from taken group by 1, 2, 3, 4
"""
_ENDED = """
select point_type_id, coalesce(sum(expired), 0), coalesce(sum(redeemed), 0) from (
    select t.point_type_id, case when t.type = 'expire' then -t.change end as expired,
        case when t.type = 'commit' then t.amount
            when t.type = 'give_back' or (t.type = 'redeem' and t.hold_until is null) then -t.change
            when t.type = 'cancel' and exists (select 1 from loyalty_transaction p
                where p.id = t.of_id and p.type = 'redeem' and p.hold_until is null) then -t.change end as redeemed
    from loyalty_transaction t
    where t.program_id = %(program)s and t.point_type_id = any(%(types)s) and t.at >= %(since)s and t.at <= %(until)s
        and t.type in ('expire', 'commit', 'redeem', 'give_back', 'cancel')
        and {moment} >= %(since)s and {moment} < %(until)s and {t_people}
    union all
    select a.point_type_id, l.remaining, null
    from loyalty_lot l join loyalty_account a on a.id = l.account_id
    where l.remaining > 0 and l.expires_at > %(since)s and l.expires_at <= %(until)s
        and a.point_type_id = any(%(types)s) and {a_people}
) x group by 1
"""
#: How long a month of age is, in seconds: a year's twelfth.
MONTH_SECONDS = 365.25 * 86400 / 12


class Moved(msgspec.Struct, frozen=True):
    """By how much what is left in lots, held by open redemptions and owed by members changed; step 0 is all before."""

    type_id: int
    step: int
    lots: Decimal
    held: Decimal
    debt: Decimal


class Left(msgspec.Struct, frozen=True):
    """What is left of lots of one age in days that lapse in one month (its first day, null: never)."""

    type_id: int
    days: int
    month: date | None
    active: Decimal
    pending: Decimal
    held: Decimal


class Aged(msgspec.Struct, frozen=True):
    """Points of lots that are ``age`` months old: ``earned``, or ``used`` or otherwise gone in a month of their age."""

    type_id: int
    age: int
    month: int
    what: str
    amount: Decimal


async def series(tx: Tx, values: Mapping[str, Any]) -> list[Moved]:
    """Return what changed in each step of a period, and before it; ``values`` are those of ``Asked.filters``."""
    return [Moved(*row) for row in await _rows(tx, _SERIES, values)]


async def lots(tx: Tx, values: Mapping[str, Any], zone: str) -> list[Left]:
    """Return what is left in lots just before ``until``, by point type, age and month of expiry."""
    return [Left(*row) for row in await _rows(tx, _LOTS, {**values, "zone": zone})]


async def history(tx: Tx, values: Mapping[str, Any]) -> list[Aged]:
    """Return what became of the points of the last three years, by the age of their lots."""
    return [Aged(*row) for row in await _rows(tx, _HISTORY, {**values, "month": MONTH_SECONDS})]


async def ended(tx: Tx, values: Mapping[str, Any]) -> dict[int, tuple[Decimal, Decimal]]:
    """Return by point type how many points expired between ``since`` and ``until``, and were redeemed for good."""
    return {row[0]: (row[1], row[2]) for row in await _rows(tx, _ENDED, values)}


async def _rows(tx: Tx, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    narrow = (values["level"], values["people"])
    text = query.format(
        holds=HOLDS,
        moment=MOMENT,
        lapse=_LAPSE,
        t_people=among("t.profile_id", *narrow),
        a_people=among("a.profile_id", *narrow),
        h_people=among("h.profile_id", *narrow),
    )
    raw = await tx.raw()
    cursor = await raw.execute(text.encode(), values)
    return await cursor.fetchall()
