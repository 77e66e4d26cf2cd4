"""What the market takes and gives: frozen structs that cross its face."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from fidelia.platform.http import Body

ProductStatus = Literal["active", "archived", "stub"]
OrderStatus = Literal["created", "paid", "delivered", "cancelled", "refunded"]
Amount = str | int | float


class CategoryIn(Body, frozen=True):
    """A category by its caller's id; ``parent`` is the caller's id of the one above."""

    external_id: str
    name: str
    parent: str | None = None


class CategoryOut(msgspec.Struct, frozen=True):
    """A category; ``path`` holds external ids from the root down to it."""

    id: int
    external_id: str
    name: str
    parent_id: int | None
    path: list[str]
    products: int


class ProductIn(Body, frozen=True):
    """A product by its caller's id. ``category`` is a category's external id; ``price`` a decimal text."""

    external_id: str
    name: str | None = None
    brand: str | None = None
    category: str | None = None
    price: str | None = None
    currency: str | None = None
    url: str | None = None
    image_url: str | None = None
    description: str | None = None
    properties: dict[str, Any] | None = None


class ProductPatch(Body, frozen=True):
    """Changes of a product; what is left out stays, null clears."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    brand: str | msgspec.UnsetType | None = msgspec.UNSET
    category: str | msgspec.UnsetType | None = msgspec.UNSET
    price: str | msgspec.UnsetType | None = msgspec.UNSET
    currency: str | msgspec.UnsetType | None = msgspec.UNSET
    url: str | msgspec.UnsetType | None = msgspec.UNSET
    image_url: str | msgspec.UnsetType | None = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    properties: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    status: Literal["active", "archived"] | msgspec.UnsetType = msgspec.UNSET


class ProductOut(msgspec.Struct, frozen=True):
    """A product of the catalogue."""

    id: int
    external_id: str
    name: str
    brand: str | None
    category: CategoryName | None
    price: str | None
    currency: str | None
    url: str | None
    image_url: str | None
    description: str | None
    status: ProductStatus
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class CategoryName(msgspec.Struct, frozen=True):
    """A category as a product names it."""

    id: int
    external_id: str
    name: str
    path: list[str]


class LineIn(Body, frozen=True):
    """A line of an order. ``product`` is the caller's product id; one the catalogue lacks becomes a stub.

    ``total`` is what the customer pays for the line, after its discount; without it, quantity × price − discount. With
    a total and no price, the price is derived. A line of quantity 0 is an adjustment.
    """

    product: str
    quantity: Amount = 1
    price: str | None = None
    total: str | None = None
    discount: str | None = None
    id: str | None = None
    status: str | None = None


class OrderIn(Body, frozen=True):
    """An order by its caller's id, of the profile named by ``profile`` or found by ``match`` (one field, its value)."""

    external_id: str
    placed_at: datetime
    lines: list[LineIn]
    profile: int | None = None
    match: dict[str, Any] | None = None
    status: OrderStatus = "created"
    channel: str = ""
    currency: str = "EUR"
    delivery: str = "0"
    total: str | None = None
    properties: dict[str, Any] = {}


class ItemResult(msgspec.Struct, frozen=True):
    """What became of one item of a batch."""

    index: int
    status: Literal["created", "updated", "unchanged", "rejected"]
    id: int | None = None
    errors: list[ItemError] = []


class ItemError(msgspec.Struct, frozen=True):
    """One wrong place in an item."""

    pointer: str
    message: str


class BatchReply(msgspec.Struct, frozen=True):
    """The results of a batch, and how many of each kind there were."""

    items: list[ItemResult]
    created: int
    updated: int
    unchanged: int
    rejected: int


class LineOut(msgspec.Struct, frozen=True):
    """A line of an order."""

    line: int
    id: str | None
    product_id: int
    product: str
    name: str
    quantity: str
    price: str | None
    discount: str
    total: str
    status: str


class OrderOut(msgspec.Struct, frozen=True):
    """An order without its lines."""

    id: int
    database_id: int
    external_id: str
    profile_id: int
    placed_at: datetime
    status: OrderStatus
    channel: str
    currency: str
    total: str
    delivery: str
    line_count: int
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class OrderRow(OrderOut, frozen=True):
    """An order of a list, and who placed it: their name, else an address; null for somebody without either."""

    customer: str | None


class OrderDetail(OrderOut, frozen=True):
    """An order with its lines and who placed it."""

    lines: list[LineOut] = []
    customer: str | None = None
