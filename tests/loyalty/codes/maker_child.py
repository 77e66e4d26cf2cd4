"""A process that makes codes and kills itself after so many chunks: `python -m … DSN FOLDER JOB CHUNK CALL WHEN`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from fidelia.kernel.clock import FixedClock
from fidelia.loyalty.codes.service import making
from fidelia.loyalty.codes.store import batches as store
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.postgres import Database
from fidelia.settings import Settings
from fidelia.wiring import wire
from fidelia.worker import tasks
from tests.conftest import NOW
from tests.killing import killing

assert tasks.MODULES


async def main(dsn: str, folder: str, job: str, chunk: int, call: int, where: str) -> None:
    """Do the job; die at the chosen call, before or after the chunk is written."""
    settings = Settings()
    settings = msgspec.structs.replace(settings, data=msgspec.structs.replace(settings.data, dir=folder))
    db = Database(dsn, pool_size=4)
    await db.open()
    engines = Engines(settings=settings, db=db, clock=FixedClock(NOW), files=Path(folder) / "files")
    wire(engines)
    making.CHUNK = chunk
    store.add_codes = killing(store.add_codes, call, before=where == "before")  # type: ignore[assignment]
    await run_job(engines, job)


if __name__ == "__main__":
    dsn, folder, job, chunk, call, where = sys.argv[1:]
    asyncio.run(main(dsn, folder, job, int(chunk), int(call), where))
