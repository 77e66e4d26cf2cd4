"""Queries on scores, their runs, and the values of their fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx, as_struct
from fidelia.platform.schedules import Runs

from .model import ScoreRow, ScoreRun
from .tables import score, score_run

_s, _r = score.c, score_run.c
_STAGE = "score_stage"


# -- scores ---------------------------------------------------------------------------------------------------------


async def find(tx: Tx, database_id: int, score_id: int, *, lock: bool = False, hold: bool = False) -> ScoreRow | None:
    """Return a score of a database, or ``None``; ``lock`` it against all others, or ``hold`` it against its end."""
    if not 0 < score_id < 2**31:
        return None
    stmt = sa.select(score).where(_s.id == score_id, _s.database_id == database_id)
    row = await tx.first(stmt.with_for_update(key_share=hold, read=hold) if lock or hold else stmt)
    return None if row is None else as_struct(row, ScoreRow)


async def get(tx: Tx, database_id: int, score_id: int, *, lock: bool = False) -> ScoreRow:
    """Return a score of a database; raise 404."""
    found = await find(tx, database_id, score_id, lock=lock)
    if found is None:
        raise not_found("Score", score_id)
    return found


async def of_database(tx: Tx, database_id: int) -> list[ScoreRow]:
    """Return every score of a database, the oldest first."""
    return [
        as_struct(row, ScoreRow)
        for row in await tx.all(sa.select(score).where(_s.database_id == database_id).order_by(_s.id))
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


# -- runs -----------------------------------------------------------------------------------------------------------

RUNS = Runs(score_run, ScoreRun, owner="score_id", unsaid="The job ended before the score was stored")


async def changed_more(tx: Tx, run_id: int, count: int) -> None:
    """Count people whose values were changed, also by an attempt that was killed later."""
    total = sa.func.coalesce(_r.changed, 0) + count
    await tx.execute(sa.update(score_run).where(_r.id == run_id).values(changed=total))


async def finish(tx: Tx, run_id: int, values: Mapping[str, object]) -> bool:
    """Mark a run as done; say ``False`` when it had ended already."""
    return await RUNS.end(tx, run_id, "done", columns={"changed": sa.func.coalesce(_r.changed, 0), **values})


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
