"""The meaning of a condition: one subject, its facts, a moment → true or false.

The SQL reading must give the same answer; where they differ, this one is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from .against import FieldValue, SourceValue, against_field, against_source
from .facts import Event, Facts, MissingFact, Row
from .moments import Moment, moment
from .operands import resolve
from .operators import Operator
from .plan import (
    NOW,
    Belonging,
    Checked,
    Choice,
    CountTest,
    Figure,
    Group,
    Key,
    MeasureTest,
    Membership,
    Negation,
    Other,
    Plan,
    Rows,
    Since,
    Test,
    Truth,
    Window,
)
from .reckon import COMPARISONS, in_units, measured
from .types import TYPES, fold
from .vocabulary import Link

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Verdict(msgspec.Struct, frozen=True):
    """What became of one node: ``path`` is its JSON pointer, ``seen`` the value, number or figure it looked at."""

    path: str
    holds: bool
    seen: Any = None


def evaluate(
    checked: Checked, facts: Facts, now: datetime, tz: str, segments: Mapping[int, Checked] | None = None
) -> bool:
    """Tell whether the condition holds for the subject of these facts at this moment.

    ``segments`` gives the conditions of segments that are worked out on the spot; others are looked up in the facts.
    Raises :class:`MissingFact` when something that is asked for was not loaded.
    """
    return _Evaluation(facts, moment(now, tz), segments or {}).holds(checked.root, (facts,))


def explain(
    checked: Checked, facts: Facts, now: datetime, tz: str, segments: Mapping[int, Checked] | None = None
) -> tuple[Verdict, ...]:
    """Return the verdict on every node of the subject's own level, parents first; the first is the answer."""
    verdicts: list[Verdict] = []
    _Evaluation(facts, moment(now, tz), segments or {}, verdicts.append).holds(checked.root, (facts,))
    order = {path: index for index, path in enumerate(_paths(checked.root))}
    return tuple(sorted(verdicts, key=lambda verdict: order[verdict.path]))


def _paths(plan: Plan) -> Iterator[str]:
    yield plan.path
    match plan:
        case Group(of=of):
            for part in of:
                yield from _paths(part)
        case Negation(of=inner):
            yield from _paths(inner)


def of_now(key: str, at: Moment) -> Any:
    """Return a fact of the moment itself."""
    local = at.now.astimezone(at.zone)
    return {"date": local.date(), "time": f"{local:%H:%M}", "weekday": _DAYS[local.weekday()]}[key]


def note_every_node(
    checked: Checked, facts: Facts, now: datetime, tz: str, segments: Mapping[int, Checked] | None
) -> None:
    """Answer every node, without short cuts, for the questions that it asks."""
    _Evaluation(facts, moment(now, tz), segments or {}, lambda _: None).holds(checked.root, (facts,))


def holds_now(test: Test, at: Moment) -> bool:
    """Answer a test of the moment itself (``now.weekday``), which needs no facts."""
    return _Evaluation(Facts(), at, {}).test(test, ())[0]


class _Evaluation:
    def __init__(
        self,
        facts: Facts,
        at: Moment,
        segments: Mapping[int, Checked],
        report: Callable[[Verdict], None] | None = None,
    ) -> None:
        self.facts = facts
        self.at = at
        self.segments = segments
        self.report = report
        self.open: list[int] = []
        self.operands: dict[int, tuple[Test, Any]] = {}  # a test is kept with its operand, so that its id stays its own

    def holds(self, plan: Plan, rows: Sequence[Row | Event]) -> bool:
        """Answer one node; ``rows`` are those in sight, the innermost last."""
        seen: Any = None
        match plan:
            case Group(every=every, of=of):
                parts: Iterable[bool] = (self.holds(part, rows) for part in of)
                if self.report is not None:  # no short cut: every node gets its verdict
                    parts = list(parts)
                result = all(parts) if every else any(parts)
            case Negation(of=inner):
                result = not self.holds(inner, rows)
            case Truth():
                result = True
            case Test():
                result, seen = self.test(plan, rows)
            case Rows():
                result, seen = self.rows(plan, rows)
            case Membership() if plan.id is not None:
                result, seen = self.row_member(plan, rows)
            case Membership(segment=segment, ever=ever):
                result = self.member(segment, ever=ever)
            case Belonging():
                result, seen = self.belonging(plan, rows)
        if self.report is not None and len(rows) == 1 and not self.open:
            self.report(Verdict(plan.path, result, seen))
        return result

    def test(self, test: Test, rows: Sequence[Row | Event]) -> tuple[bool, Any]:
        value = self.value(test, rows)
        if value is None:
            return test.operator.key == "is_missing", None
        other, zone = test.literal, self.at.zone.key
        if isinstance(other, FieldValue):
            given = self.value(other, rows)
            seen = {"value": value, "other": given}
            if given is None:
                return False, seen
            return against_field(test.operator, test.field, value, other, given, test.case, zone), seen
        if isinstance(other, SourceValue):
            known = self.facts.sources
            return against_source(test.operator, test.field, value, other, known, test.case, zone), value
        operand = self.operand(test)
        compared = value if test.case or test.operator.shape == "pattern" else fold(test.field.type, value)
        return bool(test.operator.python(compared, operand)), value

    def operand(self, test: Test) -> Any:
        """Return what a literal stands for, worked out once for all rows."""
        if id(test) not in self.operands:
            operand = resolve(test.operator, test.field.type, test.field.places, test.literal, test.case, self.at)
            self.operands[id(test)] = (test, operand)
        return self.operands[id(test)][1]

    def value(self, test: Test | FieldValue, rows: Sequence[Row | Event]) -> Any:
        """Read a field of a row in sight, or a fact of the moment."""
        if test.depth == NOW:
            return of_now(str(test.key), self.at)
        row = rows[-1 - test.depth]
        if test.link is not None:
            linked = _linked(row, test.link)
            if not linked:
                return None
            row = linked[0]
        return _read(row, test.key, test.field.type)

    def rows(self, plan: Rows, rows: Sequence[Row | Event]) -> tuple[bool, Any]:
        chosen = self.chosen(plan, rows)
        distinct = plan.count.distinct
        number = len(chosen) if distinct is None else self.measured(distinct, plan, chosen) or 0
        seen: dict[str, Any] = (
            {"count": len(chosen)} if distinct is None else {"distinct": number, "count": len(chosen)}
        )
        if plan.count.other is None:
            holds = self.compares(plan.count, number)
        else:
            holds, seen["than"] = self.beside(plan.count.operator, plan.count.other, number, rows)
        if plan.measure is None:
            return holds, seen
        figure = seen[plan.measure.figure.fn] = self.measured(plan.measure.figure, plan, chosen)
        if figure is None:
            return False, seen
        if plan.measure.other is None:
            return self.reaches(plan.measure, figure) and holds, seen
        more, seen["than"] = self.beside(plan.measure.operator, plan.measure.other, figure, rows)
        return more and holds, seen

    def chosen(self, plan: Rows, rows: Sequence[Row | Event]) -> list[Row | Event]:
        """Return the rows that are looked at."""
        around = rows[: len(rows) - plan.depth]
        found = list(self.source(plan, rows))
        if plan.window is not None:
            found = self.windowed(plan.window, found)
        if plan.take is not None:
            found = self.taken(plan, plan.take, found, around)
        return [row for row in found if plan.where is None or self.holds(plan.where, (*around, row))]

    def taken(
        self, plan: Rows, take: Choice, found: Sequence[Row | Event], around: Sequence[Row | Event]
    ) -> list[Row | Event]:
        """Return the first or latest rows, or the one at a place, of those that have a time."""
        placed = [(at, n) for n, row in enumerate(found) if (at := self.place(plan, row)) is not None]
        among = [at for at in placed if take.among is None or self.holds(take.among, (*around, found[at[1]]))]
        ordered = sorted(among, reverse=take.which == "latest")
        kept = ordered[take.number - 1 : take.number] if take.which == "nth" else ordered[: take.number]
        return [found[n] for _, n in kept]

    def place(self, plan: Rows, row: Row | Event) -> tuple[Any, Any] | None:
        """Return the place of a row: its time and id; ``None`` without a time."""
        if plan.order is None:
            return None
        at = _read(row, plan.order.key, plan.order.field.type)
        return None if at is None else (at, row.id)

    def measured(self, figure: Figure, plan: Rows, chosen: Sequence[Row | Event]) -> Any:
        """Return a figure over rows; ``None`` when none has the property."""
        if figure.field is None:
            return len(chosen)
        values = [(_read(row, figure.key, figure.field.type), self.place(plan, row)) for row in chosen]
        return measured(figure, len(chosen), [pair for pair in values if pair[0] is not None])

    def beside(self, operator: Operator, other: Other, mine: Any, rows: Sequence[Row | Event]) -> tuple[bool, Any]:
        """Compare a figure with another one of the same subject."""
        theirs = self.measured(other.figure, other.rows, self.chosen(other.rows, rows))
        if theirs is None and not other.figure.zero:
            return False, None
        a, b = in_units(mine, other.places), 0 if theirs is None else in_units(theirs, other.places)
        return COMPARISONS[operator.key](a, b), theirs or 0 if other.figure.zero else theirs

    def source(self, plan: Rows, rows: Sequence[Row | Event]) -> Sequence[Row | Event]:
        if plan.event is not None:
            if self.facts.events is None:
                raise MissingFact(f"The history of events is not at hand, {plan.event.name} cannot be looked for")
            return [event for event in self.facts.events if event.type == plan.event.name]
        if plan.link is None:
            raise TypeError("Rows are reached by an event or a link")
        return _linked(rows[-1 - plan.depth], plan.link)

    def windowed(self, window: Window, rows: Sequence[Row | Event]) -> list[Row | Event]:
        """Return the rows within a window."""
        first, last = window.edges(self.at)
        after = None
        if window.since is not None:
            after = self.moment(window.since)
            if after is None:
                return []
        found = []
        for row in rows:
            value = _read(row, window.key, window.field.type)
            inside = value is not None and (first is None or first <= value) and (last is None or value <= last)
            if inside and (after is None or value > after):
                found.append(row)
        return found

    def moment(self, since: Since) -> Any:
        """Return the moment of the last or first event of a type; ``None`` without any."""
        if self.facts.events is None:
            raise MissingFact(f"The history of events is not at hand, {since.event.name} cannot be looked for")
        found = [
            TYPES["datetime"].read(event.at)
            for event in self.facts.events
            if event.type == since.event.name and (since.where is None or self.holds(since.where, (self.facts, event)))
        ]
        return (max if since.last else min)(found, default=None)

    def compares(self, count: CountTest, number: int) -> bool:
        operand = resolve(count.operator, "integer", 0, count.literal, False, self.at)
        return bool(count.operator.python(number, operand))

    def reaches(self, measure: MeasureTest, figure: Any) -> bool:
        operand = resolve(measure.operator, measure.figure.type, measure.figure.places, measure.literal, False, self.at)
        compared = figure if measure.operator.shape == "pattern" else fold(measure.figure.type, figure)
        return bool(measure.operator.python(compared, operand))

    def belonging(self, plan: Belonging, rows: Sequence[Row | Event]) -> tuple[bool, Any]:
        """Answer membership with a state or entries; the parts get no verdicts of their own."""
        report, self.report = self.report, None
        try:
            seen = self.rows(plan.entries, rows)[1] if plan.entries is not None else None
            return self.holds(plan.of, rows), seen
        finally:
            self.report = report

    def row_member(self, plan: Membership, rows: Sequence[Row | Event]) -> tuple[bool, Any]:
        """Answer whether what a row names belongs to a list of its kind."""
        if plan.segment not in self.facts.members:
            raise MissingFact(f"It is not known what belongs to the list {plan.segment}")
        row = rows[-1 - plan.depth]
        value = row.id if plan.key == "" else _read(row, plan.key, "integer")
        return value is not None and value in self.facts.members[plan.segment], value

    def member(self, segment: int, *, ever: bool) -> bool:
        if ever:
            if segment not in self.facts.ever:
                raise MissingFact(f"It is not known whether the subject was ever in segment {segment}")
            return self.facts.ever[segment]
        checked = self.segments.get(segment)
        if checked is None:
            if segment not in self.facts.segments:
                raise MissingFact(f"It is not known whether the subject belongs to segment {segment}")
            return self.facts.segments[segment]
        if segment in self.open:
            raise MissingFact(f"Segment {segment} leads back to itself")
        self.open.append(segment)
        try:
            return self.holds(checked.root, (self.facts,))
        finally:
            self.open.pop()


def _linked(row: Row | Event, link: Link) -> Sequence[Row]:
    if link.items:
        return [Row(fields=item) for item in _read(row, link.items, "objects") or () if isinstance(item, dict)]
    if isinstance(row, Event) or link.name not in row.links:
        raise MissingFact(f"The rows of {link.name} were not loaded")
    return row.links[link.name]


def _read(row: Row | Event, key: Key, type_: str) -> Any:
    if isinstance(row, Event):
        if key == "at":
            return TYPES[type_].read(row.at)
        if key == "id":
            return row.id
        fields: Any = row.properties
    else:
        fields = row.fields
    if key in fields:
        return TYPES[type_].read(fields[key])
    for step in key.split(".") if isinstance(key, str) else key:
        fields = fields.get(step) if isinstance(fields, Mapping) else None
    return None if fields is None else TYPES[type_].read(fields)
