"""What a sender has for one outlet: its queue, its rate, and the results of what was handed over there."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog

from fidelia.kernel.clock import Clock

from .. import rules
from ..markup.render import CannotRender
from ..model import MessageKey, Recipient
from ..store.ledger import Result
from ..timing.hours import Hours
from .port import Message, Outlet
from .settler import Settler

log = structlog.get_logger(__name__)

IDLE = 0.25
QUIET = "Waits for the end of quiet hours"


class Desk:
    """The face that lanes see: the next message, and where to tell what became of it."""

    def __init__(
        self,
        outlet: Outlet,
        settler: Settler,
        hours: Hours,
        clock: Clock,
        stopped: asyncio.Event,
        say: Callable[[str | None], Awaitable[None]],
        pause: Callable[[str], Awaitable[None]],
        *,
        patience: float,
        stopping: Callable[[], bool],
        count: Callable[[], None],
    ) -> None:
        self.outlet = outlet
        self.clock = clock
        self.stopped = stopped
        self.patience = patience
        self.queue: deque[Recipient] = deque()
        self.arrived = asyncio.Event()
        self.ended = False
        self.waiting = 0
        self.rate = outlet.rate
        self.refusals = 0
        self._settler = settler
        self._hours = hours
        self._say = say
        self._pause_run = pause
        self._stopping = stopping
        self._count = count
        self._slot = 0.0
        self._connections = 0
        self._in_trouble = False

    @property
    def stopping(self) -> bool:
        """Tell whether no further message may be begun."""
        return self._stopping()

    @property
    def idle(self) -> bool:
        """Tell whether every lane waits for a message and there is none."""
        return not self.queue and self.waiting >= self.outlet.connections

    # -- the next message -------------------------------------------------------------------------------------------

    def take(self) -> Message | None:
        """Return the next message when one is at hand and the rate allows it; blocks people who cannot get theirs."""
        if self.stopping:
            return None
        while self.queue and self._may_send():
            recipient = self.queue.popleft()
            now = self.clock.now()
            if (due := self._hours.too_late(recipient.key, now)) is not None:
                self._settler.submit([put_off(recipient.key, due, QUIET)])
                continue
            try:
                message = self.outlet.makers[recipient.variant].compose(recipient, now)
            except CannotRender as exc:
                self._settler.submit([self.blocked(recipient.key, str(exc), recipient.variant)])
                continue
            except Exception as exc:  # a fault of ours must cost this recipient, not the connections of the others
                log.exception("a message could not be made", profile=recipient.profile_id)
                fault = f"Internal fault: {type(exc).__name__}"
                self._settler.submit([self.blocked(recipient.key, fault, recipient.variant)])
                continue
            self._count_slot()
            return message
        return None

    async def wait_for_message(self) -> Message | None:
        """Return the next message, waiting for it; ``None`` when there is no more."""
        self.waiting += 1
        try:
            while not self.ended and not self.stopping:
                message = self.take()
                if message is not None:
                    return message
                if not self.queue:
                    self.arrived.clear()
                    await asyncio.wait((asyncio.ensure_future(self.arrived.wait()),), timeout=IDLE)
                else:
                    await asyncio.sleep(self._pause())
        finally:
            self.waiting -= 1
        return None

    def settle(self, results: list[Result], intent: MessageKey | None = None) -> asyncio.Future[bool]:
        """Have results and an intent written together; the future tells whether the intent was granted."""
        return self._settler.submit(results, intent)

    # -- what became of a message -----------------------------------------------------------------------------------

    def sent(self, message: Message) -> Result:
        """Return the result of a message that was accepted."""
        self.refusals = 0
        self._count()
        now = self.clock.now()
        line = self.outlet.makers[message.variant].context.event("sent", message.key, now)
        return Result(message.key, "sent", tried=True, line=line)

    def later(self, message: Message, reason: str, code: int | None = None, wait: float = 0) -> Result:
        """Return the result of a message that is tried again, or failed when it was tried often enough.

        ``wait`` is the seconds that the other side asks for at least.
        """
        now = self.clock.now()
        delay = rules.retry_after(message.attempts + 1, wait)
        if delay is None:
            return self.refused(message, f"Tried {message.attempts + 1} times: {reason}", code)
        return Result(message.key, "queued", reason, code, now + delay, tried=True)

    def refused(self, message: Message, reason: str, code: int | None = None) -> Result:
        """Return the result of a message that this recipient will not get."""
        now = self.clock.now()
        line = self.outlet.makers[message.variant].context.event("bounced", message.key, now, reason=reason)
        return Result(message.key, "failed", reason, code, tried=True, line=line)

    def back(self, message: Message, reason: str, code: int | None = None) -> Result:
        """Return the result of a message that could not be tried for a reason that is not its recipient's."""
        return Result(message.key, "queued", reason, code, self.clock.now())

    def blocked(self, key: MessageKey, reason: str, variant: int = 0) -> Result:
        """Return the result of somebody who gets no message."""
        line = self.outlet.makers[variant].context.event("blocked", key, self.clock.now(), reason=reason)
        return Result(key, "blocked", reason[:500], line=line)

    async def outlet_refused(self, reason: str) -> None:
        """Pause the run: nothing can leave by this outlet until somebody has looked at it."""
        await self._pause_run(reason)

    # -- connections ------------------------------------------------------------------------------------------------

    async def no_connection(self, reason: str) -> None:
        """Note that the server cannot be reached, when no connection is left."""
        if self._connections == 0 and not self._in_trouble:
            self._in_trouble = True
            await self._say(reason)

    async def connected(self) -> None:
        """Note that a connection was made."""
        self._connections += 1
        if self._in_trouble:
            self._in_trouble = False
            await self._say(None)

    def disconnected(self) -> None:
        """Note that a connection is gone."""
        self._connections -= 1

    # -- rate -------------------------------------------------------------------------------------------------------

    def share(self, senders: int) -> None:
        """Take this sender's share of the rate."""
        self.rate = self.outlet.rate / max(1, senders)

    def behind(self, more: int) -> timedelta:
        """Return how long it takes until what is queued here and ``more`` messages are gone, 5 seconds at least."""
        return timedelta(seconds=max(5.0, (len(self.queue) + more) / self.rate if self.rate > 0 else 0.0))

    def _may_send(self) -> bool:
        return self.rate <= 0 or asyncio.get_running_loop().time() >= self._slot

    def _count_slot(self) -> None:
        if self.rate > 0:
            now = asyncio.get_running_loop().time()
            self._slot = max(self._slot, now - 0.1) + 1 / self.rate

    def _pause(self) -> float:
        return min(IDLE, max(0.001, self._slot - asyncio.get_running_loop().time()))


def put_off(key: MessageKey, due: datetime, reason: str) -> Result:
    """Return the result of somebody who is written to later; it does not count as a try."""
    return Result(key, "queued", reason, next_at=due)
