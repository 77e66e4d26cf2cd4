"""What a promotion gives, as the calculator reads it: whole numbers only.

Money is in minor units of a currency, by currency code: an order in another currency gets nothing from such a reward
(reason ``currency``). Rates are in millionths (``RATE``): 10 % is 100,000. Points are whole numbers of a point type's
smallest part (10^-places). Which lines a reward works on is the promotion's ``products`` condition.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

#: One whole, in which rates and factors are counted.
RATE = 1_000_000

#: Minor units by currency code: ``{"EUR": 500}`` is five euros.
Amounts = Mapping[str, int]
Of = Literal["initial", "discounted"]


class _Reward(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """A reward; ``kind`` is its tag."""


class PercentOff(_Reward, frozen=True, tag="percent_off"):
    """``rate`` off each line (``scope`` ``lines``), or off their sum, spread over them (``order``).

    ``of`` is what the percentage is taken of; ``None`` leaves it to the program. ``cap`` is the most it takes off.
    """

    rate: int
    scope: Literal["lines", "order"] = "lines"
    of: Of | None = None
    cap: Amounts | None = None


class AmountOff(_Reward, frozen=True, tag="amount_off"):
    """An amount off the order (spread over the lines), off each line, or off each unit (``items``)."""

    amount: Amounts
    scope: Literal["order", "lines", "items"] = "order"
    cap: Amounts | None = None


class SetPrice(_Reward, frozen=True, tag="set_price"):
    """A unit costs ``price`` (where it costs more)."""

    price: Amounts
    cap: Amounts | None = None


class NthFree(_Reward, frozen=True, tag="nth_free"):
    """Of every ``every`` whole units the ``free`` cheapest are given with ``rate`` off (3 for 2: every 3, free 1).

    With ``each_line`` units of different lines are not counted together.
    """

    every: int
    free: int = 1
    rate: int = RATE
    each_line: bool = False
    cap: Amounts | None = None


class FreeDelivery(_Reward, frozen=True, tag="free_delivery"):
    """Delivery costs nothing, or ``cap`` less."""

    cap: Amounts | None = None


class Gift(_Reward, frozen=True, tag="gift"):
    """``quantity`` units of the catalogue's item ``key``. ``worth`` counts when the best is looked for."""

    key: str
    quantity: int = 1
    worth: Amounts = {}


class AllowRedeem(_Reward, frozen=True, tag="allow_redeem"):
    """Points may pay up to ``rate`` of the lines, ``cap`` at most; beyond what the point type allows anyway."""

    point_type: int
    rate: int
    cap: Amounts | None = None


class PointsFixed(_Reward, frozen=True, tag="points_fixed"):
    """``points`` for the order."""

    point_type: int
    points: int


class PointsPercent(_Reward, frozen=True, tag="points_percent"):
    """``rate`` of what is paid for the lines, in points (10 % of 50.00 are 5 points); ``cap`` in points.

    With ``delivery`` what is paid for delivery counts too.
    """

    point_type: int
    rate: int
    delivery: bool = False
    cap: int | None = None


class PointsPerMoney(_Reward, frozen=True, tag="points_per_money"):
    """``points`` for each whole ``per`` that is paid for the lines together; ``cap`` in points."""

    point_type: int
    points: int
    per: Amounts
    delivery: bool = False
    cap: int | None = None


class PointsPerItem(_Reward, frozen=True, tag="points_per_item"):
    """``points`` for each whole unit; ``cap`` in points."""

    point_type: int
    points: int
    cap: int | None = None


class PointsMultiplier(_Reward, frozen=True, tag="points_multiplier"):
    """``factor`` times (in millionths) the points that other promotions give for the lines; ``cap`` in points.

    Multipliers do not multiply each other: twice and three times make four times.
    """

    point_type: int
    factor: int
    cap: int | None = None


class IssueCode(_Reward, frozen=True, tag="issue_code"):
    """A promo code of a pool for the next time."""

    pool: int


class GrantLevel(_Reward, frozen=True, tag="grant_level"):
    """A level of a level group."""

    group: int
    level: int


Discount = PercentOff | AmountOff | SetPrice | NthFree
Points = PointsFixed | PointsPercent | PointsPerMoney | PointsPerItem | PointsMultiplier
Reward = Discount | FreeDelivery | Gift | AllowRedeem | Points | IssueCode | GrantLevel
