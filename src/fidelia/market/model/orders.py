"""Orders, their lines and refunds: what the market takes and gives."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from fidelia.platform.http import Body

from .catalogue import Amount

OrderStatus = Literal["created", "paid", "delivered", "cancelled", "part_refunded", "refunded"]
LineKind = Literal["new", "in_process", "delivered", "cancelled", "refunded"]


class LineIn(Body, frozen=True):
    """A line of an order. ``product`` or ``sku`` is the caller's id; what the catalogue lacks becomes a stub.

    ``price`` is the base price of one item, ``final`` what one item costs after its discount, ``total`` what the
    customer pays for the line. Without a total, it is quantity × final, or quantity × price − discount; with a total
    and no price, the price is derived. A line of quantity 0 is an adjustment. ``floor`` is the least that one item may
    cost; ``status`` is one built in or set up, without it the line keeps its own or follows the order.
    """

    product: str | None = None
    quantity: Amount = 1
    price: str | None = None
    total: str | None = None
    discount: str | None = None
    id: str | None = None
    status: str | None = None
    sku: str | None = None
    final: str | None = None
    floor: str | None = None
    properties: dict[str, Any] = {}


class OrderIn(Body, frozen=True):
    """An order by its caller's id, of the profile named by ``profile`` or found by ``match`` (one field, its value).

    ``touchpoint`` and ``region`` are external ids of what was set up; a touchpoint brings its channel. Without a
    ``status``, a new order is ``created`` and a known one keeps its own.
    """

    external_id: str
    placed_at: datetime
    lines: list[LineIn]
    profile: int | None = None
    match: dict[str, Any] | None = None
    status: Literal["created", "paid", "delivered", "cancelled", "refunded"] = "created"
    channel: str = ""
    currency: str = "EUR"
    delivery: str = "0"
    total: str | None = None
    properties: dict[str, Any] = {}
    touchpoint: str | None = None
    region: str | None = None
    tags: list[str] = []


class ItemError(msgspec.Struct, frozen=True):
    """One wrong place in an item."""

    pointer: str
    message: str


class ItemResult(msgspec.Struct, frozen=True, gc=False):
    """What became of one item of a batch."""

    index: int
    status: Literal["created", "updated", "unchanged", "rejected"]
    id: int | None = None
    errors: list[ItemError] = []


class BatchReply(msgspec.Struct, frozen=True):
    """The results of a batch, and how many of each kind there were."""

    items: list[ItemResult]
    created: int
    updated: int
    unchanged: int
    rejected: int


class LineOut(msgspec.Struct, frozen=True):
    """A line of an order: ``price`` and ``floor`` are of one item, ``final`` what one costs after its discount.

    ``kind`` is what its status means; ``refunded`` is the part of its total that was given back.
    """

    line: int
    id: str | None
    product_id: int
    product: str
    sku_id: int | None
    sku: str | None
    name: str
    quantity: str
    price: str | None
    floor: str | None
    final: str | None
    discount: str
    total: str
    status: str
    kind: LineKind
    refunded_quantity: str
    refunded: str
    properties: dict[str, Any]


class PlacedOrder(msgspec.Struct, frozen=True, gc=False):
    """The little that is needed of an order where many are gone through."""

    id: int
    external_id: str
    profile_id: int
    placed_at: datetime
    total: Decimal


class OrderOut(msgspec.Struct, frozen=True):
    """An order without its lines; ``refunded`` is the part of its total that was given back."""

    id: int
    database_id: int
    external_id: str
    profile_id: int
    placed_at: datetime
    status: OrderStatus
    channel: str
    touchpoint: str | None
    region: str | None
    currency: str
    total: str
    delivery: str
    refunded: str
    delivery_refunded: str
    line_count: int
    tags: list[str]
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class OrderRow(OrderOut, frozen=True):
    """An order of a list, and who placed it: their name, else an address; null for somebody without either."""

    customer: str | None


class RefundOut(msgspec.Struct, frozen=True):
    """What was given back at one time, by whom and why."""

    id: int
    reference: str | None
    reason: str
    amount: str
    delivery: str
    lines: list[RefundedLine]
    author: str
    created_at: datetime


class RefundedLine(msgspec.Struct, frozen=True):
    """What was given back of one line."""

    line: int
    quantity: str
    amount: str


class OrderDetail(OrderOut, frozen=True):
    """An order with its lines, its refunds and who placed it."""

    lines: list[LineOut] = []
    refunds: list[RefundOut] = []
    customer: str | None = None


class RefundLine(Body, frozen=True):
    """A part of a line to give back: so many of its items, or an amount of money; neither is all that is left."""

    line: int
    quantity: Amount | None = None
    amount: str | None = None


class LineChange(msgspec.Struct, frozen=True):
    """What became of one line in a change of an order, for those who follow orders (``ORDER_EFFECTS``).

    ``quantity`` and ``amount`` are what this change gave back; kinds are what the statuses mean.
    """

    line: int
    kind_before: LineKind | None
    kind_after: LineKind | None
    status_before: str | None
    status_after: str | None
    quantity: Decimal
    amount: Decimal
