"""A worker over a given PostgreSQL that does a bulk update and kills itself at a chosen point.

``DSN FOLDER JOB POINT N`` kills itself with SIGKILL at the N-th time it reaches POINT: ``writing``
(inside the transaction of a chunk, everything written) or ``written`` (after its commit). ``DSN FOLDER again`` does
what stalled jobs are left.
"""

from __future__ import annotations

import asyncio
import sys

from fidelia.platform.jobs import runner
from fidelia.segments.bulk import store as bulk_store
from fidelia.segments.bulk import work
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from fidelia.worker import tasks
from tests.killing import again, killing

assert tasks.MODULES


async def main(dsn: str, folder: str, what: str, point: str = "", wanted: str = "0") -> None:
    work.CHUNK = 50
    settings = Settings().replace("postgres", dsn=dsn).replace("data", dir=folder)
    if point == "writing":
        bulk_store.advance = killing(bulk_store.advance, int(wanted))
    elif point == "written":
        work._write = killing(work._write, int(wanted))
    async with open_engines(settings, clickhouse=False) as engines:
        if what == "again":
            await again(engines, "worker")
        else:
            await runner.run_job(engines, what)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
