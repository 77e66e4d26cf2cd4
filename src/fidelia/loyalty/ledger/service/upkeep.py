"""What time does to the ledger, written down: holds that ran out, lots that lapsed, lots that became active.

Nothing depends on when this runs: balances are worked out by time, and every write brings its accounts up to date
first. Each chunk is a transaction of its own, and what was done is not found again.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut, clickhouse_time, encode_line
from fidelia.platform.postgres import Tx

from ...programs import point_types
from .. import projection
from ..store import expire as store
from .desk import Desk

CHUNK = 20_000
HOLDS = 500


async def expire_lots(engines: Engines, *, seconds: float = 50.0, chunk: int = CHUNK) -> int:
    """Write off what has lapsed, chunk by chunk for so many seconds at most; return how many lots."""
    done, until = 0, time.monotonic() + seconds
    while not engines.stop.is_set():
        async with engines.tx() as tx:
            count = await expire_chunk(tx, chunk)
        done += count
        if not count or time.monotonic() > until:
            break
    return done


async def expire_chunk(tx: Tx, lots: int = CHUNK) -> int:
    """Write off the lots that lapsed first, and whatever else lapsed in their accounts; return how many lots."""
    raw = await tx.raw()
    accounts = await store.due_accounts(raw, tx.now, lots)
    if not accounts:
        return 0
    plain, owing = await store.lock_accounts(raw, accounts)
    who = Actor.system()
    lapsed = await store.expire(raw, plain, tx.now, who.name, who.key) if plain else []
    await _tell_lapsed(tx, lapsed)
    written = len(lapsed)
    for program_id, ids in owing.items():
        desk = await Desk.of(tx, program_id)
        await desk.lock(ids)
        written += sum(entry.type == "expire" for entry in desk.book.entries)
        await desk.save(who)
    return written


async def _tell_lapsed(tx: Tx, lapsed: Sequence[store.Lapsed]) -> None:
    keys: dict[int, str] = {}
    for program_id in {row.program_id for row in lapsed}:
        keys |= {kind.id: kind.key for kind in (await point_types(tx, program_id, archived=True)).values()}
    changed: dict[int, list[store.Lapsed]] = {}
    for row in lapsed:
        changed.setdefault(row.database_id, []).append(row)
        properties = {
            "program": row.program_id,
            "points": keys.get(row.point_type_id, ""),
            "amount": float(row.amount),
            "transaction": str(row.transaction_id),
        }
        id_ = f"loyalty.expired:{row.transaction_id}"
        line = encode_line("loyalty.expired", row.profile_id, clickhouse_time(row.at), id_, properties)
        tx.emit_line(row.database_id, line)
    for database_id, rows in changed.items():
        projection.changed(tx, database_id, (row.profile_id for row in rows), (row.lot_id for row in rows))


async def time_out_holds(engines: Engines, *, seconds: float = 20.0) -> int:
    """End the holds whose time is over; return how many accounts had some."""
    done, until = 0, time.monotonic() + seconds
    while not engines.stop.is_set():
        async with engines.tx() as tx:
            found = await store.overdue(await tx.raw(), tx.now, HOLDS)
            for program_id, accounts in found.items():
                desk = await Desk.of(tx, program_id)
                await desk.lock(accounts)  # to lock an account is to bring it up to date
                await desk.save(None)
                done += len(accounts)
        if not found or time.monotonic() > until:
            break
    return done


async def becoming_active(tx: Tx, limit: int = CHUNK) -> dict[int, BitMap]:
    """Return whose lots have become active without anybody having told, by program; these members are to be locked."""
    return await store.becoming_active(await tx.raw(), tx.now, limit)


async def activate(tx: Tx, program_id: int, profile_ids: Collection[int]) -> int:
    """Tell of lots of (locked) members that became active; return how many lots."""
    rows = await store.activate(await tx.raw(), program_id, profile_ids, tx.now)
    keys = {kind.id: kind.key for kind in (await point_types(tx, program_id, archived=True)).values()}
    for row in rows:
        if row.remaining:
            tx.emit(
                EventOut(
                    database=row.database_id,
                    profile=row.profile_id,
                    type="loyalty.activated",
                    at=row.at,
                    id=f"loyalty.activated:{row.lot_id}",
                    properties={
                        "program": program_id,
                        "points": keys.get(row.point_type_id, ""),
                        "amount": float(row.remaining),
                    },
                )
            )
    return len(rows)
