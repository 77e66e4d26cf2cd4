"""The value on the right: from JSON literal to typed literal (when checked) to operand (when asked, with *now*).

Both readings get the same operand, so edges of days and windows are worked out once.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

from .casing import lower
from .moments import Duration, Moment, anniversaries, floor, parse_duration, shift_day
from .operators import Anniversary, Operator, Several, Span, pattern
from .types import MAX_TEXT, TYPES, fold, on_grid

MAX_LIST = 100_000
_SPANNED = frozenset({"integer", "float", "decimal", "date", "datetime", "time"})


class BadValue(ValueError):
    """A literal that does not fit; ``step`` leads from the value to the place (``/3``)."""

    def __init__(self, message: str, step: str = "") -> None:
        super().__init__(message)
        self.step = step


def literal(operator: Operator, type_: str, raw: Any) -> Any:  # noqa: PLR0911 one per shape
    """Give a JSON literal its type; raises :class:`BadValue` with a sentence for a person."""
    if isinstance(raw, dict):
        raise BadValue("Only a plain value can stand here")
    match operator.shape:
        case "none":
            return None
        case "list" | "range":
            return _several(operator, type_, raw)
        case "duration":
            return _duration(type_, raw, signed=False)
        case "when":
            return _when(type_, raw)
        case "pattern":
            return _pattern(raw)
        case "network":
            return _network(raw)
        case "one":
            return _single(type_, raw)


def _single(type_: str, raw: Any, step: str = "") -> Any:
    try:
        return TYPES[type_].literal(raw)
    except ValueError as exc:
        raise BadValue(str(exc), step) from None


def _several(operator: Operator, type_: str, raw: Any) -> tuple[Any, ...]:
    if not isinstance(raw, list | tuple):
        raise BadValue("This must be a list of values")
    if operator.shape == "list" and not 1 <= len(raw) <= MAX_LIST:
        raise BadValue(f"A list may have 1 to {MAX_LIST:,} values; upload a longer one and name it by its number")
    values = tuple(_single(type_, item, f"/{index}") for index, item in enumerate(raw))
    if operator.shape == "list":
        if not 1 <= len(values) <= MAX_LIST:
            raise BadValue(f"A list may have 1 to {MAX_LIST:,} values")
        return values
    if len(values) != 2:
        raise BadValue("This must be two values, the least and the greatest")
    kinds = {isinstance(v, datetime) for v in values}
    if len(kinds) == 1 and values[0] > values[1]:
        raise BadValue("The first value must not be greater than the second")
    return values


def _duration(type_: str, raw: Any, *, signed: bool) -> Duration:
    if not isinstance(raw, str):
        raise BadValue('This must be a duration, like "P30D"')
    try:
        duration = parse_duration(raw, signed=signed)
    except ValueError as exc:
        raise BadValue(str(exc)) from None
    if type_ == "date" and not duration.whole_days:
        raise BadValue("A day is compared with days, weeks, months or years, not with hours")
    return duration


def _when(type_: str, raw: Any) -> Any:
    if isinstance(raw, str) and raw.startswith(("P", "-P")):
        return _duration(type_, raw, signed=True)
    return _single(type_, raw)


def _pattern(raw: Any) -> str:
    if not isinstance(raw, str) or not 1 <= len(raw) <= MAX_TEXT or "\x00" in raw:
        raise BadValue(f"This must be a pattern of 1 to {MAX_TEXT} characters")
    try:
        pattern(raw, True)
        pattern(raw, False)
    except ValueError as exc:
        raise BadValue(str(exc)) from None
    return raw


def _network(raw: Any) -> str:
    try:
        if not isinstance(raw, str):
            raise ValueError
        return str(ip_network(raw))
    except ValueError:
        raise BadValue('This must be a network, like "192.0.2.0/24"') from None


def resolve(  # noqa: PLR0911 one per shape
    operator: Operator, type_: str, places: int, value: Any, case: bool, at: Moment
) -> Any:
    """Turn a typed literal into the operand of an operator at a moment."""
    match operator.key:
        case "in_last":
            return _window(type_, value, at, -1)
        case "in_next":
            return _window(type_, value, at, 1)
        case "anniversary_in":
            last = at.shifted(value).astimezone(at.zone).date()
            return Anniversary(anniversaries(at.today, last), at.zone.key if type_ == "datetime" else "")
        case "matches":
            return value, case
    match operator.shape:
        case "none" | "network":
            return value
        case "when":
            return _moved(type_, value, at) if isinstance(value, Duration) else operand(type_, places, value, case, at)
        case "range":
            first, last = (operand(type_, places, v, case, at) for v in value)
            return Span(first.first, last.last)
        case "list" if TYPES[type_].many:
            return frozenset(value if case else map(lower, value))
        case "list":
            return Several(dict.fromkeys(operand(type_, places, v, case, at) for v in value))
        case _:
            return operand(type_, places, value, case, at)


def operand(type_: str, places: int, value: Any, case: bool, at: Moment) -> Any:
    """Turn one typed literal into a span of values (ordered types) or the value itself."""
    if type_ in _SPANNED:
        if isinstance(value, Decimal):
            return Span(*on_grid(value, places))
        if type_ == "datetime" and not isinstance(value, datetime):
            return Span(at.start_of(value), at.end_of(value))
        return Span(value, value)
    return value if case else fold(type_, value)


def _window(type_: str, duration: Duration, at: Moment, sign: int) -> Span:
    far = duration if sign > 0 else duration.negated()
    if type_ == "datetime" and not duration.whole_days:
        first, last = sorted((at.now, at.shifted(far)))
        return Span(first, last)
    days: list[date] = sorted((at.today, shift_day(at.today, far)))
    return Span(days[0], days[1]) if type_ == "date" else Span(at.start_of(days[0]), at.end_of(days[1]))


def _moved(type_: str, duration: Duration, at: Moment) -> Span:
    if type_ == "datetime" and not duration.whole_days:
        moment = floor(at.shifted(duration))
        return Span(moment, moment)
    day = shift_day(at.today, duration)
    return Span(day, day) if type_ == "date" else Span(at.start_of(day), at.end_of(day))
