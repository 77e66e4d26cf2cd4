"""Queries of what schedules launch: which mailings are due, their runs in a row, launches that were skipped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fidelia.kernel.paging import Page, PageRequest, cursor_id, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import Mailing, Plan
from ..tables import mailing, mailing_run
from ..timing.rules import LEAD

_OPEN = ("audience", "sending", "paused")
_of_schedule = sa.and_(mailing.c.type == "recurring", mailing.c.state == "active")


async def due(tx: Tx) -> list[int]:
    """Return the active mailings whose next launch may have come: as much as ``LEAD`` ago where own clocks count."""
    ahead = sa.case((mailing.c.timing["local_time"].as_boolean(), tx.now + LEAD), else_=tx.now)
    rows = await tx.all(
        sa.select(mailing.c.id)
        .where(_of_schedule, mailing.c.next_launch_at <= ahead)
        .order_by(mailing.c.next_launch_at, mailing.c.id)
    )
    return [row.id for row in rows]


async def take(tx: Tx, mailing_id: int) -> bool:
    """Lock a mailing that is active; ``False`` when it is not any more, or another process has it."""
    found = await tx.scalar(
        sa.select(mailing.c.id).where(mailing.c.id == mailing_id, _of_schedule).with_for_update(skip_locked=True)
    )
    return found is not None


async def ended(tx: Tx) -> list[int]:
    """Return and lock the active mailings that are launched no more and have no open run."""
    is_open = sa.exists().where(mailing_run.c.mailing_id == mailing.c.id, mailing_run.c.phase.in_(_OPEN))
    rows = await tx.all(
        sa.select(mailing.c.id)
        .where(_of_schedule, mailing.c.next_launch_at.is_(None), sa.not_(is_open))
        .with_for_update(skip_locked=True)
    )
    return [row.id for row in rows]


async def last_due(tx: Tx, mailing_id: int) -> datetime | None:
    """Return the last moment of its schedule that a mailing was launched for, or skipped."""
    found: datetime | None = await tx.scalar(
        sa.select(sa.func.max(mailing_run.c.due_at)).where(mailing_run.c.mailing_id == mailing_id)
    )
    return found


async def skip(tx: Tx, skipped: Mailing, reason: str, by: str, due_at: datetime | None) -> None:
    """Note that a mailing was not launched, and why; once for each moment."""
    query = insert(mailing_run).values(
        mailing_id=skipped.id,
        database_id=skipped.database_id,
        plan=msgspec.to_builtins(Plan(mailing_id=skipped.id, name=skipped.name)),
        phase="skipped",
        error=reason,
        due_at=due_at,
        actor=by,
        created_at=tx.now,
        finished_at=tx.now,
    )
    await tx.execute(query.on_conflict_do_nothing())


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run as its row tells it."""

    id: int
    phase: str
    actor: str
    due_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    selected: int | None
    audience: int | None
    trouble: str | None
    error: str | None
    left_out: int


async def page(tx: Tx, mailing_id: int, request: PageRequest) -> Page[RunRow]:
    """Return a page of a mailing's runs and skipped launches, the newest first. Raises 422."""
    request.sort_key(("id",), "-id")
    where = [mailing_run.c.mailing_id == mailing_id]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(mailing_run).where(*where))
    edge = cursor_id(request)
    if edge is not None:
        where.append(mailing_run.c.id < edge)
    names = [name for name in RunRow.__struct_fields__ if name != "left_out"]
    rows = await tx.all(
        sa.select(*(mailing_run.c[name] for name in names), _left_out)
        .where(*where)
        .order_by(mailing_run.c.id.desc())
        .limit(request.limit + 1)
    )
    items = [_row(row, names) for row in rows[: request.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)


_left_out: sa.ColumnElement[int] = sa.literal_column(
    "coalesce((select sum(x.count) from run_exclusion x where x.run_id = mailing_run.id), 0)::int"
).label("left_out")


def _row(row: sa.Row[Any], names: Sequence[str]) -> RunRow:
    return RunRow(**{name: getattr(row, name) for name in (*names, "left_out")})
