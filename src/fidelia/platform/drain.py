"""The drain: moves what transactions left in the outbox to ClickHouse, exactly once.

Events: a committed *claim* stamps chunk rows with a batch number and freezes them; the batch is inserted under a
deduplication token made of that number; the rows are deleted after the insert. A kill at any point repeats the insert
with the same token and content, which ClickHouse takes as already done. Projections read the present rows of a dirty
set and insert them with PostgreSQL's row version, so a repeat changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any, Protocol

import psycopg
import structlog
from pyroaring import BitMap

from . import batches
from .batches import EnsureEvents, MergedIds
from .engines import Engines

PROJECT_IDS = 100_000
_LOCK = 0x_F1DE11A
#: Seconds between passes: at least; after a pass that moved few rows so many times as long as it took; at most.
_PAUSE, _REST, _LONGEST = 0.2, 4, 1.0
_MANY = 5_000

log = structlog.get_logger(__name__)


class DrainBehind(Exception):
    """More rows wait than a question may wait for; answer with a job instead. ``rows`` is how many."""

    def __init__(self, rows: int) -> None:
        super().__init__(f"{rows} rows wait to be moved to ClickHouse")
        self.rows = rows


class Projection(Protocol):
    """How the rows of one stream get from PostgreSQL to ClickHouse."""

    async def project(self, engines: Engines, database_id: int, ids: BitMap) -> None:
        """Insert the present state of these rows with their versions; ids without a row become tombstones."""
        ...


class Drain:
    """Moves the outbox. One at a time over all processes, held by an advisory lock.

    ``ensure_events`` makes the events table of a database, and says ``False`` when the database is gone.
    ``merged_ids`` says whose events belong to somebody else now: such that are still on their way are marked in the
    stream ``merges``, which moves them in the same pass.
    """

    def __init__(
        self,
        engines: Engines,
        projections: dict[str, Projection],
        ensure_events: EnsureEvents,
        merged_ids: MergedIds | None = None,
    ) -> None:
        self._engines = engines
        self._projections = projections
        self._ensure_events = ensure_events
        self._merged_ids = merged_ids
        self._lock = asyncio.Lock()
        self._next: asyncio.Task[None] | None = None
        self._session: psycopg.AsyncConnection[Any] | None = None
        self.moved = 0
        self.failures = 0
        self.last_error: str | None = None

    async def behind(self) -> int:
        """Return how many rows wait."""
        async with self._engines.db.hot() as raw:
            row = await (
                await raw.execute(
                    "select (select coalesce(sum(rows), 0) from event_inbox)"
                    " + (select coalesce(sum(rows), 0) from dirty)"
                )
            ).fetchone()
        return int(row[0]) if row else 0

    async def quarantined(self) -> int:
        """Return how many rows ClickHouse has refused for good; they lie in ``event_quarantine`` with the reason."""
        async with self._engines.db.hot() as raw:
            row = await (await raw.execute("select coalesce(sum(rows), 0) from event_quarantine")).fetchone()
        return int(row[0]) if row else 0

    async def catch_up(self, limit: int | None = None) -> None:
        """Return when everything committed before the call is in ClickHouse.

        Raises:
            DrainBehind: more than ``limit`` rows wait (``limits.drain_rows`` of the settings when not given).
        """
        rows = await self.behind()
        if rows == 0:  # rows are deleted only after they have arrived
            return
        if rows > (self._engines.settings.limits.drain_rows if limit is None else limit):
            raise DrainBehind(rows)
        await self.flush()

    async def flush(self) -> None:
        """Run a pass that starts after this call, however much waits; calls that wait share one pass."""
        if self._next is None:
            self._next = asyncio.create_task(self._locked_pass())
            self._next.add_done_callback(_noticed)
        await asyncio.shield(self._next)

    async def run(self) -> None:
        """Drain in the background until the process stops; questions that need what is newest drain for themselves."""
        pause = _PAUSE
        while not self._engines.stop.is_set():
            try:
                began = time.monotonic()
                rows = await self.behind()
                if rows:
                    await self.flush()
                # Each pass costs as much for ten rows as for thousands: few rows wait longer while there is much to do.
                pause = _PAUSE if rows > _MANY else min(max(_PAUSE, _REST * (time.monotonic() - began)), _LONGEST)
            except (psycopg.Error, OSError) as exc:
                pause = min(pause * 2, 5.0)
                log.warning("drain waits for its engines", error=str(exc), retry_in=pause)
            except Exception:  # the drain must outlive a poisoned batch: it is reported and tried again
                pause = min(pause * 2, 30.0)
                log.exception("drain failed", retry_in=pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._engines.stop.wait(), pause)

    async def close(self) -> None:
        """Give back the lock's connection."""
        if self._session is not None:
            await self._session.close()

    async def _locked_pass(self) -> None:
        async with self._lock:
            self._next = None
            try:
                async with self._alone():
                    await self._pass_events()
                    await self._pass_dirty()
            except BaseException as exc:
                self.failures += 1
                self.last_error = f"{type(exc).__name__}: {exc}"
                raise
            self.last_error = None

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Hold the drain's lock over all processes; other cores wait for their turn, so that each can ask questions."""
        session = self._session
        if session is not None and not session.closed:
            try:
                await session.execute("select pg_advisory_lock(%s)", (_LOCK,))
            except psycopg.OperationalError:  # the connection broke while it was idle
                await session.close()
        if session is None or session.closed:
            session = self._session = await self._engines.db.session()
            await session.execute("select pg_advisory_lock(%s)", (_LOCK,))
        try:
            yield
        finally:
            try:
                await session.execute("select pg_advisory_unlock(%s)", (_LOCK,))
            except psycopg.Error:
                await session.close()

    # -- events ---------------------------------------------------------------------------------------------------

    async def _pass_events(self) -> None:
        top = await batches.newest(self._engines)
        waiting = await batches.unfinished(self._engines)
        while True:
            while waiting:
                moved, halves = await batches.move(self._engines, waiting[0], self._ensure_events, self._merged_ids)
                waiting[:1] = halves
                self.moved += moved
            batch = await batches.claim(self._engines, top) if top is not None else None
            if batch is None:
                return
            waiting.append(batch)

    # -- projections ----------------------------------------------------------------------------------------------

    async def _pass_dirty(self) -> None:
        async with self._engines.db.hot() as raw:
            mark = await (await raw.execute("select max(seq) from dirty")).fetchone()
        top, done = mark[0] if mark else None, -1
        failed: dict[tuple[str, int], Exception] = {}
        while top is not None:
            async with self._engines.db.hot() as raw:
                rows = await (
                    await raw.execute(
                        "select seq, stream, database_id, ids from dirty where seq > %s and seq <= %s"
                        " order by seq limit 5000",
                        (done, top),
                    )
                ).fetchall()
            if not rows:
                break
            done = rows[-1][0]
            sets: dict[tuple[str, int], BitMap] = {}
            for _, stream, database, ids in rows:
                sets.setdefault((stream, database), BitMap()).update(BitMap.deserialize(ids))
            for key, ids in sets.items():
                if key not in failed:
                    try:
                        await self._project(*key, ids)
                    except Exception as exc:  # noqa: BLE001 (one stream's fault must not hold up the others; raised below)
                        failed[key] = exc
            async with self._engines.db.hot() as raw:
                await raw.execute(
                    "delete from dirty where seq = any(%s)", ([r[0] for r in rows if (r[1], r[2]) not in failed],)
                )
        for fault in failed.values():
            raise fault

    async def _project(self, stream: str, database: int, ids: BitMap) -> None:
        projection = self._projections.get(stream)
        if projection is None:
            raise RuntimeError(f"Nothing projects the stream {stream!r}")
        for part in batches.slices(ids, PROJECT_IDS):
            await projection.project(self._engines, database, part)
        self.moved += len(ids)


def _noticed(task: asyncio.Task[None]) -> None:
    """Take note of a pass's error even when everybody who waited for it has gone; it is kept in ``last_error``."""
    if not task.cancelled():
        task.exception()
