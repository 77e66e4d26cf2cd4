"""Reads JSON lines: one object a line; its keys are the columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from .delimited import open_text
from .model import MAX_COLUMNS, MAX_LINE, Cell, Chunk, FileFormat, FileProblem, Limits

_SAMPLE_LINES = 1_000


class JsonLinesReader:
    """The objects of a JSON lines file; the keys of the first thousand are its columns."""

    def __init__(self, path: Path, how: FileFormat, limits: Limits) -> None:
        self._path = path
        self._how = how
        self._limits = limits
        self._columns: list[str] | None = None

    def columns(self) -> list[str]:
        """Return the keys in the order in which they first appear."""
        if self._columns is None:
            found: dict[str, None] = {}
            for seen, (_, item) in enumerate(self._objects(), 1):
                if isinstance(item, dict):
                    found.update(dict.fromkeys(item))
                if seen >= _SAMPLE_LINES or len(found) > MAX_COLUMNS:
                    break
            self._columns = list(found)
        return self._columns

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the objects as rows of cells, ``size`` at a time; keys that are no column are left out."""
        columns = self.columns()
        numbers: list[int] = []
        rows: list[list[Cell]] = []
        bad: dict[int, str] = {}
        for number, item in self._objects():
            numbers.append(number)
            if isinstance(item, str):
                bad[len(rows)] = item
                rows.append([None] * len(columns))
            else:
                get = item.get
                rows.append([get(name) for name in columns])
            if len(rows) >= size:
                yield Chunk(numbers, rows, bad)
                numbers, rows, bad = [], [], {}
        if rows:
            yield Chunk(numbers, rows, bad)

    def _objects(self) -> Iterator[tuple[int, dict[str, Any] | str]]:
        """Yield the number of each line with its object, or with the reason why it is none."""
        decoder = msgspec.json.Decoder()
        with open_text(self._path, self._how, self._limits) as text:
            number = 0
            try:
                while line := text.readline(MAX_LINE):
                    number += 1
                    if len(line) >= MAX_LINE:
                        raise FileProblem(f"Line {number:,} is longer than {MAX_LINE // 1_000_000} MB")
                    line = line.strip()
                    if line:
                        yield number, _object(decoder, line)
            except UnicodeError as exc:
                raise FileProblem(f"The file is not text in the encoding {self._how.encoding}") from exc


def _object(decoder: msgspec.json.Decoder[Any], line: str) -> dict[str, Any] | str:
    try:
        item = decoder.decode(line)
    except UnicodeEncodeError:
        return "This line is not valid text"
    except (msgspec.DecodeError, RecursionError) as exc:
        return f"This line is not JSON: {exc}"
    return item if isinstance(item, dict) else "This line is not a JSON object"
