"""Turns rows of checked cells into a batch: the key of each row, duplicates merged, COPY texts joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ..fields import Database, Field
from ..matching import Matching
from .encode import NULL
from .model import Batch, RowError, SubscriptionChange


class _Clear:
    """Marks a cell that makes a field empty, where NULL leaves it alone."""

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR: Any = _Clear()


class Column(msgspec.Struct):
    """The cells of one field: ``texts`` are COPY texts, ``None`` to leave the value alone, :data:`CLEAR` to empty it.

    ``values`` are the stored values; kept only where the engine must compare them (keys, unique and list fields).
    """

    field: Field
    texts: list[Any]
    values: list[Any] | None = None


class Table(msgspec.Struct):
    """Rows whose cells were read. ``keys`` are as stored, ``None`` where a row has none; ``errors`` reject rows."""

    rows: Sequence[int]
    keys: list[Any]
    columns: list[Column]
    errors: list[RowError]
    subscriptions: list[SubscriptionChange]


def build(database: Database, how: Matching, table: Table) -> Batch:
    """Return the batch of a table whose keys are those of a matching mode."""
    rejected = list(table.errors)
    bad = {error.row for error in rejected}
    for row, value in zip(table.rows, table.keys, strict=True):
        if value is None and row not in bad:
            rejected.append(RowError(row, how.name, f"There is no {_said(how)} to find the profile by"))
    rejected.extend(_cleared_required(table, bad))
    bad = {error.row for error in rejected}
    valid: Sequence[int] = (
        range(len(table.rows)) if not bad else [i for i, row in enumerate(table.rows) if row not in bad]
    )
    kept, superseded = _merge(table, valid)
    status = next((c for c in table.columns if c.field.builtin and c.field.name == "status"), None)
    columns = [c for c in table.columns if c is not status and not c.field.read_only]
    batch = Batch(
        columns=[c.field.name for c in columns],
        rows=[table.rows[i] for i in kept],
        keys=[table.keys[i] for i in kept],
        tails=_tails(columns, kept),
        clears=_clears(columns, kept),
        statuses=_picked(status.texts, kept) if status else None,
        uniques={
            c.field.name: [(c.values or [])[i] for i in kept]
            for c in columns
            if c.field.unique and not how.owns(c.field)
        },
        lists=_lists(table, how, kept),
        lacking=_lacking(database, table, kept),
        rejected=rejected,
        superseded=superseded,
        subscriptions=_subscriptions(table, bad, superseded),
    )
    if status is not None and batch.statuses is not None:
        # Nobody is without a status: emptying it leaves it alone.
        batch.statuses = [None if s is CLEAR else s for s in batch.statuses]
    return batch


def _said(how: Matching) -> str:
    return "profile id" if how.by_id else how.said


def _picked(values: list[Any], kept: Sequence[int]) -> list[Any]:
    return values[:] if len(kept) == len(values) else [values[i] for i in kept]


def _merge(table: Table, kept: Sequence[int]) -> tuple[Sequence[int], list[tuple[int, int]]]:
    """Keep the last row of each key; where it leaves a value alone, the rows before it speak.

    That is what the same rows give when they are sent one after another.
    """
    keys = table.keys
    last: dict[Any, int] = {keys[i]: i for i in kept}
    if len(last) == len(kept):
        return kept, []
    superseded: list[tuple[int, int]] = []
    for i in reversed(kept):
        winner = last[keys[i]]
        if winner == i:
            continue
        superseded.append((table.rows[i], table.rows[winner]))
        for column in table.columns:
            if column.texts[winner] is None and column.texts[i] is not None:
                column.texts[winner] = column.texts[i]
                if column.values is not None:
                    column.values[winner] = column.values[i]
    superseded.reverse()
    return sorted(last.values()), superseded


def _tails(columns: list[Column], kept: Sequence[int]) -> list[str]:
    if not columns:
        return [""] * len(kept)
    texts = []
    for column in columns:
        cells = _picked(column.texts, kept)
        if None in cells or CLEAR in cells:
            cells = [NULL if c is None or c is CLEAR else c for c in cells]
        texts.append(cells)
    return ["\t".join(row) for row in zip(*texts, strict=True)]


def _clears(columns: list[Column], kept: Sequence[int]) -> list[list[int]] | None:
    found: dict[int, list[int]] = {}
    for position, column in enumerate(columns):
        if CLEAR in column.texts:
            for place, i in enumerate(kept):
                if column.texts[i] is CLEAR:
                    found.setdefault(place, []).append(position)
    return [found.get(place, []) for place in range(len(kept))] if found else None


def _lists(table: Table, how: Matching, kept: Sequence[int]) -> list[list[str] | None] | None:
    """Give the items of a key field that is a list: a row may be found by any of them later."""
    key = next((field for field in how.fields if field.kind.many), None)
    if key is None or not how.in_field:
        return None
    column = next((c for c in table.columns if c.field.column == key.column), None)
    return _picked(column.values, kept) if column and column.values is not None else None


def _lacking(database: Database, table: Table, kept: Sequence[int]) -> list[str] | None:
    required = [f for f in database.fields if f.required]
    if not required:
        return None
    columns = {c.field.name: c for c in table.columns}
    found: list[str] = []
    for i in kept:
        missing = [f.name for f in required if f.name not in columns or columns[f.name].texts[i] in (None, CLEAR)]
        found.append(" ".join(missing))
    return found


def _cleared_required(table: Table, bad: set[int]) -> Iterable[RowError]:
    for column in table.columns:
        if column.field.required and CLEAR in column.texts:
            for row, text in zip(table.rows, column.texts, strict=True):
                if text is CLEAR and row not in bad:
                    yield RowError(row, column.field.name, "This field is required and cannot be emptied")


def _subscriptions(table: Table, bad: set[int], superseded: list[tuple[int, int]]) -> list[SubscriptionChange]:
    """Hand the wishes of superseded rows to the row that won; the last one for a subscription counts."""
    if not table.subscriptions:
        return []
    winner = dict(superseded)
    found: dict[tuple[Any, ...], SubscriptionChange] = {}
    for change in table.subscriptions:
        if change.row in bad:
            continue
        moved = msgspec.structs.replace(change, row=winner.get(change.row, change.row))
        slot = (moved.row, moved.resource, moved.channel, moved.contact)
        found.pop(slot, None)
        found[slot] = moved
    return list(found.values())
