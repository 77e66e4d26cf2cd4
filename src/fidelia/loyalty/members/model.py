"""What others see of members, as frozen values. Points are exact decimals, moments aware and in UTC."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

import msgspec

MemberState = Literal["active", "removed"]
#: How somebody came in: with the whole database, with a segment, by an order or points, by hand, by API, by a scenario.
MemberSource = Literal["everybody", "segment", "order", "manual", "api", "scenario"]
MoveCause = Literal["joined", "points", "review", "grant", "settings", "merge"]
AUTOMATIC: tuple[MemberSource, ...] = ("everybody", "segment", "order")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a program, or who was."""

    program_id: int
    profile_id: int
    state: MemberState
    source: MemberSource
    joined_at: datetime
    removed_at: datetime | None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member stands in a level group.

    What counts is what has been earned beyond ``counted``, since ``counted_since``. ``floor_id`` is the level at that
    moment: points that are taken back lead no further down. ``review_on`` and ``reset_on`` are days of the database's
    time zone; ``in_grace``: by ``review_on`` the level has to be reached again.
    """

    level_id: int | None
    floor_id: int | None
    reached_at: datetime
    counted: Decimal
    counted_since: datetime
    review_on: date | None
    reset_on: date | None
    reviewed_on: date | None
    in_grace: bool


class LevelMove(msgspec.Struct, frozen=True, kw_only=True):
    """A move of a member from one level to another; ``points`` is what counted at that moment."""

    id: int
    group_id: int
    profile_id: int
    from_id: int | None
    to_id: int | None
    at: datetime
    cause: MoveCause
    points: Decimal
    reason: str | None
