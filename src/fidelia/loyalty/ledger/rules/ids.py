"""Ids of transactions: UUIDs of version 7 (RFC 9562), in the order in which a process makes them."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

# A burst may run ahead of its clock by so much (4,096 ids a millisecond) before ids begin anew at the clock.
_AHEAD = 10_000 << 12


class Ids:
    """Makes ids: 48 bits of milliseconds, 12 bits that count within one, 62 random bits."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, at: datetime) -> UUID:
        """Return a new id made at a moment: greater than the one before, unless the clock was put back."""
        place = int(at.timestamp() * 1000) << 12
        if place <= self._last < place + _AHEAD:
            place = self._last + 1
        self._last = place
        high = (place >> 12) << 16 | 0x7000 | place & 0xFFF
        return UUID(int=high << 64 | 0b10 << 62 | secrets.randbits(62))


IDS = Ids()
