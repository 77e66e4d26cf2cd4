"""What the calculation of an order takes and gives: frozen, whole numbers, nothing to be loaded.

Money is in minor units of the order's currency, points in the smallest part of their type (10^-places), quantities in
ten-thousandths of a unit (``UNIT``), rates in millionths (``RATE``). ADR 0021 says what it all means.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from fidelia.conditions import Checked, Facts

from .rewards import RATE, Of, Reward

#: One unit of a line's quantity.
UNIT = 10_000
#: How many nodes the search for the best looks at before it gives what it has: some milliseconds of work.
MOST_NODES = 1_000

Mode = Literal["priority", "best"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as the calculator reads it.

    ``place`` then ``id`` is the order in which promotions are tried. ``condition`` is a condition on the order (subject
    ``order``), ``products`` one on a line (subject ``line``); ``None`` holds always. ``pool`` is the pool of which a
    code must be given. ``members_only`` refuses orders of nobody we know as a member (points rewards always do).
    ``partner`` funds it, for the settlement.
    """

    id: int
    reward: Reward
    name: str = ""
    place: int = 0
    active: bool = True
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    group: int | None = None
    exclusive: bool = False
    condition: Checked | None = None
    products: Checked | None = None
    pool: int | None = None
    members_only: bool = False
    partner: int | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """An exclusion group: one of its promotions wins the ``order``, or each ``line``."""

    id: int
    per: Literal["order", "line"] = "order"


class PointType(msgspec.Struct, frozen=True, kw_only=True):
    """A point type. ``worth`` is what its smallest part is worth, by currency: minor units as (over, under).

    One point of a type with two places that is worth one euro: ``{"EUR": (1, 1)}`` (0.01 point is one cent).
    ``redeem_rate`` is the share of an order that it may pay without any promotion, in millionths. ``step`` is the least
    number of smallest parts that is redeemed at a time. Qualification points are never ``spendable``.
    """

    id: int
    places: int = 0
    worth: Mapping[str, tuple[int, int]] = {}
    rounding: Literal["down", "half_up", "up"] = "down"
    spendable: bool = True
    redeem_rate: int = RATE
    step: int = 1


class Partner(msgspec.Struct, frozen=True, kw_only=True):
    """A partner: points for what is paid for its products count ``factor`` times (in millionths)."""

    id: int
    products: Checked
    factor: int = RATE
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """All that a calculation needs of a program; made once per version and given to ``compile_program``.

    ``percent_of`` is what percentages are taken of where a promotion does not say. ``segments`` are conditions of
    segments that are worked out on the spot (order segments); other segments are looked up in the facts.
    """

    promotions: tuple[Terms, ...]
    groups: tuple[Group, ...] = ()
    points: tuple[PointType, ...] = ()
    partners: tuple[Partner, ...] = ()
    mode: Mode = "priority"
    percent_of: Of = "discounted"
    segments: Mapping[int, Checked] = {}
    most_nodes: int = MOST_NODES


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the draft order.

    ``base`` is what it costs (unit price × quantity, rounded to minor units), ``floor`` the least it may cost.
    ``facts`` are those of subject ``line``, with the link ``product``. ``item`` is the catalogue's (key, version): what
    product conditions say of it is remembered by it, so another product must have another item.
    """

    id: str
    base: int
    quantity: int = UNIT
    floor: int = 0
    facts: Facts = Facts()
    item: tuple[str, int] | None = None


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """The order that is worked out. ``facts`` are those of subject ``order``: links ``lines``, ``profile``.

    ``codes`` are the codes that were given and may be used, by pool.
    """

    currency: str
    lines: tuple[Line, ...]
    delivery: int = 0
    facts: Facts = Facts()
    codes: Mapping[int, str] = {}


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a promotion's limits, the tightest of each kind; ``None`` is no limit.

    ``uses`` in orders, ``money`` in minor units of the order's currency, ``points`` in parts of its point type.
    """

    uses: int | None = None
    money: int | None = None
    points: int | None = None


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """The member whose order it is: active points by type."""

    points: Mapping[int, int] = {}


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller asks for: points to redeem by type (an amount, or ``max``)."""

    redeem: Mapping[int, int | Literal["max"]] = {}


class LineResult(msgspec.Struct, frozen=True, gc=False):
    """A line worked out: ``final`` = ``base`` − ``discount`` − ``redeemed``, never below the line's floor.

    ``applied`` are (promotion, amount) in the order in which they were applied.
    """

    id: str
    base: int
    discount: int
    redeemed: int
    final: int
    applied: tuple[tuple[int, int], ...]


class Redeemed(msgspec.Struct, frozen=True, gc=False):
    """Points that pay: ``points`` worth ``money``, ``lines`` are (line's index, points, money) and sum up to both."""

    point_type: int
    points: int
    money: int
    lines: tuple[tuple[int, int, int], ...]


class Accrued(msgspec.Struct, frozen=True, gc=False):
    """Points of one promotion and type. ``lines`` are (line's index, points) and sum up to ``points``.

    The index −1 is the order itself: points that no line earned (for delivery, or for an order without lines).
    """

    promotion: int
    point_type: int
    points: int
    lines: tuple[tuple[int, int], ...]


Status = Literal["applied", "skipped", "rejected"]
#: Rejected: it does not fit this order. Skipped: it would, but others come before it, or nothing is left to take.
Reason = Literal[
    "",
    "inactive",
    "not_started",
    "ended",
    "no_member",
    "code",
    "limit_uses",
    "limit_money",
    "limit_points",
    "currency",
    "condition",
    "products",
    "group",
    "exclusive",
    "not_best",
    "no_effect",
]


class Trace(msgspec.Struct, frozen=True, gc=False):
    """What became of one promotion.

    ``measure`` says what ``before`` and ``after`` are: the ``total`` to pay (lines and delivery), ``points`` of its
    type for this order, money that points may pay (``redeemable``), or nothing. ``lines`` are (line's index, amount).
    ``blocker`` is the promotion that came before it in its group or excluded it; ``limited`` says that a cap, limit or
    floor made the effect smaller.
    """

    promotion: int
    status: Status
    reason: Reason = ""
    measure: Literal["", "total", "points", "redeemable"] = ""
    before: int = 0
    after: int = 0
    lines: tuple[tuple[int, int], ...] = ()
    blocker: int | None = None
    limited: bool = False


class Search(msgspec.Struct, frozen=True, gc=False):
    """How the best was found: its ``value`` and an upper ``bound`` in minor units × ``scale``; ``nodes`` looked at.

    ``cut`` says that the search was stopped: no other set is worth more than ``bound``. Otherwise they are equal.
    """

    value: int
    bound: int
    scale: int
    nodes: int
    cut: bool


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The order worked out. ``final`` = sum of the lines' finals + ``delivery``, to the cent.

    ``total`` is before any effect, delivery included; ``discount`` what promotions take off (delivery included).
    ``max_redeem`` are the most points of each type that this order could be paid with. ``gifts`` are (promotion, key,
    quantity), ``codes`` (promotion, pool), ``levels`` (promotion, group, level). ``used`` are the pools of the codes
    that promotions needed and that are used up by a commit. ``trace`` has every promotion, in the order of trying.
    """

    lines: tuple[LineResult, ...]
    total: int
    discount: int
    delivery: int
    final: int
    redeem: tuple[Redeemed, ...]
    accrue: tuple[Accrued, ...]
    max_redeem: Mapping[int, int]
    gifts: tuple[tuple[int, str, int], ...]
    codes: tuple[tuple[int, int], ...]
    levels: tuple[tuple[int, int, int], ...]
    used: tuple[int, ...]
    trace: tuple[Trace, ...]
    search: Search | None
