"""Reads CSV and TSV: any encoding, any delimiter, ragged rows named, never the whole file in memory."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from .archive import open_bytes
from .model import MAX_CELL, Cell, Chunk, FileFormat, FileProblem, Limits

# One number for the whole process: a cell beyond it is a quote that was never closed.
csv.field_size_limit(MAX_CELL)


def open_text(path: Path, how: FileFormat, limits: Limits) -> io.TextIOWrapper:
    """Return the characters of a file; bytes that are none in its encoding come out as lone surrogates."""
    try:
        codecs.lookup(how.encoding)
    except LookupError:
        raise FileProblem(f"There is no encoding named {how.encoding[:40]!r}") from None
    errors = "replace" if how.encoding.lower().startswith(("utf-16", "utf-32", "utf16")) else "surrogateescape"
    stream = open_bytes(path, how.compression, limits)
    return io.TextIOWrapper(stream, how.encoding, errors=errors, newline="")


class DelimitedReader:
    """The rows of a CSV or TSV file."""

    def __init__(self, path: Path, how: FileFormat, limits: Limits) -> None:
        self._path = path
        self._how = how
        self._limits = limits

    def columns(self) -> list[str]:
        """Return the header, or made-up names when there is none."""
        with open_text(self._path, self._how, self._limits) as text:
            first = next((row for row in self._rows(text) if row), None)
        if first is None:
            return []
        return first if self._how.header else [f"Column {n}" for n in range(1, len(first) + 1)]

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the rows after the header, ``size`` at a time; blank lines are left out but counted in numbers."""
        width = 0
        number = self._how.skip
        with open_text(self._path, self._how, self._limits) as text:
            rows = self._rows(text)
            if self._how.header:
                for row in rows:
                    number += 1
                    if row:
                        width = len(row)
                        break
            while block := list(islice(rows, size)):
                first = number + 1
                number += len(block)
                width = width or next((len(row) for row in block if row), 0)
                chunk = _chunk(block, first, width)
                if chunk.rows:
                    yield chunk

    def _rows(self, text: io.TextIOWrapper) -> Iterator[list[str]]:
        for _ in range(self._how.skip):
            text.readline(MAX_CELL)
        try:
            if self._how.quote:
                reader = csv.reader(text, delimiter=self._how.delimiter, quotechar=self._how.quote)
            else:
                reader = csv.reader(text, delimiter=self._how.delimiter, quoting=csv.QUOTE_NONE)
        except (TypeError, ValueError) as exc:
            raise FileProblem("The delimiter and the quote are one character each, and not the same") from exc
        try:
            yield from reader
        except csv.Error as exc:
            line = reader.line_num
            if "field larger" in str(exc):
                raise FileProblem(
                    f"Around line {line:,} a cell has more than {MAX_CELL:,} characters; a quote may not be closed"
                ) from exc
            raise FileProblem(f"Line {line:,} cannot be read: {exc}") from exc
        except UnicodeDecodeError as exc:
            raise FileProblem(f"The file is not text in the encoding {self._how.encoding}: {exc.reason}") from exc
        except UnicodeError as exc:
            raise FileProblem(f"The file is not text in the encoding {self._how.encoding}: {exc}") from exc


def _chunk(block: list[list[str]], first: int, width: int) -> Chunk:
    rows: list[list[Cell]]
    if all(len(row) == width for row in block):
        rows = block  # type: ignore[assignment]
        return Chunk(list(range(first, first + len(block))), rows, {})
    numbers: list[int] = []
    rows = []
    bad: dict[int, str] = {}
    for number, row in enumerate(block, first):
        if not row:
            continue
        # Some programs pad their rows to the widest one.
        cells = row[:width] if not any(row[width:]) else row
        if len(cells) != width:
            hint = "; a quote may not be closed there" if any("\n" in cell for cell in row) else ""
            bad[len(rows)] = f"This row has {len(row)} cells where the file has {width} columns{hint}"
            cells = [""] * width
        numbers.append(number)
        rows.append([*cells])
    return Chunk(numbers, rows, bad)
