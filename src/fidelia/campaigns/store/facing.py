"""Queries for whom others ask about campaigns: conditions, templates, a person's card, a mailing before its start."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ..model import State
from ..tables import campaign, campaign_people

_c, _p = campaign.c, campaign_people.c
_WITH_PEOPLE = sa.select(_c.id).join(campaign_people, _p.campaign_id == _c.id).order_by(_c.id)
#: Lists that are read together: some megabytes when each has a million people.
_AT_ONCE = 50


class Lists(msgspec.Struct, frozen=True):
    """Lists of a campaign's people, as in ``store.people``; nobody is in one that is over (``audience`` is empty)."""

    assigned: BitMap
    audience: BitMap
    control: BitMap


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a message may say of a campaign."""

    id: int
    name: str
    description: str
    started_at: datetime | None


class Belonging(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that somebody was given a side in; ``present``: they are in it now, and it is not over."""

    id: int
    name: str
    state: State
    control: bool
    guest: bool
    present: bool


async def names_in(tx: Tx, database_id: int) -> dict[int, str]:
    """Return the names of the campaigns of a database, archived ones too, by id."""
    rows = await tx.all(sa.select(_c.id, _c.name).where(_c.database_id == database_id).order_by(_c.id))
    return {row.id: row.name for row in rows}


async def ids_in(tx: Tx, database_id: int) -> list[int]:
    """Return the campaigns of a database, archived ones too."""
    return [row.id for row in await tx.all(sa.select(_c.id).where(_c.database_id == database_id).order_by(_c.id))]


async def lists_of(tx: Tx, database_id: int, ids: Collection[int]) -> dict[int, Lists]:
    """Return the lists of those of some campaigns that are of a database; before the start nobody is on them."""
    rows = await tx.all(
        sa.select(_c.id, _c.state, _p.assigned, _p.audience, _p.control)
        .select_from(campaign.outerjoin(campaign_people, _p.campaign_id == _c.id))
        .where(_c.database_id == database_id, _c.id.in_(ids))
    )
    return {
        row.id: Lists(
            _read(row.assigned), BitMap() if row.state == "completed" else _read(row.audience), _read(row.control)
        )
        for row in rows
    }


async def known(tx: Tx, campaign_id: int) -> Known | None:
    """Return what a message may say of a campaign, if there is one."""
    row = await tx.first(sa.select(_c.id, _c.name, _c.description, _c.started_at).where(_c.id == campaign_id))
    if row is None:
        return None
    return Known(id=row.id, name=row.name, description=row.description, started_at=row.started_at)


async def of_person(tx: Tx, database_id: int, profile_id: int, *, archived: bool = False) -> list[Belonging]:
    """Return the campaigns that somebody was given a side in, those at work first, then the newest.

    Archived ones are left out unless asked for.
    """
    kept = () if archived else (_c.archived_at.is_(None),)
    all_ = [row.id for row in await tx.all(_WITH_PEOPLE.where(_c.database_id == database_id, *kept))]
    inside: list[int] = []
    for start in range(0, len(all_), _AT_ONCE):
        stmt = sa.select(_p.campaign_id, _p.assigned).where(_p.campaign_id.in_(all_[start : start + _AT_ONCE]))
        inside += [row.campaign_id for row in await tx.all(stmt) if profile_id in _read(row.assigned)]
    rows = await tx.all(
        sa.select(_c.id, _c.name, _c.state, _p.audience, _p.control, _p.guests)
        .join(campaign_people, _p.campaign_id == _c.id)
        .where(_c.id.in_(inside))
        .order_by(_c.state == "completed", _c.id.desc())
    )
    return [
        Belonging(
            id=row.id,
            name=row.name,
            state=row.state,
            control=profile_id in _read(row.control),
            guest=profile_id in _read(row.guests),
            present=row.state != "completed" and profile_id in _read(row.audience),
        )
        for row in rows
    ]


def _read(packed: bytes | None) -> BitMap:
    return BitMap() if packed is None else BitMap.deserialize(bytes(packed))
