"""Reads workbooks with calamine. Use it in a process of its own: a hostile sheet may ask for any memory."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import python_calamine

from .archive import check_workbook, unpack
from .model import MAX_COLUMNS, Cell, Chunk, FileFormat, FileProblem, Limits


class WorkbookReader:
    """The rows of one sheet of a workbook."""

    def __init__(self, path: Path, how: FileFormat, limits: Limits) -> None:
        self._path = path
        self._how = how
        self._limits = limits

    def sheets(self) -> list[str]:
        """Return the names of the sheets that hold cells and are not hidden."""
        with self._workbook() as book:
            return _visible(book)

    def height(self) -> int | None:
        """Return how many rows the sheet has at most, the header left out."""
        with self._workbook() as book:
            name = self._how.sheet or next(iter(_visible(book)), None)
            if name is None or name not in book.sheet_names:
                return None
            return max(0, book.get_sheet_by_name(name).height - int(self._how.header))

    def columns(self) -> list[str]:
        """Return the header, or made-up names when there is none."""
        with self._sheet() as (_, rows):
            first = next((row for row in rows if _filled(row)), None)
        if first is None:
            return []
        if not self._how.header:
            return [f"Column {n}" for n in range(1, len(first) + 1)]
        return [str(cell).strip() for cell in first]

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the rows after the header, ``size`` at a time; empty rows are left out but counted in numbers."""
        with self._sheet() as (above, rows):
            number = above
            if self._how.header:
                for row in rows:
                    number += 1
                    if _filled(row):
                        break
            while block := list(islice(rows, size)):
                numbers, cells = [], []
                for row in block:
                    number += 1
                    if _filled(row):
                        numbers.append(number)
                        cells.append([_cell(value) for value in row])
                if cells:
                    yield Chunk(numbers, cells, {})

    @contextmanager
    def _sheet(self) -> Iterator[tuple[int, Iterator[list[Any]]]]:
        """Give how many rows stand above the first, and the rows."""
        with self._workbook() as book:
            names = _visible(book)
            name = self._how.sheet or next(iter(names), None)
            if name is None or name not in book.sheet_names:
                raise FileProblem("The workbook has no such sheet" if name else "The workbook has no sheet with cells")
            try:
                sheet = book.get_sheet_by_name(name)
                if sheet.width > MAX_COLUMNS:
                    raise FileProblem(f"The sheet has {sheet.width:,} columns; at most {MAX_COLUMNS:,} can be read")
                yield (sheet.start[0] if sheet.start else 0), iter(sheet.iter_rows())
            except python_calamine.CalamineError as exc:
                raise FileProblem(f"The sheet {name!r} cannot be read: {exc}") from exc

    @contextmanager
    def _workbook(self) -> Iterator[python_calamine.CalamineWorkbook]:
        with tempfile.TemporaryDirectory(prefix="workbook-") as folder:
            path = self._path
            if self._how.compression != "none":
                path = unpack(path, self._how.compression, self._limits, Path(folder))
            check_workbook(path, self._limits)
            try:
                book = python_calamine.CalamineWorkbook.from_path(path)
            except python_calamine.PasswordError as exc:
                raise FileProblem("The workbook is protected by a password; save it without one") from exc
            except (python_calamine.CalamineError, OSError, ValueError) as exc:
                raise FileProblem(f"The workbook is broken: {exc}") from exc
            with book:
                yield book


def _visible(book: python_calamine.CalamineWorkbook) -> list[str]:
    return [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == python_calamine.SheetVisibleEnum.Visible
        and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]


def _filled(row: list[Any]) -> bool:
    return any(cell != "" for cell in row)


def _cell(value: Any) -> Cell:
    """Dates stay dates: a workbook knows them, whatever format its cells are shown in."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, str | int | bool | date):
        return value
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
