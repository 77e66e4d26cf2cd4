"""The drain: moves what transactions left in the outbox to ClickHouse, exactly once.

Events: a committed *claim* stamps chunk rows with a batch number and freezes them; the batch is inserted under a
deduplication token made of that number; the rows are deleted after the insert. A kill at any point repeats the insert
with the same token and content, which ClickHouse takes as already done. Projections read the present rows of a dirty
set and insert them with PostgreSQL's row version, so a repeat changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

import msgspec
import psycopg
import pyarrow as pa
import structlog
from pyroaring import BitMap

from .engines import Engines
from .outbox import EventLine

BATCH_ROWS = 100_000
BEHIND_LIMIT = 200_000
PROJECT_IDS = 100_000
_LOCK = 0x_F1DE11A

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


EnsureEvents = Callable[[Engines, int], Coroutine[Any, Any, bool]]


class Drain:
    """Moves the outbox. One at a time over all processes, held by an advisory lock.

    ``ensure_events`` makes the events table of a database, and says ``False`` when the database is gone.
    """

    def __init__(self, engines: Engines, projections: dict[str, Projection], ensure_events: EnsureEvents) -> None:
        self._engines = engines
        self._projections = projections
        self._ensure_events = ensure_events
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

    async def catch_up(self, limit: int = BEHIND_LIMIT) -> None:
        """Return when everything committed before the call is in ClickHouse.

        Raises:
            DrainBehind: more than ``limit`` rows wait.
        """
        rows = await self.behind()
        if rows == 0 and not self._lock.locked():
            return
        if rows > limit:
            raise DrainBehind(rows)
        await self.flush()

    async def flush(self) -> None:
        """Run a pass that starts after this call, however much waits; calls that wait share one pass."""
        if self._next is None:
            self._next = asyncio.create_task(self._locked_pass())
        await asyncio.shield(self._next)

    async def run(self) -> None:
        """Drain in the background until the process stops."""
        pause = 0.2
        while not self._engines.stop.is_set():
            try:
                if await self.behind():
                    await self.flush()
                pause = 0.2
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
                await self._take_lock()
                await self._pass_events()
                await self._pass_dirty()
            except BaseException as exc:
                self.failures += 1
                self.last_error = f"{type(exc).__name__}: {exc}"
                raise
            self.last_error = None

    async def _take_lock(self) -> None:
        if self._session is not None and not self._session.closed:
            try:
                await self._session.execute("select 1")
            except psycopg.Error:
                await self._session.close()
            else:
                return
        session = await self._engines.db.session()
        await session.execute("select pg_advisory_lock(%s)", (_LOCK,))
        self._session = session

    # -- events ---------------------------------------------------------------------------------------------------

    async def _pass_events(self) -> None:
        async with self._engines.db.hot() as raw:
            unfinished = await (
                await raw.execute("select distinct batch from event_inbox where batch is not null order by batch")
            ).fetchall()
            mark = await (await raw.execute("select max(seq) from event_inbox")).fetchone()
        for (batch,) in unfinished:
            await self._move_batch(batch)
        top = mark[0] if mark else None
        while top is not None:
            batch = await self._claim(top)
            if batch is None:
                return
            await self._move_batch(batch)

    async def _claim(self, top: int) -> int | None:
        async with self._engines.db.hot() as raw:
            row = await (
                await raw.execute(
                    """
                    with some as (
                        select seq, sum(rows) over (order by seq) - rows as before
                        from (select seq, rows from event_inbox where batch is null and seq <= %(top)s
                              order by seq limit 5000) first
                    ), stamp as (select nextval('event_batch') as batch where exists (select from some)),
                    claimed as (
                        update event_inbox set batch = stamp.batch from stamp
                        where seq in (select seq from some where before < %(most)s) returning seq
                    )
                    select batch, (select count(*) from claimed) from stamp
                    """,
                    {"top": top, "most": BATCH_ROWS},
                )
            ).fetchone()
        return int(row[0]) if row else None

    async def _move_batch(self, batch: int) -> None:
        async with self._engines.db.hot() as raw:
            rows = await (
                await raw.execute(
                    "select database_id, seq, rows, payload, profiles from event_inbox where batch = %s order by seq",
                    (batch,),
                )
            ).fetchall()
        lines: dict[int, list[str]] = defaultdict(list)
        bulks: list[tuple[int, int, str, bytes]] = []
        moved = 0
        for database, seq, count, payload, profiles in rows:
            moved += count
            if profiles is None:
                lines[database].append(payload)
            else:
                bulks.append((database, seq, payload, profiles))
        ch = self._engines.clickhouse
        for database in sorted({*lines, *(b[0] for b in bulks)}):
            if not await self._ensure_events(self._engines, database):
                continue  # the database was deleted: its history goes with it
            if lines[database]:
                await ch.insert_bytes(
                    f"e_{database}",
                    None,
                    "\n".join(lines[database]).encode(),
                    "JSONEachRow",
                    token=f"{batch}-{database}",
                )
            for _, seq, template, ids in (b for b in bulks if b[0] == database):
                for n, table in enumerate(expand(template, BitMap.deserialize(ids))):
                    await ch.insert_bytes(
                        f"e_{database}", None, arrow_stream(table), "ArrowStream", token=f"{batch}-{database}-{seq}-{n}"
                    )
        async with self._engines.db.hot() as raw:
            await raw.execute("delete from event_inbox where batch = %s", (batch,))
        self.moved += moved

    # -- projections ----------------------------------------------------------------------------------------------

    async def _pass_dirty(self) -> None:
        while True:
            async with self._engines.db.hot() as raw:
                rows = await (
                    await raw.execute("select seq, stream, database_id, ids from dirty order by seq limit 5000")
                ).fetchall()
            if not rows:
                return
            sets: dict[tuple[str, int], BitMap] = {}
            for _, stream, database, ids in rows:
                sets.setdefault((stream, database), BitMap()).update(BitMap.deserialize(ids))
            for (stream, database), ids in sets.items():
                projection = self._projections.get(stream)
                if projection is None:
                    raise RuntimeError(f"Nothing projects the stream {stream!r}")
                for part in slices(ids, PROJECT_IDS):
                    await projection.project(self._engines, database, part)
                self.moved += len(ids)
            async with self._engines.db.hot() as raw:
                await raw.execute("delete from dirty where seq = any(%s)", ([r[0] for r in rows],))


def slices(ids: BitMap, size: int) -> Iterable[BitMap]:
    """Cut a bitmap into bitmaps of at most ``size`` ids, in ascending order."""
    for start in range(0, len(ids), size):
        yield BitMap(ids[start : start + size])


def arrow_stream(table: pa.Table) -> bytes:
    """Encode a table as an Arrow IPC stream, which ClickHouse reads as ``ArrowStream``."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue().to_pybytes())


def expand(template: str, profiles: BitMap) -> Iterable[pa.Table]:
    """Turn a bulk row (an event line without a profile, and a bitmap) into Arrow tables of events."""
    line = _decoder.decode(template)
    for part in slices(profiles, BATCH_ROWS):
        ids = pa.array(part.to_array(), pa.uint32())
        size = len(part)

        def same(value: Any, kind: pa.DataType, size: int = size) -> pa.Array:
            return pa.repeat(pa.scalar(value, kind), size)

        yield pa.table(
            {
                "type": same(line.type, pa.string()),
                "profile": ids,
                "at": same(line.at, pa.string()),
                "id": pa.array([f"{line.id}-{i}" for i in part], pa.string()),
                "mailing": same(line.mailing, pa.uint32()),
                "campaign": same(line.campaign, pa.uint32()),
                "scenario": same(line.scenario, pa.uint32()),
                "template": same(line.template, pa.uint32()),
                "channel": same(line.channel, pa.string()),
                "link": same(line.link, pa.string()),
                "total": same(line.total, pa.string()),
                "props": same(_props.encode(line.props).decode(), pa.string()),
            }
        )


_decoder = msgspec.json.Decoder(EventLine)
_props = msgspec.json.Encoder()
