"""Products and SKUs as other capabilities show and find them (a port of segments)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..tables import product, product_category, product_sku

_p, _k, _c = product.c, product_sku.c, product_category.c
_TABLES: Mapping[str, sa.Table] = {"product": product, "sku": product_sku}


async def cards(tx: Tx, entity: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return products or SKUs by their ids, in this order; what is gone is left out.

    A SKU without a picture is shown with its product's, and has that one's brand and category.
    """
    shared = (_p.brand, _c.name.label("category"))
    if entity == "product":
        picture = sa.func.coalesce(_p.image_url, _p.pictures[1])
        stmt = sa.select(
            _p.id, _p.id.label("product_id"), _p.external_id, _p.name, *shared, _p.price, _p.currency, _p.status,
            picture.label("image_url"),
        ).join_from(product, product_category, _c.id == _p.category_id, isouter=True)  # fmt: skip
        stmt = stmt.where(_p.id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Integer))))
    else:
        picture = sa.func.coalesce(_k.pictures[1], _p.image_url, _p.pictures[1])
        stmt = sa.select(
            _k.id, _k.product_id, _k.external_id, _k.name, *shared, sa.func.coalesce(_k.price, _p.price).label("price"),
            sa.func.coalesce(_k.currency, _p.currency).label("currency"), _k.status, picture.label("image_url"),
        ).join_from(product_sku, product, _p.id == _k.product_id)  # fmt: skip
        stmt = stmt.join(product_category, _c.id == _p.category_id, isouter=True)
        stmt = stmt.where(_k.id == sa.any_(sa.literal(list(ids), sa.ARRAY(sa.Integer))))
    found = {row.id: dict(row._mapping) for row in await tx.all(stmt)}
    for row in found.values():
        row["price"] = None if row["price"] is None else amount_text(row["price"], row["currency"])
    return [found[id_] for id_ in ids if id_ in found]


async def ids_of(tx: Tx, entity: str, external_ids: Collection[str]) -> dict[str, int]:
    """Return the ids behind external ids; what does not exist is left out."""
    c = _TABLES[entity].c
    wanted = sa.literal(sorted(set(external_ids)), sa.ARRAY(sa.Text))
    rows = await tx.all(sa.select(c.external_id, c.id).where(c.external_id == sa.any_(wanted)))
    return {row.external_id: row.id for row in rows}


async def present(tx: Tx, entity: str, ids: BitMap) -> BitMap:
    """Return those of these ids that exist."""
    c = _TABLES[entity].c
    wanted = sa.literal([id_ for id_ in ids if id_ < 2**31], sa.ARRAY(sa.Integer))
    return BitMap(row.id for row in await tx.all(sa.select(c.id).where(c.id == sa.any_(wanted))))


async def search(tx: Tx, entity: str, ids: BitMap, q: str) -> BitMap:
    """Return those of these ids whose name or external id contains a text, or whose brand does."""
    text: sa.ColumnElement[str] = _p.name + " " + _p.external_id + " " + sa.func.coalesce(_p.brand, "")
    stmt = sa.select(_p.id)
    if entity == "sku":
        text = _k.name + " " + _k.external_id
        stmt = sa.select(_k.id)
    return ids & BitMap(row.id for row in await tx.all(stmt.where(text.icontains(q, autoescape=True))))
