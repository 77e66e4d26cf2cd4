"""Queries on runs: one row from the moment a filling was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import SegmentRun
from ..tables import segment, segment_run
from .members import before_id, packed

_r = segment_run.c
_OPEN = ("queued", "running")
_SHOWN = [column for column in _r if column.name not in ("joined", "gone")]


def _as_run(row: sa.Row[Any]) -> SegmentRun:
    values = dict(row._mapping)
    values["left"] = values.pop("left_count")
    return SegmentRun(**values)


async def insert(tx: Tx, segment_id: int, *, source: str, actor: str) -> int:
    """Note that a filling was asked for; return the run's id. Beside an open one it violates a unique index."""
    stmt = sa.insert(segment_run).values(
        segment_id=segment_id, state="queued", source=source, actor=actor, queued_at=tx.now
    )
    return int(await tx.scalar(stmt.returning(_r.id)))


async def set_job(tx: Tx, run_ids: Iterable[int], job_id: str) -> None:
    """Note which job does some runs."""
    await tx.execute(sa.update(segment_run).where(_r.id.in_(list(run_ids))).values(job_id=job_id))


async def begin(tx: Tx, run_id: int) -> bool:
    """Mark a run as running (again, after a crash); say ``False`` when it has ended already."""
    done = await tx.execute(
        sa.update(segment_run)
        .where(_r.id == run_id, _r.state.in_(_OPEN))
        .values(state="running", started_at=tx.now, attempts=_r.attempts + 1)
    )
    return done.rowcount > 0


async def finish(
    tx: Tx, run_id: int, *, took_ms: int, size: int, entered: BitMap, left: BitMap, skipped: bool = False
) -> bool:
    """Mark a run as done; say ``False`` when it had ended already."""
    done = await tx.execute(
        sa.update(segment_run)
        .where(_r.id == run_id, _r.state.in_(_OPEN))
        .values(
            state="done",
            finished_at=tx.now,
            took_ms=took_ms,
            size=size,
            entered=len(entered),
            left_count=len(left),
            joined=packed(entered),
            gone=packed(left),
            skipped=skipped,
        )
    )
    return done.rowcount > 0


async def people(tx: Tx, segment_id: int, run_id: int) -> tuple[BitMap, BitMap]:
    """Return who entered and who left by a run; raise 404."""
    row = await tx.first(sa.select(_r.joined, _r.gone).where(_r.id == run_id, _r.segment_id == segment_id))
    if row is None:
        raise not_found("Run", run_id)
    joined, gone = (BitMap() if part is None else BitMap.deserialize(bytes(part)) for part in row)
    return joined, gone


async def forget(tx: Tx, database_id: int, erased: BitMap) -> None:
    """Take erased people of a database out of the lists that its runs keep; their figures stay."""
    known = sa.select(segment.c.id).where(segment.c.database_id == database_id)
    after = 0
    while True:
        rows = await tx.all(
            sa.select(_r.id, _r.joined, _r.gone)
            .where(_r.segment_id.in_(known), _r.joined.is_not(None), _r.id > after)
            .order_by(_r.id)
            .limit(500)
        )
        if not rows:
            return
        after = rows[-1].id
        for row in rows:
            before = [BitMap.deserialize(bytes(part)) for part in (row.joined, row.gone)]
            if any(part & erased for part in before):
                joined, gone = (packed(part - erased) for part in before)
                await tx.execute(sa.update(segment_run).where(_r.id == row.id).values(joined=joined, gone=gone))


async def purge_people(tx: Tx, before: datetime) -> None:
    """Forget who entered and left by runs that ended before a moment; their figures stay."""
    old = sa.and_(_r.finished_at < before, _r.joined.is_not(None))
    await tx.execute(sa.update(segment_run).where(old).values(joined=None, gone=None))


async def of_job(tx: Tx, job_id: str) -> list[SegmentRun]:
    """Return the runs that one job does."""
    return [_as_run(row) for row in await tx.all(sa.select(*_SHOWN).where(_r.job_id == job_id).order_by(_r.id))]


async def end(tx: Tx, run_id: int, state: str, error: str | None) -> None:
    """Mark a run as failed or cancelled, unless it has ended."""
    await tx.execute(
        sa.update(segment_run)
        .where(_r.id == run_id, _r.state.in_(_OPEN))
        .values(state=state, finished_at=tx.now, error=error)
    )


async def open_runs(tx: Tx, segment_ids: Iterable[int] | None = None) -> list[SegmentRun]:
    """Return the runs that wait or work, of all segments or some."""
    stmt = sa.select(*_SHOWN).where(_r.state.in_(_OPEN))
    if segment_ids is not None:
        stmt = stmt.where(_r.segment_id.in_(list(segment_ids)))
    return [_as_run(row) for row in await tx.all(stmt.order_by(_r.id))]


async def get(tx: Tx, run_id: int) -> SegmentRun:
    """Return a run that exists."""
    return _as_run(await tx.one(sa.select(*_SHOWN).where(_r.id == run_id)))


async def has_done(tx: Tx, segment_id: int) -> bool:
    """Tell whether a segment was ever filled."""
    return await tx.first(sa.select(_r.id).where(_r.segment_id == segment_id, _r.state == "done").limit(1)) is not None


async def last(tx: Tx, segment_id: int) -> SegmentRun | None:
    """Return the newest run of a segment."""
    row = await tx.first(sa.select(*_SHOWN).where(_r.segment_id == segment_id).order_by(_r.id.desc()).limit(1))
    return None if row is None else _as_run(row)


async def page(tx: Tx, segment_id: int, request: PageRequest) -> Page[SegmentRun]:
    """Return a page of a segment's runs, newest first."""
    where = [_r.segment_id == segment_id]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(segment_run).where(*where))
    before = before_id(request)
    if before is not None:
        where.append(_r.id < before)
    rows = await tx.all(sa.select(*_SHOWN).where(*where).order_by(_r.id.desc()).limit(request.limit + 1))
    items = [_as_run(row) for row in rows[: request.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)
