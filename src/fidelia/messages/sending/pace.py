"""How fast messages may leave, and the queues of those that share a pace."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

from ..model import Recipient

#: Behind a limit by so many seconds at most: what could not be sent in time is not made up for in a burst.
SLACK = 0.1
#: A queue is low with so many messages, and gets more.
LOW = 200
#: Seconds of work that a slow line keeps at hand while others want their messages too, and messages at least.
HORIZON = 10.0
FEWEST = 10
#: Seconds over which the speed of a line is measured.
WINDOW = 2.0
#: Who waits for a slow line is looked at again between half of this and all of it.
LONGEST = 180.0
#: Seconds after which a line is looked after again that got nothing of what was brought: the first time, at most.
BARREN, BARREN_MOST = 0.05, 10.0


class Pace:
    """So many messages a second, evenly; 0 is no limit. Times are seconds of one clock that never goes back."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.rate = limit
        self._slot = 0.0

    def share(self, senders: int) -> None:
        """Take this sender's share of the limit, which holds for all who work now together."""
        self.rate = self.limit / max(1, senders)

    def wait(self, now: float) -> float:
        """Return the seconds until the next message may leave, 0 when it may at once."""
        return max(0.0, self._slot - now) if self.rate > 0 else 0.0

    def take(self, now: float) -> None:
        """Count a message that leaves."""
        if self.rate > 0:
            self._slot = max(self._slot, now - SLACK) + 1 / self.rate


class Line:
    """The messages of a desk that have a pace of their own, in their order.

    Where a sender has several lines, a slow one must not hold up the others: it keeps at hand what it sends in
    ``HORIZON``; who comes on top of that is written to later (:meth:`later`), when it is likely to be their turn.
    """

    def __init__(self, limit: float = 0) -> None:
        self.queue: deque[Recipient] = deque()
        self.pace = Pace(limit)
        self._speed: float | None = None
        self._taken = 0
        self._since: float | None = None
        self._ahead = 0.0
        self._patience = BARREN
        self._again = 0.0

    def __len__(self) -> int:
        return len(self.queue)

    def take(self) -> Recipient:
        """Return the next one."""
        self._taken += 1
        return self.queue.popleft()

    def measure(self, now: float) -> None:
        """Learn how fast this line is; to be called every second or so."""
        if self._since is None or not self.queue:  # one that runs empty is as fast as it has to be
            self._since, self._taken, self._speed = now, 0, None
        elif now - self._since >= WINDOW:
            self._speed = self._taken / (now - self._since)
            self._since, self._taken = now, 0

    @property
    def speed(self) -> float | None:
        """Return the messages a second that it sends, ``None`` while nobody knows."""
        rate = self.pace.rate if self.pace.rate > 0 else None
        known = [speed for speed in (rate, self._speed) if speed is not None]
        return min(known, default=None)

    @property
    def most(self) -> float:
        """Return how many messages it keeps at hand while others want theirs."""
        return float("inf") if self.speed is None else max(FEWEST, self.speed * HORIZON)

    @property
    def full(self) -> bool:
        """Tell whether one more has to be written to later."""
        return len(self.queue) >= self.most

    def hungry(self, now: float) -> bool:
        """Tell whether it should get more messages."""
        return len(self.queue) <= min(LOW, self.most / 2) and now >= self._again

    def brought(self, many: int, now: float) -> None:
        """Note how many messages it got of those brought for hungry lines: one that gets none can wait a little."""
        if many:
            self._patience, self._again = BARREN, 0.0
        else:
            self._again = now + self._patience
            self._patience = min(self._patience * 2, BARREN_MOST)

    def later(self, now: float) -> timedelta:
        """Return after which time it is likely to be the turn of one more who finds the line full."""
        if len(self.queue) <= self.most / 2:
            self._ahead = now
        self._ahead = max(self._ahead, now + HORIZON)
        seconds = self._ahead - now
        self._ahead += 1 / max(self.speed or 0.0, 1 / HORIZON)
        if seconds > LONGEST:  # nobody can tell so far ahead; spread, so that they do not come back all at once
            seconds = LONGEST / 2 + seconds % (LONGEST / 2)
        return timedelta(seconds=seconds)
