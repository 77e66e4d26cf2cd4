"""A process that works on a campaign over a given PostgreSQL, and kills itself with SIGKILL at a chosen point.

``DSN FOLDER JOB POINT N`` does a job and dies at the N-th time it reaches POINT; ``DSN FOLDER again`` does what jobs a
dead process has left, as the next one does.
"""

from __future__ import annotations

import asyncio
import sys
from types import ModuleType

from fidelia.campaigns.people import admission, job, listening
from fidelia.campaigns.store import people as lists
from fidelia.kernel.clock import FixedClock
from fidelia.messages.service import audience
from fidelia.messages.store import runs
from fidelia.platform.jobs import runner
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from fidelia.worker import tasks
from tests.conftest import NOW
from tests.killing import again, killing

assert tasks.MODULES
#: Where it may die: what has just been done then. Up to "active" it is all one transaction of the split.
POINTS: dict[str, tuple[ModuleType, str]] = {
    "strata": (lists, "set_strata"),
    "lists": (lists, "save"),
    "entries": (lists, "add_entry"),
    "told": (admission, "_tell"),
    "active": (listening, "listen_for"),
    "built": (job, "_run"),
    # A launch: newcomers are split and that is committed; the audience is known; kept; the ledger is filled in part.
    "admitted": (audience, "take_in"),
    "worked out": (audience, "work_out"),
    "kept": (runs, "keep_audience"),
    "filled": (runs, "prepared"),
}


async def main(dsn: str, folder: str, what: str, point: str = "", wanted: str = "0") -> None:
    settings = Settings().replace("postgres", dsn=dsn).replace("data", dir=folder)
    audience.CHUNK = 100
    if point:
        module, name = POINTS[point]
        setattr(module, name, killing(getattr(module, name), int(wanted)))
    async with open_engines(settings, clickhouse=False, clock=FixedClock(NOW)) as engines:
        if what == "again":
            await again(engines, "worker")
        else:
            await runner.run_job(engines, what)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
