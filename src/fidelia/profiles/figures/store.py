"""Queries of the people whom a figure counts. Their number is exact however many they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.kernel.paging import Page, PageRequest, encode_cursor

from ..fields import Database, Field
from ..store import profiles as profiles_store
from ..store import search
from ..store.databases import cursor_values
from ..store.profiles import Row, as_row, select_list

Raw = psycopg.AsyncConnection[Any]


async def slice_of(
    raw: Raw, database: Database, request: PageRequest, found: BitMap, fields: Sequence[Field]
) -> Page[Row]:
    """Return a page of a set in the order of ids; only those who are shown are read."""
    down = request.descending
    start, end = 0, len(found)
    if request.cursor is not None:
        (edge,) = cursor_values(request.cursor, int)
        edge = min(max(int(edge), 0), 2**32 - 1)
        start = found.rank(edge)
        end = found.rank(edge - 1) if edge else 0
    part = found[max(end - request.limit, 0) : end] if down else found[start : start + request.limit]
    rows = await profiles_store.read_many(raw, database, part, fields)
    more = end > request.limit if down else start + request.limit < len(found)
    last = part.min() if down and part else part.max() if part else 0
    return Page(rows[::-1] if down else rows, encode_cursor([last]) if more and part else None, len(found))


async def page(
    raw: Raw, database: Database, request: PageRequest, where: search.Where, fields: Sequence[Field], sort: Field | None
) -> Page[Row]:
    """Return a page of everybody who meets conditions, sorted by a field, or by id without one."""
    down = request.descending
    edge, edge_values = search.after(request, sort, down)
    key = f"{sort.column} {'desc' if down else 'asc'} nulls last, " if sort else ""
    extra = f", {sort.column}" if sort else ""
    cursor = await raw.execute(
        f"select {select_list(fields)}{extra} from {database.table} where {where.sql} and {edge}"
        f" order by {key}id {'desc' if down else 'asc'} limit %s",
        [*where.values, *edge_values, request.limit + 1],
    )
    rows = await cursor.fetchall()
    shown = rows[: request.limit]
    position = search.position(shown[-1], sort) if len(rows) > request.limit else None
    width = 2 + len(fields)
    return Page([as_row(row[:width], fields) for row in shown], position, await count(raw, database, where))


async def count(raw: Raw, database: Database, where: search.Where) -> int:
    """Count everybody who meets conditions."""
    row = await (await raw.execute(f"select count(*) from {database.table} where {where.sql}", where.values)).fetchone()
    assert row is not None
    return int(row[0])


async def ids(raw: Raw, database: Database, where: search.Where) -> BitMap:
    """Return the ids of everybody who meets conditions."""
    cursor = await raw.execute(f"select id from {database.table} where {where.sql}", where.values, binary=True)
    return BitMap(row[0] for row in await cursor.fetchall())
