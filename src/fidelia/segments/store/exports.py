"""Queries on files of people: who asked for one, whom it holds, where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import SegmentExport
from ..tables import segment_export
from .members import before_id, packed

_e = segment_export.c
_SHOWN = [_e[name] for name in SegmentExport.__struct_fields__]


async def insert(
    tx: Tx, *, segment_id: int, database_id: int, format: str, columns: Sequence[str], file_name: str, actor: str
) -> int:
    """Note that a file was asked for; return its id."""
    stmt = sa.insert(segment_export).values(
        segment_id=segment_id,
        database_id=database_id,
        format=format,
        columns=list(columns),
        file_name=file_name,
        actor=actor,
        created_at=tx.now,
    )
    return int(await tx.scalar(stmt.returning(_e.id)))


async def find(tx: Tx, export_id: int, *, lock: bool = False) -> sa.Row[Any]:
    """Return the whole row of a file; raise 404."""
    stmt = sa.select(segment_export).where(_e.id == export_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    if row is None:
        raise not_found("Export", export_id)
    return row


async def get(tx: Tx, export_id: int) -> SegmentExport:
    """Return a file as others see it; raise 404."""
    row = await tx.first(sa.select(*_SHOWN).where(_e.id == export_id))
    if row is None:
        raise not_found("Export", export_id)
    return SegmentExport(**row._mapping)


async def page(tx: Tx, segment_id: int, request: PageRequest) -> Page[SegmentExport]:
    """Return a page of a segment's files, newest first."""
    where = [_e.segment_id == segment_id]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(segment_export).where(*where))
    before = before_id(request)
    if before is not None:
        where.append(_e.id < before)
    rows = await tx.all(sa.select(*_SHOWN).where(*where).order_by(_e.id.desc()).limit(request.limit + 1))
    items = [SegmentExport(**row._mapping) for row in rows[: request.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)


async def set_people(tx: Tx, export_id: int, people: BitMap) -> None:
    """Note whom a file is to hold."""
    await _update(tx, export_id, {"people": packed(people), "rows": len(people)})


async def set_job(tx: Tx, export_id: int, job_id: str) -> None:
    """Note which job writes a file."""
    await _update(tx, export_id, {"job_id": job_id})


async def finish(tx: Tx, export_id: int, *, file_key: str, size: int, rows: int) -> None:
    """Note where a file lies; whom it holds is not needed any more."""
    values = {"file_key": file_key, "size": size, "rows": rows, "finished_at": tx.now, "people": None}
    await _update(tx, export_id, values)


async def forget(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Leave erased people out of files that are not written yet."""
    found = await tx.all(
        sa.select(_e.id, _e.people).where(_e.database_id == database_id, _e.people.is_not(None)).with_for_update()
    )
    for row in found:
        before = BitMap.deserialize(bytes(row.people))
        if before & gone:
            await set_people(tx, row.id, before - gone)


async def expired(tx: Tx, before: datetime) -> list[str]:
    """Forget the files that were asked for before a moment; return their keys."""
    rows = await tx.all(sa.delete(segment_export).where(_e.created_at < before).returning(_e.file_key))
    return [row.file_key for row in rows if row.file_key is not None]


async def _update(tx: Tx, export_id: int, values: dict[str, Any]) -> None:
    await tx.execute(sa.update(segment_export).where(_e.id == export_id).values(**values))
