"""Queries of exports of personal data and of receipts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.kernel.ids import MAX_PROFILE_ID

from .model import ErasureReceipt, PersonalExport

Raw = psycopg.AsyncConnection[Any]
_EXPORT = (
    "select id, database_id, profile_id, job_id, size, actor, created_at, finished_at, file_key from personal_export"
)


def _moment(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None else None


def _export(row: Sequence[Any]) -> PersonalExport:
    return PersonalExport(
        id=row[0],
        database_id=row[1],
        profile_id=row[2],
        job_id=row[3],
        size=row[4],
        actor=row[5],
        created_at=row[6].astimezone(UTC),
        finished_at=_moment(row[7]),
        url=f"/api/v1/personal-data/{row[0]}/file" if row[8] else None,
    )


async def insert(raw: Raw, database_id: int, profile_id: int, actor: str, now: datetime) -> int:
    """Note that a file is wanted and return its number."""
    cursor = await raw.execute(
        "insert into personal_export (database_id, profile_id, actor, created_at) values (%s, %s, %s, %s) returning id",
        (database_id, profile_id, actor, now),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def set_job(raw: Raw, export_id: int, job_id: str) -> None:
    """Note which job writes a file."""
    await raw.execute("update personal_export set job_id = %s where id = %s", (job_id, export_id))


async def finish(raw: Raw, export_id: int, file_key: str, size: int, now: datetime) -> bool:
    """Note that a file is written; return ``False`` when nobody wants it any more: the person was erased."""
    cursor = await raw.execute(
        "update personal_export set file_key = %s, size = %s, finished_at = %s where id = %s",
        (file_key, size, now, export_id),
    )
    return cursor.rowcount > 0


async def find(raw: Raw, export_id: int) -> tuple[PersonalExport, str | None] | None:
    """Return a file and its key, or ``None``."""
    row = await (await raw.execute(f"{_EXPORT} where id = %s", (export_id,))).fetchone()
    return (_export(row), row[8]) if row else None


async def exports(raw: Raw, database_id: int, profile_id: int) -> list[PersonalExport]:
    """Return the files about somebody, the latest first."""
    cursor = await raw.execute(
        f"{_EXPORT} where database_id = %s and profile_id = %s order by id desc limit 50", (database_id, profile_id)
    )
    return [_export(row) for row in await cursor.fetchall()]


async def forget(raw: Raw, database_id: int, people: BitMap) -> list[str]:
    """Remove the files about people; return their keys."""
    cursor = await raw.execute(
        "delete from personal_export where database_id = %s and profile_id = any(%s::bigint[]) returning file_key",
        (database_id, list(people)),
    )
    return [row[0] for row in await cursor.fetchall() if row[0]]


async def expire(raw: Raw, before: datetime) -> list[str]:
    """Remove files older than a moment; return their keys."""
    cursor = await raw.execute("delete from personal_export where created_at < %s returning file_key", (before,))
    return [row[0] for row in await cursor.fetchall() if row[0]]


async def stop_entries(raw: Raw, contacts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the entries of stop lists that name one of these contacts."""
    cursor = await raw.execute(
        "select l.name, e.kind, e.value, e.reason, e.created_at from suppression_entry e"
        " join suppression_list l on l.id = e.list_id where e.value = any(%s::text[]) order by l.id, e.value",
        (list(contacts),),
    )
    return [
        {"list": name, "kind": kind, "value": value, "reason": reason, "since": at.astimezone(UTC)}
        for name, kind, value, reason, at in await cursor.fetchall()
    ]


async def receipts(
    raw: Raw, *, database_id: int | None, profile_id: int | None, before: int | None, limit: int
) -> list[ErasureReceipt]:
    """Return receipts, the latest first, of a database or of one former id."""
    cursor = await raw.execute(
        """
        select id, database_id, count, actor, erased_at, history_erased_at, details -> 'removed', profile_ids
        from erasure where details ->> 'former' is null and (%(db)s::int is null or database_id = %(db)s)
          and (%(before)s::bigint is null or id < %(before)s)
        order by id desc limit %(limit)s
        """,
        {"db": database_id, "before": before, "limit": limit if profile_id is None else 100_000},
    )
    found = [
        ErasureReceipt(
            id=row[0],
            database_id=row[1],
            count=row[2],
            actor=row[3],
            erased_at=row[4].astimezone(UTC),
            history_erased_at=_moment(row[5]),
            removed=row[6] or {},
        )
        for row in await cursor.fetchall()
        if profile_id is None or (0 < profile_id <= MAX_PROFILE_ID and profile_id in BitMap.deserialize(row[7]))
    ]
    return found[:limit]
