"""Queries of rows: add, remove, look up, page, read all. Names of tables and columns are made of numbers only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg
from pyroaring import BitMap

from ..sheet import Sheet, SheetColumn

#: Up to this many rows a search looks inside of values; above, only at how they begin, which an index answers.
CONTAINS_ROWS = 200_000
_BLOCK = 1_000


def _same(sheet: Sheet, a: str, b: str) -> str:
    return " and ".join(f"{a}.{name} = {b}.{name}" for name in sheet.identity)


def _given(sheet: Sheet, columns: Sequence[SheetColumn]) -> str:
    """Return the rows of a call as a table ``g`` (one array a column)."""
    names = [name for column in columns for name in column.stored]
    types = [column.kind.pg.split(" ")[0] for column in columns for _ in column.stored]
    arrays = ", ".join(f"%s::{type_}[]" for type_ in types)
    return f"unnest({arrays}) with ordinality g ({', '.join(names)}, n)"


async def add(raw: psycopg.AsyncConnection[Any], sheet: Sheet, arrays: Sequence[list[Any]]) -> list[int]:
    """Add rows that are not there yet, of distinct keys; return the ids of the new ones.

    In the order of the keys, so that two calls at once wait for each other and never cross.
    """
    names = ", ".join(sheet.stored)
    # Anti-join first: what is there already would only burn ids.
    cursor = await raw.execute(
        f"""
        insert into {sheet.pg} ({names})
        select {names} from {_given(sheet, sheet.columns)}
        where not exists (select from {sheet.pg} t where {_same(sheet, "t", "g")})
        order by {", ".join(sheet.identity)}
        on conflict do nothing returning id
        """,
        list(arrays),
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def update(
    raw: psycopg.AsyncConnection[Any], sheet: Sheet, columns: Sequence[SheetColumn], arrays: Sequence[list[Any]]
) -> tuple[list[int], int]:
    """Set the given columns of rows that are there; return the ids of those that changed, and how many were there."""
    others = [name for c in columns for name in c.stored if name not in sheet.key.stored]
    source = _given(sheet, columns)
    there = await (
        await raw.execute(
            f"select count(*) from {source} where exists (select from {sheet.pg} t where {_same(sheet, 't', 'g')})",
            list(arrays),
        )
    ).fetchone()
    count = int(there[0]) if there else 0
    if not others or not count:
        return [], count
    cursor = await raw.execute(
        f"""
        update {sheet.pg} t set version = t.version + 1, {", ".join(f"{n} = g.{n}" for n in others)}
        from {source} where {_same(sheet, "t", "g")}
        and ({", ".join(f"t.{n}" for n in others)}) is distinct from ({", ".join(f"g.{n}" for n in others)})
        returning t.id
        """,
        list(arrays),
    )
    return [int(row[0]) for row in await cursor.fetchall()], count


async def remove(raw: psycopg.AsyncConnection[Any], sheet: Sheet, arrays: Sequence[list[Any]]) -> list[int]:
    """Remove rows by their keys (the stored columns of the key); return the ids of those there were."""
    cursor = await raw.execute(
        f"delete from {sheet.pg} t using {_given(sheet, [sheet.key])} where {_same(sheet, 't', 'g')} returning t.id",
        list(arrays),
    )
    return [int(row[0]) for row in await cursor.fetchall()]


async def row(raw: psycopg.AsyncConnection[Any], sheet: Sheet, row_id: int, *, lock: bool = False) -> Any | None:
    """Return the values of a row in the order of the columns, or ``None``."""
    values = ", ".join(c.value for c in sheet.columns)
    held = " for update" if lock else ""
    cursor = await raw.execute(f"select {values} from {sheet.pg} where id = %s{held}", (row_id,))
    return await cursor.fetchone()


async def set_row(
    raw: psycopg.AsyncConnection[Any], sheet: Sheet, row_id: int, names: Sequence[str], values: Sequence[Any]
) -> None:
    """Set stored columns of a row."""
    if names:
        changes = ", ".join(f"{name} = %s" for name in names)
        await raw.execute(f"update {sheet.pg} set version = version + 1, {changes} where id = %s", [*values, row_id])


async def count(raw: psycopg.AsyncConnection[Any], sheet: Sheet) -> int:
    """Count the rows."""
    found = await (await raw.execute(f"select count(*) from {sheet.pg}")).fetchone()
    return int(found[0]) if found else 0


def searched(sheet: Sheet, q: str) -> tuple[str, list[Any]]:
    """Return a condition on rows by a search text, in lower case, with its parameters."""
    if not q:
        return "true", []
    pattern = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    if sheet.size <= CONTAINS_ROWS:
        columns = [f"{c.match}::text" if not c.kind.is_text else c.match for c in sheet.columns]
        return f"({' or '.join(f'{c} like %s' for c in columns)})", ["%" + pattern] * len(columns)
    if not sheet.key.kind.is_text:
        return f"{sheet.key.value}::text = %s", [q]
    # A range of bytes, which the index in the C collation answers, whatever the planner knows about like.
    return f"{sheet.key.match} >= %s and {sheet.key.match} < %s", [q, q + chr(0x10FFFF)]


async def page(
    raw: psycopg.AsyncConnection[Any],
    sheet: Sheet,
    *,
    q: str,
    sort: SheetColumn | None,
    down: bool,
    after: tuple[Any, int] | None,
    limit: int,
) -> list[tuple[Any, ...]]:
    """Return rows ``id, values…`` (one more than ``limit`` when there are more), sorted by a column or by id.

    Rows without a value in the column come last.
    """
    where, params = searched(sheet, q)
    values = ", ".join(c.value for c in sheet.columns)
    sign, way = ("<", "desc") if down else (">", "asc")
    if sort is None:
        order = f"id {way}"
        if after is not None:
            where += f" and id {sign} %s"
            params.append(after[1])
    else:
        by = sort.match
        always = sort.id == sheet.key.id
        order = f"{by} {way}, id {way}" if always else f"{by} {way} nulls last, id {way}"
        if after is not None and after[0] is None:
            where += f" and {by} is null and id {sign} %s"
            params.append(after[1])
        elif after is not None:
            where += (
                f" and ({by}, id) {sign} (%s, %s)" if always else f" and (({by}, id) {sign} (%s, %s) or {by} is null)"
            )
            params += [after[0], after[1]]
    shown = f", {sort.match}" if sort is not None else ", null"
    cursor = await raw.execute(
        f"select id, {values}{shown} from {sheet.pg} where {where} order by {order} limit {int(limit) + 1}", params
    )
    return await cursor.fetchall()


async def matching(raw: psycopg.AsyncConnection[Any], sheet: Sheet, q: str, most: int) -> int:
    """Count the rows that a search finds, ``most`` + 1 at most."""
    where, params = searched(sheet, q)
    cursor = await raw.execute(
        f"select count(*) from (select 1 from {sheet.pg} where {where} limit {int(most) + 1}) x", params
    )
    found = await cursor.fetchone()
    return int(found[0]) if found else 0


async def after(
    raw: psycopg.AsyncConnection[Any], sheet: Sheet, last: int, limit: int = 10_000
) -> list[tuple[Any, ...]]:
    """Return the next rows ``id, values…`` in the order of their ids."""
    values = ", ".join(c.value for c in sheet.columns)
    cursor = await raw.execute(
        f"select id, {values} from {sheet.pg} where id > %s order by id limit {int(limit)}", (last,)
    )
    return await cursor.fetchall()


async def lines(raw: psycopg.AsyncConnection[Any], sheet: Sheet, where: str) -> AsyncIterator[bytes]:
    """Yield rows as ClickHouse reads them (JSONCompactEachRow: id, version, stored columns), some thousand at a time.

    PostgreSQL joins the lines, so that a million rows are not a million steps of our event loop.
    """
    moments = {name for c in sheet.columns if c.type == "datetime" for name in c.stored}
    columns = [
        f"to_char({name} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')" if name in moments else name
        for name in sheet.stored
    ]
    async with raw.cursor(name=f"sheet_{sheet.pg}") as cursor:
        cursor.itersize = 20
        await cursor.execute(
            f"select string_agg(json_build_array(id, version, {', '.join(columns)})::text, e'\\n')"
            f" from {sheet.pg} where {where} group by id / {_BLOCK}"
        )
        while blocks := await cursor.fetchmany(20):
            yield b"\n".join(str(block[0]).encode() for block in blocks) + b"\n"


async def existing(raw: psycopg.AsyncConnection[Any], sheet: Sheet, ids: BitMap) -> BitMap:
    """Return which of these ids have a row."""
    cursor = await raw.execute(f"select id from {sheet.pg} where {among(ids)}")
    return BitMap(row[0] for row in await cursor.fetchall())


async def last_id(raw: psycopg.AsyncConnection[Any], sheet: Sheet) -> int:
    """Return the highest id of a row, 0 without rows."""
    found = await (await raw.execute(f"select coalesce(max(id), 0) from {sheet.pg}")).fetchone()
    return int(found[0]) if found else 0


def among(ids: BitMap) -> str:
    """Return a condition on ids; a run without gaps needs no list."""
    if not ids:
        return "false"
    first, last = ids.min(), ids.max()
    if last - first + 1 == len(ids):
        return f"id between {first} and {last}"
    return f"id = any('{{{','.join(map(str, ids))}}}'::bigint[])"
