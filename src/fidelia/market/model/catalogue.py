"""Categories, products, SKUs: what the catalogue takes and gives."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from fidelia.platform.http import Body

ProductStatus = Literal["active", "archived", "stub"]
RelationKind = Literal["similar", "cross", "up", "accessory", "bundle"]
#: What a batch does: all, only what is new, only what is known.
Mode = Literal["upsert", "add", "update"]
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


class RegionOffer(Body, frozen=True):
    """Price and stock in one region, by the region's external id; null is the price or stock of everywhere."""

    region: str
    price: str | None = None
    old_price: str | None = None
    quantity: Amount | None = None


class ProductIn(Body, frozen=True, gc=False):
    """A product by its caller's id. ``category`` is a category's external id; prices are decimal texts.

    ``floor`` is the price that no discount goes below; ``regions`` replaces the prices and stock of all regions.
    """

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
    old_price: str | None = None
    floor: str | None = None
    tags: list[str] | None = None
    pictures: list[str] | None = None
    available: bool | None = None
    quantity: Amount | None = None
    delivery: bool | None = None
    warranty: bool | None = None
    expires_on: date | None = None
    regions: list[RegionOffer] | None = None


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
    old_price: str | msgspec.UnsetType | None = msgspec.UNSET
    floor: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    pictures: list[str] | msgspec.UnsetType = msgspec.UNSET
    available: bool | msgspec.UnsetType | None = msgspec.UNSET
    quantity: Amount | msgspec.UnsetType | None = msgspec.UNSET
    delivery: bool | msgspec.UnsetType | None = msgspec.UNSET
    warranty: bool | msgspec.UnsetType | None = msgspec.UNSET
    expires_on: date | msgspec.UnsetType | None = msgspec.UNSET
    regions: list[RegionOffer] | msgspec.UnsetType = msgspec.UNSET


class SkuIn(Body, frozen=True, gc=False):
    """A variant of a product (a colour, a size) by its caller's id; ``product`` is the product's external id.

    What a SKU does not say it has from its product.
    """

    external_id: str
    product: str | None = None
    name: str | None = None
    price: str | None = None
    old_price: str | None = None
    floor: str | None = None
    currency: str | None = None
    url: str | None = None
    description: str | None = None
    tags: list[str] | None = None
    pictures: list[str] | None = None
    available: bool | None = None
    quantity: Amount | None = None
    properties: dict[str, Any] | None = None
    regions: list[RegionOffer] | None = None


class SkuPatch(Body, frozen=True):
    """Changes of a SKU; what is left out stays, null clears: the SKU has it from its product then."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    price: str | msgspec.UnsetType | None = msgspec.UNSET
    old_price: str | msgspec.UnsetType | None = msgspec.UNSET
    floor: str | msgspec.UnsetType | None = msgspec.UNSET
    currency: str | msgspec.UnsetType | None = msgspec.UNSET
    url: str | msgspec.UnsetType | None = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    pictures: list[str] | msgspec.UnsetType = msgspec.UNSET
    available: bool | msgspec.UnsetType | None = msgspec.UNSET
    quantity: Amount | msgspec.UnsetType | None = msgspec.UNSET
    properties: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    regions: list[RegionOffer] | msgspec.UnsetType = msgspec.UNSET
    status: Literal["active", "archived"] | msgspec.UnsetType = msgspec.UNSET


class CategoryName(msgspec.Struct, frozen=True):
    """A category as a product names it."""

    id: int
    external_id: str
    name: str
    path: list[str]


class ProductOut(msgspec.Struct, frozen=True):
    """A product of the catalogue."""

    id: int
    external_id: str
    name: str
    brand: str | None
    category: CategoryName | None
    price: str | None
    old_price: str | None
    floor: str | None
    currency: str | None
    url: str | None
    image_url: str | None
    pictures: list[str]
    tags: list[str]
    description: str | None
    status: ProductStatus
    available: bool | None
    quantity: str | None
    delivery: bool | None
    warranty: bool | None
    expires_on: date | None
    skus: int
    properties: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class OfferOut(msgspec.Struct, frozen=True):
    """Price and stock in one region."""

    region: str
    name: str
    price: str | None
    old_price: str | None
    quantity: str | None


class SkuOut(msgspec.Struct, frozen=True):
    """A variant of a product; null is what it has from its product."""

    id: int
    external_id: str
    product_id: int
    product: str
    name: str
    price: str | None
    old_price: str | None
    floor: str | None
    currency: str | None
    url: str | None
    description: str | None
    tags: list[str]
    pictures: list[str]
    available: bool | None
    quantity: str | None
    status: ProductStatus
    properties: dict[str, Any]
    regions: list[OfferOut]
    created_at: datetime
    updated_at: datetime


class RelationIn(Body, frozen=True):
    """Another product that goes with one: ``product`` is its external id; the heavier is shown first."""

    product: str
    kind: RelationKind
    weight: float = 1.0


class RelationOut(msgspec.Struct, frozen=True):
    """Another product that goes with one."""

    product_id: int
    product: str
    name: str
    image_url: str | None
    price: str | None
    currency: str | None
    kind: RelationKind
    weight: float


class ProductDetail(ProductOut, frozen=True):
    """A product with what hangs on it."""

    regions: list[OfferOut]
    variants: list[SkuOut]
    relations: list[RelationOut]


class Item(msgspec.Struct, frozen=True):
    """What a line may say of the catalogue: a SKU with what it has from its product, or a product.

    ``key`` is the external id that was asked for, ``categories`` external ids from the root down, prices are per item
    in ``currency`` and everywhere (not of one region).
    """

    key: str
    product_id: int
    sku_id: int | None
    product: str
    sku: str | None
    name: str
    brand: str | None
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    price: Decimal | None
    old_price: Decimal | None
    floor: Decimal | None
    currency: str | None
    status: ProductStatus
    available: bool | None
    quantity: Decimal | None
    properties: dict[str, Any]
    version: int
