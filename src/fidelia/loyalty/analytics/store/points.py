"""Points that moved, out of the ledger: by step, cause, promotion, channel, region and level, in one reading.

When a transaction counts is told in ``liability``. Transactions between accounts of people who were merged cancel each
other out and are left out; a hold counts as redeemed when it is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import msgspec

from fidelia.platform.postgres import Tx

from .filters import among
from .liability import MOMENT

Dimension = Literal["step", "cause", "promotion", "channel", "region", "level"]
What = Literal["accrued", "redeemed", "given_back", "expired", "taken_back", "adjusted"]

# What moved; p is what a transaction ends, undoes or lets expire: an expiry is told by what was accrued.
_WHAT = """
    case
        when t.type in ('accrual', 'initial') then 'accrued'
        when t.type = 'redeem' then case when t.hold_until is null then 'redeemed' end
        when t.type = 'commit' then case when p.type = 'redeem' then 'redeemed' end
        when t.type = 'give_back' then 'given_back'
        when t.type = 'expire' then 'expired'
        when t.type = 'take_back' then 'taken_back'
        when t.type in ('adjust', 'reset') then 'adjusted'
        when t.type = 'cancel' and p.type in ('adjust', 'reset') then 'adjusted'
        when t.type = 'cancel' and p.type = 'redeem' then case when p.hold_until is null or exists (
            select 1 from loyalty_transaction c where c.of_id = p.id and c.type = 'commit') then 'given_back' end
        when t.type = 'cancel' then 'taken_back'
    end
"""
_POINTS = """
    case when t.type = 'commit' then t.amount
        when t.type in ('redeem', 'expire', 'take_back') then -t.change
        when t.type = 'cancel' and p.type in ('accrual', 'initial') then -t.change
        else t.change end
"""
_CAUSE = """
    case when o.promotion_id is not null then 'promotion'
        when o.source_type = 'order' then 'order'
        when o.source_type = 'registration' then 'registration'
        when o.source_type = 'manual' or o.by_key like 'user:%%' or o.by_key = 'cli' then 'hand'
        when o.by_key like 'token:%%' then 'api'
        else 'system' end
"""
# The id of an order; callers may write anything under the word "order".
_ORDER = "case when {0}.source_type = 'order' and {0}.source_id ~ '^[0-9]{{1,18}}$' then {0}.source_id::bigint end"
_FLOWS = """
with said as materialized (
    select t.point_type_id, t.profile_id, {moment} as at, {what} as what, {points} as points,
        {cause} as cause, o.promotion_id, {order} as order_id
    from loyalty_transaction t
    left join loyalty_transaction p on p.id = t.of_id and t.type in ('expire', 'cancel', 'commit')
    cross join lateral (
        select case when t.type = 'expire' and p.id is not null then p.promotion_id else t.promotion_id end,
            case when t.type = 'expire' and p.id is not null then p.source_type else t.source_type end,
            case when t.type = 'expire' and p.id is not null then p.source_id else t.source_id end,
            case when t.type = 'expire' and p.id is not null then p.by_key else t.by_key end
    ) o (promotion_id, source_type, source_id, by_key)
    where t.program_id = %(program)s and t.point_type_id = any(%(types)s)
        and t.at >= %(since)s and t.at <= %(until)s and {moment} >= %(since)s and {moment} < %(until)s
        and t.type not in ('merge_in', 'merge_out', 'rollback', 'time_out') and {t_people}
    union all
    select o.point_type_id, o.profile_id, l.expires_at - interval '1 microsecond', 'expired', l.remaining,
        {cause}, o.promotion_id, {order}
    from loyalty_lot l join loyalty_transaction o on o.id = l.transaction_id
    where l.remaining > 0 and l.expires_at > %(since)s and l.expires_at <= %(until)s
        and o.program_id = %(program)s and o.point_type_id = any(%(types)s) and {o_people}
), moved as materialized (
    select s.point_type_id, s.profile_id, width_bucket(s.at, %(starts)s::timestamptz[]) as step, s.what, s.points,
        s.cause, s.promotion_id, coalesce(d.channel, '') as channel, coalesce(r.external_id, '') as region
    from said s left join sales_order d on d.id = s.order_id and d.database_id = %(database)s
    left join market_region r on r.id = d.region_id
    where s.what is not null and s.points <> 0
        and (%(promotion)s::int is null or s.promotion_id = %(promotion)s)
        and (%(channel)s::text is null or d.channel = %(channel)s)
        and (%(region)s::int is null or d.region_id = %(region)s)
), levels as (
    select distinct on (m.group_id, m.profile_id) m.profile_id, m.to_id from loyalty_level_move m
    join loyalty_level_group g on g.id = m.group_id
    where g.program_id = %(program)s and m.at < %(until)s order by m.group_id, m.profile_id, m.at desc, m.id desc
)
select case when not grouping(step)::boolean then 'step' when not grouping(cause)::boolean then 'cause'
        when not grouping(promotion_id)::boolean then 'promotion' when not grouping(channel)::boolean then 'channel'
        else 'region' end,
    point_type_id, what, coalesce(step::text, cause, promotion_id::text, channel, region, ''), sum(points)
from moved group by grouping sets (
    (point_type_id, what, step), (point_type_id, what, cause), (point_type_id, what, promotion_id),
    (point_type_id, what, channel), (point_type_id, what, region)
)
union all
select 'level', m.point_type_id, m.what, coalesce(l.to_id::text, ''), sum(m.points)
from (select point_type_id, profile_id, what, sum(points) as points from moved group by 1, 2, 3) m
join levels l on l.profile_id = m.profile_id group by 2, 3, 4
"""


class Flow(msgspec.Struct, frozen=True):
    """Points of a type that moved in one way, by a value of one dimension (``''``: none)."""

    dimension: Dimension
    type_id: int
    what: What
    key: str
    points: Decimal


async def flows(tx: Tx, values: Mapping[str, Any]) -> list[Flow]:
    """Return what moved in a period; ``values`` are those of ``Asked.filters``."""
    narrow = (values["level"], values["people"])
    query = _FLOWS.format(
        moment=MOMENT,
        what=_WHAT,
        points=_POINTS,
        cause=_CAUSE,
        order=_ORDER.format("o"),
        t_people=among("t.profile_id", *narrow),
        o_people=among("o.profile_id", *narrow),
    )
    raw = await tx.raw()
    cursor = await raw.execute(query.encode(), values)
    return [Flow(*row) for row in await cursor.fetchall()]
