"""Orders of a period, by promotion and by whether the buyer was a member then. Cancelled and returned ones are none."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from .filters import among
from .members import MEMBER

_ORDERS = """
    select o.id, o.profile_id, o.placed_at, o.total - o.refunded as revenue, o.line_count as lines,
        width_bucket(o.placed_at, %(starts)s::timestamptz[]) as step
    from sales_order o
    where o.database_id = %(database)s and o.placed_at >= %(since)s and o.placed_at < %(until)s
        and o.status not in ('cancelled', 'refunded') and o.currency = %(currency)s
        and (%(channel)s::text is null or o.channel = %(channel)s)
        and (%(region)s::int is null or o.region_id = %(region)s) and {people}
"""
# Rows with a promotion are its orders; those without one are all orders, by whether any promotion was used, and in all.
_PROMOTIONS = """
with orders as materialized ({orders}), used as materialized (
    select o.id, o.profile_id, o.step, o.revenue, o.lines, u.promotion_id, u.money - u.returned_money as discount
    from orders o join order_calculation c on c.order_id = o.id join order_use u on u.calculation_id = c.id
    where c.program_id = %(program)s and u.uses > u.returned_uses
), given as (select id, sum(discount) as discount from used group by 1)
select promotion_id, null::boolean, coalesce(step, 0), count(*), count(distinct profile_id), sum(revenue),
    sum(lines)::bigint, sum(discount)
from used where %(promotion)s::int is null or promotion_id = %(promotion)s
group by grouping sets ((promotion_id, step), (promotion_id))
union all
select null, given.id is not null, coalesce(step, 0), count(*), count(distinct o.profile_id),
    coalesce(sum(revenue), 0), coalesce(sum(lines), 0)::bigint, coalesce(sum(given.discount), 0)
from orders o left join given on given.id = o.id
group by grouping sets ((given.id is not null, step), (given.id is not null), ())
"""
_BUYERS = """
with orders as materialized ({orders}), told as materialized (
    select o.*, m.profile_id is not null and {member} as member
    from orders o left join loyalty_member m on m.program_id = %(program)s and m.profile_id = o.profile_id
), often as (
    select member, count(*) filter (where orders > 1) as repeated from (
        select coalesce(member, false) as member, profile_id, count(*) as orders from told group by 1, 2
    ) x group by 1
)
select t.member, t.step, t.orders, t.buyers, t.revenue, t.lines, coalesce(f.repeated, 0)
from (
    select coalesce(member, false) as member, coalesce(step, 0) as step, count(*) as orders,
        count(distinct profile_id) as buyers, sum(revenue) as revenue, sum(lines)::bigint as lines
    from told group by grouping sets ((coalesce(member, false), step), (coalesce(member, false)))
) t left join often f on f.member = t.member and t.step = 0
"""
_CURRENCIES = """
select o.currency, count(*) from sales_order o
where o.database_id = :database and o.placed_at >= :since and o.placed_at < :until
    and o.status not in ('cancelled', 'refunded') group by 1 order by 2 desc, 1
"""


class Sums(msgspec.Struct, frozen=True):
    """Orders of a step (0: of the whole period), of a promotion or of all, by whether they used any (null: in all)."""

    promotion_id: int | None
    used: bool | None
    step: int
    orders: int
    buyers: int | None
    revenue: Decimal
    lines: int
    discount: Decimal


class Bought(msgspec.Struct, frozen=True):
    """Orders of members or others in a step (0: the whole period); ``repeated`` buyers placed more than one."""

    member: bool
    step: int
    orders: int
    buyers: int
    revenue: Decimal
    lines: int
    repeated: int


class PromotionRow(msgspec.Struct, frozen=True):
    """A promotion's kind and state."""

    kind: str
    state: str


async def currencies(tx: Tx, values: Mapping[str, Any]) -> list[str]:
    """Return the currencies of the period's orders, the most used first."""
    asked = {name: values[name] for name in ("database", "since", "until")}
    return [row.currency for row in await tx.all(sa.text(_CURRENCIES), asked)]


async def promotions(tx: Tx, values: Mapping[str, Any], currency: str) -> list[Sums]:
    """Return orders by promotion, and all; ``values`` are those of ``Asked.filters``."""
    return [Sums(*row) for row in await _rows(tx, _PROMOTIONS, values, currency)]


async def buyers(tx: Tx, values: Mapping[str, Any], currency: str) -> list[Bought]:
    """Return orders of members and of everybody else."""
    return [Bought(*row) for row in await _rows(tx, _BUYERS, values, currency)]


async def kinds(tx: Tx, program_id: int) -> dict[int, PromotionRow]:
    """Return what kinds of promotions a program has."""
    query = sa.text("select id, kind, state from promotion where program_id = :program")
    return {row.id: PromotionRow(row.kind, row.state) for row in await tx.all(query, {"program": program_id})}


async def _rows(tx: Tx, query: str, values: Mapping[str, Any], currency: str) -> list[tuple[Any, ...]]:
    people = among("o.profile_id", values["level"], values["people"])
    text = query.format(orders=_ORDERS.format(people=people), member=MEMBER)
    raw = await tx.raw()
    cursor = await raw.execute(text.encode(), {**values, "currency": currency})
    return await cursor.fetchall()
