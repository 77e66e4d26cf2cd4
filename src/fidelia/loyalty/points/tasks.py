"""Jobs of points: what time does to them is written down, and transactions are exported."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic, task

from .. import ledger, members
from . import export

transactions = task(export.KIND, queue="worker")(export.run)


@periodic("loyalty.expire", "* * * * *", queue="worker")
async def expire(engines: Engines) -> None:
    """Write off points that have lapsed."""
    await ledger.expire_lots(engines)


@periodic("loyalty.holds", seconds=10, queue="worker")
async def holds(engines: Engines) -> None:
    """End holds whose time is over."""
    await ledger.time_out_holds(engines)


@periodic("loyalty.activate", seconds=10, queue="worker")
async def activate(engines: Engines) -> None:
    """Tell of points that became active, and let levels follow."""
    while not engines.stop.is_set():
        async with engines.tx() as tx:
            found = await ledger.becoming_active(tx)
            for program_id, people in sorted(found.items()):
                await members.lock(tx, program_id, people)
                await ledger.activate(tx, program_id, list(people))
                await members.settle_levels(tx, program_id, list(people))
        if not found:
            return
