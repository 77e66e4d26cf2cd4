"""The role that takes mail that comes back."""

from __future__ import annotations

import asyncio
import signal

from fidelia.messages import run_bounces
from fidelia.settings import Settings
from fidelia.wiring import open_engines


async def serve_bounces(settings: Settings) -> None:
    """Take returned mail until a signal."""
    async with open_engines(settings, clickhouse=False) as engines:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, engines.stop.set)
        await run_bounces(engines)
