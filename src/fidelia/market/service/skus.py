"""SKUs: variants of products, in batches by the caller's ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fidelia.access import Actor, audit
from fidelia.kernel.errors import Problem, invalid_field
from fidelia.platform.postgres import Tx

from ..book import Book, read_book
from ..model import BatchReply, ItemResult, Mode, SkuIn, SkuOut, SkuPatch
from ..store import goods as store
from ..store import shelf
from .goods import checked, checked_mode, checked_properties, offers_of, patched, rejected, reply, write_offers


async def upsert_skus(tx: Tx, items: Sequence[SkuIn], *, mode: Mode = "upsert", book: Book | None = None) -> BatchReply:
    """Create and change SKUs by external id. Of two items with one id, the last counts; the first is rejected.

    A new SKU must name a product that exists; a known one may move to another.
    """
    book = book or await read_book(tx)
    last = {item.external_id: n for n, item in enumerate(items)}
    there = await store.known(tx, "sku", list(last))
    products = await store.known(tx, "product", sorted({item.product for item in items if item.product is not None}))
    rows: list[dict[str, Any]] = []
    offers: dict[int, list[dict[str, Any]]] = {}
    results: list[ItemResult] = []
    for n, item in enumerate(items):
        try:
            values = checked(item, book)
            new = item.external_id not in there
            if last[item.external_id] != n:
                raise invalid_field("/external_id", f"Item {last[item.external_id]} has the same id; that one counts")
            checked_mode(mode, new=new)
            if item.product is None and new:
                raise invalid_field("/product", "A new SKU needs its product")
            if item.product is not None and item.product not in products:
                raise invalid_field("/product", f"There is no product {item.product}")
            if item.regions is not None:
                offers[n] = offers_of(item.regions, book)
            values["product_id"] = products[item.product][0] if item.product is not None else None
            stub = not new and there[item.external_id][1] == "stub"
            values["properties"] = checked_properties(book.fields["sku"], item, new=new or stub)
        except Problem as problem:
            results.append(rejected(n, problem))
        else:
            rows.append({"n": n, "external_id": item.external_id, **values})
    written = await store.upsert_goods(tx, "sku", rows) if rows else []
    changed = await _offers(tx, {id_: offers[n] for n, id_, _ in written if n in offers})
    for n, id_, status in written:
        known = "updated" if status == "unchanged" and id_ in changed else status
        results.append(ItemResult(n, known, id_))  # type: ignore[arg-type]
    made = {n for n, _, status in written if status == "created"}
    tx.mark_dirty("products", 0, {row["product_id"] for row in rows if row["n"] in made})
    tx.mark_dirty("skus", 0, [id_ for _, id_, status in written if status != "unchanged" or id_ in changed])
    return reply(results)


async def patch_sku(tx: Tx, actor: Actor, sku_id: int, patch: SkuPatch) -> SkuOut:
    """Change a SKU by hand. Raises 404, 422."""
    before = await shelf.sku_by_id(tx, sku_id)
    book = await read_book(tx)
    values, offers = patched(patch, book.fields["sku"], book)
    if values:
        await shelf.change_sku(tx, sku_id, values)
    if offers is not None:
        await write_offers(tx, "sku", {(before.product_id, sku_id): offers})
    tx.mark_dirty("skus", 0, [sku_id])
    tx.mark_dirty("products", 0, [before.product_id])
    after = await shelf.sku_by_id(tx, sku_id)
    await audit(tx, actor, "sku.updated", kind="sku", object_id=sku_id, name=after.name, before=before, after=after)
    return after


async def archive_sku(tx: Tx, actor: Actor, sku_id: int) -> SkuOut:
    """Archive a SKU: orders keep naming it. Raises 404."""
    before = await shelf.sku_by_id(tx, sku_id)
    await shelf.change_sku(tx, sku_id, {"status": "archived"})
    tx.mark_dirty("skus", 0, [sku_id])
    tx.mark_dirty("products", 0, [before.product_id])
    await audit(tx, actor, "sku.archived", kind="sku", object_id=sku_id, name=before.name)
    return await shelf.sku_by_id(tx, sku_id)


async def _offers(tx: Tx, of: dict[int, list[dict[str, Any]]]) -> set[int]:
    if not of:
        return set()
    products = await store.products_of(tx, list(of))
    return await write_offers(tx, "sku", {(products[sku], sku): rows for sku, rows in of.items()})
