"""Queries on saved views of lists."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from ..model import ViewLook, ViewOut
from ..tables import list_view as t


class View(NamedTuple):
    """A stored view and the key of its owner."""

    owner: str
    out: ViewOut


def _view(row: Any, caller: str) -> View:
    values = dict(row._mapping)
    owner = values.pop("owner")
    look = msgspec.convert(values.pop("look"), ViewLook)
    return View(owner, ViewOut(**values, look=look, mine=owner == caller))


async def insert(tx: Tx, caller: str, *, look: ViewLook, **values: Any) -> View:
    """Add a view; raise ``IntegrityError`` when its owner has one of this name for this list."""
    made = {**values, "look": msgspec.to_builtins(look), "owner": caller, "created_at": tx.now, "updated_at": tx.now}
    return _view(await tx.one(sa.insert(t).values(**made).returning(t)), caller)


async def get(tx: Tx, caller: str, view_id: int) -> View | None:
    """Return a view as this caller sees it, locked; ``None`` for none, and for another's that is not shared."""
    seen = sa.or_(t.c.owner == caller, t.c.shared)
    row = await tx.first(sa.select(t).where(t.c.id == view_id, seen).with_for_update())
    return _view(row, caller) if row else None


async def named(tx: Tx, caller: str, list_: str, name: str) -> int | None:
    """Return the id of the caller's own view of this name, whatever its capitals."""
    same = (t.c.owner == caller, t.c.list == list_, sa.func.lower(t.c.name) == name.lower())
    found: int | None = await tx.scalar(sa.select(t.c.id).where(*same))
    return found


async def count(tx: Tx, caller: str) -> int:
    """Return how many views the caller has."""
    found: int = await tx.scalar(sa.select(sa.func.count()).select_from(t).where(t.c.owner == caller))
    return found


async def of_list(tx: Tx, caller: str, list_: str | None) -> list[View]:
    """Return the caller's own views and the shared ones of others, own first, by name."""
    where = [sa.or_(t.c.owner == caller, t.c.shared)]
    if list_ is not None:
        where.append(t.c.list == list_)
    order = ((t.c.owner == caller).desc(), sa.func.lower(t.c.name), t.c.id)
    return [_view(row, caller) for row in await tx.all(sa.select(t).where(*where).order_by(*order).limit(1000))]


async def update(tx: Tx, caller: str, view_id: int, **values: Any) -> View:
    """Change a view."""
    row = await tx.one(sa.update(t).where(t.c.id == view_id).values(**values, updated_at=tx.now).returning(t))
    return _view(row, caller)


async def delete(tx: Tx, view_id: int) -> None:
    """Remove a view."""
    await tx.execute(sa.delete(t).where(t.c.id == view_id))
