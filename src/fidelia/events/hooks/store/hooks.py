"""Queries of what hooks are set up with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, or_never, sorted_rows
from fidelia.platform.postgres import Tx, as_struct

from ..model import Hook
from ..tables import hook, hook_delivery

_c = hook.c
_waits = sa.and_(hook_delivery.c.hook_id == _c.id, hook_delivery.c.state == "waiting")
_waiting = (
    sa.select(sa.cast(sa.func.coalesce(sa.func.sum(hook_delivery.c.rows), 0), sa.BigInteger))
    .where(_waits)
    .scalar_subquery()
)
_oldest = sa.select(sa.func.min(hook_delivery.c.created_at)).where(_waits).scalar_subquery()
_FIELDS = [_c[name] for name in Hook.__struct_fields__ if name not in ("waiting", "oldest_at")]
_SELECT = sa.select(*_FIELDS, _waiting.label("waiting"), _oldest.label("oldest_at"))
_SORTS = {
    "name": folded(_c.name),
    "waiting": _waiting,
    "delivered_at": or_never(_c.delivered_at),
    "created_at": _c.created_at,
    "updated_at": _c.updated_at,
}


class Secrets(msgspec.Struct, frozen=True):
    """What is encrypted of a hook."""

    secret: str
    old_secret: str | None
    old_secret_until: datetime | None
    headers: str | None


async def get(tx: Tx, hook_id: int, *, lock: bool = False) -> Hook:
    """Return a hook; raise 404."""
    found = await find(tx, hook_id, lock=lock)
    if found is None:
        raise not_found("Hook", hook_id)
    return found


async def find(tx: Tx, hook_id: int, *, lock: bool = False) -> Hook | None:
    """Return a hook, locked if asked for."""
    if not 0 < hook_id < 2**31:
        return None
    query = _SELECT.where(_c.id == hook_id)
    row = await tx.first(query.with_for_update(of=hook) if lock else query)
    return None if row is None else as_struct(row, Hook)


async def hold(tx: Tx, hook_id: int) -> Hook | None:
    """Lock a hook and return it without the figures of its queue, which cost more than what is done with it."""
    nothing = (sa.literal(0).label("waiting"), sa.null().label("oldest_at"))
    row = await tx.first(sa.select(*_FIELDS, *nothing).where(_c.id == hook_id).with_for_update())
    return None if row is None else as_struct(row, Hook)


async def secrets(tx: Tx, hook_id: int) -> Secrets:
    """Return what is encrypted of a hook that exists."""
    return as_struct(
        await tx.one(sa.select(*(_c[n] for n in Secrets.__struct_fields__)).where(_c.id == hook_id)), Secrets
    )


async def pages(tx: Tx, page: PageRequest, *, active: bool | None, database_id: int | None) -> Page[Hook]:
    """Return a page of hooks, by ``name`` (the default), ``waiting``, ``delivered_at`` or ``created_at``."""
    where: list[sa.ColumnElement[bool]] = []
    if page.q:
        where.append(_c.name.icontains(page.q, autoescape=True) | _c.url.icontains(page.q, autoescape=True))
    if active is not None:
        where.append(_c.active == active)
    if database_id is not None:
        where.append(sa.or_(_c.database_id == database_id, _c.database_id.is_(None)))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(hook).where(*where))
    rows, cursor = await sorted_rows(tx, _SELECT.where(*where), page, sorts=_SORTS, key=_c.id, default="name")
    return Page([_hook(row) for row in rows], cursor, total)


def _hook(row: sa.Row[Any]) -> Hook:
    values = {name: row._mapping[name] for name in Hook.__struct_fields__}
    return msgspec.convert(values, Hook)


async def named(tx: Tx, name: str, other_than: int | None) -> bool:
    """Tell whether another hook has this name, whatever its case."""
    query = sa.select(sa.literal(1)).where(sa.func.lower(_c.name) == sa.func.lower(name))
    if other_than is not None:
        query = query.where(_c.id != other_than)
    return await tx.first(query) is not None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new hook and return its id."""
    query = sa.insert(hook).values(**values, next_at=tx.now, created_at=tx.now, updated_at=tx.now, attempts=0)
    return int(await tx.scalar(query.values(delivered_events=0, dropped_events=0).returning(_c.id)))


async def update(tx: Tx, hook_id: int, values: Mapping[str, Any]) -> None:
    """Change what a person decides about a hook."""
    await tx.execute(sa.update(hook).where(_c.id == hook_id).values(**values, updated_at=tx.now))


async def note(tx: Tx, hook_id: int, values: Mapping[str, Any]) -> None:
    """Change what is known of its receiver; nobody has changed the hook."""
    await tx.execute(sa.update(hook).where(_c.id == hook_id).values(**values))


async def count(tx: Tx, hook_id: int, *, delivered: int = 0, dropped: int = 0) -> None:
    """Add to the figures of a hook."""
    delivered_events, dropped_events = _c.delivered_events + delivered, _c.dropped_events + dropped
    values = {"delivered_events": delivered_events, "dropped_events": dropped_events}
    await tx.execute(sa.update(hook).where(_c.id == hook_id).values(values))


async def delete(tx: Tx, hook_id: int) -> None:
    """Delete a hook with its queue and log."""
    await tx.execute(sa.delete(hook).where(_c.id == hook_id))


async def of_database(tx: Tx, database_id: int) -> list[str]:
    """Return the names of hooks that get the events of this database only."""
    return [r.name for r in await tx.all(sa.select(_c.name).where(_c.database_id == database_id).order_by(_c.name))]


async def of_type(tx: Tx, database_id: int, type_: str) -> list[str]:
    """Return the names of hooks that ask for a type of a database by its name."""
    where = (_c.types.contains([type_]), sa.or_(_c.database_id == database_id, _c.database_id.is_(None)))
    return [row.name for row in await tx.all(sa.select(_c.name).where(*where).order_by(_c.name))]


async def ids(tx: Tx) -> list[int]:
    """Return every hook."""
    return [row.id for row in await tx.all(sa.select(_c.id).order_by(_c.id))]
