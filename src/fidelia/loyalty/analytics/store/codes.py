"""What became of promo codes, by pool and step. A universal code is assigned to as many as have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from fidelia.platform.postgres import Tx

from .filters import among

_STEPS = """
with happened as (
    select c.pool_id, v.what, v.at from promo_code c join promo_pool p on p.id = c.pool_id
    cross join lateral (values ('generated', c.created_at), ('assigned', c.attached_at),
        ('activated', c.activated_at), ('expired', case when c.uses = 0 then c.expires_at end)) v (what, at)
    where c.pool_id = any(%(pools)s) and v.at >= %(since)s and v.at < %(until)s
        and (v.what = 'generated' or (p.kind = 'personal' and {c_people}))
    union all
    select h.pool_id, v.what, v.at from promo_holder h
    cross join lateral (values ('assigned', h.attached_at), ('activated', h.activated_at),
        ('expired', case when h.uses = 0 then h.expires_at end)) v (what, at)
    where h.pool_id = any(%(pools)s) and v.at >= %(since)s and v.at < %(until)s and {h_people}
    union all
    select u.pool_id, 'used', u.used_at from promo_use u
    where u.pool_id = any(%(pools)s) and u.used_at >= %(since)s and u.used_at < %(until)s
        and u.released_at is null and u.order_ref not like 'code:%%' and {u_people}
)
select pool_id, what, width_bucket(at, %(starts)s::timestamptz[]), count(*) from happened group by 1, 2, 3
"""
_STOCK = """
select p.id, p.name, p.kind, count(c.id), count(c.id) filter (
    where p.kind = 'personal' and c.attached_at is null and (c.expires_at is null or c.expires_at >= %(until)s))
from promo_pool p left join promo_code c on c.pool_id = p.id and c.created_at < %(until)s
where p.database_id = %(database)s and (p.archived_at is null or p.archived_at >= %(since)s)
    and (%(pool)s::int is null or p.id = %(pool)s)
group by p.id order by p.id
"""


class Stock(msgspec.Struct, frozen=True):
    """A pool, how many codes it has had until the end of the period, and how many of them nobody has."""

    id: int
    name: str
    kind: str
    codes: int
    free: int


class Happened(msgspec.Struct, frozen=True):
    """How many codes of a pool were generated, assigned, activated, used or expired unused in a step."""

    pool_id: int
    what: str
    step: int
    codes: int


async def stock(tx: Tx, values: Mapping[str, Any], pool_id: int | None) -> list[Stock]:
    """Return the pools of the program's database, or one of them; ``values`` are those of ``Asked.filters``."""
    raw = await tx.raw()
    cursor = await raw.execute(_STOCK, {**values, "pool": pool_id})
    return [Stock(*row) for row in await cursor.fetchall()]


async def happened(tx: Tx, values: Mapping[str, Any], pools: list[int]) -> list[Happened]:
    """Return what became of codes in the period; filters on people leave out what was not theirs."""
    narrow = (values["level"], values["people"])
    query = _STEPS.format(**{f"{name}_people": among(f"{name}.profile_id", *narrow) for name in "chu"})
    raw = await tx.raw()
    cursor = await raw.execute(query.encode(), {**values, "pools": pools})
    return [Happened(*row) for row in await cursor.fetchall()]
