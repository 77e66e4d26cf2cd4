"""Queries on the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from ..tables import audit_log as t


async def append(tx: Tx, **values: Any) -> None:
    """Add an entry at the transaction's moment."""
    await tx.execute(sa.insert(t).values(at=tx.now, **values))


class AuditFilter(TypedDict, total=False):
    """Which entries are asked for; ``since`` is included, ``until`` is not."""

    kind: str | None
    object_id: str | None
    actor_kind: str | None
    actor_id: int | None
    action: str | None
    since: datetime | None
    until: datetime | None


async def page(
    tx: Tx, limit: int, *, before_id: int | None, q: str | None, **only: Unpack[AuditFilter]
) -> Sequence[sa.Row[Any]]:
    """Return entries, newest first, one more than ``limit`` when there are more."""
    since, until = only.pop("since", None), only.pop("until", None)
    where = [t.c[name] == value for name, value in only.items() if value is not None]
    if before_id is not None:
        where.append(t.c.id < before_id)
    if since is not None:
        where.append(t.c.at >= since)
    if until is not None:
        where.append(t.c.at < until)
    if q is not None:
        where.append(
            sa.or_(
                t.c.object_name.icontains(q, autoescape=True),
                t.c.actor_name.icontains(q, autoescape=True),
                t.c.action.icontains(q, autoescape=True),
            )
        )
    return await tx.all(sa.select(t).where(*where).order_by(t.c.id.desc()).limit(limit + 1))
