"""The outbox: what a transaction wants ClickHouse to know, written in that same transaction.

Two tables. ``event_inbox`` holds chunks of events as JSON lines, or one bitmap that stands for an event of each of its
profiles. ``dirty`` holds sets of row ids whose present state must be projected. The drain moves both.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
from pyroaring import BitMap

from fidelia.kernel.ids import random_id

CHUNK_BYTES = 4 * 1024 * 1024
HOT = ("mailing", "campaign", "scenario", "template")
_TEXTS = frozenset(("channel", "link"))
_COPIED = frozenset((*HOT, *_TEXTS, "total"))
_PLAIN = frozenset((str, int, float, bool, type(None)))
#: So many sets of changed rows go by one statement; there are few numbers of them, so each is prepared once.
FEW_MARKS = 8
_EVENTS = "insert into event_inbox (database_id, rows, payload) values "
_EVENT = "(%s, %s, %s)"
_DIRTY = "insert into dirty (stream, database_id, rows, ids) values "
_MARK = "(%s, %s, %s, %s)"
#: Deeper properties are kept as JSON text: ClickHouse cannot read back a type nested some hundred levels.
MAX_DEPTH = 10
_YEARS = range(1900, 2299)


class EventOut(msgspec.Struct, frozen=True):
    """An event as it goes to the history. ``id`` is unique for the database; ``properties`` is plain JSON."""

    database: int
    profile: int
    type: str
    at: datetime
    properties: Mapping[str, Any] = {}
    id: str = ""


class EventLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A row of the events table ``e_{database}``, with the hot properties as columns of their own."""

    type: str
    profile: int
    at: str
    id: str
    mailing: int = 0
    campaign: int = 0
    scenario: int = 0
    template: int = 0
    channel: str = ""
    link: str = ""
    total: str | None = None
    props: Mapping[str, Any] = {}


def clickhouse_time(at: datetime) -> str:
    """Write an aware moment as ClickHouse reads it: UTC, milliseconds; raise ``ValueError`` outside of 1900 … 2298."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    if utc.year not in _YEARS:
        raise ValueError(f"{at} cannot be stored as the time of an event")
    return utc.isoformat(sep=" ", timespec="milliseconds")[:23]


def event_line(event: EventOut) -> bytes:
    """Encode an event as one JSON line of the inbox."""
    at, id_ = clickhouse_time(event.at), event.id or random_id(20)
    return encode_line(event.type, event.profile, at, id_, event.properties)


def encode_line(type_: str, profile: int, at: str, id_: str, props: Mapping[str, Any]) -> bytes:
    """Encode the columns of an event; hot properties of a fitting type are copied into their columns.

    What ClickHouse could refuse or garble is settled here, so that no line can hold up the drain: dots in names become
    underscores (they would mean a path), and deep trees become text.

    Raises:
        ValueError: ``profile`` does not fit into 32 bits.
    """
    if not 0 <= profile < 2**32:
        raise ValueError(f"{profile} is not a profile id")
    props = _settled(props, 1)
    present = _COPIED.intersection(props)
    if not present:
        return _encoder.encode(EventLine(type_, profile, at, id_, props=props))
    hot: dict[str, Any] = {}
    for name in present:
        value = props[name]
        if name == "total":
            value = _amount(value)
            if value is not None:
                hot[name] = value
        elif name in _TEXTS:
            if isinstance(value, str):
                hot[name] = value
        elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**32:
            hot[name] = value
    return _encoder.encode(EventLine(type_, profile, at, id_, props=props, **hot))


def _settled(props: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    """Return the properties without dots in names and without trees that are too deep; often the very same object."""
    changed: dict[str, Any] | None = None
    for name, value in props.items():
        if value.__class__ in _PLAIN and "." not in name:
            continue
        kept = _settled_value(value, depth)
        if kept is not value or "." in name:
            changed = dict(props) if changed is None else changed
            if "." in name:
                del changed[name]
            changed[name.replace(".", "_")] = kept
    return props if changed is None else changed


def _settled_value(value: Any, depth: int) -> Any:
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth >= MAX_DEPTH:
        return _encoder.encode(value).decode()
    if isinstance(value, Mapping):
        return _settled(value, depth + 1)
    kept = [_settled_value(item, depth + 1) for item in value]
    return value if all(a is b for a, b in zip(kept, value, strict=True)) else kept


def _amount(value: Any) -> str | None:
    """Return a number as the text of a Decimal(18, 4), or ``None`` when it is none or does not fit."""
    match value:
        case bool():
            return None
        case str():
            return value if _is_amount(value) else None
        case int():
            return str(value) if abs(value) < 10**13 else None
        case float():  # a comparison with NaN is false
            return format(value, "f") if abs(value) < 10**13 else None
        case Decimal():
            return format(value, "f") if value.is_finite() and abs(value) < 10**13 else None
    return None


def _is_amount(text: str) -> bool:
    whole, dot, fraction = text.removeprefix("-").partition(".")
    if not (text.isascii() and whole.isdigit() and len(whole) <= 13):
        return False
    return fraction.isdigit() and len(fraction) <= 20 if dot else True


async def write(
    raw: psycopg.AsyncConnection[Any],
    events: Mapping[int, list[bytes]],
    dirty: Mapping[tuple[str, int], BitMap],
) -> None:
    """Write buffered events and dirty sets in the caller's transaction."""
    rows: list[tuple[int, int, str]] = []
    for database, lines in events.items():
        chunk: list[bytes] = []
        size = 0
        for line in lines:
            chunk.append(line)
            size += len(line)
            if size >= CHUNK_BYTES:
                rows.append((database, len(chunk), b"\n".join(chunk).decode()))
                chunk, size = [], 0
        if chunk:
            rows.append((database, len(chunk), b"\n".join(chunk).decode()))
    marks = [(stream, database, len(ids), ids.serialize()) for (stream, database), ids in dirty.items() if ids]
    if len(rows) <= 1 and len(marks) <= FEW_MARKS:
        await _write_few(raw, rows, marks)
        return
    async with raw.cursor() as cursor:
        if rows:
            await cursor.executemany(_EVENTS + _EVENT, rows)
        if marks:
            await cursor.executemany(_DIRTY + _MARK, marks)


async def _write_few(
    raw: psycopg.AsyncConnection[Any], rows: list[tuple[int, int, str]], marks: list[tuple[str, int, int, bytes]]
) -> None:
    """Write what most requests leave by one statement: a chunk of events, and marks of a few streams."""
    parts = []
    if rows:
        parts.append(_EVENTS + _EVENT)
    if marks:
        parts.append(_DIRTY + ", ".join([_MARK] * len(marks)))
    if parts:
        query = parts[0] if len(parts) == 1 else f"with events as ({parts[0]}) {parts[1]}"
        await raw.execute(query.encode(), [value for row in (*rows, *marks) for value in row])


async def write_bulk(
    raw: psycopg.AsyncConnection[Any],
    database_id: int,
    type_: str,
    profiles: BitMap,
    at: datetime,
    properties: Mapping[str, Any],
) -> None:
    """Write one row that stands for an event of each profile in the bitmap."""
    if not profiles:
        return
    template = encode_line(type_, 0, clickhouse_time(at), random_id(20), properties)
    await raw.execute(
        "insert into event_inbox (database_id, rows, payload, profiles) values (%s, %s, %s, %s)",
        (database_id, len(profiles), template.decode(), profiles.serialize()),
    )


_encoder = msgspec.json.Encoder(decimal_format="string")
