"""One new order in few statements: for tills, where the staging of a batch would cost more than the order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from fidelia.platform.postgres import Asked, Tx, json_text

from ..model import Item
from ..rules import Line
from ..statuses import starting
from .load import Placed

#: Product and SKU.
Goods = tuple[int, int | None]

_RESOLVE = """
select g.n, coalesce(k.product_id, p.id, x.product_id), coalesce(k.id, case when p.id is null then x.id end)
from unnest(%(n)s::integer[], %(product)s::text[], %(sku)s::text[]) g (n, product, sku)
left join product_sku k on k.external_id = g.sku
left join product p on p.external_id = coalesce(nullif(g.product, ''), g.sku)
left join product_sku x on x.external_id = nullif(g.product, '')
"""
_STUB = """
insert into product (external_id, name, status, created_at, updated_at)
select distinct k, k, 'stub', %(now)s::timestamptz, %(now)s::timestamptz from unnest(%(keys)s::text[]) k
on conflict do nothing returning id
"""
_STUB_SKU = """
insert into product_sku (product_id, external_id, name, status, created_at, updated_at)
select distinct on (g.sku) g.product, g.sku, g.sku, 'stub', %(now)s::timestamptz, %(now)s::timestamptz
from unnest(%(product)s::integer[], %(sku)s::text[]) g (product, sku)
on conflict do nothing returning id
"""
_ORDER = """
with made as (
    insert into sales_order (database_id, external_id, profile_id, placed_at, status, channel, touchpoint_id, region_id,
        currency, total, delivery, refunded, delivery_refunded, line_count, tags, properties, created_at, updated_at)
    values (%(database)s, %(external)s, %(profile)s, %(at)s, %(status)s, %(channel)s, %(touchpoint)s, %(region)s,
        %(currency)s, %(total)s, %(delivery)s, %(refunded)s, %(delivery_refunded)s, %(count)s, %(tags)s,
        %(properties)s::jsonb, %(now)s, %(now)s)
    on conflict (database_id, external_id) do nothing
    returning id
), lines as (
    insert into order_line (order_id, line, external_id, product_id, sku_id, quantity, price, floor_price, discount,
        total, status, refunded_quantity, refunded, properties)
    select made.id, g.line, g.external_id, g.product_id, g.sku_id, g.quantity, g.price, g.floor_price, g.discount,
        g.total, g.status, g.refunded_quantity, g.refunded, coalesce(g.properties, '{}')
    from made, json_populate_recordset(null::order_line, %(lines)s::json) g
)
select id from made
"""


async def ask_place(
    tx: Tx, database_id: int, placed: Placed, goods: Sequence[Goods], refunds: Collection[str]
) -> Asked[int | None]:
    """Insert one order; the answer is its id, ``None`` when the database has one with its external id.

    ``goods`` are product and SKU of each line. ``refunds`` are the statuses that mean that a line was given back. Who
    asks marks the order as changed when it is there.
    """
    order, profile = placed
    lines, refunded = [], Decimal(0)
    for number, (line, (product, sku)) in enumerate(zip(order.lines, goods, strict=True), 1):
        status = line.status or starting(order.status)
        back = status in refunds
        refunded += line.total if back else 0
        lines.append(
            {
                "line": number,
                "external_id": line.external_id,
                "product_id": product,
                "sku_id": sku,
                "quantity": line.quantity,
                "price": line.price,
                "floor_price": line.floor,
                "discount": line.discount,
                "total": line.total,
                "status": status,
                "refunded_quantity": line.quantity if back else 0,
                "refunded": line.total if back else 0,
                "properties": line.properties,
            }
        )
    delivery = order.delivery if order.status == "refunded" else 0
    about = {
        "database": database_id,
        "external": order.external_id,
        "profile": profile,
        "at": order.placed_at,
        "status": order.status,
        "channel": order.channel,
        "touchpoint": order.touchpoint_id,
        "region": order.region_id,
        "currency": order.currency,
        "total": order.total,
        "delivery": order.delivery,
        "refunded": refunded + delivery,
        "delivery_refunded": delivery,
        "count": len(order.lines),
        "tags": list(order.tags),
        "properties": json_text(order.properties),
        "lines": json_text(lines),
        "now": tx.now,
    }
    return await tx.ask(_ORDER, about, lambda rows: int(rows[0][0]) if rows else None)


async def goods_of(tx: Tx, lines: list[Line], items: Mapping[str, Item]) -> list[Goods]:
    """Return product and SKU of every line; ask only for those that ``items`` (by key) does not tell of."""
    known = [_known(line, items) for line in lines]
    found = [one for one in known if one is not None]
    return found if len(found) == len(lines) else await _goods(tx, lines)


def _known(line: Line, items: Mapping[str, Item]) -> Goods | None:
    item = items.get(line.sku or line.product)
    if item is None:
        return None
    if line.sku:  # its product may be named, too: then it must be a SKU
        return (item.product_id, item.sku_id) if item.sku_id is not None or not line.product else None
    return (item.product_id, None) if item.sku_id is None else None  # both a product and a SKU are called so


async def _goods(tx: Tx, lines: list[Line]) -> list[Goods]:
    """Return product and SKU of every line; make stubs of what nobody knows."""
    raw = await tx.raw()
    asked = {
        "n": list(range(len(lines))),
        "product": [line.product for line in lines],
        "sku": [line.sku for line in lines],
    }
    for _ in range(3):  # products first, then their SKUs; a neighbour's stub counts as well
        found = {n: (product, sku) for n, product, sku in await (await raw.execute(_RESOLVE, asked)).fetchall()}
        unknown = sorted({line.product or line.sku or "" for n, line in enumerate(lines) if found[n][0] is None})
        if unknown:
            made = await (await raw.execute(_STUB, {"keys": unknown, "now": tx.now})).fetchall()
            tx.mark_dirty("products", 0, (row[0] for row in made))
            continue
        without = [n for n, line in enumerate(lines) if line.sku and line.product and found[n][1] is None]
        if not without:
            return [found[n] for n in range(len(lines))]
        skus = {"product": [found[n][0] for n in without], "sku": [lines[n].sku for n in without], "now": tx.now}
        made = await (await raw.execute(_STUB_SKU, skus)).fetchall()
        tx.mark_dirty("skus", 0, (row[0] for row in made))
    return [found[n] for n in range(len(lines))]
