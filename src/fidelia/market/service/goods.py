"""What products and SKUs have in common when they are checked and written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from fidelia.kernel.errors import Problem, conflict, invalid_field
from fidelia.kernel.money import parse_amount
from fidelia.platform.postgres import Tx

from ..book import Book
from ..fields import TypedField, typed
from ..model import BatchReply, ItemError, ItemResult, Mode, ProductIn, ProductPatch, RegionOffer, SkuIn, SkuPatch
from ..rules import check_currency, check_tags, read_quantity
from ..store import goods as store

MAX_TEXT = 1000
MAX_PICTURES = 50
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
Patch = ProductPatch | SkuPatch
Thing = ProductIn | SkuIn | Patch
_COLUMN_OF = {"floor": "floor_price"}


def reply(results: Sequence[ItemResult]) -> BatchReply:
    """Count the results of a batch."""
    counts = {status: sum(r.status == status for r in results) for status in ("created", "updated", "unchanged")}
    return BatchReply(sorted(results, key=lambda r: r.index), **counts, rejected=len(results) - sum(counts.values()))


def rejected(index: int, problem: Problem) -> ItemResult:
    """Turn a refusal of one item into its result."""
    errors = [ItemError(e.pointer, e.message) for e in problem.errors]
    return ItemResult(index, "rejected", None, errors or [ItemError("", problem.detail or problem.title)])


def _text(value: Any, name: str, most: int = MAX_TEXT) -> None:
    if isinstance(value, str) and (len(value) > most or "\x00" in value):
        raise invalid_field(f"/{name}", f"{name} may have {most:,} characters at most, and no NUL character")


def _price(value: Any, pointer: str) -> Decimal | None:
    if not isinstance(value, str):
        return None
    price = parse_amount(value, pointer)
    if price < 0:
        raise invalid_field(pointer, "A price cannot be below zero")
    return price


def checked(item: Thing, book: Book) -> dict[str, Any]:
    """Check the values of a product or SKU; return its columns as the store takes them, without properties.

    What is left out is ``None``. Raises 422.
    """
    for name in ("external_id", "name", "brand", "category", "product"):
        _text(getattr(item, name, None), name, 200 if name in ("external_id", "product") else MAX_TEXT)
    _text(item.description, "description", 20_000)
    if not isinstance(item, Patch) and not item.external_id:
        raise invalid_field("/external_id", "A product and a SKU need their id")
    if item.name == "":
        raise invalid_field("/name", "A name cannot be empty")
    for name in ("url", "image_url"):
        _address(getattr(item, name, None), f"/{name}")
    for n, address in enumerate(item.pictures or ()):
        _address(address, f"/pictures/{n}")
    if isinstance(item.pictures, list) and len(item.pictures) > MAX_PICTURES:
        raise invalid_field("/pictures", f"There may be {MAX_PICTURES} pictures at most")
    if isinstance(item.tags, list):
        check_tags(item.tags, "/tags")
    if isinstance(item.currency, str):
        check_currency(item.currency, "/currency", book)
    quantity = item.quantity
    values: dict[str, Any] = {
        "price": _price(item.price, "/price"),
        "old_price": _price(item.old_price, "/old_price"),
        "floor_price": _price(item.floor, "/floor"),
        "quantity": None if quantity is None or quantity is msgspec.UNSET else read_quantity(quantity, "/quantity"),
    }
    same: tuple[str, ...] = ("name", "currency", "url", "description", "tags", "pictures", "available")
    if not isinstance(item, SkuIn | SkuPatch):
        same += ("brand", "image_url", "delivery", "warranty", "expires_on")
    for name in same:
        value = getattr(item, name)
        values[name] = None if value is msgspec.UNSET else value
    return values


def patched(
    patch: Patch, fields: Sequence[TypedField], book: Book
) -> tuple[dict[str, Any], list[dict[str, Any]] | None]:
    """Return the columns that a patch changes, and the offers by region (``None``: they stay). Raises 422."""
    columns = checked(patch, book)
    given = {k: v for k, v in msgspec.structs.asdict(patch).items() if v is not msgspec.UNSET}
    values = {_COLUMN_OF.get(k, k): columns.get(_COLUMN_OF.get(k, k), v) for k, v in given.items()}
    if "properties" in given:
        values["properties"] = typed(fields, given["properties"], "/properties")
    return values, offers_of(values.pop("regions"), book) if "regions" in values else None


def _address(value: Any, pointer: str) -> None:
    if isinstance(value, str) and not (len(value) <= 2000 and _WEB.fullmatch(value)):
        raise invalid_field(pointer, "An address starts with http:// or https://")


def checked_properties(fields: Sequence[TypedField], item: ProductIn | SkuIn, *, new: bool) -> dict[str, Any] | None:
    """Return the properties of an item with defaults; ``None`` when it keeps those it has."""
    if item.properties is None and not new:
        return None
    return typed(fields, item.properties or {}, "/properties")


def checked_mode(mode: Mode, *, new: bool) -> None:
    """Raise 409 for an item that the mode of a batch does not take."""
    if mode == "add" and not new:
        raise conflict("It is there already, and only new ones are taken")
    if mode == "update" and new:
        raise conflict("It is not there, and only known ones are taken")


def offers_of(item_offers: Sequence[RegionOffer], book: Book) -> list[dict[str, Any]]:
    """Return prices and stock by region as the store takes them; raise 422."""
    rows = []
    for n, offer in enumerate(item_offers):
        at = f"/regions/{n}"
        if offer.region not in book.regions:
            raise invalid_field(f"{at}/region", f"There is no region {offer.region}; set it up first")
        price, old = _price(offer.price, f"{at}/price"), _price(offer.old_price, f"{at}/old_price")
        quantity = None if offer.quantity is None else read_quantity(offer.quantity, f"{at}/quantity")
        rows.append(
            {
                "region_id": book.regions[offer.region],
                "price": price,
                "old_price": old,
                "quantity": quantity,
            }
        )
    if len({row["region_id"] for row in rows}) != len(rows):
        raise invalid_field("/regions", "A region stands here twice")
    return rows


async def write_offers(
    tx: Tx, kind: store.Kind, offers: Mapping[tuple[int, int | None], Sequence[dict[str, Any]]]
) -> set[int]:
    """Replace offers by region of products or SKUs; return the ids of those whose offers changed."""
    if not offers:
        return set()
    rows = [{"product_id": product, "sku_id": sku, **row} for (product, sku), of in offers.items() for row in of]
    changed = await store.put_offers(tx, list(offers), rows)
    ids = {product if sku is None else sku for product, sku in changed}
    if ids:
        await store.bump(tx, kind, sorted(ids))
    return ids
