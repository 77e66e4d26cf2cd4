"""Histories of people who were merged or split, moved by the drain after the events that it brought before.

An event that was on its way under a merged person's old id is found by ``merged_ids`` when the drain inserts it; the
person is then marked again, so that it follows in the same pass.
"""

from __future__ import annotations

from collections import defaultdict

from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.engines import Engines

from .projection import ensure_events
from .store import merging as store


class Merges:
    """Stream ``merges``: ids are of people who became others."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Move their events to those whom they became."""
        async with engines.tx() as tx:
            became = await profiles.moved_histories(tx, database_id, ids)
        if not became or not await ensure_events(engines, database_id):
            return
        groups: dict[int, dict[int, int]] = defaultdict(dict)
        for source, into in became.items():
            groups[into.database_id][source] = into.profile_id
        for into_database, people in groups.items():
            if await ensure_events(engines, into_database):
                await store.move(engines.clickhouse, database_id, into_database, people)


class HistoryCopies:
    """Stream ``history_copies``: ids are of copies that a split asked for."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Make the copies, then note that they are made."""
        async with engines.tx() as tx:
            copies = await profiles.history_copies(tx, ids)
        if copies and await ensure_events(engines, database_id):
            for _, source, into, until in copies:
                await store.copy(engines.clickhouse, source, [(into, until)])
        async with engines.tx() as tx:
            await profiles.end_history_copies(tx, ids)


async def merged_ids(engines: Engines, database_id: int) -> BitMap:
    """Return the ids of a database whose events belong to others now."""
    async with engines.tx() as tx:
        return await profiles.merged_ids(tx, database_id)
