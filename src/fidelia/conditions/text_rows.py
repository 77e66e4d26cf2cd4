"""Words for rules over rows: windows, choices, counts, figures."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from .moments import Duration
from .plan import CountTest, Figure, MeasureTest, Other, Plan, Rows, Window
from .text_values import duration_text, label, one_text, relative, value_text
from .vocabulary import Field

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
    "first": "the first {field}",
    "last": "the last {field}",
    "count_distinct": "the number of different values of {field}",
    "gap_avg": "the average time from one {field} to the next",
}
_EXTREMES = {"min": "the earliest {field}", "max": "the latest {field}"}
_THAN = {
    "eq": "equal to",
    "ne": "other than",
    "gt": "more than",
    "gte": "at least",
    "lt": "less than",
    "lte": "at most",
}
_PERIODS = {"day": ("today", "tomorrow", "yesterday")}

#: Writes a condition on rows.
Inner = Callable[[Plan], str]


def nouns(plan: Rows) -> tuple[str, str]:
    """Return the words for one row and for several, as they are chosen."""
    one, many = _nouns(plan)
    if plan.take is None:
        return one, many
    if plan.take.which == "nth":
        return f"{_ordinal(plan.take.number)} {one}", f"{_ordinal(plan.take.number)} {many}"
    if plan.take.number == 1:
        return f"{plan.take.which} {one}", f"{plan.take.which} {many}"
    several = f"of the {plan.take.which} {plan.take.number:,} {many}"
    return several, several


def _nouns(plan: Rows) -> tuple[str, str]:
    if plan.event is not None:
        word = plan.event.label.lower()
        return plan.event.one or word, plan.event.many or plan.event.one or word
    if plan.subject is None or plan.link is None:
        raise TypeError("Rows are reached by an event or a link")
    word = (plan.link.label or plan.subject.label or plan.link.name).lower()
    return plan.subject.one or word, plan.subject.many or word


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"


def no_rows(plan: Rows) -> str:
    """Write that there is no row."""
    one = nouns(plan)[0]
    return f"none {one}" if one.startswith("of the ") else f"no {one}"


def some_rows(plan: Rows) -> str:
    """Write how many rows there are to be."""
    one, many = nouns(plan)
    alone = plan.take is not None and (plan.take.which == "nth" or plan.take.number == 1)
    return f"a {one}" if alone and plan.count.plain else counted(plan.count, one, many)


def is_none(count: CountTest) -> bool:
    """Tell whether a count asks for no row at all."""
    if count.distinct is not None or count.other is not None:
        return False
    return (count.operator.key, count.literal) in (("eq", 0), ("lte", 0), ("lt", 1))


def counted(count: CountTest, one: str, many: str) -> str:
    """Write how many rows there are to be."""
    some = many.removeprefix("of ")
    if count.other is not None:
        rows = f"different values of {_field(count.distinct)} in {some}" if count.distinct is not None else many
        return f"a number of {rows}"
    value = count.literal
    if count.distinct is not None:
        named = _field(count.distinct)
        one, many = f"value of {named} in {some}", f"different values of {named} in {some}"
    if isinstance(value, tuple):
        text, noun = f"{value[0]:,} and {value[1]:,}", many
    else:
        text, noun = "one" if value == 1 else f"{value:,}", one if value == 1 else many
    return f"{_COUNTS[count.operator.key].format(value=text)} {noun}".replace(" of of the ", " of the ")


def figure_words(figure: Figure) -> str:
    """Write a figure without its rows."""
    if figure.field is None:
        return "the number"
    named = {**_FIGURES, **(_EXTREMES if figure.property.type in ("date", "datetime") else {})}
    return named[figure.fn].format(field=_field(figure))


def measure_text(measure: MeasureTest, inner: Inner) -> str:
    """Write a figure and what it is compared with."""
    figure = figure_words(measure.figure)
    if measure.other is not None:
        return f"{figure} is {than(measure.operator.key, measure.other, inner)}"
    field = measure.figure.property
    if measure.figure.type != field.type:  # days or a number, not what the field holds
        unit = {"count_distinct": "", "gap_avg": "days"}.get(measure.figure.fn, field.unit)
        field = msgspec.structs.replace(field, type=measure.figure.type, unit=unit)
    value = value_text(measure.operator, field, measure.literal)
    template = measure.operator.sentence
    if measure.operator.shape == "when" and isinstance(measure.literal, Duration):
        template, value = relative(measure.operator, measure.literal)
    return template.format(field=figure, value=value)


def than(operator: str, other: Other, inner: Inner) -> str:
    """Write what a figure is compared with: another one."""
    rows = other.rows
    several = f"{nouns(rows)[1].removeprefix('of ')}{chosen(rows, inner)}"
    where = f" where {inner(rows.where)}" if rows.where is not None else ""
    joint = " of " if other.figure.field is None else " in "
    return f"{_THAN[operator]} {figure_words(other.figure)}{joint}{several}{where}"


def chosen(plan: Rows, inner: Inner) -> str:
    """Write which rows are looked at, without ``where``."""
    text = window_text(plan.window, inner) if plan.window is not None else ""
    if plan.take is not None and plan.take.among is not None:
        text += f" (among those where {inner(plan.take.among)})"
    return text


def window_text(window: Window, inner: Inner) -> str:
    """Write a window."""
    if window.last is not None:
        return f" in the last {duration_text(window.last)}"
    if window.calendar:
        return f" {_period(window.calendar, window.offset)}"
    if window.since is not None:
        since = window.since
        one = since.event.one or since.event.label.lower()
        where = f" (where {inner(since.where)})" if since.where is not None else ""
        return f" since the {'last' if since.last else 'first'} {one}{where}"
    start = f" from {one_text(window.start)}" if window.start is not None else ""
    return start + (f" before {one_text(window.end)}" if window.end is not None else "")


def _period(calendar: str, offset: int) -> str:
    if calendar in _PERIODS and abs(offset) <= 1:
        return _PERIODS[calendar][offset]
    if abs(offset) <= 1:
        return f"{('this', 'next', 'last')[offset]} {calendar}"
    return f"in the {calendar} {abs(offset):,} {calendar}s {'ago' if offset < 0 else 'ahead'}"


def _field(figure: Figure | None) -> str:
    field: Field | None = None if figure is None else figure.field
    return label(field) if field is not None else "rows"
