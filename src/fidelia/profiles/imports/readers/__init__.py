"""Reading uploaded files: what they are, their columns, their rows in chunks. Knows nothing of profiles.

Workbooks go through :mod:`fidelia.profiles.imports.child` in a process of their own; everything else may be read where
the caller is, in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from .archive import open_bytes, sniff
from .delimited import DelimitedReader
from .detect import detect, looks_like_header
from .jsonl import JsonLinesReader
from .model import MAX_CELL, MAX_COLUMNS, Cell, Chunk, FileFormat, FileProblem, Kind, Limits, display
from .safe import csv_line, escape_cell
from .xlsx import WorkbookReader

__all__ = [
    "MAX_CELL",
    "MAX_COLUMNS",
    "Cell",
    "Chunk",
    "FileFormat",
    "FileProblem",
    "Kind",
    "Limits",
    "Reader",
    "WorkbookReader",
    "csv_line",
    "detect",
    "display",
    "escape_cell",
    "looks_like_header",
    "open_bytes",
    "open_reader",
    "sniff",
]


class Reader(Protocol):
    """A file that can be read from its start any number of times."""

    def columns(self) -> list[str]:
        """Return the names of the columns."""
        ...

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the rows, at most ``size`` at a time."""
        ...


def open_reader(path: Path, how: FileFormat, limits: Limits | None = None) -> Reader:
    """Return the reader of a file in a known format; raises :class:`FileProblem` when it is read."""
    limits = limits or Limits()
    if how.kind == "xlsx":
        return WorkbookReader(path, how, limits)
    if how.kind == "jsonl":
        return JsonLinesReader(path, how, limits)
    return DelimitedReader(path, how, limits)
