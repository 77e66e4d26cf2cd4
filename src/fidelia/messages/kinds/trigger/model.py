"""What sets a trigger mailing off, as it is stored with the mailing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec

from fidelia.conditions import Condition

MAX_TRIGGERS = 10
MAX_WAIT = 90 * 24 * 60
#: Days before or after a date at most.
MAX_DAYS = 366

Wait = Annotated[int, msgspec.Meta(ge=0, le=MAX_WAIT)]


class EventTrigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="event"):
    """An event of a ``type``. ``where`` looks at ``trigger.<property>`` of it and at fields of the person as they are
    then; ``wait`` is minutes from the event to the message."""

    type: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    where: Condition | None = None
    wait: Wait = 0


class DateTrigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="date"):
    """A date of the person (a field of type date or datetime): ``days`` after it, before it when negative, at the time
    ``at`` of the database's time zone, once or ``yearly``. 29 February counts on the 28th in other years."""

    field: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    days: Annotated[int, msgspec.Meta(ge=-MAX_DAYS, le=MAX_DAYS)] = 0
    at: Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] = "09:00"
    yearly: bool = False
    wait: Wait = 0


class CallTrigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="call"):
    """A call of ``POST /mailings/{id}/trigger``; ``wait`` is minutes from the call to the message."""

    wait: Wait = 0


Trigger = EventTrigger | DateTrigger | CallTrigger


class Cause(NamedTuple):
    """Why somebody is to get a message: what happened, and when the message is due.

    ``occasion`` is made of what happened and is the same however often it is told.
    """

    profile_id: int
    occasion: int
    type: str
    at: datetime
    properties: dict[str, Any]
    due: datetime
