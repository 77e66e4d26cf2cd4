"""A product with what hangs on it: SKUs, prices and stock by region, relations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..model import OfferOut, ProductDetail, RelationOut, SkuOut
from ..tables import market_region, product, product_region, product_relation, product_sku
from .products import product_row

_k = product_sku.c
_PRICES = {"price": "price", "old_price": "old_price", "floor": "floor_price"}
_PLAIN = [n for n in SkuOut.__struct_fields__ if n not in (*_PRICES, "quantity", "regions")]
_SKUS = sa.select(product_sku, product.c.external_id.label("product"), product.c.currency.label("of_product")).join(
    product, product.c.id == _k.product_id
)


async def product_detail(tx: Tx, product_id: int) -> ProductDetail:
    """Return a product with its SKUs, offers by region and relations; raise 404."""
    values = await product_row(tx, product_id)
    rows = await tx.all(
        _SKUS.where(_k.product_id == product_id, _k.status != "archived").order_by(_k.name, _k.id).limit(1000)
    )
    offers = await _offers(tx, product_region.c.product_id == product_id, values["currency"])
    relations = await tx.all(
        sa.select(product_relation, product)
        .join(product, product.c.id == product_relation.c.other_id)
        .where(product_relation.c.product_id == product_id)
        .order_by(product_relation.c.kind, product_relation.c.weight.desc(), product.c.name)
    )
    return ProductDetail(
        **values,
        regions=offers.get(None, []),
        variants=[_sku(row, offers.get(row.id, [])) for row in rows],
        relations=[
            RelationOut(
                product_id=row.other_id,
                product=row.external_id,
                name=row.name,
                image_url=row.image_url,
                price=None if row.price is None else amount_text(row.price, row.currency),
                currency=row.currency,
                kind=row.kind,
                weight=float(row.weight),
            )
            for row in relations
        ],
    )


async def sku_page(
    tx: Tx, page: PageRequest, *, product_id: int | None = None, status: str | None = None
) -> Page[SkuOut]:
    """Return a page of SKUs by name; ``q`` searches name and id. Archived ones only when asked for."""
    where: list[sa.ColumnElement[bool]] = [_k.status == status if status is not None else _k.status != "archived"]
    if product_id is not None:
        where.append(_k.product_id == product_id)
    if page.q:
        where.append((_k.name + " " + _k.external_id).icontains(page.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(product_sku).where(*where))
    rows, cursor = await sorted_rows(
        tx,
        _SKUS.where(*where),
        page,
        sorts={"name": folded(_k.name), "updated_at": _k.updated_at, "external_id": _k.external_id},
        key=_k.id,
        default="name",
    )
    offers = await _offers(tx, product_region.c.sku_id.in_([row.id for row in rows]), None) if rows else {}
    return Page([_sku(row, offers.get(row.id, [])) for row in rows], cursor, total)


async def sku_by_id(tx: Tx, sku_id: int) -> SkuOut:
    """Return a SKU; raise 404."""
    row = await tx.first(_SKUS.where(_k.id == sku_id))
    if row is None:
        raise not_found("SKU", sku_id)
    offers = await _offers(tx, product_region.c.sku_id == sku_id, None)
    return _sku(row, offers.get(sku_id, []))


async def change_sku(tx: Tx, sku_id: int, values: dict[str, Any]) -> None:
    """Write changed columns of a SKU."""
    await tx.execute(
        sa.update(product_sku).where(_k.id == sku_id).values(**values, version=_k.version + 1, updated_at=tx.now)
    )


def _sku(row: sa.Row[Any], offers: Sequence[OfferOut]) -> SkuOut:
    values = {name: getattr(row, name) for name in _PLAIN}
    currency = row.currency or row.of_product
    for name, column in _PRICES.items():
        amount = getattr(row, column)
        values[name] = None if amount is None else amount_text(amount, currency)
    quantity = None if row.quantity is None else amount_text(row.quantity)
    return SkuOut(**values, quantity=quantity, regions=list(offers))


async def _offers(tx: Tx, where: sa.ColumnElement[bool], currency: str | None) -> dict[int | None, list[OfferOut]]:
    """Return offers by region, by SKU; ``None`` has those of the product itself."""
    rows = await tx.all(
        sa.select(product_region, market_region.c.external_id, market_region.c.name)
        .join(market_region, market_region.c.id == product_region.c.region_id)
        .where(where)
        .order_by(market_region.c.name, market_region.c.id)
    )
    found: dict[int | None, list[OfferOut]] = {}
    for row in rows:
        found.setdefault(row.sku_id, []).append(
            OfferOut(
                region=row.external_id,
                name=row.name,
                price=None if row.price is None else amount_text(row.price, currency),
                old_price=None if row.old_price is None else amount_text(row.old_price, currency),
                quantity=None if row.quantity is None else amount_text(row.quantity),
            )
        )
    return found


async def put_relations(tx: Tx, product_id: int, relations: Sequence[tuple[int, str, float]]) -> None:
    """Replace the relations of a product: ``(other, kind, weight)``."""
    await tx.execute(sa.delete(product_relation).where(product_relation.c.product_id == product_id))
    if relations:
        rows = [
            {"product_id": product_id, "other_id": other, "kind": kind, "weight": weight}
            for other, kind, weight in relations
        ]
        await tx.execute(sa.insert(product_relation), rows)
