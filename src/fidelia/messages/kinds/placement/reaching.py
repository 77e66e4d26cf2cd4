"""Somebody sees a placement for the first time: into the ledger, the history, and what frequency policies count."""

from __future__ import annotations

from datetime import datetime

from fidelia.platform.outbox import clickhouse_time, encode_line

from ...model import MessageKey, Plan
from ...policies import marks
from ...store import tracking as store
from ...store.tracking import RunFacts
from .store import shows
from .store.shows import Raw


async def reached(raw: Raw, run: RunFacts, person: int, now: datetime) -> None:
    """Write that somebody has seen a placement; a repeat changes nothing."""
    if not await shows.reached(raw, run.run_id, run.database_id, person, now):
        return
    await marks.reserve(raw, marks.Effective(), chunk_of(run.run_id, run.database_id, run.plan, person), now)
    await store.tell(raw, {run.database_id: [line_of(run, person, "sent", "", now)]})


def line_of(run: RunFacts, person: int, kind: str, which: str, now: datetime) -> str:
    """Return the history's line of what somebody did with a placement; ``which`` of several it was."""
    id_ = "-".join(part for part in (MessageKey(person).name(run.run_id), kind, which) if part)
    return encode_line(f"message.{kind}", person, clickhouse_time(now), id_, run.plan.facts()).decode()


def chunk_of(run_id: int, database_id: int, plan: Plan, person: int) -> marks.Chunk:
    """Return a showing as frequency policies count it."""
    return marks.Chunk(
        run_id=run_id,
        database_id=database_id,
        resource_id=plan.resource_id,
        channel=plan.channel,
        messages={MessageKey(person): shows.person_hash(database_id, person)},
    )
