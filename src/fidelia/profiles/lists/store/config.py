"""Queries of lists, tables and columns: what there is, and where the rows lie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ...store.databases import cursor_values
from ..model import DataColumn, DataTable, ValueList
from ..sheet import Sheet, SheetColumn, SheetKind
from ..tables import data_column, data_table, value_list

_LIST = [value_list.c[name] for name in ValueList.__struct_fields__]
_SORTS = ("id", "name", "size", "changed_at", "created_at")
_TABLES: dict[SheetKind, sa.Table] = {"list": value_list, "table": data_table}
TITLES: dict[SheetKind, str] = {"list": "Value list", "table": "Data table"}


def _fits(number: int) -> bool:
    return 0 < number < 2**31


async def _row(tx: Tx, kind: SheetKind, number: int, *, lock: bool = False) -> Any:
    table = _TABLES[kind]
    query = sa.select(table).where(table.c.id == number)
    row = await tx.first(query.with_for_update(key_share=True) if lock else query) if _fits(number) else None
    if row is None:
        raise not_found(TITLES[kind], number)
    return row


async def get_list(tx: Tx, list_id: int) -> ValueList:
    """Return a list; raise 404."""
    return _value_list(await _row(tx, "list", list_id))


def _value_list(row: Any) -> ValueList:
    return ValueList(**{name: getattr(row, name) for name in ValueList.__struct_fields__})


async def get_table(tx: Tx, table_id: int) -> DataTable:
    """Return a data table with its columns; raise 404."""
    row = await _row(tx, "table", table_id)
    return _table(row, (await _columns(tx, [table_id])).get(table_id, []))


async def sheet(tx: Tx, kind: SheetKind, number: int, *, lock: bool = False) -> Sheet:
    """Return where the rows of a list or table lie; ``lock`` keeps others from changing that. Raises 404."""
    row = await _row(tx, kind, number, lock=lock)
    if kind == "list":
        return _list_sheet(row)
    return _table_sheet(row, (await _columns(tx, [number])).get(number, []))


async def every_sheet(tx: Tx, kind: SheetKind) -> list[Sheet]:
    """Return all sheets of a kind."""
    rows = await tx.all(sa.select(_TABLES[kind]).order_by(_TABLES[kind].c.id))
    if kind == "list":
        return [_list_sheet(row) for row in rows]
    columns = await _columns(tx, [row.id for row in rows])
    return [_table_sheet(row, columns.get(row.id, [])) for row in rows]


def _list_sheet(row: Any) -> Sheet:
    column = SheetColumn(0, "value", row.type)
    return Sheet(
        kind="list",
        id=row.id,
        generation=row.generation,
        columns=(column,),
        key=column,
        exact=row.case_sensitive,
        schema_version=row.schema_version,
        size=row.size,
    )


def _table_sheet(row: Any, columns: list[DataColumn]) -> Sheet:
    made = {c.id: SheetColumn(c.id, c.name, c.type) for c in columns}
    return Sheet(
        kind="table",
        id=row.id,
        generation=row.generation,
        columns=tuple(made.values()),
        key=next(made[c.id] for c in columns if c.key),
        schema_version=row.schema_version,
        size=row.size,
    )


async def _columns(tx: Tx, ids: Iterable[int]) -> dict[int, list[DataColumn]]:
    found: dict[int, list[DataColumn]] = {}
    c = data_column.c
    for row in await tx.all(sa.select(data_column).where(c.table_id.in_(list(ids))).order_by(c.id)):
        found.setdefault(row.table_id, []).append(DataColumn(row.id, row.name, row.label, row.type, row.is_key))
    return found


def _table(row: Any, columns: list[DataColumn]) -> DataTable:
    shown = {name: getattr(row, name) for name in DataTable.__struct_fields__ if name != "columns"}
    return DataTable(**shown, columns=columns)


async def lists(tx: Tx, request: PageRequest) -> Page[ValueList]:
    """Return a page of lists; ``q`` looks into the name."""
    rows, cursor, total = await _page(tx, value_list, sa.select(*_LIST), request)
    return Page([_value_list(row) for row in rows], cursor, total)


async def tables(tx: Tx, request: PageRequest, database_id: int) -> Page[DataTable]:
    """Return a page of a database's tables; ``q`` looks into the names."""
    query = sa.select(data_table).where(data_table.c.database_id == database_id)
    rows, cursor, total = await _page(tx, data_table, query, request)
    columns = await _columns(tx, [row.id for row in rows])
    return Page([_table(row, columns.get(row.id, [])) for row in rows], cursor, total)


async def tables_of(tx: Tx, database_id: int) -> list[DataTable]:
    """Return all tables of a database."""
    rows = await tx.all(
        sa.select(data_table).where(data_table.c.database_id == database_id).order_by(data_table.c.name)
    )
    columns = await _columns(tx, [row.id for row in rows])
    return [_table(row, columns.get(row.id, [])) for row in rows]


async def every_list(tx: Tx) -> list[ValueList]:
    """Return all lists by name."""
    return [ValueList(**r._mapping) for r in await tx.all(sa.select(*_LIST).order_by(sa.func.lower(value_list.c.name)))]


_FINGERPRINT = sa.text(
    """
    select md5(coalesce((select string_agg(concat_ws(' ', id, type, name), chr(10) order by id) from value_list), '')
        || chr(10) || coalesce((
            select string_agg(concat_ws(' ', c.id, t.name, t.label, c.name, c.label), chr(10) order by c.id)
            from data_table t join data_column c on c.table_id = t.id where t.database_id = :database
        ), ''))
    """
)


async def fingerprint(tx: Tx, database_id: int) -> str:
    """Return a text that stands for all lists and the tables of a database, by names and types."""
    return str(await tx.scalar(_FINGERPRINT, {"database": database_id}))


async def _page(
    tx: Tx, table: sa.Table, query: sa.Select[Any], request: PageRequest
) -> tuple[list[Any], str | None, int]:
    key = request.sort_key(_SORTS, "name")
    column: sa.ColumnElement[Any] = sa.func.lower(table.c.name) if key == "name" else table.c[key]
    if request.q:
        found = table.c.name.icontains(request.q, autoescape=True)
        if "label" in table.c:
            found = found | table.c.label.icontains(request.q, autoescape=True)
        query = query.where(found)
    total = await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    moment = key in ("changed_at", "created_at")
    shown_key = sa.cast(sa.extract("epoch", column) * 1_000_000, sa.BigInteger) if moment else column
    query = query.add_columns(shown_key.label("sort_value"))
    position = sa.tuple_(shown_key, table.c.id)
    if request.cursor is not None:
        edge = sa.tuple_(*cursor_values(request.cursor, str if key == "name" else int, int))
        query = query.where(position < edge if request.descending else position > edge)
    order = (shown_key, table.c.id)
    query = query.order_by(*(c.desc() if request.descending else c for c in order)).limit(request.limit + 1)
    rows = list(await tx.all(query))
    shown = rows[: request.limit]
    cursor = encode_cursor([shown[-1].sort_value, shown[-1].id]) if len(rows) > request.limit else None
    return shown, cursor, int(total)


async def insert(tx: Tx, kind: SheetKind, values: dict[str, Any]) -> int:
    """Store a new list or table and return its id."""
    moments = dict.fromkeys(("changed_at", "created_at", "updated_at"), tx.now)
    table = _TABLES[kind]
    return int(await tx.scalar(sa.insert(table).values({**values, **moments}).returning(table.c.id)))


async def insert_columns(tx: Tx, table_id: int, columns: Iterable[DataColumn]) -> None:
    """Store columns of a table."""
    await tx.execute(
        sa.insert(data_column),
        [{"table_id": table_id, "name": c.name, "label": c.label, "type": c.type, "is_key": c.key} for c in columns],
    )


async def delete_column(tx: Tx, column_id: int) -> None:
    """Forget a column; its number is never given again."""
    await tx.execute(sa.delete(data_column).where(data_column.c.id == column_id))


async def update_column(tx: Tx, column_id: int, values: dict[str, Any]) -> None:
    """Change a column."""
    await tx.execute(sa.update(data_column).where(data_column.c.id == column_id).values(values))


async def update(tx: Tx, kind: SheetKind, number: int, values: dict[str, Any]) -> None:
    """Change a list or table."""
    table = _TABLES[kind]
    await tx.execute(sa.update(table).where(table.c.id == number).values({**values, "updated_at": tx.now}))


async def resized(tx: Tx, of: Sheet, by: int) -> bool:
    """Note that rows came or went; ``False`` when the sheet was replaced meanwhile."""
    table = _TABLES[of.kind]
    changed = await tx.execute(
        sa.update(table)
        .where(table.c.id == of.id, table.c.generation == of.generation)
        .values(size=table.c.size + by, changed_at=tx.now)
    )
    return changed.rowcount == 1


async def next_generation(tx: Tx, kind: SheetKind, number: int) -> int:
    """Give a number of a generation that was never given before."""
    table = _TABLES[kind]
    query = sa.update(table).where(table.c.id == number).values(last_generation=table.c.last_generation + 1)
    given = await tx.scalar(query.returning(table.c.last_generation))
    if given is None:
        raise not_found(TITLES[kind], number)
    return int(given)


async def turn_to(tx: Tx, of: Sheet, size: int) -> None:
    """Make a generation the present one."""
    table = _TABLES[of.kind]
    await tx.execute(
        sa.update(table).where(table.c.id == of.id).values(generation=of.generation, size=size, changed_at=tx.now)
    )


async def delete(tx: Tx, kind: SheetKind, number: int) -> None:
    """Forget a list or table; its rows are dropped apart."""
    table = _TABLES[kind]
    await tx.execute(sa.delete(table).where(table.c.id == number))
