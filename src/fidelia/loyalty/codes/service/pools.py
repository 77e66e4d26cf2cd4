"""Pools themselves: make, read, change, archive, restore, copy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import PoolFigures, PromoBatch, PromoPool
from ..store import batches as batches_store
from ..store import pools as store
from .checks import Settings, checked, refuse_archived, refuse_older, settings_of


class PromoPoolOut(PromoPool, frozen=True, kw_only=True):
    """A pool and where it stands.

    ``closed`` says why nobody gets codes of it now, null when they do; ``low``: it runs dry, or is; ``room`` is how
    many codes it may get yet; ``open_batch`` is at work on it.
    """

    figures: PoolFigures
    closed: str | None
    low: bool
    room: int
    open_batch: PromoBatch | None


async def create(tx: Tx, actor: Actor, database_id: int, settings: Settings) -> PromoPoolOut:
    """Store a new pool, without codes. Raises 422."""
    await _database(tx, database_id)
    columns = await checked(tx, database_id, settings, None)
    pool_id = await store.insert(tx, {**columns, "database_id": database_id})
    pool = await store.get(tx, pool_id)
    await note(tx, actor, "created", pool, after=picture(pool))
    return await read(tx, pool_id)


async def change(
    tx: Tx, actor: Actor, pool_id: int, given: dict[str, Any], version: int | UnsetType = UNSET
) -> PromoPoolOut:
    """Change what is given. Kind and way stay as they are. Raises 404, 409, 422."""
    before = await store.get(tx, pool_id, lock=True)
    refuse_archived(before)
    await refuse_older(tx, before, version)
    fixed = [name for name in ("kind", "way") if given.get(name, getattr(before, name)) != getattr(before, name)]
    if fixed:
        raise invalid(*(FieldError(f"/{name}", f"The {name} of a pool is fixed: make another pool") for name in fixed))
    settings = msgspec.structs.replace(settings_of(before), **given)
    columns = await checked(tx, before.database_id, settings, before)
    await store.update(tx, pool_id, columns, definition=True)
    after = await store.get(tx, pool_id)
    seen = picture(after) | ({"remote_header_values": "changed"} if given.get("remote_headers") is not None else {})
    await note(tx, actor, "updated", after, before=picture(before), after=seen)
    return await read(tx, pool_id)


async def archive(tx: Tx, actor: Actor, pool_id: int) -> None:
    """Put a pool away: its codes cannot be used meanwhile. Raises 404; 409 while codes are being made."""
    pool = await store.get(tx, pool_id, lock=True)
    if pool.archived_at is not None:
        return
    if (await batches_store.open_of(tx, [pool_id])).get(pool_id) is not None:
        raise conflict(f"Codes of the pool {pool.name} are being made. Cancel that first, or wait")
    await store.update(tx, pool_id, {"archived_at": tx.now, "updated_at": tx.now})
    await note(tx, actor, "archived", pool)


async def restore(tx: Tx, actor: Actor, pool_id: int) -> PromoPoolOut:
    """Bring an archived pool back as it was. Raises 404."""
    pool = await store.get(tx, pool_id, lock=True)
    if pool.archived_at is not None:
        await store.update(tx, pool_id, {"archived_at": None, "updated_at": tx.now})
        await note(tx, actor, "restored", pool)
    return await read(tx, pool_id)


async def clone(tx: Tx, actor: Actor, pool_id: int, name: str | None, short_name: str | None) -> PromoPoolOut:
    """Copy a pool's settings, without its codes; headers of a service have to be entered again. Raises 404, 422."""
    source = await store.get(tx, pool_id)
    settings = msgspec.structs.replace(
        settings_of(source),
        name=name if name is not None else f"{source.name} (copy)"[:200],
        short_name=short_name if short_name is not None else await _free_short_name(tx, source),
        remote_headers={} if source.way == "remote" else None,
    )
    return await create(tx, actor, source.database_id, settings)


async def read(tx: Tx, pool_id: int) -> PromoPoolOut:
    """Return a pool and where it stands; raise 404."""
    return (await _shown(tx, [await store.get(tx, pool_id)]))[0]


async def page(
    tx: Tx, request: PageRequest, *, database_id: int | None = None, archived: bool = False
) -> Page[PromoPoolOut]:
    """Return a page of pools."""
    found = await store.page(tx, request, database_id=database_id, archived=archived)
    return Page(await _shown(tx, found.items), found.next_cursor, found.total)


async def note(tx: Tx, actor: Actor, what: str, pool: PromoPool, before: Any = None, after: Any = None) -> None:
    """Write an entry of the audit log about a pool."""
    await audit(
        tx,
        actor,
        f"promo_pool.{what}",
        kind="promo_pool",
        object_id=pool.id,
        name=pool.name,
        before=before,
        after=after,
    )


def picture(pool: PromoPool) -> dict[str, Any]:
    """Return what the audit log keeps of a pool."""
    left_out = {"id", "database_id", "version", "archived_at", "created_at", "updated_at"}
    return {name: value for name, value in msgspec.structs.asdict(pool).items() if name not in left_out}


def room_of(pool: PromoPool, made: int) -> int:
    """Return how many codes a pool that has so many may get yet."""
    most = pool.code_limit
    if pool.way == "template" and pool.pattern is not None:
        most = min(most, rules.room(pool.pattern))
    return max(0, most - made)


async def database_used_by(tx: Tx, database_id: int, field: profiles.Field | None) -> Sequence[str]:
    """Return the pools of a database; no pool needs a field (a port of profiles)."""
    if field is not None:
        return []
    return [f"promo code pool {pool.name}" for pool in await store.of_database(tx, database_id)]


async def _shown(tx: Tx, pools: Sequence[PromoPool]) -> list[PromoPoolOut]:
    if not pools:
        return []
    figures = await store.figures(tx, pools)
    open_ = await batches_store.open_of(tx, [pool.id for pool in pools])
    found = []
    for pool in pools:
        counts = figures[pool.id]
        closed = rules.closed(pool, tx.now)
        low = closed is None and counts.left is not None and counts.left <= pool.warn_below and counts.made > 0
        found.append(
            PromoPoolOut(
                **msgspec.structs.asdict(pool),
                figures=counts,
                closed=None if closed is None else rules.CLOSED[closed],
                low=low,
                room=room_of(pool, counts.made),
                open_batch=open_.get(pool.id),
            )
        )
    return found


async def _database(tx: Tx, database_id: int) -> None:
    try:
        await profiles.get_database(tx, database_id)
    except Problem as exc:
        raise invalid(FieldError("/database_id", "There is no such database")) from exc


async def _free_short_name(tx: Tx, pool: PromoPool) -> str:
    names = [f"{pool.short_name[:36]}_{n}" for n in range(2, 100)]
    taken = await store.by_short_name(tx, pool.database_id, names)
    return next((name for name in names if name not in taken), names[-1])
