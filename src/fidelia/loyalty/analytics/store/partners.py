"""What partners' goods earned and were paid with: by partner, point type and step."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from fidelia.platform.postgres import Tx

from .filters import among

_ORDERS = """
    from sales_order o join order_calculation c on c.order_id = o.id
    join order_partner k on k.calculation_id = c.id
"""
_AMONG = """
    where c.program_id = %(program)s and o.database_id = %(database)s
        and o.placed_at >= %(since)s and o.placed_at < %(until)s and o.status not in ('cancelled', 'refunded')
        and (%(channel)s::text is null or o.channel = %(channel)s)
        and (%(region)s::int is null or o.region_id = %(region)s) and {people}
"""
_STEP = "width_bucket(o.placed_at, %(starts)s::timestamptz[])"
_SALES = f"""
select k.partner_id, {_STEP} as step, o.currency, count(distinct o.id), count(*), sum(l.total - l.refunded)
{_ORDERS} join order_line l on l.order_id = o.id and l.line = k.line {_AMONG}
group by 1, 2, 3
"""
# Points of a line are its share of what the order earned; where a limit let less in, so much less of each line. Nothing
# is put down in between, so that several processes join and add up; few lines are cut, so few amounts are divided.
_POINTS = f"""
select partner_id, point_type_id, step, what, sum(points), sum(points * share) / 100 from (
    select k.partner_id, k.share, {_STEP} as step, s.point_type_id, s.what,
        case when e.amount < u.points then (s.amount - s.returned) * (e.amount / u.points) else s.amount - s.returned
        end as points
    {_ORDERS} join order_share s on s.calculation_id = k.calculation_id and s.line = k.line
    left join order_entry e on e.calculation_id = s.calculation_id and e.what = s.what and s.what = 'accrue'
        and e.promotion_id = s.promotion_id and e.point_type_id = s.point_type_id
    left join order_use u on u.calculation_id = e.calculation_id and u.promotion_id = e.promotion_id
    {_AMONG} and s.point_type_id = any(%(types)s)
        and (s.what = 'redeem' or (s.what = 'accrue' and c.accrued_at is not null))
) parts group by 1, 2, 3, 4
"""


class Sales(msgspec.Struct, frozen=True):
    """A partner's goods sold in a step and currency."""

    partner_id: int
    step: int
    currency: str
    orders: int
    lines: int
    revenue: Decimal


class Points(msgspec.Struct, frozen=True):
    """Points of a partner's goods: earned (``accrue``) or paid with (``redeem``); ``funded`` is the partner's part."""

    partner_id: int
    type_id: int
    step: int
    what: str
    points: Decimal
    funded: Decimal


async def sales(tx: Tx, values: Mapping[str, Any]) -> list[Sales]:
    """Return what partners sold; ``values`` are those of ``Asked.filters``."""
    return [Sales(*row) for row in await _rows(tx, _SALES, values)]


async def points(tx: Tx, values: Mapping[str, Any]) -> list[Points]:
    """Return the points of what partners sold."""
    return [Points(*row) for row in await _rows(tx, _POINTS, values)]


async def _rows(tx: Tx, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    people = among("o.profile_id", values["level"], values["people"])
    raw = await tx.raw()
    cursor = await raw.execute(query.format(people=people).encode(), values)
    return await cursor.fetchall()
