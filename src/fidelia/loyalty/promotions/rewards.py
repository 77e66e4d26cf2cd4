"""What promotions give: one struct a kind, told apart by ``kind``. Money and points are decimal texts.

Money is in the promotion's currency; an order in another one gets nothing from such a reward. Points are named by
their type's key. ``cap`` is the most that one order gets: money of discounts, points of points.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from fidelia.platform.http import Body

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Number = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "12.50"')]


class PercentOff(Body, frozen=True, tag_field="kind", tag="percent_off"):
    """So many percent off the order, spread over its lines, or off each of the lines that ``products`` names.

    ``of`` is what the percentage is taken of, the program's choice without it.
    """

    percent: Number
    scope: Literal["order", "lines"] = "order"
    of: Literal["initial", "discounted"] | None = None
    cap: Number | None = None


class AmountOff(Body, frozen=True, tag_field="kind", tag="amount_off"):
    """So much money off the order, off each line, or off each item."""

    amount: Number
    scope: Literal["order", "lines", "items"] = "order"
    cap: Number | None = None


class SetPrice(Body, frozen=True, tag_field="kind", tag="set_price"):
    """A price for each item; what is cheaper already keeps its price."""

    price: Number
    cap: Number | None = None


class NthFree(Body, frozen=True, tag_field="kind", tag="nth_free"):
    """Of every ``every`` items the ``free`` cheapest cost nothing, or ``percent`` less (3 for 2: every 3, free 1)."""

    every: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    free: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    percent: Number = "100"
    each_line: bool = False
    cap: Number | None = None


class Gift(Body, frozen=True, tag_field="kind", tag="gift"):
    """An article, by its SKU or product id, that comes with the order; ``worth`` counts when the best is looked for."""

    sku: Text
    quantity: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1
    worth: Number | None = None


class FreeDelivery(Body, frozen=True, tag_field="kind", tag="free_delivery"):
    """Delivery for nothing, or ``cap`` less."""

    cap: Number | None = None


class PointsFixed(Body, frozen=True, tag_field="kind", tag="points_fixed"):
    """So many points. Without ``amount`` a trigger promotion gives the caller's, within ``least`` and ``most``."""

    points: Text
    amount: Number | None = None
    least: Number | None = None
    most: Number | None = None


class PointsSpent(Body, frozen=True, tag_field="kind", tag="points_spent"):
    """Points that a trigger promotion takes; without ``amount`` the caller's, within ``least`` and ``most``."""

    points: Text
    amount: Number | None = None
    least: Number | None = None
    most: Number | None = None


class PointsPercent(Body, frozen=True, tag_field="kind", tag="points_percent"):
    """So many percent of what is paid, in points (10 % of 50.00 are 5 points)."""

    points: Text
    percent: Number
    delivery: bool = False
    cap: Number | None = None


class PointsPerMoney(Body, frozen=True, tag_field="kind", tag="points_per_money"):
    """``amount`` points for every whole ``per`` of money that is paid."""

    points: Text
    amount: Number
    per: Number
    delivery: bool = False
    cap: Number | None = None


class PointsPerItem(Body, frozen=True, tag_field="kind", tag="points_per_item"):
    """``amount`` points for every item."""

    points: Text
    amount: Number
    cap: Number | None = None


class PointsMultiplier(Body, frozen=True, tag_field="kind", tag="points_multiplier"):
    """So many times the points that other promotions give for the lines."""

    points: Text
    factor: Number
    cap: Number | None = None


class AllowRedeem(Body, frozen=True, tag_field="kind", tag="allow_redeem"):
    """Points may pay for so many percent of the lines, ``cap`` of money at most.

    A point type that no promotion of this kind names may pay for everything.
    """

    points: Text
    percent: Number
    cap: Number | None = None


class IssueCode(Body, frozen=True, tag_field="kind", tag="issue_code"):
    """A promo code of a pool for the member."""

    pool_id: int


class GrantLevel(Body, frozen=True, tag_field="kind", tag="grant_level"):
    """A level of the program, by the keys of its group and of itself."""

    group: Text
    level: Text


Reward = (
    PercentOff
    | AmountOff
    | SetPrice
    | NthFree
    | Gift
    | FreeDelivery
    | PointsFixed
    | PointsSpent
    | PointsPercent
    | PointsPerMoney
    | PointsPerItem
    | PointsMultiplier
    | AllowRedeem
    | IssueCode
    | GrantLevel
)
DISCOUNTS = (PercentOff, AmountOff, SetPrice, NthFree, Gift, FreeDelivery)
POINTS = (
    PointsFixed,
    PointsPercent,
    PointsPerMoney,
    PointsPerItem,
    PointsMultiplier,
    AllowRedeem,
    IssueCode,
    GrantLevel,
)
TRIGGERED = (PointsFixed, PointsSpent, IssueCode, GrantLevel)
#: Fields that hold money of the promotion's currency, by kind; of the others a cap is points.
MONEY = {
    AmountOff: ("amount", "cap"),
    SetPrice: ("price", "cap"),
    PercentOff: ("cap",),
    NthFree: ("cap",),
    Gift: ("worth",),
    FreeDelivery: ("cap",),
    PointsPerMoney: ("per",),
    AllowRedeem: ("cap",),
}
POINT_AMOUNTS = {
    PointsFixed: ("amount", "least", "most"),
    PointsSpent: ("amount", "least", "most"),
    PointsPercent: ("cap",),
    PointsPerMoney: ("amount", "cap"),
    PointsPerItem: ("amount", "cap"),
    PointsMultiplier: ("cap",),
}
#: What may be needed besides: percentages and factors, with the most they may be.
RATES = {
    PercentOff: ("percent", 100),
    NthFree: ("percent", 100),
    PointsPercent: ("percent", 10_000),
    PointsMultiplier: ("factor", 1_000),
    AllowRedeem: ("percent", 100),
}
