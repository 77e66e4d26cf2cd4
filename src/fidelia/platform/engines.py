"""What a running process holds: settings, clock, PostgreSQL, and (in the core only) ClickHouse with its drain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fidelia.kernel.clock import Clock, SystemClock
from fidelia.kernel.errors import unavailable
from fidelia.settings import Settings

from .clickhouse import ClickHouse
from .postgres import Database, Tx

if TYPE_CHECKING:
    from .drain import Drain


class Engines:
    """The process's engines. ``ports`` is filled by ``wiring``; an unfilled port refuses.

    A plain class on purpose: the HTTP layer looks into dataclasses that handlers take, and checks instances of others.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        db: Database,
        clock: Clock | None = None,
        ch: ClickHouse | None = None,
        files: Path = Path(),
    ) -> None:
        self.settings = settings
        self.db = db
        self.clock: Clock = clock or SystemClock()
        self.ch = ch
        self.drain: Drain | None = None
        self.files = files
        self.stop = asyncio.Event()
        self.ports: dict[str, Any] = {}

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """Open a transaction outside of a request; commits when the block ends."""
        async with self.db.tx(self) as tx:
            yield tx

    @property
    def clickhouse(self) -> ClickHouse:
        """Return ClickHouse; raise 503 in a process that has none."""
        if self.ch is None:
            raise unavailable("This process has no ClickHouse; ask the core")
        return self.ch

    async def catch_up(self) -> None:
        """Make every write acknowledged before now visible to questions."""
        if self.drain is None:
            raise unavailable("This process has no drain; ask the core")
        await self.drain.catch_up(self.settings.limits.drain_rows)

    def port(self, name: str) -> Any:
        """Return what ``wiring`` filled a port with; refuse when nobody did."""
        if name not in self.ports:
            raise unavailable(f"Nothing answers for {name} in this process")
        return self.ports[name]
