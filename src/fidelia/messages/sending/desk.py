"""What a sender has for one outlet: its lines, its pace, and the results of what was handed over there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import structlog

from fidelia.kernel.clock import Clock

from .. import rules
from ..markup.render import CannotRender
from ..model import MessageKey
from ..store.ledger import Result
from ..timing.hours import Hours
from .pace import Line, Pace
from .port import Message, Outlet
from .settler import Settler

log = structlog.get_logger(__name__)

IDLE = 0.25
QUIET = "Waits for the end of quiet hours"


class Desk:
    """The face that lanes see: the next message, and where to tell what became of it.

    ``pace`` is that of the whole run, ``rates`` those of the lines 1 … that have their own. ``closed`` is why nothing
    leaves here any more while the sender goes on by its other outlets.
    """

    def __init__(
        self,
        outlet: Outlet,
        settler: Settler,
        hours: Hours,
        clock: Clock,
        stopped: asyncio.Event,
        say: Callable[[str | None], Awaitable[None]],
        refuse: Callable[[str], Awaitable[None]],
        *,
        pace: Pace,
        rates: Sequence[float] = (),
        patience: float,
        stopping: Callable[[], bool],
        count: Callable[[], None],
    ) -> None:
        self.outlet = outlet
        self.clock = clock
        self.stopped = stopped
        self.patience = patience
        self.lines = [Line(), *(Line(rate) for rate in rates)]
        self.pace = Pace(outlet.rate)
        self.closed: str | None = None
        self.arrived = asyncio.Event()
        self.ended = False
        self.waiting = 0
        self.refusals = 0
        self._settler = settler
        self._hours = hours
        self._say = say
        self._refuse = refuse
        self._run_pace = pace
        self._stopping = stopping
        self._count = count
        self._turn = 0
        self._at_work = 0
        self._connections = 0
        self._in_trouble = False

    @property
    def stopping(self) -> bool:
        """Tell whether no further message may be begun."""
        return self._stopping()

    @property
    def queued(self) -> int:
        """Return how many messages wait here."""
        return sum(len(line) for line in self.lines)

    @property
    def idle(self) -> bool:
        """Tell whether every lane waits for a message, or has gone home, and there is none."""
        waiting = self.waiting >= (self._at_work if self.closed else self.outlet.connections)
        return waiting and not self.queued

    async def work(self) -> None:
        """Have one more lane hand over messages, until there are no more."""
        self._at_work += 1
        try:
            await self.outlet.lane(self)
        finally:
            self._at_work -= 1

    def close(self, reason: str) -> None:
        """Begin no further message here; lanes go home when they are done with theirs."""
        self.closed = reason
        self.ended = True
        self.arrived.set()

    # -- the next message -------------------------------------------------------------------------------------------

    def take(self) -> Message | None:
        """Return the next message when one is at hand and the rate allows it; blocks people who cannot get theirs."""
        while not self.stopping and not self.closed and (line := self._next_line()) is not None:
            recipient = line.take()
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
            moment = asyncio.get_running_loop().time()
            for pace in (self._run_pace, self.pace, line.pace):
                pace.take(moment)
            return message
        return None

    def _next_line(self) -> Line | None:
        """Return the line whose message is next: one after another, those that have one and may send it."""
        now = asyncio.get_running_loop().time()
        if self._run_pace.wait(now) or self.pace.wait(now):
            return None
        many = len(self.lines)
        for step in range(many):
            line = self.lines[(self._turn + step) % many]
            if line.queue and not line.pace.wait(now):
                self._turn = (self._turn + step + 1) % many
                return line
        return None

    async def wait_for_message(self) -> Message | None:
        """Return the next message, waiting for it; ``None`` when there is no more."""
        self.waiting += 1
        try:
            while not self.ended and not self.stopping:
                message = self.take()
                if message is not None:
                    return message
                if not self.queued:
                    self.arrived.clear()
                    await asyncio.wait((asyncio.ensure_future(self.arrived.wait()),), timeout=IDLE)
                else:
                    await asyncio.sleep(self._pause())
        finally:
            self.waiting -= 1
        return None

    def settle(self, results: list[Result], intent: MessageKey | None = None, sender: int = 0) -> asyncio.Future[bool]:
        """Have results and an intent written together; the future tells whether the intent was granted.

        ``sender`` is the ledger's number for who the message goes by, 0 where a run has only one.
        """
        return self._settler.submit(results, intent, sender)

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

        ``wait`` is the seconds that the other side asks for, 0 when it does not.
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
        """Nothing can leave by this outlet until somebody has looked at it: pause the run, unless it has others."""
        await self._refuse(reason)

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

    # -- pace -------------------------------------------------------------------------------------------------------

    def share(self, senders: int) -> None:
        """Take this sender's share of the outlet's limits."""
        for pace in (self.pace, *(line.pace for line in self.lines)):
            pace.share(senders)

    @property
    def limited(self) -> bool:
        """Tell whether the outlet has a limit that senders share."""
        return self.pace.limit > 0 or any(line.pace.limit > 0 for line in self.lines)

    def _pause(self) -> float:
        now = asyncio.get_running_loop().time()
        lines = min((line.pace.wait(now) for line in self.lines if line.queue), default=0.0)
        return min(IDLE, max(0.001, lines, self.pace.wait(now), self._run_pace.wait(now)))


def put_off(key: MessageKey, due: datetime, reason: str) -> Result:
    """Return the result of somebody who is written to later; it does not count as a try."""
    return Result(key, "queued", reason, next_at=due)
