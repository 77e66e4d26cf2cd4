"""Tables written row by row to a file on disk: CSV, XLSX and JSON lines, whatever their length."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec
import xlsxwriter

#: What a worksheet holds.
MOST_ROWS = 1_048_576
MOST_TEXT = 32_767
_RISKY = ("=", "+", "-", "@", "\t", "\r")


class Writer(Protocol):
    """Writes rows of stored values; the first one is the heading. Cells that look like formulas are made harmless."""

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Append rows."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def writer(format: str, path: Path) -> Writer:
    """Return the writer of a format."""
    if format == "xlsx":
        return _Xlsx(path)
    return _Lines(path) if format == "jsonl" else _Csv(path)


def cell(value: Any) -> str:
    """Return a value as the text of a cell; texts that begin like a formula are made harmless."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case str():
            text = value
        case list() if all(isinstance(item, str) for item in value):
            text = ", ".join(value)
        case dict() | list():
            text = msgspec.json.encode(value).decode()
        case _:
            text = str(value)
    return f"'{text}" if text.startswith(_RISKY) else text


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\r\n")

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._csv.writerows([cell(value) for value in row] for row in rows)

    def close(self) -> None:
        self._file.close()


class _Lines:
    """One JSON object a line; a value that is not there is null, and nothing is changed for spreadsheets."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._heading: Sequence[str] | None = None
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            if self._heading is None:
                self._heading = [str(name) for name in row]
            else:
                self._file.write(self._encoder.encode(dict(zip(self._heading, row, strict=True))) + b"\n")

    def close(self) -> None:
        self._file.close()


class _Xlsx:
    """Goes on on another worksheet, with the heading again, when one is full."""

    def __init__(self, path: Path) -> None:
        how = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "nan_inf_to_errors": True,
        }
        self._book = xlsxwriter.Workbook(str(path), {**how, "tmpdir": str(path.parent)})
        self._heading: Sequence[Any] | None = None
        self._sheet: Any = None
        self._row = MOST_ROWS

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            if self._heading is None:
                self._heading = row
            if self._row >= MOST_ROWS:
                self._sheet, self._row = self._book.add_worksheet(), 0
                if row is not self._heading:
                    self._line(self._heading)
            self._line(row)

    def _line(self, row: Sequence[Any]) -> None:
        for column, value in enumerate(row):
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
                self._sheet.write_number(self._row, column, value)
            elif text := cell(value):
                self._sheet.write_string(self._row, column, text[:MOST_TEXT])
        self._row += 1

    def close(self) -> None:
        self._book.close()
