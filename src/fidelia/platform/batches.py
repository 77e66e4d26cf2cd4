"""Batches of events on their way to ClickHouse: claimed, frozen, inserted under a token, deleted.

A batch's rows never change under its number. One that ClickHouse refuses is split into two new batches, in PostgreSQL
and before anything is inserted under their numbers, down to the single line at fault, which is put into quarantine
with the reason. So a bad line never holds up the others, and a kill at any moment repeats the same inserts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, NamedTuple

import msgspec
import psycopg
import pyarrow as pa
import structlog
from pyroaring import BitMap

from .clickhouse import ClickHouseError, QueryTooLarge
from .engines import Engines
from .listeners import catch
from .outbox import EventLine

BATCH_ROWS = 100_000
BATCH_BYTES = 16 << 20  # far below the size at which ClickHouse cuts an insert into several blocks

#: ClickHouse's errors that say "these rows are wrong", by which a retry would fail for ever.
_REFUSALS = frozenset(
    map(
        int,
        "6 25 26 27 28 33 34 38 41 43 44 53 69 70 72 117 128 130 131 167 168 190 306 321 349 376 407 441 636".split(),
    )
)


class Row(NamedTuple):
    """A row of the inbox: ``payload`` are lines, or the template of an event of each of ``profiles``."""

    seq: int
    rows: int
    payload: str
    profiles: bytes | None


EnsureEvents = Callable[[Engines, int], Coroutine[Any, Any, bool]]
#: Returns the ids of a database whose events belong to others now.
MergedIds = Callable[[Engines, int], Coroutine[Any, Any, BitMap]]
_PROFILE = re.compile(r'"profile":(\d{1,10})')
log = structlog.get_logger(__name__)


async def newest(engines: Engines) -> int | None:
    """Return the highest committed number of the inbox, or ``None`` when it is empty."""
    async with engines.db.hot() as raw:
        row = await (await raw.execute("select max(seq) from event_inbox")).fetchone()
    return row[0] if row else None


async def unfinished(engines: Engines) -> list[int]:
    """Return the batches that were claimed but not yet deleted: a process was killed in between."""
    async with engines.db.hot() as raw:
        rows = await (
            await raw.execute("select distinct batch from event_inbox where batch is not null order by batch")
        ).fetchall()
    return [row[0] for row in rows]


async def claim(engines: Engines, top: int) -> int | None:
    """Stamp the oldest free rows up to number ``top`` with a new batch and commit; ``None`` when there are none."""
    async with engines.db.hot() as raw:
        row = await (
            await raw.execute(
                """
                with oldest as (
                    select seq, sum(rows) over w - rows as rows_before, sum(bytes) over w - bytes as bytes_before
                    from (select seq, rows, octet_length(payload) as bytes from event_inbox
                          where batch is null and seq <= %(top)s order by seq limit 5000) first
                    window w as (order by seq)
                ), stamp as materialized (select nextval('event_batch') as batch where exists (select from oldest)),
                claimed as (
                    update event_inbox set batch = stamp.batch from stamp
                    where seq in (select seq from oldest where rows_before < %(rows)s and bytes_before < %(bytes)s)
                )
                select batch from stamp
                """,
                {"top": top, "rows": BATCH_ROWS, "bytes": BATCH_BYTES},
            )
        ).fetchone()
    return int(row[0]) if row else None


async def move(
    engines: Engines, batch: int, ensure_events: EnsureEvents, merged_ids: MergedIds | None = None
) -> tuple[int, list[int]]:
    """Insert a batch and delete it; return how many events went and the halves of what was refused, to be moved next.

    Raises:
        ClickHouseError: the engine is away or overloaded; the batch stays and is tried again.
    """
    async with engines.db.hot() as raw:
        rows = await (
            await raw.execute(
                "select database_id, seq, rows, payload, profiles from event_inbox where batch = %s order by seq",
                (batch,),
            )
        ).fetchall()
    lines: dict[int, list[Row]] = defaultdict(list)
    bulks: list[tuple[int, list[Row]]] = []
    for database, *rest in rows:
        row = Row(*rest)
        if row.profiles is None:
            lines[database].append(row)
        else:
            bulks.append((database, [row]))
    moved, halves, gone = 0, [], []
    for database, part in [*sorted(lines.items()), *bulks]:
        if await ensure_events(engines, database):  # a database that was deleted takes its history with it
            try:
                await _insert(engines, batch, database, part)
            except ClickHouseError as exc:
                if not (exc.code in _REFUSALS or (isinstance(exc, QueryTooLarge) and _divisible(part))):
                    raise
                halves += await _set_apart(engines, batch, database, part, str(exc))
                continue
            gone.append((database, part))
        moved += sum(row.rows for row in part)
    late = await _late(engines, lines, bulks, merged_ids) if merged_ids is not None else {}
    async with engines.db.hot() as raw:
        await catch(raw, gone)
        await raw.execute("delete from event_inbox where batch = %s", (batch,))
        for database, people in late.items():
            await raw.execute(
                "insert into dirty (stream, database_id, rows, ids) values ('merges', %s, %s, %s)",
                (database, len(people), people.serialize()),
            )
    return moved, halves


async def _late(
    engines: Engines, lines: dict[int, list[Row]], bulks: list[tuple[int, list[Row]]], merged_ids: MergedIds
) -> dict[int, BitMap]:
    """Return the people of a batch, by database, who have become others since their events were written."""
    found: dict[int, BitMap] = {}
    for database in {*lines, *(database for database, _ in bulks)}:
        merged = await merged_ids(engines, database)
        if not merged:
            continue
        people = BitMap()
        for row in lines.get(database, ()):
            people.update(n for n in map(int, _PROFILE.findall(row.payload)) if n < 2**32)
        for other, part in bulks:
            if other == database and part[0].profiles is not None:
                people |= BitMap.deserialize(part[0].profiles)
        if people & merged:
            found[database] = people & merged
    return found


async def _insert(engines: Engines, batch: int, database: int, part: list[Row]) -> None:
    """Insert the lines of a database, or one bulk row of it."""
    table, token, first = f"e_{database}", f"{batch}-{database}", part[0]
    if first.profiles is None:
        payload = "\n".join(row.payload for row in part).encode()
        await engines.clickhouse.insert_bytes(table, None, payload, "JSONEachRow", token=token)
        return
    try:
        template, profiles = _decoder.decode(first.payload), BitMap.deserialize(first.profiles)
    except (msgspec.DecodeError, ValueError) as exc:
        raise ClickHouseError(f"A bulk row that cannot be read: {exc}", 26) from exc
    for n, rows in enumerate(expand(template, profiles)):
        stream = arrow_stream(rows)
        await engines.clickhouse.insert_bytes(table, None, stream, "ArrowStream", token=f"{token}-{first.seq}-{n}")


def _divisible(part: list[Row]) -> bool:
    return len(part) > 1 or (part[0].profiles is None and part[0].rows > 1)


async def _set_apart(engines: Engines, batch: int, database: int, part: list[Row], reason: str) -> list[int]:
    """Split the refused rows of a database into two new batches, or put the one at fault into quarantine."""
    async with engines.db.hot() as raw:
        if len(part) > 1:
            middle = len(part) // 2
            return [await _restamp(raw, [row.seq for row in half]) for half in (part[:middle], part[middle:])]
        row = part[0]
        lines = [line for line in row.payload.split("\n") if line]
        if row.profiles is None and len(lines) > 1:
            middle = len(lines) // 2
            made = []
            for half in (lines[:middle], lines[middle:]):
                cursor = await raw.execute(
                    "insert into event_inbox (database_id, rows, payload) values (%s, %s, %s) returning seq",
                    (database, len(half), "\n".join(half)),
                )
                made += [new for (new,) in await cursor.fetchall()]
            await raw.execute("delete from event_inbox where seq = %s", (row.seq,))
            return [await _restamp(raw, [new]) for new in made]
        await raw.execute(
            "with gone as (delete from event_inbox where seq = %s returning database_id, rows, payload, profiles)"
            " insert into event_quarantine (database_id, rows, payload, profiles, reason)"
            " select database_id, rows, payload, profiles, %s from gone",
            (row.seq, reason.replace("\x00", "")[:2000]),
        )
    log.error("an event was put into quarantine", database=database, batch=batch, reason=reason[:300])
    return []


async def _restamp(raw: psycopg.AsyncConnection[Any], seqs: list[int]) -> int:
    cursor = await raw.execute(
        "with stamp as materialized (select nextval('event_batch') as batch),"
        " done as (update event_inbox set batch = stamp.batch from stamp where seq = any(%s))"
        " select batch from stamp",
        (seqs,),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


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


def expand(line: EventLine, profiles: BitMap) -> Iterable[pa.Table]:
    """Turn a bulk row (an event line without a profile, and a bitmap) into Arrow tables of events."""
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
