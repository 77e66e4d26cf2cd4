"""A sender in a process of its own, to be killed: ``sender_child.py DSN RUN PORT CONNECTIONS``."""

from __future__ import annotations

import asyncio
import sys

from fidelia.kernel.clock import FixedClock
from fidelia.messages.store import runs
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Database
from fidelia.settings import Settings
from fidelia.wiring import wire
from tests.conftest import NOW
from tests.messages.world import sender_of


async def main(dsn: str, run_id: int, port: int, connections: int) -> None:
    db = Database(dsn, pool_size=3)
    await db.open()
    engines = Engines(settings=Settings(), db=db, clock=FixedClock(NOW))
    wire(engines)
    async with engines.tx() as tx:
        run = await runs.get(tx, run_id)
    await sender_of(engines, run, port, connections=connections).run()
    await db.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
