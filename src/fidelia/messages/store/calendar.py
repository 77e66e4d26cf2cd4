"""Queries of the calendar: what was sent, and what is going to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import MonthSchedule

from ..tables import mailing, mailing_run


class SentRow(msgspec.Struct, frozen=True):
    """A run that has begun."""

    mailing_id: int
    campaign_id: int | None
    name: str
    type: str
    run_id: int
    phase: str
    at: datetime
    audience: int | None


class PlannedRow(msgspec.Struct, frozen=True):
    """A mailing that begins at ``at``, or is launched from then on by a schedule."""

    mailing_id: int
    campaign_id: int | None
    name: str
    type: str
    state: str
    at: datetime
    schedule: MonthSchedule | None


async def sent(
    tx: Tx, database_id: int, since: datetime, before: datetime, campaign_id: int | None = None
) -> list[SentRow]:
    """Return the runs of a database that were due in a span; those that last have no moment of their own."""
    at = sa.func.coalesce(mailing_run.c.due_at, mailing_run.c.created_at)
    rows = await tx.all(
        sa.select(
            mailing.c.id,
            mailing.c.campaign_id,
            mailing.c.name,
            mailing.c.type,
            mailing_run.c.id.label("run_id"),
            mailing_run.c.phase,
            at.label("at"),
            mailing_run.c.audience,
        )
        .select_from(mailing_run.join(mailing, mailing.c.id == mailing_run.c.mailing_id))
        .where(
            mailing.c.type != "trigger",
            mailing_run.c.phase != "skipped",
            at >= since,
            at < before,
            *_of(database_id, campaign_id),
        )
        .order_by(at, mailing_run.c.id)
    )
    return [
        SentRow(row.id, row.campaign_id, row.name, row.type, row.run_id, row.phase, row.at, row.audience)
        for row in rows
    ]


async def planned(tx: Tx, database_id: int, before: datetime, campaign_id: int | None = None) -> list[PlannedRow]:
    """Return the mailings of a database that begin, or are launched next, before a moment."""
    at = sa.case((mailing.c.state == "active", mailing.c.next_launch_at), else_=mailing.c.starts_at)
    rows = await tx.all(
        sa.select(
            mailing.c.id,
            mailing.c.campaign_id,
            mailing.c.name,
            mailing.c.type,
            mailing.c.state,
            mailing.c.schedule,
            at.label("at"),
        )
        .where(
            sa.or_(
                mailing.c.state == "scheduled",
                sa.and_(mailing.c.state == "active", mailing.c.next_launch_at.isnot(None)),
            ),
            at < before,
            mailing.c.archived_at.is_(None),
            *_of(database_id, campaign_id),
        )
        .order_by(at, mailing.c.id)
    )
    return [PlannedRow(row.id, row.campaign_id, row.name, row.type, row.state, row.at, _schedule(row)) for row in rows]


def _of(database_id: int, campaign_id: int | None) -> list[sa.ColumnElement[bool]]:
    where = [mailing.c.database_id == database_id, sa.not_(mailing.c.is_system)]
    return where if campaign_id is None else [*where, mailing.c.campaign_id == campaign_id]


def _schedule(row: sa.Row[Any]) -> MonthSchedule | None:
    return None if row.schedule is None or row.state != "active" else msgspec.convert(row.schedule, MonthSchedule)
