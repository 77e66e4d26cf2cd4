"""A sender of a channel's run in a process of its own, to be killed: ``sender_child.py DSN RUN KEY DATA``."""

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
from tests.messages.channels.http.world import sender_of
from tests.web_server import open_to


async def main(dsn: str, run_id: int, key: str, data: str) -> None:
    """Work on a run until it is done."""
    db = Database(dsn, pool_size=3)
    await db.open()
    settings = open_to(settings=Settings().replace("data", dir=data))
    engines = Engines(settings=settings, db=db, clock=FixedClock(NOW))
    wire(engines)
    async with engines.tx() as tx:
        run = await runs.get(tx, run_id)
    await (await sender_of(engines, run, key)).run()
    await db.close()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]))
