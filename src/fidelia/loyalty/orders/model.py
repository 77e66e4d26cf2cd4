"""Draft orders as they are asked, and as they are worked out. Money is decimal texts in the order's currency."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fidelia.platform.http import Body

Name = Annotated[str, msgspec.Meta(max_length=200)]
Number = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "12.50"')]
MAX_LINES = 5_000
MAX_CODES = 20


class DraftLine(Body, frozen=True):
    """A line: a SKU or a product by the caller's id. Without a ``price`` it is the catalogue's.

    ``floor`` is the least one item may cost; without it, it is the catalogue's.
    """

    sku: Name | None = None
    product: Name | None = None
    id: Name | None = None
    price: Number | None = None
    quantity: str | int | float = 1
    floor: Number | None = None
    properties: dict[str, Any] = {}


class DraftOrder(Body, frozen=True, kw_only=True):
    """An order that is not placed yet. The buyer is a ``profile``, found by ``match`` (one field), or nobody known.

    ``redeem`` says how many points shall pay, by the key of their type: an amount or ``max``.
    """

    database: int
    lines: Annotated[list[DraftLine], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")] = "EUR"
    profile: int | None = None
    match: dict[str, Any] | None = None
    channel: Name = ""
    touchpoint: Name | None = None
    region: Name | None = None
    payment: Name | None = None
    delivery: Number = "0"
    tags: list[Name] = []
    properties: dict[str, Any] = {}
    promo_codes: Annotated[list[Name], msgspec.Meta(max_length=MAX_CODES)] = []
    redeem: dict[str, Number] = {}


class OrderCommit(DraftOrder, frozen=True, kw_only=True):
    """An order to be placed. ``final`` is the price that the customer has agreed to: another one is refused.

    ``skip_triggers`` writes no events, so that nothing is sent because of it.
    """

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    final: Number
    status: Literal["created", "paid", "delivered"] = "created"
    placed_at: datetime | None = None
    skip_triggers: bool = False


class AppliedPromotion(msgspec.Struct, frozen=True):
    """What one promotion took off a line."""

    promotion: int
    name: str
    kind: str
    amount: str


class CalculatedLine(msgspec.Struct, frozen=True):
    """A line worked out: ``final`` = ``base`` − ``discount`` − ``redeemed``, all of the whole line."""

    id: str
    sku: str | None
    name: str | None
    quantity: str
    price: str
    base: str
    discount: str
    redeemed: str
    final: str
    applied: list[AppliedPromotion]


class CalculatedPoints(msgspec.Struct, frozen=True):
    """Points by the key of their type: what pays, what is earned, and the most that could pay."""

    redeem: dict[str, str]
    redeem_money: dict[str, str]
    accrue: dict[str, str]
    max_redeem: dict[str, str]


class CodeAnswer(msgspec.Struct, frozen=True):
    """What became of a promo code: ``used`` by a promotion, ``unused`` (good, but nothing needed it) or ``refused``."""

    code: str
    status: Literal["used", "unused", "refused"]
    reason: str


class GiftAnswer(msgspec.Struct, frozen=True):
    """An article that comes with the order for nothing."""

    promotion: int
    sku: str
    quantity: int


class TraceLine(msgspec.Struct, frozen=True):
    """What a promotion did to one line."""

    line: str
    amount: str


class TraceEntry(msgspec.Struct, frozen=True):
    """What became of one promotion: applied; skipped (others come before it); rejected (it does not fit)."""

    promotion: int
    name: str
    external_id: str | None
    kind: str
    status: Literal["applied", "skipped", "rejected"]
    reason: str
    why: str
    measure: str
    before: str | None
    after: str | None
    lines: list[TraceLine]
    blocker: int | None
    limited: bool


class BestSearch(msgspec.Struct, frozen=True):
    """How the best choice was found: its worth, what no choice exceeds, and whether the search was cut short."""

    value: str
    bound: str
    nodes: int
    cut: bool


class Calculated(msgspec.Struct, frozen=True, kw_only=True):
    """An order worked out, with what became of every promotion and why.

    ``member`` tells whether the buyer is a member of the program, ``joins`` that the order makes them one.
    """

    program: int | None
    profile: int | None
    member: bool
    joins: bool
    currency: str
    lines: list[CalculatedLine]
    total: str
    discount: str
    redeemed: str
    delivery: str
    final: str
    points: CalculatedPoints
    promo_codes: list[CodeAnswer]
    gifts: list[GiftAnswer]
    gives_codes: list[int]
    levels: list[int]
    trace: list[TraceEntry]
    search: BestSearch | None


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """An order that was placed. ``repeated`` says that this is the answer it got the first time."""

    order: int
    external_id: str
    repeated: bool
    codes: list[str]
    calculation: Calculated


class StoredCalculation(msgspec.Struct, frozen=True, kw_only=True):
    """How a placed order was worked out, and what has come back of it since."""

    order: int
    external_id: str
    at: datetime
    accrues: Literal["committed", "paid", "delivered"] | None
    accrued_at: datetime | None
    returned: list[ReturnedShare]
    calculation: Calculated


class ReturnedShare(msgspec.Struct, frozen=True):
    """What of a promotion's effect on a line has come back; line 0 is the order itself."""

    what: Literal["discount", "accrue", "redeem"]
    promotion: int
    points: str | None
    line: int
    amount: str
    returned: str
