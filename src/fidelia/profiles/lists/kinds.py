"""The types of values: how a cell or a JSON value is read, and its column in both engines. Pure.

Texts keep their case; beside each lies its lower case, made here and not by an engine, so that all of them agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from fidelia.conditions import lower

from .. import cells, contacts, values
from ..cells import TextFormat
from ..imports.readers import display

ValueTypeName = Literal["text", "email", "phone", "integer", "decimal", "boolean", "date", "datetime", "ip"]
#: Of a value; so that it fits into an index of PostgreSQL whatever its characters.
MAX_TEXT = 500
DECIMAL_PLACES = 10
_DECIMAL_LIMIT = Decimal(10) ** 18
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)


class ValueKind(msgspec.Struct, frozen=True):
    """A type of values. ``field`` is the type that conditions know it by; ``folds`` says that case may be ignored."""

    key: str
    label: str
    pg: str
    ch: str
    field: str
    read: Callable[[Any, TextFormat], Any]
    folds: bool = False
    is_text: bool = False


def _text(cell: Any, how: TextFormat) -> str | None:
    return values.text(display(cell), MAX_TEXT)


def _email(cell: Any, how: TextFormat) -> str | None:
    return contacts.email(display(cell))


def _phone(cell: Any, how: TextFormat) -> str | None:
    found = values.text(display(cell), MAX_TEXT)
    return None if found is None else contacts.phone(found, how.region)


def _integer(cell: Any, how: TextFormat) -> int | None:
    if isinstance(cell, str):
        return cells.integer_cell(cell.strip(), how) if cell.strip() else None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return values.integer(cell)


def _decimal(cell: Any, how: TextFormat) -> Decimal | None:
    if isinstance(cell, bool) or not isinstance(cell, str | int | float | Decimal):
        raise ValueError("This must be a number")
    found = cell if isinstance(cell, str) else repr(cell) if isinstance(cell, float) else str(cell)
    for blank in (" ", "\u00a0", "\u202f"):
        found = found.replace(blank, "")
    if not found:
        return None
    if isinstance(cell, str):
        found = found.replace(how.decimal, ".")
    if isinstance(cell, float) and "e" in found:
        found = format(Decimal(found), "f")
    if not _NUMBER.fullmatch(found):
        raise ValueError("This must be a number")
    number = Decimal(found)
    if abs(number) >= _DECIMAL_LIMIT:
        raise ValueError("This number is too large")
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMAL_PLACES:
        raise ValueError(f"A number may have {DECIMAL_PLACES} decimal places at most")
    return number + 0 if number else Decimal(0)


def _boolean(cell: Any, how: TextFormat) -> bool | None:
    if isinstance(cell, str):
        return cells.boolean_cell(cell.strip(), how) if cell.strip() else None
    return cells.boolean_cell(display(cell), how)


def _date(cell: Any, how: TextFormat) -> date | None:
    if isinstance(cell, date):
        return values.day(cell.date() if isinstance(cell, datetime) else cell)
    if not isinstance(cell, str):
        raise ValueError('This must be a date, like "2026-03-31"')
    return cells.date_cell(cell.strip(), how) if cell.strip() else None


def _datetime(cell: Any, how: TextFormat) -> datetime | None:
    if isinstance(cell, date):
        cell = cell.isoformat()
    if not isinstance(cell, str):
        raise ValueError('This must be a moment, like "2026-03-31T18:00:00Z"')
    return cells.datetime_cell(cell.strip(), how) if cell.strip() else None


def _ip(cell: Any, how: TextFormat) -> str | None:
    return values.ip(cell)


_C = 'text collate "C"'
KINDS: dict[str, ValueKind] = {
    kind.key: kind
    for kind in (
        ValueKind("text", "Text", _C, "String", "string", _text, folds=True, is_text=True),
        ValueKind("email", "E-mail address", _C, "String", "string", _email, is_text=True),
        ValueKind("phone", "Phone number", _C, "String", "string", _phone, is_text=True),
        ValueKind("integer", "Whole number", "bigint", "Int64", "integer", _integer),
        ValueKind("decimal", "Number", "numeric", f"Decimal(38, {DECIMAL_PLACES})", "decimal", _decimal),
        ValueKind("boolean", "Yes or no", "boolean", "Bool", "boolean", _boolean),
        ValueKind("date", "Day", "date", "Date32", "date", _date),
        ValueKind("datetime", "Moment", "timestamptz", "DateTime64(3, 'UTC')", "datetime", _datetime),
        ValueKind("ip", "IP address", _C, "String", "ip", _ip, is_text=True),
    )
}


def folded(value: str) -> str:
    """Return the lower case by which texts are told apart."""
    return lower(value)


def read_json(kind: ValueKind, value: Any) -> Any:
    """Read a value of an API call; ``None`` for an empty one. Raises ``ValueError`` with a sentence for a person."""
    if value is None:
        return None
    if isinstance(value, list | dict):
        raise ValueError("This must be a single value")
    if isinstance(value, str):
        values.check_characters(value)
    return kind.read(value, cells.ISO)


def plain(value: Any) -> Any:
    """Return a stored value as JSON shows it: decimals and moments are texts."""
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
