"""A round: a job that fills one or many updatable segments of a database, in the order they need each other.

Segments that do not read each other go together. Their rules are asked as of one moment, each rule once however many
segments share it, scans of one table in one query; what remains is set algebra in memory. Every list is swapped in a
transaction of its own, so that one that fails or is cancelled leaves the others alone, and a round that was killed
goes on with those that were not done.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import msgspec
import structlog
from pyroaring import BitMap

from fidelia.kernel.errors import Problem, conflict
from fidelia.platform.clickhouse import ClickHouseError, QueryCancelled
from fidelia.platform.jobs import Cancelled, JobContext

from .. import rules
from ..model import Segment
from ..store import runs as runs_store
from ..store import segments as store
from ..store.runs import RUNS
from . import answer
from .fingerprint import GOOD_FOR, fingerprints
from .place import end_runs, put
from .progress import reported
from .question import Question, ask_segment
from .recalculate import present, reads_of
from .refusals import reason
from .shared import Shared

#: So many at a time: their rules' answers are in memory together.
TOGETHER = 200
_TRIES = 5
log = structlog.get_logger(__name__)


class Item(msgspec.Struct):
    """A segment in the making."""

    segment: Segment
    run_id: int
    question: Question
    fingerprint: str = ""


class _Round:
    def __init__(self, ctx: JobContext, runs: dict[int, int], triggers: bool | None, force: bool) -> None:
        self.ctx = ctx
        self.runs = runs
        self.triggers = triggers
        self.force = force
        self.began = time.perf_counter()
        self.now = ctx.engines.clock.now()
        self.ended = 0
        self.result: dict[str, Any] = {"segments": len(runs), "done": 0, "skipped": 0, "failed": 0, "cancelled": 0}
        self.fault: BaseException | None = None

    async def run(self) -> None:
        async with self.ctx.tx() as tx:
            found = await store.some(tx, self.runs)
            reads = {segment.id: await reads_of(tx, segment) for segment in found}
        for gone in self.runs.keys() - reads.keys():
            await self.fail(gone, conflict("The segment is gone"))
        for group in rules.turns(reads, frozenset()):
            for start in range(0, len(group), TOGETHER):
                again = await self.together(group[start : start + TOGETHER], 1)
                for tries in range(2, _TRIES + 1):  # rules that were changed while they were worked out
                    again = await self.together(again, tries) if again else []
                for id_ in again:
                    await self.fail(id_, conflict("The rules were changed again and again while they were worked out"))

    async def together(self, group: Sequence[int], tries: int) -> list[int]:
        """Fill segments that do not read each other; return those whose rules were changed meanwhile."""
        await self.ctx.check()
        items = await self.begin(group, tries)
        if not items:
            return []
        engines = self.ctx.engines
        limit = engines.settings.limits.recalculation_seconds
        shared = Shared(engines, self.now, self.ctx.tag, limit)
        try:
            async with asyncio.timeout(limit * len(items)):
                await answer.catch_up(engines, items[0].segment.database_id, wait=True)
                items = await self.changed(items, shared)
                await shared.prepare([item.question for item in items])
        except (TimeoutError, ClickHouseError) as exc:
            if isinstance(exc, QueryCancelled):
                raise
            for item in items:
                await self.fail(item.segment.id, exc)
            return []
        again = []
        for item in items:
            await self.ctx.check()
            try:
                async with asyncio.timeout(limit):
                    found = await shared.people(item.question)
                    if not await self.place(item, found):
                        again.append(item.segment.id)
            except (TimeoutError, ClickHouseError, Problem) as exc:
                if isinstance(exc, QueryCancelled):
                    raise
                await self.fail(item.segment.id, exc)
            except Cancelled:
                self.count("cancelled")
        return again

    async def begin(self, group: Sequence[int], tries: int) -> list[Item]:
        """Mark runs as running and put their questions."""
        items, faults = [], {}
        async with self.ctx.tx() as tx:
            for id_ in group:
                if tries == 1 and not await runs_store.begin(tx, self.runs[id_]):
                    ended = (await runs_store.get(tx, self.runs[id_])).state  # done: before a crash
                    self.count(ended if ended in ("done", "failed") else "cancelled")
                    continue
                try:
                    segment = await present(tx, id_)
                    items.append(Item(segment, self.runs[id_], await ask_segment(tx, segment)))
                except Problem as exc:
                    faults[id_] = exc
        for id_, fault in faults.items():
            await self.fail(id_, fault)
        return items

    async def changed(self, items: list[Item], shared: Shared) -> list[Item]:
        """Note the fingerprints; leave out, and end, the runs of those for which nothing has changed."""
        resolved = {item.segment.id: await shared.resolved(item.question) for item in items}
        async with self.ctx.tx() as tx:
            questions = {item.segment.id: item.question for item in items}
            marks = await fingerprints(self.ctx.engines, tx, questions, self.now, resolved)
            known = {} if self.force else await store.fingerprints(tx, marks, self.now - GOOD_FOR)
        left = []
        for item in items:
            item.fingerprint = marks[item.segment.id]
            if known.get(item.segment.id) != item.fingerprint:
                left.append(item)
            else:
                await self.skip(item)
        return left

    async def skip(self, item: Item) -> None:
        """End a run without work: the list is right as it is."""
        async with self.ctx.tx() as tx:
            segment = await present(tx, item.segment.id, lock=True)
            size = segment.size or 0
            nobody = BitMap()
            done = await runs_store.finish(
                tx, item.run_id, took_ms=self.took, size=size, entered=nobody, left=nobody, skipped=True
            )
            if done:
                await store.set_figures(tx, segment.id, size, self.now)
        self.count("skipped" if done else "cancelled")
        if done:
            self.result |= {"size": size, "entered": 0, "left": 0, "took_ms": self.took}

    async def place(self, item: Item, found: BitMap) -> bool:
        """Swap the lists; say ``False`` when the rules were changed meanwhile."""
        async with self.ctx.tx() as tx:
            latest = await present(tx, item.segment.id, lock=True)
            if latest.version != item.segment.version:
                return False
            figures = await put(
                tx,
                latest,
                item.run_id,
                found,
                source="recalculation",
                triggers=self.triggers,
                since=self.now,
                took_ms=self.took,
            )
            await store.set_fingerprint(tx, latest.id, item.fingerprint, self.now)
        self.count("done")
        self.result |= figures
        return True

    async def fail(self, segment_id: int, fault: BaseException) -> None:
        """End a run that cannot be done; the others go on."""
        async with self.ctx.tx() as tx:
            await RUNS.end(tx, self.runs[segment_id], "failed", reason(fault))
        self.fault = fault
        self.count("failed")

    def count(self, how: str) -> None:
        """Count a run that has ended."""
        self.ended += 1
        self.result[how] += 1
        if len(self.runs) > 1:
            self.ctx.progress(self.ended, len(self.runs))

    @property
    def took(self) -> int:
        """Milliseconds since the round began."""
        return round((time.perf_counter() - self.began) * 1000)


async def run_round(
    ctx: JobContext, *, runs: list[list[int]], triggers: bool | None, force: bool = False
) -> dict[str, Any]:
    """Fill segments; the result tells how many, and for a single one its figures.

    A single one that fails fails the job; of many, those that fail say why in their own history.
    """
    work = _Round(ctx, {run[0]: run[1] for run in runs}, triggers, force)
    async with ctx.telling(partial(end_runs, ctx, work.runs.values())):
        if len(runs) == 1:
            async with reported(ctx):
                await work.run()
        else:
            await work.run()
    if len(runs) > 1:
        for key in ("size", "entered", "left", "triggers"):
            work.result.pop(key, None)
        return work.result | {"took_ms": work.took}
    if work.fault is not None:
        raise work.fault if isinstance(work.fault, Problem) else conflict(reason(work.fault))
    if work.result["cancelled"]:
        raise Cancelled
    return work.result
