"""What the catalogue knows of the keys that lines name: one statement for a whole basket."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fidelia.platform.cursors import text_array
from fidelia.platform.postgres import Asked, Tx

from ..model import Item

_ITEMS = """
select g.key, p.id, k.id, p.external_id, k.external_id, coalesce(k.name, p.name), p.brand, coalesce(c.path, '{}'),
    case when k.id is null or k.tags = '{}' then p.tags else p.tags || k.tags end,
    coalesce(k.price, p.price), case when k.price is null then coalesce(k.old_price, p.old_price) else k.old_price end,
    coalesce(k.floor_price, p.floor_price), coalesce(k.currency, p.currency), coalesce(k.status, p.status),
    coalesce(k.available, p.available), case when k.id is null then p.quantity else k.quantity end,
    case when k.id is null then p.properties else p.properties || k.properties end, p.version + coalesce(k.version, 0)
from unnest(%(keys)s::text[]) g (key)
left join product_sku k on k.external_id = g.key
join product p on p.id = k.product_id or (k.id is null and p.external_id = g.key)
left join product_category c on c.id = p.category_id
"""


async def catalogue(tx: Tx, keys: Collection[str]) -> dict[str, Item]:
    """Return what the catalogue knows of external ids: a SKU's first, then a product's. Unknown ones are left out."""
    return await (await ask_catalogue(tx, keys)).answer() if keys else {}


async def ask_catalogue(tx: Tx, keys: Collection[str]) -> Asked[dict[str, Item]]:
    """Ask for what :func:`catalogue` returns, together with other questions."""
    return await tx.ask(_ITEMS, {"keys": text_array(sorted(set(keys)))}, _items)


def _items(rows: list[Any]) -> dict[str, Item]:
    found = {}
    for key, product, sku, name_of, sku_name, name, brand, path, tags, *rest in rows:
        if product is None:
            continue
        price, old_price, floor, currency, status, available, quantity, properties, version = rest
        found[key] = Item(
            key=key,
            product_id=product,
            sku_id=sku,
            product=name_of,
            sku=sku_name,
            name=name,
            brand=brand,
            categories=tuple(path),
            tags=tuple(dict.fromkeys(tags)),
            price=price,
            old_price=old_price,
            floor=floor,
            currency=currency,
            status=status,
            available=available,
            quantity=quantity,
            properties=properties,
            version=version,
        )
    return found
