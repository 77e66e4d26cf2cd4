"""Promotions as they are stored and as the API gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fidelia.platform.http import Body

from .rewards import Number, Reward

Kind = Literal["trigger", "discount", "points"]
State = Literal["draft", "active", "paused", "archived"]
VersionState = Literal["draft", "scheduled", "published", "replaced"]
Mode = Literal["priority", "best"]
Base = Literal["discounted", "initial"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Moment = Literal["committed", "paid", "delivered"]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class PromotionLimit(Body, frozen=True):
    """The most of something: uses, points or money; of the whole program or of each member; ever or per period."""

    what: Literal["uses", "points", "money"]
    most: Number
    per: Literal["program", "member"] = "program"
    period: Literal["ever", "day", "week", "month", "year"] = "ever"


class PromotionHours(Body, frozen=True):
    """When on the days it holds: on these weekdays (none: on all), between two times of the database's clock."""

    weekdays: tuple[Weekday, ...] = ()
    start: Clock | None = None
    end: Clock | None = None


class PromotionDefinition(Body, frozen=True, kw_only=True):
    """All that a version of a promotion says.

    ``condition`` looks at the draft order, its lines and who buys (live facts, subject ``order``; of a trigger
    promotion subject ``profile``); ``products`` at one line of it (subject ``line``), null for every line.
    ``currency`` is that of all its money, limits included.
    ``event`` starts a trigger promotion by itself; without it only a call does.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    reward: Reward
    currency: Currency | None = None
    description: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    condition: dict[str, Any] | None = None
    products: dict[str, Any] | None = None
    order_segment_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    hours: PromotionHours | None = None
    code_pool_id: int | None = None
    group_id: int | None = None
    exclusive: bool = False
    limits: tuple[PromotionLimit, ...] = ()
    event: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


class PromotionUsage(msgspec.Struct, frozen=True):
    """What a promotion has given so far: orders, money, points; and how much of its limits is left."""

    uses: int
    money: str
    points: str
    limits: list[PromotionLimitUse]


class PromotionLimitUse(msgspec.Struct, frozen=True):
    """A limit of the program in its present period."""

    what: Literal["uses", "points", "money"]
    period: Literal["ever", "day", "week", "month", "year"]
    most: str
    used: str


class PromotionVersion(msgspec.Struct, frozen=True):
    """A version: published ones never change."""

    number: int
    state: VersionState
    definition: PromotionDefinition
    sentence: str
    author: str
    created_at: datetime
    published_at: datetime | None
    effective_at: datetime | None


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion of a program with the version in force (or its draft, before any is), and the draft of the next."""

    id: int
    program_id: int
    external_id: str | None
    kind: Kind
    state: State
    place: int
    version: int | None
    draft: int | None
    scheduled: int | None
    definition: PromotionDefinition
    sentence: str
    phase: Literal["draft", "waiting", "running", "over", "paused", "archived"]
    usage: PromotionUsage
    revision: int
    created_at: datetime
    updated_at: datetime


class PromotionGroup(msgspec.Struct, frozen=True):
    """An exclusion group: of its promotions at most one wins, per order or per line."""

    id: int
    program_id: int
    name: str
    per: Literal["order", "line"]
    promotions: int


class Arbitration(msgspec.Struct, frozen=True):
    """How promotions go together, and when the points of an order are credited.

    Points are credited when the order is ``accrue_on``, and can be used ``return_days`` days after that.
    """

    program_id: int
    mode: Mode
    base: Base
    accrue_on: Moment
    return_days: int
    revision: int


class OrderSegment(msgspec.Struct, frozen=True):
    """A named condition over a draft order, asked at every calculation. Nothing is stored of who matches."""

    id: int
    database_id: int
    name: str
    description: str
    condition: dict[str, Any]
    sentence: str
    used_by: list[str]
    revision: int
    created_at: datetime
    updated_at: datetime


class PromotionLogEntry(msgspec.Struct, frozen=True):
    """What somebody did to a promotion."""

    at: datetime
    who: str
    what: str
    version: int | None
    detail: dict[str, Any]


class PromotionFired(msgspec.Struct, frozen=True):
    """What a trigger promotion did for somebody; ``amount`` is signed. ``repeated``: it did it the first time."""

    promotion: int
    profile: int
    transaction: str | None
    points: str | None
    amount: str | None
    code: str | None
    level: str | None
    repeated: bool
