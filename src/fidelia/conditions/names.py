"""Finding what a name means: in the row a node speaks of, in the rows around it, over links to a single row."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from .json_text import parse_path, steps_of, text_property
from .plan import NOW, Key
from .vocabulary import EventTable, EventType, Field, Link, Option, Subject, Vocabulary, json_property

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

NOW_FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field(
            name="now.weekday",
            type="enum",
            label="Day of the week",
            nullable=False,
            options=tuple(Option(day, day.title()) for day in _DAYS),
        ),
        Field(name="now.time", type="time", label="Time of day", nullable=False),
        Field(name="now.date", type="date", label="Today", nullable=False),
    )
}


class Frame(msgspec.Struct, frozen=True):
    """One row that is in sight: of a subject (perhaps reached by a link), or an event."""

    subject: Subject | None = None
    event: EventType | None = None
    link: Link | None = None


class Found(msgspec.Struct, frozen=True):
    """What a field's name means: the field, its key in facts (or keys), how many rows outwards, over which link.

    ``open`` says that nobody declared it: its type was chosen.
    """

    field: Field
    key: Key
    depth: int
    link: Link | None = None
    open: bool = False


def event_fields(table: EventTable) -> dict[str, Field]:
    """Return the fields every event has."""
    return {
        field.name: field
        for field in (
            Field(name="event.at", type="datetime", label="Time", sql=table.at, live=False, nullable=False),
            Field(name="event.id", type="string", label="Event id", sql="id", live=False, nullable=False),
        )
    }


def guess(op: str, raw: Any) -> str:  # noqa: PLR0911 one per family
    """Return the type under which an undeclared property is compared: what the operator and the literal say.

    A text compared by order is a day, a moment or a number; in other places it is a text.
    """
    if op in ("is_missing", "is_present"):
        return "any"
    if op in ("any_of", "all_of", "none_of"):
        return "tags"
    if op == "in_subnet":
        return "ip"
    if isinstance(raw, list) and raw:
        raw = raw[0]
    dated = isinstance(raw, str) and raw[4:5] == "-" and raw[:4].isdigit()
    if op in ("before", "after", "in_last", "in_next", "anniversary_in"):
        return "date" if dated and len(raw) == 10 else "datetime"
    if isinstance(raw, bool):
        return "boolean"
    if op in ("gt", "gte", "lt", "lte", "between") and isinstance(raw, str):
        return ("date" if len(raw) == 10 else "datetime") if dated else "float"
    return "float" if isinstance(raw, int | float) else "string"


def find(
    vocabulary: Vocabulary, frames: Sequence[Frame], name: str, op: str, raw: Any, as_: str | None = None
) -> Found | None:
    """Find a field by its name, innermost row first; ``None`` when nothing has it.

    ``as_`` is the type of a property that nobody declared; without it ``op`` and ``raw`` tell (see :func:`guess`).
    """
    if name in NOW_FIELDS:
        return Found(NOW_FIELDS[name], name.removeprefix("now."), NOW)
    type_ = as_ or guess(op, raw)
    for depth, frame in enumerate(reversed(frames)):
        found = _in_event(vocabulary, frame.event, name, type_) if frame.event else None
        if frame.subject is not None:
            found = _in_subject(vocabulary, frame.subject, name, type_)
        if found is not None:
            return msgspec.structs.replace(found, depth=depth)
    return None


def _in_event(vocabulary: Vocabulary, event: EventType | None, name: str, type_: str) -> Found | None:
    if event is None or not name.startswith("event.") or vocabulary.event_table is None:
        return None
    key = name.removeprefix("event.")
    field = event.by_name.get(name) or event_fields(vocabulary.event_table).get(name)
    if field is not None or not event.open:
        return None if field is None else Found(field, key, 0)
    try:
        field = json_property(key, type_, column=vocabulary.event_table.props, live=event.live)
    except ValueError:
        return None
    return Found(field, key, 0, open=True)


def _in_subject(vocabulary: Vocabulary, subject: Subject, name: str, type_: str) -> Found | None:
    if own := _own(subject, name, type_):
        return own
    for link in vocabulary.links_of(subject.name):
        if link.single and (far := _own(vocabulary.subject[link.to], name, type_)):
            return msgspec.structs.replace(far, link=link)
    return None


def _own(subject: Subject, name: str, type_: str) -> Found | None:
    if (field := subject.by_name.get(name)) is not None:
        return Found(field, subject.key(name), 0)
    prefix = subject.prefix or subject.name
    if subject.props and (steps := steps_of(name, prefix)):
        field = text_property(name, type_, steps, subject.props, label=" ".join(steps), live=True)
        return Found(field, steps, 0, open=True)
    path = parse_path(name)
    base = subject.by_name.get(path[0]) if path and path[1] else None
    if path is None or base is None or base.type != "object":
        return None
    label = f"{base.label}: {' '.join(path[1])}"
    field = text_property(name, type_, path[1], base.sql, label=label, live=base.live, category=base.category)
    return Found(field, (subject.key(base.name), *path[1]), 0, open=True)


def own_field(subject: Subject, name: str, type_: str) -> Field | None:
    """Return a field of a subject by its name, or a property inside its objects as ``type_``; ``None`` for neither."""
    found = _own(subject, name, type_)
    return None if found is None else found.field


def find_link(vocabulary: Vocabulary, frames: Sequence[Frame], name: str) -> tuple[Link, int] | None:
    """Find a link by its name, from the innermost row outwards."""
    for depth, frame in enumerate(reversed(frames)):
        if frame.subject is not None and (link := vocabulary.link.get((frame.subject.name, name))):
            return link, depth
    return None


def visible(vocabulary: Vocabulary, frames: Sequence[Frame]) -> list[str]:
    """Return the names of all fields in sight."""
    names = list(NOW_FIELDS)
    for frame in frames:
        if frame.event is not None and vocabulary.event_table is not None:
            names += [*frame.event.by_name, *event_fields(vocabulary.event_table)]
        if frame.subject is not None:
            names += frame.subject.by_name
            for link in vocabulary.links_of(frame.subject.name):
                names += vocabulary.subject[link.to].by_name if link.single else ()
    return names


def nearest(name: str, known: Sequence[str]) -> str:
    """Return a hint that names the nearest known name, or nothing."""
    letters = set(name)
    alike = [k for k in known if abs(len(k) - len(name)) <= 4 and len(letters ^ set(k)) <= 5]  # quick, for long lists
    close = get_close_matches(name[:100], alike, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""
