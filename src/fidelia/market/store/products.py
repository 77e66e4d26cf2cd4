"""Queries on products and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import CategoryName, CategoryOut, ProductOut
from ..tables import product, product_category, product_sku

_p = product.c
_c = product_category.c
_SEARCH = _p.name + " " + _p.external_id + " " + sa.func.coalesce(_p.brand, "")
_SKUS = (
    sa.select(sa.func.count())
    .where(product_sku.c.product_id == _p.id, product_sku.c.status != "archived")
    .correlate(product)
    .scalar_subquery()
)
_PRICES = {"price": "price", "old_price": "old_price", "floor": "floor_price"}
_PLAIN = [n for n in ProductOut.__struct_fields__ if n not in (*_PRICES, "quantity", "category")]
_QUERY = sa.select(
    product, _c.external_id.label("c_external"), _c.name.label("c_name"), _c.path.label("c_path"), _SKUS.label("skus")
).join_from(product, product_category, _c.id == _p.category_id, isouter=True)


def product_values(row: sa.Row[Any]) -> dict[str, Any]:
    """Return a product's row as the API writes it."""
    values = {name: getattr(row, name) for name in _PLAIN}
    for name, column in _PRICES.items():
        amount = getattr(row, column)
        values[name] = None if amount is None else amount_text(amount, row.currency)
    values["quantity"] = None if row.quantity is None else amount_text(row.quantity)
    values["category"] = None
    if row.category_id is not None:
        values["category"] = CategoryName(row.category_id, row.c_external, row.c_name, list(row.c_path))
    return values


def _out(row: sa.Row[Any]) -> ProductOut:
    return ProductOut(**product_values(row))


async def product_row(tx: Tx, product_id: int) -> dict[str, Any]:
    """Return the values of a product; raise 404."""
    row = await tx.first(_QUERY.where(_p.id == product_id))
    if row is None:
        raise not_found("Product", product_id)
    return product_values(row)


async def change_product(tx: Tx, product_id: int, values: dict[str, Any]) -> None:
    """Write changed columns of a product."""
    await tx.execute(
        sa.update(product).where(_p.id == product_id).values(**values, version=_p.version + 1, updated_at=tx.now)
    )


async def product_page(
    tx: Tx, page: PageRequest, *, category: str | None = None, status: str | None = None
) -> Page[ProductOut]:
    """Return a page of products; ``q`` searches name, id and brand; ``category`` takes its whole branch."""
    where: list[sa.ColumnElement[bool]] = []
    if status is not None:
        where.append(_p.status == status)
    else:
        where.append(_p.status != "archived")
    if category is not None:
        where.append(_p.category_id.in_(sa.select(_c.id).where(_c.path.contains(sa.cast([category], ARRAY(sa.Text))))))
    if page.q:
        where.append(_SEARCH.icontains(page.q, autoescape=True))
    key = page.sort_key(("name", "price", "updated_at", "external_id"), "name")
    column: sa.ColumnElement[Any] = sa.func.coalesce(_p.price, -1) if key == "price" else _p[key]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(product).where(*where))
    if page.cursor is not None:
        where.append(_after(page.cursor, key, column, page.descending))
    order = (column.desc(), _p.id.desc()) if page.descending else (column, _p.id)
    rows = await tx.all(_QUERY.add_columns(column.label("k")).where(*where).order_by(*order).limit(page.limit + 1))
    kept = rows[: page.limit]
    cursor = encode_cursor([str(kept[-1].k), kept[-1].id]) if len(rows) > page.limit else None
    return Page([_out(row) for row in kept], cursor, total)


def _after(cursor: list[Any], key: str, column: sa.ColumnElement[Any], descending: bool) -> sa.ColumnElement[bool]:
    if len(cursor) != 2 or not isinstance(cursor[0], str) or not isinstance(cursor[1], int):
        raise invalid_field("/cursor", "This cursor is not one that this list has returned")
    kinds: dict[str, Any] = {"price": sa.Numeric(18, 4), "updated_at": sa.DateTime(timezone=True)}
    value = sa.cast(sa.literal(cursor[0], sa.Text), kinds.get(key, sa.Text))
    here, there = sa.tuple_(column, _p.id), sa.tuple_(value, sa.literal(cursor[1]))
    return here < there if descending else here > there


async def count_products(tx: Tx) -> int:
    """Return how many products there are, stubs included."""
    return int(await tx.scalar(sa.select(sa.func.count()).select_from(product)))


async def brands(tx: Tx, limit: int = 200) -> list[str]:
    """Return the brands that occur, most frequent first."""
    rows = await tx.all(
        sa.select(_p.brand)
        .where(_p.brand.is_not(None))
        .group_by(_p.brand)
        .order_by(sa.func.count().desc())
        .limit(limit)
    )
    return [row.brand for row in rows]


async def categories(tx: Tx) -> list[CategoryOut]:
    """Return every category in the order of the tree, with the number of products right below it."""
    counts = sa.select(_p.category_id, sa.func.count().label("n")).group_by(_p.category_id).subquery()
    rows = await tx.all(
        sa.select(product_category, sa.func.coalesce(counts.c.n, 0).label("products"))
        .join(counts, counts.c.category_id == _c.id, isouter=True)
        .order_by(_c.path)
    )
    return [CategoryOut(row.id, row.external_id, row.name, row.parent_id, list(row.path), row.products) for row in rows]


async def category_ids(tx: Tx, external: Sequence[str]) -> dict[str, int]:
    """Return the ids of categories by their external ids."""
    rows = await tx.all(sa.select(_c.external_id, _c.id).where(_c.external_id.in_(external)))
    return {row.external_id: row.id for row in rows}


_CATEGORIES = """
insert into product_category (external_id, name, parent_id, path, created_at, updated_at)
select g.external_id, g.name, (select id from product_category c where c.external_id = g.parent), g.path,
    %(now)s, %(now)s
from jsonb_to_recordset(%(items)s::jsonb) as g (external_id text, name text, parent text, path text[])
on conflict (external_id) do update
set name = excluded.name, parent_id = excluded.parent_id, path = excluded.path, updated_at = excluded.updated_at
where (product_category.name, product_category.parent_id, product_category.path)
    is distinct from (excluded.name, excluded.parent_id, excluded.path)
"""


async def lock_categories(tx: Tx) -> dict[str, tuple[str, list[str]]]:
    """Lock the tree against other changes; return name and path by external id."""
    await tx.execute(sa.text("lock table product_category in share row exclusive mode"))
    rows = await tx.all(sa.select(_c.external_id, _c.name, _c.path))
    return {row.external_id: (row.name, list(row.path)) for row in rows}


async def put_categories(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Write categories of one depth; their parents stand there already."""
    raw = await tx.raw()
    await raw.execute(_CATEGORIES, {"items": msgspec.json.encode(list(rows)).decode(), "now": tx.now})


async def products_below(tx: Tx, external: Sequence[str]) -> list[int]:
    """Return the products of these categories and of all below them."""
    if not external:
        return []
    rows = await tx.all(
        sa.select(_p.id)
        .join(product_category, _c.id == _p.category_id)
        .where(_c.path.overlap(sa.cast(list(external), ARRAY(sa.Text))))
    )
    return [row.id for row in rows]
