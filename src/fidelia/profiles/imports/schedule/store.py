"""Queries of scheduled imports and their runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import PageRequest, encode_cursor
from fidelia.platform.postgres import Tx, as_struct
from fidelia.platform.schedules import OPEN, Runs

from ...store.databases import cursor_values
from .model import RunRow, ScheduledRun, ScheduleRow
from .tables import import_schedule, import_schedule_run

_S, _R = import_schedule.c, import_schedule_run.c


# -- schedules ------------------------------------------------------------------------------------------------------


async def insert(tx: Tx, values: Mapping[str, object]) -> int:
    """Store a new schedule and return its id."""
    query = sa.insert(import_schedule).values({**values, "created_at": tx.now, "updated_at": tx.now})
    return int(await tx.scalar(query.returning(_S.id)))


async def find(tx: Tx, schedule_id: int, *, lock: bool = False) -> ScheduleRow:
    """Return a schedule; raise 404."""
    query = sa.select(import_schedule).where(_S.id == schedule_id)
    row = await tx.first(query.with_for_update() if lock else query) if 0 < schedule_id < 2**31 else None
    if row is None:
        raise not_found("Scheduled import", schedule_id)
    return as_struct(row, ScheduleRow)


async def update(tx: Tx, schedule_id: int, **values: object) -> None:
    """Change columns of a schedule."""
    await tx.execute(sa.update(import_schedule).where(_S.id == schedule_id).values(values))


async def delete(tx: Tx, schedule_id: int) -> None:
    """Remove a schedule with its runs."""
    await tx.execute(sa.delete(import_schedule).where(_S.id == schedule_id))


async def page(tx: Tx, request: PageRequest, database_id: int) -> tuple[list[ScheduleRow], str | None, int]:
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
    return [as_struct(row, ScheduleRow) for row in shown], cursor, total


async def of_database(tx: Tx, database_id: int) -> list[ScheduleRow]:
    """Return every schedule of a database."""
    rows = await tx.all(sa.select(import_schedule).where(_S.database_id == database_id).order_by(_S.id))
    return [as_struct(row, ScheduleRow) for row in rows]


async def filling(tx: Tx, segment_id: int) -> list[str]:
    """Return the names of schedules whose people go to a segment."""
    query = sa.select(_S.name).where(_S.segment_id == segment_id).order_by(_S.id)
    return [row.name for row in await tx.all(query)]


# -- runs -----------------------------------------------------------------------------------------------------------

RUNS = Runs(
    import_schedule_run,
    RunRow,
    owner="schedule_id",
    unsaid="The import of this run was deleted before it ended",
    renamed={"left": "left_count"},
)


def as_run(row: RunRow) -> ScheduledRun:
    """Return what callers see of a run."""
    return ScheduledRun(**{name: getattr(row, name) for name in ScheduledRun.__struct_fields__})


async def handed_over(tx: Tx, run_id: int, import_id: int, **found: object) -> None:
    """Note which import a run goes on as, and what was fetched for it."""
    await tx.execute(sa.update(import_schedule_run).where(_R.id == run_id).values(import_id=import_id, **found))


async def open_of_import(tx: Tx, import_id: int) -> list[int]:
    """Return the runs that an import is the work of, unless they have ended."""
    stmt = sa.select(_R.id).where(_R.import_id == import_id, _R.state.in_(OPEN)).order_by(_R.id)
    return [row.id for row in await tx.all(stmt)]


async def forget_runs(tx: Tx, before: datetime) -> None:
    """Remove runs that ended before a moment."""
    await tx.execute(sa.delete(import_schedule_run).where(_R.finished_at < before))
