"""Tables written row by row to a file on disk: CSV and XLSX, whatever their length."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

#: What a worksheet holds.
MOST_ROWS = 1_048_576
MOST_TEXT = 32_767


class Writer(Protocol):
    """Writes rows of numbers and texts; the first one is the heading."""

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Append rows."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


def writer(format: str, path: Path) -> Writer:
    """Return the writer of a format."""
    return _Xlsx(path) if format == "xlsx" else _Csv(path)


class _Csv:
    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._file, lineterminator="\r\n")

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        self._csv.writerows(rows)

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
            if isinstance(value, int | float) and abs(value) < 1e15:
                self._sheet.write_number(self._row, column, value)
            elif value != "":
                self._sheet.write_string(self._row, column, str(value)[:MOST_TEXT])
        self._row += 1

    def close(self) -> None:
        self._book.close()
