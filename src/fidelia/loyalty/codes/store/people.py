"""Queries for people who are erased, merged or split."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ..tables import promo_code, promo_given, promo_holder, promo_pool, promo_use

_c, _h, _u, _g = promo_code.c, promo_holder.c, promo_use.c, promo_given.c


async def forget(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out: their codes stay attached, to nobody; what they used stays used."""
    ids = list(gone)
    pools = sa.select(promo_pool.c.id).where(promo_pool.c.database_id == database_id)
    mine = sa.and_(_c.database_id == database_id, _c.profile_id == sa.any_(sa.literal(ids, sa.ARRAY(sa.BigInteger))))
    await tx.execute(sa.update(promo_code).where(mine).values(profile_id=None))
    theirs = _u.profile_id == sa.any_(sa.literal(ids, sa.ARRAY(sa.BigInteger)))
    await tx.execute(sa.update(promo_use).where(_u.database_id == database_id, theirs).values(profile_id=None))
    held = _h.profile_id == sa.any_(sa.literal(ids, sa.ARRAY(sa.BigInteger)))
    await tx.execute(sa.delete(promo_holder).where(_h.database_id == database_id, held))
    given = _g.profile_id == sa.any_(sa.literal(ids, sa.ARRAY(sa.BigInteger)))
    await tx.execute(sa.delete(promo_given).where(_g.pool_id.in_(pools), given))


async def move(tx: Tx, database_id: int, sources: Sequence[int], heir: int) -> int:
    """Let somebody take over the codes of others in the same database; return how many codes that were."""
    raw = await tx.raw()
    values = {"database": database_id, "sources": list(sources), "heir": heir}
    cursor = await raw.execute(
        "update promo_code set profile_id = %(heir)s"
        " where database_id = %(database)s and profile_id = any(%(sources)s)",
        values,
    )
    moved = cursor.rowcount
    await raw.execute(
        "update promo_use set profile_id = %(heir)s where database_id = %(database)s and profile_id = any(%(sources)s)",
        values,
    )
    # Both had the same universal code: uses add up, the earlier moment and the later expiry count.
    cursor = await raw.execute(
        "with old as (delete from promo_holder where database_id = %(database)s and profile_id = any(%(sources)s)"
        " returning *) insert into promo_holder"
        " (code_id, profile_id, pool_id, database_id, attached_at, activated_at, expires_at, by_use, uses)"
        " select code_id, %(heir)s, pool_id, database_id, min(attached_at), min(activated_at),"
        " case when bool_or(expires_at is null) then null else max(expires_at) end, bool_and(by_use), sum(uses)"
        " from old group by code_id, pool_id, database_id"
        " on conflict (code_id, profile_id) do update set uses = promo_holder.uses + excluded.uses,"
        " by_use = promo_holder.by_use and excluded.by_use,"
        " attached_at = least(promo_holder.attached_at, excluded.attached_at),"
        " activated_at = least(promo_holder.activated_at, excluded.activated_at),"
        " expires_at = case when promo_holder.expires_at is null or excluded.expires_at is null then null"
        " else greatest(promo_holder.expires_at, excluded.expires_at) end",
        values,
    )
    moved += cursor.rowcount
    # A run that gave both a code gave the heir theirs.
    await raw.execute(
        "with old as (delete from promo_given where profile_id = any(%(sources)s) and pool_id in"
        " (select id from promo_pool where database_id = %(database)s) returning *)"
        " insert into promo_given (pool_id, profile_id, run_key, code_id, given_at)"
        " select distinct on (pool_id, run_key) pool_id, %(heir)s, run_key, code_id, given_at from old"
        " order by pool_id, run_key, given_at on conflict do nothing",
        values,
    )
    return moved
