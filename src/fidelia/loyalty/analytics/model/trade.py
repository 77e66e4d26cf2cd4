"""Reports of orders, partners and promo codes."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from ..period import LoyaltyPeriod


class OrderSums(msgspec.Struct, frozen=True):
    """Orders: how many, of how many people, what they came to (less what was given back), what ``discount`` promotions
    gave on them, their ``average`` worth and how many ``lines`` they have on average; null without orders. ``buyers``
    is null of all orders but a promotion's.
    """

    orders: int
    buyers: int | None
    revenue: str
    discount: str
    average: str | None
    lines: float | None


class PromotionPoints(msgspec.Struct, frozen=True):
    """Points that a promotion gave in one type: accrued, and taken back of that; ``money`` is of what is left."""

    points: str
    accrued: str
    taken_back: str
    money: str | None


class PromotionStep(msgspec.Struct, frozen=True):
    """A promotion in a step."""

    first: date
    last: date
    orders: int
    discount: str
    revenue: str


class PromotionEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion did: orders that it was applied to beside all other orders of the period.

    ``share`` is the part of all orders. A comparison, no proof: who uses a promotion may buy more anyway.
    """

    id: int
    name: str
    kind: str
    state: str
    used: OrderSums
    other: OrderSums
    share: float | None
    points: list[PromotionPoints]
    steps: list[PromotionStep]


class PromotionsStep(msgspec.Struct, frozen=True):
    """Orders of a step, with and without any promotion."""

    first: date
    last: date
    used: OrderSums
    other: OrderSums


class LoyaltyPromotions(msgspec.Struct, frozen=True, kw_only=True):
    """What promotions did to orders, in one currency. ``used`` are orders with any promotion, ``other`` those without.

    Orders count by when they were placed; cancelled and wholly returned ones do not.
    """

    period: LoyaltyPeriod
    currency: str | None
    currencies: list[str]
    total: OrderSums
    used: OrderSums
    other: OrderSums
    steps: list[PromotionsStep]
    promotions: list[PromotionEffect]


class BuyerSums(msgspec.Struct, frozen=True):
    """Orders of some buyers: ``average`` worth of one, ``lines`` of one, ``frequency``: orders a buyer; null without.

    ``repeat`` is the share of buyers with more than one order; null in a step.
    """

    orders: int
    buyers: int
    revenue: str
    average: str | None
    lines: float | None
    frequency: float | None
    repeat: float | None


class BuyersStep(msgspec.Struct, frozen=True):
    """Orders of members and of everybody else in a step."""

    first: date
    last: date
    members: BuyerSums
    others: BuyerSums


class LoyaltyBuyers(msgspec.Struct, frozen=True, kw_only=True):
    """Members against everybody else, in one currency: an order is a member's if its buyer was one when it was placed.

    ``share_of_orders`` and ``share_of_revenue`` are the members'.
    """

    period: LoyaltyPeriod
    currency: str | None
    currencies: list[str]
    members: BuyerSums
    others: BuyerSums
    share_of_orders: float | None
    share_of_revenue: float | None
    steps: list[BuyersStep]


class PartnerPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Points of a partner's goods in one type, less what came back.

    ``issued`` were earned with them, of which the partner funds ``funded`` (its share when each order was placed) and
    owes ``partner_owes``; ``redeemed`` paid for them, which the program owes as ``program_owes``. Money is of the
    type's present worth, in ``currency``; null where points have no worth.
    """

    points: str
    currency: str | None
    issued: str
    funded: str
    redeemed: str
    issued_money: str | None
    partner_owes: str | None
    program_owes: str | None


class PartnerBalance(msgspec.Struct, frozen=True):
    """What is owed each way in one currency; a positive ``balance`` is what the partner pays."""

    currency: str
    partner_owes: str
    program_owes: str
    balance: str


class PartnerRevenue(msgspec.Struct, frozen=True):
    """What a partner's goods came to in one currency, less what was given back."""

    currency: str
    revenue: str


class PartnerStep(msgspec.Struct, frozen=True):
    """A partner in a step."""

    first: date
    last: date
    orders: int
    lines: int
    points: list[PartnerPoints]
    balances: list[PartnerBalance]


class PartnerSettlement(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's account over a period; ``share`` and ``settles_in`` are its present terms."""

    id: int
    external_id: str
    name: str
    share: str
    settles_in: str | None
    orders: int
    lines: int
    revenue: list[PartnerRevenue]
    points: list[PartnerPoints]
    balances: list[PartnerBalance]
    steps: list[PartnerStep]


class LoyaltyPartners(msgspec.Struct, frozen=True, kw_only=True):
    """What the program and its partners owe each other, by when orders were placed.

    What comes back later changes the period in which its order was placed.
    """

    period: LoyaltyPeriod
    partners: list[PartnerSettlement]


class CodeCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Codes that were generated, assigned to somebody, activated, used by orders (each use counts), and that expired
    unused. Of a universal code everybody who has it counts.
    """

    generated: int
    assigned: int
    activated: int
    used: int
    expired: int


class CodeStep(CodeCounts, frozen=True, kw_only=True):
    """Codes of a pool in a step."""

    first: date
    last: date


class PoolFunnel(CodeCounts, frozen=True, kw_only=True):
    """What became of a pool's codes in the period; it had ``codes`` at its end, of which nobody has ``free``."""

    id: int
    name: str
    kind: Literal["personal", "universal"]
    codes: int
    free: int
    steps: list[CodeStep]


class LoyaltyCodes(msgspec.Struct, frozen=True, kw_only=True):
    """Promo codes of the program's database over a period."""

    period: LoyaltyPeriod
    total: CodeCounts
    pools: list[PoolFunnel]
