"""Queries on scores, their runs, and the values of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import SegmentSchedule
from ..store.members import before_id
from .model import ScoreFigure, ScorePart, ScoreRow, ScoreRun
from .tables import score, score_run

_s, _r = score.c, score_run.c
_OPEN = ("queued", "running")
_ENDED = ("done", "failed", "cancelled")
_STAGE = "score_stage"


# -- scores ---------------------------------------------------------------------------------------------------------


def _as_score(row: sa.Row[Any]) -> ScoreRow:
    values = dict(row._mapping)
    values["figure"] = None if row.figure is None else msgspec.convert(row.figure, ScoreFigure)
    values["schedule"] = None if row.schedule is None else msgspec.convert(row.schedule, SegmentSchedule)
    return ScoreRow(**values)


async def find(tx: Tx, database_id: int, score_id: int, *, lock: bool = False, hold: bool = False) -> ScoreRow | None:
    """Return a score of a database, or ``None``; ``lock`` it against all others, or ``hold`` it against its end."""
    if not 0 < score_id < 2**31:
        return None
    stmt = sa.select(score).where(_s.id == score_id, _s.database_id == database_id)
    row = await tx.first(stmt.with_for_update(key_share=hold, read=hold) if lock or hold else stmt)
    return None if row is None else _as_score(row)


async def get(tx: Tx, database_id: int, score_id: int, *, lock: bool = False) -> ScoreRow:
    """Return a score of a database; raise 404."""
    found = await find(tx, database_id, score_id, lock=lock)
    if found is None:
        raise not_found("Score", score_id)
    return found


async def of_database(tx: Tx, database_id: int) -> list[ScoreRow]:
    """Return every score of a database, the oldest first."""
    return [
        _as_score(row) for row in await tx.all(sa.select(score).where(_s.database_id == database_id).order_by(_s.id))
    ]


async def name_taken(tx: Tx, database_id: int, name: str, but: int | None = None) -> bool:
    """Tell whether another score of the database bears a name."""
    stmt = sa.select(_s.id).where(_s.database_id == database_id, sa.func.lower(_s.name) == sa.func.lower(name))
    return await tx.scalar(stmt if but is None else stmt.where(_s.id != but)) is not None


async def add(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new score; return its id."""
    stmt = sa.insert(score).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(stmt.returning(_s.id)))


async def update(tx: Tx, score_id: int, values: Mapping[str, Any], *, definition: bool = False) -> None:
    """Change columns; ``definition`` raises the version."""
    raised = {"version": _s.version + 1, "updated_at": tx.now} if definition else {}
    await tx.execute(sa.update(score).where(_s.id == score_id).values(**values, **raised))


async def delete(tx: Tx, score_id: int) -> None:
    """Forget a score with its runs."""
    await tx.execute(sa.delete(score).where(_s.id == score_id))


async def due(tx: Tx) -> list[ScoreRow]:
    """Return the scores whose time has come, locked; those that somebody else works on are left out."""
    rows = await tx.all(
        sa.select(score).where(_s.next_run_at <= tx.now).order_by(_s.id).with_for_update(skip_locked=True)
    )
    return [_as_score(row) for row in rows]


async def with_open_run(tx: Tx) -> list[ScoreRow]:
    """Return the scores that a run waits for or works on."""
    busy = sa.select(_r.score_id).where(_r.state.in_(_OPEN))
    return [_as_score(row) for row in await tx.all(sa.select(score).where(_s.id.in_(busy)).order_by(_s.id))]


# -- runs -----------------------------------------------------------------------------------------------------------


def _as_run(row: sa.Row[Any]) -> ScoreRun:
    return ScoreRun(**{**row._mapping, "parts": msgspec.convert(row.parts, list[ScorePart])})


async def add_run(tx: Tx, score_id: int, *, source: str, actor: str) -> int:
    """Note that a computation was asked for; return the run's id."""
    stmt = sa.insert(score_run).values(score_id=score_id, state="queued", source=source, actor=actor, queued_at=tx.now)
    return int(await tx.scalar(stmt.returning(_r.id)))


async def set_job(tx: Tx, run_id: int, job_id: str) -> None:
    """Note which job does a run."""
    await tx.execute(sa.update(score_run).where(_r.id == run_id).values(job_id=job_id))


async def begin(tx: Tx, run_id: int) -> bool:
    """Mark a run as running (again, after a crash); say ``False`` when it has ended or its score is gone."""
    done = await tx.execute(sa.update(score_run).where(_r.id == run_id, _r.state.in_(_OPEN)).values(state="running"))
    return done.rowcount > 0


async def changed_more(tx: Tx, run_id: int, count: int) -> None:
    """Count people whose values were changed, also by an attempt that was killed later."""
    total = sa.func.coalesce(_r.changed, 0) + count
    await tx.execute(sa.update(score_run).where(_r.id == run_id).values(changed=total))


async def finish(tx: Tx, run_id: int, values: Mapping[str, Any]) -> bool:
    """Mark a run as done; say ``False`` when it had ended already."""
    done = await tx.execute(
        sa.update(score_run)
        .where(_r.id == run_id, _r.state.in_(_OPEN))
        .values(state="done", finished_at=tx.now, changed=sa.func.coalesce(_r.changed, 0), **values)
    )
    return done.rowcount > 0


async def end(tx: Tx, run_id: int, state: str, error: str | None) -> None:
    """Mark a run as failed or cancelled, unless it has ended."""
    await tx.execute(
        sa.update(score_run)
        .where(_r.id == run_id, _r.state.in_(_OPEN))
        .values(state=state, finished_at=tx.now, error=error)
    )


async def open_run(tx: Tx, score_id: int) -> ScoreRun | None:
    """Return the run that waits or works."""
    row = await tx.first(sa.select(score_run).where(_r.score_id == score_id, _r.state.in_(_OPEN)))
    return None if row is None else _as_run(row)


async def run(tx: Tx, run_id: int) -> ScoreRun | None:
    """Return a run, or ``None`` when its score is gone."""
    row = await tx.first(sa.select(score_run).where(_r.id == run_id))
    return None if row is None else _as_run(row)


async def last_run(tx: Tx, score_id: int, *, done: bool = False) -> ScoreRun | None:
    """Return the newest run that has ended, or the newest that came to its end."""
    states = ("done",) if done else _ENDED
    row = await tx.first(
        sa.select(score_run).where(_r.score_id == score_id, _r.state.in_(states)).order_by(_r.id.desc()).limit(1)
    )
    return None if row is None else _as_run(row)


async def run_page(tx: Tx, score_id: int, request: PageRequest) -> Page[ScoreRun]:
    """Return a page of a score's runs, newest first."""
    where = [_r.score_id == score_id]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(score_run).where(*where))
    before = before_id(request)
    if before is not None:
        where.append(_r.id < before)
    rows = await tx.all(sa.select(score_run).where(*where).order_by(_r.id.desc()).limit(request.limit + 1))
    items = [_as_run(row) for row in rows[: request.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)


# -- values ---------------------------------------------------------------------------------------------------------


async def write(
    raw: psycopg.AsyncConnection[Any],
    database: profiles.Database,
    fields: Sequence[profiles.Field],
    lines: bytes,
    first: int,
    last: int,
) -> BitMap:
    """Give the people with these ids (both included) the values of COPY's ``lines``, none to those without a line.

    Only rows that differ are written, with a higher version; they are locked in the order of their ids. Returns who
    was changed.
    """
    columns = [field.column for field in fields]
    kinds = ", ".join(f"{field.column} {field.pg}" for field in fields)
    await raw.execute(f"drop table if exists pg_temp.{_STAGE}")
    await raw.execute(f"create temporary table {_STAGE} (id bigint primary key, {kinds}) on commit drop")
    async with raw.cursor() as cursor, cursor.copy(f"copy {_STAGE} from stdin") as copy:
        await copy.write(lines)
    await raw.execute(f"analyze {_STAGE}")
    differs = " or ".join(f"q.{column} is distinct from s.{column}" for column in columns)
    sets = ", ".join(f"{column} = t.{column}" for column in columns)
    picked = ", ".join(f"s.{column}" for column in columns)
    done = await raw.execute(
        f"with t as (select q.id, {picked} from {database.table} q left join {_STAGE} s on s.id = q.id"
        f" where q.id between %s and %s and ({differs}) order by q.id for update of q)"
        f" update {database.table} p set version = p.version + 1, {sets} from t where p.id = t.id returning p.id",
        (first, last),
        binary=True,
    )
    return BitMap(row[0] for row in await done.fetchall())
