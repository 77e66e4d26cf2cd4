"""Queries on API tokens."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, or_never, sorted_rows
from fidelia.platform.postgres import Tx

from ..model import TokenOut
from ..tables import api_token as t

_OUT = [t.c[n] for n in TokenOut.__struct_fields__]


async def insert(tx: Tx, **values: Any) -> TokenOut:
    """Add a token."""
    row = await tx.one(sa.insert(t).values(created_at=tx.now, **values).returning(*_OUT))
    return TokenOut(**row._mapping)


async def get(tx: Tx, token_id: int) -> TokenOut | None:
    """Return one token, or ``None``."""
    row = await tx.first(sa.select(*_OUT).where(t.c.id == token_id))
    return TokenOut(**row._mapping) if row else None


async def revoke(tx: Tx, token_id: int) -> TokenOut | None:
    """Revoke a token that was not; return it as it is now, or ``None`` when it was already."""
    row = await tx.first(
        sa.update(t).where(t.c.id == token_id, t.c.revoked_at.is_(None)).values(revoked_at=tx.now).returning(*_OUT)
    )
    return TokenOut(**row._mapping) if row else None


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": t.c.id,
    "name": folded(t.c.name),
    "created_at": t.c.created_at,
    "last_used_at": or_never(t.c.last_used_at),
    # one that does not end by itself ends last of all
    "expires_at": sa.func.coalesce(t.c.expires_at, sa.literal(datetime(9999, 1, 1, tzinfo=UTC), t.c.expires_at.type)),
}


async def pages(tx: Tx, page: PageRequest, *, revoked: bool | None) -> Page[TokenOut]:
    """Return tokens in one of the orders of ``_SORTS``, newest first by default."""
    where: list[sa.ColumnElement[bool]] = []
    if revoked is not None:
        where.append(t.c.revoked_at.is_not(None) if revoked else t.c.revoked_at.is_(None))
    if page.q:
        where.append(sa.or_(t.c.name.icontains(page.q, autoescape=True), t.c.prefix == page.q))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(t).where(*where))
    rows, cursor = await sorted_rows(tx, sa.select(*_OUT).where(*where), page, sorts=_SORTS, key=t.c.id, default="-id")
    names = TokenOut.__struct_fields__
    return Page([TokenOut(**{name: row._mapping[name] for name in names}) for row in rows], cursor, total)
