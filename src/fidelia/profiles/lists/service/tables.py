"""Data tables: make, rename, add columns, delete."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, name_taken, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...service.databases import get_database
from .. import rules
from ..model import DataColumn, DataRow, DataTable, DataTableDetail
from ..ports import SourceRef, refuse_used, used_by
from ..sheet import Sheet
from ..store import config, ddl
from ..store import loads as loads_store
from .lists import drop_rows, refuse_loading
from .rows import export_rows, hold, list_rows

TABLES = "data_tables"


async def list_tables(tx: Tx, page: PageRequest, database_id: int) -> Page[DataTable]:
    """Return a page of a database's tables; raise 404."""
    await get_database(tx, database_id)
    return await config.tables(tx, page, database_id)


async def get_table(tx: Tx, table_id: int) -> DataTableDetail:
    """Return a table with who uses it and its last loads; raise 404."""
    found = await config.get_table(tx, table_id)
    return DataTableDetail(
        **{name: getattr(found, name) for name in DataTable.__struct_fields__},
        used_by=await used_by(tx, SourceRef(database_id=found.database_id, table=found.name)),
        loads=await loads_store.last(tx, "table", table_id),
    )


async def create_table(
    tx: Tx,
    actor: Actor,
    database_id: int,
    *,
    name: str,
    columns: Sequence[DataColumn],
    key: str,
    label: str = "",
    description: str = "",
) -> DataTableDetail:
    """Make an empty table; ``key`` names the column that tells rows apart. Raise 404, 409 for a name taken, 422."""
    await get_database(tx, database_id)
    errors = rules.table_errors(name, label, description)
    errors += rules.column_errors(columns) + rules.key_errors(columns, key)
    if errors:
        raise invalid(*errors)
    values = {"database_id": database_id, "name": name, "label": label.strip(), "description": description}
    table_id = int(await _named(config.insert(tx, "table", values), name))
    await config.insert_columns(
        tx, table_id, [msgspec.structs.replace(column, key=column.name == key) for column in columns]
    )
    await ddl.create_empty(tx, await config.sheet(tx, "table", table_id))
    tx.mark_dirty(TABLES, 0, [table_id])
    made = await get_table(tx, table_id)
    await _audit(tx, actor, "data_table.created", made, after=_picture(made))
    return made


async def change_table(tx: Tx, actor: Actor, table_id: int, values: dict[str, Any]) -> DataTableDetail:
    """Rename or describe a table; the name stays while a condition refers to it. Raise 404, 409, 422."""
    before = await config.get_table(tx, table_id)
    merged = {"name": before.name, "label": before.label, "description": before.description} | values
    errors = rules.table_errors(**merged)
    if errors:
        raise invalid(*errors)
    if merged["name"] != before.name:
        await _refuse_used(tx, before, "")
    if values:
        await _named(config.update(tx, "table", table_id, values), merged["name"])
    after = await get_table(tx, table_id)
    await _audit(tx, actor, "data_table.updated", after, before=_picture(before), after=_picture(after))
    return after


async def _refuse_used(tx: Tx, table: DataTable, column: str) -> None:
    what = f"The column {column}" if column else f"The table {table.label or table.name}"
    ref = SourceRef(database_id=table.database_id, table=table.name, column=column)
    await refuse_used(tx, ref, what, "Take it out of their conditions first")


async def add_columns(tx: Tx, actor: Actor, table_id: int, columns: Sequence[DataColumn]) -> DataTableDetail:
    """Add columns, empty in every row; raise 404, 409 while a file is being loaded, 422."""
    sheet = await hold(tx, table_id)
    before = await config.get_table(tx, table_id)
    await refuse_loading(tx, sheet)
    errors = rules.column_errors(columns, [c.name for c in before.columns])
    if not columns:
        errors.append(FieldError("/columns", "Name a column"))
    if errors:
        raise invalid(*errors)
    await config.insert_columns(tx, table_id, [msgspec.structs.replace(c, key=False) for c in columns])
    wider = await config.sheet(tx, "table", table_id)
    known = {c.id for c in sheet.columns}
    await _reshape(tx, sheet, ddl.add_columns(tx, sheet, [c for c in wider.columns if c.id not in known]))
    after = await get_table(tx, table_id)
    await _audit(tx, actor, "data_table.columns_added", after, before=_picture(before), after=_picture(after))
    return after


async def delete_column(tx: Tx, actor: Actor, table_id: int, column_id: int) -> DataTableDetail:
    """Delete a column with what stands in it.

    Raise 404; 409 for the key, while a condition refers to it, while a file is being loaded.
    """
    sheet = await hold(tx, table_id)
    before = await config.get_table(tx, table_id)
    column = next((c for c in before.columns if c.id == column_id), None)
    if column is None:
        raise not_found("Column", column_id)
    if column.key:
        raise conflict("The key tells the rows apart and cannot be deleted")
    await _refuse_used(tx, before, column.name)
    await refuse_loading(tx, sheet)
    await config.delete_column(tx, column_id)
    gone = next(c for c in sheet.columns if c.id == column_id)
    await _reshape(tx, sheet, ddl.drop_column(tx, sheet, gone))
    after = await get_table(tx, table_id)
    await _audit(tx, actor, "data_table.column_deleted", after, before=_picture(before), after=_picture(after))
    return after


async def _reshape(tx: Tx, sheet: Sheet, change: Awaitable[None]) -> None:
    """Alter the table of a sheet, which waits for readers, but not for long; ClickHouse follows."""
    try:
        async with tx.savepoint():
            await change
    except psycopg.errors.LockNotAvailable:
        raise conflict("Somebody is reading this table right now; try again in a minute") from None
    await config.update(tx, "table", sheet.id, {"schema_version": sheet.schema_version + 1})
    tx.mark_dirty(TABLES, 0, [sheet.id])


async def change_column(tx: Tx, actor: Actor, table_id: int, column_id: int, values: dict[str, Any]) -> DataTableDetail:
    """Rename or label a column; its name stays while a condition refers to it. Raise 404, 409, 422."""
    await config.sheet(tx, "table", table_id, lock=True)
    before = await config.get_table(tx, table_id)
    column = next((c for c in before.columns if c.id == column_id), None)
    if column is None:
        raise invalid_field("/column_id", "This table has no such column")
    changed = msgspec.structs.replace(column, **values)
    others = [c.name for c in before.columns if c.id != column_id]
    errors = rules.column_errors([changed], others, "")
    if errors:
        raise invalid(*(FieldError(e.pointer.removeprefix("/0"), e.message) for e in errors))
    if changed.name != column.name:
        await _refuse_used(tx, before, column.name)
    if values:
        await config.update_column(tx, column_id, values)
    after = await get_table(tx, table_id)
    await _audit(tx, actor, "data_table.column_changed", after, before=_picture(before), after=_picture(after))
    return after


async def delete_table(tx: Tx, actor: Actor, table_id: int) -> None:
    """Delete a table with its rows; raise 404, or 409 while something refers to it or a file is being loaded."""
    sheet = await hold(tx, table_id)
    found = await config.get_table(tx, table_id)
    await _refuse_used(tx, found, "")
    await refuse_loading(tx, sheet)
    await drop_rows(tx, sheet)
    await config.delete(tx, "table", table_id)
    tx.mark_dirty(TABLES, 0, [table_id])
    await _audit(tx, actor, "data_table.deleted", found, before={**_picture(found), "size": found.size})


async def rows_page(tx: Tx, table_id: int, page: PageRequest) -> Page[DataRow]:
    """Return a page of rows; raise 404."""
    return await list_rows(tx, await config.sheet(tx, "table", table_id), page)


async def export(engines: Engines, table_id: int) -> AsyncIterator[bytes]:
    """Return the rows as CSV; raise 404 before the first byte."""
    async with engines.tx() as tx:
        sheet = await config.sheet(tx, "table", table_id)
    return export_rows(engines, sheet)


async def forget_database(tx: Tx, database_id: int) -> None:
    """Drop the rows of a database's tables; the tables themselves go with the database."""
    for table in await config.tables_of(tx, database_id):
        await drop_rows(tx, await config.sheet(tx, "table", table.id))
        tx.mark_dirty(TABLES, 0, [table.id])


def _picture(found: DataTable) -> dict[str, Any]:
    columns = {c.name: msgspec.to_builtins(c) for c in found.columns}
    return {"name": found.name, "label": found.label, "description": found.description, "columns": columns}


async def _audit(tx: Tx, actor: Actor, action: str, table: DataTable, before: Any = None, after: Any = None) -> None:
    name = table.label or table.name
    await audit(tx, actor, action, kind="data_table", object_id=table.id, name=name, before=before, after=after)


async def _named(writing: Any, name: str) -> Any:
    try:
        return await writing
    except sa.exc.IntegrityError as exc:
        if isinstance(exc.orig, psycopg.errors.UniqueViolation):
            raise name_taken("table", name) from None
        raise
