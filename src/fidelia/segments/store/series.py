"""Queries on the history of a list by day and source, for charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from fidelia.platform.postgres import Tx

_RUNS = sa.text(
    """
    select (coalesce(finished_at, queued_at) at time zone :zone)::date as day, source,
        coalesce(sum(entered), 0) as entered, coalesce(sum(left_count), 0) as gone,
        count(*) filter (where state = 'done') as changes,
        count(*) filter (where state = 'done' and skipped) as skipped,
        count(*) filter (where state = 'failed') as failed,
        coalesce(max(took_ms), 0) as took_ms
    from segment_run
    where segment_id = :segment and coalesce(finished_at, queued_at) >= :since and state in ('done', 'failed')
    group by 1, 2 order by 1, 2
    """
)
_EDITS = sa.text(
    """
    select (at at time zone :zone)::date as day, case action when 'fill' then 'fill' else source end as source,
        sum(entered) as entered, sum(left_count) as gone, count(*) as changes
    from segment_log where segment_id = :segment and at >= :since
    group by 1, 2 order by 1, 2
    """
)
_SIZES = {
    True: sa.text(
        "select distinct on (1) (at at time zone :zone)::date as day, size from segment_log"
        " where segment_id = :segment order by 1, at desc, id desc"
    ),
    False: sa.text(
        "select distinct on (1) (finished_at at time zone :zone)::date as day, size from segment_run"
        " where segment_id = :segment and state = 'done' order by 1, finished_at desc, id desc"
    ),
}


async def runs(tx: Tx, segment_id: int, timezone: str, since: datetime) -> Sequence[sa.Row[Any]]:
    """Return of each day and source of runs: entered, left, how many were done, skipped, failed, the longest."""
    return await tx.all(_RUNS, {"segment": segment_id, "zone": timezone, "since": since})


async def edits(tx: Tx, segment_id: int, timezone: str, since: datetime) -> Sequence[sa.Row[Any]]:
    """Return of each day and source of edits: entered, left, how many edits."""
    return await tx.all(_EDITS, {"segment": segment_id, "zone": timezone, "since": since})


async def sizes(tx: Tx, segment_id: int, timezone: str, *, edits: bool) -> dict[date, int]:
    """Return the size at the end of every day on which the list was changed or worked out."""
    rows = await tx.all(_SIZES[edits], {"segment": segment_id, "zone": timezone})
    return {row.day: row.size for row in rows}
