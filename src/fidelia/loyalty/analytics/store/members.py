"""Who was a member when, on which level, and what they did: sums by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fidelia.platform.postgres import Tx

from .filters import among

_COMING = """
select source, width_bucket(joined_at, %(starts)s::timestamptz[]) as step, 'joined' as what, count(*)
from loyalty_member m where m.program_id = %(program)s and m.joined_at < %(until)s and {people} group by 1, 2
union all
select source, width_bucket(removed_at, %(starts)s::timestamptz[]), 'left', count(*)
from loyalty_member m where m.program_id = %(program)s and m.removed_at < %(until)s and {people} group by 1, 2
"""
# Step 0 is the whole period: who did something in two steps counts once in it.
_DOING = """
with done as (
    select distinct t.profile_id, width_bucket(t.at, %(starts)s::timestamptz[]) as step, 'active' as what
    from loyalty_transaction t
    where t.program_id = %(program)s and t.at >= %(since)s and t.at < %(until)s
        and (t.type = 'commit' or (t.type = 'accrual' and t.change <> 0)
            or (t.type = 'redeem' and t.hold_until is null))
        and t.profile_id > 0 and {t_people}
    union all
    select distinct o.profile_id, width_bucket(o.placed_at, %(starts)s::timestamptz[]), 'buying'
    from sales_order o join loyalty_member m on m.profile_id = o.profile_id and m.program_id = %(program)s
    where o.database_id = %(database)s and o.placed_at >= %(since)s and o.placed_at < %(until)s
        and o.status not in ('cancelled', 'refunded') and {member} and {m_people}
        and (%(channel)s::text is null or o.channel = %(channel)s)
        and (%(region)s::int is null or o.region_id = %(region)s)
)
select what, coalesce(step, 0), count(distinct profile_id) from done group by grouping sets ((what, step), (what))
"""
#: Whether the buyer of an order o was the member m then; an order that makes somebody a member is a member's.
MEMBER = """
    (m.joined_at <= greatest(o.placed_at, (select c.at from order_calculation c where c.order_id = o.id))
        and (m.removed_at is null or m.removed_at > o.placed_at))
"""
# The stays of members on levels: from one move to the next, as far as they were members.
_STANDING = """
with spans as (
    select v.group_id, v.profile_id, v.to_id, v.at,
        lead(v.at) over (partition by v.group_id, v.profile_id order by v.at, v.id) as next
    from loyalty_level_move v join loyalty_level_group g on g.id = v.group_id where g.program_id = %(program)s
), stays as (
    select s.group_id, s.to_id, greatest(s.at, m.joined_at) as since, least(s.next, m.removed_at) as until
    from spans s join loyalty_member m on m.program_id = %(program)s and m.profile_id = s.profile_id
    where s.to_id is not null and {people}
), changes as (
    select group_id, to_id, since as at, 1 as by from stays where until is null or until > since
    union all
    select group_id, to_id, until, -1 from stays where until > since
)
select group_id, to_id, width_bucket(at, %(starts)s::timestamptz[]) as step, sum(by)
from changes where at < %(until)s group by 1, 2, 3
"""
_MOVES = """
select v.group_id, v.from_id, v.to_id, v.cause, width_bucket(v.at, %(starts)s::timestamptz[]) as step, count(*)
from loyalty_level_move v join loyalty_level_group g on g.id = v.group_id
where g.program_id = %(program)s and v.at >= %(since)s and v.at < %(until)s and {people} group by 1, 2, 3, 4, 5
"""


class Coming(msgspec.Struct, frozen=True):
    """How many joined or left in a step, by the way they had come in; step 0 is all before the period."""

    source: str
    step: int
    what: str
    people: int


class Standing(msgspec.Struct, frozen=True):
    """By how many members a level grew in a step; step 0 is all before the period."""

    group_id: int
    level_id: int
    step: int
    change: int


class Moves(msgspec.Struct, frozen=True):
    """How many moves there were from a level to another for one cause in a step."""

    group_id: int
    from_id: int | None
    to_id: int | None
    cause: str
    step: int
    moves: int


async def coming(tx: Tx, values: Mapping[str, Any]) -> list[Coming]:
    """Return who joined and left; ``values`` are those of ``Asked.filters``, here and below."""
    return [Coming(*row) for row in await _rows(tx, _COMING, values)]


async def doing(tx: Tx, values: Mapping[str, Any]) -> dict[tuple[str, int], int]:
    """Return how many people were ``active`` and ``buying`` in each step, and (step 0) in the whole period."""
    return {(what, step): people for what, step, people in await _rows(tx, _DOING, values)}


async def standing(tx: Tx, values: Mapping[str, Any]) -> list[Standing]:
    """Return how the number of members on each level changed."""
    return [Standing(*row) for row in await _rows(tx, _STANDING, values)]


async def moves(tx: Tx, values: Mapping[str, Any]) -> list[Moves]:
    """Return the moves between levels in the period."""
    return [Moves(*row) for row in await _rows(tx, _MOVES, values)]


async def _rows(tx: Tx, query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    narrow = (values["level"], values["people"])
    people = among("v.profile_id" if query is _MOVES else "m.profile_id", *narrow)
    text = query.format(people=people, m_people=people, t_people=among("t.profile_id", *narrow), member=MEMBER)
    raw = await tx.raw()
    cursor = await raw.execute(text.encode(), values)
    return await cursor.fetchall()
