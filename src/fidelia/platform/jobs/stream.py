"""Job progress as it happens: one LISTEN per process, fanned out to the open streams."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import structlog

from ..engines import Engines
from .store import CHANNEL

log = structlog.get_logger(__name__)


class JobFeed:
    """Tells subscribers the id of each job that changes."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._queues: set[asyncio.Queue[str | None]] = set()

    async def run(self) -> None:
        """Listen until the process stops; connects again when the database was away."""
        while not self._engines.stop.is_set():
            try:
                session = await self._engines.db.session()
                try:
                    await session.execute(f"listen {CHANNEL}")
                    while not self._engines.stop.is_set():
                        async for notice in session.notifies(timeout=1):
                            self._tell(notice.payload)
                finally:
                    await session.close()
            except (psycopg.Error, OSError) as exc:
                log.warning("job feed waits for the database", error=str(exc))
                await asyncio.sleep(1)
        self._tell(None)

    def _tell(self, job_id: str | None) -> None:
        for queue in self._queues:
            with contextlib.suppress(asyncio.QueueFull):  # a reader that is far behind polls the list instead
                queue.put_nowait(job_id)

    async def subscribe(self, job_id: str | None = None) -> AsyncIterator[str]:
        """Yield the ids of jobs that change, or of one job only, until the process stops."""
        queue: asyncio.Queue[str | None] = asyncio.Queue(1000)
        self._queues.add(queue)
        try:
            while True:
                changed = await queue.get()
                if changed is None:
                    return
                if job_id is None or changed == job_id:
                    yield changed
        finally:
            self._queues.discard(queue)
