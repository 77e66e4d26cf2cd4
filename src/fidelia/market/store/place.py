"""One new order in few statements: for tills, where the staging of a batch would cost more than the order."""

from __future__ import annotations

import msgspec

from fidelia.platform.postgres import Tx

from ..rules import Line
from ..statuses import starting
from .load import Placed

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
insert into sales_order (database_id, external_id, profile_id, placed_at, status, channel, touchpoint_id, region_id,
    currency, total, delivery, refunded, delivery_refunded, line_count, tags, properties, created_at, updated_at)
values (%(database)s, %(external)s, %(profile)s, %(at)s, %(status)s, %(channel)s, %(touchpoint)s, %(region)s,
    %(currency)s, %(total)s, %(delivery)s, %(refunded)s, %(delivery_refunded)s, %(count)s, %(tags)s,
    %(properties)s::jsonb, %(now)s, %(now)s)
on conflict (database_id, external_id) do nothing
returning id
"""
_LINES = """
insert into order_line (order_id, line, external_id, product_id, sku_id, quantity, price, floor_price, discount, total,
    status, refunded_quantity, refunded, properties)
select %(order)s, g.n, g.external, g.product, g.sku, g.quantity, g.price, g.floor, g.discount, g.total, g.status,
    case when g.back then g.quantity else 0 end, case when g.back then g.total else 0 end, g.properties::jsonb
from unnest(%(n)s::integer[], %(external)s::text[], %(product)s::integer[], %(sku)s::integer[], %(quantity)s::numeric[],
    %(price)s::numeric[], %(floor)s::numeric[], %(discount)s::numeric[], %(total)s::numeric[], %(status)s::text[],
    %(back)s::boolean[], %(properties)s::text[])
    g (n, external, product, sku, quantity, price, floor, discount, total, status, back, properties)
"""


async def place(tx: Tx, database_id: int, placed: Placed, refunds: list[str]) -> int | None:
    """Insert one order; return its id, or ``None`` when the database has one with its external id.

    ``refunds`` are the statuses that mean that a line was given back.
    """
    order, profile = placed
    raw = await tx.raw()
    goods = await _goods(tx, order.lines)
    statuses = [line.status or starting(order.status) for line in order.lines]
    back = [status in refunds for status in statuses]
    delivery = order.delivery if order.status == "refunded" else 0
    refunded = sum((line.total for line, whole in zip(order.lines, back, strict=True) if whole), delivery)
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
        "refunded": refunded,
        "delivery_refunded": delivery,
        "count": len(order.lines),
        "tags": list(order.tags),
        "properties": msgspec.json.encode(order.properties).decode(),
        "now": tx.now,
    }
    row = await (await raw.execute(_ORDER, about)).fetchone()
    if row is None:
        return None
    lines = {
        "order": row[0],
        "n": list(range(1, len(order.lines) + 1)),
        "external": [line.external_id for line in order.lines],
        "product": [product for product, _ in goods],
        "sku": [sku for _, sku in goods],
        "quantity": [line.quantity for line in order.lines],
        "price": [line.price for line in order.lines],
        "floor": [line.floor for line in order.lines],
        "discount": [line.discount for line in order.lines],
        "total": [line.total for line in order.lines],
        "status": statuses,
        "back": back,
        "properties": [msgspec.json.encode(line.properties).decode() for line in order.lines],
    }
    await raw.execute(_LINES, lines)
    tx.mark_dirty("orders", database_id, [row[0]])
    return int(row[0])


async def _goods(tx: Tx, lines: list[Line]) -> list[tuple[int, int | None]]:
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
