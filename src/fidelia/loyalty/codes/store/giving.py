"""Queries that give codes to people, many at once. Nobody waits for a code that another transaction is taking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from fidelia.platform.postgres import Tx


class Want(NamedTuple):
    """Somebody who gets a code from a run; the same run gives them the same one again."""

    profile_id: int
    run_key: str


class Taken(NamedTuple):
    """A code that became somebody's."""

    profile_id: int
    run_key: str
    code: str

    @property
    def want(self) -> Want:
        """Who got it from which run."""
        return Want(self.profile_id, self.run_key)


_WANTED = "unnest(%(people)s::bigint[], %(runs)s::text[])"

_GIVEN = f"""
    select g.profile_id, g.run_key, c.code
    from {_WANTED} as wanted (profile, run)
    join promo_given g on g.pool_id = %(pool)s and g.profile_id = wanted.profile and g.run_key = wanted.run
    join promo_code c on c.id = g.code_id
"""

# Who asks at the same time for the same people finds the row of the other; the code stays free then.
_TAKE = f"""
    with wanted as (
        select profile, run, n from {_WANTED} with ordinality as wanted (profile, run, n)
    ), free as (
        select id, row_number() over (order by id) as n from (
            select id from promo_code
            where pool_id = %(pool)s and attached_at is null and (expires_at is null or expires_at > %(now)s)
            order by id limit %(many)s for update skip locked
        ) as locked
    ), kept as (
        insert into promo_given (pool_id, profile_id, run_key, code_id, given_at)
        select %(pool)s, wanted.profile, wanted.run, free.id, %(now)s from wanted join free using (n)
        on conflict do nothing returning profile_id, run_key, code_id
    )
    update promo_code c set profile_id = kept.profile_id, attached_at = %(now)s,
        expires_at = case when c.own_expiry then c.expires_at else %(expires)s end
    from kept where c.id = kept.code_id returning kept.profile_id, kept.run_key, c.code
"""

_MAKE = """
    with drawn as (
        select * from unnest(%(people)s::bigint[], %(runs)s::text[], %(codes)s::text[], %(keys)s::text[])
            as drawn (profile, run, code, key)
    ), made as (
        insert into promo_code (pool_id, database_id, code, key, profile_id, attached_at, expires_at, created_at)
        select %(pool)s, %(database)s, code, key, profile, %(now)s, %(expires)s, %(now)s from drawn
        on conflict do nothing returning id, key
    ), kept as (
        insert into promo_given (pool_id, profile_id, run_key, code_id, given_at)
        select %(pool)s, drawn.profile, drawn.run, made.id, %(now)s from made join drawn using (key)
        returning profile_id, run_key, code_id
    )
    select drawn.profile, drawn.run, drawn.code from made join drawn using (key)
"""

_SHARED = f"""
    with kept as (
        insert into promo_given (pool_id, profile_id, run_key, code_id, given_at)
        select %(pool)s, profile, run, %(code)s, %(now)s from {_WANTED} as wanted (profile, run)
        on conflict do nothing returning profile_id
    ), held as (
        insert into promo_holder (code_id, profile_id, pool_id, database_id, attached_at, expires_at)
        select distinct %(code)s::bigint, profile_id, %(pool)s::int, %(database)s::int, %(now)s::timestamptz,
            %(expires)s::timestamptz
        from kept
        on conflict (code_id, profile_id) do update set by_use = false where promo_holder.by_use
        returning profile_id, xmax = 0 as new
    )
    select profile_id from held where new
"""


def _wanted(wants: Sequence[Want]) -> dict[str, Any]:
    return {"people": [want.profile_id for want in wants], "runs": [want.run_key for want in wants]}


async def given(tx: Tx, pool_id: int, wants: Sequence[Want]) -> list[Taken]:
    """Return the codes that runs have given."""
    raw = await tx.raw()
    cursor = await raw.execute(_GIVEN, {"pool": pool_id, **_wanted(wants)})
    return [Taken(*row) for row in await cursor.fetchall()]


async def take(tx: Tx, pool_id: int, wants: Sequence[Want], expires: datetime | None) -> list[Taken]:
    """Give free codes of a pool to people, as far as there are any; return who got which."""
    raw = await tx.raw()
    values = {"pool": pool_id, "many": len(wants), "now": tx.now, "expires": expires, **_wanted(wants)}
    cursor = await raw.execute(_TAKE, values)
    return [Taken(*row) for row in await cursor.fetchall()]


async def make(
    tx: Tx,
    pool_id: int,
    database_id: int,
    wants: Sequence[Want],
    codes: Sequence[tuple[str, str]],
    expires: datetime | None,
) -> list[Taken]:
    """Make codes (with their keys) for people at once; who would get one that there is already gets none."""
    raw = await tx.raw()
    values = {
        "pool": pool_id,
        "database": database_id,
        "codes": [code for code, _ in codes],
        "keys": [key for _, key in codes],
        "now": tx.now,
        "expires": expires,
        **_wanted(wants),
    }
    cursor = await raw.execute(_MAKE, values)
    return [Taken(*row) for row in await cursor.fetchall()]


async def share(
    tx: Tx, pool_id: int, database_id: int, wants: Sequence[Want], code_id: int, expires: datetime | None
) -> list[int]:
    """Give one universal code to people; return who did not have it before."""
    raw = await tx.raw()
    values = {"pool": pool_id, "database": database_id, "code": code_id, "now": tx.now, "expires": expires}
    cursor = await raw.execute(_SHARED, {**values, **_wanted(wants)})
    return [row[0] for row in await cursor.fetchall()]


async def shareable(tx: Tx, pool_id: int, max_uses: int | None) -> tuple[int, str, datetime | None] | None:
    """Return the newest universal code that can still be used: id, code, and its own date of expiry."""
    raw = await tx.raw()
    cursor = await raw.execute(
        "select id, code, expires_at from promo_code where pool_id = %(pool)s"
        " and (expires_at is null or expires_at > %(now)s) and (%(most)s::int is null or uses < %(most)s)"
        " order by id desc limit 1",
        {"pool": pool_id, "now": tx.now, "most": max_uses},
    )
    return await cursor.fetchone()
