"""Computing a score: always a job, in the core.

Groups and ranks are worked out in ClickHouse in one statement, as of one moment. Their values then come to PostgreSQL
in runs of ids, each in a transaction of its own, so that nobody who writes profiles waits for long; only what differs
is written, and what was written is known to conditions at once. A run that was killed begins again and comes to the
same end. Two of one score never overlap: a second asks in vain while one is open, and the jobs share a lock.
"""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.platform import schedules
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Cancelled, JobContext, JobRef
from fidelia.platform.postgres import Tx
from fidelia.platform.races import patiently
from fidelia.platform.schedules import Work

from ..control.report import PURCHASES, PurchaseSource
from ..service import answer
from ..service.lists import source_of
from ..service.refusals import in_words, reason
from . import rules, store, store_clickhouse
from .model import ScoreRow
from .store_clickhouse import Wanted
from .tables import score

COMPUTE = "scores.compute"
#: So many ids are written in one transaction.
CHUNK = 20_000


async def ask(tx: Tx, actor: Actor, database_id: int, score_id: int) -> JobRef:
    """Have a score computed now; while a run waits or works, return that one. Raises 404."""
    row = await store.get(tx, database_id, score_id, lock=True)
    return await store.RUNS.ask(tx, row.id, work_of(row), source=source_of(actor), actor=actor.name)


async def start_due(engines: Engines) -> None:
    """Start the runs whose time has come; several processes may call this at once."""
    await schedules.start_due(engines, TIMETABLE)


def work_of(row: ScoreRow) -> Work:
    """Return the job that computes a score."""
    return Work(
        kind=COMPUTE,
        title=f"Compute the score {row.name}",
        args={"database_id": row.database_id, "score_id": row.id},
        database_id=row.database_id,
        link=f"/databases/{row.database_id}/scores/{row.id}",
        lock=f"score-{row.id}",
    )


async def _work(_: Tx, row: ScoreRow) -> Work:
    return work_of(row)


async def following(tx: Tx, row: ScoreRow) -> datetime | None:
    """Return when a score is computed next after now; ``None`` without a schedule, or when it has ended."""
    zone = (await profiles.get_database(tx, row.database_id)).timezone
    return None if row.schedule is None else schedules.next_run(row.schedule, tx.now, zone)


TIMETABLE = schedules.Timetable(
    table=score, row=ScoreRow, runs=store.RUNS, settle=store.RUNS.settle_all, following=following, work=_work
)


async def run_compute(ctx: JobContext, *, database_id: int, score_id: int, run_id: int) -> dict[str, Any]:
    """Compute a score and store its values; the result tells the figures."""
    async with store.RUNS.telling(ctx, run_id, reason):
        try:
            with in_words():
                return await _Run(ctx, database_id, score_id, run_id).go()
        finally:
            await asyncio.shield(store_clickhouse.drop(ctx.engines.clickhouse, score_id))


class _Run:
    def __init__(self, ctx: JobContext, database_id: int, score_id: int, run_id: int) -> None:
        self.ctx = ctx
        self.ch = ctx.engines.clickhouse
        self.database_id = database_id
        self.score_id = score_id
        self.run_id = run_id
        self.began = time.perf_counter()

    async def go(self) -> dict[str, Any]:
        async with self.ctx.tx() as tx:
            row = await store.find(tx, self.database_id, self.score_id)
            if row is None or not await store.RUNS.begin(tx, self.run_id):
                raise Cancelled
            database = await profiles.get_database(tx, self.database_id)
            fault = next(iter(rules.broken(row, database)), None)
        if fault is not None:
            raise conflict(f"The score does not fit the database any more: {fault}")
        await answer.catch_up(self.ctx.engines, self.database_id, wait=True)
        wanted = self._wanted(row, database)
        money = await store_clickhouse.currencies(self.ch, wanted, self.ctx.tag) if rules.counts_amounts(row) else []
        if money and row.currency is None:
            wanted = msgspec.structs.replace(wanted, currency=money[0][0])
        await self.ctx.check()
        people = await store_clickhouse.fill(self.ch, wanted, self.ctx.tag)
        parts = await store_clickhouse.parts(self.ch, wanted, rules.parts_of(row), self.ctx.tag)
        await self._store(wanted, row)
        return await self._finish(
            {
                "as_of": wanted.now,
                "people": people,
                "currency": wanted.currency or None,
                "other_orders": sum(n for currency, n in money if currency != wanted.currency),
                "parts": msgspec.to_builtins(parts),
            }
        )

    def _wanted(self, row: ScoreRow, database: profiles.Database) -> Wanted:
        now = rules.whole(self.ctx.engines.clock.now())
        source: PurchaseSource = self.ctx.engines.port(PURCHASES)
        figure = row.figure
        field = None if figure is None or figure.field is None else database.field(figure.field)
        return Wanted(
            database_id=database.id,
            score_id=row.id,
            kind=row.kind,
            groups=row.groups,
            orders=source(database.id),
            timezone=database.timezone,
            now=now,
            since=None if row.days is None else rules.days_before(now, row.days, database.timezone),
            currency=row.currency or "",
            figure="" if figure is None else figure.of,
            event="" if figure is None or figure.event is None else figure.event,
            column="" if field is None else field.column,
            float_column=field is not None and field.type == "float",
        )

    async def _store(self, wanted: Wanted, row: ScoreRow) -> None:
        """Bring the values to PostgreSQL, a run of ids after the other."""
        first, last = 1, await self._last_id()
        self.ctx.progress(0, last)
        while first <= last:
            await self.ctx.check()
            end = min(first + CHUNK - 1, last)
            lines = await store_clickhouse.lines(self.ch, wanted, first, end, self.ctx.tag)
            await patiently(partial(self._write, row, lines, first, end))  # others write the same people
            self.ctx.progress(end, last)
            first = end + 1

    async def _last_id(self) -> int:
        async with self.ctx.tx() as tx:
            return (await profiles.get_database(tx, self.database_id)).last_profile_id

    async def _write(self, row: ScoreRow, lines: bytes, first: int, last: int) -> None:
        async with self.ctx.tx() as tx:
            latest = await store.find(tx, self.database_id, self.score_id, hold=True)
            if latest is None or latest.version != row.version:
                raise conflict("The score was changed or deleted meanwhile; compute it again")
            database = await profiles.open_for_write(tx, self.database_id)
            fields = [database.by_name[name] for name in rules.names_of(row.kind, row.prefix)]
            changed = await store.write(await tx.raw(), database, fields, lines, first, last)
            if changed:
                tx.mark_dirty("profiles", self.database_id, changed)
                await store.changed_more(tx, self.run_id, len(changed))

    async def _finish(self, figures: dict[str, Any]) -> dict[str, Any]:
        async with self.ctx.tx() as tx:
            everybody = (await profiles.get_database(tx, self.database_id)).profile_count
            figures["without"] = max(0, everybody - figures["people"])
            figures["took_ms"] = round((time.perf_counter() - self.began) * 1000)
            if not await store.finish(tx, self.run_id, figures):
                raise Cancelled
            run = await store.RUNS.find(tx, self.run_id)
        changed = 0 if run is None else run.changed
        return {"people": figures["people"], "changed": changed, "took_ms": figures["took_ms"]}
