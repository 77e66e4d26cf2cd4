"""Pure decisions of trigger mailings: numbers of occasions, moments of dates, what a template sees of a cause."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .model import DateTrigger

#: What the messages of a mailing tell of themselves: none of it may set off the very mailing.
ITS_OWN = frozenset(f"message.{kind}" for kind in ("sent", "delivered", "blocked", "bounced"))
#: A mailing that goes round in circles with others writes to a person so often in a day, and no more.
MOST_A_DAY = 20
ENOUGH = f"Had {MOST_A_DAY} messages of this mailing in 24 hours: it may be going round in circles"
#: Dates that passed while nothing ran are made up for so long.
LATEST = timedelta(days=3)


def occasion_of(id_: str) -> int:
    """Return the number of an occasion: 63 bits made of what it is called by, never 0."""
    digest = hashlib.blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest) >> 1 or 1


def own_hash(profile_id: int) -> bytes:
    """Return what stands in the ledger for the address of somebody who has none: 16 bytes, one for each person."""
    return hashlib.blake2b(b"nobody %d" % profile_id, digest_size=16).digest()


def moments(trigger: DateTrigger, after: datetime, now: datetime, zone: str) -> Iterator[tuple[datetime, date]]:
    """Yield (moment, the date it belongs to) for each moment after one and up to now.

    The date is that of the field: for "3 days before" the moment is three days earlier.
    """
    tz = ZoneInfo(zone)
    clock = time.fromisoformat(trigger.at)
    day = after.astimezone(tz).date() - timedelta(days=1)
    last = now.astimezone(tz).date() + timedelta(days=1)
    while day <= last:
        moment = datetime.combine(day, clock, tz).astimezone(UTC)
        if after < moment <= now:
            yield moment, day - timedelta(days=trigger.days)
        day += timedelta(days=1)


def date_name(trigger: DateTrigger, day: date) -> str:
    """Return what an occasion of a date is called by."""
    kind = "yearly" if trigger.yearly else "once"
    return f"date {trigger.field} {trigger.days:+d} {trigger.at} {kind} {day.isoformat()}"


def root_of(type_: str, at: datetime, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the root ``event`` of a template: each property by its name, ``type``, ``at``, and all ``properties``."""
    known = {name: value for name, value in properties.items() if value is not None}
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {**known, "type": type_, "at": moment, "properties": known}
