"""A worker that deals with events for promotions and kills itself in its first chunk: `python -m … DSN DATA NOW WHERE`.

``WHERE`` is ``before`` the references are written or ``after``, and nothing is committed either way.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path

import msgspec

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.promotions.service import listening
from fidelia.loyalty.promotions.store import firings
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Database
from fidelia.settings import Settings
from fidelia.wiring import wire
from fidelia.worker import tasks
from tests.killing import killing

assert tasks.MODULES


async def main(dsn: str, folder: str, now: str, where: str) -> None:
    """Deal with what has come; die at the first chunk."""
    settings = Settings()
    settings = msgspec.structs.replace(settings, data=msgspec.structs.replace(settings.data, dir=folder))
    db = Database(dsn, pool_size=4)
    await db.open()
    engines = Engines(
        settings=settings, db=db, clock=FixedClock(datetime.fromisoformat(now)), files=Path(folder) / "files"
    )
    wire(engines)
    firings.write = killing(firings.write, 1, before=where == "before")  # type: ignore[assignment]
    await listening.round_of(engines)


if __name__ == "__main__":
    dsn, folder, now, where = sys.argv[1:]
    asyncio.run(main(dsn, folder, now, where))
