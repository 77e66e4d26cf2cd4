"""Rows of lists and tables: pages, export, and of tables upsert, change and delete."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import psycopg

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...imports.readers import escape_cell
from .. import rules
from ..kinds import folded, plain, read_json
from ..model import MAX_ROWS, DataRow, ListRejected, RowsDeleted, RowsUpserted
from ..sheet import Sheet, SheetColumn
from ..store import config, content

#: More than this many hits of a search are not counted.
COUNTED = 10_000


async def list_rows(tx: Tx, sheet: Sheet, page: PageRequest, default: str | None = None) -> Page[DataRow]:
    """Return a page of rows; ``q`` is looked for in every column, in a long sheet at the beginning of the key."""
    names = [column.name for column in sheet.columns]
    name = page.sort_key(("id", *names), default or "id")
    sort = sheet.column(name) if name != "id" else None
    q = folded(page.q) if page.q else ""
    raw = await tx.raw()
    after = _edge(page.cursor, sort) if page.cursor is not None else None
    found = await content.page(raw, sheet, q=q, sort=sort, down=page.descending, after=after, limit=page.limit)
    shown = found[: page.limit]
    items = [
        DataRow(int(row[0]), {c.name: plain(v) for c, v in zip(sheet.columns, row[1:-1], strict=True)}) for row in shown
    ]
    cursor = encode_cursor([plain(shown[-1][-1]), int(shown[-1][0])]) if len(found) > page.limit else None
    total: int | None = sheet.size
    if q:
        total = await content.matching(raw, sheet, q, COUNTED)
    return Page(items, cursor, total if not q or (total is not None and total <= COUNTED) else None)


def _edge(cursor: list[Any], sort: SheetColumn | None) -> tuple[Any, int]:
    """Read where a page ended: the value of the column sorted by, and the id."""
    try:
        value, row_id = cursor
        if type(row_id) is not int or not 0 <= row_id < 2**63:
            raise ValueError
        if sort is None or value is None:
            return None, row_id
        return read_json(sort.kind, value), row_id
    except ValueError:
        raise invalid_field("/cursor", "This cursor belongs to another list") from None


async def export_rows(engines: Engines, sheet: Sheet) -> AsyncIterator[bytes]:
    """Yield the rows as CSV, each block in a transaction of its own; cells cannot become formulas."""
    yield b"\xef\xbb\xbf" + _csv([[column.name for column in sheet.columns]])
    last = 0
    while True:
        async with engines.tx() as tx:
            rows = await content.after(await tx.raw(), sheet, last)
        if not rows:
            return
        last = int(rows[-1][0])
        yield _csv([[_cell(c, v) for c, v in zip(sheet.columns, row[1:], strict=True)] for row in rows])


def _cell(column: SheetColumn, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal | date | datetime) or column.type == "phone":
        return str(plain(value))
    return escape_cell(str(value))


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


async def hold(tx: Tx, table_id: int) -> Sheet:
    """Return a table whose rows nobody else changes while the transaction lasts; raise 404, 409 after some seconds."""
    try:
        async with tx.savepoint():
            await (await tx.raw()).execute("set local lock_timeout = '10s'")
            return await config.sheet(tx, "table", table_id, lock=True)
    except Exception as exc:
        cause = getattr(exc, "orig", exc)
        if isinstance(cause, psycopg.errors.LockNotAvailable):
            raise conflict("A file is being written into this table; try again in a minute") from None
        raise


async def upsert_rows(tx: Tx, actor: Actor, table_id: int, items: Sequence[Mapping[str, Any]]) -> RowsUpserted:
    """Add rows or change those with the same key; columns that an item does not name stay. Raise 404, 409."""
    sheet = await hold(tx, table_id)
    groups, duplicates, rejected = _grouped(sheet, items)
    raw = await tx.raw()
    created = updated = unchanged = 0
    for columns, rows in groups.items():
        arrays = [list(array) for array in zip(*rows.values(), strict=True)]
        changed, there = await content.update(raw, sheet, columns, arrays)
        new: list[int] = []
        if there < len(rows):
            full = dict(zip(_stored(columns), arrays, strict=True))
            blank: list[Any] = [None] * len(rows)
            new = await content.add(raw, sheet, [full.get(name, blank) for name in sheet.stored])
        created, updated, unchanged = created + len(new), updated + len(changed), unchanged + there - len(changed)
        tx.mark_dirty(sheet.stream, sheet.id, [*changed, *new])
    if sheet.size + created > MAX_ROWS:
        raise conflict(f"A table holds {MAX_ROWS:,} rows at most")
    if created or updated:
        await config.resized(tx, sheet, created)
        await _audit(tx, actor, table_id, "rows_upserted", {"created": created, "updated": updated})
    return RowsUpserted(created, updated, unchanged, duplicates, rejected)


def _stored(columns: Sequence[SheetColumn]) -> list[str]:
    return [name for column in columns for name in column.stored]


def _grouped(
    sheet: Sheet, items: Sequence[Mapping[str, Any]]
) -> tuple[dict[tuple[SheetColumn, ...], dict[Any, tuple[Any, ...]]], int, list[ListRejected]]:
    """Group rows by the columns they name, each key once: what a later item says of a key counts too, and wins."""
    merged: dict[Any, dict[int, Any]] = {}
    duplicates = 0
    rejected = []
    for n, item in enumerate(items):
        try:
            row = rules.read_row(sheet, item)
            if row.get(sheet.key.id) is None:
                raise ValueError(f"{sheet.key.name}: The key is empty")
        except ValueError as exc:
            rejected.append(ListRejected(n, str(item.get(sheet.key.name, ""))[: rules.SHOWN], str(exc)))
            continue
        key = rules.stored(sheet.key, row[sheet.key.id])[-1]
        if key in merged:
            duplicates += 1
            merged[key] |= row
        else:
            merged[key] = row
    groups: dict[tuple[SheetColumn, ...], dict[Any, tuple[Any, ...]]] = {}
    for key, row in merged.items():
        columns = tuple(c for c in sheet.columns if c.id in row)
        values = tuple(v for c in columns for v in rules.stored(c, row[c.id]))
        groups.setdefault(columns, {})[key] = values
    return groups, duplicates, rejected


async def get_row(tx: Tx, table_id: int, row_id: int) -> DataRow:
    """Return a row; raise 404."""
    return await _shown(tx, await config.sheet(tx, "table", table_id), row_id)


async def _shown(tx: Tx, sheet: Sheet, row_id: int) -> DataRow:
    found = await content.row(await tx.raw(), sheet, row_id) if 0 < row_id < 2**32 else None
    if found is None:
        raise not_found("Row", row_id)
    return DataRow(row_id, {c.name: plain(v) for c, v in zip(sheet.columns, found, strict=True)})


async def change_row(tx: Tx, actor: Actor, table_id: int, row_id: int, values: Mapping[str, Any]) -> DataRow:
    """Set values of a row, also its key; raise 404, 409 for a key that another row has, 422."""
    sheet = await hold(tx, table_id)
    before = await _shown(tx, sheet, row_id)
    errors = []
    found: dict[int, Any] = {}
    for name, value in values.items():
        try:
            found |= rules.read_row(sheet, {name: value})
        except ValueError as exc:
            errors.append(FieldError(f"/values/{name}", str(exc).removeprefix(f"{name}: ")))
    if sheet.key.id in found and found[sheet.key.id] is None:
        errors.append(FieldError(f"/values/{sheet.key.name}", "The key is empty"))
    if errors:
        raise invalid(*errors)
    columns = [c for c in sheet.columns if c.id in found]
    stored = [v for c in columns for v in rules.stored(c, found[c.id])]
    try:
        async with tx.savepoint():
            await content.set_row(await tx.raw(), sheet, row_id, _stored(columns), stored)
    except psycopg.errors.UniqueViolation:
        taken = FieldError(f"/values/{sheet.key.name}", "Another row has this key")
        raise conflict("Another row has this key", taken) from None
    after = await _shown(tx, sheet, row_id)
    if after != before:
        await config.resized(tx, sheet, 0)
        tx.mark_dirty(sheet.stream, sheet.id, [row_id])
        await _audit(tx, actor, table_id, "row_changed", after.values, before.values)
    return after


async def delete_rows(tx: Tx, actor: Actor, table_id: int, keys: Sequence[Any]) -> RowsDeleted:
    """Delete rows by their keys; raise 404, 409."""
    sheet = await hold(tx, table_id)
    arrays, again, rejected = rules.read_values(sheet, keys)
    gone = await content.remove(await tx.raw(), sheet, arrays) if arrays[0] else []
    if gone:
        await config.resized(tx, sheet, -len(gone))
        tx.mark_dirty(sheet.stream, sheet.id, gone)
        await _audit(tx, actor, table_id, "rows_deleted", {"deleted": len(gone)})
    return RowsDeleted(len(gone), len(arrays[0]) - len(gone) + again + len(rejected))


async def _audit(tx: Tx, actor: Actor, table_id: int, action: str, after: Any, before: Any = None) -> None:
    table = await config.get_table(tx, table_id)
    await audit(
        tx,
        actor,
        f"data_table.{action}",
        kind="data_table",
        object_id=table_id,
        name=table.label or table.name,
        before=before,
        after=after,
    )
