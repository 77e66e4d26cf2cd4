"""Queries of codes: lists, one of them, whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.listing import or_never, sorted_rows
from fidelia.platform.postgres import Tx, as_struct

from ..model import CodeHolder, CodeUse, PersonCode, PromoCode
from ..tables import promo_code, promo_holder, promo_pool, promo_use
from .pools import is_free
from .using import _READ as _ROWS
from .using import CodeRow

_c, _h, _u, _p = promo_code.c, promo_holder.c, promo_use.c, promo_pool.c
EXPORT_ROWS = 5_000


def state_of(now: datetime) -> sa.ColumnElement[str]:
    """Return where a code stands: what was used stays activated when its time is over."""
    return sa.case(
        (_c.activated_at.is_not(None), "activated"),
        (_c.expires_at <= now, "expired"),
        (_c.attached_at.is_not(None), "attached"),
        else_="free",
    )


def _shown(now: datetime) -> list[sa.ColumnElement[Any]]:
    plain = ("id", "pool_id", "code", "profile_id", "attached_at", "activated_at", "expires_at", "uses", "created_at")
    extra = sa.func.coalesce(_c.extra, sa.literal({}, _c.extra.type)).label("extra")
    return [*(_c[name] for name in plain), extra, state_of(now).label("state")]


def _in_state(state: str, now: datetime) -> sa.ColumnElement[bool]:
    """Tell of a code whether it stands there, so that the index of free ones can be used."""
    over = sa.and_(_c.expires_at.is_not(None), _c.expires_at <= now)
    if state == "free":
        return sa.and_(is_free(now), _c.activated_at.is_(None))
    if state == "activated":
        return _c.activated_at.is_not(None)
    if state == "expired":
        return sa.and_(_c.activated_at.is_(None), over)
    return sa.and_(_c.attached_at.is_not(None), _c.activated_at.is_(None), sa.not_(over))


async def page(
    tx: Tx,
    pool_id: int,
    request: PageRequest,
    *,
    state: str | None = None,
    profile_id: int | None = None,
    batch_id: int | None = None,
) -> Page[PromoCode]:
    """Return a page of a pool's codes, the newest first; ``q`` is the beginning of a code."""
    where: list[sa.ColumnElement[bool]] = [_c.pool_id == pool_id]
    if state is not None:
        where.append(_in_state(state, tx.now))
    if profile_id is not None:
        where.append(_c.profile_id == profile_id)
    if batch_id is not None:
        where.append(_c.batch_id == batch_id)
    if request.q:
        where.append(_c.key.startswith(request.q.strip().upper(), autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(promo_code).where(*where))
    sorts = {"id": _c.id, "attached_at": or_never(_c.attached_at), "activated_at": or_never(_c.activated_at)}
    stmt = sa.select(*_shown(tx.now)).where(*where)
    rows, cursor = await sorted_rows(tx, stmt, request, sorts=sorts, key=_c.id, default="-id")
    return Page([as_struct(row, PromoCode) for row in rows], cursor, total)


async def shown(tx: Tx, code_id: int) -> PromoCode:
    """Return one code as it is shown."""
    return as_struct(await tx.one(sa.select(*_shown(tx.now)).where(_c.id == code_id)), PromoCode)


async def some(engines: Engines, pool_id: int, state: str | None) -> AsyncIterator[Sequence[PromoCode]]:
    """Yield a pool's codes from the oldest, some thousands at a time, each in a transaction of its own."""
    last = 0
    while True:
        async with engines.tx() as tx:
            where = [_c.pool_id == pool_id, _c.id > last]
            if state is not None:
                where.append(_in_state(state, tx.now))
            rows = await tx.all(sa.select(*_shown(tx.now)).where(*where).order_by(_c.id).limit(EXPORT_ROWS))
        if not rows:
            return
        last = rows[-1].id
        yield [as_struct(row, PromoCode) for row in rows]


async def by_key(tx: Tx, database_id: int, key: str, *, lock: bool = False) -> CodeRow | None:
    """Return a code of a database, or ``None``; ``lock`` lets nobody else change it."""
    stmt = _ROWS.where(_c.database_id == database_id, _c.key == key)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    return None if row is None else as_struct(row, CodeRow)


async def take_one(tx: Tx, pool_id: int) -> CodeRow | None:
    """Return a free code that nobody else is taking, locked; ``None`` when there is none."""
    stmt = _ROWS.where(_c.pool_id == pool_id, is_free(tx.now)).order_by(_c.id).limit(1)
    row = await tx.first(stmt.with_for_update(skip_locked=True))
    return None if row is None else as_struct(row, CodeRow)


async def holders(tx: Tx, pool_id: int, request: PageRequest, profile_id: int | None) -> Page[CodeHolder]:
    """Return a page of who has universal codes of a pool, by person."""
    where = [_h.pool_id == pool_id]
    if profile_id is not None:
        where.append(_h.profile_id == profile_id)
    plain = ("code_id", "profile_id", "attached_at", "activated_at", "expires_at", "uses")
    stmt = sa.select(*(_h[name] for name in plain), _c.code).join(promo_code, _c.id == _h.code_id).where(*where)
    total = await tx.scalar(sa.select(sa.func.count()).select_from(promo_holder).where(*where))
    sorts = {"profile_id": _h.profile_id}
    rows, cursor = await sorted_rows(tx, stmt, request, sorts=sorts, key=_h.code_id, default="profile_id")
    return Page([as_struct(row, CodeHolder) for row in rows], cursor, total)


async def uses(tx: Tx, code_id: int, most: int = 100) -> list[CodeUse]:
    """Return the orders that use a code or did, the last ones first."""
    stmt = sa.select(_u.order_ref, _u.profile_id, _u.used_at, _u.released_at).where(_u.code_id == code_id)
    return [as_struct(row, CodeUse) for row in await tx.all(stmt.order_by(_u.id.desc()).limit(most))]


async def of_person(tx: Tx, database_id: int, profile_id: int) -> list[PersonCode]:
    """Return the codes that somebody has, the last ones first."""
    own = (
        sa.select(
            _c.pool_id,
            _p.name.label("pool"),
            _c.code,
            _p.kind,
            state_of(tx.now).label("state"),
            _c.attached_at,
            _c.activated_at,
            _c.expires_at,
            _c.uses,
        )
        .join(promo_pool, _p.id == _c.pool_id)
        .where(_c.database_id == database_id, _c.profile_id == profile_id, _c.attached_at.is_not(None))
    )
    state = sa.case((_h.activated_at.is_not(None), "activated"), (_h.expires_at <= tx.now, "expired"), else_="attached")
    shared = (
        sa.select(
            _h.pool_id,
            _p.name.label("pool"),
            _c.code,
            _p.kind,
            state.label("state"),
            _h.attached_at,
            _h.activated_at,
            _h.expires_at,
            _h.uses,
        )
        .join(promo_pool, _p.id == _h.pool_id)
        .join(promo_code, _c.id == _h.code_id)
        .where(_h.database_id == database_id, _h.profile_id == profile_id)
    )
    rows = [as_struct(row, PersonCode) for stmt in (own, shared) for row in await tx.all(stmt)]
    return sorted(rows, key=lambda row: row.attached_at, reverse=True)


async def existing(tx: Tx, database_id: int, keys: Collection[str]) -> set[str]:
    """Return those of some keys that there are codes of in a database."""
    rows = await tx.all(sa.select(_c.key).where(_c.database_id == database_id, _c.key.in_(list(keys))))
    return {row.key for row in rows}
