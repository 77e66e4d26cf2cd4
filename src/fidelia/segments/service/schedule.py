"""Starting updatable segments whose time has come, those that others read before the others."""

from __future__ import annotations

from fidelia import conditions, profiles
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import Segment
from ..store import runs as runs_store
from ..store import segments as store
from .fill import settle, start

ACTOR = "Schedule"


async def start_due(engines: Engines) -> list[int]:
    """Start what is due and waits for nothing; return the segments. Safe to be called by several processes at once.

    A segment that reads another one that is due or being filled stays due; the end of a filling calls this again.
    """
    async with engines.tx() as tx:
        await settle(tx)
        due = await store.due(tx)
        if not due:
            return []
        busy = frozenset(run.segment_id for run in await runs_store.open_runs(tx))
        reads = {segment.id: await _reads(tx, segment) for segment in due}
        started = rules.waits_for(reads, busy)
        for segment in due:
            if segment.id in started and segment.schedule is not None:
                database = await profiles.get_database(tx, segment.database_id)
                following = rules.next_run(segment.schedule, tx.now, database.timezone)
                await store.set_next_run(tx, segment.id, following)
                await start(tx, ACTOR, segment, "schedule", triggers=None)
        return started


async def _reads(tx: Tx, segment: Segment) -> frozenset[int]:
    """Return every segment that the rules of another lead to, at any depth."""
    known: set[int] = set()
    wanted = {segment.id: segment}
    while wanted:
        ids = {i for s in wanted.values() if s.condition is not None for i in conditions.segments_in(s.condition)}
        wanted = {s.id: s for s in await store.some(tx, ids - known)}
        known |= wanted.keys()
    return frozenset(known)
