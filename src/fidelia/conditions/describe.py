"""The vocabulary as the web editor gets it: everything it draws rules from."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from .against import values_of
from .check_figures import COMPARED, COUNTED, MEASURES, PLAIN, SUMMED, TIMES, result_type
from .check_figures import fitting as measured_by
from .check_row_member import names_row
from .check_sources import CHOICES, MAX_OFFSET, MAX_TAKE, ORDERED
from .json_text import JSON_TYPES
from .memberships import MembershipKind
from .moments import CALENDARS
from .names import NOW_FIELDS, event_fields
from .operators import OPERATORS
from .pairs import fitting
from .types import TYPES
from .vocabulary import EventType, Field, Option, Subject, Vocabulary


class FieldInfo(msgspec.Struct, frozen=True):
    """A field: its name in conditions, its type, and the keys of the operators that fit it."""

    name: str
    type: str
    label: str
    category: str
    live: bool
    nullable: bool
    unit: str
    description: str
    options: tuple[Option, ...]
    operators: tuple[str, ...]


class EventInfo(msgspec.Struct, frozen=True):
    """A type of event; with ``open`` any other property may be named too. ``one`` and ``many`` are words for people."""

    name: str
    label: str
    category: str
    live: bool
    open: bool
    one: str
    many: str
    properties: tuple[FieldInfo, ...]


class LinkInfo(msgspec.Struct, frozen=True):
    """A link to rows: ``of`` is where it starts, ``to`` names the rows, ``time`` the field ``within`` looks at.

    ``times`` are the days and moments that ``by`` may name, without the row's own name; with none there is no
    ``within`` and no ``take``. With ``open`` any property ``<prefix>.<name>`` may be compared.
    """

    name: str
    label: str
    category: str
    live: bool
    of: str
    to: str
    time: str
    times: tuple[str, ...]
    open: bool
    prefix: str
    one: str
    many: str
    fields: tuple[FieldInfo, ...]


class OperatorInfo(msgspec.Struct, frozen=True):
    """An operator: the shape of its value, and its sentence with ``{field}`` and ``{value}``.

    ``values`` tells what may stand there: ``literal``, ``field`` (``{"field": …}``, of a type that fits; with ``list``
    a field of tags), ``source`` (``{"list": …}`` or ``{"table": …, "column": …}``).
    """

    key: str
    label: str
    shape: str
    types: tuple[str, ...]
    sentence: str
    negative: str
    values: tuple[str, ...]


class TypeInfo(msgspec.Struct, frozen=True):
    """A field type and the word for it; ``fits`` are the types of fields and sources it may be compared with."""

    key: str
    label: str
    fits: tuple[str, ...]


class SourceInfo(msgspec.Struct, frozen=True):
    """Values to look a field up in: a list by its number, or a column of a table. ``rows`` is how many, if known."""

    title: str
    type: str
    list: int | None
    table: str
    column: str
    rows: int | None
    live: bool


class MeasureInfo(msgspec.Struct, frozen=True):
    """A figure over rows: which types it takes, and the operators on its result (by type of the field).

    ``results`` are the types of the result, also by type of the field; ``ordered`` says that rows need a time.
    """

    fn: str
    label: str
    types: tuple[str, ...]
    operators: dict[str, tuple[str, ...]]
    results: dict[str, str]
    ordered: bool


class RowsInfo(msgspec.Struct, frozen=True):
    """What rules on rows may ask besides.

    ``takes``: the members of ``take``, with ``most`` as the greatest number. ``calendars``: periods of a window, with
    ``offsets`` as the greatest distance. ``distinct``: the types of properties whose values are told apart.
    ``figures``: the operators between two figures, and ``figure_types`` those that may be compared (a number with a
    number, a day with a day, a moment with a moment). ``since``: the events a window may begin with.
    """

    takes: tuple[str, ...]
    most: int
    calendars: tuple[str, ...]
    offsets: int
    distinct: tuple[str, ...]
    figures: tuple[str, ...]
    figure_types: tuple[tuple[str, ...], ...]
    since: tuple[str, ...]


class MembershipInfo(msgspec.Struct, frozen=True):
    """What one can be a member of: ``key`` stands in ``of``.

    ``choices`` are the ids there are with their names (of segments of people the editor knows them itself, the global
    control group has none), ``groups`` the values of ``group``, ``states`` those of ``state``; with ``entries`` it may
    be asked how often and when it was entered. ``subject`` says whose belonging it is: people's (``profile``), or that
    of rows; ``of`` is the row it is then asked of, and ``subject`` what stands in the condition's own ``subject``.
    """

    key: str
    subject: str
    of: str
    label: str
    choices: tuple[Option, ...]
    groups: tuple[str, ...]
    states: tuple[str, ...]
    entries: bool


class VocabularyInfo(msgspec.Struct, frozen=True):
    """All that conditions on a subject may use.

    ``property_types`` are what a property that nobody declared (in an open event, an object, a list of objects) may be
    compared as, by ``as``.
    """

    subject: str
    categories: tuple[str, ...]
    fields: tuple[FieldInfo, ...]
    events: tuple[EventInfo, ...]
    links: tuple[LinkInfo, ...]
    operators: tuple[OperatorInfo, ...]
    types: tuple[TypeInfo, ...]
    counts: tuple[str, ...]
    measures: tuple[MeasureInfo, ...]
    rows: RowsInfo
    memberships: tuple[MembershipInfo, ...]
    sources: tuple[SourceInfo, ...]
    property_types: tuple[str, ...]


_LABELS = {
    "sum": "the sum of",
    "avg": "the average of",
    "min": "the least",
    "max": "the greatest",
    "first": "the first",
    "last": "the last",
    "count_distinct": "the number of different values of",
    "gap_avg": "the average days between one and the next",
}


def describe(vocabulary: Vocabulary, subject: str = "profile") -> VocabularyInfo:
    """Return what conditions on a subject may use; plain values, ready for JSON."""
    home = vocabulary.subject[subject]
    fields = (*_fields(vocabulary, home), *map(_field, NOW_FIELDS.values()))
    events = tuple(_event(vocabulary, event) for event in vocabulary.events) if subject == "profile" else ()
    links = tuple(_links(vocabulary))
    used = (*(f.category for f in fields), *(e.category for e in events), *(link.category for link in links))
    sources = (SourceInfo(s.title, s.type, s.list, s.table, s.column, s.rows, s.live) for s in vocabulary.sources)
    return VocabularyInfo(
        sources=tuple(sources),
        property_types=JSON_TYPES,
        subject=subject,
        categories=tuple(dict.fromkeys((*vocabulary.categories, *filter(None, used)))),
        fields=fields,
        events=events,
        links=links,
        operators=tuple(
            OperatorInfo(
                o.key, o.label, o.shape, tuple(sorted(o.types - {"any"})), o.sentence, o.negative, values_of(o)
            )
            for o in OPERATORS.values()
        ),
        types=tuple(TypeInfo(t.key, t.label, fitting(t.key)) for t in TYPES.values() if t.key != "any"),
        counts=tuple(key for key in OPERATORS if key in COUNTED),
        measures=tuple(_measure(fn, types) for fn, types in MEASURES.items()),
        rows=RowsInfo(
            takes=CHOICES,
            most=MAX_TAKE,
            calendars=CALENDARS,
            offsets=MAX_OFFSET,
            distinct=tuple(sorted(PLAIN)),
            figures=tuple(key for key in OPERATORS if key in COMPARED),
            figure_types=(tuple(sorted(SUMMED)), ("date",), ("datetime",)),
            since=tuple(event.name for event in events),
        ),
        memberships=tuple(_memberships(vocabulary, subject)),
    )


def _measure(fn: str, types: Iterable[str]) -> MeasureInfo:
    results = {type_: result_type(fn, type_) for type_ in sorted(types)}
    operators = {type_: tuple(o.key for o in measured_by(result)) for type_, result in results.items()}
    return MeasureInfo(fn, _LABELS[fn], tuple(results), operators, results, fn in ORDERED)


def _memberships(vocabulary: Vocabulary, subject: str) -> Iterable[MembershipInfo]:
    """What the subject itself can be a member of, then what rows can that its rules reach."""
    if subject == "profile" or (subject, "profile") in vocabulary.link:
        yield from (_membership(kind, "profile", subject) for kind in vocabulary.membership.values())
    for kind in vocabulary.row_membership.values():
        for row in vocabulary.subjects:
            name = f"{row.name}.{kind.subject}"
            if row.name == kind.subject:
                yield _membership(kind, kind.subject, row.name)
            elif row.table and names_row(row, name) is not None:
                yield _membership(kind, name, row.name)


def _membership(kind: MembershipKind, subject: str, of: str) -> MembershipInfo:
    return MembershipInfo(
        key=kind.key,
        subject=subject,
        of=of,
        label=kind.label,
        choices=tuple(Option(str(id_), name) for id_, name in kind.names.items()),
        groups=tuple(kind.groups),
        states=("now", "ever", "left") if kind.past else ("now",),
        entries=bool(kind.entered and kind.left),
    )


def _field(field: Field) -> FieldInfo:
    return FieldInfo(
        name=field.name,
        type=field.type,
        label=field.label,
        category=field.category,
        live=field.live,
        nullable=field.nullable,
        unit=field.unit,
        description=field.description,
        options=field.options,
        operators=tuple(o.key for o in OPERATORS.values() if field.type in o.types),
    )


def _fields(vocabulary: Vocabulary, subject: Subject) -> Iterable[FieldInfo]:
    """The fields of a subject and of the single rows its links lead to."""
    yield from map(_field, subject.fields)
    for link in vocabulary.links_of(subject.name):
        if link.single:
            yield from map(_field, vocabulary.subject[link.to].fields)


def _event(vocabulary: Vocabulary, event: EventType) -> EventInfo:
    common = event_fields(vocabulary.event_table).values() if vocabulary.event_table else ()
    return EventInfo(
        name=event.name,
        label=event.label,
        category=event.category,
        live=event.live,
        open=event.open,
        one=event.one or event.label.lower(),
        many=event.many or event.label.lower(),
        properties=tuple(map(_field, (*event.properties, *common))),
    )


def _links(vocabulary: Vocabulary) -> Iterable[LinkInfo]:
    for link in vocabulary.links:
        if link.single:
            continue
        rows = vocabulary.subject[link.to]
        yield LinkInfo(
            name=link.name,
            label=link.label or rows.label,
            category=link.category,
            live=link.live,
            of=link.of,
            to=link.to,
            time=rows.time,
            times=tuple(rows.key(field.name) for field in rows.fields if field.type in TIMES),
            open=bool(rows.props),
            prefix=rows.prefix or rows.name,
            one=rows.one or rows.name,
            many=rows.many or rows.name,
            fields=tuple(_fields(vocabulary, rows)),
        )
