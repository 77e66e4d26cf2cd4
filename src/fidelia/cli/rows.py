"""Reads a file row by row: csv, tsv and jsonl, also compressed with gzip."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import msgspec

from .common import CliError

_LONGEST_CELL = 1 << 20


class RowReader:
    """Gives the rows of a file with their numbers (1 is the first row of data), and knows how many bytes are read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._packed = path.suffix.lower() == ".gz"
        kind = Path(path.stem).suffix.lower() if self._packed else path.suffix.lower()
        if kind not in {".csv", ".tsv", ".jsonl", ".ndjson"}:
            raise CliError(f"{path.name}: this kind of rows is read from csv, tsv and jsonl files, also as .gz")
        self._kind = kind
        self._file: IO[bytes] | None = None
        self.size = path.stat().st_size

    @property
    def position(self) -> int:
        """Return how many bytes of the file are read."""
        return self._file.tell() if self._file is not None else 0

    def rows(self, mapping: Mapping[str, str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (number, row) with columns renamed and empty cells left out.

        Raises:
            CliError: the file is no text, no table, or a line of it is no object.
        """
        with self._path.open("rb") as opened:
            self._file = opened
            unpacked = io.BufferedReader(gzip.GzipFile(fileobj=opened)) if self._packed else opened
            text = io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="")
            try:
                found = self._lines(text) if self._kind in {".jsonl", ".ndjson"} else self._cells(text)
                for number, row in enumerate(found, 1):
                    yield number, {mapping.get(name, name): value for name, value in row.items()}
            except UnicodeDecodeError as exc:
                raise CliError(f"{self._path.name} is not UTF-8 text: {exc.reason} at byte {exc.start}") from exc
            except (OSError, EOFError, csv.Error) as exc:
                raise CliError(f"{self._path.name} cannot be read: {exc}") from exc

    def _cells(self, text: io.TextIOWrapper) -> Iterator[dict[str, Any]]:
        csv.field_size_limit(_LONGEST_CELL)
        rows = csv.reader(text, delimiter="\t" if self._kind == ".tsv" else ",", strict=True)
        names = next(rows, None)
        if not names or len(set(names)) != len(names):
            raise CliError(f"{self._path.name}: the first row must name every column, each once")
        for cells in rows:
            if len(cells) > len(names):
                raise CliError(f"{self._path.name}, line {rows.line_num}: more cells than columns")
            yield {name: cell for name, cell in zip(names, cells, strict=False) if cell != ""}

    def _lines(self, text: io.TextIOWrapper) -> Iterator[dict[str, Any]]:
        decoder = msgspec.json.Decoder(dict[str, Any])
        for number, line in enumerate(text, 1):
            if not line.strip():
                continue
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError as exc:
                raise CliError(f"{self._path.name}, line {number}: {exc}") from exc
