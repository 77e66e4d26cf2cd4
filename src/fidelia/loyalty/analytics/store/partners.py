"""What partners' goods earned and were paid with: by partner, point type and step."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from fidelia.platform.postgres import Tx

from .filters import among

_LINES = """
    select k.partner_id, k.share, k.calculation_id, k.line, o.id as order_id, c.accrued_at,
        o.currency, l.total - l.refunded as revenue, width_bucket(o.placed_at, %(starts)s::timestamptz[]) as step
    from sales_order o join order_calculation c on c.order_id = o.id
    join order_partner k on k.calculation_id = c.id
    join order_line l on l.order_id = o.id and l.line = k.line
    where c.program_id = %(program)s and o.database_id = %(database)s
        and o.placed_at >= %(since)s and o.placed_at < %(until)s and o.status not in ('cancelled', 'refunded')
        and (%(channel)s::text is null or o.channel = %(channel)s)
        and (%(region)s::int is null or o.region_id = %(region)s) and {people}
"""
_SALES = """
with lines as ({lines})
select partner_id, step, currency, count(distinct order_id), count(*), sum(revenue) from lines group by 1, 2, 3
"""
# Points of a line are its share of what the order earned; where a limit let less in, so much less of each line.
_POINTS = """
with lines as materialized ({lines}), parts as (
    select s.*, l.partner_id, l.share, l.step, l.accrued_at
    from lines l join order_share s on s.calculation_id = l.calculation_id and s.line = l.line
    where s.what in ('accrue', 'redeem') and s.point_type_id = any(%(types)s)
)
select p.partner_id, p.point_type_id, p.step, p.what,
    sum((p.amount - p.returned) * coalesce(e.part, 1)),
    sum((p.amount - p.returned) * coalesce(e.part, 1) * p.share / 100)
from parts p left join lateral (
    select least(1, e.amount / nullif(sum(w.amount), 0)) as part
    from order_entry e join order_share w on w.calculation_id = e.calculation_id and w.what = 'accrue'
        and w.promotion_id = e.promotion_id and w.point_type_id = e.point_type_id
    where p.what = 'accrue' and e.calculation_id = p.calculation_id and e.what = 'accrue'
        and e.promotion_id = p.promotion_id and e.point_type_id = p.point_type_id
    group by e.transaction_id, e.amount order by e.transaction_id limit 1
) e on true
where p.what = 'redeem' or p.accrued_at is not null group by 1, 2, 3, 4
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
    cursor = await raw.execute(query.format(lines=_LINES.format(people=people)).encode(), values)
    return await cursor.fetchall()
