"""The tasks that exist, and what a running one is given."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ..clickhouse import QueryCancelled

if TYPE_CHECKING:
    from ..engines import Engines
    from ..postgres import Tx

Queue = Literal["core", "worker", "sender"]
Ending = Literal["cancelled", "failed"]
TaskBody = Callable[..., Awaitable[dict[str, Any] | None]]
PeriodicBody = Callable[["Engines"], Awaitable[None]]


class Cancelled(Exception):
    """Somebody asked the job to stop; what it had finished stays."""


class JobContext:
    """What a job's body works with: engines, progress, and a look at whether it should stop."""

    def __init__(self, engines: Engines, job_id: str, *, actor: str, database_id: int | None, attempt: int) -> None:
        self.engines = engines
        self.job_id = job_id
        self.actor = actor
        self.database_id = database_id
        self.attempt = attempt
        self.done = 0
        self.total: int | None = None
        self.changed = False
        self.cancel_requested = False

    @property
    def tag(self) -> str:
        """Return the mark that this job's ClickHouse queries carry, by which they can be found and killed."""
        return f"job-{self.job_id}"

    def progress(self, done: int, total: int | None = None) -> None:
        """Say how far the work is; written to the job's row and streamed within a second."""
        self.done = done
        if total is not None:
            self.total = total
        self.changed = True

    async def check(self) -> None:
        """Raise :class:`Cancelled` when somebody asked the job to stop; call it between chunks."""
        if self.cancel_requested:
            raise Cancelled

    def ending(self, exc: BaseException) -> Ending | None:
        """Return how an exception ends the job; ``None``: only its process stops, and another begins it again."""
        if not isinstance(exc, Exception | asyncio.CancelledError):
            return None
        if self.cancel_requested or isinstance(exc, Cancelled | QueryCancelled):
            return "cancelled"
        return "failed" if isinstance(exc, Exception) else None

    @asynccontextmanager
    async def telling(self, end: Callable[[Ending, BaseException], Awaitable[None]]) -> AsyncIterator[None]:
        """Have ``end`` write beside the work how it ended, when it ends otherwise than well; the exception goes on."""
        try:
            yield
        except BaseException as exc:
            ending = self.ending(exc)
            if ending is not None:
                await asyncio.shield(end(ending, exc))
            raise

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """Open a transaction for one chunk of the work; it commits when the block ends."""
        async with self.engines.tx() as tx:
            yield tx


@dataclass(frozen=True)
class Task:
    """A kind of job: who runs it (``queue``) and how often it is begun again after its process died."""

    kind: str
    queue: Queue
    body: TaskBody
    attempts: int = 3


@dataclass(frozen=True)
class Periodic:
    """Something done again and again by one process: at the minutes of ``cron``, or every so many ``seconds``."""

    name: str
    queue: Queue
    body: PeriodicBody
    cron: str | None = None
    seconds: int | None = None


_CRON_FIELDS = 5
tasks: dict[str, Task] = {}
periodics: dict[str, Periodic] = {}


def task(kind: str, *, queue: Queue, attempts: int = 3) -> Callable[[TaskBody], TaskBody]:
    """Declare the body of a kind of job: ``async def body(ctx, **args) -> dict | None``."""

    def keep(body: TaskBody) -> TaskBody:
        if kind in tasks:
            raise RuntimeError(f"Two tasks are named {kind!r}")
        tasks[kind] = Task(kind, queue, body, attempts)
        return body

    return keep


def periodic(
    name: str, cron: str | None = None, *, queue: Queue, seconds: int | None = None
) -> Callable[[PeriodicBody], PeriodicBody]:
    """Declare something to be done by a schedule of five fields or every so many seconds, once over all processes.

    What is done every few seconds may come again while the last time still goes on.
    """
    by_cron = cron is not None and len(cron.split()) == _CRON_FIELDS and seconds is None
    by_seconds = cron is None and seconds is not None and seconds > 0
    if not by_cron and not by_seconds:
        raise RuntimeError(f"{name!r} needs a schedule of {_CRON_FIELDS} fields or seconds")

    def keep(body: PeriodicBody) -> PeriodicBody:
        periodics[name] = Periodic(name, queue, body, cron, seconds)
        return body

    return keep
