"""Looks after pools: says that one runs dry, once, and asks its service for more where senders may make codes."""

from __future__ import annotations

from fidelia.platform import notices
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import rules
from ..model import PromoPool
from ..store import batches as batches_store
from ..store import pools as store
from . import batches
from .pools import room_of

WHO = "Fidelia"


async def watch(engines: Engines) -> None:
    """Look after every pool with personal codes that gives any now."""
    async with engines.tx() as tx:
        ids = await store.watched(tx)
    for pool_id in ids:
        async with engines.tx() as tx:
            await _look(tx, await store.get(tx, pool_id, lock=True))


async def _look(tx: Tx, pool: PromoPool) -> None:
    if rules.closed(pool, tx.now) is not None:
        return
    left = await store.left(tx, pool.id, pool.warn_below + 1)
    if left > pool.warn_below:
        await store.set_warned(tx, pool.id, warned=False)
        return
    if pool.way == "remote" and (pool.mailings_create or pool.scenarios_create):
        await batches.settle(tx, pool.id)
        made = await store.codes(tx, pool.id)
        count = min(max(pool.remote_batch, pool.warn_below), room_of(pool, made))
        if count and not await batches_store.all_open(tx, pool.id):
            await batches.start(tx, WHO, pool, count)
        return
    made_as_needed = pool.way == "template" and pool.mailings_create and pool.scenarios_create
    if not made_as_needed and await store.set_warned(tx, pool.id, warned=True):
        words = "no codes are left" if not left else f"{left:,} codes are left" if left > 1 else "1 code is left"
        await notices.tell(
            tx,
            kind=f"promo_codes.low.{pool.id}",
            level="critical" if not left else "warning",
            title=f"Promo codes of {pool.name}: {words}",
            body="Who gets a mailing with a code of this pool gets no message once it is empty. Make or import more",
            link=f"/loyalty/codes/{pool.id}",
        )
