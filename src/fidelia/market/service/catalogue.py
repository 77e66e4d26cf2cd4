"""Products and categories: batches by the caller's ids, and changes by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, invalid, invalid_field
from fidelia.kernel.money import parse_amount
from fidelia.platform.postgres import Tx

from ..model import BatchReply, CategoryIn, CategoryOut, ItemError, ItemResult, ProductIn, ProductOut, ProductPatch
from ..rules import CURRENCY
from ..store import products as store

MAX_TEXT = 1000
MAX_PROPERTIES = 32_768
MAX_DEPTH = 20
_WEB = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)


def reply(results: Sequence[ItemResult]) -> BatchReply:
    """Count the results of a batch."""
    counts = {status: sum(r.status == status for r in results) for status in ("created", "updated", "unchanged")}
    return BatchReply(sorted(results, key=lambda r: r.index), **counts, rejected=len(results) - sum(counts.values()))


def rejected(index: int, problem: Problem) -> ItemResult:
    """Turn a refusal of one item into its result."""
    return ItemResult(index, "rejected", None, [ItemError(e.pointer, e.message) for e in problem.errors])


def _text(value: Any, name: str, most: int = MAX_TEXT) -> None:
    if isinstance(value, str) and (len(value) > most or "\x00" in value):
        raise invalid_field(f"/{name}", f"{name} may have {most:,} characters at most, and no NUL character")


def _check(item: ProductIn | ProductPatch) -> Decimal | None:
    """Check the values of a product; return its price."""
    for name in ("external_id", "name", "brand", "category", "currency"):
        _text(getattr(item, name, None), name, 200 if name == "external_id" else MAX_TEXT)
    _text(item.description, "description", 20_000)
    if isinstance(item, ProductIn) and not item.external_id:
        raise invalid_field("/external_id", "A product needs its id")
    if item.name == "":
        raise invalid_field("/name", "A product needs a name")
    for name in ("url", "image_url"):
        address = getattr(item, name)
        if isinstance(address, str) and not (len(address) <= 2000 and _WEB.fullmatch(address)):
            raise invalid_field(f"/{name}", "An address starts with http:// or https://")
    if isinstance(item.currency, str) and not CURRENCY.fullmatch(item.currency):
        raise invalid_field("/currency", "A currency is three capital letters, like EUR")
    if isinstance(item.properties, dict) and item.properties:
        if len(msgspec.json.encode(item.properties)) > MAX_PROPERTIES:
            raise invalid_field("/properties", "The properties of a product may have 32 KB at most")
        if "\\u0000" in msgspec.json.encode(item.properties).decode():
            raise invalid_field("/properties", "A text may not hold a NUL character")
    if not isinstance(item.price, str):
        return None
    price = parse_amount(item.price, "/price")
    if price < 0:
        raise invalid_field("/price", "A price cannot be below zero")
    return price


async def upsert_products(tx: Tx, items: Sequence[ProductIn]) -> BatchReply:
    """Create and change products by external id. Of two items with one id, the last counts; the first is rejected."""
    last = {item.external_id: n for n, item in enumerate(items)}
    known = await store.category_ids(tx, sorted({i.category for i in items if i.category is not None}))
    good: list[tuple[int, ProductIn, Decimal | None, int | None]] = []
    results: list[ItemResult] = []
    for n, item in enumerate(items):
        try:
            price = _check(item)
            if last[item.external_id] != n:
                raise invalid_field("/external_id", f"Item {last[item.external_id]} has the same id; that one counts")
            if item.category is not None and item.category not in known:
                raise invalid_field("/category", f"There is no category {item.category}")
        except Problem as problem:
            results.append(rejected(n, problem))
        else:
            good.append((n, item, price, known.get(item.category) if item.category else None))
    for n, id_, status in await store.upsert_products(tx, good) if good else []:
        results.append(ItemResult(n, status, id_))  # type: ignore[arg-type]
    tx.mark_dirty("products", 0, (r.id for r in results if r.id is not None and r.status in ("created", "updated")))
    return reply(results)


async def patch_product(tx: Tx, actor: Actor, product_id: int, patch: ProductPatch) -> ProductOut:
    """Change a product by hand."""
    before = await store.product_by_id(tx, product_id)
    price = _check(patch)
    values = {k: v for k, v in msgspec.structs.asdict(patch).items() if v is not msgspec.UNSET}
    if "price" in values:
        values["price"] = price
    if "category" in values:
        category = values.pop("category")
        ids = await store.category_ids(tx, [category]) if category is not None else {}
        if category is not None and category not in ids:
            raise invalid_field("/category", f"There is no category {category}")
        values["category_id"] = ids.get(category) if category is not None else None
    if values:
        await store.change_product(tx, product_id, values)
        tx.mark_dirty("products", 0, [product_id])
    after = await store.product_by_id(tx, product_id)
    await audit(
        tx, actor, "product.updated", kind="product", object_id=product_id, name=after.name, before=before, after=after
    )
    return after


async def upsert_categories(tx: Tx, actor: Actor, items: Sequence[CategoryIn]) -> list[CategoryOut]:
    """Create and change categories by external id; the batch may come in any order.

    Raises 422 for cycles and unknown parents.
    """
    known = await store.lock_categories(tx)
    given = {item.external_id: item for item in items}
    errors: list[FieldError] = []
    for n, item in enumerate(items):
        for name in ("external_id", "name"):
            value = getattr(item, name)
            if not value or len(value) > 300 or "\x00" in value:
                errors.append(FieldError(f"/items/{n}/{name}", f"{name} has 1 to 300 characters"))
        if item.parent is not None and item.parent not in given and item.parent not in known:
            errors.append(FieldError(f"/items/{n}/parent", f"There is no category {item.parent}"))
    if errors:
        raise invalid(*errors)
    parents: dict[str, str | None] = {key: path[-2] if len(path) > 1 else None for key, (_, path) in known.items()}
    parents |= {key: item.parent for key, item in given.items()}
    paths = {key: _path(key, parents) for key in parents}
    changed = [key for key, path in paths.items() if key in given or known[key][1] != path]
    for depth in range(1, MAX_DEPTH + 1):
        rows = [
            {
                "external_id": key,
                "name": given[key].name if key in given else known[key][0],
                "parent": parents[key],
                "path": paths[key],
            }
            for key in changed
            if len(paths[key]) == depth
        ]
        if rows:
            await store.put_categories(tx, rows)
    tx.mark_dirty("products", 0, await store.products_below(tx, [key for key in changed if key in known]))
    await audit(
        tx, actor, "categories.updated", kind="category", object_id=None, name=None, after={"categories": len(items)}
    )
    return await store.categories(tx)


def _path(key: str, parents: dict[str, str | None]) -> list[str]:
    path: list[str] = []
    at: str | None = key
    while at is not None:
        if at in path:
            raise invalid_field("/items", f"The category {key} would stand below itself")
        path.append(at)
        if len(path) > MAX_DEPTH:
            raise invalid_field("/items", f"Categories nest {MAX_DEPTH} deep at most")
        at = parents[at]
    return path[::-1]
