"""Queries on API tokens."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
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


async def pages(tx: Tx, page: PageRequest, *, revoked: bool | None) -> Page[TokenOut]:
    """Return tokens, newest first."""
    where: list[sa.ColumnElement[bool]] = []
    if revoked is not None:
        where.append(t.c.revoked_at.is_not(None) if revoked else t.c.revoked_at.is_(None))
    if page.q:
        where.append(sa.or_(t.c.name.icontains(page.q, autoescape=True), t.c.prefix == page.q))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(t).where(*where))
    if page.cursor is not None:
        if len(page.cursor) != 1 or not isinstance(page.cursor[0], int):
            raise invalid_field("/cursor", "This cursor is not one that this list has returned")
        where.append(t.c.id < page.cursor[0])
    rows = await tx.all(sa.select(*_OUT).where(*where).order_by(t.c.id.desc()).limit(page.limit + 1))
    items = [TokenOut(**row._mapping) for row in rows[: page.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > page.limit else None, total)
