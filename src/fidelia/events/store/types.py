"""Queries of event types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from ..tables import event_type

Key = tuple[int, str]


class TypeRow(msgspec.Struct):
    """A type of a database as it is stored: ``properties`` are declared, ``seen`` learned from events."""

    id: int
    database_id: int
    name: str
    label: str
    description: str
    declared: bool
    properties: dict[str, dict[str, Any]]
    seen: dict[str, str]
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


_COLUMNS = [event_type.c[name] for name in TypeRow.__struct_fields__]
_NAMES = ", ".join(TypeRow.__struct_fields__)


async def load(raw: psycopg.AsyncConnection[Any], keys: Iterable[Key]) -> dict[Key, TypeRow]:
    """Return the stored types among (database, name)."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    cursor = await raw.execute(
        f"select {_NAMES} from event_type where (database_id, name) in (select * from unnest(%s::int[], %s::text[]))",
        ([database for database, _ in wanted], [name for _, name in wanted]),
    )
    rows = [TypeRow(*row) for row in await cursor.fetchall()]
    return {(row.database_id, row.name): row for row in rows}


async def count(raw: psycopg.AsyncConnection[Any], databases: Iterable[int]) -> dict[int, int]:
    """Return how many types each database has."""
    cursor = await raw.execute(
        "select database_id, count(*) from event_type where database_id = any(%s) group by 1", (sorted(set(databases)),)
    )
    return dict(await cursor.fetchall())


async def learn(raw: psycopg.AsyncConnection[Any], seen: Mapping[Key, Mapping[str, str]], now: datetime) -> None:
    """Add properties to what was seen of types; types nobody has seen before are made."""
    rows = sorted(seen.items())
    if rows:
        await raw.execute(
            "insert into event_type (database_id, name, seen, created_at, updated_at)"
            " select d, n, s::jsonb, %(now)s, %(now)s"
            " from unnest(%(d)s::int[], %(n)s::text[], %(s)s::text[]) g (d, n, s)"
            " on conflict (database_id, name) do update set seen = event_type.seen || excluded.seen",
            {
                "now": now,
                "d": [database for (database, _), _ in rows],
                "n": [name for (_, name), _ in rows],
                "s": [msgspec.json.encode(properties).decode() for _, properties in rows],
            },
        )


async def every(tx: Tx, database_id: int) -> list[TypeRow]:
    """Return all stored types of a database, by name."""
    rows = await tx.all(sa.select(*_COLUMNS).where(event_type.c.database_id == database_id).order_by(event_type.c.name))
    return [TypeRow(**row._mapping) for row in rows]


async def find(tx: Tx, type_id: int, *, lock: bool = False) -> TypeRow | None:
    """Return a type by its id."""
    stmt = sa.select(*_COLUMNS).where(event_type.c.id == type_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    return TypeRow(**row._mapping) if row else None


async def find_name(tx: Tx, database_id: int, name: str) -> TypeRow | None:
    """Return a type by its name, locked."""
    row = await tx.first(
        sa.select(*_COLUMNS).where(event_type.c.database_id == database_id, event_type.c.name == name).with_for_update()
    )
    return TypeRow(**row._mapping) if row else None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new type; return its id."""
    return int(await tx.scalar(sa.insert(event_type).values(**values).returning(event_type.c.id)))


async def update(tx: Tx, type_id: int, values: Mapping[str, Any]) -> None:
    """Change a type."""
    await tx.execute(sa.update(event_type).where(event_type.c.id == type_id).values(**values, updated_at=tx.now))


async def archived(tx: Tx, database_id: int) -> frozenset[str]:
    """Return the names of the types of a database that were deleted."""
    c = event_type.c
    rows = await tx.all(sa.select(c.name).where(c.database_id == database_id, c.archived_at.isnot(None)))
    return frozenset(row.name for row in rows)


async def declared_version(tx: Tx, database_id: int) -> str:
    """Return what is another word once somebody has defined, changed, deleted or restored a type of a database."""
    found = await tx.scalar(_DECLARED, {"database": database_id})
    return str(found or "")


_DECLARED = sa.text(
    "select md5(string_agg(concat_ws('|', id, label, archived_at, properties), ',' order by id)) from event_type"
    " where database_id = :database and (declared or archived_at is not null)"
)
