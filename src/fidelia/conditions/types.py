"""The types of fields: what a stored value must be, how a literal is read, and what ClickHouse compares.

Exact numbers. A literal is an integer, a decimal text (``"12.50"``) or a JSON number with a fraction. The last is the
decimal its double prints as, refused beyond 15 significant digits, so that what was written is what is compared. For a
``float`` field the literal is then rounded to the nearest double, because that is what such a field holds.

``read`` turns a stored value into the value compared, or ``None``: a value of another type counts as missing.
``literal`` turns a JSON literal into a typed one or raises ``ValueError`` with a sentence for a person.
``column`` wraps a column's expression into what ClickHouse compares.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, InvalidOperation
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import msgspec

from . import moments
from .casing import lower

MAX_TEXT = 1000
PLACES = 4
_LARGE = Context(prec=100)
_INTEGER_LIMIT = 2**63
_DECIMAL_LIMIT = Decimal(10) ** 14
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DECIMAL_TEXT = re.compile(r"-?\d{1,20}(\.\d{1,18})?", re.ASCII)


class FieldType(msgspec.Struct, frozen=True):
    """One row of the table of types: see the module's docstring for the functions."""

    key: str
    label: str
    read: Callable[[Any], Any]
    literal: Callable[[Any], Any]
    column: Callable[[str], str] = lambda e: e
    folded: Callable[[str], str] | None = None
    bound: str = "String"
    many: bool = False


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: Any) -> int | None:
    if isinstance(value, float):  # JSON does not tell 5.0 from 5
        value = int(value) if value.is_integer() else None
    if isinstance(value, int) and not isinstance(value, bool) and -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        return value
    return None


def _float(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) + 0.0


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _boolean(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _date(value: Any) -> date | None:
    if isinstance(value, str):
        try:
            return moments.parse_date(value)
        except ValueError:
            return None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value if moments.FIRST.year <= value.year <= moments.LAST.year else None
    return None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        try:
            return moments.parse_moment(value)
        except ValueError:
            return None
    if isinstance(value, datetime) and value.tzinfo is not None:
        at = moments.floor(value)
        return at if moments.FIRST <= at <= moments.LAST else None
    return None


def _texts(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list | tuple) or any(v is not None and not isinstance(v, str) for v in value):
        return None
    return tuple(v for v in value if v is not None) or None


def mapped(value: Any) -> IPv6Address | None:
    """Read an IP address as IPv6, an IPv4 address mapped into ``::ffff:0:0/96``; ``None`` when it is none."""
    if isinstance(value, str):
        try:
            value = ip_address(value)
        except ValueError:
            return None
    if isinstance(value, IPv4Address):
        return IPv6Address(f"::ffff:{value}")
    return value if isinstance(value, IPv6Address) and value.scope_id is None else None


def _anything(value: Any) -> Any:
    # an object is a way to its leaves: what counts as a value is these, in columns of type JSON and of JSON text
    return None if isinstance(value, dict) else value


def _object(value: Any) -> Any:
    return value if isinstance(value, dict) and value else None


def _objects(value: Any) -> Any:
    return value if isinstance(value, list | tuple) and value else None


def text_literal(value: Any) -> str:
    """Read a text literal: not empty, without NUL, ``MAX_TEXT`` characters at most."""
    if not isinstance(value, str):
        raise ValueError("This must be a text")
    if not value:
        raise ValueError("The text is empty; to find people without a value use is_missing")
    if len(value) > MAX_TEXT or "\x00" in value:
        raise ValueError(f"A text may have {MAX_TEXT} characters at most, and no NUL character")
    return value


def number_literal(value: Any) -> Decimal:
    """Read a number: an integer, a decimal text, or a JSON number of up to 15 significant digits."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError("This must be a number")
    if isinstance(value, str) and not _DECIMAL_TEXT.fullmatch(value):
        raise ValueError('This must be a number, or a decimal text like "12.50"')
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        raise ValueError("This must be a number") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 20:
        raise ValueError("This number is too large")
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or exponent < -18:
        raise ValueError("A number may have 18 decimal places at most")
    if isinstance(value, float) and len(str(int("".join(map(str, digits)))).rstrip("0")) > 15:
        raise ValueError('Write a number of more than 15 digits as a text, like "0.1234567890123456"')
    return number + 0 if number else Decimal(0)


def _integer_literal(value: Any) -> int:
    number = number_literal(value)
    if number != number.to_integral_value():
        raise ValueError("This must be a whole number")
    if not -_INTEGER_LIMIT <= number < _INTEGER_LIMIT:
        raise ValueError("This number is too large")
    return int(number)


def _float_literal(value: Any) -> float:
    return float(number_literal(value)) + 0.0


def _decimal_literal(value: Any) -> Decimal:
    number = number_literal(value)
    if abs(number) >= _DECIMAL_LIMIT:
        raise ValueError("This number is too large")
    return number


def _boolean_literal(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("This must be true or false")
    return value


def _date_literal(value: Any) -> date:
    if not isinstance(value, str):
        raise ValueError('This must be a date, like "2026-03-31"')
    return moments.parse_date(value)


def _moment_literal(value: Any) -> date | datetime:
    if not isinstance(value, str):
        raise ValueError('This must be a day ("2026-03-31") or a moment ("2026-03-31T18:00:00Z")')
    return moments.parse_date(value) if len(value) == 10 else moments.parse_moment(value)


def _ip_literal(value: Any) -> IPv6Address:
    address = mapped(value) if isinstance(value, str) else None
    if address is None:
        raise ValueError('This must be an IP address, like "192.0.2.7"')
    return address


def _clock(value: Any) -> str | None:
    return value if isinstance(value, str) and _CLOCK.fullmatch(value) else None


def _clock_literal(value: Any) -> str:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError('This must be a time of day, like "18:30"')
    return value


def _no_literal(value: Any) -> Any:
    raise ValueError("This field takes no value")


def on_grid(number: Decimal, places: int) -> tuple[Decimal, Decimal]:
    """Return the number rounded up and down to a number of decimal places."""
    step = Decimal(1).scaleb(-places)
    return (
        number.quantize(step, ROUND_CEILING, context=_LARGE),
        number.quantize(step, ROUND_FLOOR, context=_LARGE),
    )


_ARRAY_FOLDED = "arrayMap(x -> lowerUTF8(x), {})".format

TYPES: dict[str, FieldType] = {
    row.key: row
    for row in (
        FieldType("string", "text", _text, text_literal, folded="lowerUTF8({})".format),
        FieldType("integer", "whole number", _integer, _integer_literal, bound="Int64"),
        FieldType("float", "number", _float, _float_literal, bound="Float64"),
        FieldType("decimal", "amount", _decimal, _decimal_literal, bound="Decimal"),
        FieldType("boolean", "yes or no", _boolean, _boolean_literal, bound="Bool"),
        FieldType("date", "day", _date, _date_literal, bound="Date32"),
        FieldType("datetime", "moment", _moment, _moment_literal, bound="DateTime64(3,'UTC')"),
        FieldType("enum", "choice", _text, text_literal),
        FieldType("tags", "tags", _texts, text_literal, folded=_ARRAY_FOLDED, many=True),
        FieldType("ip", "IP address", mapped, _ip_literal, "toIPv6OrNull({})".format, bound="IPv6"),
        FieldType("tree", "branch", _texts, text_literal, folded=_ARRAY_FOLDED, many=True),
        FieldType("object", "object", _object, _no_literal),
        FieldType("objects", "list of objects", _objects, _no_literal),
        FieldType("time", "time of day", _clock, _clock_literal),
        FieldType("any", "anything", _anything, _no_literal),
    )
}


def fold(type_: str, value: Any) -> Any:
    """Return a value read from a field, or a literal for it, in lower case where its type has letters."""
    if TYPES[type_].folded is None:
        return value
    return tuple(lower(v) for v in value) if isinstance(value, tuple) else lower(value)
