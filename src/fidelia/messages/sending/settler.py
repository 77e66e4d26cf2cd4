"""Group commit: what many connections have to write goes into one statement, and they go on when it is durable."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog

from fidelia.platform.engines import Engines

from ..model import MessageKey
from ..store import ledger

log = structlog.get_logger(__name__)

_FULL = "The disk of the database is full. Sending waits, and goes on by itself once there is space"


@dataclass(slots=True)
class _Wish:
    results: list[ledger.Result]
    intent: MessageKey | None
    sender: int
    answer: asyncio.Future[bool]


class Settler:
    """The writer of one sender session. Its connection holds the lock that says that the session lives.

    When the connection breaks, the same batch is written again on a new one: the statement is safe to repeat.
    """

    def __init__(
        self,
        engines: Engines,
        run_id: int,
        database_id: int,
        say: Callable[[str | None], Awaitable[None]] | None = None,
    ) -> None:
        self._say = say
        self._engines = engines
        self._run_id = run_id
        self._database_id = database_id
        self._raw: psycopg.AsyncConnection[Any] | None = None
        self._wishes: list[_Wish] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.session = 0
        self.phase = "sending"
        self.writes = 0
        self._broken: Exception | None = None

    async def open(self) -> None:
        """Begin the session."""
        self._raw = await self._engines.db.session()
        now = self._engines.clock.now()
        self.session = await ledger.open_session(self._raw, self._run_id, socket.gethostname(), os.getpid(), now)
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Give back what is leased and end the session; whatever was submitted has been written."""
        if self._task is not None:
            with contextlib.suppress(Exception):  # what broke the writer was told when it happened
                await self.submit([])  # written after everything before it
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._raw is None:
            return
        try:
            await ledger.close_session(self._raw, self._run_id, self.session, self._engines.clock.now())
        except psycopg.OperationalError as exc:  # whoever comes next clears up after this session
            log.warning("a sender session was not closed", session=self.session, error=str(exc))
        finally:
            await self._raw.close()

    def submit(
        self, results: list[ledger.Result], intent: MessageKey | None = None, sender: int = 0
    ) -> asyncio.Future[bool]:
        """Have results and an intent written together; the future tells whether the intent was granted.

        ``sender`` is the ledger's number for who the message goes by.
        """
        wish = _Wish(results, intent, sender, asyncio.get_running_loop().create_future())
        if self._broken is not None:
            wish.answer.set_exception(self._broken)
            return wish.answer
        self._wishes.append(wish)
        self._wake.set()
        return wish.answer

    async def _run(self) -> None:
        try:
            await self._serve()
        except Exception as exc:
            log.exception("the ledger of a run cannot be written", run=self._run_id)
            self._broken = exc
            for wish in self._wishes:
                if not wish.answer.done():
                    wish.answer.set_exception(exc)
            self._wishes.clear()

    async def _serve(self) -> None:
        while True:
            await self._wake.wait()
            await asyncio.sleep(0)  # let the connections whose replies have just come join this batch
            self._wake.clear()
            batch = self._wishes[:]
            if not batch:
                continue
            results = [result for wish in batch for result in wish.results]
            intents = {wish.intent: wish.sender for wish in batch if wish.intent is not None}
            settled = await self._write(results, intents)
            self.phase = settled.phase
            self.writes += 1
            del self._wishes[: len(batch)]
            for wish in batch:
                if not wish.answer.done():
                    wish.answer.set_result(wish.intent in settled.granted)

    async def _write(self, results: list[ledger.Result], intents: dict[MessageKey, int]) -> ledger.Settled:
        delay, full = 0.1, False
        while True:
            try:
                if self._raw is None or self._raw.closed:
                    self._raw = await self._engines.db.session()
                    now = self._engines.clock.now()
                    await ledger.come_back(
                        self._raw, self._run_id, self.session, socket.gethostname(), os.getpid(), now
                    )
                settled = await ledger.settle(
                    self._raw,
                    self._run_id,
                    self._database_id,
                    self.session,
                    self._engines.clock.now(),
                    results,
                    intents,
                )
            except psycopg.OperationalError as exc:
                if isinstance(exc, psycopg.errors.DiskFull):
                    full = True
                    await self._tell(_FULL)
                log.warning("the ledger waits for the database", error=str(exc))
                if self._raw is not None:
                    await self._raw.close()
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)
            else:
                if full:
                    await self._tell(None)
                return settled

    async def _tell(self, text: str | None) -> None:
        if self._say is not None:
            await self._say(text)
