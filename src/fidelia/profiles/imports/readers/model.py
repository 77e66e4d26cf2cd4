"""What every reader of uploaded files speaks: format, cells, chunks of rows, and the one way to refuse a file."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal, TypeAlias

import msgspec

from fidelia.kernel.errors import FieldError, Problem

Kind = Literal["csv", "tsv", "xlsx", "jsonl"]
Compression = Literal["none", "zip", "gz"]

#: CSV gives texts only; workbooks and JSON lines give typed values. ``None`` and ``""`` are an empty cell.
Cell: TypeAlias = str | int | float | bool | date | datetime | list[Any] | dict[str, Any] | None

MAX_COLUMNS = 2_000
MAX_CELL = 1_000_000
MAX_LINE = 10_000_000


class FileProblem(Problem):
    """A file that cannot be read as what it is said to be; the text is for the person who uploaded it."""

    def __init__(self, detail: str) -> None:
        super().__init__(422, "This file cannot be read", detail, [FieldError("/file", detail)])


class FileFormat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to read a file. ``skip`` lines stand before the header or the first row; ``sheet`` is of a workbook."""

    kind: Kind
    compression: Compression = "none"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    skip: int = 0
    sheet: str | None = None


class Chunk(msgspec.Struct, frozen=True):
    """Rows in file order. ``numbers`` are as a spreadsheet counts (its first line is 1); ``bad`` maps a position in
    ``rows`` to why that row cannot be read, and its cells are empty then."""

    numbers: list[int]
    rows: list[list[Cell]]
    bad: dict[int, str]


class Limits(msgspec.Struct, frozen=True):
    """How far an archive may grow: bytes in all, and times its own size once it passes ``ratio_from`` bytes."""

    inflated: int = 8_000_000_000
    workbook: int = 1_000_000_000
    ratio: int = 200
    ratio_from: int = 50_000_000


def display(cell: Cell) -> str:
    """Return a cell as text, as a person would have typed it."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    return msgspec.json.encode(cell).decode() if isinstance(cell, list | dict) else str(cell)
