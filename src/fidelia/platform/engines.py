"""What a running process holds: settings, clock, PostgreSQL, and (in the core only) ClickHouse with its drain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fidelia.kernel.clock import Clock, SystemClock
from fidelia.kernel.errors import unavailable
from fidelia.settings import Settings

from .clickhouse import ClickHouse
from .postgres import Database, Tx

if TYPE_CHECKING:
    from .drain import Drain


@dataclass
class Engines:
    """The process's engines. ``ports`` is filled by ``wiring``; an unfilled port refuses."""

    settings: Settings
    db: Database
    clock: Clock = field(default_factory=SystemClock)
    ch: ClickHouse | None = None
    drain: Drain | None = None
    files: Path = Path()
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    ports: dict[str, Any] = field(default_factory=dict)

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
        await self.drain.catch_up()

    def port(self, name: str) -> Any:
        """Return what ``wiring`` filled a port with; refuse when nobody did."""
        if name not in self.ports:
            raise unavailable(f"Nothing answers for {name} in this process")
        return self.ports[name]
