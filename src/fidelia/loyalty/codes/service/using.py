"""Codes at the till: what they are worth to somebody, their use by an order, and its return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from fidelia.kernel.errors import FieldError, conflict
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import CodeFound, PromoPool
from ..store import pools as pools_store
from ..store import using as store
from . import events


async def check(
    tx: Tx, database_id: int, profile_id: int | None, codes: Sequence[str], at: datetime
) -> list[CodeFound]:
    """Return what codes are worth to somebody (``None``: nobody known) at a moment, in their order; changes nothing."""
    keys = [rules.key_of(code) for code in codes]
    rows = await store.by_keys(tx, database_id, set(keys)) if keys else {}
    pools = await pools_store.some(tx, {row.pool_id for row in rows.values()}) if rows else {}
    pairs = [(row.id, profile_id) for row in rows.values()] if profile_id is not None else []
    held = await store.holders(tx, pairs)
    found = []
    for asked, key in zip(codes, keys, strict=True):
        row = rows.get(key)
        if row is None:
            found.append(CodeFound(code=asked, state="refused", reason="unknown", database_id=database_id))
            continue
        holder = held.get((row.id, profile_id)) if profile_id is not None else None
        made = _look(pools[row.pool_id], row, holder, profile_id, at)
        found.append(msgspec.structs.replace(made, code=asked))
    return found


def _look(
    pool: PromoPool, row: store.CodeRow, holder: store.HolderRow | None, profile_id: int | None, at: datetime
) -> CodeFound:
    mine = row.profile_id is not None and row.profile_id == profile_id
    expires_at = holder.expires_at if holder is not None and holder.expires_at is not None else row.expires_at
    reason = rules.refusal(
        pool,
        now=at,
        profile_id=profile_id,
        owner=row.profile_id,
        attached=row.attached_at is not None,
        held=holder is not None,
        expires_at=expires_at,
        uses=row.uses,
        uses_by_person=holder.uses if holder is not None else row.uses if mine else 0,
    )
    return CodeFound(
        code=row.code,
        state="ready" if reason is None else "refused",
        reason=reason,
        pool_id=row.pool_id,
        code_id=row.id,
        database_id=row.database_id,
        profile_id=profile_id,
        attached=holder is not None or mine,
    )


async def use(tx: Tx, found: Sequence[CodeFound], order_ref: str) -> None:
    """Let an order use codes that :func:`check` found ready; what it uses already stays as it is.

    ``order_ref`` names the order in the whole installation (``order:17``). The codes are locked and looked at again:
    raises 409 with the reason when one of them cannot be used any more.
    """
    wanted = {one.code_id: one for one in found if one.code_id is not None}
    unknown = [one for one in found if one.code_id is None]
    if unknown:
        raise conflict(unknown[0].words, FieldError("/promo_codes", f"{unknown[0].code}: {unknown[0].words}"))
    if not wanted:
        return
    rows = await store.locked(tx, wanted)
    already = {row.code_id for row in await store.uses_of(tx, order_ref)}
    pools = await pools_store.some(tx, {row.pool_id for row in rows.values()})
    pairs = [(code, one.profile_id) for code, one in wanted.items() if code is not None and one.profile_id is not None]
    held = await store.holders(tx, pairs)
    for code_id, row in rows.items():
        if code_id in already:
            continue
        profile_id, pool = wanted[code_id].profile_id, pools[row.pool_id]
        holder = held.get((code_id, profile_id)) if profile_id is not None else None
        seen = _look(pool, row, holder, profile_id, tx.now)
        if seen.reason is not None:
            raise conflict(seen.words, FieldError("/promo_codes", f"{row.code}: {seen.words}"))
        await _use(tx, pool, row, holder, profile_id, order_ref)


async def _use(
    tx: Tx,
    pool: PromoPool,
    row: store.CodeRow,
    holder: store.HolderRow | None,
    profile_id: int | None,
    order_ref: str,
) -> None:
    values = {"uses": row.uses + 1, "activated_at": row.activated_at or tx.now}
    expires = rules.expires(pool.expiry, tx.now)
    if pool.kind == "personal":
        attaches, first = row.attached_at is None, row.activated_at is None
        if attaches:
            values |= {"profile_id": profile_id, "attached_at": tx.now, "by_use": True}
            values |= {} if row.own_expiry else {"expires_at": expires}
    else:
        attaches, first = profile_id is not None and holder is None, holder is None or holder.activated_at is None
        if profile_id is not None:
            if holder is None:
                await store.hold(tx, row, profile_id, row.expires_at or expires, by_use=True)
            uses, since = (holder.uses, holder.activated_at) if holder is not None else (0, None)
            await store.set_holder(tx, row.id, profile_id, {"uses": uses + 1, "activated_at": since or tx.now})
    await store.set_code(tx, row.id, values)
    await store.note_use(tx, row, profile_id, order_ref)
    if profile_id is not None:
        if attaches:
            events.attached(tx, pool, [(profile_id, row.code)])
        if first:
            events.activated(tx, pool, [(profile_id, row.code)])


async def release(tx: Tx, order_ref: str) -> list[str]:
    """Give back the codes that an order uses, as they were before; return them. Nothing when it uses none any more."""
    uses = await store.uses_of(tx, order_ref)
    if not uses:
        return []
    rows = await store.locked(tx, {use.code_id for use in uses})
    uses = await store.uses_of(tx, order_ref, lock=True)  # another return may have come first
    pools = await pools_store.some(tx, {use.pool_id for use in uses})
    pairs = [(use.code_id, use.profile_id) for use in uses if use.profile_id is not None]
    held = await store.holders(tx, pairs)
    for one in uses:
        await _release(tx, pools[one.pool_id], rows[one.code_id], one, held)
    await store.note_released(tx, [use.id for use in uses])
    return [rows[use.code_id].code for use in uses]


async def _release(
    tx: Tx,
    pool: PromoPool,
    row: store.CodeRow,
    one: store.UseRow,
    held: Mapping[tuple[int, int], store.HolderRow],
) -> None:
    left = max(0, row.uses - 1)
    values: dict[str, object] = {"uses": left} | ({} if left else {"activated_at": None})
    if pool.kind == "personal":
        if row.by_use and not left:
            values |= {"profile_id": None, "attached_at": None, "by_use": False}
            values |= {} if row.own_expiry else {"expires_at": None}
    elif one.profile_id is not None and (holder := held.get((row.id, one.profile_id))) is not None:
        still = max(0, holder.uses - 1)
        kept: dict[str, object] | None = {"uses": still} | ({} if still else {"activated_at": None})
        await store.set_holder(tx, row.id, one.profile_id, None if holder.by_use and not still else kept)
    await store.set_code(tx, row.id, values)
