"""What is in the data, for those who build rules: values of a field, how many have one, what is used at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from fidelia.conditions import EventTable, Field, Subject, Vocabulary, json_property, own_field
from fidelia.kernel.errors import invalid_field
from fidelia.platform.engines import Engines

from ..store import clickhouse as store
from ..store import values as query
from ..store.values import Source
from . import answer
from .explain import plain
from .question import vocabulary

MOST = 100
KEPT = "segments.usage"
_LISTED = frozenset({"tags", "tree"})
_OPAQUE = frozenset({"object", "objects"})
_BOUNDED = frozenset({"integer", "float", "decimal", "date", "datetime"})
#: ClickHouse's types in a JSON column, and ours.
_JSON = {"Bool": "boolean", "Int64": "float", "UInt64": "float", "Float64": "float", "String": "string"}


class ValueCount(msgspec.Struct, frozen=True):
    """A value as a condition writes it, and how many rows have it."""

    value: Any
    count: int


class FieldValues(msgspec.Struct, frozen=True, kw_only=True):
    """What a field holds. ``of`` names what is counted (``people``, ``orders`` …); ``filled`` of ``total`` have any.

    ``least`` and ``greatest`` are told of numbers, days and moments.
    """

    items: list[ValueCount]
    total: int
    filled: int
    of: str
    least: Any = None
    greatest: Any = None


class FieldUse(msgspec.Struct, frozen=True):
    """How many people have a value in a field, and some common ones as texts."""

    name: str
    filled: int
    samples: list[str]


class EventUse(msgspec.Struct, frozen=True):
    """How often events of a type happened, to how many people, and when last."""

    name: str
    count: int
    people: int
    last_at: datetime | None


class Usage(msgspec.Struct, frozen=True):
    """What is used of the vocabulary: fields of people and types of events. ``total`` is how many people there are."""

    total: int
    fields: list[FieldUse]
    events: list[EventUse]


class PropertyUse(msgspec.Struct, frozen=True):
    """A property that was seen: its path in words, its keys, and the types of its values (those a condition may name).

    Keys may hold dots themselves; only in events a key with dots is the same as keys in one another.
    """

    name: str
    keys: list[str]
    types: list[str]


class Place(msgspec.Struct, frozen=True):
    """Whose fields are meant: a person's, or those of an ``event`` or of the rows of a ``link``."""

    event: str | None = None
    link: str | None = None


async def field_values(
    engines: Engines, database_id: int, name: str, place: Place, *, starts: str = "", limit: int = 20
) -> FieldValues:
    """Return the commonest values of a field and how many have one. Raises 404, 422, 503."""
    words = await _words(engines, database_id)
    source, field, of = _field(words, name, place)
    await answer.catch_up(engines, database_id, wait=False)
    ch, listed = engines.clickhouse, field.type in _LISTED
    if field.type in _OPAQUE:
        raise invalid_field("/field", f"{field.label} holds objects; name one of its properties")
    total, (some,) = await query.filled(ch, source, [(field.sql, listed)])
    found = await query.top(ch, source, field.sql, listed=listed, starts=starts.strip(), limit=min(limit, MOST))
    least, greatest = await query.bounds(ch, source, field.sql) if field.type in _BOUNDED and some else (None, None)
    return FieldValues(
        items=[ValueCount(_written(field, value), count) for value, count in found],
        total=total,
        filled=some,
        of=of,
        least=_written(field, least),
        greatest=_written(field, greatest),
    )


async def usage(engines: Engines, database_id: int) -> Usage:
    """Return what is used of the vocabulary; kept for as long as the tables stay as they are. Raises 404, 503."""
    words = await _words(engines, database_id)
    await answer.catch_up(engines, database_id, wait=False)
    ch, home, table = engines.clickhouse, words.subject["profile"], words.event_table
    names = [home.table, *([table.table] if table else [])]
    at = await store.marks(ch, names)
    fields = [field for field in home.fields if field.type not in _OPAQUE]
    key = tuple(at.items()), tuple((field.name, field.sql) for field in fields)
    kept: dict[int, tuple[Any, Usage]] = engines.ports.setdefault(KEPT, {})
    if (known := kept.get(database_id)) is not None and known[0] == key:
        return known[1]
    columns = [(field.sql, field.type in _LISTED) for field in fields]
    total, filled = await query.filled(ch, _rows(home), columns)
    samples = await query.samples(ch, _rows(home), columns)
    events = await query.events(ch, table.table, table.type, table.key, table.at) if table else []
    made = Usage(
        total,
        [FieldUse(*parts) for parts in zip((f.name for f in fields), filled, samples, strict=True)],
        [EventUse(*row) for row in events],
    )
    kept[database_id] = (key, made)
    return made


async def properties(engines: Engines, database_id: int, place: Place, field: str | None = None) -> list[PropertyUse]:
    """Return the properties seen in events of a type, in rows of a link, or in a field that is an object.

    Raises 404, 422, 503.
    """
    words = await _words(engines, database_id)
    source, column = _tree(words, place, field)
    await answer.catch_up(engines, database_id, wait=False)
    if column is None:
        return []
    seen = await query.properties(engines.clickhouse, source, column)
    return [PropertyUse(".".join(keys), list(keys), _types(types)) for keys, types in sorted(seen.items())]


async def _words(engines: Engines, database_id: int) -> Vocabulary:
    async with engines.tx() as tx:
        return await vocabulary(tx, database_id)


def _rows(subject: Subject) -> Source:
    return Source(subject.table, subject.where, subject.final)


def _events_of(table: EventTable, name: str) -> Source:
    return Source(table.table, query.only(table.type, name), table.final)


def _field(words: Vocabulary, name: str, place: Place) -> tuple[Source, Field, str]:
    """Find a field: where its rows lie, its column, and what the rows are called."""
    if place.event is not None:
        event = words.event.get(place.event)
        if event is None or words.event_table is None:
            raise invalid_field("/event", f"There is no event {place.event!r} here")
        field = event.by_name.get(name)
        if field is None and event.open and name.startswith("event."):
            field = _undeclared(name, words.event_table.props)
        if field is None:
            raise invalid_field("/field", f"{event.label} has no property {name!r}")
        return _events_of(words.event_table, event.name), field, event.many or "times"
    for subject in _subjects(words, place):
        if (found := _own(subject, name)) is not None:
            return _rows(subject), found, "people" if subject.name == "profile" else subject.many or "rows"
    raise invalid_field("/field", f"There is no field {name!r} here")


def _subjects(words: Vocabulary, place: Place) -> Iterable[Subject]:
    """Whose fields may be meant: those a link leads to, and the single rows beside them."""
    if place.link is None:
        return [subject for subject in words.subjects if subject.table and not subject.name.endswith("[]")]
    found = [link for link in words.links if link.name == place.link]
    if not found:
        raise invalid_field("/link", f"There is no link {place.link!r} here")
    homes = [words.subject[link.to] for link in found]
    beside = [words.subject[link.to] for home in homes for link in words.links_of(home.name) if link.single]
    return [*homes, *beside]


def _own(subject: Subject, name: str) -> Field | None:
    """A field of a subject; of a property that nobody declared, its texts."""
    return own_field(subject, name, "string")


def _undeclared(name: str, column: str) -> Field:
    """A property of an event that nobody declared: its texts."""
    try:
        return json_property(name.removeprefix("event."), "string", column=column)
    except ValueError as exc:
        raise invalid_field("/field", str(exc)) from exc


def _tree(words: Vocabulary, place: Place, field: str | None) -> tuple[Source, str | None]:
    if place.event is not None:
        if place.event not in words.event or words.event_table is None:
            raise invalid_field("/event", f"There is no event {place.event!r} here")
        return _events_of(words.event_table, place.event), words.event_table.props
    if field is not None:
        source, found, _ = _field(words, field, place)
        if found.type != "object":
            raise invalid_field("/field", f"{found.label} is no object")
        return source, f"cast({found.sql} as JSON)"
    if place.link is None:
        raise invalid_field("/event", "Name an event, a link or a field that is an object")
    (home, *_) = _subjects(words, place)
    return _rows(home), f"cast({home.props} as JSON)" if home.props else None


def _types(seen: Iterable[str]) -> list[str]:
    known = {_JSON.get(type_, "tags" if type_.startswith("Array(") else "") for type_ in seen}
    return sorted(known - {""})


def _written(field: Field, value: Any) -> Any:
    """Return a value as a condition writes it: amounts as texts, days and moments in ISO 8601."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime | date):
        return plain(value)
    if field.type == "boolean" and value is not None:
        return bool(value)
    return value
