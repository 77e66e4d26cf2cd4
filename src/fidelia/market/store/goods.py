"""Writes of products and SKUs by external id: one statement a batch, and what they cost and have by region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from fidelia.platform.postgres import Tx

Kind = Literal["product", "sku"]

_SHARED = {
    "name": "text",
    "price": "numeric(18, 4)",
    "old_price": "numeric(18, 4)",
    "floor_price": "numeric(18, 4)",
    "currency": "text",
    "url": "text",
    "description": "text",
    "tags": "text[]",
    "pictures": "text[]",
    "available": "boolean",
    "quantity": "numeric(18, 4)",
    "properties": "jsonb",
}
_COLUMNS: dict[Kind, dict[str, str]] = {
    "product": {
        **_SHARED,
        "brand": "text",
        "category_id": "integer",
        "image_url": "text",
        "delivery": "boolean",
        "warranty": "boolean",
        "expires_on": "date",
    },
    "sku": {"product_id": "integer", **_SHARED},
}
_TABLES = {"product": "product", "sku": "product_sku"}
_EMPTY = {"tags": "'{}'", "pictures": "'{}'", "properties": "'{}'", "name": "external_id"}


def _statement(kind: Kind) -> str:
    """Write the upsert of a kind: what an item leaves out (null) stays; what is the same is not written."""
    table, columns = _TABLES[kind], _COLUMNS[kind]
    names = ", ".join(columns)
    kept = {name: f"coalesce(g.{name}, p.{name})" for name in columns}
    first = ", ".join(f"coalesce({n}, {_EMPTY[n]})" if n in _EMPTY else n for n in columns)
    return f"""
with given as (
    select * from jsonb_to_recordset(%(items)s::jsonb) as g (
        n integer, external_id text, {", ".join(f"{n} {t}" for n, t in columns.items())})
), changed as (
    update {table} p set {", ".join(f"{n} = {value}" for n, value in kept.items())}, status = 'active',
        version = p.version + 1, updated_at = %(now)s
    from given g
    where p.external_id = g.external_id and ({", ".join(f"p.{n}" for n in columns)}, p.status)
        is distinct from ({", ".join(kept.values())}, 'active')
    returning g.n, p.id
), made as (
    insert into {table} (external_id, {names}, created_at, updated_at)
    select external_id, {first}, %(now)s, %(now)s
    from given g where not exists (select from {table} p where p.external_id = g.external_id) order by n
    on conflict (external_id) do nothing
    returning id, external_id
)
select g.n, coalesce(m.id, c.id, p.id),
    case when m.id is not null then 'created' when c.id is not null then 'updated' else 'unchanged' end
from given g left join made m on m.external_id = g.external_id left join changed c on c.n = g.n
    left join {table} p on p.external_id = g.external_id
"""


_UPSERT: dict[Kind, str] = {"product": _statement("product"), "sku": _statement("sku")}


async def upsert_goods(tx: Tx, kind: Kind, rows: Sequence[dict[str, Any]]) -> list[tuple[int, int, str]]:
    """Create and change products or SKUs; rows have ``n``, ``external_id`` and columns. Return ``(n, id, status)``."""
    raw = await tx.raw()
    cursor = await raw.execute(_UPSERT[kind], {"items": msgspec.json.encode(rows).decode(), "now": tx.now})
    return [(n, id_, status) for n, id_, status in await cursor.fetchall()]


async def known(tx: Tx, kind: Kind, external: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Return id and status of the products or SKUs among external ids."""
    raw = await tx.raw()
    cursor = await raw.execute(
        f"select external_id, id, status from {_TABLES[kind]} where external_id = any(%s)",
        (list(external),),
    )
    return {name: (id_, status) for name, id_, status in await cursor.fetchall()}


_OFFERS = """
with given as (
    select * from jsonb_to_recordset(%(offers)s::jsonb) as g (
        product_id integer, sku_id integer, region_id integer, price numeric(18, 4), old_price numeric(18, 4),
        quantity numeric(18, 4))
), gone as (
    delete from product_region r using jsonb_to_recordset(%(of)s::jsonb) as o (product_id integer, sku_id integer)
    where r.product_id = o.product_id and r.sku_id is not distinct from o.sku_id and not exists (
        select from given g where g.product_id = r.product_id and g.sku_id is not distinct from r.sku_id
            and g.region_id = r.region_id)
    returning r.product_id, r.sku_id
), put as (
    insert into product_region (product_id, sku_id, region_id, price, old_price, quantity)
    select product_id, sku_id, region_id, price, old_price, quantity from given
    on conflict (product_id, sku_id, region_id) do update
    set price = excluded.price, old_price = excluded.old_price, quantity = excluded.quantity
    where (product_region.price, product_region.old_price, product_region.quantity)
        is distinct from (excluded.price, excluded.old_price, excluded.quantity)
    returning product_id, sku_id
)
select product_id, sku_id from gone union select product_id, sku_id from put
"""


async def put_offers(
    tx: Tx, of: Sequence[tuple[int, int | None]], offers: Sequence[dict[str, Any]]
) -> set[tuple[int, int | None]]:
    """Replace prices and stock by region of ``(product, SKU or None)``; return those whose offers changed."""
    raw = await tx.raw()
    owners = [{"product_id": product, "sku_id": sku} for product, sku in of]
    about = {"of": msgspec.json.encode(owners).decode(), "offers": msgspec.json.encode(list(offers)).decode()}
    rows = await (await raw.execute(_OFFERS, about)).fetchall()
    return {(product, sku) for product, sku in rows}


async def bump(tx: Tx, kind: Kind, ids: Sequence[int]) -> None:
    """Make a new version of products or SKUs whose offers changed, so that their projection is newer."""
    raw = await tx.raw()
    await raw.execute(
        f"update {_TABLES[kind]} set version = version + 1, updated_at = %s where id = any(%s)",
        (tx.now, list(ids)),
    )


async def products_of(tx: Tx, skus: Sequence[int]) -> dict[int, int]:
    """Return the product of each SKU."""
    raw = await tx.raw()
    cursor = await raw.execute("select id, product_id from product_sku where id = any(%s)", (list(skus),))
    return dict(await cursor.fetchall())
