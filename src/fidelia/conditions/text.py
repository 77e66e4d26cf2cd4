"""A condition as a sentence for people, the log and the segment builder.

    "People in shop with at least 6 orders in the last 365 days, and whose city is Oslo or Bergen; without those whose
    news by e-mail is unsubscribed"

``spans`` say which part of the text speaks of which node, so that pointing at one lights the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from decimal import Decimal
from ipaddress import IPv6Address
from typing import Any

import msgspec

from .moments import Duration
from .operators import Operator
from .plan import Checked, CountTest, Group, MeasureTest, Membership, Negation, Plan, Rows, Test, Truth, Window
from .vocabulary import Field

_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_COUNTS = {
    "eq": "exactly {value}",
    "ne": "a number other than {value} of",
    "gt": "more than {value}",
    "gte": "at least {value}",
    "lt": "fewer than {value}",
    "lte": "at most {value}",
    "between": "between {value}",
}
_FIGURES = {
    "sum": "the sum of {field}",
    "avg": "the average of {field}",
    "min": "the least {field}",
    "max": "the greatest {field}",
}

_EXTREMES = {"min": "the earliest {field}", "max": "the latest {field}"}


class TextSpan(msgspec.Struct, frozen=True):
    """The part ``text[start:end]`` speaks of the node at ``path`` (a JSON pointer)."""

    start: int
    end: int
    path: str


class Sentence(msgspec.Struct, frozen=True):
    """The sentence and its parts, outer parts before inner ones."""

    text: str
    spans: tuple[TextSpan, ...]


def sentence(checked: Checked, database: str = "", subjects: str = "People") -> Sentence:
    """Return the sentence of a condition; ``database`` is named when given, ``subjects`` is the word it starts with."""
    writer = _Writer(checked.segment_names)
    everybody = isinstance(checked.root, Truth)
    word = f"All {subjects.lower()}" if everybody else subjects
    with writer.about(checked.root.path) if everybody else nullcontext():
        writer.add(f"{word} in {database}" if database else word)
    if not everybody:
        writer.start(checked.root)
    return writer.result()


class _Writer:
    def __init__(self, segments: dict[int, str]) -> None:
        self.segments = segments
        self.parts: list[str] = []
        self.length = 0
        self.spans: list[TextSpan] = []

    def result(self) -> Sentence:
        ordered = sorted(self.spans, key=lambda s: (s.start, -s.end, s.path))
        return Sentence("".join(self.parts), tuple(ordered))

    def add(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    @contextmanager
    def about(self, path: str) -> Iterator[None]:
        start = self.length
        yield
        self.spans.append(TextSpan(start, self.length, path))

    def start(self, root: Plan) -> None:
        """The first level: what is included, then what is taken away."""
        if not isinstance(root, Group) or not root.every:
            self.add(" ")
            with self.about(root.path):
                self.say(root, top=True)
            return
        self.add(" ")
        with self.about(root.path):
            kept = [part for part in root.of if not isinstance(part, Negation)]
            taken = [part for part in root.of if isinstance(part, Negation)]
            if kept:
                self.several(kept, ", and ", top=True)
            for index, part in enumerate(taken):
                self.add("; " if kept or index else "")
                with self.about(part.path):
                    self.add("without those ")
                    with self.about(part.of.path):
                        self.say(part.of, top=True)

    def several(self, parts: Sequence[Plan], joint: str, *, top: bool = False) -> None:
        for index, part in enumerate(parts):
            if index:
                self.add(joint)
            with self.about(part.path):
                self.say(part, top=top and len(parts) == 1)

    def say(self, plan: Plan, *, top: bool = False) -> None:
        """Write what a node says of "people" as a relative clause."""
        match plan:
            case Group(every=every, of=of):
                brackets = not top and len(of) > 1
                self.add("(" if brackets else "")
                self.several(of, " and " if every else " or ", top=top)
                self.add(")" if brackets else "")
            case Negation(of=inner):
                self.negated(inner)
            case Truth():
                self.add("of any kind")
            case Test():
                self.add(f"whose {_test(plan, plan.operator.sentence)}")
            case Rows():
                self.rows(plan)
            case Membership(segment=segment):
                self.add(f"in the segment {self.segment(segment)}")

    def negated(self, inner: Plan) -> None:
        with self.about(inner.path):
            match inner:
                case Test(operator=operator) if operator.negative:
                    self.add(f"whose {_test(inner, operator.negative)}")
                case Membership(segment=segment):
                    self.add(f"not in the segment {self.segment(segment)}")
                case Rows() if inner.plain:
                    self.rows(inner, none=True)
                case _:
                    self.add("not those ")
                    self.say(inner)

    def segment(self, id_: int) -> str:
        return self.segments.get(id_) or f"number {id_}"

    def rows(self, plan: Rows, *, none: bool = False) -> None:
        one, many = _nouns(plan)
        self.add("with " + (f"no {one}" if none or _is_none(plan.count) else _counted(plan.count, one, many)))
        if plan.window is not None:
            self.add(_window(plan.window))
        if plan.where is not None:
            self.add(" where ")
            with self.about(plan.where.path):
                self.inner(plan.where)
        if plan.measure is not None:
            self.add(f" and {_measure(plan.measure)}")

    def inner(self, plan: Plan, *, nested: bool = False) -> None:
        """Write what a node says of rows: no "whose"."""
        match plan:
            case Group(every=every, of=of):
                self.add("(" if nested and len(of) > 1 else "")
                for index, part in enumerate(of):
                    if index:
                        self.add(" and " if every else " or ")
                    with self.about(part.path):
                        self.inner(part, nested=len(of) > 1)
                self.add(")" if nested and len(of) > 1 else "")
            case Negation(of=Test(operator=operator) as test) if operator.negative:
                with self.about(test.path):
                    self.add(_test(test, operator.negative))
            case Negation(of=inner):
                self.add("not (")
                with self.about(inner.path):
                    self.inner(inner)
                self.add(")")
            case Test():
                self.add(_test(plan, plan.operator.sentence))
            case Truth():
                self.add("anything holds")
            case Rows(link=link, depth=0) if link is not None:
                self.say(plan)
            case _:
                self.add("the person is one ")
                self.say(plan)


def _test(test: Test, template: str) -> str:
    field, value = _label(test.field), _value(test.operator, test.field, test.literal)
    if test.operator.shape == "when" and isinstance(test.literal, Duration):
        template, value = _relative(test.operator, test.literal)
    return template.format(field=field, value=value)


def _relative(operator: Operator, duration: Duration) -> tuple[str, str]:
    """``before -P60D`` is more than 60 days ago, ``after -P60D`` less than that; ahead the other way round."""
    past = min(duration.months, duration.days, duration.seconds) < 0
    span = _duration(duration.negated() if past else duration)
    more = (operator.key == "before") == past
    return "{field} is " + ("more" if more else "less") + " than {value} " + ("ago" if past else "ahead"), span


def _label(field: Field) -> str:
    label = field.label or field.name
    return label[0].lower() + label[1:] if label[1:2].islower() else label


def _nouns(plan: Rows) -> tuple[str, str]:
    if plan.event is not None:
        label = plan.event.label.lower()
        return plan.event.one or label, plan.event.many or plan.event.one or label
    if plan.subject is None or plan.link is None:
        raise TypeError("Rows are reached by an event or a link")
    label = (plan.link.label or plan.subject.label or plan.link.name).lower()
    return plan.subject.one or label, plan.subject.many or label


def _is_none(count: CountTest) -> bool:
    return (count.operator.key, count.literal) in (("eq", 0), ("lte", 0), ("lt", 1))


def _counted(count: CountTest, one: str, many: str) -> str:
    value = count.literal
    if isinstance(value, tuple):
        text, noun = f"{value[0]:,} and {value[1]:,}", many
    else:
        text, noun = "one" if value == 1 else f"{value:,}", one if value == 1 else many
    return f"{_COUNTS[count.operator.key].format(value=text)} {noun}"


def _measure(measure: MeasureTest) -> str:
    named = _EXTREMES if measure.field.type in ("date", "datetime") else _FIGURES
    figure = named[measure.fn].format(field=_label(measure.field))
    value = _value(measure.operator, measure.field, measure.literal)
    template = measure.operator.sentence
    if measure.operator.shape == "when" and isinstance(measure.literal, Duration):
        template, value = _relative(measure.operator, measure.literal)
    return template.format(field=figure, value=value)


def _window(window: Window) -> str:
    if window.last is not None:
        return f" in the last {_duration(window.last)}"
    start = f" from {_one(window.start)}" if window.start is not None else ""
    return start + (f" before {_one(window.end)}" if window.end is not None else "")


def _value(operator: Operator, field: Field, value: Any) -> str:
    if isinstance(value, Duration):
        return _duration(value)
    if isinstance(value, tuple):
        texts = [_one(v, field) for v in value[:5]]
        if operator.shape == "range":
            return " and ".join(texts)
        if len(value) > 5:
            return f"one of {len(value):,} values"
        last = " and " if operator.key == "all_of" else " or "
        return last.join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
    return "" if value is None else _one(value, field)


def _one(value: Any, field: Field | None = None) -> str:
    options = {option.value: option.label for option in field.options} if field is not None else {}
    if not isinstance(value, bool) and (known := options.get(str(value))):
        return known
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value.day} {_MONTHS[value.month - 1]} {value.year}, {value:%H:%M} UTC"
        case date():
            return f"{value.day} {_MONTHS[value.month - 1]} {value.year}"
        case int() | float() | Decimal():
            number = f"{value:,}" if not isinstance(value, Decimal) else f"{value.normalize():,f}"
            return f"{number} {field.unit}" if field is not None and field.unit else number
    return str(value.ipv4_mapped or value) if isinstance(value, IPv6Address) else str(value)


def _duration(duration: Duration) -> str:
    years, months = divmod(duration.months, 12)
    hours, seconds = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    named = ((years, "year"), (months, "month"), (duration.days, "day"), (hours, "hour"), (minutes, "minute"))
    parts = [f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in (*named, (seconds, "second")) if n]
    return " and ".join(parts) if parts else "0 days"
