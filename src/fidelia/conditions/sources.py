"""Lists of values that conditions look a field up in: uploaded lists and columns of data tables.

    {"kind":"compare","field":"profile.email","op":"in","value":{"list":31}}
    {"kind":"compare","field":"profile.city","op":"in","value":{"table":"stores","column":"city"}}

The interface for who stores them (``profiles``):

*Declare.* A capability puts a :class:`ValueSource` for each list and each column into ``Vocabulary(sources=…)`` of a
database. ``sql`` is a developer's ``SELECT`` of one column, of the ClickHouse type that ``Field.sql`` has for the same
type; repeats and NULL are fine. Values must be exact already: numbers, dates and addresses are read and refused when
they are uploaded, so that a typed list holds nothing but its type. ``tables`` names the ClickHouse tables that are
read, for caches: an insert there makes kept answers old.

    ValueSource(list=31, title="Newsletter 2019", type="string", rows=5_000_000, tables=("list_values",),
                sql="SELECT value FROM list_values FINAL WHERE list = 31",
                folded="SELECT folded FROM list_values FINAL WHERE list = 31")
    ValueSource(table="stores", column="opened", title="Stores: opened", type="date", tables=("d_4",),
                sql="SELECT c2 FROM d_4 FINAL")

*Compare in bulk.* ``column IN (SELECT …)``: the values are never written into the query. Texts are compared in lower
case of both sides unless the rule minds case; ``folded`` may select values that are in lower case already
(``lowerUTF8``), which spares that work for millions of lines.

*Compare for one subject.* :class:`~fidelia.conditions.facts.Facts` has ``sources``, keyed by ``ValueSource.key``, of
objects that answer ``holds(question)`` (:class:`Source`). Whoever loads facts asks ``wanted(checked, facts, …)`` for
the :class:`Lookup` questions that will come up, answers them by ``lookup_query`` (one query a source), puts them into
:class:`Answered` and repeats until nothing more is wanted. :class:`Listed` is for values that are all in memory.

*Who uses it.* ``Checked.references.sources`` and ``sources_in(condition)`` give the keys a condition refers to:
``("list", 31)`` or ``("table", "stores", "city")``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

import msgspec

from .pairs import Common, as_common
from .types import PLACES, TYPES

#: The types of values a source may have.
SOURCE_TYPES = frozenset({"string", "enum", "integer", "float", "decimal", "boolean", "date", "datetime", "ip"})

SourceKey = tuple[str | int, ...]


class ValueSource(msgspec.Struct, frozen=True, kw_only=True):
    """Values that lie elsewhere. Either ``list`` or ``table`` and ``column`` name it; see the module's docstring.

    ``places`` are the decimal places of a ``decimal`` column; ``rows`` is how many values there are, for people.
    ``live`` says that PostgreSQL knows them at once.
    """

    title: str
    type: str
    sql: str
    list: int | None = None
    table: str = ""
    column: str = ""
    folded: str = ""
    tables: tuple[str, ...] = ()
    places: int = PLACES
    rows: int | None = None
    live: bool = True

    def __post_init__(self) -> None:
        if self.type not in SOURCE_TYPES:
            raise ValueError(f"{self.title}: values of the type {self.type!r} cannot be looked up")
        if (self.list is None) == (not self.table) or bool(self.table) != bool(self.column):
            raise ValueError(f"{self.title}: a source is either a list, or a table and its column")

    @property
    def key(self) -> SourceKey:
        """What conditions and facts call it: ``("list", 31)`` or ``("table", "stores", "city")``."""
        return ("list", self.list) if self.list is not None else ("table", self.table, self.column)


class Lookup(msgspec.Struct, frozen=True):
    """One question to a source: does it hold ``value``, compared as ``common``?

    Unless ``case``, a text is in lower case and the source's are to be taken so too; ``zone`` decides the day of
    moments that are compared as days.
    """

    value: Any
    common: Common
    case: bool
    zone: str = ""


class Source(Protocol):
    """What facts know of one source."""

    def holds(self, question: Lookup) -> bool | None:
        """Answer a question; ``None`` when the answer was not loaded."""
        ...


class Answered(msgspec.Struct, frozen=True):
    """Answers that were loaded beforehand, question by question."""

    answers: Mapping[Lookup, bool]

    def holds(self, question: Lookup) -> bool | None:
        """Answer a question that was asked for."""
        return self.answers.get(question)


class Listed(msgspec.Struct, frozen=True):
    """All values of a source, in memory: for few values."""

    source: ValueSource
    values: Collection[Any]

    def holds(self, question: Lookup) -> bool | None:
        """Answer any question."""
        type_, places = self.source.type, self.source.places
        read = (TYPES[type_].read(value) for value in self.values)
        return any(
            as_common(type_, places, value, question.common, question.case, question.zone) == question.value
            for value in read
            if value is not None
        )
