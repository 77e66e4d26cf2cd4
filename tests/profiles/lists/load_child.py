"""Loads a file in a process of its own, to be killed: ``python -m tests.profiles.lists.load_child DSN FOLDER LOAD``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext
from fidelia.platform.postgres import Database
from fidelia.profiles.lists.work import run_load
from fidelia.settings import Settings


async def main(dsn: str, folder: str, load_id: int) -> None:
    db = Database(dsn, pool_size=3)
    await db.open()
    engines = Engines(settings=Settings(), db=db, files=Path(folder))
    await run_load(JobContext(engines, "child", actor="test", database_id=None, attempt=1), load_id)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
