"""Many codes at once: asked for here, made by a job chunk by chunk, never more than asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fidelia.access import Actor
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import jobs
from fidelia.platform.jobs import JobRef
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import BatchState, PromoBatch, PromoLine, PromoPool
from ..store import batches as store
from ..store import pools as pools_store
from .checks import refuse_archived
from .pools import note, room_of

MOST = 5_000_000
MAKE, FETCH, READ = "promo_codes.make", "promo_codes.fetch", "promo_codes.read"


async def ask(
    tx: Tx, actor: Actor, pool_id: int, count: int, expires_at: datetime | None = None
) -> tuple[PromoBatch, JobRef]:
    """Have a job make so many codes by the pool's pattern, or fetch them from its service. Raises 404, 409, 422."""
    pool = await pools_store.get(tx, pool_id, lock=True)
    refuse_closed(tx, pool)
    if pool.way == "file":
        raise conflict(f"The codes of the pool {pool.name} come from files: import them")
    if not 1 <= count <= MOST:
        raise invalid_field("/count", f"Ask for 1 to {MOST:,} codes")
    check_expiry_date(tx, expires_at)
    await settle(tx, pool_id)
    made = await pools_store.codes(tx, pool_id) + await store.waiting(tx, pool_id)
    room = room_of(pool, made)
    if count > room:
        raise invalid(FieldError("/count", _too_many(pool, room)))
    return await start(tx, actor.name, pool, count, expires_at, actor=actor)


async def start(
    tx: Tx,
    who: str,
    pool: PromoPool,
    count: int | None,
    expires_at: datetime | None = None,
    *,
    file: str | None = None,
    shown: str = "",
    actor: Actor | None = None,
) -> tuple[PromoBatch, JobRef]:
    """Store a batch and begin its job; batches of one pool run one after another."""
    way = "file" if file is not None else pool.way
    batch_id = await store.insert(
        tx,
        {"pool_id": pool.id, "way": way, "asked": count, "file": file, "expires_at": expires_at, "actor": who},
    )
    verb = {"template": "Make", "remote": "Fetch"}.get(way)
    title = f"Import codes from {shown} into {pool.name}" if verb is None else f"{verb} {count:,} codes of {pool.name}"
    job = await jobs.create(
        tx,
        kind={"template": MAKE, "remote": FETCH, "file": READ}[way],
        title=title,
        actor=who,
        args={"batch_id": batch_id},
        total=count,
        database_id=pool.database_id,
        link=f"/loyalty/codes/{pool.id}",
        lock=f"promo-pool:{pool.id}",
    )
    await store.update(tx, batch_id, {"job_id": job.id})
    if actor is not None:
        after: dict[str, Any] = {"codes": count} if file is None else {"file": shown}
        await note(tx, actor, "filled", pool, after=after)
    return await store.get(tx, batch_id), job


async def page(tx: Tx, pool_id: int, request: PageRequest) -> Page[PromoBatch]:
    """Return a page of a pool's batches, the newest first. What a job could not write about its end is told here."""
    await pools_store.get(tx, pool_id)
    await settle(tx, pool_id)
    return await store.page(tx, pool_id, request)


async def settle(tx: Tx, pool_id: int) -> None:
    """Close batches whose jobs have ended without saying so beside their work: cancelled before they began, or lost."""
    open_ = await store.all_open(tx, pool_id)
    ended = await jobs.outcomes(tx, [batch.job_id for batch in open_])
    for batch in open_:
        if (end := ended.get(batch.job_id)) is not None:
            await finish(tx, batch.id, end[0], end[1])


async def finish(tx: Tx, batch_id: int, state: BatchState, error: str | None = None) -> None:
    """Write how a batch ended, unless it has already."""
    batch = await store.get(tx, batch_id, lock=True)
    if batch.state in store.OPEN:
        await store.update(tx, batch_id, {"state": state, "error": error, "finished_at": tx.now})


def refuse_closed(tx: Tx, pool: PromoPool) -> None:
    """Raise 409 for a pool that takes no codes now: they are made within its dates."""
    refuse_archived(pool)
    if pool.valid_until is not None and tx.now >= pool.valid_until:
        raise conflict(f"The time of the pool {pool.name} is over: move its end first")


def check_expiry_date(tx: Tx, at: datetime | None, pointer: str = "/expires_at") -> None:
    """Raise 422 for a date of expiry without a zone, or in the past."""
    if at is not None and at.tzinfo is None:
        raise invalid_field(pointer, "A time needs its zone, like 2026-12-31T23:00:00Z")
    if at is not None and at <= tx.now:
        raise invalid_field(pointer, "This moment is over")


def _too_many(pool: PromoPool, room: int) -> str:
    by_pattern = pool.pattern is not None and rules.room(pool.pattern) < pool.code_limit
    if not by_pattern:
        return f"The pool has room for {room:,} codes more: its limit is {pool.code_limit:,}"
    return (
        f"The pattern {pool.pattern} has room for {room:,} codes more: with more of them, they could be guessed. "
        "Add places to it"
    )


async def lines(tx: Tx, pool_id: int, batch_id: int, request: PageRequest) -> Page[PromoLine]:
    """Return a page of a file's lines that became no code; raise 404."""
    batch = await store.get(tx, batch_id)
    if batch.pool_id != pool_id:
        raise not_found("Batch of promo codes", batch_id)
    return await store.lines(tx, batch_id, request)
