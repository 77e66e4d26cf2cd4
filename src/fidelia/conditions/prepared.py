"""Conditions that are asked many times: made ready once, then answered exactly as ``evaluate`` answers.

``prepare`` turns the checked tree into closures. What it has no closure for (windows, figures, sources of values …) is
handed to ``evaluate`` as it is, so there is one meaning. ``needs`` tells which values a condition cannot hold without:
whoever keeps many conditions can find those that come into question by a table of values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from .against import FieldValue, SourceValue
from .evaluate import _Evaluation, _linked, _read, of_now
from .facts import Event, Facts, MissingFact, Row
from .moments import Duration, Moment, moment
from .operands import resolve
from .operators import Several, Span
from .plan import NOW, Checked, Group, Key, Membership, Negation, Plan, Rows, Test, Truth
from .types import TYPES, fold
from .vocabulary import Link

Sight = tuple[Row | Event, ...]

#: Operands that are the same at any moment may be made at this one.
_ANY_TIME = Moment(datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC"))
_BY_TIME = frozenset({"in_last", "in_next", "anniversary_in"})
_TABLED = frozenset({"string", "enum", "integer", "boolean", "tags", "tree"})
_EQUAL = frozenset({"eq", "in", "any_of", "under"})


class Asking:
    """One moment at which conditions are asked: what depends on it is worked out once for all of them."""

    __slots__ = ("at", "facts_of_now", "operands")

    def __init__(self, now: datetime, tz: str) -> None:
        self.at = moment(now, tz)
        self.operands: dict[int, Any] = {}
        self.facts_of_now: dict[str, Any] = {}

    def of_now(self, key: str) -> Any:
        """Return a fact of the moment itself."""
        if key not in self.facts_of_now:
            self.facts_of_now[key] = of_now(key, self.at)
        return self.facts_of_now[key]


_Ask = Callable[[Sight, Asking], bool]


class Prepared:
    """A condition made ready. ``holds(facts, asking)`` equals ``evaluate(checked, facts, now, tz, segments)``.

    ``still`` says that the answer depends on nothing but fields of the row that the condition speaks of and of rows
    reached over ``single`` links, named in ``links`` (``""`` is the row itself): not on the moment, memberships,
    sources or other rows.
    """

    __slots__ = ("_ask", "checked", "links", "still")

    def __init__(self, checked: Checked, segments: Mapping[int, Checked]) -> None:
        made = _Preparation(segments)
        self.checked = checked
        self._ask = made.plan(checked.root)
        self.still = made.still
        self.links = frozenset(made.links)

    def holds(self, facts: Facts, asking: Asking) -> bool:
        """Tell whether the condition holds. Raises :class:`MissingFact` as ``evaluate`` does."""
        return self._ask((facts,), asking)


def prepare(checked: Checked, segments: Mapping[int, Checked] | None = None) -> Prepared:
    """Make a checked condition ready; ``segments`` are the conditions of segments that are worked out on the spot."""
    return Prepared(checked, segments or {})


class Need(msgspec.Struct, frozen=True):
    """A value that must be there: the field ``key`` of the row (or of the one over ``link``) has one of ``values``."""

    link: str
    key: Key
    type: str
    case: bool
    values: frozenset[Any]

    @property
    def place(self) -> tuple[str, Key, str, bool]:
        """Where the value is looked for: equal for needs that can share a table."""
        return (self.link, self.key, self.type, self.case)


def needs(checked: Checked) -> tuple[Need, ...]:
    """Return what a condition cannot hold without: comparisons with literals that all of it hangs on."""
    return tuple(_needs(checked.root))


def only_needs(checked: Checked) -> bool:
    """Tell whether a condition asks for nothing more than its needs: it holds when each of them is met."""
    parts = [checked.root]
    asked = 0
    while parts:
        part = parts.pop()
        if isinstance(part, Group) and part.every:
            parts.extend(part.of)
        elif not isinstance(part, Truth):
            asked += 1
    return asked == len(needs(checked))


def values_at(facts: Row, place: tuple[str, Key, str, bool]) -> Sequence[Any]:
    """Return the values of a field as :class:`Need` has them: none, one, or those of a list."""
    link, key, type_, case = place
    row = facts
    if link:
        if link not in facts.links:
            raise MissingFact(f"The rows of {link} were not loaded")
        linked = facts.links[link]
        if not linked:
            return ()
        row = linked[0]
    value = _read(row, key, type_)
    if value is None:
        return ()
    value = value if case else fold(type_, value)
    return value if isinstance(value, tuple) else (value,)


def _needs(plan: Plan) -> Iterator[Need]:
    match plan:
        case Group(every=True, of=of):
            for part in of:
                yield from _needs(part)
        case Test(depth=0, operator=operator, field=field, link=link, literal=literal) if (
            operator.key in _EQUAL
            and field.type in _TABLED
            and (link is None or not link.items)
            and not isinstance(literal, FieldValue | SourceValue)
        ):
            operand = resolve(operator, field.type, field.places, literal, plan.case, _ANY_TIME)
            values = _single_values(operand)
            if values is not None:
                yield Need("" if link is None else link.name, plan.key, field.type, plan.case, values)


def _single_values(operand: Any) -> frozenset[Any] | None:
    """Return the values an operand stands for; ``None`` where it stands for ranges of them."""
    if isinstance(operand, Several):
        return None if operand.spans else operand.points
    if isinstance(operand, Span):
        return frozenset((operand.first,)) if operand.first == operand.last else None
    return operand if isinstance(operand, frozenset) else frozenset((operand,))


class _Preparation:
    """Makes closures, and notes what the answer depends on."""

    def __init__(self, segments: Mapping[int, Checked]) -> None:
        self.segments = segments
        self.open: list[int] = []
        self.still = True
        self.links: set[str] = set()

    def plan(self, plan: Plan) -> _Ask:  # noqa: PLR0911 one per kind of node
        match plan:
            case Group(every=every, of=of):
                return _group(every, tuple(self.plan(part) for part in of))
            case Negation(of=inner):
                ask = self.plan(inner)
                return lambda rows, asking: not ask(rows, asking)
            case Truth():
                return lambda rows, asking: True
            case Test():
                return self.test(plan)
            case Rows():
                return self.rows(plan)
            case Membership():
                return self.member(plan)
            case _:
                return self.asked(plan)

    def asked(self, plan: Plan) -> _Ask:
        """Hand a node to ``evaluate``."""
        self.still = False
        segments = self.segments
        return lambda rows, asking: _Evaluation(rows[0], asking.at, segments).holds(plan, rows)  # type: ignore[arg-type]

    def test(self, test: Test) -> _Ask:
        if isinstance(test.literal, FieldValue | SourceValue):
            return self.asked(test)
        read = self.reader(test)
        if test.operator.key in ("is_missing", "is_present"):
            missing = test.operator.key == "is_missing"
            return lambda rows, asking: (read(rows, asking) is None) is missing
        folds = not test.case and test.operator.shape != "pattern" and TYPES[test.field.type].folded is not None
        type_, python = test.field.type, test.operator.python
        if self.moving(test):
            return self.by_time(test, read, folds)
        operand = resolve(test.operator, type_, test.field.places, test.literal, test.case, _ANY_TIME)
        if folds:

            def folded(rows: Sight, asking: Asking) -> bool:
                value = read(rows, asking)
                return value is not None and bool(python(fold(type_, value), operand))

            return folded

        def plain(rows: Sight, asking: Asking) -> bool:
            value = read(rows, asking)
            return value is not None and bool(python(value, operand))

        return plain

    def moving(self, test: Test) -> bool:
        """Tell whether the operand depends on the moment or its time zone."""
        moves = test.operator.key in _BY_TIME or test.field.type == "datetime" or isinstance(test.literal, Duration)
        self.still = self.still and not moves
        return moves

    def by_time(self, test: Test, read: Callable[[Sight, Asking], Any], folds: bool) -> _Ask:
        # the closure holds the test, so that nothing else gets its id while the closure lives
        def moved(rows: Sight, asking: Asking) -> bool:
            value = read(rows, asking)
            if value is None:
                return False
            operand = asking.operands.get(id(test))
            if operand is None:
                operand = resolve(test.operator, test.field.type, test.field.places, test.literal, test.case, asking.at)
                asking.operands[id(test)] = operand
            return bool(test.operator.python(fold(test.field.type, value) if folds else value, operand))

        return moved

    def reader(self, test: Test) -> Callable[[Sight, Asking], Any]:
        """Return how the value of a field is read."""
        key, type_, depth, link = test.key, test.field.type, test.depth, test.link
        if depth == NOW:
            self.still = False
            name = str(key)
            return lambda rows, asking: asking.of_now(name)
        if depth:
            self.still = False
        self.links.add("" if link is None else link.name)
        at = -1 - depth
        if link is None:
            return lambda rows, asking: _read(rows[at], key, type_)
        return _over(link, at, key, type_)

    def rows(self, plan: Rows) -> _Ask:
        self.still = False
        test = plan.count
        counted = test.distinct is None and test.other is None
        if plan.link is None or plan.window or plan.take or plan.measure or not counted:
            return self.asked(plan)
        link, depth = plan.link, plan.depth
        where = None if plan.where is None else self.plan(plan.where)

        def found(rows: Sight, asking: Asking) -> Iterator[Row]:
            around = rows[: len(rows) - depth]
            all_of_them = _linked(rows[-1 - depth], link)
            return (row for row in all_of_them if where is None or where((*around, row), asking))

        if test.plain:
            return lambda rows, asking: any(True for _ in found(rows, asking))
        python = test.operator.python
        operand = resolve(test.operator, "integer", 0, test.literal, False, _ANY_TIME)
        return lambda rows, asking: bool(python(sum(1 for _ in found(rows, asking)), operand))

    def member(self, plan: Membership) -> _Ask:
        self.still = False
        if plan.id is not None:
            return _listed(plan)
        checked = None if plan.ever else self.segments.get(plan.segment)
        if checked is None or plan.segment in self.open:
            return self.asked(plan) if checked is not None or plan.ever else _stored(plan.segment)
        self.open.append(plan.segment)
        ask = self.plan(checked.root)
        self.open.pop()
        return lambda rows, asking: ask(rows[:1], asking)


def _group(every: bool, parts: tuple[_Ask, ...]) -> _Ask:
    if len(parts) == 1:
        return parts[0]
    if every:

        def every_one(rows: Sight, asking: Asking) -> bool:
            for ask in parts:  # noqa: SIM110 a loop is quicker than a generator, and this is asked most
                if not ask(rows, asking):
                    return False
            return True

        return every_one

    def any_one(rows: Sight, asking: Asking) -> bool:
        for ask in parts:  # noqa: SIM110 as above
            if ask(rows, asking):
                return True
        return False

    return any_one


def _over(link: Link, at: int, key: Key, type_: str) -> Callable[[Sight, Asking], Any]:
    def over(rows: Sight, asking: Asking) -> Any:
        linked = _linked(rows[at], link)
        return _read(linked[0], key, type_) if linked else None

    return over


def _stored(segment: int) -> _Ask:
    def stored(rows: Sight, asking: Asking) -> bool:
        known = rows[0].segments  # type: ignore[union-attr]
        if segment not in known:
            raise MissingFact(f"It is not known whether the subject belongs to segment {segment}")
        return bool(known[segment])

    return stored


def _listed(plan: Membership) -> _Ask:
    """Ask whether what a row names belongs to a list, which the facts hold whole."""
    at, key, number = -1 - plan.depth, plan.key, plan.segment

    def listed(rows: Sight, asking: Asking) -> bool:
        known = rows[0].members  # type: ignore[union-attr]
        if number not in known:
            raise MissingFact(f"It is not known what belongs to the list {number}")
        row = rows[at]
        value = row.id if key == "" else _read(row, key, "integer")
        return value is not None and value in known[number]

    return listed
