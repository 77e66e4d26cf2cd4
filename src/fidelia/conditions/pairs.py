"""Two values that are no literals: which types may meet, and as what they are compared.

Texts meet texts (also choices), numbers meet numbers, days meet moments (as days of the database's time zone), yes/no,
addresses and times of day their own kind. Lists of texts (tags, branches) meet texts and lists of texts. Whole numbers
and amounts compare exactly; where one side is a ``float`` both are taken as the nearest double.

``as_common`` and ``common_sql`` say the same twice: what a value of a field becomes before it is compared.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from .casing import lower
from .types import TYPES

TEXTS = frozenset({"string", "enum"})
LISTS = frozenset({"tags", "tree"})
NUMBERS = frozenset({"integer", "float", "decimal"})
TIMES = frozenset({"date", "datetime"})
_OWN_KIND = frozenset({"boolean", "ip", "time"})

#: ClickHouse types a value of a common type has, when it may be missing.
NULLABLE = {
    "string": "Nullable(String)",
    "integer": "Nullable(Int64)",
    "float": "Nullable(Float64)",
    "boolean": "Nullable(Bool)",
    "date": "Nullable(Date32)",
    "datetime": "Nullable(DateTime64(3, 'UTC'))",
    "ip": "Nullable(IPv6)",
    "time": "Nullable(String)",
    "tags": "Array(String)",
}


class Common(msgspec.Struct, frozen=True):
    """What two values are compared as. ``places`` are the decimal places of an amount."""

    type: str
    places: int = 0

    @property
    def nullable(self) -> str:
        """The ClickHouse type that holds a value or NULL."""
        return f"Nullable(Decimal(38, {self.places}))" if self.type == "decimal" else NULLABLE[self.type]


def common(left: str, left_places: int, right: str, right_places: int) -> Common | None:
    """Return what two types are compared as, item by item where one is a list; ``None`` when they do not fit."""
    if left in TEXTS | LISTS and right in TEXTS | LISTS:
        return Common("string")
    if left in NUMBERS and right in NUMBERS:
        if "float" in (left, right):
            return Common("float")
        if "decimal" not in (left, right):
            return Common("integer")
        given = [places for type_, places in ((left, left_places), (right, right_places)) if type_ == "decimal"]
        return Common("decimal", max(given))
    if left in TIMES and right in TIMES:
        return Common("datetime" if left == right == "datetime" else "date")
    return Common(left) if left == right and left in _OWN_KIND else None


def fitting(type_: str) -> tuple[str, ...]:
    """Return the types whose values may be compared with those of a type."""
    return tuple(other for other in TYPES if common(type_, 0, other, 0) is not None)


def as_common(  # noqa: PLR0911 one per kind
    type_: str, places: int, value: Any, to: Common, case: bool, zone: str
) -> Any:
    """Return what a value that was read from a field of ``type_`` (with its ``places``) is compared as.

    ``zone`` decides the day of a moment. Lists of texts stay lists.
    """
    match to.type:
        case "string" if isinstance(value, tuple):
            return value if case else tuple(map(lower, value))
        case "string":
            return value if case else lower(value)
        case "float" if isinstance(value, Decimal):
            return float(int(value.scaleb(places))) / 10.0**places  # as ClickHouse does it
        case "float":
            return float(value)
        case "decimal":
            return Decimal(value)
        case "date":
            return _day(value, zone)
    return value


def _day(value: date | datetime, zone: str) -> date:
    return value.astimezone(ZoneInfo(zone)).date() if isinstance(value, datetime) else value


def common_sql(type_: str, sql: str, to: Common, case: bool, zone: str) -> str:  # noqa: PLR0911 one per kind
    """Return the expression of what a column is compared as; ``zone`` is an expression too."""
    match to.type:
        case "string" if type_ in LISTS:
            return sql if case else f"arrayMap(x -> lowerUTF8(x), {sql})"
        case "string":
            return sql if case else f"lowerUTF8({sql})"
        case "integer":
            return f"toInt64({sql})"
        case "float":
            return f"toFloat64({sql})"
        case "decimal":
            return f"toDecimal128({sql}, {to.places})"
        case "date" if type_ == "datetime":
            return f"toDate32({sql}, {zone})"
    return TYPES[type_].column(sql)
