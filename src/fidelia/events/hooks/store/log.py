"""Queries of the log of deliveries, and of people in it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import or_none, sorted_rows
from fidelia.platform.postgres import Tx, as_struct

from ..model import HookDelivery, HookDeliveryDetail
from ..tables import hook, hook_delivery

_c = hook_delivery.c
_FIELDS = [_c[name] for name in HookDelivery.__struct_fields__]
_SORTS = {"id": _c.id, "rows": _c.rows, "duration_ms": or_none(_c.duration_ms)}


async def pages(tx: Tx, hook_id: int, page: PageRequest, *, state: str | None, kind: str | None) -> Page[HookDelivery]:
    """Return a page of a hook's deliveries, the newest first."""
    where = [_c.hook_id == hook_id]
    if state is not None:
        where.append(_c.state == state)
    if kind is not None:
        where.append(_c.kind == kind)
    if page.q:
        words = (_c.message_id, _c.error, _c.response)
        where.append(sa.or_(*(column.icontains(page.q, autoescape=True) for column in words)))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(hook_delivery).where(*where))
    query = sa.select(*_FIELDS).where(*where)
    rows, cursor = await sorted_rows(tx, query, page, sorts=_SORTS, key=_c.id, default="-id")
    values = [{name: row._mapping[name] for name in HookDelivery.__struct_fields__} for row in rows]
    return Page([msgspec.convert(value, HookDelivery) for value in values], cursor, total)


async def get(tx: Tx, hook_id: int, delivery_id: int, *, lock: bool = False) -> HookDeliveryDetail:
    """Return a delivery with its body; raise 404."""
    query = sa.select(*_FIELDS, _c.body, hook.c.url).join(hook, hook.c.id == _c.hook_id)
    query = query.where(_c.id == delivery_id, _c.hook_id == hook_id)
    if lock:
        query = query.with_for_update(of=hook_delivery)
    row = await tx.first(query) if 0 < delivery_id < 2**63 and 0 < hook_id < 2**31 else None
    if row is None:
        raise not_found("Delivery", delivery_id)
    return as_struct(row, HookDeliveryDetail)


async def last_position(tx: Tx, job_id: str) -> Any:
    """Return where the last batch of a replay ends; ``None`` before the first."""
    return await tx.scalar(sa.select(_c.position).where(_c.job_id == job_id).order_by(_c.id.desc()).limit(1))


async def of_job(tx: Tx, job_id: str) -> tuple[int, int]:
    """Return how many events of a replay are dealt with, and how many of its batches wait."""
    dealt = sa.func.coalesce(sa.func.sum(_c.rows).filter(_c.state != "waiting"), 0).label("dealt")
    waiting = sa.func.count().filter(_c.state == "waiting").label("waiting")
    row = await tx.one(sa.select(dealt, waiting).where(_c.job_id == job_id))
    return int(row.dealt), int(row.waiting)


async def forget_waiting(tx: Tx, job_id: str) -> None:
    """Delete what of a replay was not sent yet."""
    await tx.execute(sa.delete(hook_delivery).where(_c.job_id == job_id, _c.state == "waiting", _c.attempts == 0))
    rest = sa.update(hook_delivery).where(_c.job_id == job_id, _c.state == "waiting")
    await tx.execute(rest.values(state="skipped", events=None))


async def purge(tx: Tx, before: datetime, limit: int) -> int:
    """Delete old entries; return how many."""
    old = sa.select(_c.id).where(_c.created_at < before, _c.state != "waiting").limit(limit)
    return (await tx.execute(sa.delete(hook_delivery).where(_c.id.in_(old)))).rowcount


async def drop_bodies(tx: Tx, hook_id: int, keep: int) -> None:
    """Forget the bodies of all but the newest deliveries of a hook."""
    newest = sa.select(_c.id).where(_c.hook_id == hook_id, _c.body.isnot(None)).order_by(_c.id.desc())
    edge = await tx.scalar(newest.offset(keep).limit(1))
    if edge is not None:
        where = (_c.hook_id == hook_id, _c.id <= edge, _c.state != "waiting")
        await tx.execute(sa.update(hook_delivery).where(*where).values(body=None, response=None, profiles=[]))


async def with_people(tx: Tx, database_id: int, people: Collection[int]) -> list[sa.Row[Any]]:
    """Return the deliveries that hold events of some people, locked."""
    overlap = _c.profiles.overlap(list(people))
    query = sa.select(_c.id, _c.state, _c.rows, _c.events, _c.body, _c.profiles)
    query = query.where(_c.database_id == database_id, overlap).order_by(_c.id)
    return list(await tx.all(query.with_for_update()))


async def rewrite(tx: Tx, delivery_id: int, values: dict[str, Any]) -> None:
    """Change what a delivery holds."""
    await tx.execute(sa.update(hook_delivery).where(_c.id == delivery_id).values(values))


async def remove(tx: Tx, delivery_id: int) -> None:
    """Delete a delivery."""
    await tx.execute(sa.delete(hook_delivery).where(_c.id == delivery_id))


async def about(tx: Tx, database_id: int, profile_id: int) -> list[sa.Row[Any]]:
    """Return what was, or will be, sent about somebody: (hook, url, state, at, body, events)."""
    query = sa.select(hook.c.name, hook.c.url, _c.state, _c.tried_at, _c.body, _c.events)
    query = query.join(hook, hook.c.id == _c.hook_id)
    where = (_c.database_id == database_id, _c.profiles.overlap([profile_id]))
    return list(await tx.all(query.where(*where).order_by(_c.id)))
