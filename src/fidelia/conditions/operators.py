"""The operators, one row each: what the menu shows, which fields take it, what it means in both readings.

``python`` and ``clickhouse`` say the same thing twice: the first of a value that is present, the second of an
expression that is not NULL. ``tests/conditions/test_agreement.py`` holds them together; a new row is picked up there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from functools import cached_property, lru_cache
from ipaddress import IPv6Address, ip_network
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec
import re2

Shape = Literal["none", "one", "list", "range", "when", "duration", "pattern", "network"]


class Bind(Protocol):
    """Binds a Python value as a query parameter of a ClickHouse type and returns its placeholder."""

    def __call__(self, value: Any, type_: str | None = None) -> str:
        """Return the placeholder; without a type it is the one of the field compared."""
        ...


class Span(msgspec.Struct, frozen=True):
    """What an ordered literal stands for: the closed span of values equal to it.

    A day on a field of moments spans that day; a number off the grid of its field spans nothing (``last < first``).
    """

    first: Any
    last: Any


class Several(tuple[Any, ...]):
    """What a list of literals stands for: values, or spans of ordered types. Long lists are as quick as short ones."""

    @cached_property
    def points(self) -> frozenset[Any]:
        """The single values."""
        return frozenset(x.first if isinstance(x, Span) else x for x in self if _single(x))

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """The spans of several values, or of none."""
        return tuple(x for x in self if not _single(x))


def _single(x: Any) -> bool:
    return not isinstance(x, Span) or bool(x.first == x.last)


class Anniversary(msgspec.Struct, frozen=True):
    """Days of the year (month × 100 + day), and the time zone that decides the day of a moment."""

    days: frozenset[int]
    zone: str = ""


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """One operator. ``types`` are the field types that take it, ``shape`` what its value looks like."""

    key: str
    label: str
    types: frozenset[str]
    shape: Shape
    sentence: str
    negative: str = ""
    python: Callable[[Any, Any], bool]
    clickhouse: Callable[[str, Any, Bind], str]


def _eq(v: Any, x: Any) -> bool:
    return bool(x.first <= v <= x.last) if isinstance(x, Span) else bool(v == x)


def _eq_sql(e: str, x: Any, bind: Bind) -> str:
    if not isinstance(x, Span):
        return f"{e} = {bind(x)}"
    if x.first == x.last:
        return f"{e} = {bind(x.first)}"
    return f"{e} >= {bind(x.first)} AND {e} <= {bind(x.last)}"


def _in(v: Any, xs: Several | Collection[Any]) -> bool:
    if isinstance(xs, Several):
        return v in xs.points or any(_eq(v, x) for x in xs.spans)
    return v in xs


def _in_sql(e: str, xs: Several, bind: Bind) -> str:
    points = [x.first if isinstance(x, Span) else x for x in xs if _single(x)]
    parts = [f"({_eq_sql(e, span, bind)})" for span in xs.spans]
    if points:
        parts.append(f"{e} IN {bind(points, 'Array')}" if len(points) > 1 else f"{e} = {bind(points[0])}")
    return " OR ".join(parts)


def _between_sql(e: str, x: Span, bind: Bind) -> str:
    return f"{e} >= {bind(x.first)} AND {e} <= {bind(x.last)}"


@lru_cache(maxsize=1024)
def pattern(text: str, case: bool) -> Any:
    """Compile an RE2 pattern as ClickHouse does (the dot takes a line end too); raises ``ValueError``."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 4 << 20  # half of ClickHouse's: what compiles here compiles there
    try:
        return re2.compile(flags(text, case), options)
    except re2.error as exc:
        raise ValueError(f"This pattern cannot be read: {exc}") from None


def flags(text: str, case: bool) -> str:
    """Return the pattern with the flags both engines are to use.

    Where a pattern minds case, ClickHouse looks for a literal part of it first, and takes a character of several bytes
    before ``?`` or ``*`` for a part that must be there. It does not where the flag ``i`` was seen.
    """
    return f"(?si)(?-i){text}" if case else f"(?si){text}"


def _matches(v: str, x: tuple[str, bool]) -> bool:
    return pattern(*x).search(v) is not None


def _subnet(x: str) -> tuple[IPv6Address, IPv6Address]:
    net = ip_network(x)
    ends = (str(net.network_address), str(net.broadcast_address))
    first, last = (IPv6Address(f"::ffff:{end}" if net.version == 4 else end) for end in ends)
    return first, last


def _in_subnet_sql(e: str, x: str, bind: Bind) -> str:
    first, last = _subnet(x)
    return f"{e} >= {bind(first)} AND {e} <= {bind(last)}"


def _mark(v: date, x: Anniversary) -> bool:
    day = v.astimezone(ZoneInfo(x.zone)).date() if isinstance(v, datetime) else v
    return day.month * 100 + day.day in x.days


def _mark_sql(e: str, x: Anniversary, bind: Bind) -> str:
    day = f"toDate32({e}, {bind(x.zone, 'String')})" if x.zone else e
    return f"toMonth({day}) * 100 + toDayOfMonth({day}) IN {bind(sorted(x.days), 'Array(UInt16)')}"


_TEXTS = frozenset({"string"})
_NUMBERS = frozenset({"integer", "float", "decimal"})
_TIMES = frozenset({"date", "datetime"})
_ORDERED = _NUMBERS | _TIMES | {"time"}
_SINGLE = _TEXTS | _ORDERED | {"boolean", "enum", "ip"}
_LISTED = _TEXTS | {"integer", "float", "decimal", "date", "enum", "ip"}
_EVERY = _SINGLE | {"tags", "tree", "object", "objects", "any"}
_TAGS = frozenset({"tags"})


def _row(
    key: str,
    label: str,
    types: frozenset[str],
    shape: Shape,
    sentence: str,
    python: Callable[[Any, Any], bool],
    clickhouse: Callable[[str, Any, Bind], str],
    negative: str = "",
) -> Operator:
    return Operator(
        key=key,
        label=label,
        types=types,
        shape=shape,
        sentence=sentence,
        python=python,
        clickhouse=clickhouse,
        negative=negative,
    )


# fmt: off
_ROWS = (
    _row("eq", "is", _SINGLE, "one", "{field} is {value}", _eq, _eq_sql,
         "{field} is not {value}, or is empty"),
    _row("ne", "has another value than", _SINGLE, "one", "{field} has another value than {value}",
         lambda v, x: not _eq(v, x), lambda e, x, b: f"NOT ({_eq_sql(e, x, b)})"),
    _row("in", "is one of", _LISTED, "list", "{field} is {value}", _in, _in_sql,
         "{field} is not {value}, or is empty"),
    _row("not_in", "has a value other than", _LISTED, "list", "{field} has another value than {value}",
         lambda v, x: not _in(v, x), lambda e, x, b: f"NOT ({_in_sql(e, x, b)})"),
    _row("gt", "is more than", _ORDERED, "one", "{field} is more than {value}",
         lambda v, x: v > x.last, lambda e, x, b: f"{e} > {b(x.last)}"),
    _row("gte", "is at least", _ORDERED, "one", "{field} is at least {value}",
         lambda v, x: v >= x.first, lambda e, x, b: f"{e} >= {b(x.first)}"),
    _row("lt", "is less than", _ORDERED, "one", "{field} is less than {value}",
         lambda v, x: v < x.first, lambda e, x, b: f"{e} < {b(x.first)}"),
    _row("lte", "is at most", _ORDERED, "one", "{field} is at most {value}",
         lambda v, x: v <= x.last, lambda e, x, b: f"{e} <= {b(x.last)}"),
    _row("between", "is between", _ORDERED, "range", "{field} is between {value}", _eq, _between_sql),
    _row("contains", "contains", _TEXTS, "one", "{field} contains {value}",
         lambda v, x: x in v, lambda e, x, b: f"position({e}, {b(x)}) > 0"),
    _row("not_contains", "has a value without", _TEXTS, "one", "{field} has a value without {value}",
         lambda v, x: x not in v, lambda e, x, b: f"position({e}, {b(x)}) = 0"),
    _row("starts_with", "starts with", _TEXTS, "one", "{field} starts with {value}",
         lambda v, x: v.startswith(x), lambda e, x, b: f"startsWith({e}, {b(x)})"),
    _row("ends_with", "ends with", _TEXTS, "one", "{field} ends with {value}",
         lambda v, x: v.endswith(x), lambda e, x, b: f"endsWith({e}, {b(x)})"),
    _row("matches", "matches the pattern", _TEXTS, "pattern", "{field} matches {value}",
         _matches, lambda e, x, b: f"match({e}, {b(flags(*x))})"),
    _row("is_missing", "is empty", _EVERY, "none", "{field} is empty",
         lambda v, x: False, lambda e, x, b: "0", "{field} is not empty"),
    _row("is_present", "is not empty", _EVERY, "none", "{field} is not empty",
         lambda v, x: True, lambda e, x, b: "1", "{field} is empty"),
    _row("any_of", "has any of", _TAGS, "list", "{field} has {value}",
         lambda v, x: not x.isdisjoint(v), lambda e, x, b: f"hasAny({e}, {b(sorted(x), 'Array')})"),
    _row("all_of", "has all of", _TAGS, "list", "{field} has all of {value}",
         lambda v, x: x.issubset(v), lambda e, x, b: f"hasAll({e}, {b(sorted(x), 'Array')})"),
    _row("none_of", "has tags, but none of", _TAGS, "list", "{field} is filled and has none of {value}",
         lambda v, x: x.isdisjoint(v), lambda e, x, b: f"NOT hasAny({e}, {b(sorted(x), 'Array')})"),
    _row("before", "is before", _TIMES, "when", "{field} is before {value}",
         lambda v, x: v < x.first, lambda e, x, b: f"{e} < {b(x.first)}"),
    _row("after", "is after", _TIMES, "when", "{field} is after {value}",
         lambda v, x: v > x.last, lambda e, x, b: f"{e} > {b(x.last)}"),
    _row("in_last", "is in the last", _TIMES, "duration", "{field} is in the last {value}", _eq, _between_sql),
    _row("in_next", "is in the next", _TIMES, "duration", "{field} is in the next {value}", _eq, _between_sql),
    _row("anniversary_in", "has its anniversary in the next", _TIMES, "duration",
         "{field} has its anniversary in the next {value}",
         _mark, _mark_sql),
    _row("in_subnet", "is in the network", frozenset({"ip"}), "network", "{field} is in the network {value}",
         lambda v, x: _subnet(x)[0] <= v <= _subnet(x)[1], _in_subnet_sql),
    _row("under", "is in or under", frozenset({"tree"}), "one", "{field} is in {value}",
         lambda v, x: x in v, lambda e, x, b: f"has({e}, {b(x)})"),
)
# fmt: on

OPERATORS: dict[str, Operator] = {row.key: row for row in _ROWS}
