"""The meaning of a condition: one subject, its facts, a moment → true or false.

The SQL reading must give the same answer; where they differ, this one is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from .facts import Event, Facts, MissingFact, Row
from .moments import Moment, moment
from .operands import resolve
from .plan import (
    NOW,
    Checked,
    CountTest,
    Group,
    Key,
    MeasureTest,
    Membership,
    Negation,
    Plan,
    Rows,
    Test,
    Truth,
    Window,
)
from .types import TYPES, fold
from .vocabulary import Link

FLOAT_LIMIT = 1e18
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
            case Membership(segment=segment):
                result = self.member(segment)
        if self.report is not None and len(rows) == 1 and not self.open:
            self.report(Verdict(plan.path, result, seen))
        return result

    def test(self, test: Test, rows: Sequence[Row | Event]) -> tuple[bool, Any]:
        value = self.value(test, rows)
        if value is None:
            return test.operator.key == "is_missing", None
        operand = resolve(test.operator, test.field.type, test.field.places, test.literal, test.case, self.at)
        compared = value if test.case or test.operator.shape == "pattern" else fold(test.field.type, value)
        return bool(test.operator.python(compared, operand)), value

    def value(self, test: Test, rows: Sequence[Row | Event]) -> Any:
        if test.depth == NOW:
            local = self.at.now.astimezone(self.at.zone)
            return {"date": local.date(), "time": f"{local:%H:%M}", "weekday": _DAYS[local.weekday()]}[test.key]
        row = rows[-1 - test.depth]
        if test.link is not None:
            linked = _linked(row, test.link)
            if not linked:
                return None
            row = linked[0]
        return _read(row, test.key, test.field.type)

    def rows(self, plan: Rows, rows: Sequence[Row | Event]) -> tuple[bool, Any]:
        chosen = [
            row
            for row in self.source(plan, rows)
            if (plan.window is None or self.inside(plan.window, row))
            and (plan.where is None or self.holds(plan.where, (*rows[: len(rows) - plan.depth], row)))
        ]
        counted = self.compares(plan.count, len(chosen))
        if plan.measure is None:
            return counted, {"count": len(chosen)}
        figure = measured(plan.measure, chosen)
        reached = figure is not None and self.reaches(plan.measure, figure)
        return counted and reached, {"count": len(chosen), plan.measure.fn: figure}

    def source(self, plan: Rows, rows: Sequence[Row | Event]) -> Sequence[Row | Event]:
        if plan.event is not None:
            if self.facts.events is None:
                raise MissingFact(f"The history of events is not at hand, {plan.event.name} cannot be looked for")
            return [event for event in self.facts.events if event.type == plan.event.name]
        if plan.link is None:
            raise TypeError("Rows are reached by an event or a link")
        return _linked(rows[-1 - plan.depth], plan.link)

    def inside(self, window: Window, row: Row | Event) -> bool:
        value = _read(row, window.key, window.field.type)
        first, last = window.edges(self.at)
        return value is not None and (first is None or first <= value) and (last is None or value <= last)

    def compares(self, count: CountTest, number: int) -> bool:
        operand = resolve(count.operator, "integer", 0, count.literal, False, self.at)
        return bool(count.operator.python(number, operand))

    def reaches(self, measure: MeasureTest, figure: Any) -> bool:
        operand = resolve(measure.operator, measure.type, measure.places, measure.literal, False, self.at)
        return bool(measure.operator.python(figure, operand))

    def member(self, segment: int) -> bool:
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


def measured(measure: MeasureTest, rows: Sequence[Row | Event]) -> Any:
    """Return the figure over the rows that have the property, or ``None`` when none has."""
    values = [v for v in (_read(row, measure.key, measure.field.type) for row in rows) if v is not None]
    if measure.field.type == "float":
        values = [v for v in values if abs(v) <= FLOAT_LIMIT]
    if not values:
        return None
    match measure.fn:
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "sum":
            return _decimal(sum(_units(v, measure.places) for v in values), measure.places)
        case _:
            places = {"integer": 0, "float": 6}.get(measure.field.type, measure.field.places)
            total = sum(_units(v, places) for v in values) * 10 ** (measure.places - places)
            cut = abs(total) // len(values)
            return _decimal(cut if total >= 0 else -cut, measure.places)


def _units(value: float | Decimal, places: int) -> int:
    """Return a number in whole units of its last decimal place: a double rounded half to even, a decimal cut."""
    if isinstance(value, float):
        return round(value * 10.0**places)
    sign, digits, exponent = Decimal(value).as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"{value} is no number")
    whole = int("".join(map(str, digits)))
    shift = exponent + places
    units: int = whole * 10**shift if shift >= 0 else whole // 10**-shift
    return -units if sign else units


def _decimal(units: int, places: int) -> Decimal:
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -places))
