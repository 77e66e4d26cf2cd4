"""Queries of mailings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, or_never, or_none, sorted_rows
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import MonthSchedule

from ..kinds.multivariate.model import Split
from ..kinds.placement.model import Placement
from ..kinds.trigger.model import Trigger
from ..model import Mailing, Utm
from ..tables import mailing, mailing_run
from ..timing.model import Timing
from ..timing.rules import LEAD

_last = (
    sa.select(
        mailing_run.c.id,
        mailing_run.c.phase,
        mailing_run.c.audience,
        mailing_run.c.trouble,
        mailing_run.c.error,
        mailing_run.c.started_at,
        mailing_run.c.finished_at,
    )
    .where(mailing_run.c.mailing_id == mailing.c.id, mailing_run.c.phase != "skipped")
    .order_by(mailing_run.c.id.desc())
    .limit(1)
    .lateral("last")
)
_SELECT = sa.select(
    mailing,
    _last.c.id.label("run_id"),
    _last.c.phase,
    _last.c.audience,
    _last.c.trouble,
    _last.c.error,
    _last.c.started_at,
    _last.c.finished_at,
).select_from(mailing.outerjoin(_last, sa.true()))
_NAMES = [field.encode_name for field in msgspec.structs.fields(Mailing)]


def _mailing(row: sa.Row[Any]) -> Mailing:
    values = {name: getattr(row, name) for name in _NAMES}
    return Mailing(**{**values, "utm": msgspec.convert(row.utm, Utm), **_timed(row)})


def _timed(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "split": None if row.split is None else msgspec.convert(row.split, Split),
        "placement": None if row.placement is None else msgspec.convert(row.placement, Placement),
        "timing": msgspec.convert(row.timing, Timing),
        "triggers": msgspec.convert(row.triggers, list[Trigger]),
        "schedule": None if row.schedule is None else msgspec.convert(row.schedule, MonthSchedule),
    }


async def get(tx: Tx, mailing_id: int, *, lock: bool = False, share: bool = False) -> Mailing:
    """Return a mailing with its newest run; raise 404. With ``share`` it stays as it is while others may read it."""
    query = _SELECT.where(mailing.c.id == mailing_id)
    if lock or share:
        query = query.with_for_update(of=mailing, read=share)
    row = await tx.first(query) if 0 < mailing_id < 2**31 else None
    if row is None:
        raise not_found("Mailing", mailing_id)
    return _mailing(row)


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": mailing.c.id,
    "name": folded(mailing.c.name),
    "state": mailing.c.state,
    "type": mailing.c.type,
    "people": or_none(_last.c.audience),
    # as the list shows it: what has happened last, else what is to come
    "when": or_never(sa.func.coalesce(_last.c.finished_at, _last.c.started_at, mailing.c.starts_at, mailing.c.send_at)),
    "created_at": mailing.c.created_at,
    "updated_at": mailing.c.updated_at,
}


async def pages(
    tx: Tx,
    page: PageRequest,
    *,
    archived: bool,
    state: str | None,
    database_id: int | None,
    segment_id: int | None,
    types: Sequence[str] = (),
    campaign_id: int | None = None,
) -> Page[Mailing]:
    """Return a page of mailings in one of the orders of ``_SORTS``, the newest first by default."""
    where: list[sa.ColumnElement[bool]] = [
        mailing.c.archived_at.isnot(None) if archived else mailing.c.archived_at.is_(None),
        sa.not_(mailing.c.is_system),
    ]
    if state is not None:
        where.append(mailing.c.state.in_(state.split(",")))
    if types:
        where.append(mailing.c.type.in_(types))
    if database_id is not None:
        where.append(mailing.c.database_id == database_id)
    if segment_id is not None:
        where.append(mailing.c.segment_id == segment_id)
    if campaign_id is not None:
        where.append(mailing.c.campaign_id == campaign_id)
    if page.q:
        where.append(mailing.c.name.icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(mailing).where(*where))
    rows, cursor = await sorted_rows(
        tx, _SELECT.where(*where), page, sorts=_SORTS, key=mailing.c.id, default="-created_at"
    )
    return Page([_mailing(row) for row in rows], cursor, total)


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new mailing and return its id."""
    query = sa.insert(mailing).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(query.returning(mailing.c.id)))


async def update(tx: Tx, mailing_id: int, values: dict[str, Any], *, only: Sequence[str] = ()) -> None:
    """Change a mailing; with ``only``, if it is in one of these states."""
    stmt = sa.update(mailing).where(mailing.c.id == mailing_id).values(**values, updated_at=tx.now)
    await tx.execute(stmt.where(mailing.c.state.in_(only)) if only else stmt)


#: Each recipient's own clock counts.
_by_own_clocks = mailing.c.timing["local_time"].as_boolean()


async def due(tx: Tx, now: datetime) -> list[int]:
    """Return and lock the mailings whose moment may have come, leaving those that another process has.

    Where recipients' own clocks count, a moment comes as much as ``LEAD`` sooner.
    """
    rows = await tx.all(
        sa.select(mailing.c.id)
        .where(
            mailing.c.state.in_(("scheduled", "starting")),
            sa.or_(mailing.c.starts_at <= now, sa.and_(_by_own_clocks, mailing.c.starts_at <= now + LEAD)),
        )
        .order_by(mailing.c.starts_at)
        .with_for_update(skip_locked=True)
    )
    return [row.id for row in rows]


async def using(tx: Tx, *, segment_id: int | None = None, database_id: int | None = None) -> list[str]:
    """Return the names of mailings to a segment that are not archived, or of all mailings of a database."""
    query = sa.select(mailing.c.name).order_by(mailing.c.id).limit(100)
    if segment_id is not None:
        query = query.where(mailing.c.segment_id == segment_id, mailing.c.archived_at.is_(None))
    if database_id is not None:
        query = query.where(mailing.c.database_id == database_id, sa.not_(mailing.c.is_system))
    return [row.name for row in await tx.all(query)]


async def set_off_by(tx: Tx, database_id: int, type_: str) -> list[str]:
    """Return the names of mailings that events of a type set off and that are not archived."""
    wanted = sa.cast([{"kind": "event", "type": type_}], mailing.c.triggers.type)
    where = (mailing.c.database_id == database_id, mailing.c.archived_at.is_(None), mailing.c.triggers.contains(wanted))
    return [row.name for row in await tx.all(sa.select(mailing.c.name).where(*where).order_by(mailing.c.id))]


async def of_campaign(tx: Tx, campaign_id: int) -> list[int]:
    """Return the mailings of a campaign, archived ones too, by id."""
    rows = await tx.all(sa.select(mailing.c.id).where(mailing.c.campaign_id == campaign_id).order_by(mailing.c.id))
    return [row.id for row in rows]


async def names(tx: Tx, ids: Iterable[int]) -> dict[int, str]:
    """Return the names of mailings by id."""
    rows = await tx.all(sa.select(mailing.c.id, mailing.c.name).where(mailing.c.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


async def counts(tx: Tx) -> dict[str, int]:
    """Return how many mailings are in each state, archived ones left out."""
    rows = await tx.all(
        sa.select(mailing.c.state, sa.func.count().label("many"))
        .where(mailing.c.archived_at.is_(None), sa.not_(mailing.c.is_system))
        .group_by(mailing.c.state)
    )
    return {row.state: row.many for row in rows}
