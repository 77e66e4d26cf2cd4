"""Pure decisions: what lists, tables and columns may be called, and how values of a call are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fidelia.kernel.errors import FieldError

from .. import rules, values
from ..fields import NAME
from .kinds import KINDS, folded, read_json
from .model import DataColumn, ListRejected, SheetReading
from .sheet import MAX_COLUMNS, Sheet, SheetColumn

#: Types that tell rows apart well; a day or yes/no does not.
KEY_TYPES = ("text", "email", "phone", "integer", "ip", "date")
RESERVED = frozenset({"id", "version"})
SHOWN = 200


def list_errors(name: str, description: str) -> list[FieldError]:
    """Check the texts of a list."""
    return rules.title_errors(name, "/name") + rules.text_errors(description, "/description")


def table_errors(name: str, label: str, description: str) -> list[FieldError]:
    """Check the texts of a data table."""
    errors = slug_errors(name, "/name", "A table name")
    errors += rules.text_errors(label, "/label", rules.MAX_LABEL)
    return errors + rules.text_errors(description, "/description")


def slug_errors(name: str, pointer: str, what: str) -> list[FieldError]:
    """Check a name that conditions use."""
    if not NAME.fullmatch(name):
        return [FieldError(pointer, f"{what} starts with a small letter and holds a-z, 0-9 and _, 63 at most")]
    return []


def column_errors(
    columns: Sequence[DataColumn], taken: Sequence[str] = (), pointer: str = "/columns"
) -> list[FieldError]:
    """Check new columns of a table beside those it has."""
    errors: list[FieldError] = []
    names = list(taken)
    for n, column in enumerate(columns):
        place = f"{pointer}/{n}"
        errors += slug_errors(column.name, f"{place}/name", "A column name")
        errors += rules.text_errors(column.label, f"{place}/label", rules.MAX_LABEL)
        if column.name in RESERVED:
            errors.append(FieldError(f"{place}/name", f"The name {column.name} is built in"))
        if column.name in names:
            errors.append(FieldError(f"{place}/name", f"There is a column {column.name} already"))
        names.append(column.name)
    if len(names) > MAX_COLUMNS:
        errors.append(FieldError(pointer, f"A table has {MAX_COLUMNS} columns at most"))
    return errors


def key_errors(columns: Sequence[DataColumn], key: str) -> list[FieldError]:
    """Check which column tells the rows of a new table apart."""
    if not columns:
        return [FieldError("/columns", "A table needs a column")]
    found = next((c for c in columns if c.name == key), None)
    if found is None:
        return [FieldError("/key", "Name one of the columns as the key")]
    if found.type not in KEY_TYPES:
        kinds = ", ".join(KINDS[t].label.lower() for t in KEY_TYPES)
        return [FieldError("/key", f"A key has one of these types: {kinds}")]
    return []


def reading_errors(reading: SheetReading) -> list[FieldError]:
    """Check how cells are said to be written."""
    if not reading.date_format:
        return []
    try:
        text = datetime(2026, 11, 21, 22, 33, 44, tzinfo=UTC).strftime(reading.date_format)
        values.check_characters(reading.date_format)
        datetime.strptime(text, reading.date_format)  # noqa: DTZ007 (only its form is of interest)
    except ValueError:
        return [FieldError("/reading/date_format", "This is no pattern of a date; write it like %d.%m.%Y")]
    return []


def stored(column: SheetColumn, value: Any) -> tuple[Any, ...]:
    """Return a value as the stored columns of a column hold it."""
    if not column.kind.folds:
        return (value,)
    return (value, None if value is None else folded(value))


def read_values(sheet: Sheet, given: Sequence[Any]) -> tuple[list[list[Any]], int, list[ListRejected]]:
    """Read keys of a call: arrays of the stored columns, each key once; how many stood there again; the rejected."""
    rows: dict[Any, tuple[Any, ...]] = {}
    again = 0
    rejected: list[ListRejected] = []
    for n, value in enumerate(given):
        try:
            found = read_json(sheet.key.kind, value)
            if found is None:
                raise ValueError("The value is empty")
        except ValueError as exc:
            rejected.append(ListRejected(n, str(value)[:SHOWN], str(exc)))
            continue
        row = stored(sheet.key, found)
        identity = row if sheet.exact else row[-1]
        again += identity in rows
        rows.setdefault(identity, row)
    return (
        [list(array) for array in zip(*rows.values(), strict=True)] or [[] for _ in sheet.key.stored],
        again,
        rejected,
    )


def read_row(sheet: Sheet, item: Mapping[str, Any]) -> dict[int, Any]:
    """Read the values of a row by the ids of columns. Raises ``ValueError`` naming the column at fault."""
    found: dict[int, Any] = {}
    for name, value in item.items():
        column = sheet.column(name)
        if column is None:
            raise ValueError(f"There is no column {name[:63]}")
        try:
            found[column.id] = read_json(column.kind, value)
        except ValueError as exc:
            raise ValueError(f"{name}: {exc}") from None
    return found
