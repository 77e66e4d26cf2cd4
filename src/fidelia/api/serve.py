"""The web role: HTTP, ClickHouse, the drain, and the jobs that ask questions."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from fidelia.platform.jobs.runner import run_worker, watch
from fidelia.settings import Settings
from fidelia.wiring import open_engines

from .app import create_app


class Server(uvicorn.Server):
    """uvicorn that leaves with exit code 0 on SIGTERM and SIGINT, and says when it accepts."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_stop = on_stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal without raising it again after the shutdown."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, number)
        yield

    def _stop(self, number: int) -> None:
        self._on_stop()
        self.handle_exit(number, None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept, then tell."""
        await super().startup(sockets)
        if self.started:
            self._on_ready()


async def serve_web(
    settings: Settings, on_ready: Callable[[], None] = lambda: None, sockets: list[socket.socket] | None = None
) -> None:
    """Run the web role until a signal; ``on_ready`` is called once it accepts requests.

    ``sockets`` are listening sockets that a supervisor holds open; without them the host and port of the settings.
    """
    async with open_engines(settings, clickhouse=True) as engines:
        drain = engines.drain
        assert drain is not None
        app = create_app(engines)
        config = uvicorn.Config(
            app,
            host=settings.server.host,
            port=settings.server.port,
            timeout_graceful_shutdown=1,
            timeout_keep_alive=30,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            backlog=1024,
        )
        background = [
            asyncio.create_task(drain.run()),
            asyncio.create_task(run_worker(engines, ["core"], settings.jobs.core_concurrency)),
            asyncio.create_task(watch(engines)),
        ]
        try:
            await Server(config, on_ready, engines.stop.set).serve(sockets)
        finally:
            engines.stop.set()
            for task in background[1:]:  # the drain ends by itself, after the batch it is moving
                task.cancel()
            await asyncio.wait(background, timeout=2)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
