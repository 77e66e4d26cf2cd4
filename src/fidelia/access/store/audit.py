"""Queries on the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from ..tables import audit_log as t


async def append(tx: Tx, **values: Any) -> None:
    """Add an entry at the transaction's moment."""
    await tx.execute(sa.insert(t).values(at=tx.now, **values))


async def page(
    tx: Tx,
    limit: int,
    *,
    before_id: int | None = None,
    kind: str | None = None,
    object_id: str | None = None,
    actor_kind: str | None = None,
    actor_id: int | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    q: str | None = None,
) -> Sequence[sa.Row[Any]]:
    """Return entries, newest first, one more than ``limit`` when there are more."""
    where: list[sa.ColumnElement[bool]] = []
    for column, value in ((t.c.kind, kind), (t.c.object_id, object_id), (t.c.actor_kind, actor_kind)):
        if value is not None:
            where.append(column == value)
    if actor_id is not None:
        where.append(t.c.actor_id == actor_id)
    if action is not None:
        where.append(t.c.action == action)
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
