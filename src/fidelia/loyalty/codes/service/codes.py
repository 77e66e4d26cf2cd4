"""Single codes by hand or through the API: attach, detach, activate, change, and whose they are."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import REASONS, CodeFound, CodeHolder, CodeState, CodeUse, PersonCode, PromoCode, PromoPool
from ..store import batches as batches_store
from ..store import codes as store
from ..store import giving as giving_store
from ..store import pools as pools_store
from ..store import using as using_store
from . import events, using
from .checks import refuse_archived


class CodeDetail(msgspec.Struct, frozen=True):
    """A code and the orders that use it or did, the last hundred."""

    code: PromoCode
    uses: list[CodeUse]


async def read(tx: Tx, pool_id: int, code: str) -> CodeDetail:
    """Return a code of a pool; raise 404."""
    row = await _row(tx, await pools_store.get(tx, pool_id), code)
    return CodeDetail(await store.shown(tx, row.id), await store.uses(tx, row.id))


async def attach(tx: Tx, actor: Actor, pool_id: int, profile_id: int, code: str | None = None) -> PromoCode:
    """Give somebody a code: a free one, or the one that is named, which is added to the pool if nobody knows it.

    Who has it already keeps it. Raises 404; 409 when it is somebody else's, none is left, or the pool gives none now.
    """
    pool = await pools_store.get(tx, pool_id)
    refuse_archived(pool)
    if profile_id not in await profiles.exists(tx, pool.database_id, [profile_id]):
        raise not_found("Profile", profile_id)
    row = await (_named(tx, pool, code) if code is not None else _any(tx, pool))
    if pool.kind == "universal":
        holder = (await using_store.holders(tx, [(row.id, profile_id)])).get((row.id, profile_id))
        if holder is not None:
            await using_store.set_holder(tx, row.id, profile_id, {"by_use": False})
            return await store.shown(tx, row.id)
    elif row.attached_at is not None:
        if row.profile_id != profile_id:
            raise conflict(f"The code {row.code} belongs to somebody else")
        await using_store.set_code(tx, row.id, {"by_use": False})
        return await store.shown(tx, row.id)
    if (reason := rules.closed(pool, tx.now)) is not None:
        raise conflict(rules.CLOSED[reason])
    expires = row.expires_at if row.own_expiry else rules.expires(pool.expiry, tx.now)
    if expires is not None and expires <= tx.now:
        raise conflict(REASONS["expired"])
    if pool.kind == "universal":
        await using_store.hold(tx, row, profile_id, expires)
    else:
        values = {"profile_id": profile_id, "attached_at": tx.now, "expires_at": expires}
        await using_store.set_code(tx, row.id, values)
    events.attached(tx, pool, [(profile_id, row.code)])
    await _note(tx, actor, "attached", pool, row.code, {"profile": profile_id})
    return await store.shown(tx, row.id)


async def detach(tx: Tx, actor: Actor, pool_id: int, code: str, profile_id: int | None = None) -> PromoCode:
    """Take a code from who has it; a personal one is free again. Raises 404; 409 when it was used, or is nobody's."""
    pool = await pools_store.get(tx, pool_id)
    refuse_archived(pool)
    row = await _row(tx, pool, code, lock=True)
    if pool.kind == "universal":
        if profile_id is None:
            raise invalid_field("/profile_id", "Say whom the code is taken from: many people have it")
        holder = (await using_store.holders(tx, [(row.id, profile_id)])).get((row.id, profile_id))
        if holder is None:
            raise conflict(f"They do not have the code {row.code}")
        if holder.uses:
            raise conflict(f"They have used the code {row.code}")
        await using_store.set_holder(tx, row.id, profile_id, None)
    else:
        if row.attached_at is None or (profile_id is not None and row.profile_id != profile_id):
            raise conflict(f"The code {row.code} is not attached to them" if profile_id else "The code is nobody's")
        if row.activated_at is not None:
            raise conflict(f"The code {row.code} has been used")
        values = {"profile_id": None, "attached_at": None, "by_use": False}
        await using_store.set_code(tx, row.id, values | ({} if row.own_expiry else {"expires_at": None}))
    await _note(tx, actor, "detached", pool, row.code, {"profile": profile_id or row.profile_id})
    return await store.shown(tx, row.id)


async def activate(
    tx: Tx, actor: Actor, pool_id: int, code: str, profile_id: int | None = None, reference: str | None = None
) -> PromoCode:
    """Use a code outside of an order, which somebody must have. The same ``reference`` again uses nothing.

    Raises 404; 409 with the reason when it cannot be used, or nobody has it.
    """
    pool = await pools_store.get(tx, pool_id)
    row = await _row(tx, pool, code, lock=True)
    who = profile_id if profile_id is not None else row.profile_id
    order_ref = f"code:{pool.database_id}:{reference or secrets.token_hex(12)}"
    if any(use.code_id == row.id for use in await using_store.uses_of(tx, order_ref)):
        return await store.shown(tx, row.id)
    found = (await using.check(tx, pool.database_id, who, [row.code], tx.now))[0]
    if found.reason is None and not found.attached:
        raise conflict(f"The code {row.code} is not attached to anybody: attach it first")
    if found.reason is not None:
        raise conflict(found.words)
    await using.use(tx, [found], order_ref)
    await _note(tx, actor, "activated", pool, row.code, {"profile": who})
    return await store.shown(tx, row.id)


async def change(
    tx: Tx,
    actor: Actor,
    pool_id: int,
    code: str,
    *,
    expires_at: datetime | UnsetType | None = UNSET,
    activated: bool | UnsetType = UNSET,
    extra: dict[str, str] | UnsetType = UNSET,
) -> PromoCode:
    """Change when a code expires (now, to end it), whether it was used, its further values. Raises 404, 409, 422."""
    pool = await pools_store.get(tx, pool_id)
    refuse_archived(pool)
    row = await _row(tx, pool, code, lock=True)
    if expires_at is UNSET and activated is UNSET and extra is UNSET:
        raise invalid(FieldError("/expires_at", "Send expires_at, activated or extra"))
    values: dict[str, Any] = {}
    if expires_at is not UNSET:
        if expires_at is not None and expires_at.tzinfo is None:
            raise invalid_field("/expires_at", "A time needs its zone, like 2026-12-31T23:00:00Z")
        values |= {"expires_at": expires_at, "own_expiry": expires_at is not None}
    if extra is not UNSET:
        if (fault := rules.check_extra(pool.fields, extra)) is not None:
            raise invalid_field("/extra", fault)
        values["extra"] = extra
    if values:
        await using_store.set_code(tx, row.id, values)
    if activated is False and row.activated_at is not None:
        if await using_store.in_use(tx, row.id):
            raise conflict(f"An order uses the code {row.code}: cancel it there")
        await using_store.set_code(tx, row.id, {"activated_at": None, "uses": 0})
    before = {"expires_at": row.expires_at, "extra": row.extra or {}, "activated": row.activated_at is not None}
    if activated is True and row.activated_at is None:
        await activate(tx, actor, pool_id, code)
    after = await store.shown(tx, row.id)
    seen = {"expires_at": after.expires_at, "extra": after.extra, "activated": after.activated_at is not None}
    await audit(
        tx,
        actor,
        "promo_code.updated",
        kind="promo_pool",
        object_id=pool.id,
        name=f"{pool.name}: {row.code}",
        before=before,
        after=seen,
    )
    return after


async def worth(tx: Tx, database_id: int, profile_id: int | None, codes: list[str]) -> list[CodeFound]:
    """Return what codes are worth to somebody right now, for a site or a till. Raises 404."""
    await profiles.get_database(tx, database_id)
    return await using.check(tx, database_id, profile_id, codes, tx.now)


async def of_person(tx: Tx, database_id: int, profile_id: int) -> list[PersonCode]:
    """Return the codes that somebody has; raise 404."""
    await profiles.get_database(tx, database_id)
    if profile_id not in await profiles.exists(tx, database_id, [profile_id]):
        raise not_found("Profile", profile_id)
    return await store.of_person(tx, database_id, profile_id)


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> list[dict[str, Any]]:
    """Return the codes that somebody has, for the file with everything about them (a port of profiles)."""
    async with engines.tx() as tx:
        found = await store.of_person(tx, database_id, profile_id)
    return [msgspec.to_builtins(one) for one in found]


async def _row(tx: Tx, pool: PromoPool, code: str, *, lock: bool = False) -> using_store.CodeRow:
    row = await store.by_key(tx, pool.database_id, rules.key_of(code), lock=lock)
    if row is None or row.pool_id != pool.id:
        raise not_found("Promo code", code[:80])
    return row


async def _named(tx: Tx, pool: PromoPool, code: str) -> using_store.CodeRow:
    """Return a code by its name, locked; add it to the pool when nobody knows it."""
    key = rules.key_of(code)
    row = await store.by_key(tx, pool.database_id, key, lock=True)
    if row is None:
        if (fault := rules.check_code(code.strip())) is not None:
            raise invalid_field("/code", fault)
        if (reason := rules.closed(pool, tx.now)) is not None:
            raise conflict(rules.CLOSED[reason])
        if await pools_store.codes(tx, pool.id) >= pool.code_limit:
            raise conflict(f"The pool {pool.name} has {pool.code_limit:,} codes, as many as it may")
        await batches_store.add_codes(tx, pool.id, pool.database_id, None, [(code.strip(), key, None, None)])
        row = await store.by_key(tx, pool.database_id, key, lock=True)
    if row is None or row.pool_id != pool.id:
        raise conflict(f"The code {code.strip()} belongs to another pool")
    return row


async def _any(tx: Tx, pool: PromoPool) -> using_store.CodeRow:
    """Return a code that can be attached; of a universal pool its newest one. Raise 409 when there is none."""
    if pool.kind == "universal":
        found = await giving_store.shareable(tx, pool.id, pool.max_uses)
        if found is not None:
            return (await using_store.locked(tx, [found[0]]))[found[0]]
    elif (row := await store.take_one(tx, pool.id)) is not None:
        return row
    raise conflict(f"No codes are left in the pool {pool.name}")


async def _note(tx: Tx, actor: Actor, what: str, pool: PromoPool, code: str, after: dict[str, Any]) -> None:
    await audit(
        tx,
        actor,
        f"promo_code.{what}",
        kind="promo_pool",
        object_id=pool.id,
        name=f"{pool.name}: {code}",
        after=after,
    )


async def page(
    tx: Tx,
    pool_id: int,
    request: PageRequest,
    *,
    state: CodeState | None = None,
    profile_id: int | None = None,
    batch_id: int | None = None,
) -> Page[PromoCode]:
    """Return a page of a pool's codes; raise 404."""
    await pools_store.get(tx, pool_id)
    return await store.page(tx, pool_id, request, state=state, profile_id=profile_id, batch_id=batch_id)


async def holders(tx: Tx, pool_id: int, request: PageRequest, profile_id: int | None) -> Page[CodeHolder]:
    """Return a page of who has universal codes of a pool; raise 404."""
    await pools_store.get(tx, pool_id)
    return await store.holders(tx, pool_id, request, profile_id)
