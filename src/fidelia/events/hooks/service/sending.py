"""Sending: each hook by itself, its oldest batch first, one process at a time."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import msgspec
import psycopg
import structlog

from fidelia import profiles
from fidelia.access import SecretError, decrypt_secret
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Fetcher, FetchLimits, FetchProblem
from fidelia.platform.notices import tell
from fidelia.platform.postgres import Tx

from .. import payload, rules
from ..model import Claimed, Hook, Outcome
from ..store import hooks as store
from ..store import queue
from .intake import take_in

#: Hooks that one process sends to at the same time.
CONCURRENT = 16
#: Batches of one hook before others have their turn again.
IN_A_ROW = 50
POLL_SECONDS = 0.5
#: What a receiver may take: to connect, to be silent, in all.
LIMITS = FetchLimits(connect_seconds=5, read_seconds=15, total_seconds=20, redirects=0)
EXCERPT = 2_000

log = structlog.get_logger(__name__)


class Sender:
    """A process's way out to the receivers of hooks; use it as a context manager."""

    def __init__(self, engines: Engines, limits: FetchLimits = LIMITS) -> None:
        self._engines, self._limits = engines, limits
        self._fetcher = Fetcher(engines.settings, connections=CONCURRENT)
        self._places = asyncio.Semaphore(CONCURRENT)
        self._busy: dict[int, asyncio.Task[int]] = {}
        self._opening = asyncio.Lock()
        self._locks: psycopg.AsyncConnection[Any] | None = None

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what is being sent: it is tried again by whoever comes next."""
        for task in self._busy.values():
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        if self._locks is not None:
            await self._locks.close()
        await self._fetcher.__aexit__(kind, exc, trace)

    async def run(self) -> None:
        """Take in and send until the process stops."""
        await asyncio.gather(self._forever(self._take_in), self._forever(self.start))

    async def _forever(self, step: Any) -> None:
        while not self._engines.stop.is_set():
            try:
                await step()
            except Exception as exc:  # noqa: BLE001 (the database may be away; the receivers wait for us)
                log.warning("hooks cannot go on", error=f"{type(exc).__name__}: {exc}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._engines.stop.wait(), POLL_SECONDS)

    async def _take_in(self) -> None:
        while not self._engines.stop.is_set() and await take_in(self._engines):
            pass

    async def start(self) -> list[asyncio.Task[int]]:
        """Begin to send to every hook that is due and not being sent to by this process; return what was begun."""
        async with self._engines.tx() as tx:
            due = await queue.due(tx)
        begun = []
        for hook_id in due:
            if hook_id not in self._busy:
                task = asyncio.create_task(self._send(hook_id))
                self._busy[hook_id] = task
                task.add_done_callback(functools.partial(self._done, hook_id))
                begun.append(task)
        return begun

    def _done(self, hook_id: int, task: asyncio.Task[int]) -> None:
        self._busy.pop(hook_id, None)

    async def round(self) -> int:
        """Take in everything and send everything that is due now; return how many batches were tried."""
        await self._take_in()
        tried = 0
        while begun := await self.start():
            counts = await asyncio.gather(*begun)
            tried += sum(counts)
            if not any(counts):
                break
        return tried

    async def _send(self, hook_id: int) -> int:
        tried = 0
        async with self._places:
            try:
                async with self._alone(hook_id) as alone:
                    while alone and tried < IN_A_ROW and not self._engines.stop.is_set():
                        delivered = await self._send_next(hook_id)
                        tried += delivered is not None
                        if not delivered:
                            break
            except Exception:  # the other hooks must not wait for this one's fault
                log.exception("a hook cannot be sent to", hook=hook_id)
        return tried

    @asynccontextmanager
    async def _alone(self, hook_id: int) -> AsyncIterator[bool]:
        """Hold the lock of a hook; a process that dies gives it back with its connection."""
        async with self._opening:
            if self._locks is None or self._locks.closed:
                self._locks = await self._engines.db.session()
            connection = self._locks
        if not await queue.lock(connection, hook_id):
            yield False
            return
        try:
            yield True
        finally:
            with contextlib.suppress(psycopg.OperationalError):  # the lock went with the connection
                await asyncio.shield(queue.unlock(connection, hook_id))

    async def _send_next(self, hook_id: int) -> bool | None:
        """Try the oldest batch of a hook: ``True`` when it was taken, ``None`` when there is nothing to send now."""
        async with self._engines.tx() as tx:
            hook = await store.hold(tx, hook_id)
            if hook is None or not hook.active or hook.next_at > tx.now:
                return None
            claimed = await queue.claim(tx, hook)
            if claimed is None:
                return None
        outcome, body = await send(self._engines, self._fetcher, hook, claimed, self._limits)
        async with self._engines.tx() as tx:
            await _settle(tx, hook_id, claimed, outcome, body)
        return outcome.delivered


async def send_forever(engines: Engines) -> None:
    """Send to hooks until the process stops."""
    async with Sender(engines) as sender:
        await sender.run()


async def send(
    engines: Engines, fetcher: Fetcher, hook: Hook, claimed: Claimed, limits: FetchLimits = LIMITS
) -> tuple[Outcome, str]:
    """Send a batch as it is now; return what came of it, and the body. No transaction is held meanwhile."""
    async with engines.tx() as tx:
        now = tx.now
        facts = await _facts(tx, claimed)
        kept = await store.secrets(tx, hook.id)
    body = payload.encoded(payload.message(claimed, hook.id, hook.custom_data, facts, now))
    began = time.monotonic()

    def outcome(
        status: int | None = None, response: str | None = None, error: str | None = None, wait: float | None = None
    ) -> Outcome:
        spent = round((time.monotonic() - began) * 1000)
        return Outcome(status=status, response=response, error=error, retry_after=wait, duration_ms=spent)

    try:
        old = kept.old_secret if kept.old_secret_until is not None and kept.old_secret_until > now else None
        secrets = [decrypt_secret(engines, text) for text in (kept.secret, old) if text is not None]
        own = msgspec.json.decode(decrypt_secret(engines, kept.headers), type=dict[str, str]) if kept.headers else {}
        headers = payload.headers(claimed.message_id, secrets, body, own, now)
        answer = await fetcher.call("POST", hook.url, headers=headers, body=body, limits=limits, keep=EXCERPT)
    except (FetchProblem, SecretError) as exc:
        return outcome(error=exc.detail if isinstance(exc, FetchProblem) else str(exc)), body.decode()
    said = answer.body.decode("utf-8", "replace").replace("\x00", "")
    wait = rules.retry_after(answer.headers.get("retry-after"), now) if answer.status in (429, 503) else None
    error = None if 200 <= answer.status < 300 else _refusal(answer.status, answer.headers.get("location"))
    return outcome(answer.status, said, error, wait), body.decode()


def _refusal(status: int, location: str | None) -> str:
    if 300 <= status < 400 and location:
        return f"The receiver answers {status} and sends on to {location[:200]}; that is not followed"
    return f"The receiver answers {status}"


async def _facts(tx: Tx, claimed: Claimed) -> payload.Facts:
    if claimed.database_id is None:
        return {}
    try:
        ids = {event.profile for event in claimed.events}
        rows = await profiles.read_many(tx, claimed.database_id, ids, ["external_id", "email"])
    except Problem as exc:
        if exc.status != 404:
            raise
        return {}  # the database was deleted, with everybody in it
    return {row["id"]: (row["external_id"], row["email"]) for row in rows}


async def _settle(tx: Tx, hook_id: int, claimed: Claimed, outcome: Outcome, body: str) -> None:
    hook = await store.hold(tx, hook_id)
    if hook is None:
        return
    if outcome.delivered:
        if await queue.settle(tx, claimed, outcome, body, "delivered"):
            await store.count(tx, hook_id, delivered=claimed.rows)
        well = {"attempts": 0, "failing_since": None, "trouble": None, "delivered_at": tx.now}
        await store.note(tx, hook_id, well)
        return
    await queue.settle(tx, claimed, outcome, body, "waiting")
    attempts, since = hook.attempts + 1, hook.failing_since or tx.now
    values: dict[str, Any] = {"attempts": attempts, "failing_since": since, "trouble": outcome.error}
    wait = outcome.retry_after
    values["next_at"] = tx.now + (rules.pause(attempts) if wait is None else timedelta(seconds=wait))
    if hook.active and (outcome.status == 410 or tx.now - since >= rules.GIVE_UP):
        gone = outcome.status == 410
        values |= {"active": False, "paused_by": "gone" if gone else "failing", "paused_at": tx.now}
        why = "Its receiver answers that it wants no more (410)" if gone else f"It failed for 24 hours: {outcome.error}"
        await tell(
            tx,
            kind=f"hook.{hook_id}.paused",
            level="warning",
            title=f"The hook {hook.name} was switched off",
            body=f"{why}. What happens is kept for it for 7 days; look at it and switch it on again.",
            link=f"/settings/hooks/{hook_id}",
        )
    await store.note(tx, hook_id, values)
