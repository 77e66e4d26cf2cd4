"""A worker over a given PostgreSQL that does a bulk update and kills itself at a chosen point.

``python bulk_child.py DSN FOLDER JOB POINT N`` kills itself with SIGKILL at the N-th time it reaches POINT: ``writing``
(inside the transaction of a chunk, everything written) or ``written`` (after its commit). ``DSN FOLDER again`` does
what stalled jobs are left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

from fidelia.platform.jobs import runner, store
from fidelia.segments.bulk import store as bulk_store
from fidelia.segments.bulk import work
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from fidelia.worker import tasks

assert tasks.MODULES


def killing(original: Any, wanted: int) -> Any:
    calls = 0

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        result = await original(*args, **kwargs)
        if calls == wanted:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


async def main(dsn: str, folder: str, what: str, point: str = "", wanted: str = "0") -> None:
    work.CHUNK = 50
    settings = Settings().replace("postgres", dsn=dsn).replace("data", dir=folder)
    if point == "writing":
        bulk_store.advance = killing(bulk_store.advance, int(wanted))
    elif point == "written":
        work._write = killing(work._write, int(wanted))
    async with open_engines(settings, clickhouse=False) as engines:
        if what == "again":
            async with engines.tx() as tx:
                stalled = [row.id for row in await store.stalled(tx, -3600)]
            await runner.recover(engines)
            for job in stalled:
                async with engines.tx() as tx:
                    await store.requeue(tx, job, "worker", None)
                await runner.run_job(engines, job)
        else:
            await runner.run_job(engines, what)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
