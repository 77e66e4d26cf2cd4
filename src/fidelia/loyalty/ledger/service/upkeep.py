"""What time does to the ledger, written down: holds that ran out, lots that lapsed, lots that became active.

Nothing depends on when this runs: balances are worked out by time, and every write brings its accounts up to date
first. Each chunk is a transaction of its own, and what was done is not found again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection

from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ...programs import point_types
from .. import projection
from ..store import expire as store
from .desk import Desk

CHUNK = 20_000
LANES = 2
HOLDS = 500


async def expire_lots(engines: Engines, *, seconds: float = 50.0, chunk: int = CHUNK, lanes: int = LANES) -> int:
    """Write off what has lapsed, chunk by chunk for so many seconds at most; return how many lots.

    Lanes work side by side, each on accounts of its own: while one waits for an answer the other is being served.
    """
    until = time.monotonic() + seconds

    async def work(lane: int) -> int:
        done = 0
        while not engines.stop.is_set():
            async with engines.tx() as tx:
                count = await expire_chunk(tx, chunk, lane, lanes)
            done += count
            if not count or time.monotonic() > until:
                break
        return done

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work(lane)) for lane in range(lanes)]
    return sum(task.result() for task in tasks)


async def expire_chunk(tx: Tx, lots: int = CHUNK, lane: int = 0, lanes: int = 1) -> int:
    """Write off the lots that lapsed first, and whatever else lapsed in their accounts; return how many lots."""
    raw = await tx.raw()
    accounts = await store.due_accounts(raw, tx.now, lots, lane, lanes)
    if not accounts:
        return 0
    plain, owing = await store.lock_accounts(raw, accounts)
    who = Actor.system()
    written = 0
    if plain:
        names = await _names(tx, {program_id for program_id, _ in await store.types(raw, plain)})
        for lapsed in await store.expire(raw, plain, names, tx.now, who.name, who.key):
            projection.changed(tx, lapsed.database_id, lapsed.profiles, lapsed.lots)
            written += len(lapsed.lots)
    for program_id, ids in owing.items():
        desk = await Desk.of(tx, program_id)
        await desk.lock(ids)
        written += sum(entry.type == "expire" for entry in desk.book.entries)
        await desk.save(who)
    return written


async def _names(tx: Tx, program_ids: Collection[int]) -> dict[int, str]:
    names: dict[int, str] = {}
    for program_id in program_ids:
        names |= {kind.id: kind.key for kind in (await point_types(tx, program_id, archived=True)).values()}
    return names


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
    keys = await _names(tx, [program_id])
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
