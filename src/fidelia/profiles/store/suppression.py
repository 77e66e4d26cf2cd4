"""Queries of suppression lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime
from typing import Any

import psycopg
import sqlalchemy as sa

from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..tables import suppression_entry, suppression_list
from .databases import cursor_values

Entry = tuple[str, str]


async def lists(tx: Tx, request: PageRequest) -> Page[Any]:
    """Return a page of lists with their sizes, the global one first if not sorted; ``q`` looks into the name."""
    c = suppression_list.c
    size = (
        sa.select(sa.func.count())
        .select_from(suppression_entry)
        .where(suppression_entry.c.list_id == c.id)
        .scalar_subquery()
    )
    query = sa.select(suppression_list, size.label("size")).where(c.archived_at.is_(None))
    if request.q:
        query = query.where(c.name.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    sorts = {"id": c.id, "name": folded(c.name), "size": sa.cast(size, sa.BigInteger), "updated_at": c.updated_at}
    rows, cursor = await sorted_rows(tx, query, request, sorts=sorts, key=c.id, default="id")
    return Page(rows, cursor, total)


async def find(tx: Tx, list_id: int) -> Any | None:
    """Return a list's row with its size, or ``None`` when there is none or it is archived."""
    size = sa.select(sa.func.count()).where(suppression_entry.c.list_id == list_id).scalar_subquery()
    return await tx.first(
        sa.select(suppression_list, size.label("size")).where(
            suppression_list.c.id == list_id, suppression_list.c.archived_at.is_(None)
        )
    )


async def global_id(tx: Tx) -> int:
    """Return the id of the list that every send obeys."""
    return int(await tx.scalar(sa.select(suppression_list.c.id).where(suppression_list.c.is_global)))


async def bounces_id(tx: Tx) -> int:
    """Return the id of the list of addresses that are dead."""
    return int(await tx.scalar(sa.select(suppression_list.c.id).where(suppression_list.c.purpose == "bounces")))


async def obeyed_ids(tx: Tx) -> set[int]:
    """Return the ids of the lists that every send obeys."""
    c = suppression_list.c
    return {row.id for row in await tx.all(sa.select(c.id).where(c.is_global | c.purpose.is_not(None)))}


async def live_ids(tx: Tx, ids: Iterable[int]) -> set[int]:
    """Return which of these lists exist and are not archived."""
    query = sa.select(suppression_list.c.id).where(
        suppression_list.c.id.in_(list(ids)), suppression_list.c.archived_at.is_(None)
    )
    return {row.id for row in await tx.all(query)}


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new list and return its id."""
    query = sa.insert(suppression_list).values({**values, "created_at": tx.now, "updated_at": tx.now})
    return int(await tx.scalar(query.returning(suppression_list.c.id)))


async def update(tx: Tx, list_id: int, values: dict[str, Any]) -> None:
    """Change a list."""
    query = sa.update(suppression_list).where(suppression_list.c.id == list_id)
    await tx.execute(query.values({**values, "updated_at": tx.now}))


async def add(
    raw: psycopg.AsyncConnection[Any], list_id: int, entries: Sequence[Entry], reason: str, now: datetime
) -> int:
    """Add entries ``(kind, value)``; return how many are new."""
    cursor = await raw.execute(
        """
        insert into suppression_entry (list_id, kind, value, reason, created_at)
        select %s, k, v, %s, %s from unnest(%s::text[], %s::text[]) g (k, v) order by k, v
        on conflict do nothing
        """,
        (list_id, reason, now, [kind for kind, _ in entries], [value for _, value in entries]),
    )
    return cursor.rowcount


async def remove(raw: psycopg.AsyncConnection[Any], list_id: int, entries: Sequence[Entry]) -> int:
    """Remove entries; return how many there were."""
    cursor = await raw.execute(
        """
        delete from suppression_entry e using unnest(%s::text[], %s::text[]) g (k, v)
        where e.list_id = %s and e.kind = g.k and e.value = g.v
        """,
        ([kind for kind, _ in entries], [value for _, value in entries], list_id),
    )
    return cursor.rowcount


async def holding(tx: Tx, entries: Sequence[Entry]) -> list[Any]:
    """Return the live lists that hold one of these entries, with the entry."""
    e, c = suppression_entry.c, suppression_list.c
    query = (
        sa.select(c.id, c.name, c.is_global, e.kind, e.value, e.reason, e.created_at)
        .join(suppression_entry, e.list_id == c.id)
        .where(c.archived_at.is_(None), sa.tuple_(e.kind, e.value).in_(list(entries)))
        .order_by(c.id, e.kind)
    )
    return list(await tx.all(query))


async def entries(tx: Tx, list_id: int, request: PageRequest, kind: str | None) -> Page[Any]:
    """Return a page of a list's entries in the order of kind and value; ``q`` is a part of the value."""
    e = suppression_entry.c
    query = sa.select(suppression_entry).where(e.list_id == list_id)
    if kind is not None:
        query = query.where(e.kind == kind)
    if request.q:
        query = query.where(e.value.contains(request.q.lower(), autoescape=True))
    total = int(await tx.scalar(sa.select(sa.func.count()).select_from(query.limit(10_001).subquery())))
    request.sort_key(("value",), "value")
    if request.cursor is not None:
        query = query.where(sa.tuple_(e.kind, e.value) > sa.tuple_(*cursor_values(request.cursor, str, str)))
    rows = await tx.all(query.order_by(e.kind, e.value).limit(request.limit + 1))
    shown = rows[: request.limit]
    cursor = encode_cursor([shown[-1].kind, shown[-1].value]) if len(rows) > request.limit else None
    return Page(list(shown), cursor, total if total <= 10_000 else None)


async def every_entry(raw: psycopg.AsyncConnection[Any], list_id: int) -> AsyncIterator[list[Any]]:
    """Yield all entries of a list in chunks of rows ``kind value reason created_at``."""
    async with raw.cursor(name="suppression_export") as cursor:
        await cursor.execute(
            "select kind, value, reason, created_at from suppression_entry where list_id = %s order by kind, value",
            (list_id,),
        )
        while rows := await cursor.fetchmany(5000):
            yield rows
