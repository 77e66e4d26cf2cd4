"""Which event ids were seen in the last days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import psycopg

Key = tuple[int, bytes]


async def remember(raw: psycopg.AsyncConnection[Any], keys: Sequence[Key], today: date) -> set[Key]:
    """Remember ids (database, hash), each once; return those that were known already.

    Rows are written in the order of the key, so that two transactions with the same ids wait instead of deadlocking.
    """
    if not keys:
        return set()
    ordered = sorted(keys)
    cursor = await raw.execute(
        """
        with given as materialized (
            select * from unnest(%(databases)s::int[], %(hashes)s::uuid[]) with ordinality as g (database_id, hash, n)
        ), made as (
            insert into event_seen (database_id, hash, seen_on)
            select database_id, hash, %(today)s from given order by n
            on conflict do nothing returning database_id, hash
        )
        select n from given left join made using (database_id, hash) where made.hash is null
        """,
        {
            "databases": "{" + ",".join([str(database) for database, _ in ordered]) + "}",
            "hashes": "{" + ",".join([hash_.hex() for _, hash_ in ordered]) + "}",
            "today": today,
        },
    )
    return {ordered[n - 1] for (n,) in await cursor.fetchall()}


async def forget(raw: psycopg.AsyncConnection[Any], keys: Iterable[Key]) -> None:
    """Take back ids remembered in this same transaction, whose events were refused after all."""
    rows = sorted(keys)
    if rows:
        await raw.execute(
            "delete from event_seen s using unnest(%s::int[], %s::uuid[]) g (database_id, hash)"
            " where s.database_id = g.database_id and s.hash = g.hash",
            ([database for database, _ in rows], [hash_.hex() for _, hash_ in rows]),
        )


async def purge(raw: psycopg.AsyncConnection[Any], before: date, most: int) -> int:
    """Delete up to ``most`` ids last seen before a day; return how many."""
    cursor = await raw.execute(
        "delete from event_seen where ctid = any(array(select ctid from event_seen where seen_on < %s limit %s))",
        (before, most),
    )
    return cursor.rowcount
