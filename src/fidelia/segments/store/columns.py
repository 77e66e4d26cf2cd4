"""Queries on the columns of previews that each person has chosen."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fidelia.platform.postgres import Tx

from ..tables import segment_columns

_c = segment_columns.c


async def chosen(tx: Tx, actor: str, database_id: int) -> list[str] | None:
    """Return the columns that somebody has chosen for a database, or ``None``."""
    found = await tx.scalar(sa.select(_c.columns).where(_c.actor == actor, _c.database_id == database_id))
    return None if found is None else [str(name) for name in found]


async def choose(tx: Tx, actor: str, database_id: int, columns: Sequence[str]) -> None:
    """Remember somebody's choice."""
    stmt = insert(segment_columns).values(
        actor=actor, database_id=database_id, columns=list(columns), updated_at=tx.now
    )
    set_ = {"columns": stmt.excluded.columns, "updated_at": stmt.excluded.updated_at}
    await tx.execute(stmt.on_conflict_do_update(index_elements=["actor", "database_id"], set_=set_))
