"""Products and categories: batches by the caller's ids, and changes by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, invalid, invalid_field
from fidelia.platform.postgres import Tx

from ..book import Book, read_book
from ..model import (
    BatchReply,
    CategoryIn,
    CategoryOut,
    ItemResult,
    Mode,
    ProductDetail,
    ProductIn,
    ProductPatch,
    RelationIn,
    RelationOut,
)
from ..store import goods
from ..store import products as store
from ..store.shelf import product_detail, put_relations
from .goods import checked, checked_mode, checked_properties, offers_of, patched, rejected, reply, write_offers

MAX_DEPTH = 20


async def upsert_products(
    tx: Tx, items: Sequence[ProductIn], *, mode: Mode = "upsert", book: Book | None = None
) -> BatchReply:
    """Create and change products by external id. Of two items with one id, the last counts; the first is rejected.

    ``mode`` takes all, only new ones (``add``) or only known ones (``update``); the others are rejected.
    """
    book = book or await read_book(tx)
    last = {item.external_id: n for n, item in enumerate(items)}
    categories = await store.category_ids(tx, sorted({i.category for i in items if i.category is not None}))
    there = await goods.known(tx, "product", list(last))
    rows: list[dict[str, Any]] = []
    offers: dict[int, list[dict[str, Any]]] = {}
    results: list[ItemResult] = []
    for n, item in enumerate(items):
        try:
            values = checked(item, book)
            if last[item.external_id] != n:
                raise invalid_field("/external_id", f"Item {last[item.external_id]} has the same id; that one counts")
            new = there.get(item.external_id, (0, "stub"))[1] == "stub"
            checked_mode(mode, new=new)
            if item.category is not None and item.category not in categories:
                raise invalid_field("/category", f"There is no category {item.category}")
            if item.regions is not None:
                offers[n] = offers_of(item.regions, book)
            values["category_id"] = categories.get(item.category) if item.category else None
            values["properties"] = checked_properties(book.fields["product"], item, new=new)
            if item.pictures and item.image_url is None:
                values["image_url"] = item.pictures[0]
        except Problem as problem:
            results.append(rejected(n, problem))
        else:
            rows.append({"n": n, "external_id": item.external_id, **values})
    written = await goods.upsert_goods(tx, "product", rows) if rows else []
    changed = await write_offers(tx, "product", {(id_, None): offers[n] for n, id_, _ in written if n in offers})
    for n, id_, status in written:
        known = "updated" if status == "unchanged" and id_ in changed else status
        results.append(ItemResult(n, known, id_))  # type: ignore[arg-type]
    tx.mark_dirty("products", 0, [id_ for _, id_, status in written if status != "unchanged" or id_ in changed])
    return reply(results)


async def patch_product(tx: Tx, actor: Actor, product_id: int, patch: ProductPatch) -> ProductDetail:
    """Change a product by hand."""
    book = await read_book(tx)
    before = await product_detail(tx, product_id)
    values, offers = patched(patch, book.fields["product"], book)
    if "category" in values:
        category = values.pop("category")
        ids = await store.category_ids(tx, [category]) if category is not None else {}
        if category is not None and category not in ids:
            raise invalid_field("/category", f"There is no category {category}")
        values["category_id"] = ids.get(category) if category is not None else None
    if values:
        await store.change_product(tx, product_id, values)
    if offers is not None:
        await write_offers(tx, "product", {(product_id, None): offers})
    tx.mark_dirty("products", 0, [product_id])
    after = await product_detail(tx, product_id)
    await audit(
        tx, actor, "product.updated", kind="product", object_id=product_id, name=after.name, before=before, after=after
    )
    return after


async def relate(tx: Tx, actor: Actor, product_id: int, relations: Sequence[RelationIn]) -> list[RelationOut]:
    """Replace the products that go with one. Raises 404, and 422 for unknown ones and for the product itself."""
    before = await product_detail(tx, product_id)
    there = await goods.known(tx, "product", sorted({relation.product for relation in relations}))
    errors = []
    for n, relation in enumerate(relations):
        if relation.product not in there:
            errors.append(FieldError(f"/items/{n}/product", f"There is no product {relation.product}"))
        elif there[relation.product][0] == product_id:
            errors.append(FieldError(f"/items/{n}/product", "A product does not go with itself"))
        if not 0 <= relation.weight <= 10_000:
            errors.append(FieldError(f"/items/{n}/weight", "A weight is from 0 to 10,000"))
    if errors:
        raise invalid(*errors)
    rows = {(there[r.product][0], r.kind): r.weight for r in relations}
    await put_relations(tx, product_id, [(other, kind, weight) for (other, kind), weight in rows.items()])
    after = await product_detail(tx, product_id)
    await audit(
        tx,
        actor,
        "product.related",
        kind="product",
        object_id=product_id,
        name=before.name,
        before={"relations": before.relations},
        after={"relations": after.relations},
    )
    return after.relations


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
