"""Copying what listeners wait for, in the transaction in which the drain lets go of a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import psycopg
from pyroaring import BitMap

#: Events of a chunk at most: one transaction of a listener deals with that many.
CHUNK = 1_000
#: People of a chunk that is one event of each.
BULK = 20_000
_TYPE = '{"type":"'


class Moved(Protocol):
    """A row of the inbox that has been moved."""

    @property
    def seq(self) -> int:
        """Its number."""
        ...

    @property
    def payload(self) -> str:
        """Lines of events, or the template of an event of each of ``profiles``."""
        ...

    @property
    def profiles(self) -> bytes | None:
        """A bitmap, for an event of many people."""
        ...


class _Ear(NamedTuple):
    id: int
    database_id: int | None
    types: frozenset[str]
    after_seq: int

    def hears(self, database_id: int, seq: int) -> bool:
        return seq > self.after_seq and (self.database_id is None or self.database_id == database_id)


async def catch(raw: psycopg.AsyncConnection[Any], moved: Iterable[tuple[int, Sequence[Moved]]]) -> int:
    """Copy from (database, rows) what somebody waits for; return how many events it was."""
    cursor = await raw.execute("select id, database_id, types, after_seq from event_listener order by id")
    ears = [_Ear(id_, database, frozenset(types), after) for id_, database, types, after in await cursor.fetchall()]
    if not ears:
        return 0
    caught: list[tuple[int, int, int, str, bytes | None]] = []
    for database, rows in moved:
        for ear in ears:
            mine = [row for row in rows if ear.hears(database, row.seq)]
            for many, payload, people in _chunks(mine, ear.types):
                caught.append((ear.id, database, many, payload, people))
    async with raw.cursor() as writer:
        await writer.executemany(
            "insert into event_caught (listener_id, database_id, rows, payload, profiles) values (%s, %s, %s, %s, %s)",
            caught,
        )
    return sum(row[2] for row in caught)


def _chunks(rows: Sequence[Moved], types: frozenset[str]) -> Iterator[tuple[int, str, bytes | None]]:
    """Yield (events, payload, bitmap) in the order of the rows."""
    lines: list[str] = []
    for row in rows:
        wanted = [line for line in row.payload.split("\n") if not types or type_of(line) in types]
        if row.profiles is None:
            lines += wanted
            while len(lines) >= CHUNK:
                yield CHUNK, "\n".join(lines[:CHUNK]), None
                del lines[:CHUNK]
            continue
        if lines:  # what was written before stays before
            yield len(lines), "\n".join(lines), None
            lines = []
        people = BitMap.deserialize(row.profiles) if wanted else BitMap()
        for start in range(0, len(people), BULK):
            part = people[start : start + BULK]
            yield len(part), row.payload, part.serialize()
    if lines:
        yield len(lines), "\n".join(lines), None


def type_of(line: str) -> str:
    """Return the type of an encoded event; it stands first in its line (see ``outbox.EventLine``)."""
    if not line.startswith(_TYPE):
        raise ValueError(f"This is no line of an event: {line[:100]}")
    return line[len(_TYPE) : line.index('"', len(_TYPE))]
