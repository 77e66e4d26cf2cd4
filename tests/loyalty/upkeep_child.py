"""A worker process of points and levels, which may kill itself: `python -m … DSN FOLDER NOW WHAT CHUNK CALL WHERE`.

``WHAT`` is ``expire`` or the id of a job; ``CALL`` is in which chunk it dies (0: never), ``before`` that chunk is
written or ``after`` it, and not committed either way.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

import msgspec

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.ledger.service import upkeep
from fidelia.loyalty.ledger.store import expire
from fidelia.loyalty.members.service import work
from fidelia.loyalty.members.store import reviews
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.postgres import Database
from fidelia.settings import Settings
from fidelia.wiring import wire
from fidelia.worker import tasks
from tests.killing import killing

assert tasks.MODULES


async def main(dsn: str, folder: str, now: str, what: str, chunk: int, call: int, where: str) -> None:
    """Do the work; die at the chosen call."""
    settings = Settings()
    settings = msgspec.structs.replace(settings, data=msgspec.structs.replace(settings.data, dir=folder))
    db = Database(dsn, pool_size=4)
    await db.open()
    engines = Engines(
        settings=settings, db=db, clock=FixedClock(datetime.fromisoformat(now)), files=Path(folder) / "files"
    )
    wire(engines)
    if what == "expire":
        expire.expire = killing(expire.expire, call, before=where == "before")  # type: ignore[assignment]
        await upkeep.expire_lots(engines, seconds=600, chunk=chunk)
    else:
        work.AT_ONCE = chunk
        reviews.add = killing(reviews.add, call, before=where == "before")  # type: ignore[assignment]
        await run_job(engines, what)


if __name__ == "__main__":
    dsn, folder, now, what, chunk, call, where = sys.argv[1:]
    asyncio.run(main(dsn, folder, now, what, int(chunk), int(call), where))
