"""Reports of members and their levels."""

from __future__ import annotations

from datetime import date

import msgspec

from ..period import LoyaltyPeriod


class MemberStep(msgspec.Struct, frozen=True):
    """Members at the end of a step, who ``joined`` and ``left`` in it, who moved points (``active``: accrued or
    redeemed some) and who placed an order (``buying``) as a member.
    """

    first: date
    last: date
    members: int
    joined: int
    left: int
    active: int
    buying: int


class MembersBy(msgspec.Struct, frozen=True):
    """How many members there are of a kind; ``key`` is the level's id or the way they came in."""

    key: str
    name: str
    members: int


class LoyaltyMembers(msgspec.Struct, frozen=True, kw_only=True):
    """Members over a period. Who left and came back counts from the last joining.

    ``active`` and ``buying`` are people of the whole period, each counted once; ``sources`` say how those came in who
    joined in it.
    """

    period: LoyaltyPeriod
    members: int
    joined: int
    left: int
    active: int
    buying: int
    steps: list[MemberStep]
    levels: list[LevelMembers]
    sources: list[MembersBy]


class LevelMembers(msgspec.Struct, frozen=True):
    """Members of one level group by level at the end of the period; level null: on none."""

    group: int
    name: str
    levels: list[MembersBy]


class LevelStep(msgspec.Struct, frozen=True):
    """Members of each level (in the order of ``levels``, then on none) at the end of a step, and moves in it."""

    first: date
    last: date
    members: list[int]
    entered: int
    up: int
    down: int


class LevelMove(msgspec.Struct, frozen=True):
    """How many moves there were from a level to another; null: on none. Who joins comes from none."""

    source: int | None
    target: int | None
    moves: int


class LevelName(msgspec.Struct, frozen=True):
    """A level of a group, the lowest first."""

    id: int
    name: str
    position: int


class LevelGroupReport(msgspec.Struct, frozen=True, kw_only=True):
    """How members stood on the levels of a group and moved between them."""

    group: int
    key: str
    name: str
    levels: list[LevelName]
    steps: list[LevelStep]
    moves: list[LevelMove]
    causes: list[MembersBy]


class LoyaltyLevels(msgspec.Struct, frozen=True, kw_only=True):
    """Members by level over a period, and their moves."""

    period: LoyaltyPeriod
    groups: list[LevelGroupReport]
