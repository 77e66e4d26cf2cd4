"""Queries of the keys of sending domains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import sorted_rows
from fidelia.platform.postgres import Tx

from ..tables import dkim_key
from .model import DkimKey, DnsCheck

_c = dkim_key.c
_SORTS = {"domain": _c.domain, "created_at": _c.created_at}


def _key(row: sa.Row[Any]) -> DkimKey:
    return DkimKey(
        id=row.id,
        domain=row.domain,
        selector=row.selector,
        algorithm=row.algorithm,
        record_name=f"{row.selector}._domainkey.{row.domain}",
        record=row.record,
        active=row.active,
        checks=msgspec.convert(row.checks, list[DnsCheck]),
        checked_at=row.checked_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def get(tx: Tx, key_id: int, *, lock: bool = False) -> DkimKey:
    """Return a key; raise 404."""
    query = sa.select(dkim_key).where(_c.id == key_id)
    row = await tx.first(query.with_for_update() if lock else query) if 0 < key_id < 2**31 else None
    if row is None:
        raise not_found("Key", key_id)
    return _key(row)


async def pages(tx: Tx, page: PageRequest) -> Page[DkimKey]:
    """Return a page of keys, sorted by ``domain`` (the default) or ``created_at``."""
    where: list[sa.ColumnElement[bool]] = []
    if page.q:
        where.append(_c.domain.icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(dkim_key).where(*where))
    query = sa.select(dkim_key).where(*where)
    rows, cursor = await sorted_rows(tx, query, page, sorts=_SORTS, key=_c.id, default="domain")
    return Page([_key(row) for row in rows], cursor, total)


async def taken(tx: Tx, domain: str, selector: str) -> bool:
    """Tell whether a domain has a key with this selector."""
    return await tx.first(sa.select(_c.id).where(_c.domain == domain, _c.selector == selector)) is not None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a key and return its id."""
    query = sa.insert(dkim_key).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(_c.id)))


async def update(tx: Tx, key_id: int, values: Mapping[str, Any]) -> None:
    """Change a key."""
    await tx.execute(sa.update(dkim_key).where(_c.id == key_id).values(**values, updated_at=tx.now))


async def deactivate(tx: Tx, domain: str) -> None:
    """Take the mark of the active key from whichever of a domain's has it."""
    await tx.execute(sa.update(dkim_key).where(_c.domain == domain, _c.active).values(active=False, updated_at=tx.now))


async def delete(tx: Tx, key_id: int) -> None:
    """Delete a key."""
    await tx.execute(sa.delete(dkim_key).where(_c.id == key_id))


async def active(tx: Tx) -> dict[str, tuple[str, str]]:
    """Return by domain the selector and the encrypted private key of what signs."""
    rows = await tx.all(sa.select(_c.domain, _c.selector, _c.private_key).where(_c.active))
    return {row.domain: (row.selector, row.private_key) for row in rows}
