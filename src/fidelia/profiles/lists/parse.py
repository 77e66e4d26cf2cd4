"""Reads a file for a list or a table: a look at its first rows, and blocks ready for COPY. No database, no event loop:
runs in a thread, or in a process of its own (``imports.child``)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..cells import TextFormat
from ..imports import report
from ..imports.guess import date_format, guess_type
from ..imports.model import PREVIEW_ROWS, RowProblem
from ..imports.readers import Cell, Chunk, FileFormat, FileProblem, WorkbookReader, detect, display, open_reader
from .kinds import MAX_TEXT, ValueTypeName, folded
from .sheet import SheetColumn

SHOWN = 200
_EXAMPLES = 3
_SPECIAL = re.compile(r"[\\\t\r\x00]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]{2,}")
_PHONE = re.compile(r"(\+|00)[\d\s()./-]{7,20}")
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3})")
_REMEMBER = 50_000
NULL = "\\N"


class SheetLook(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be looked at. Without ``format`` it is found out."""

    path: str
    format: FileFormat | None = None


class SeenColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column: examples, and the type and form its cells look like."""

    name: str
    examples: list[str]
    type: ValueTypeName
    filled: int
    distinct: int
    date_format: str = ""
    decimal: str = "."


class SheetSeen(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the first rows showed."""

    format: FileFormat
    columns: list[SeenColumn]
    total: int | None


class SheetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that reading needs. ``columns`` pairs names of the file with columns of the sheet, the key first."""

    path: str
    format: FileFormat
    columns: list[tuple[str, SheetColumn]]
    how: TextFormat
    chunk_rows: int


class SheetChunk(msgspec.Struct, frozen=True):
    """Rows ready for COPY (number of the row, then values); ``rows`` counts all that were read."""

    number: int
    rows: int
    good: int
    empty: int
    payload: bytes
    rejected: int
    problems: bytes | None
    reasons: list[tuple[str, str, int]]


def look(wish: SheetLook) -> Iterator[SheetSeen]:
    """Yield once: the columns with examples and guessed types."""
    from ..imports.parse import column_names, estimated_rows  # late: they know profiles, which know lists

    path = Path(wish.path)
    how = wish.format or detect(path)
    reader = open_reader(path, how)
    if isinstance(reader, WorkbookReader) and how.sheet is None and (sheets := reader.sheets()):
        how = msgspec.structs.replace(how, sheet=sheets[0])
        reader = open_reader(path, how)
    names = column_names(reader.columns())
    chunks = list(islice(reader.chunks(PREVIEW_ROWS), 2))
    rows = chunks[0].rows if chunks else []
    cells: list[Sequence[Cell]] = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    yield SheetSeen(
        format=how,
        columns=[_seen(name, column) for name, column in zip(names, cells, strict=True)],
        total=len(rows) if len(chunks) < 2 else estimated_rows(path, how, reader),
    )


def _seen(name: str, cells: Sequence[Cell]) -> SeenColumn:
    texts = [t for cell in cells if (t := display(cell).encode("utf-8", "replace").decode().strip())]
    distinct = list(dict.fromkeys(texts))
    type_, pattern = _guess(texts, cells)
    comma = type_ == "decimal" and sum("," in t for t in texts) > sum("." in t for t in texts)
    return SeenColumn(
        name=name,
        examples=[text[:SHOWN] for text in distinct[:_EXAMPLES]],
        type=type_,
        filled=len(texts),
        distinct=len(distinct),
        date_format=pattern,
        decimal="," if comma else ".",
    )


def _guess(texts: Sequence[str], cells: Sequence[Cell]) -> tuple[ValueTypeName, str]:
    if not texts:
        return "text", ""
    if sum(_EMAIL.fullmatch(t) is not None for t in texts) > 0.6 * len(texts):
        return "email", ""
    if sum(_PHONE.fullmatch(t) is not None for t in texts) > 0.6 * len(texts):
        return "phone", ""
    kind, _ = guess_type([_THOUSANDS.sub("", t) for t in texts])
    types: dict[str, ValueTypeName] = {
        "integer": "integer", "float": "decimal", "boolean": "boolean", "date": "date", "datetime": "datetime",
        "ip": "ip",
    }  # fmt: skip
    found = types.get(kind, "text")
    if found == "text":  # some cells may be wrong, and still tell how the others are written
        pattern, share = date_format(texts)
        return "text", pattern if share >= 0.5 else ""
    typed = any(isinstance(cell, date) for cell in cells)
    return found, date_format(texts)[0] if found in ("date", "datetime") and not typed else ""


def prepare(plan: SheetPlan) -> Iterator[SheetChunk]:
    """Yield the rows of the file, block by block."""
    from ..imports.parse import column_names

    reader = open_reader(Path(plan.path), plan.format)
    names = column_names(reader.columns())
    missing = [name for name, _ in plan.columns if name not in names]
    if missing:
        raise FileProblem(f"The file has no column {missing[0]}")
    columns = [_Column(name, names.index(name), column, plan.how) for name, column in plan.columns]
    for number, chunk in enumerate(reader.chunks(plan.chunk_rows)):
        yield _prepared(number, chunk, columns)


class _Bad(msgspec.Struct, frozen=True):
    reason: str


class _Column:
    """Reads the cells of one column; each distinct cell is judged once while that costs little."""

    def __init__(self, name: str, place: int, column: SheetColumn, how: TextFormat) -> None:
        self.name, self.place, self.column, self.how = name, place, column, how
        self._known: dict[Any, Any] = {}

    def read(self, cells: Sequence[Cell]) -> list[Any]:
        """Return for each cell its text for COPY (of a text: with its lower case), ``None`` or what is wrong."""
        if self.column.type == "text":
            quick = _plain_texts(cells)
            if quick is not None:
                return quick
        return [self._judged(cell) for cell in cells]

    def _judged(self, cell: Cell) -> Any:
        if cell is None or cell == "":
            return None
        if not isinstance(cell, str):
            return self._judge(cell)
        known = self._known.get(cell)
        if known is None:
            known = self._judge(cell)
            if len(self._known) < _REMEMBER:
                self._known[cell] = known
        return known

    def _judge(self, cell: Cell) -> Any:
        try:
            value = self.column.kind.read(cell, self.how)
        except (ValueError, RecursionError) as exc:
            return _Bad(str(exc) if isinstance(exc, ValueError) else "This value is nested too deeply")
        return None if value is None else copy_text(self.column, value)


def _plain_texts(cells: Sequence[Cell]) -> list[str | None] | None:
    """Read texts without anything special about them, many at once; ``None`` when some need a closer look."""
    try:
        texts = [cell.strip() for cell in cells]  # type: ignore[union-attr]
        whole = "\n".join(texts)
        if not whole.isascii():
            whole.encode()
    except (AttributeError, UnicodeEncodeError):
        return None
    if _SPECIAL.search(whole) or whole.count("\n") != len(texts) - 1 or max(map(len, texts)) > MAX_TEXT:
        return None
    return [f"{t}\t{k}" if t else None for t, k in zip(texts, folded(whole).split("\n"), strict=True)]


def copy_text(column: SheetColumn, value: Any) -> str:
    """Return a stored value as COPY reads it: of a text also its lower case, after a tab."""
    if isinstance(value, str):
        text = value.translate(_ESCAPES)
        return f"{text}\t{folded(value).translate(_ESCAPES)}" if column.kind.folds else text
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def _prepared(number: int, chunk: Chunk, columns: Sequence[_Column]) -> SheetChunk:
    cells = list(zip(*chunk.rows, strict=True))
    read = [column.read(cells[column.place]) for column in columns]
    nulls = ["\t".join([NULL] * len(column.column.stored)) for column in columns]
    problems = [RowProblem(chunk.numbers[n], "", "", reason) for n, reason in chunk.bad.items()]
    lines: list[str] = []
    empty = 0
    rejected = len(chunk.bad)
    for n, row in enumerate(zip(chunk.numbers, *read, strict=True)):
        values = row[1:]
        key = values[0]
        if key.__class__ is str and len(values) == 1:
            lines.append(f"{row[0]}\t{key}\n")
            continue
        if n in chunk.bad:
            continue
        if all(value is None for value in values):
            empty += 1
            continue
        faults = [
            RowProblem(row[0], column.name, display(chunk.rows[n][column.place])[:SHOWN], value.reason)
            for column, value in zip(columns, values, strict=True)
            if isinstance(value, _Bad)
        ]
        if key is None:
            faults.append(RowProblem(row[0], columns[0].name, "", "The key is empty"))
        if faults:
            problems += faults
            rejected += 1
            continue
        texts = [null if value is None else value for value, null in zip(values, nulls, strict=True)]
        lines.append(f"{row[0]}\t" + "\t".join(texts) + "\n")
    problems = [msgspec.structs.replace(p, value=p.value.encode("utf-8", "replace").decode()) for p in problems]
    problems.sort(key=lambda p: (p.row, p.column))
    reasons = Counter((p.column, p.reason) for p in problems)
    return SheetChunk(
        number=number,
        rows=len(chunk.rows),
        good=len(lines),
        empty=empty,
        payload="".join(lines).encode(),
        rejected=rejected,
        problems=report.pack(problems),
        reasons=[(column, reason, n) for (column, reason), n in reasons.most_common(report.MAX_REASONS)],
    )
