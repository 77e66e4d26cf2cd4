"""The work of a batch, chunk by chunk: each is written with its counts, so that what was killed goes on from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.jobs import Cancelled, Ending, JobContext
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import PromoBatch, PromoLine, PromoPool
from ..store import batches as store
from ..store import pools as pools_store
from . import batches, importing, remote

CHUNK = 20_000
#: A service, or chance, may give nothing new so many times in a row.
PATIENCE = 10


async def make(ctx: JobContext, batch_id: int) -> dict[str, int]:
    """Make the codes of a batch by its pool's pattern."""
    idle = 0
    while True:
        await ctx.check()
        async with ctx.tx() as tx:
            pool, batch = await _begin(tx, batch_id)
            missing = (batch.asked or 0) - batch.made
            if missing <= 0 or batch.state not in store.OPEN:
                break
            _, _, expires = await store.place(tx, batch_id)
            drawn = dict.fromkeys(rules.draw(pool.pattern or "", min(CHUNK, missing)))
            rows = [(code, rules.key_of(code), expires, None) for code in drawn]
            new = len(await store.add_codes(tx, pool.id, pool.database_id, batch_id, rows))
            again = min(CHUNK, missing) - new
            await store.update(tx, batch_id, {"made": batch.made + new, "duplicated": batch.duplicated + again})
        ctx.progress(batch.made + new, batch.asked)
        idle = 0 if new else idle + 1
        if idle >= PATIENCE:
            raise Problem(409, "No codes are left", f"The pattern {pool.pattern} gives no new codes any more")
    return await _end(ctx.engines, batch_id)


async def fetch(ctx: JobContext, batch_id: int) -> dict[str, int]:
    """Ask a pool's service for the codes of a batch."""
    idle = 0
    while True:
        await ctx.check()
        async with ctx.tx() as tx:
            pool, batch = await _begin(tx, batch_id)
            headers = await remote.headers_of(tx, pool)
        missing = (batch.asked or 0) - batch.made
        if missing <= 0 or batch.state not in store.OPEN:
            break
        request = f"{batch_id}-{batch.made + batch.duplicated + batch.refused}"
        found = await remote.fetch(ctx.engines, pool, headers, min(pool.remote_batch, missing), request)
        async with ctx.tx() as tx:
            pool, now = await _begin(tx, batch_id)
            if now.made != batch.made:
                continue  # somebody else goes on with this batch
            done = await importing.add(tx, _open_room(pool, missing), found, batch_id=batch_id)
            counts = {
                "made": now.made + done.inserted,
                "duplicated": now.duplicated + done.duplicated,
                "refused": now.refused + done.refused,
            }
            await store.update(tx, batch_id, counts)
        ctx.progress(now.made + done.inserted, batch.asked)
        idle = 0 if done.inserted else idle + 1
        if idle >= PATIENCE:
            raise Problem(502, "The service gives no codes", "The service gave no new codes several times in a row")
    return await _end(ctx.engines, batch_id)


async def read(ctx: JobContext, batch_id: int) -> dict[str, int]:
    """Read the codes of a batch from its file."""
    async with ctx.tx() as tx:
        pool, _ = await _begin(tx, batch_id)
        key, _, _ = await store.place(tx, batch_id)
    files = Files(ctx.engines.files)
    lines = importing.CodeFile(files.path(key or ""), pool)
    no = 0
    while (chunk := await lines.chunk()) is not None:
        await ctx.check()
        numbers, items, faults = chunk
        no += 1
        async with ctx.tx() as tx:
            pool, batch = await _begin(tx, batch_id)
            _, position, _ = await store.place(tx, batch_id)
            if batch.state not in store.OPEN or no <= position:
                continue
            done = await importing.add(tx, pool, items, batch_id=batch_id, faults=faults)
            failed = [
                PromoLine(numbers[one.index], one.code[:200], one.status, one.reason)
                for one in done.items
                if one.status != "inserted"
            ]
            if failed:
                await store.add_lines(tx, batch_id, failed)
            values = {
                "made": batch.made + done.inserted,
                "duplicated": batch.duplicated + done.duplicated,
                "discarded": batch.discarded + done.discarded_by_limit,
                "refused": batch.refused + done.refused,
                "position": no,
            }
            await store.update(tx, batch_id, values)
        ctx.progress(sum(values[name] for name in ("made", "duplicated", "discarded", "refused")))
    result = await _end(ctx.engines, batch_id)
    files.delete(key or "")
    return result


def ending(engines: Engines, batch_id: int) -> Callable[[Ending, BaseException], Awaitable[None]]:
    """Return what writes beside the work how a batch ended when it did not end well."""

    async def end(how: Ending, exc: BaseException) -> None:
        words = None if how == "cancelled" or isinstance(exc, Cancelled) else _words(exc)
        async with engines.tx() as tx:
            await batches.finish(tx, batch_id, how, words)

    return end


def _words(exc: BaseException) -> str:
    return exc.detail if isinstance(exc, Problem) and exc.detail else str(exc) or type(exc).__name__


async def _begin(tx: Tx, batch_id: int) -> tuple[PromoPool, PromoBatch]:
    """Lock a batch and its pool for a chunk; raise 409 when the pool takes no codes any more."""
    batch = await store.get(tx, batch_id)
    pool = await pools_store.get(tx, batch.pool_id, lock=True)
    batch = await store.get(tx, batch_id, lock=True)
    if batch.state in store.OPEN:
        batches.refuse_closed(tx, pool)
        if batch.state == "queued":
            await store.update(tx, batch_id, {"state": "running"})
    return pool, batch


def _open_room(pool: PromoPool, missing: int) -> PromoPool:
    """Return the pool with room for what this batch still waits for: that was kept free for it."""
    return msgspec.structs.replace(pool, code_limit=pool.code_limit + missing)


async def _end(engines: Engines, batch_id: int) -> dict[str, int]:
    async with engines.tx() as tx:
        await batches.finish(tx, batch_id, "done")
        batch = await store.get(tx, batch_id)
    names = ("made", "duplicated", "discarded", "refused")
    return {name: getattr(batch, name) for name in names}
