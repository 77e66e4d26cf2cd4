"""The checked tree: every name resolved, every literal typed. Both readings and the sentence are made from it.

``depth`` counts rows outwards: 0 is the row the node speaks of, 1 the row around it (inside ``where``), and so on;
``NOW`` marks facts of the moment itself.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import msgspec

from .moments import TICK, Duration, Moment, period, shift_day
from .nodes import Condition
from .operators import Operator
from .sources import SourceKey
from .vocabulary import EventType, Field, Link, Subject, Vocabulary

NOW = -1

#: How a field is named in facts: a name, dots leading into objects, or the exact keys one by one.
Key = str | tuple[str, ...]


class Group(msgspec.Struct, frozen=True):
    """``all`` (``every``) or ``any``."""

    path: str
    every: bool
    of: tuple[Plan, ...]


class Negation(msgspec.Struct, frozen=True):
    """``not``."""

    path: str
    of: Plan


class Truth(msgspec.Struct, frozen=True):
    """``always``."""

    path: str


class Test(msgspec.Struct, frozen=True):
    """``compare``: a field (reached over a ``single`` link, perhaps) against a literal. ``key`` names it in facts.

    In the place of the literal there may be a ``FieldValue`` or a ``SourceValue`` (see ``against.py``).
    """

    path: str
    field: Field
    key: Key
    depth: int
    link: Link | None
    operator: Operator
    literal: Any
    case: bool


class Since(msgspec.Struct, frozen=True):
    """The moment of the subject's last (or first) event of a type for which ``where`` holds."""

    event: EventType
    last: bool
    where: Plan | None


class Window(msgspec.Struct, frozen=True):
    """``within``: the field or column looked at, and the edges, still relative.

    With ``since`` rows lie after that moment, which edges know nothing of, and not after now.
    """

    field: Field
    key: Key
    last: Duration | None = None
    start: date | datetime | None = None
    end: date | datetime | None = None
    calendar: str = ""
    offset: int = 0
    since: Since | None = None

    def edges(self, at: Moment) -> tuple[Any, Any]:
        """Return the closed edges at a moment, ``None`` where open; days for a field of days."""
        if self.since is not None:
            return None, at.now
        start: date | datetime | None
        end: date | datetime | None
        start, end = period(at.today, self.calendar, self.offset) if self.calendar else (self.start, self.end)
        if self.field.type == "date":
            if self.last is not None:
                return shift_day(at.today, self.last.negated()), at.today
            return start, None if end is None else shift_day(end, Duration(days=-1))
        if self.last is not None:
            return at.shifted(self.last.negated()), at.now
        edges = [at.start_of(e) if e is not None and not isinstance(e, datetime) else e for e in (start, end)]
        return edges[0], None if edges[1] is None else edges[1] - TICK


class Order(msgspec.Struct, frozen=True):
    """Rows by time, then by id; those without the time are in no place. ``key`` names the time in facts."""

    field: Field
    key: Key


class Choice(msgspec.Struct, frozen=True):
    """``take``: the ``number`` latest or first rows, or the one at that place (``nth``), of those ``among`` lets by."""

    which: str
    number: int
    among: Plan | None


class Figure(msgspec.Struct, frozen=True):
    """A function over rows, and its result's ``type`` and ``places``; ``field`` is ``None`` when rows are counted."""

    fn: str
    field: Field | None = None
    key: Key = ""
    type: str = "integer"
    places: int = 0

    @property
    def zero(self) -> bool:
        """Tell whether the figure of no rows at all is nought, when others are compared with it."""
        return self.fn in ("count", "count_distinct", "sum")

    @property
    def property(self) -> Field:
        """The field; raises ``TypeError`` where rows are counted."""
        if self.field is None:
            raise TypeError("A number of rows has no field")
        return self.field


class Other(msgspec.Struct, frozen=True):
    """Another figure as a value. ``places`` are those at which both sides are compared."""

    rows: Rows
    figure: Figure
    places: int


class CountTest(msgspec.Struct, frozen=True):
    """``count``: an operator over whole numbers, of rows or of ``distinct`` values."""

    operator: Operator
    literal: Any = None
    distinct: Figure | None = None
    other: Other | None = None

    @property
    def plain(self) -> bool:
        """Tell whether being there is enough."""
        counted = self.distinct is None and self.other is None
        return counted and (self.operator.key, self.literal) in (("gte", 1), ("gt", 0))


class MeasureTest(msgspec.Struct, frozen=True):
    """``measure``: a figure, then an operator on it."""

    figure: Figure
    operator: Operator
    literal: Any = None
    other: Other | None = None


class Rows(msgspec.Struct, frozen=True):
    """``occurred`` (``event`` set) or ``related`` (``link`` set, rows of ``subject``)."""

    path: str
    depth: int
    event: EventType | None
    link: Link | None
    subject: Subject | None
    window: Window | None
    where: Plan | None
    count: CountTest
    measure: MeasureTest | None
    take: Choice | None = None
    order: Order | None = None

    @property
    def plain(self) -> bool:
        """Tell whether one row is enough: nothing to be counted or summed."""
        return self.measure is None and self.count.plain


class Membership(msgspec.Struct, frozen=True):
    """Being a member: ``segment`` is the number of the bitmap, of everybody who was ever one with ``ever``.

    ``title`` are the words for something that is no segment. With ``id`` it is no person who is a member, but what the
    row at ``depth`` names there; ``key`` names it in facts, and is empty for the row itself.
    """

    path: str
    depth: int
    segment: int
    ever: bool = False
    title: str = ""
    id: Field | None = None
    key: Key = ""


class Belonging(msgspec.Struct, frozen=True):
    """``member`` with a state or entries: ``now`` tells of the present, ``entries`` of events that were asked for."""

    path: str
    depth: int
    state: str
    now: Membership
    entries: Rows | None

    @property
    def of(self) -> Plan:
        """The rule it stands for."""
        ever = msgspec.structs.replace(self.now, ever=True)
        match self.state:
            case "ever":
                return self.entries or Group(self.path, False, (self.now, ever))
            case "left":
                return Group(self.path, True, (Negation(self.path, self.now), self.entries or ever))
            case _:
                return self.now if self.entries is None else Group(self.path, True, (self.now, self.entries))


Plan = Group | Negation | Truth | Test | Rows | Membership | Belonging


class References(msgspec.Struct, frozen=True):
    """What a condition needs: names of fields, event types and links, ids of segments, keys of sources of values.

    ``groups`` are numbers of bitmaps that are of no segment, ``ever`` those of whom everybody is asked for who was ever
    a member, ``members`` those of rows (products …), which facts must hold whole.
    """

    fields: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    segments: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    ever: frozenset[int] = frozenset()
    sources: frozenset[SourceKey] = frozenset()
    members: frozenset[int] = frozenset()


class Checked(msgspec.Struct, frozen=True):
    """A condition that was checked: the only thing the readings take. ``live`` means it needs no history."""

    condition: Condition
    subject: str
    root: Plan
    vocabulary: Vocabulary
    references: References
    live: bool
    segment_names: dict[int, str]
