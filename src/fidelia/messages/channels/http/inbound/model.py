"""What became of what a provider told."""

from __future__ import annotations

import msgspec


class InboundTaken(msgspec.Struct, frozen=True, kw_only=True):
    """How many items of a request were taken, were told before, wait for a message that is not known yet, are about no
    message or contact of this channel, and were passed over because no rule is about them.
    """

    taken: int
    repeated: int
    waiting: int
    unknown: int
    passed_over: int
