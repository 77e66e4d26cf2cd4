"""Queries of scheduled imports and their runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ...store.databases import cursor_values
from ..model import Counts
from .model import OPEN, ScheduledRun
from .tables import import_schedule, import_schedule_run

_S, _R = import_schedule.c, import_schedule_run.c


# -- schedules ------------------------------------------------------------------------------------------------------


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new schedule and return its id."""
    query = sa.insert(import_schedule).values({**values, "created_at": tx.now, "updated_at": tx.now})
    return int(await tx.scalar(query.returning(_S.id)))


async def find(tx: Tx, schedule_id: int, *, lock: bool = False) -> Any:
    """Return the row of a schedule; raise 404."""
    query = sa.select(import_schedule).where(_S.id == schedule_id)
    row = await tx.first(query.with_for_update() if lock else query) if 0 < schedule_id < 2**31 else None
    if row is None:
        raise not_found("Scheduled import", schedule_id)
    return row


async def update(tx: Tx, schedule_id: int, **values: Any) -> None:
    """Change columns of a schedule."""
    await tx.execute(sa.update(import_schedule).where(_S.id == schedule_id).values(values))


async def delete(tx: Tx, schedule_id: int) -> None:
    """Remove a schedule with its runs."""
    await tx.execute(sa.delete(import_schedule).where(_S.id == schedule_id))


async def page(tx: Tx, request: PageRequest, database_id: int) -> tuple[list[Any], str | None, int]:
    """Return a page of a database's schedules by name, a cursor, and how many there are."""
    lower = sa.func.lower(_S.name)
    query = sa.select(import_schedule, lower.label("folded")).where(_S.database_id == database_id)
    if request.q:
        query = query.where(_S.name.icontains(request.q, autoescape=True))
    total = int(await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery())))
    request.sort_key(("name",), "name")
    down = request.descending
    key = sa.tuple_(lower, _S.id)
    if request.cursor is not None:
        name, id_ = cursor_values(request.cursor, str, int)
        edge = sa.tuple_(sa.literal(name), sa.literal(int(id_)))
        query = query.where(key < edge if down else key > edge)
    order = (lower.desc(), _S.id.desc()) if down else (lower, _S.id)
    rows = list(await tx.all(query.order_by(*order).limit(request.limit + 1)))
    shown = rows[: request.limit]
    cursor = encode_cursor([shown[-1].folded, shown[-1].id]) if len(rows) > request.limit else None
    return shown, cursor, total


async def of_database(tx: Tx, database_id: int) -> Sequence[Any]:
    """Return every schedule of a database."""
    return await tx.all(sa.select(import_schedule).where(_S.database_id == database_id).order_by(_S.id))


async def filling(tx: Tx, segment_id: int) -> list[str]:
    """Return the names of schedules whose people go to a segment."""
    query = sa.select(_S.name).where(_S.segment_id == segment_id).order_by(_S.id)
    return [row.name for row in await tx.all(query)]


async def due(tx: Tx) -> Sequence[Any]:
    """Lock and return the schedules whose time has come and that are not at work."""
    busy = sa.select(_R.id).where(_R.schedule_id == _S.id, _R.state.in_(OPEN)).exists()
    query = sa.select(import_schedule).where(_S.active, _S.next_run_at <= tx.now, ~busy)
    return await tx.all(query.order_by(_S.next_run_at, _S.id).with_for_update(skip_locked=True))


# -- runs -----------------------------------------------------------------------------------------------------------


def as_run(row: Any) -> ScheduledRun:
    """Turn a row into what callers see."""
    return ScheduledRun(
        id=row.id,
        schedule_id=row.schedule_id,
        state=row.state,
        dry_run=row.dry_run,
        source=row.source,
        actor=row.actor,
        job_id=row.job_id,
        import_id=row.import_id,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        size=row.size,
        counts=msgspec.convert(row.counts, Counts) if row.counts else None,
        entered=row.entered,
        left=row.left_count,
        note=row.note,
        error=row.error,
    )


async def insert_run(tx: Tx, values: dict[str, Any]) -> int:
    """Note a run that was asked for and return its id."""
    query = sa.insert(import_schedule_run).values({**values, "state": "queued", "queued_at": tx.now})
    return int(await tx.scalar(query.returning(_R.id)))


async def find_run(tx: Tx, run_id: int, *, lock: bool = False) -> Any:
    """Return the row of a run, or ``None``."""
    query = sa.select(import_schedule_run).where(_R.id == run_id)
    return await tx.first(query.with_for_update() if lock else query)


async def update_run(tx: Tx, run_id: int, **values: Any) -> None:
    """Change columns of a run."""
    await tx.execute(sa.update(import_schedule_run).where(_R.id == run_id).values(values))


async def open_runs(tx: Tx, *, schedule_id: int | None = None, import_id: int | None = None) -> Sequence[Any]:
    """Return the runs that wait or work."""
    query = sa.select(import_schedule_run).where(_R.state.in_(OPEN)).order_by(_R.id)
    if schedule_id is not None:
        query = query.where(_R.schedule_id == schedule_id)
    if import_id is not None:
        query = query.where(_R.import_id == import_id)
    return await tx.all(query)


async def last_runs(tx: Tx, schedule_ids: Collection[int]) -> dict[int, ScheduledRun]:
    """Return the last run of each schedule that has ended."""
    query = (
        sa.select(import_schedule_run)
        .ext(distinct_on(_R.schedule_id))
        .where(_R.schedule_id.in_(schedule_ids), _R.state.not_in(OPEN))
        .order_by(_R.schedule_id, _R.id.desc())
    )
    return {row.schedule_id: as_run(row) for row in await tx.all(query)}


async def current_runs(tx: Tx, schedule_ids: Collection[int]) -> dict[int, ScheduledRun]:
    """Return the open run of each schedule that has one."""
    query = sa.select(import_schedule_run).where(_R.schedule_id.in_(schedule_ids), _R.state.in_(OPEN))
    return {row.schedule_id: as_run(row) for row in await tx.all(query)}


async def page_of_runs(tx: Tx, request: PageRequest, schedule_id: int) -> Page[ScheduledRun]:
    """Return a page of a schedule's runs, the newest first."""
    query = sa.select(import_schedule_run).where(_R.schedule_id == schedule_id)
    total = await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    request.sort_key(("id",), "-id")
    down = request.sort is None or request.descending
    if request.cursor is not None:
        (edge,) = cursor_values(request.cursor, int)
        query = query.where(_R.id < int(edge) if down else _R.id > int(edge))
    rows = await tx.all(query.order_by(_R.id.desc() if down else _R.id).limit(request.limit + 1))
    shown = [as_run(row) for row in rows[: request.limit]]
    cursor = encode_cursor([shown[-1].id]) if len(rows) > request.limit else None
    return Page(shown, cursor, total)


async def forget_runs(tx: Tx, before: datetime) -> None:
    """Remove runs that ended before a moment."""
    await tx.execute(sa.delete(import_schedule_run).where(_R.finished_at < before))
