"""The port of a channel: what makes a run's messages, and what hands them over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..model import MessageKey, Recipient
from .composing import Context
from .routing import Routing

if TYPE_CHECKING:
    from .desk import Desk


class CannotSend(Exception):
    """Nothing of a run can leave until somebody has mended what the text says."""


class Message(Protocol):
    """A message ready to be handed over."""

    @property
    def key(self) -> MessageKey:
        """Whose it is within the run."""

    @property
    def attempts(self) -> int:
        """How often it was tried before."""

    @property
    def variant(self) -> int:
        """Which of the run's templates it was made with."""


class Maker(Protocol):
    """Makes the messages of one of a run's templates."""

    @property
    def context(self) -> Context:
        """What its templates are filled with."""

    def compose(self, recipient: Recipient, now: datetime) -> Message:
        """Return a recipient's message; raise ``CannotRender`` with the reason why this one gets none."""


class Outlet(Protocol):
    """A server or provider that messages of a run leave by.

    ``makers`` holds one for each of the run's templates, by variant; ``connections`` says how many lanes work at once,
    ``rate`` how many messages a second all senders of its channel together may hand over here, 0 for no limit.
    """

    @property
    def makers(self) -> Sequence[Maker]:
        """One for each of the run's templates."""

    @property
    def connections(self) -> int:
        """How many lanes work at once."""

    @property
    def rate(self) -> float:
        """Messages a second, 0 for no limit."""

    async def lane(self, desk: Desk) -> None:
        """Hand over messages of the desk one after another until it has no more.

        The result of a message and the intent of the next must be durable before the next is handed over
        (:meth:`Desk.settle`): what is handed over and not settled when a process dies is *unknown*.
        """


class Ways(NamedTuple):
    """Where a run's messages leave by, and which of them takes which way; ``None``: all leave by the only one."""

    outlets: Sequence[Outlet]
    routing: Routing | None = None
