"""The days on which groups were reviewed or reset, and what came of it."""

from __future__ import annotations

from datetime import date, datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fidelia.platform.postgres import Tx, as_struct

from ..tables import loyalty_review as table

_c = table.c
_COUNTS = {"seen": "reviewed", "raised": "raised", "lowered": "lowered", "kept": "kept", "graced": "graced"}


class ReviewDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of review (or of counting anew) and what it did; without ``finished_at`` it is at work or broken off."""

    id: int
    group_id: int
    day: date
    kind: str
    reviewed: int
    raised: int
    lowered: int
    kept: int
    graced: int
    started_at: datetime
    finished_at: datetime | None


async def begin(tx: Tx, group_id: int, day: date, kind: str) -> None:
    """Note that a day has begun; one that has begun already goes on."""
    stmt = insert(table).values(group_id=group_id, day=day, kind=kind, started_at=tx.now)
    await tx.execute(stmt.on_conflict_do_nothing())


async def add(tx: Tx, group_id: int, day: date, kind: str, done: msgspec.Struct) -> None:
    """Add what a part of the work did, in the same transaction."""
    added = {column: _c[column] + getattr(done, name) for name, column in _COUNTS.items()}
    await tx.execute(sa.update(table).where(_c.group_id == group_id, _c.day == day, _c.kind == kind).values(**added))


async def finish(tx: Tx, group_id: int, day: date, kind: str) -> None:
    """Note that a day is done; once."""
    await tx.execute(
        sa.update(table)
        .where(_c.group_id == group_id, _c.day == day, _c.kind == kind, _c.finished_at.is_(None))
        .values(finished_at=tx.now)
    )


async def newest(tx: Tx, group_ids: list[int], most: int = 20) -> list[ReviewDay]:
    """Return the newest days of groups."""
    rows = await tx.all(
        sa.select(*(_c[name] for name in ReviewDay.__struct_fields__))
        .where(_c.group_id.in_(group_ids))
        .order_by(_c.id.desc())
        .limit(most)
    )
    return [as_struct(row, ReviewDay) for row in rows]
