"""Queries on files of people: who asked for one, whom it holds, where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import jobs
from fidelia.platform.listing import folded, or_none, sorted_rows
from fidelia.platform.postgres import Tx

from ..model import ExportedSubscription, ExportState, ProfileExport
from ..tables import segment_export
from .members import packed

#: Files with people's data are kept this long.
KEEP_FILES = timedelta(days=7)
_e = segment_export.c
_MADE_OF = ("state", "done", "error", "expires_at", "url")
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": _e.id,
    "title": folded(_e.title),
    "file_name": folded(_e.file_name),
    "rows": or_none(_e.rows),
    "size": or_none(_e.size),
    "actor": folded(_e.actor),
    "created_at": _e.created_at,
}
_SHOWN = [_e[name] for name in ProfileExport.__struct_fields__ if name not in _MADE_OF] + [_e.file_key]


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Note that a file was asked for; return its id."""
    stmt = sa.insert(segment_export).values({**values, "created_at": tx.now})
    return int(await tx.scalar(stmt.returning(_e.id)))


async def _exports(tx: Tx, rows: Sequence[Any]) -> list[ProfileExport]:
    """Turn rows into files, each as far as its job is."""
    writers = await jobs.some(tx, [row.job_id for row in rows if row.file_key is None and row.job_id is not None])
    return [_export(row, writers.get(row.job_id or "")) for row in rows]


def _export(row: Any, job: jobs.JobOut | None) -> ProfileExport:
    plain = {name: getattr(row, name) for name in ProfileExport.__struct_fields__ if name not in _MADE_OF}
    ready = row.file_key is not None
    state: ExportState = "queued"  # its job is made in the same transaction
    error = None
    if ready:
        state = "done"
    elif job is not None:
        state = "running" if job.state == "done" else job.state
        error = job.error
    elif row.job_id is not None:
        state, error = "failed", "The job that wrote it is gone"
    return ProfileExport(
        **{**plain, "subscriptions": msgspec.convert(row.subscriptions, list[ExportedSubscription])},
        state=state,
        done=row.rows or 0 if ready else job.done if job is not None else 0,
        error=error,
        expires_at=row.created_at + KEEP_FILES,
        url=f"/api/v1/segments/exports/{row.id}/file" if ready else None,
    )


async def find(tx: Tx, export_id: int, *, lock: bool = False) -> sa.Row[Any]:
    """Return the whole row of a file; raise 404."""
    stmt = sa.select(segment_export).where(_e.id == export_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    if row is None:
        raise not_found("Export", export_id)
    return row


async def get(tx: Tx, export_id: int) -> ProfileExport:
    """Return a file as others see it; raise 404."""
    row = await tx.first(sa.select(*_SHOWN).where(_e.id == export_id))
    if row is None:
        raise not_found("Export", export_id)
    return (await _exports(tx, [row]))[0]


async def page(
    tx: Tx, request: PageRequest, *, segment_id: int | None = None, database_id: int | None = None
) -> Page[ProfileExport]:
    """Return a page of the files of a segment or a database, newest first if not sorted; ``q`` looks into the title."""
    where = [_e.segment_id == segment_id] if segment_id is not None else [_e.database_id == database_id]
    if request.q:
        where.append(_e.title.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(segment_export).where(*where))
    query = sa.select(*_SHOWN).where(*where)
    rows, cursor = await sorted_rows(tx, query, request, sorts=_SORTS, key=_e.id, default="-id")
    return Page(await _exports(tx, rows), cursor, total)


async def set_people(tx: Tx, export_id: int, people: BitMap, marks: Sequence[BitMap] | None = None) -> None:
    """Note whom a file is to hold, and who is in the segments that have a column."""
    also = {} if marks is None else {"marks": [packed(mark) for mark in marks]}
    await _update(tx, export_id, {"people": packed(people), "rows": len(people), **also})


async def set_job(tx: Tx, export_id: int, job_id: str) -> None:
    """Note which job writes a file."""
    await _update(tx, export_id, {"job_id": job_id})


async def finish(tx: Tx, export_id: int, *, file_key: str, size: int, rows: int) -> None:
    """Note where a file lies; whom it holds is not needed any more."""
    values = {"file_key": file_key, "size": size, "rows": rows, "finished_at": tx.now, "people": None, "marks": None}
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
