"""Group commit: requests that wait at the same time share one transaction, and each gets its own answer after it.

A commit costs a flush to disk whatever is in it, so a few writers take what has queued up. Nothing is answered before
its transaction is committed.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import psycopg
import sqlalchemy.exc
import structlog

from fidelia.kernel.errors import unavailable
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

S = TypeVar("S")
R = TypeVar("R")

WRITERS = 2
GROUP_EVENTS = 4_000
#: Events that may wait in memory; above, callers are asked to come again.
WAITING_EVENTS = 60_000
ATTEMPTS = 4
#: What another transaction's doing may cause, and a second try does not meet again.
_PASSING = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.UndefinedTable,
)

log = structlog.get_logger(__name__)


class GroupCommit(Generic[S, R]):
    """Runs ``apply(tx, submissions)`` for groups of submissions.

    ``apply`` returns, in their order, what each submission is answered with; an exception among them is raised to that
    caller alone. When the whole call raises, each submission of the group is tried by itself.
    """

    def __init__(self, engines: Engines, apply: Callable[[Tx, Sequence[S]], Awaitable[list[R | Exception]]]) -> None:
        self._engines = engines
        self._apply = apply
        self._queue: deque[tuple[S, int, asyncio.Future[R]]] = deque()
        self._waiting = 0
        self._writers: set[asyncio.Task[None]] = set()

    async def submit(self, submission: S, weight: int) -> R:
        """Return the answer to a submission of ``weight`` events, once it is committed.

        Raises:
            Problem: 503 with ``Retry-After`` when too much waits; whatever ``apply`` refuses it with.
        """
        if self._waiting and self._waiting + weight > WAITING_EVENTS:
            raise unavailable("More events wait to be written than can be held; send them again", 1)
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.append((submission, weight, future))
        self._waiting += weight
        if len(self._writers) < WRITERS:
            task = asyncio.create_task(self._write())
            self._writers.add(task)
            task.add_done_callback(self._writers.discard)
        return await future

    async def _write(self) -> None:
        while self._queue:
            group: list[tuple[S, int, asyncio.Future[R]]] = []
            size = 0
            while self._queue and (not group or size + self._queue[0][1] <= GROUP_EVENTS):
                item = self._queue.popleft()
                if item[2].cancelled():  # the caller has gone, and nothing was promised
                    self._waiting -= item[1]
                    continue
                group.append(item)
                size += item[1]
            if not group:
                continue
            try:
                await self._settle(group)
            finally:
                self._waiting -= size

    async def _settle(self, group: list[tuple[S, int, asyncio.Future[R]]]) -> None:
        try:
            answers = await self._commit([submission for submission, _, _ in group])
        except asyncio.CancelledError:
            for _, _, future in group:
                future.cancel()
            raise
        except Exception as exc:  # noqa: BLE001 (it belongs to the callers)
            if len(group) > 1 and not _away(exc):
                # One submission may spoil the transaction for all; apart, only that one fails.
                log.warning("a group of events is written one by one", error=f"{type(exc).__name__}: {exc}")
                for item in group:
                    await self._settle([item])
                return
            answers = [exc for _ in group]
        for (_, _, future), answer in zip(group, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _commit(self, submissions: list[S]) -> list[R | Exception]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with self._engines.tx() as tx:
                    answers = await self._apply(tx, submissions)
            except (psycopg.Error, sqlalchemy.exc.DBAPIError) as exc:
                cause = exc.orig if isinstance(exc, sqlalchemy.exc.DBAPIError) else exc
                if attempt == ATTEMPTS or not isinstance(cause, _PASSING):
                    raise
                log.info("events are written again", error=str(cause))
            else:
                return answers
        raise AssertionError("unreachable")


def _away(exc: Exception) -> bool:
    """Tell whether PostgreSQL itself is at fault, so that trying each alone would only take longer."""
    cause = exc.orig if isinstance(exc, sqlalchemy.exc.DBAPIError) else exc
    away = psycopg.OperationalError | psycopg.InterfaceError | sqlalchemy.exc.TimeoutError | OSError
    return isinstance(cause, away) and not isinstance(cause, _PASSING)
