"""Queries of batches: codes that are made, read from a file or fetched together, chunk by chunk."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import sorted_rows
from fidelia.platform.postgres import Tx, as_struct, json_text

from ..model import PromoBatch, PromoLine
from ..tables import promo_batch, promo_line

_b, _l = promo_batch.c, promo_line.c
_READ = sa.select(*(_b[name] for name in PromoBatch.__struct_fields__))
OPEN = ("queued", "running")

_INSERT = """
    insert into promo_code (pool_id, database_id, code, key, batch_id, expires_at, own_expiry, extra, created_at)
    select %(pool)s, %(database)s, code, key, %(batch)s, expires, expires is not null, extra::jsonb, %(now)s
    from unnest(%(codes)s::text[], %(keys)s::text[], %(expires)s::timestamptz[], %(extra)s::text[])
        as given (code, key, expires, extra)
    on conflict do nothing returning key
"""


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new batch; return its id."""
    return int(await tx.scalar(sa.insert(promo_batch).values(**values, created_at=tx.now).returning(_b.id)))


async def update(tx: Tx, batch_id: int, values: Mapping[str, Any]) -> None:
    """Change a batch's columns."""
    await tx.execute(sa.update(promo_batch).where(_b.id == batch_id).values(**values))


async def get(tx: Tx, batch_id: int, *, lock: bool = False) -> PromoBatch:
    """Return a batch; raise 404. ``lock`` lets nobody else go on with it."""
    stmt = _READ.where(_b.id == batch_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    if row is None:
        raise not_found("Batch of promo codes", batch_id)
    return as_struct(row, PromoBatch)


async def place(tx: Tx, batch_id: int) -> tuple[str | None, int, datetime | None]:
    """Return the file of a batch, how many of its chunks are dealt with, and when its codes expire."""
    row = await tx.one(sa.select(_b.file, _b.position, _b.expires_at).where(_b.id == batch_id))
    return row.file, row.position, row.expires_at


async def open_of(tx: Tx, pool_ids: Collection[int]) -> dict[int, PromoBatch]:
    """Return the batches at work, the oldest of each pool."""
    stmt = _READ.where(_b.pool_id.in_(list(pool_ids)), _b.state.in_(OPEN)).order_by(_b.id.desc())
    return {row.pool_id: as_struct(row, PromoBatch) for row in await tx.all(stmt)}


async def all_open(tx: Tx, pool_id: int) -> list[PromoBatch]:
    """Return the batches at work on a pool, in the order they were asked for."""
    stmt = _READ.where(_b.pool_id == pool_id, _b.state.in_(OPEN)).order_by(_b.id)
    return [as_struct(row, PromoBatch) for row in await tx.all(stmt)]


async def page(tx: Tx, pool_id: int, request: PageRequest) -> Page[PromoBatch]:
    """Return a page of a pool's batches, the newest first."""
    total = await tx.scalar(sa.select(sa.func.count()).where(_b.pool_id == pool_id))
    rows, cursor = await sorted_rows(
        tx, _READ.where(_b.pool_id == pool_id), request, sorts={"id": _b.id}, key=_b.id, default="-id"
    )
    return Page([as_struct(row, PromoBatch) for row in rows], cursor, total)


async def add_lines(tx: Tx, batch_id: int, lines: Sequence[PromoLine]) -> None:
    """Keep lines of a file that became no code."""
    raw = await tx.raw()
    await raw.execute(
        "insert into promo_line (batch_id, line, code, status, reason)"
        " select %(batch)s, * from unnest("
        "%(lines)s::bigint[], %(codes)s::text[], %(status)s::text[], %(reasons)s::text[])",
        {
            "batch": batch_id,
            "lines": [line.line for line in lines],
            "codes": [line.code for line in lines],
            "status": [line.status for line in lines],
            "reasons": [line.reason for line in lines],
        },
    )


async def lines(tx: Tx, batch_id: int, request: PageRequest) -> Page[PromoLine]:
    """Return a page of the lines of a file that became no code."""
    total = await tx.scalar(sa.select(sa.func.count()).where(_l.batch_id == batch_id))
    stmt = sa.select(_l.line, _l.code, _l.status, _l.reason).where(_l.batch_id == batch_id)
    rows, cursor = await sorted_rows(tx, stmt, request, sorts={"line": _l.line}, key=_l.line, default="line")
    return Page([PromoLine(row.line, row.code, row.status, row.reason) for row in rows], cursor, total)


async def waiting(tx: Tx, pool_id: int) -> int:
    """Return how many codes open batches of a pool still have to make."""
    missing = sa.func.coalesce(sa.func.sum(sa.func.greatest(0, _b.asked - _b.made)), 0)
    return int(await tx.scalar(sa.select(missing).where(_b.pool_id == pool_id, _b.state.in_(OPEN))))


async def add_codes(
    tx: Tx,
    pool_id: int,
    database_id: int,
    batch_id: int | None,
    codes: Sequence[tuple[str, str, datetime | None, Mapping[str, str] | None]],
) -> set[str]:
    """Store codes (code, key, own expiry, further values); return the keys of those that are new in the database."""
    raw = await tx.raw()
    cursor = await raw.execute(
        _INSERT,
        {
            "pool": pool_id,
            "database": database_id,
            "batch": batch_id,
            "now": tx.now,
            "codes": [code for code, _, _, _ in codes],
            "keys": [key for _, key, _, _ in codes],
            "expires": [expires for _, _, expires, _ in codes],
            "extra": [json_text(extra) if extra else None for _, _, _, extra in codes],
        },
    )
    return {row[0] for row in await cursor.fetchall()}
