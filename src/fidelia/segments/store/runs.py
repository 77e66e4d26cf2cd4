"""Queries on runs: one row from the moment a filling was asked for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import ENDED, OPEN, Runs

from ..model import SegmentRun
from ..tables import segment, segment_run
from .members import packed

_r = segment_run.c
RUNS = Runs(
    segment_run,
    SegmentRun,
    owner="segment_id",
    unsaid="The job ended before the list was stored",
    renamed={"left": "left_count"},
)


async def begin(tx: Tx, run_id: int) -> bool:
    """Mark a run as running (again, after a crash); say ``False`` when it has ended already."""
    return await RUNS.begin(tx, run_id, {"started_at": tx.now, "attempts": _r.attempts + 1})


async def finish(
    tx: Tx, run_id: int, *, took_ms: int, size: int, entered: BitMap, left: BitMap, skipped: bool = False
) -> bool:
    """Mark a run as done; say ``False`` when it had ended already."""
    found = {
        "took_ms": took_ms,
        "size": size,
        "entered": len(entered),
        "left_count": len(left),
        "joined": packed(entered),
        "gone": packed(left),
        "skipped": skipped,
    }
    return await RUNS.end(tx, run_id, "done", columns=found)


async def people(tx: Tx, segment_id: int, run_id: int) -> tuple[BitMap, BitMap]:
    """Return who entered and who left by a run; raise 404."""
    row = await tx.first(sa.select(_r.joined, _r.gone).where(_r.id == run_id, _r.segment_id == segment_id))
    if row is None:
        raise not_found("Run", run_id)
    joined, gone = (BitMap() if part is None else BitMap.deserialize(bytes(part)) for part in row)
    return joined, gone


async def keeps_people(tx: Tx, run_id: int) -> bool:
    """Tell whether it is known who entered and left by a run."""
    return await tx.first(sa.select(_r.id).where(_r.id == run_id, _r.joined.is_not(None))) is not None


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


async def left_to(tx: Tx, job_id: str) -> int:
    """Return how many runs a job has still to do, or does."""
    stmt = sa.select(sa.func.count()).select_from(segment_run).where(_r.job_id == job_id, _r.state.in_(OPEN))
    return int(await tx.scalar(stmt))


async def get(tx: Tx, run_id: int) -> SegmentRun:
    """Return a run that exists."""
    found = await RUNS.find(tx, run_id)
    assert found is not None
    return found


async def has_done(tx: Tx, segment_id: int) -> bool:
    """Tell whether a segment was ever filled."""
    return await tx.first(sa.select(_r.id).where(_r.segment_id == segment_id, _r.state == "done").limit(1)) is not None


async def last(tx: Tx, segment_id: int) -> SegmentRun | None:
    """Return the newest run of a segment, whether it has ended or not."""
    return await RUNS.last(tx, segment_id, OPEN + ENDED)
