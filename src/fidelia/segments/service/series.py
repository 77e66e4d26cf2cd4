"""The history of a list as charts show it: by day and by source, with its size."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fidelia import profiles
from fidelia.kernel.errors import conflict
from fidelia.platform.postgres import Tx

from ..model import SegmentDay, SegmentFlow, SegmentSeries
from ..store import segments as store
from ..store import series as series_store

MOST_DAYS = 400


async def series(tx: Tx, segment_id: int, days: int) -> SegmentSeries:
    """Return the last so many days of a stored list, today included. Raises 404; 409 for a dynamic segment."""
    segment = await store.get(tx, segment_id)
    if segment.type == "dynamic":
        raise conflict(f"The segment {segment.name} is dynamic: it stores nobody and has no history")
    timezone = (await profiles.get_database(tx, segment.database_id)).timezone
    zone = ZoneInfo(timezone)
    today = tx.now.astimezone(zone).date()
    first = today - timedelta(days=days - 1)
    since = datetime.combine(first, time(), zone).astimezone(UTC)
    static = segment.type == "static"
    flows: dict[date, list[SegmentFlow]] = {}
    skipped: dict[date, int] = {}
    failed: dict[date, int] = {}
    took: dict[date, int] = {}
    if static:
        for row in await series_store.edits(tx, segment_id, timezone, since):
            flows.setdefault(row.day, []).append(SegmentFlow(row.source, int(row.entered), int(row.gone), row.changes))
    runs = await series_store.runs(tx, segment_id, timezone, since)
    for row in runs:
        failed[row.day] = failed.get(row.day, 0) + row.failed
        took[row.day] = max(took.get(row.day, 0), row.took_ms)
        if not static:
            skipped[row.day] = skipped.get(row.day, 0) + row.skipped
            if row.changes:
                flow = SegmentFlow(row.source, int(row.entered), int(row.gone), row.changes)
                flows.setdefault(row.day, []).append(flow)
    sizes = await series_store.sizes(tx, segment_id, timezone, edits=static)
    size = max(((day, n) for day, n in sizes.items() if day < first), default=(first, None))[1]
    if size is None and static and segment.created_at < since:
        size = 0
    found: list[SegmentDay] = []
    for day in (first + timedelta(days=n) for n in range(days)):
        size = sizes.get(day, size)
        if size is None and static and segment.created_at.astimezone(zone).date() <= day:
            size = 0  # a static list is made empty
        own = flows.get(day, [])
        found.append(
            SegmentDay(
                day=day,
                size=size,
                entered=sum(flow.entered for flow in own),
                left=sum(flow.left for flow in own),
                changes=sum(flow.changes for flow in own),
                skipped=skipped.get(day, 0),
                failed=failed.get(day, 0),
                took_ms=took.get(day, 0),
                sources=own,
            )
        )
    return SegmentSeries(timezone, found, _joined(flow for own in flows.values() for flow in own))


def _joined(flows: Iterable[SegmentFlow]) -> list[SegmentFlow]:
    joined: dict[str, SegmentFlow] = {}
    for flow in flows:
        known = joined.get(flow.source, SegmentFlow(flow.source, 0, 0, 0))
        joined[flow.source] = SegmentFlow(
            flow.source, known.entered + flow.entered, known.left + flow.left, known.changes + flow.changes
        )
    return sorted(joined.values(), key=lambda flow: (-flow.entered - flow.left, flow.source))
