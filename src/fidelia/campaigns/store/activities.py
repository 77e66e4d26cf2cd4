"""Queries of what is done in campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Tx, as_struct

from ..model import ActivityKind, Widening
from ..tables import campaign_activity

_a = campaign_activity.c


class ActivityRow(msgspec.Struct, frozen=True, kw_only=True):
    """The row of an activity."""

    campaign_id: int
    kind: ActivityKind
    object_id: int
    widens: list[Widening]
    exempt: bool
    attached_at: datetime


async def of(tx: Tx, campaign_id: int) -> list[ActivityRow]:
    """Return the activities of a campaign, in the order in which they came."""
    stmt = sa.select(campaign_activity).where(_a.campaign_id == campaign_id)
    return [as_struct(row, ActivityRow) for row in await tx.all(stmt.order_by(_a.attached_at, _a.object_id))]


async def find(tx: Tx, campaign_id: int, kind: str, object_id: int) -> ActivityRow | None:
    """Return an activity of a campaign, or ``None``."""
    row = await tx.first(sa.select(campaign_activity).where(*_one(campaign_id, kind, object_id)))
    return None if row is None else as_struct(row, ActivityRow)


async def add(tx: Tx, campaign_id: int, kind: str, object_id: int, widens: Sequence[str], *, exempt: bool) -> None:
    """Store an activity."""
    values = {"kind": kind, "object_id": object_id, "widens": list(widens), "exempt": exempt}
    await tx.execute(sa.insert(campaign_activity).values(campaign_id=campaign_id, attached_at=tx.now, **values))


async def update(tx: Tx, campaign_id: int, kind: str, object_id: int, values: Mapping[str, Any]) -> None:
    """Change an activity."""
    await tx.execute(sa.update(campaign_activity).where(*_one(campaign_id, kind, object_id)).values(**values))


async def remove(tx: Tx, campaign_id: int, kind: str, object_id: int) -> None:
    """Forget that something is an activity of a campaign."""
    await tx.execute(sa.delete(campaign_activity).where(*_one(campaign_id, kind, object_id)))


def _one(campaign_id: int, kind: str, object_id: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (_a.campaign_id == campaign_id, _a.kind == kind, _a.object_id == object_id)
