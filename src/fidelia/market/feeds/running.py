"""Runs of feeds: started by hand, by API or by the clock, one at a time each; and how they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict
from fidelia.platform import jobs, schedules
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import EndState, Work

from . import store
from .model import FeedRow, MarketFeedReason, MarketFeedRun, RunRow, RunSource
from .store import RUNS
from .tables import feed

LOAD = "market.feed"
ZONE = "UTC"
MAX_REASONS = 100
_SOURCES: dict[str, RunSource] = {"token": "api", "system": "schedule"}


async def start(tx: Tx, actor: Actor, feed_id: int, *, force: bool) -> MarketFeedRun:
    """Begin a run now; ``force`` loads also what has not changed. Raises 404, 409 while one is at work."""
    row = await store.find(tx, feed_id, lock=True)
    await RUNS.settle(tx, [feed_id])
    source = _SOURCES.get(actor.kind, "hand")
    started = await RUNS.start(tx, row.id, _work(row, force=force), source=source, actor=actor.name)
    if started is None:
        raise conflict("This feed is being loaded already")
    await audit(tx, actor, "market_feed.started", kind="market_feed", object_id=feed_id, name=row.name)
    return await shown(tx, started.run_id)


def _work(row: FeedRow, *, force: bool) -> Work:
    columns = {"force": force, "version": row.version}
    return Work(kind=LOAD, title=f"Load {row.name}", link=row.link, lock=f"feed-{row.id}", columns=columns)


async def shown(tx: Tx, run_id: int) -> MarketFeedRun:
    """Return a run as callers see it."""
    run = await RUNS.find(tx, run_id)
    assert run is not None
    return store.as_run(run)


async def cancel(tx: Tx, feed_id: int) -> MarketFeedRun:
    """Stop the run that is at work; offers that are written stay. Raises 404; 409 when nothing is at work."""
    await store.find(tx, feed_id, lock=True)
    run = await RUNS.open_of(tx, feed_id)
    if run is None or run.job_id is None:
        raise conflict("This feed is not being loaded")
    await jobs.cancel(tx, run.job_id)
    await settle(tx, run)
    return await shown(tx, run.id)


async def settle(tx: Tx, run: RunRow) -> None:
    """Note how a run ended whose job ended without a word."""
    ended = await RUNS.outcome(tx, run.job_id)
    if ended is not None:
        await finish(tx, run.id, *ended)


async def settle_all(engines: Engines) -> None:
    """Do :func:`settle` for every open run."""
    async with engines.tx() as tx:
        for run in await RUNS.open(tx):
            await settle(tx, run)


async def start_due(engines: Engines) -> list[int]:
    """Start what is due; return the feeds. Safe in several processes at once; one at work stays due."""
    return await schedules.start_due(engines, TIMETABLE)


async def _following(tx: Tx, row: FeedRow) -> datetime | None:
    return None if row.schedule is None else schedules.next_run(row.schedule, tx.now, ZONE)


async def _work_when_due(_: Tx, row: FeedRow) -> Work:
    return _work(row, force=False)


TIMETABLE = schedules.Timetable(
    table=feed,
    row=FeedRow,
    where=feed.c.active,
    runs=RUNS,
    settle=settle_all,
    following=_following,
    work=_work_when_due,
    waits=True,
)


async def finish(tx: Tx, run_id: int, state: EndState, error: str | None = None, *, note: str | None = None) -> None:
    """Note how a run ended, and what that means for its feed."""
    run = await RUNS.find(tx, run_id)
    if run is None:
        return
    row = await store.find(tx, run.feed_id, lock=True)
    if not await RUNS.end(tx, run_id, state, error, {"note": note}):
        return
    stopped = await schedules.note_ending(tx, feed, row, run, state, error, what="The feed")
    if stopped is not None:
        await audit(
            tx,
            Actor.system(),
            "market_feed.stopped",
            kind="market_feed",
            object_id=row.id,
            name=row.name,
            after=msgspec.structs.asdict(stopped),
        )


def counted(known: Sequence[MarketFeedReason], more: Iterable[tuple[str, str]] | Counter[tuple[str, str]]) -> list[Any]:
    """Return the reasons with more of them counted, the most frequent first, as they are stored."""
    counts = Counter({(r.field, r.reason): r.offers for r in known})
    counts.update(more)
    return [{"field": field, "reason": reason, "offers": n} for (field, reason), n in counts.most_common(MAX_REASONS)]


def actor_of(run: RunRow) -> Actor:
    """Return in whose name a run works."""
    return Actor.system(run.actor)
