"""Which way each message of a run takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..model import Recipient


class Route(NamedTuple):
    """The outlet that a message leaves by, the line of it where it waits, and who it comes from.

    ``outlet`` and ``line`` are positions, line 0 having no pace of its own. ``sender`` is the ledger's number, 0 where
    all messages of a run come from the same.
    """

    outlet: int = 0
    line: int = 0
    sender: int = 0


STRAIGHT = Route()


class Routing:
    """The way of a run with one outlet. Those with several say here which of them takes whose message."""

    def of(self, recipient: Recipient) -> Route:
        """Return the way of a recipient's message; always the same for the same person."""
        return STRAIGHT

    def rates(self, outlet: int) -> Sequence[float]:
        """Return the messages a second of an outlet's lines 1 …, all senders of a run together."""
        return ()

    def name(self, outlet: int) -> str:
        """Return what people call an outlet."""
        return ""
