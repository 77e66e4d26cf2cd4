"""Figures over the values of rows, exactly: what ``measure`` and ``distinct`` mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from .plan import Figure
from .types import fold

FLOAT_LIMIT = 1e18
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000

#: A value with its place in the order of rows: time and id, or ``None`` for a row without a time.
Placed = tuple[Any, tuple[datetime | date, Any] | None]

#: How two figures are compared.
COMPARISONS: dict[str, Callable[[int, int], bool]] = {"eq": eq, "ne": ne, "gt": gt, "gte": ge, "lt": lt, "lte": le}


def measured(  # noqa: PLR0911 one per function
    figure: Figure, rows: int, placed: Sequence[Placed]
) -> Any:
    """Return the figure over rows, or ``None`` when none has the property.

    ``placed`` are the values there are; ``rows`` is how many rows there are. Doubles beyond 1e18 are left out.
    """
    if figure.fn == "count":
        return rows
    field = figure.property
    if field.type == "float":
        placed = [(v, at) for v, at in placed if abs(v) <= FLOAT_LIMIT]
    values = [v for v, _ in placed]
    if not values:
        return None
    match figure.fn:
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "count_distinct":
            return len({fold(field.type, v) for v in values})
        case "first" | "last":
            ordered = [(at, n) for n, (_, at) in enumerate(placed) if at is not None]
            if not ordered:
                return None
            return values[(min if figure.fn == "first" else max)(ordered)[1]]
        case "gap_avg":
            return _gap(values, figure.places)
        case "sum":
            return _decimal(sum(_units(v, figure.places) for v in values), figure.places)
        case "avg":
            places = {"integer": 0, "float": 6}.get(field.type, field.places)
            total = sum(_units(v, places) for v in values) * 10 ** (figure.places - places)
            cut = abs(total) // len(values)
            return _decimal(cut if total >= 0 else -cut, figure.places)
        case _:
            raise ValueError(f"There is no figure {figure.fn}")


def _gap(values: Sequence[Any], places: int) -> Decimal | None:
    """Return the average number of days (of 24 hours) from one to the next, cut to decimal places; of two at least."""
    if len(values) < 2:
        return None
    first, last = (in_units(v, 0) for v in (min(values), max(values)))
    day = _DAY_MS if isinstance(values[0], datetime) else 1
    return _decimal((last - first) * 10**places // (day * (len(values) - 1)), places)


def in_units(value: Any, places: int) -> int:
    """Return a figure as a whole number that figures of its kind can be compared by.

    Numbers in units of a decimal place (doubles by their first six), days by number, moments by milliseconds.
    """
    match value:
        case datetime():
            return (value - _EPOCH) // timedelta(milliseconds=1)
        case date():
            return value.toordinal()
        case float():
            return _units(value, 6) * _power(places - 6)
        case _:
            return _units(value, places)


def _power(places: int) -> int:
    units: int = 10**places
    return units


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
