"""Queries of pools: their settings, their figures, how many codes are left."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, or_never, sorted_rows
from fidelia.platform.postgres import Tx, as_struct

from ..model import PoolFigures, PromoPool
from ..tables import promo_code, promo_holder, promo_pool

_p, _c, _h = promo_pool.c, promo_code.c, promo_holder.c
_READ = sa.select(*(_p[name] for name in PromoPool.__struct_fields__))
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": _p.id,
    "name": folded(_p.name),
    "short_name": _p.short_name,
    "valid_until": or_never(_p.valid_until),
    "created_at": _p.created_at,
    "updated_at": _p.updated_at,
}


async def find(tx: Tx, pool_id: int, *, lock: bool = False) -> PromoPool | None:
    """Return a pool, archived or not, or ``None``; ``lock`` lets nobody else change it.

    The lock does not meet those who only give codes of the pool: their rows refer to it.
    """
    stmt = _READ.where(_p.id == (pool_id if 0 < pool_id < 2**31 else 0))
    row = await tx.first(stmt.with_for_update(key_share=True) if lock else stmt)
    return None if row is None else as_struct(row, PromoPool)


async def get(tx: Tx, pool_id: int, *, lock: bool = False) -> PromoPool:
    """Return a pool, archived or not; raise 404."""
    found = await find(tx, pool_id, lock=lock)
    if found is None:
        raise not_found("Promo code pool", pool_id)
    return found


async def some(tx: Tx, ids: Collection[int]) -> dict[int, PromoPool]:
    """Return pools by id, archived ones too."""
    return {row.id: as_struct(row, PromoPool) for row in await tx.all(_READ.where(_p.id.in_(list(ids))))}


async def by_short_name(tx: Tx, database_id: int, names: Collection[str]) -> dict[str, PromoPool]:
    """Return the pools of a database that templates call so."""
    rows = await tx.all(_READ.where(_p.database_id == database_id, _p.short_name.in_(list(names))))
    return {row.short_name: as_struct(row, PromoPool) for row in rows}


async def of_database(tx: Tx, database_id: int) -> list[PromoPool]:
    """Return the pools of a database that are not archived, by name."""
    stmt = _READ.where(_p.database_id == database_id, _p.archived_at.is_(None)).order_by(folded(_p.name), _p.id)
    return [as_struct(row, PromoPool) for row in await tx.all(stmt)]


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new pool; return its id."""
    stmt = sa.insert(promo_pool).values(**values, created_at=tx.now, updated_at=tx.now).returning(_p.id)
    return int(await tx.scalar(stmt))


async def update(tx: Tx, pool_id: int, values: Mapping[str, Any], *, definition: bool = False) -> None:
    """Change columns; ``definition`` raises the version."""
    raised = {"version": _p.version + 1, "updated_at": tx.now} if definition else {}
    if values or raised:
        await tx.execute(sa.update(promo_pool).where(_p.id == pool_id).values(**values, **raised))


async def headers(tx: Tx, pool_id: int) -> str | None:
    """Return the encrypted headers for a pool's remote service."""
    found: str | None = await tx.scalar(sa.select(_p.remote_headers).where(_p.id == pool_id))
    return found


async def page(
    tx: Tx, request: PageRequest, *, database_id: int | None = None, archived: bool = False
) -> Page[PromoPool]:
    """Return a page of pools, the newest first by default; ``q`` searches names, or is an id."""
    where: list[sa.ColumnElement[bool]] = [_p.archived_at.is_not(None) if archived else _p.archived_at.is_(None)]
    if database_id is not None:
        where.append(_p.database_id == database_id)
    if request.q:
        texts = (_p.name, _p.short_name, _p.description)
        text = sa.or_(*(column.icontains(request.q, autoescape=True) for column in texts))
        number = request.q.lstrip("#")
        numeric = number.isdecimal() and number.isascii() and len(number) < 9
        where.append(sa.or_(text, _p.id == int(number)) if numeric else text)
    total = await tx.scalar(sa.select(sa.func.count()).select_from(promo_pool).where(*where))
    rows, cursor = await sorted_rows(tx, _READ.where(*where), request, sorts=_SORTS, key=_p.id, default="-created_at")
    return Page([as_struct(row, PromoPool) for row in rows], cursor, total)


def is_free(now: Any) -> sa.ColumnElement[bool]:
    """Tell of a code whether it can be attached to somebody."""
    return sa.and_(_c.attached_at.is_(None), sa.or_(_c.expires_at.is_(None), _c.expires_at > now))


async def figures(tx: Tx, pools: Collection[PromoPool]) -> dict[int, PoolFigures]:
    """Return the figures of pools."""
    count, over = sa.func.count(), sa.and_(_c.expires_at.is_not(None), _c.expires_at <= tx.now)
    stmt = (
        sa.select(
            _c.pool_id,
            count.label("made"),
            count.filter(is_free(tx.now)).label("free"),
            count.filter(_c.attached_at.is_not(None), _c.activated_at.is_(None), sa.not_(over)).label("given"),
            count.filter(_c.activated_at.is_not(None)).label("used"),
            count.filter(_c.activated_at.is_(None), over).label("lapsed"),
            count.filter(_c.attached_at.is_not(None)).label("attached"),
            count.filter(over).label("expired"),
            sa.func.coalesce(sa.func.sum(_c.uses), 0).label("uses"),
        )
        .where(_c.pool_id.in_([pool.id for pool in pools]))
        .group_by(_c.pool_id)
    )
    rows = {row.pool_id: row for row in await tx.all(stmt)}
    shared = {pool.id: pool for pool in pools if pool.kind == "universal"}
    held = await _held(tx, shared) if shared else {}
    found = {}
    for pool in pools:
        row = rows.get(pool.id)
        if row is None:
            found[pool.id] = PoolFigures(0, None if pool.id in shared and not pool.max_uses else 0, 0, 0, 0, 0, 0, 0, 0)
        elif pool.id not in shared:
            found[pool.id] = PoolFigures(
                row.made, row.free, row.given, row.used, row.lapsed, row.attached, row.used, row.expired, int(row.uses)
            )
        else:
            who = held.get(pool.id)
            left = None if pool.max_uses is None else max(0, row.made * pool.max_uses - int(row.uses))
            given, used, lapsed = (who.given, who.used, who.lapsed) if who is not None else (0, 0, 0)
            found[pool.id] = PoolFigures(
                row.made, left, given, used, lapsed, given + used + lapsed, used, row.expired, int(row.uses)
            )
    return found


async def _held(tx: Tx, pools: Collection[int]) -> dict[int, sa.Row[Any]]:
    count, over = sa.func.count(), sa.and_(_h.expires_at.is_not(None), _h.expires_at <= tx.now)
    stmt = (
        sa.select(
            _h.pool_id,
            count.filter(_h.activated_at.is_(None), sa.not_(over)).label("given"),
            count.filter(_h.activated_at.is_not(None)).label("used"),
            count.filter(_h.activated_at.is_(None), over).label("lapsed"),
        )
        .where(_h.pool_id.in_(list(pools)))
        .group_by(_h.pool_id)
    )
    return {row.pool_id: row for row in await tx.all(stmt)}


async def left(tx: Tx, pool_id: int, most: int) -> int:
    """Return how many codes can be attached to somebody, counting to ``most`` only."""
    some_ = sa.select(sa.literal(1)).where(_c.pool_id == pool_id, is_free(tx.now)).limit(most).subquery()
    return int(await tx.scalar(sa.select(sa.func.count()).select_from(some_)))


async def codes(tx: Tx, pool_id: int) -> int:
    """Return how many codes a pool has, whatever became of them."""
    return int(await tx.scalar(sa.select(sa.func.count()).where(_c.pool_id == pool_id)))


async def names(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Return the names of pools, archived ones too."""
    return {row.id: row.name for row in await tx.all(sa.select(_p.id, _p.name).where(_p.id.in_(list(ids))))}


async def watched(tx: Tx) -> list[int]:
    """Return the pools of personal codes that have a mark below which people are warned, and have or had codes."""
    where = (_p.archived_at.is_(None), _p.kind == "personal", _p.warn_below > 0)
    return [row.id for row in await tx.all(sa.select(_p.id).where(*where).order_by(_p.id))]


async def set_warned(tx: Tx, pool_id: int, *, warned: bool) -> bool:
    """Write whether people were told that a pool runs dry; return whether that is new."""
    other = _p.warned_at.is_(None) if warned else _p.warned_at.is_not(None)
    stmt = sa.update(promo_pool).where(_p.id == pool_id, other).values(warned_at=tx.now if warned else None)
    return bool((await tx.execute(stmt)).rowcount)
