"""Upkeep of events: ids that are old enough are forgotten, and what waited too long for a visitor."""

from __future__ import annotations

from datetime import timedelta

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic

from . import rules
from .store import keys, seen, visitors

#: Events of visitors who never said who they are are kept so long.
WAITING_DAYS = 365
COUNTED_DAYS = 60
_CHUNK = 20_000


@periodic("events.purge", "17 3 * * *", queue="worker")
async def purge(engines: Engines) -> None:
    """Forget ids after seven whole days, waiting events and visitors after a year, counters after sixty days."""
    now = engines.clock.now()
    # An id seen late on a day is kept until seven days after that day's end.
    edge = now.date() - timedelta(days=rules.SEEN_DAYS)
    old = now - timedelta(days=WAITING_DAYS)
    while not engines.stop.is_set():
        async with engines.db.hot() as raw:
            if await seen.purge(raw, edge, _CHUNK) < _CHUNK:
                break
    while not engines.stop.is_set():
        async with engines.db.hot() as raw:
            if await visitors.purge(raw, old, _CHUNK) < _CHUNK:
                break
    while not engines.stop.is_set():
        async with engines.db.hot() as raw:
            if await visitors.purge_visitors(raw, old, _CHUNK) < _CHUNK:
                break
    async with engines.db.hot() as raw:
        await keys.purge_counts(raw, now.date() - timedelta(days=COUNTED_DAYS))
