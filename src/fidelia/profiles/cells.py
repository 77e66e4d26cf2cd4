"""Cells of files: how the text of a cell becomes what is stored. An empty cell is never handed to these readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from .values import MOMENT, date_, datetime_, day, float_, integer, moment

_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_TRUE = frozenset("1 true t yes y on да д".split())
_FALSE = frozenset("0 false f no n off нет н".split())


class TextFormat(msgspec.Struct, frozen=True):
    """How the cells of a file are written.

    ``date`` is a ``strptime`` pattern (empty: ISO 8601), ``region`` the two letters of the country that phone numbers
    without a country code belong to, ``separators`` what stands between the items of a list, ``decimal`` the sign
    between whole and fraction.
    """

    date: str = ""
    region: str | None = None
    separators: str = ",;|"
    decimal: str = "."


ISO = TextFormat()


def integer_cell(cell: str, how: TextFormat = ISO) -> int:
    """Read a whole number from a cell; ``1 200`` and ``12.0`` are understood."""
    found = cell.replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    if how.decimal in found:
        whole, _, fraction = found.partition(how.decimal)
        found = found if fraction.strip("0") else whole
    if not _INTEGER.fullmatch(found):
        raise ValueError("This must be a whole number")
    return integer(int(found))


def float_cell(cell: str, how: TextFormat = ISO) -> float:
    """Read a number from a cell."""
    found = cell.replace(" ", "").replace("\u00a0", "").replace("\u202f", "").replace(how.decimal, ".")
    if not _NUMBER.fullmatch(found):
        raise ValueError("This must be a number")
    try:
        return float_(float(Decimal(found)))
    except (InvalidOperation, OverflowError):
        raise ValueError("This number is too large") from None


def boolean_cell(cell: str, how: TextFormat = ISO) -> bool:
    """Read true or false from a cell: 1/0, true/false, yes/no, on/off."""
    found = cell.lower()
    if found in _TRUE:
        return True
    if found in _FALSE:
        return False
    raise ValueError("This must be yes or no")


def date_cell(cell: str, how: TextFormat = ISO) -> date | None:
    """Read a day from a cell in the chosen format."""
    if not how.date:
        return date_(cell.replace(" ", "T", 1)[:10] if len(cell) > 10 and cell[10] in " T" else cell)
    return day(_by_format(cell, how.date).date())


def datetime_cell(cell: str, how: TextFormat = ISO) -> datetime | None:
    """Read a moment from a cell in the chosen format; without a time zone it is UTC."""
    if how.date:
        found = _by_format(cell, how.date)
        return moment(found if found.tzinfo else found.replace(tzinfo=UTC))
    cell = cell.replace(" ", "T", 1)
    if len(cell) == 10:
        cell += "T00:00:00Z"
    elif not MOMENT.fullmatch(cell):
        cell += "Z"
    return datetime_(cell)


def _by_format(cell: str, pattern: str) -> datetime:
    try:
        return datetime.strptime(cell, pattern)  # noqa: DTZ007 (the pattern decides; the caller adds UTC)
    except ValueError:
        raise ValueError(f"This is not a date of the form {pattern}") from None


def items(cell: str, how: TextFormat = ISO) -> list[str]:
    """Cut the text of a cell into the items of a list; a JSON list is understood too."""
    if cell.startswith("["):
        try:
            found = msgspec.json.decode(cell)
        except msgspec.DecodeError:
            found = None
        if isinstance(found, list) and all(isinstance(v, str) for v in found):
            return found
    for sign in how.separators:
        cell = cell.replace(sign, "\x1f")
    return [part.strip() for part in cell.split("\x1f") if part.strip()]


def json_cell(read: Callable[[Any], Any]) -> Callable[[str, TextFormat], Any]:
    """Return a reader of cells that hold JSON."""

    def cell_reader(cell: str, how: TextFormat = ISO) -> Any:
        try:
            return read(msgspec.json.decode(cell))
        except (msgspec.DecodeError, RecursionError):
            raise ValueError("This must be JSON") from None

    return cell_reader
