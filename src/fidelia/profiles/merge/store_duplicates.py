"""The query that finds duplicates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import psycopg

from ..fields import Database
from ..store.search import escape_like


class Group(NamedTuple):
    """A value and who has it, in ascending order."""

    kind: str
    value: str
    size: int
    profiles: list[int]


async def groups(
    raw: psycopg.AsyncConnection[Any],
    database: Database,
    kind: str | None,
    part: str,
    after: Sequence[str] | None,
    limit: int,
) -> tuple[list[Group], int]:
    """Return groups in the order of kind and value after a position, and how many there are.

    Addresses of fields are unique, so only those that somebody's subscription has as well can be shared.
    """
    sources = []
    if kind in (None, "email"):
        sources.append(
            "select 'email' as kind, contact as value, profile_id as id from subscription"
            " where database_id = %(db)s and channel = 'email' union"
            f" select 'email', p.email, p.id from {database.table} p where exists (select from subscription s"
            " where s.database_id = %(db)s and s.contact = p.email and s.profile_id <> p.id)"
        )
    if kind in (None, "phone"):
        sources.append(
            f"select 'phone', x, id from {database.table}, unnest(phones) x where phones is not null union"
            " select 'phone', contact, profile_id from subscription where database_id = %(db)s and channel = 'sms'"
        )
    where = "value like %(part)s" if part else "true"
    cursor = await raw.execute(
        f"""
        with found (kind, value, ids) as materialized (
            select kind, value, array_agg(id order by id) from ({" union ".join(sources)}) every (kind, value, id)
            where {where} group by kind, value having count(*) > 1
        )
        select kind, value, cardinality(ids), ids[1:50], (select count(*) from found) from found
        where %(kind)s::text is null or (kind, value) > (%(kind)s, %(value)s) order by kind, value limit %(limit)s
        """,
        {
            "db": database.id,
            "part": f"%{escape_like(part.lower())}%",
            "kind": after[0] if after else None,
            "value": after[1] if after else None,
            "limit": limit,
        },
    )
    rows = await cursor.fetchall()
    return [Group(*row[:4]) for row in rows], int(rows[0][4]) if rows else 0
