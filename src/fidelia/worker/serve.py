"""The roles without HTTP: ``worker`` (imports and other PostgreSQL work) and ``sender`` (mailing runs)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Literal

from fidelia.events.hooks import send_forever
from fidelia.platform.jobs.runner import run_worker, watch
from fidelia.settings import Settings
from fidelia.wiring import open_engines

Role = Literal["worker", "sender"]


async def serve_jobs(settings: Settings, role: Role, on_ready: Callable[[], None] = lambda: None) -> None:
    """Run the jobs of one queue until a signal."""
    async with open_engines(settings, clickhouse=False) as engines:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, engines.stop.set)
        background = [
            asyncio.create_task(run_worker(engines, [role], settings.jobs.concurrency)),
            asyncio.create_task(watch(engines)),
        ]
        if role == "worker":
            background.append(asyncio.create_task(send_forever(engines)))
        on_ready()
        await engines.stop.wait()
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
