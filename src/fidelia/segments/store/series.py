"""Queries on the history of a list by day and source, for charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from ..tables import segment_log, segment_run

_r, _l = segment_run.c, segment_log.c


async def runs(tx: Tx, segment_id: int, timezone: str, since: datetime) -> Sequence[sa.Row[Any]]:
    """Return of each day and source of runs: entered, left, how many were done, skipped, failed, the longest."""
    at = sa.func.coalesce(_r.finished_at, _r.queued_at)
    day = sa.func.timezone(timezone, at).cast(sa.Date).label("day")
    done = _r.state == "done"
    return await tx.all(
        sa.select(
            day,
            _r.source,
            sa.func.coalesce(sa.func.sum(_r.entered), 0).label("entered"),
            sa.func.coalesce(sa.func.sum(_r.left_count), 0).label("gone"),
            sa.func.count().filter(done).label("changes"),
            sa.func.count().filter(sa.and_(done, _r.skipped)).label("skipped"),
            sa.func.count().filter(_r.state == "failed").label("failed"),
            sa.func.coalesce(sa.func.max(_r.took_ms), 0).label("took_ms"),
        )
        .where(_r.segment_id == segment_id, at >= since, _r.state.in_(("done", "failed")))
        .group_by(day, _r.source)
        .order_by(day, _r.source)
    )


async def edits(tx: Tx, segment_id: int, timezone: str, since: datetime) -> Sequence[sa.Row[Any]]:
    """Return of each day and source of edits: entered, left, how many edits."""
    day = sa.func.timezone(timezone, _l.at).cast(sa.Date).label("day")
    source = sa.case((_l.action == "fill", "fill"), else_=_l.source).label("source")
    return await tx.all(
        sa.select(
            day,
            source,
            sa.func.sum(_l.entered).label("entered"),
            sa.func.sum(_l.left_count).label("gone"),
            sa.func.count().label("changes"),
        )
        .where(_l.segment_id == segment_id, _l.at >= since)
        .group_by(day, source)
        .order_by(day, source)
    )


async def sizes(tx: Tx, segment_id: int, timezone: str, *, edits: bool) -> dict[date, int]:
    """Return the size at the end of every day on which the list was changed or worked out."""
    if edits:
        at, where, size, id_ = _l.at, [_l.segment_id == segment_id], _l.size, _l.id
    else:
        at, where, size, id_ = _r.finished_at, [_r.segment_id == segment_id, _r.state == "done"], _r.size, _r.id
    day = sa.func.timezone(timezone, at).cast(sa.Date).label("day")
    rows = await tx.all(
        sa.select(day, size.label("size")).distinct(day).where(*where).order_by(day, at.desc(), id_.desc())
    )
    return {row.day: row.size for row in rows}
