"""Queries of whom one refresh of a control group assigned."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from .tables import control_run


async def assigned_by(tx: Tx, group_id: int, run_id: int) -> Any | None:
    """Return the figures of a refresh with its bitmap of people; ``None`` for one that assigned nobody it keeps."""
    c = control_run.c
    columns = (c.joined, c.entered, c.finished_at, c.members)
    return await tx.first(sa.select(*columns).where(c.id == run_id, c.group_id == group_id, c.members.is_not(None)))
