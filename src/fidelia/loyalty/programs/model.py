"""What others see of programs, as frozen values. Points and money are exact decimals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

ProgramState = Literal["draft", "active", "inactive", "archived"]
Audience = Literal["everybody", "segment", "manual"]
Mode = Literal["priority", "best"]
PriceBase = Literal["discounted", "initial"]
ClawBack = Literal["allow_negative", "floor_zero", "only_pending"]
PointKind = Literal["standard", "qualification"]
PointRounding = Literal["down", "half_up", "up"]
ExpiryKind = Literal["never", "after", "fixed", "end_of"]
ExpiryUnit = Literal["month", "quarter", "year"]
LevelMode = Literal["cumulative", "period"]
Upgrade = Literal["immediate", "at_review"]
Downgrade = Literal["none", "one_step", "to_earned"]
ReviewKind = Literal["none", "every", "dates"]
ReviewStart = Literal["join", "level"]
ResetWhen = Literal["none", "at_review", "date", "on_upgrade"]
ResetHow = Literal["to_zero", "subtract_threshold", "keep"]


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """When points lapse, counted from the accrual.

    ``never``; ``after`` a ``period`` (ISO 8601; whole days: at the end of that day); ``fixed``: at the end of the day
    ``on``, ``2027-12-31`` or every year ``12-31``; ``end_of`` a calendar ``unit``, after a ``period`` if one is given.
    """

    kind: ExpiryKind
    period: str | None = None
    unit: ExpiryUnit | None = None
    on: str | None = None


class PointType(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of points. ``standard`` ones are earned and spent, ``qualification`` ones only decide the level.

    One point is worth ``ratio`` of ``ratio_currency``. ``initial`` is credited to whoever joins. ``delay`` is an ISO
    8601 duration from the accrual until points can be used. No accrual takes more than ``max_accrual``, none leads to
    more than ``max_balance``.
    """

    id: int
    program_id: int
    key: str
    name: str
    kind: PointKind
    places: int
    ratio: Decimal | None
    ratio_currency: str | None
    initial: Decimal
    delay: str | None
    expiry: Expiry
    rounding: PointRounding
    max_balance: Decimal | None
    max_accrual: Decimal | None
    archived_at: datetime | None


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """When levels are reviewed: never, every so many ``months`` since ``start``, or on ``dates`` like ``01-01``."""

    kind: ReviewKind
    months: int | None = None
    start: ReviewStart | None = None
    dates: list[str] = []


class Reset(msgspec.Struct, frozen=True, kw_only=True):
    """When counting begins anew and how; ``date`` is a day of the year like ``01-01``."""

    when: ResetWhen
    how: ResetHow
    date: str | None = None


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A level of a group; the higher ``position`` is the higher level. ``benefits`` are lines of text."""

    id: int
    group_id: int
    key: str
    name: str
    position: int
    threshold: Decimal
    benefits: list[str]


class LevelGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Levels in their order, and how members move between them.

    ``cumulative`` counts all qualification points since counting began, ``period`` those since the last review.
    """

    id: int
    program_id: int
    key: str
    name: str
    point_type_id: int
    mode: LevelMode
    upgrade: Upgrade
    downgrade: Downgrade
    review: Review
    reset: Reset
    grace_days: int
    entry_level_id: int | None
    levels: list[Level]


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose products earn points too.

    ``products`` is a condition on a line of an order (null: every line); what it earns is multiplied by ``multiplier``;
    the partner pays ``share`` percent of it, in ``currency``, from ``starts_on`` to ``ends_on`` (both included).
    """

    id: int
    program_id: int
    external_id: str
    name: str
    products: dict[str, Any] | None
    multiplier: Decimal
    share: Decimal
    currency: str | None
    starts_on: date | None
    ends_on: date | None
    archived_at: datetime | None


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A loyalty program of a database: at most one of a database is active at a time.

    ``external_id`` never changes: conditions and templates name the program by it. ``mode`` says how promotions are
    weighed, ``base`` from which price a percentage is taken, ``claw_back`` what happens when points to be taken back
    are spent.
    """

    id: int
    database_id: int
    external_id: str
    name: str
    description: str
    state: ProgramState
    audience: Audience
    segment_id: int | None
    mode: Mode
    base: PriceBase
    claw_back: ClawBack
    version: int
    activated_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
