"""Queries of slots and of the secrets of sites."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ....tables import mailing, placement_run, placement_slot, site_secret
from ..model import Slot, SlotUse

_c = placement_slot.c
_used = mailing.c.placement["slot_id"].as_integer() == _c.id
_live = (
    sa.select(sa.func.count())
    .select_from(placement_run)
    .where(placement_run.c.slot_id == _c.id, placement_run.c.live)
    .scalar_subquery()
)
_mailings = (
    sa.select(sa.func.count()).select_from(mailing).where(_used, mailing.c.archived_at.is_(None)).scalar_subquery()
)
_SELECT = sa.select(placement_slot, _live.label("live"), _mailings.label("mailing_count"))
_SORTS = {"name": folded(_c.name), "key": _c.key, "created_at": _c.created_at, "updated_at": _c.updated_at}


def _slot(row: sa.Row[Any]) -> Slot:
    return Slot(**{name: row._mapping[name] for name in Slot.__struct_fields__})


async def find(tx: Tx, slot_id: int, *, lock: bool = False) -> Slot:
    """Return a slot; raise 404."""
    query = _SELECT.where(_c.id == slot_id)
    row = await tx.first(query.with_for_update(of=placement_slot) if lock else query) if 0 < slot_id < 2**31 else None
    if row is None:
        raise not_found("Slot", slot_id)
    return _slot(row)


async def page(tx: Tx, request: PageRequest, database_id: int | None) -> Page[Slot]:
    """Return a page of slots."""
    where: list[sa.ColumnElement[bool]] = []
    if database_id is not None:
        where.append(_c.database_id == database_id)
    if request.q:
        where.append(_c.name.icontains(request.q, autoescape=True) | _c.key.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(placement_slot).where(*where))
    rows, cursor = await sorted_rows(tx, _SELECT.where(*where), request, sorts=_SORTS, key=_c.id, default="name")
    return Page([_slot(row) for row in rows], cursor, total)


async def key_taken(tx: Tx, database_id: int, key: str) -> bool:
    """Tell whether a database has a slot of this key."""
    return await tx.first(sa.select(_c.id).where(_c.database_id == database_id, _c.key == key)) is not None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a slot; return its id."""
    stmt = sa.insert(placement_slot).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(stmt.returning(_c.id)))


async def update(tx: Tx, slot_id: int, values: Mapping[str, Any]) -> None:
    """Change a slot."""
    await tx.execute(sa.update(placement_slot).where(_c.id == slot_id).values(**values, updated_at=tx.now))


async def delete(tx: Tx, slot_id: int) -> None:
    """Delete a slot, and what is kept of it in placements that have ended."""
    await tx.execute(sa.delete(placement_slot).where(_c.id == slot_id))


async def used_by(tx: Tx, slot_id: int) -> list[SlotUse]:
    """Return the mailings of a slot that are not archived."""
    rows = await tx.all(
        sa.select(mailing.c.id, mailing.c.name, mailing.c.state)
        .where(mailing.c.placement["slot_id"].as_integer() == slot_id, mailing.c.archived_at.is_(None))
        .order_by(mailing.c.id.desc())
        .limit(1000)
    )
    return [SlotUse(row.id, row.name, row.state) for row in rows]


async def any_in(tx: Tx, database_id: int) -> bool:
    """Tell whether a database has slots."""
    return await tx.first(sa.select(_c.id).where(_c.database_id == database_id).limit(1)) is not None


class Secret(NamedTuple):
    """What is stored of a site's secrets, encrypted."""

    secret: str
    former: str | None
    former_until: datetime | None
    created_at: datetime


_s = site_secret.c


async def secret_of(tx: Tx, key_id: int, *, lock: bool = False) -> Secret | None:
    """Return the secrets of a site, encrypted."""
    query = sa.select(_s.secret, _s.former, _s.former_until, _s.created_at).where(_s.key_id == key_id)
    row = await tx.first(query.with_for_update() if lock else query)
    return Secret(row.secret, row.former, row.former_until, row.created_at) if row is not None else None


async def secrets_since(tx: Tx, key_ids: list[int]) -> dict[int, tuple[datetime, datetime | None]]:
    """Return since when sites have their secret and until when the former one holds, by key."""
    rows = await tx.all(sa.select(_s.key_id, _s.created_at, _s.former_until).where(_s.key_id.in_(key_ids)))
    return {row.key_id: (row.created_at, row.former_until) for row in rows}


async def keep_secret(tx: Tx, key_id: int, secret: Secret) -> None:
    """Store the secrets of a site in place of those before."""
    values = secret._asdict()
    stmt = postgresql.insert(site_secret).values(key_id=key_id, **values)
    await tx.execute(stmt.on_conflict_do_update(index_elements=[_s.key_id], set_=values))
