"""Reads a file under a mapping: the preview of its first rows, and batches of all of them. No database, no event loop:
runs in a thread, or in a process of its own (``child``)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ..cells import TextFormat
from ..fields import Database, Field
from ..ingest import (
    Batch,
    Column,
    ColumnReader,
    RowError,
    SubscriptionChange,
    Table,
    build,
    keys_of,
    read_contact,
    shown,
)
from ..matching import CONTACT, Matching, read_matching
from .guess import suggest
from .model import PREVIEW_ROWS, PROFILE_ID, ColumnMapping, ImportOptions, PreviewColumn, RowProblem, Suggestion
from .readers import (
    MAX_COLUMNS,
    Cell,
    Chunk,
    FileFormat,
    FileProblem,
    Reader,
    WorkbookReader,
    detect,
    display,
    open_reader,
)

#: Characters of a cell that a preview or a report shows.
SHOWN = 200
_EXAMPLES = 3
_PROBLEMS = 5
_SAMPLE = 20


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that reading a file needs; travels to another process. ``skip`` chunks are done already."""

    path: str
    format: FileFormat
    database: Database
    mapping: list[ColumnMapping]
    options: ImportOptions
    chunk_rows: int
    skip: int = 0


class Prepared(msgspec.Struct, frozen=True):
    """A chunk of rows, ready to be written. ``rows`` counts all that were read, the rejected ones too."""

    number: int
    rows: int
    batch: Batch


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be previewed. Without ``format`` it is found out; without ``mapping`` it is guessed."""

    path: str
    database: Database
    format: FileFormat | None = None
    mapping: list[ColumnMapping] | None = None
    options: ImportOptions = ImportOptions()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at the first rows showed."""

    format: FileFormat
    sheets: list[str]
    names: list[str]
    columns: list[PreviewColumn]
    rows: int
    exact: bool
    estimated_rows: int | None
    #: The first rows, as texts.
    sample: list[list[str]] = []


def column_names(raw: Sequence[str]) -> list[str]:
    """Make the names of columns distinct and presentable; raise :class:`FileProblem` when there are too many."""
    if not raw:
        raise FileProblem("The file holds no rows")
    if len(raw) > MAX_COLUMNS:
        raise FileProblem(f"The file has {len(raw):,} columns; at most {MAX_COLUMNS:,} can be read")
    names: list[str] = []
    taken: set[str] = set()
    for n, cell in enumerate(raw, 1):
        plain = str(cell).encode("utf-8", "replace").decode().replace("\x00", " ")
        plain = re.sub(r"\s+", " ", plain).strip()[:200] or f"Column {n}"
        name, copy = plain, 2
        while name in taken:
            name, copy = f"{plain} ({copy})", copy + 1
        names.append(name)
        taken.add(name)
    return names


def look(wish: Look) -> Iterator[Seen]:
    """Yield once: the columns, examples, suggestions, and how the first thousand rows fare."""
    path = Path(wish.path)
    how = wish.format or detect(path)
    reader = open_reader(path, how)
    sheets: list[str] = []
    if isinstance(reader, WorkbookReader):
        sheets = reader.sheets()
        if how.sheet is None and sheets:
            how = msgspec.structs.replace(how, sheet=sheets[0])
            reader = open_reader(path, how)
    names = column_names(reader.columns())
    chunks = list(islice(reader.chunks(PREVIEW_ROWS), 2))
    first = chunks[0] if chunks else Chunk([], [], {})
    cells = _transposed(first.rows, len(names))
    texts = [[_short(display(cell)) for cell in column] for column in cells]
    suggestions = suggest(wish.database, names, texts)
    mapping = {m.column: m for m in wish.mapping or [as_mapping(n, s) for n, s in zip(names, suggestions, strict=True)]}
    columns = [
        _preview(wish.database, name, mapping.get(name), first.numbers, cells[n], texts[n], suggestions[n])
        for n, name in enumerate(names)
    ]
    exact = len(chunks) < 2
    yield Seen(
        format=how,
        sheets=sheets,
        names=names,
        columns=columns,
        rows=len(first.rows),
        exact=exact,
        estimated_rows=len(first.rows) if exact else estimated_rows(path, how, reader),
        sample=[list(row) for row in zip(*(column[:_SAMPLE] for column in texts), strict=True)],
    )


def as_mapping(name: str, guess: Suggestion) -> ColumnMapping:
    """Turn a suggestion into a mapping; a field to be made is not taken over unasked."""
    return ColumnMapping(
        column=name,
        field=guess.field if guess.score >= 0.5 else None,
        date_format=guess.date_format if guess.field else "",
        decimal=guess.decimal,
    )


def _short(text: str) -> str:
    return text[:SHOWN].encode("utf-8", "replace").decode()


def _transposed(rows: Sequence[Sequence[Cell]], width: int) -> list[Sequence[Cell]]:
    return list(zip(*rows, strict=True)) if rows else [[] for _ in range(width)]


def estimated_rows(path: Path, how: FileFormat, reader: Reader) -> int | None:
    """Return about how many rows a file has, or ``None`` when nothing can be said."""
    if isinstance(reader, WorkbookReader):
        return reader.height()
    if how.compression != "none":
        return None
    with path.open("rb") as file:
        sample = file.read(1_000_000)
    lines = sample.count(b"\n")
    return max(1, round(lines * os.path.getsize(path) / len(sample)) - int(how.header)) if lines else None


def target_field(database: Database, mapping: ColumnMapping) -> Field | None:
    """Return the field that a column goes to; for a field yet to be made, one of its type."""
    if mapping.new_field is not None:
        new = mapping.new_field
        return Field(name=new.name, type=new.type, label=new.label, options=tuple(new.options))
    return database.field(mapping.field) if mapping.field else None


def _reader(field: Field, mapping: ColumnMapping, options: ImportOptions, *, keep: bool) -> ColumnReader:
    how = TextFormat(date=mapping.date_format, region=mapping.region, decimal=mapping.decimal)
    return ColumnReader(field, how, replace=mapping.values, clear_empty=options.clear_empty, keep=keep)


def _preview(
    database: Database,
    name: str,
    mapping: ColumnMapping | None,
    rows: Sequence[int],
    cells: Sequence[Cell],
    texts: Sequence[str],
    suggestion: Suggestion,
) -> PreviewColumn:
    errors: list[RowError] = []
    empty = sum(not text.strip() for text in texts)
    field = target_field(database, mapping) if mapping else None
    if field is not None and mapping is not None:
        _reader(field, mapping, ImportOptions(), keep=False).read(rows, cells, errors)
    elif mapping is not None and mapping.field == PROFILE_ID:
        _ids(rows, cells, errors)
    return PreviewColumn(
        name=name,
        examples=list(dict.fromkeys(text for text in texts if text.strip()))[:_EXAMPLES],
        suggestion=suggestion,
        good=len(texts) - empty - len(errors),
        bad=len(errors),
        empty=empty,
        problems=[RowProblem(e.row, name, e.value, e.message) for e in errors[:_PROBLEMS]],
    )


def _ids(rows: Sequence[int], cells: Sequence[Cell], errors: list[RowError]) -> list[int | None]:
    found: list[int | None] = []
    for row, cell in zip(rows, cells, strict=True):
        text = display(cell).strip()
        if text and not (text.isascii() and text.isdigit() and len(text) <= 10):
            errors.append(RowError(row, PROFILE_ID, "A profile id is a whole number", shown(text)))
            found.append(None)
        else:
            found.append(int(text) if text else None)
    return found


def prepare(plan: Plan) -> Iterator[Prepared]:
    """Yield the batches of all chunks that are not done yet, in the order of the file."""
    reader = open_reader(Path(plan.path), plan.format)
    names = column_names(reader.columns())
    wanted = plan.options
    how = read_matching(plan.database, wanted.matching, field=wanted.field, resource_id=wanted.resource_id)
    columns: list[tuple[int, ColumnReader]] = []
    id_column: int | None = None
    for mapping in plan.mapping:
        if mapping.field == PROFILE_ID or (mapping.field == CONTACT and how.name == CONTACT):
            id_column = names.index(mapping.column)
        elif (field := target_field(plan.database, mapping)) is not None:
            keep = field.unique or field in how.fields
            columns.append((names.index(mapping.column), _reader(field, mapping, plan.options, keep=keep)))
    for number, chunk in enumerate(reader.chunks(plan.chunk_rows)):
        if number >= plan.skip:
            batch = _batch(plan, how, chunk, columns, id_column)
            yield Prepared(number, len(chunk.rows), batch)


def _batch(
    plan: Plan, how: Matching, chunk: Chunk, columns: Sequence[tuple[int, ColumnReader]], id_column: int | None
) -> Batch:
    rows = chunk.numbers
    errors = [RowError(rows[place], "", reason) for place, reason in chunk.bad.items()]
    cells: list[Sequence[Any]] = list(zip(*chunk.rows, strict=True))
    read: list[Column] = []
    changing: set[int] = set()
    for n, reader in columns:
        column = reader.read(rows, cells[n], errors)
        if column.field.builtin or column.field.id:
            read.append(column)
        else:  # a field that only the run will make: its cells are judged, not written
            changing.update(row for row, text in zip(rows, column.texts, strict=True) if isinstance(text, str))
    keys: list[Any] = [None] * len(rows)
    if how.field is not None:
        keys = keys_of(how, read, len(rows))
    elif id_column is not None:
        keys = (
            list(_ids(rows, cells[id_column], errors)) if how.by_id else _contacts(how, rows, cells[id_column], errors)
        )
    wish = plan.options.subscribe
    subscriptions = [SubscriptionChange(r, wish.resource, wish.channel, wish.status) for r in rows] if wish else []
    batch = build(plan.database, how, Table(rows, keys, read, errors, subscriptions))
    batch.changing = sorted(changing)
    return batch


def _contacts(how: Matching, rows: Sequence[int], cells: Sequence[Cell], errors: list[RowError]) -> list[str | None]:
    return [
        read_contact(row, how, text, errors) if (text := display(cell).strip()) else None
        for row, cell in zip(rows, cells, strict=True)
    ]
