"""What conditions may speak of: subjects with fields, links between them, event types. Capabilities declare it.

A :class:`Subject` is a kind of row (a profile, an order, an order line, a product) with its ClickHouse table; a
:class:`Field` carries the expression of its column there; a :class:`Link` says by which key one subject reaches rows of
another; an :class:`EventType` has properties. Every capability declares a small :class:`Vocabulary` per profile
database and :func:`merge` joins them: a subject named twice gets the fields of both, its table may be given once.

Expressions (``sql``, ``key``, ``where`` …) are written by developers, never by users, and name columns of their own
table without a prefix. What users choose reaches SQL only as bound parameters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import msgspec

from .memberships import MembershipKind
from .sources import SourceKey, ValueSource
from .types import PLACES, TYPES


class Option(msgspec.Struct, frozen=True, omit_defaults=True):
    """One choice of an ``enum`` field."""

    value: str
    label: str = ""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A typed field. ``name`` is what a condition says (``profile.city``, ``event.total``, ``line.price``).

    ``sql`` is an expression over the columns of the subject's table, of the ClickHouse type the field type wants:
    ``String``, ``Int64``-like, ``Float64``, ``Decimal(…, places)``, ``Bool``, ``Date32``, ``DateTime64(3)``,
    ``Array(String)`` for tags and trees (a tree holds the keys from the root down to its own), for ``ip`` a ``String``,
    for ``object`` and ``objects`` a ``String`` of JSON.
    ``nullable`` says that it may be NULL. ``live`` facts are known in PostgreSQL at once, others are history.
    ``places`` are the decimal places of a ``decimal`` column. ``options`` belong to an ``enum``.
    """

    name: str
    type: str
    label: str
    sql: str = ""
    category: str = ""
    live: bool = True
    nullable: bool = True
    options: tuple[Option, ...] = ()
    unit: str = ""
    places: int = PLACES
    description: str = ""

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise ValueError(f"{self.name}: there is no field type {self.type!r}")


class Subject(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A kind of row. ``id`` is the expression of its key, ``where`` is always added, ``final`` reads merged rows.

    ``time`` names the field looked at by ``within`` (``order.created_at``); ``tie`` is an expression unlike for any two
    rows of one owner, which orders those of the same time (``id`` when not given). A declaration without ``table``
    only adds fields. ``one``/``many`` are the words for people ("order", "orders"). ``props`` is a JSON column whose
    undeclared properties may be compared too; ``prefix`` stands before the names of fields when it is not the
    subject's name.
    """

    name: str
    label: str = ""
    table: str = ""
    id: str = "id"
    final: bool = True
    where: str = ""
    time: str = ""
    tie: str = ""
    one: str = ""
    many: str = ""
    fields: tuple[Field, ...] = ()
    props: str = ""
    prefix: str = ""

    @property
    def order(self) -> str:
        """The expression that orders rows of the same time."""
        return self.tie or self.id

    def key(self, name: str) -> str:
        """Return the name of a field without the subject's, as facts have it."""
        return name.removeprefix(f"{self.prefix or self.name}.")

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by their full names."""
        return {field.name: field for field in self.fields}


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A way from one subject (``of``) to rows of another (``to``).

    Rows belong together when ``key`` (an expression in the target's table) equals ``local`` (in the table of ``of``,
    by default its id). With ``single`` there is at most one row, and its fields can be compared without ``related``.
    ``items`` is the key of the list of objects that holds the rows in facts (made by :func:`merge`).
    """

    name: str
    to: str
    key: str
    label: str = ""
    of: str = "profile"
    local: str = ""
    single: bool = False
    live: bool = False
    category: str = ""
    items: str = ""


class EventType(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A type of event. ``properties`` are fields named ``event.<property>`` over the columns of the events' table.

    With ``open`` any other property may be compared; its type is the one of the literal (see :func:`json_property`).
    ``live`` would mean that PostgreSQL knows such events at once; those of the history are not.
    """

    name: str
    label: str
    properties: tuple[Field, ...] = ()
    category: str = ""
    open: bool = False
    live: bool = False
    one: str = ""
    many: str = ""

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The properties by their full names."""
        return {field.name: field for field in self.properties}


class EventTable(msgspec.Struct, frozen=True, kw_only=True):
    """Where events of the subject lie: columns ``type``, ``key`` (the subject's id), ``at`` and the JSON ``props``.

    ``final`` merges repeats that the table has not collapsed yet; it is used only when rows are counted or summed.
    """

    table: str
    type: str = "type"
    key: str = "profile"
    at: str = "at"
    props: str = "props"
    final: bool = True


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """All that conditions of one profile database may use.

    ``segments`` is the table of stored bitmaps; ``sources`` are lists of values to compare with (see ``sources.py``).
    """

    subjects: tuple[Subject, ...] = ()
    links: tuple[Link, ...] = ()
    events: tuple[EventType, ...] = ()
    event_table: EventTable | None = None
    segments: str = "segment_bitmaps"
    categories: tuple[str, ...] = ()
    memberships: tuple[MembershipKind, ...] = ()
    sources: tuple[ValueSource, ...] = ()

    @cached_property
    def source(self) -> dict[SourceKey, ValueSource]:
        """The sources of values by their keys."""
        return {source.key: source for source in self.sources}

    @cached_property
    def membership(self) -> dict[str, MembershipKind]:
        """What people can be members of, by its key."""
        return {kind.key: kind for kind in self.memberships if kind.subject == "profile"}

    @cached_property
    def row_membership(self) -> dict[tuple[str, str], MembershipKind]:
        """What rows can be members of, by (whose ids it holds, its key)."""
        return {(kind.subject, kind.key): kind for kind in self.memberships if kind.subject != "profile"}

    @cached_property
    def subject(self) -> dict[str, Subject]:
        """The subjects by name."""
        return {s.name: s for s in self.subjects}

    @cached_property
    def event(self) -> dict[str, EventType]:
        """The event types by name."""
        return {e.name: e for e in self.events}

    @cached_property
    def link(self) -> dict[tuple[str, str], Link]:
        """The links by (subject they start from, name)."""
        return {(link.of, link.name): link for link in self.links}

    def links_of(self, subject: str) -> Iterator[Link]:
        """Yield the links that start from a subject."""
        return (link for link in self.links if link.of == subject)


def merge(*parts: Vocabulary) -> Vocabulary:
    """Join what capabilities declare.

    Every field that is a list of objects becomes a link of its name too, to rows with undeclared ``item.*``.
    Raises ``ValueError`` when two of them claim the same name or a link leads nowhere.
    """
    subjects: dict[str, Subject] = {}
    for declared in (s for part in parts for s in part.subjects):
        known = subjects.get(declared.name)
        subjects[declared.name] = declared if known is None else _joined(known, declared)
    tables = {part.event_table for part in parts if part.event_table is not None}
    if len(tables) > 1:
        raise ValueError("Two capabilities declare an events table")
    links = tuple(link for part in parts for link in part.links)
    made = {link.to for link in links if link.items}
    unfolded = [(s, f) for s in subjects.values() if s.table for f in s.fields if f.type == "objects"]
    lists = [_items(s, f) for s, f in unfolded if f"{f.name}[]" not in made]
    whole = Vocabulary(
        subjects=(*subjects.values(), *(subject for subject, _ in lists)),
        links=(*links, *(link for _, link in lists)),
        events=tuple(event for part in parts for event in part.events),
        event_table=next(iter(tables), None),
        segments=next((part.segments for part in parts if part.segments != "segment_bitmaps"), "segment_bitmaps"),
        categories=tuple(dict.fromkeys(category for part in parts for category in part.categories)),
        memberships=tuple(kind for part in parts for kind in part.memberships),
        sources=tuple(source for part in parts for source in part.sources),
    )
    _unique("field", (f.name for s in whole.subjects for f in s.fields))
    _unique("link", (f"{link.of} → {link.name}" for link in whole.links))
    _unique("event type", (event.name for event in whole.events))
    _unique("kind of membership", (f"{kind.subject} {kind.key}" for kind in whole.memberships))
    _unique("source", (" ".join(map(str, source.key)) for source in whole.sources))
    for link in whole.links:
        for end in (link.of, link.to):
            if end not in whole.subject or not whole.subject[end].table:
                raise ValueError(f"The link {link.name} needs the subject {end}, which nobody declares")
    return whole


def _joined(a: Subject, b: Subject) -> Subject:
    if a.table and b.table and a.table != b.table:
        raise ValueError(f"The subject {a.name} is given two tables")
    main, extra = (b, a) if b.table else (a, b)
    return msgspec.structs.replace(main, fields=main.fields + extra.fields)


def _items(owner: Subject, field: Field) -> tuple[Subject, Link]:
    """Return the rows of a list of objects: JSON text in a column, unfolded."""
    texts = f"arrayJoin(arrayFilter(x -> JSONType(x) = 'Object', JSONExtractArrayRaw({field.sql})))"
    source = f"{owner.table}{' FINAL' if owner.final else ''}{f' WHERE {owner.where}' if owner.where else ''}"
    rows = f"(SELECT {owner.id} AS k, {texts} AS item FROM {source}) AS items"  # noqa: S608
    name = f"{field.name}[]"
    subject = Subject(
        name=name,
        label=field.label,
        table=rows,
        id="k",
        final=False,
        props="item",
        prefix="item",
        one="item",
        many="items",
    )
    link = Link(
        name=field.name,
        of=owner.name,
        to=name,
        key="k",
        label=field.label,
        category=field.category,
        live=field.live,
        items=owner.key(field.name),
    )
    return subject, link


def _unique(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"The {what} {name} is declared twice")
        seen.add(name)


_PROPERTY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}(\.[A-Za-z_][A-Za-z0-9_-]{0,63}){0,4}", re.ASCII)
JSON_DAY = r"^\\d{4}-\\d\\d-\\d\\d$"
JSON_AT = (
    r"^\\d{4}-\\d\\d-\\d\\d[Tt]([01]\\d|2[0-3]):[0-5]\\d(:[0-5]\\d(\\.\\d{1,9})?)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)$"
)


def json_property(
    name: str, type_: str, label: str = "", *, column: str = "props", prefix: str = "event", **more: Any
) -> Field:
    """Declare a property that lies in a JSON column, read strictly: a value of another type counts as missing.

    ``name`` may be a path of identifiers (``cart.total``). Whole numbers count as numbers too, and 5.0 is a whole one.
    Raises ``ValueError`` for a name that is no path or a type JSON cannot hold.
    """
    if not _PROPERTY.fullmatch(name):
        raise ValueError(f"{name!r} is not a property name: letters, digits and _ only")
    path = f"{column}." + ".".join(f"`{step}`" for step in name.split("."))
    text = f"{path}.:`String`"
    match type_:
        case "string" | "enum":
            sql = text
        case "integer":
            sql = f"coalesce({path}.:`Int64`, accurateCastOrNull({path}.:`Float64`, 'Int64'))"
        case "float":
            sql = f"coalesce({path}.:`Float64`, toFloat64({path}.:`Int64`), toFloat64({path}.:`UInt64`))"
        case "boolean":
            sql = f"{path}.:`Bool`"
        case "date":
            day = f"toDate32OrNull({text})"
            sql = f"if(match({text}, '{JSON_DAY}') AND toString({day}) = {text}, {day}, NULL)"
        case "datetime":
            day = f"substring({text}, 1, 10)"
            sql = (
                f"if(match({text}, '{JSON_AT}') AND toString(toDate32OrNull({day})) = {day}, "
                f"parseDateTime64BestEffortOrNull({text}, 3, 'UTC'), NULL)"
            )
        case "tags":
            texts, mixed = f"{path}.:`Array(Nullable(String))`", f"{path}.:`Array(Dynamic)`"
            pure = f"arrayAll(x -> dynamicType(x) IN ('String', 'None'), {mixed})"
            kept = f"arrayFilter(x -> dynamicType(x) = 'String', {mixed})"
            sql = (  # arrays that were stored beside arrays of other values become mixed ones
                f"arrayConcat(arrayMap(x -> assumeNotNull(x), arrayFilter(x -> isNotNull(x), {texts})), "
                f"if({pure}, arrayMap(x -> assumeNotNull(dynamicElement(x, 'String')), {kept}), []))"
            )
        case "ip":
            sql = text
        case "any":
            sql = f"if({path} IS NULL, NULL, 1)"
        case _:
            raise ValueError(f"A JSON property cannot be of type {type_}")
    return Field(
        name=f"{prefix}.{name}",
        type=type_,
        label=label or name,
        sql=sql,
        live=more.pop("live", False),
        nullable=type_ != "tags",
        **more,
    )
