"""Queries of write keys and of what happened to their messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.kernel.paging import PageRequest
from fidelia.platform.postgres import Tx

from ..tables import write_key, write_key_count

Count = tuple[int, str, str]


class KeyRow(msgspec.Struct, frozen=True):
    """A write key as it is stored."""

    id: int
    database_id: int
    name: str
    kind: str
    key: str
    rate: int | None
    domains: list[str]
    heeds_privacy: bool
    created_at: datetime
    updated_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


_COLUMNS = [write_key.c[name] for name in KeyRow.__struct_fields__]


async def by_key(raw: psycopg.AsyncConnection[Any], key: str) -> KeyRow | None:
    """Return a key by its secret, unless it was revoked."""
    cursor = await raw.execute(
        f"select {', '.join(KeyRow.__struct_fields__)} from write_key where key = %s and revoked_at is null", (key,)
    )
    row = await cursor.fetchone()
    return KeyRow(*row) if row else None


async def domains_of(raw: psycopg.AsyncConnection[Any], database_id: int) -> frozenset[str]:
    """Return the hosts of the sites of a database, of all its keys."""
    cursor = await raw.execute(
        "select distinct unnest(domains) from write_key where database_id = %s and revoked_at is null", (database_id,)
    )
    return frozenset(row[0] for row in await cursor.fetchall())


async def live(raw: psycopg.AsyncConnection[Any], ids: Iterable[int]) -> set[int]:
    """Return which of these keys are not revoked."""
    cursor = await raw.execute(
        "select id from write_key where id = any(%s) and revoked_at is null", (sorted(set(ids)),)
    )
    return {row[0] for row in await cursor.fetchall()}


async def page(
    tx: Tx, request: PageRequest, database_id: int | None, after: int | None, *, revoked: bool
) -> tuple[list[KeyRow], int]:
    """Return a page of keys by id, one more than the limit, and how many there are."""
    where: list[sa.ColumnElement[bool]] = []
    if database_id is not None:
        where.append(write_key.c.database_id == database_id)
    if not revoked:
        where.append(write_key.c.revoked_at.is_(None))
    if request.q:
        where.append(write_key.c.name.icontains(request.q, autoescape=True))
    total = int(await tx.scalar(sa.select(sa.func.count()).select_from(write_key).where(*where)))
    if after is not None:
        where.append(write_key.c.id > after)
    rows = await tx.all(sa.select(*_COLUMNS).where(*where).order_by(write_key.c.id).limit(request.limit + 1))
    return [KeyRow(**row._mapping) for row in rows], total


async def find(tx: Tx, key_id: int, *, lock: bool = False) -> KeyRow | None:
    """Return a key by its id, revoked or not."""
    stmt = sa.select(*_COLUMNS).where(write_key.c.id == key_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    return KeyRow(**row._mapping) if row else None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new key; return its id."""
    stmt = sa.insert(write_key).values(**values, created_at=tx.now, updated_at=tx.now).returning(write_key.c.id)
    return int(await tx.scalar(stmt))


async def update(tx: Tx, key_id: int, values: Mapping[str, Any]) -> None:
    """Change a key."""
    await tx.execute(sa.update(write_key).where(write_key.c.id == key_id).values(**values, updated_at=tx.now))


async def add_counts(raw: psycopg.AsyncConnection[Any], counts: Mapping[Count, int], now: datetime) -> None:
    """Add to the counters of keys (key, kind, name) for today, and note when they were used."""
    rows = sorted(counts.items())
    if not rows:
        return
    await raw.execute(
        "insert into write_key_count (key_id, day, kind, name, count)"
        " select k, %(day)s, kind, name, n"
        " from unnest(%(k)s::int[], %(kind)s::text[], %(name)s::text[], %(n)s::bigint[])"
        " with ordinality g (k, kind, name, n, o) order by o"
        " on conflict (key_id, day, kind, name) do update set count = write_key_count.count + excluded.count",
        {
            "day": now.date(),
            "k": [key for (key, _, _), _ in rows],
            "kind": [kind for (_, kind, _), _ in rows],
            "name": [name for (_, _, name), _ in rows],
            "n": [n for _, n in rows],
        },
    )
    await raw.execute(
        "update write_key set last_used_at = %(now)s where id = any(%(ids)s)"
        " and (last_used_at is null or last_used_at < %(edge)s)",
        {"now": now, "ids": sorted({key for key, _, _ in counts}), "edge": now - timedelta(seconds=10)},
    )


async def counts(tx: Tx, key_id: int, since: date) -> Sequence[sa.Row[Any]]:
    """Return (day, kind, name, count) of a key since a day, the newest and largest first."""
    return await tx.all(
        sa.select(write_key_count.c.day, write_key_count.c.kind, write_key_count.c.name, write_key_count.c.count)
        .where(write_key_count.c.key_id == key_id, write_key_count.c.day >= since)
        .order_by(write_key_count.c.day.desc(), write_key_count.c.count.desc(), write_key_count.c.name)
        .limit(1000)
    )


async def purge_counts(raw: psycopg.AsyncConnection[Any], before: date) -> None:
    """Delete counters of days before a day."""
    await raw.execute("delete from write_key_count where day < %s", (before,))
