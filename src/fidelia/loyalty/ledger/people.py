"""What the ledger does when people are merged or erased, and what it tells a person about themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import conflict
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..programs import names
from .model import Because
from .service.desk import Desk
from .store import people as store
from .store.read import transactions_of

_ERASED = Because(source_type="erasure", reason="The person was erased")


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Make the sources' points the destination's: balances add up, lots keep their dates, transactions stay.

    Raises 409 for points in another database: they belong to a program of that one.
    """
    raw = await tx.raw()
    into = move.destination
    near: list[int] = []
    for source in move.sources:
        if source.database_id == into.database_id:
            near.append(source.profile_id)
        elif await store.has_points(raw, source.database_id, source.profile_id):
            raise conflict(f"Profile {source.profile_id} has points in a program of its own database; clear them first")
    accounts = await store.accounts_of(raw, into.database_id, near)
    by = Actor("system", None, move.actor)
    for program_id, pairs in accounts.items():
        desk = await Desk.of(tx, program_id)
        target = {
            kind: account.id
            for (kind, _), account in (
                await desk.lock_members(
                    {(kind, into.profile_id) for _, kind in pairs}, also={account_id for account_id, _ in pairs}
                )
            ).items()
        }
        moves = []
        for account_id, kind in sorted(pairs):
            desk.hand_over(desk.accounts[account_id], desk.accounts[target[kind]])
            moves.append((account_id, target[kind]))
        await desk.save(by)
        await store.hand_over(raw, moves, into.profile_id)
        desk.mark([*near, into.profile_id])
    return {"loyalty accounts": sum(len(pairs) for pairs in accounts.values())}


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> Mapping[str, int]:
    """Take people out of the ledger who are erased: what they had lapses, and nobody's name is on it any more."""
    raw = await tx.raw()
    accounts = await store.accounts_of(raw, database_id, list(gone))
    ids = [account_id for pairs in accounts.values() for account_id, _ in pairs]
    for program_id, pairs in accounts.items():
        desk = await Desk.of(tx, program_id)
        await desk.lock(account_id for account_id, _ in pairs)
        await desk.close(_ERASED)
        await desk.save(None, emit=False)
    lots = await store.anonymise(raw, ids)
    if ids:
        tx.mark_dirty("loyalty_points", database_id, gone)
        tx.mark_dirty("loyalty_lots", database_id, lots)
    return {"loyalty accounts": len(ids)}


async def personal_data(engines: Engines, database_id: int, profile_id: int) -> list[Any]:
    """Return somebody's transactions, the oldest first."""
    async with engines.tx() as tx:
        accounts = await store.accounts_of(await tx.raw(), database_id, [profile_id])
        called = await names(tx, list(accounts))
        rows = await transactions_of(tx, list(accounts), profile_id)
    return [{"program": called.get(row.program_id), **msgspec.to_builtins(row)} for row in rows]
