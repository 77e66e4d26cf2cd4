"""Queries of campaigns themselves: their settings, states and figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, or_never, or_none, sorted_rows
from fidelia.platform.postgres import Tx, as_struct
from fidelia.platform.tags import TagCount
from fidelia.segments import StratumField

from ..model import State
from ..tables import TAGS, campaign, campaign_activity, campaign_people

_c, _p, _a = campaign.c, campaign_people.c, campaign_activity.c


class CampaignRow(msgspec.Struct, frozen=True, kw_only=True):
    """The row of a campaign, as it is stored, with its tags. ``share`` (millionths) is null without a control group."""

    id: int
    database_id: int
    segment_id: int
    name: str
    description: str
    state: State
    share: int | None
    cap: int | None
    strata: list[StratumField]
    salt: str
    epoch: int
    first_epoch: int
    controlled_since: datetime | None
    goal: str | None
    window_days: int
    cost: Decimal | None
    currency: str | None
    version: int
    started_at: datetime | None
    completed_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    tags: list[str]

    @property
    def percent(self) -> float | None:
        """The share in percent; null without a control group."""
        return None if self.share is None else self.share / 10_000


class Figures(msgspec.Struct, frozen=True):
    """So many people are in at present, so many of them kept back or guests; withheld by the global control group."""

    audience: int = 0
    control: int = 0
    guests: int = 0
    withheld: int = 0
    activities: int = 0


_READ = sa.select(campaign, TAGS.names())
_activities = sa.select(sa.func.count()).where(_a.campaign_id == _c.id).correlate(campaign).scalar_subquery()
_audience = sa.select(_p.audience_size).where(_p.campaign_id == _c.id).correlate(campaign).scalar_subquery()
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": _c.id,
    "name": folded(_c.name),
    "state": _c.state,
    "audience": or_none(_audience),
    "started_at": or_never(_c.started_at),
    "created_at": _c.created_at,
    "updated_at": _c.updated_at,
}


async def find(tx: Tx, campaign_id: int, *, lock: bool = False) -> CampaignRow | None:
    """Return a campaign, archived or not, or ``None``; ``lock`` lets nobody else change it."""
    stmt = _READ.where(_c.id == (campaign_id if 0 < campaign_id < 2**31 else 0))
    row = await tx.first(stmt.with_for_update(of=campaign) if lock else stmt)
    return None if row is None else as_struct(row, CampaignRow)


async def get(tx: Tx, campaign_id: int, lock: bool = False) -> CampaignRow:
    """Return a campaign, archived or not; raise 404."""
    found = await find(tx, campaign_id, lock=lock)
    if found is None:
        raise not_found("Campaign", campaign_id)
    return found


async def hold_lineup(tx: Tx, campaign_id: int) -> None:
    """Let nobody else attach, detach, complete or archive before this transaction ends.

    It comes before every other lock of a campaign: then its mailings, its listener, and its own row last.
    """
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"campaign {campaign_id}", 36))))


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new campaign; return its id."""
    stmt = sa.insert(campaign).values(**values, created_at=tx.now, updated_at=tx.now).returning(_c.id)
    return int(await tx.scalar(stmt))


async def update(tx: Tx, campaign_id: int, values: Mapping[str, Any], *, definition: bool = False) -> None:
    """Change columns; ``definition`` raises the version."""
    raised = {"version": _c.version + 1, "updated_at": tx.now} if definition else {}
    if values or raised:
        await tx.execute(sa.update(campaign).where(_c.id == campaign_id).values(**values, **raised))


async def page(
    tx: Tx,
    request: PageRequest,
    *,
    archived: bool = False,
    states: Collection[str] = (),
    tags: Collection[str] = (),
    database_id: int | None = None,
    segment_id: int | None = None,
) -> Page[CampaignRow]:
    """Return a page of campaigns, the newest first by default; ``q`` searches name and description, or is an id."""
    where: list[sa.ColumnElement[bool]] = [_c.archived_at.is_not(None) if archived else _c.archived_at.is_(None)]
    if states:
        where.append(_c.state.in_(states))
    if tags:
        where.append(TAGS.carries(tags))
    if database_id is not None:
        where.append(_c.database_id == database_id)
    if segment_id is not None:
        where.append(_c.segment_id == segment_id)
    if request.q:
        text = sa.or_(
            _c.name.icontains(request.q, autoescape=True), _c.description.icontains(request.q, autoescape=True)
        )
        number = request.q.lstrip("#")
        numeric = number.isdecimal() and number.isascii() and len(number) < 9
        where.append(sa.or_(text, _c.id == int(number)) if numeric else text)
    total = await tx.scalar(sa.select(sa.func.count()).select_from(campaign).where(*where))
    rows, cursor = await sorted_rows(tx, _READ.where(*where), request, sorts=_SORTS, key=_c.id, default="-created_at")
    return Page([as_struct(row, CampaignRow) for row in rows], cursor, total)


async def figures(tx: Tx, ids: Collection[int]) -> dict[int, Figures]:
    """Return the figures of campaigns, zeros for one whose people nobody has worked out yet."""
    stmt = (
        sa.select(
            _c.id, _p.audience_size, _p.control_size, _p.guests_size, _p.withheld_size, _activities.label("activities")
        )
        .select_from(campaign.outerjoin(campaign_people, _p.campaign_id == _c.id))
        .where(_c.id.in_(ids))
    )
    return {
        row.id: Figures(
            row.audience_size or 0, row.control_size or 0, row.guests_size or 0, row.withheld_size or 0, row.activities
        )
        for row in await tx.all(stmt)
    }


async def names(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Return the names of campaigns, archived ones too (a port of events)."""
    return {row.id: row.name for row in await tx.all(sa.select(_c.id, _c.name).where(_c.id.in_(ids)))}


async def using(tx: Tx, *, database_id: int | None = None, segment_id: int | None = None) -> list[CampaignRow]:
    """Return the campaigns of a database, archived ones too, or those on a segment that are not archived, by id."""
    stmt = _READ.order_by(_c.id)
    if database_id is not None:
        stmt = stmt.where(_c.database_id == database_id)
    if segment_id is not None:
        stmt = stmt.where(_c.segment_id == segment_id, _c.archived_at.is_(None))
    return [as_struct(row, CampaignRow) for row in await tx.all(stmt)]


class LastingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that has begun, and ended unless ``completed_at`` is null."""

    id: int
    name: str
    state: State
    started_at: datetime
    completed_at: datetime | None


async def lasting(
    tx: Tx, database_id: int, since: datetime, before: datetime, campaign_id: int | None = None
) -> list[LastingRow]:
    """Return the campaigns of a database, or one of them, that lasted at some time of a span, by their start."""
    one = () if campaign_id is None else (_c.id == campaign_id,)
    stmt = (
        sa.select(*(_c[name] for name in LastingRow.__struct_fields__))
        .where(
            _c.database_id == database_id,
            _c.started_at < before,
            sa.func.coalesce(_c.completed_at, sa.literal(tx.now, _c.started_at.type)) >= since,
            *one,
        )
        .order_by(_c.started_at, _c.id)
    )
    return [as_struct(row, LastingRow) for row in await tx.all(stmt)]


async def tag_counts(tx: Tx, database_id: int | None) -> list[TagCount]:
    """Return the tags of campaigns that are not archived, of one database or of all."""
    own = [] if database_id is None else [_c.database_id == database_id]
    return await TAGS.counts(tx, _c.archived_at.is_(None), *own)


async def put_tags(tx: Tx, campaign_id: int, tags: Iterable[str]) -> None:
    """Give a campaign exactly these tags; they are checked and clean."""
    await TAGS.put(tx, {campaign_id: list(tags)})
