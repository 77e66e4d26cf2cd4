"""Whose query goes to ClickHouse next: nobody's many or slow questions keep others from being answered.

Everybody who asks (a person, a token, a job) has some places at most; whoever has the fewest queries at work comes
first. Places are fewer than ClickHouse's clients, so that one stays for what is no question of ours (the drain).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextvars import ContextVar

from fidelia.platform.engines import Engines

PORT = "segments.turns"
#: Who asks, such as ``user:3``; jobs are known by their tag.
asker: ContextVar[str] = ContextVar("fidelia_asker", default="")


class Turns:
    """Gives out places: ``most`` in all, ``each`` to one asker."""

    def __init__(self, most: int, each: int) -> None:
        self._most = max(most, 1)
        self._each = max(min(each, most), 1)
        self.running: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    @contextlib.asynccontextmanager
    async def turn(self, who: str) -> AsyncIterator[None]:
        """Wait for a place and hold it while the block runs."""
        place = asyncio.get_running_loop().create_future()
        self._waiting.append((who, place))
        self._give()
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._back(who)
            else:
                self._waiting.remove((who, place))
            raise
        try:
            yield
        finally:
            self._back(who)

    def _back(self, who: str) -> None:
        self.running[who] -= 1
        if not self.running[who]:
            del self.running[who]
        self._give()

    def _give(self) -> None:
        while self.running.total() < self._most:
            able = [
                (self.running[who], n)
                for n, (who, place) in enumerate(self._waiting)
                # Who was cancelled a moment ago still stands in the row and takes nothing.
                if self.running[who] < self._each and not place.done()
            ]
            if not able:
                return
            who, place = self._waiting.pop(min(able)[1])
            self.running[who] += 1
            place.set_result(None)


def turns(engines: Engines) -> Turns:
    """Return the places of this process."""
    clients = engines.settings.clickhouse.clients
    found: Turns = engines.ports.setdefault(PORT, Turns(clients - 1, clients // 2))
    return found
