"""Reports of points: what is outstanding, what moved."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from ..period import LoyaltyPeriod


class LiabilityStep(msgspec.Struct, frozen=True):
    """What was outstanding at the end of a step: ``points`` with those that open redemptions hold, their ``money``,
    and the ``debt`` that members owe from points taken back after they were spent.
    """

    first: date
    last: date
    points: str
    money: str | None
    debt: str


class LiabilityAge(msgspec.Struct, frozen=True):
    """What is outstanding of points that were earned ``since`` to ``until`` days ago (null: and more)."""

    since: int
    until: int | None
    points: str
    money: str | None


class LiabilityExpiry(msgspec.Struct, frozen=True):
    """What is outstanding of points that lapse in a month (its first day; null: never)."""

    month: date | None
    points: str
    money: str | None


class LiabilityForecast(msgspec.Struct, frozen=True):
    """What is expected of a month: points redeemed and lapsed in it, what is left at its end, and their money."""

    month: date
    redeemed: str
    expired: str
    left: str
    redeemed_money: str | None
    expired_money: str | None
    left_money: str | None


class LiabilityBreakage(msgspec.Struct, frozen=True):
    """Points that end unused. Of the year before: ``expired`` of all that were ``expired`` or ``redeemed``, as a
    ``rate``. Expected: the share of what is outstanding that lapses, and that is redeemed, within the forecast.
    """

    expired: str
    redeemed: str
    rate: float | None
    expected: float | None
    expected_money: str | None
    redemption: float | None


class PointLiability(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed in one point type at the end of the period: ``outstanding`` = ``active`` + ``pending`` + ``held``.

    ``money`` = outstanding × the type's present worth; null where a point has no worth.
    """

    points: str
    name: str
    ratio: str | None
    currency: str | None
    outstanding: str
    active: str
    pending: str
    held: str
    debt: str
    money: str | None
    debt_money: str | None
    steps: list[LiabilityStep]
    ages: list[LiabilityAge]
    expiries: list[LiabilityExpiry]
    forecast: list[LiabilityForecast]
    breakage: LiabilityBreakage


class LiabilitySum(msgspec.Struct, frozen=True):
    """What is owed in one currency, of all point types together; ``steps`` are its amounts at the end of each step."""

    currency: str
    money: str
    steps: list[str]


class LoyaltyLiability(msgspec.Struct, frozen=True, kw_only=True):
    """What members have not used yet and what it is worth, at the end of every step of a period.

    Worked out from the ledger as of then: what was written later but counts from before is in it.
    """

    period: LoyaltyPeriod
    total: list[LiabilitySum]
    types: list[PointLiability]


class PointFlow(msgspec.Struct, frozen=True, kw_only=True):
    """Points that moved. ``opening`` + accrued − redeemed + given_back − expired − taken_back + adjusted = ``closing``.

    ``redeemed`` counts when it is final; ``taken_back`` is what returns and cancellations claim back of what was
    accrued, ``given_back`` of what was redeemed.
    """

    accrued: str
    redeemed: str
    given_back: str
    expired: str
    taken_back: str
    adjusted: str


class PointStep(PointFlow, frozen=True, kw_only=True):
    """Points that moved in a step. ``opening`` and ``closing`` are outstanding less debt; null for a narrowed report
    (a promotion, channel or region), in which points that are spent belong to nobody.
    """

    first: date
    last: date
    opening: str | None
    closing: str | None


class PointsBy(PointFlow, frozen=True, kw_only=True):
    """Points that moved, by what they have in common; ``key`` is what filters take, empty for none."""

    key: str
    name: str


class PointTypeFlow(msgspec.Struct, frozen=True, kw_only=True):
    """What moved of one point type; money is of its present worth. ``redemption_rate`` is redeemed (less given back)
    by accrued (less taken back).
    """

    points: str
    name: str
    kind: Literal["standard", "qualification"]
    ratio: str | None
    currency: str | None
    total: PointFlow
    accrued_money: str | None
    redeemed_money: str | None
    expired_money: str | None
    redemption_rate: float | None
    steps: list[PointStep]
    causes: list[PointsBy]
    promotions: list[PointsBy]
    channels: list[PointsBy]
    regions: list[PointsBy]
    levels: list[PointsBy]


class LoyaltyPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Points that moved in a period, by point type. What expires belongs to what it was accrued for."""

    period: LoyaltyPeriod
    types: list[PointTypeFlow]
