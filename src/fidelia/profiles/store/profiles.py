"""Queries of profiles: reading, writing one, changing many, removing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pyroaring import BitMap

from fidelia.platform.postgres import Asked, Tx

from ..fields import Database, Field

Row = dict[str, Any]


def select_list(fields: Sequence[Field]) -> str:
    """Return the columns of these fields for a SELECT, after id and version."""
    return ", ".join(["id", "version", *(field.column for field in fields)])


def as_row(values: Sequence[Any], fields: Sequence[Field]) -> Row:
    """Name what :func:`select_list` selected; moments in UTC."""
    row: Row = {"id": values[0], "version": values[1]}
    for field, value in zip(fields, values[2:], strict=True):
        row[field.name] = value.astimezone(UTC) if isinstance(value, datetime) else value
    return row


async def read(
    raw: psycopg.AsyncConnection[Any], database: Database, profile_id: int, *, lock: bool = False
) -> Row | None:
    """Return a profile with all of its fields by name, ``id`` and ``version``; or ``None``."""
    tail = " for update" if lock else ""
    cursor = await raw.execute(
        f"select {select_list(database.fields)} from {database.table} where id = %s{tail}", (profile_id,)
    )
    found = await cursor.fetchone()
    return as_row(found, database.fields) if found else None


async def read_many(
    raw: psycopg.AsyncConnection[Any], database: Database, ids: Iterable[int], fields: Sequence[Field]
) -> list[Row]:
    """Return these profiles with some fields, ordered by id; unknown ids are left out."""
    cursor = await raw.execute(
        f"select {select_list(fields)} from {database.table} where id = any(%s::bigint[]) order by id", (list(ids),)
    )
    return [as_row(row, fields) for row in await cursor.fetchall()]


async def ask_one(tx: Tx, database: Database, profile_id: int, fields: Sequence[Field]) -> Asked[Row | None]:
    """Ask for some fields of one profile, together with other questions."""
    query = f"select {select_list(fields)} from {database.table} where id = %s"
    return await tx.ask(query, (profile_id,), lambda rows: as_row(rows[0], fields) if rows else None)


async def read_one(
    raw: psycopg.AsyncConnection[Any], database: Database, fields: Sequence[Field], column: str, value: Any
) -> Row | None:
    """Return the profile that has a value in a column, with some fields; the lowest id of several, ``None`` without."""
    cursor = await raw.execute(
        f"select {select_list(fields)} from {database.table} where {column} = %s order by id limit 1", (value,)
    )
    found = await cursor.fetchone()
    return as_row(found, fields) if found else None


def stored(field: Field, value: Any) -> Any:
    """Wrap a value for the driver."""
    return Jsonb(value) if value is not None and field.type in ("object", "objects") else value


async def insert(
    raw: psycopg.AsyncConnection[Any], database: Database, profile_id: int, values: Mapping[str, Any], now: datetime
) -> None:
    """Store a new profile; ``values`` are by field name. Raises the driver's unique violation."""
    fields = [database.by_name[name] for name in values]
    columns = ", ".join(["id", "version", "created_at", "updated_at", *(field.column for field in fields)])
    marks = ", ".join(["%s"] * (4 + len(fields)))
    row = [profile_id, 1, now, now, *(stored(field, values[field.name]) for field in fields)]
    await raw.execute(f"insert into {database.table} ({columns}) values ({marks})", row)


async def update(
    raw: psycopg.AsyncConnection[Any], database: Database, profile_id: int, values: Mapping[str, Any], now: datetime
) -> None:
    """Change fields of a profile and raise its version. Raises the driver's unique violation."""
    fields = [database.by_name[name] for name in values]
    changes = ", ".join(f"{field.column} = %s" for field in fields)
    await raw.execute(
        f"update {database.table} set version = version + 1, updated_at = %s, {changes} where id = %s",
        [now, *(stored(field, values[field.name]) for field in fields), profile_id],
    )


async def set_status(
    raw: psycopg.AsyncConnection[Any], database_id: int, ids: Iterable[int], status: str, now: datetime
) -> BitMap:
    """Give many profiles a status; return the ids of those that had another one."""
    cursor = await raw.execute(
        f"""
        with chosen as (
            select id from profile_{int(database_id)} where id = any(%(ids)s::bigint[]) and status <> %(status)s
            order by id for update
        )
        update profile_{int(database_id)} p set status = %(status)s, version = version + 1, updated_at = %(now)s
        from chosen where p.id = chosen.id returning p.id
        """,
        {"ids": list(ids), "status": status, "now": now},
    )
    return BitMap(row[0] for row in await cursor.fetchall())


async def delete(raw: psycopg.AsyncConnection[Any], database_id: int, ids: Iterable[int]) -> tuple[BitMap, int]:
    """Remove profiles and their subscriptions; return the ids of those that were there, and how many subscriptions."""
    wanted = list(ids)
    cursor = await raw.execute(
        f"delete from profile_{int(database_id)} where id = any(%s::bigint[]) returning id", (wanted,)
    )
    gone = BitMap(row[0] for row in await cursor.fetchall())
    cursor = await raw.execute(
        "delete from subscription where database_id = %s and profile_id = any(%s::bigint[])", (database_id, wanted)
    )
    return gone, cursor.rowcount


async def counters(raw: psycopg.AsyncConnection[Any], database: Database) -> dict[str, Any]:
    """Count everybody, by status, and how many have a value in each field; one look at the table."""
    fields = [field for field in database.fields if field.name not in ("status", "created_at", "updated_at")]
    filled = ", ".join(f"count({field.column})" for field in fields)
    row = await (await raw.execute(f"select count(*), {filled} from {database.table}")).fetchone()
    assert row is not None
    statuses = await (await raw.execute(f"select status, count(*) from {database.table} group by status")).fetchall()
    return {
        "total": row[0],
        "filled": {field.name: n for field, n in zip(fields, row[1:], strict=True)},
        "statuses": dict(statuses),
    }


async def insert_erasure(
    raw: psycopg.AsyncConnection[Any],
    database_id: int,
    ids: BitMap,
    actor: str,
    now: datetime,
    *,
    count: int,
    details: Mapping[str, Any],
) -> None:
    """Keep the receipt of an erasure of ``count`` people, under all the ``ids`` that they ever had."""
    await raw.execute(
        "insert into erasure (database_id, profile_ids, count, actor, erased_at, details)"
        " values (%s, %s, %s, %s, %s, %s)",
        (database_id, ids.serialize(), count, actor, now, Jsonb(dict(details))),
    )


async def open_erasures(raw: psycopg.AsyncConnection[Any], database_id: int) -> dict[int, BitMap]:
    """Return the receipts whose people still have events in ClickHouse, with those people."""
    cursor = await raw.execute(
        "select id, profile_ids from erasure where database_id = %s and history_erased_at is null order by id",
        (database_id,),
    )
    return {receipt: BitMap.deserialize(ids) for receipt, ids in await cursor.fetchall()}


async def close_erasure(raw: psycopg.AsyncConnection[Any], receipt: int, events: int, now: datetime) -> None:
    """Record that the events of a receipt's people are gone from ClickHouse, and how many they were."""
    await raw.execute(
        "update erasure set history_erased_at = %s, details = jsonb_set(case when details ? 'removed' then details"
        " else details || '{\"removed\": {}}' end, '{removed,events}', to_jsonb(%s::bigint)) where id = %s",
        (now, events, receipt),
    )
