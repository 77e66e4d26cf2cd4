"""What a mailing says about when its messages are sent."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from fidelia.platform.schedules import TimeOfDay

Share = Literal["people", "percent"]


class QuietHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the day in which nothing is sent, ``from`` inclusive and ``to`` exclusive, perhaps over midnight.

    ``zone`` tells whose clock counts: the recipient's (the database's for who has none), or the database's for all.
    """

    begin: TimeOfDay = msgspec.field(name="from")
    end: TimeOfDay = msgspec.field(name="to")
    zone: Literal["recipient", "database"] = "recipient"


class Cycles(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most ``limit`` people in each cycle of ``hours``; the limit grows by ``growth`` people or percent a cycle."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
    hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 24
    growth: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    growth_in: Share = "people"


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When messages are sent. ``local_time``: the start's time of day comes to each recipient by their own clock."""

    local_time: bool = False
    quiet: QuietHours | None = None
    cycles: Cycles | None = None
