"""Orders read whole: with their lines and refunds, many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..model import LineKind, LineOut, OrderDetail, OrderOut, RefundedLine, RefundOut
from ..rules import FOURTH
from ..statuses import BUILT_IN, kind_of
from ..tables import (
    market_line_status,
    market_region,
    market_touchpoint,
    order_line,
    order_refund,
    product,
    product_sku,
    sales_order,
)

_o = sales_order.c
_JOINED = {"touchpoint": market_touchpoint.c.external_id, "region": market_region.c.external_id}
COLUMNS = [_JOINED[name].label(name) if name in _JOINED else _o[name] for name in OrderOut.__struct_fields__]
FROM = sales_order.outerjoin(market_touchpoint, market_touchpoint.c.id == _o.touchpoint_id).outerjoin(
    market_region, market_region.c.id == _o.region_id
)
AMOUNTS = ("total", "delivery", "refunded", "delivery_refunded")
_LINES = (
    sa.select(
        order_line,
        product.c.external_id.label("product"),
        sa.func.coalesce(product_sku.c.name, product.c.name).label("name"),
        product_sku.c.external_id.label("sku"),
    )
    .join(product, product.c.id == order_line.c.product_id)
    .outerjoin(product_sku, product_sku.c.id == order_line.c.sku_id)
    .where(sa.not_(order_line.c.removed))
    .order_by(order_line.c.order_id, order_line.c.line)
)


def values_of(row: sa.Row[Any]) -> dict[str, Any]:
    """Return an order's row as the API writes it: amounts as texts."""
    values = dict(row._mapping)
    for name in AMOUNTS:
        values[name] = amount_text(values[name], values["currency"])
    return values


async def line_kinds(tx: Tx) -> dict[str, LineKind]:
    """Return what every status of lines means, those built in and those set up."""
    rows = await tx.all(sa.select(market_line_status.c.external_id, market_line_status.c.kind))
    kinds: dict[str, LineKind] = {row.external_id: row.kind for row in rows}
    return kinds | dict(BUILT_IN.values())


async def order_details(
    tx: Tx, ids: Sequence[int], kinds: Mapping[str, LineKind] | None = None, *, lock: bool = False
) -> dict[int, OrderDetail]:
    """Return orders with their lines and refunds by id; those that are not there are left out."""
    query = sa.select(*COLUMNS).select_from(FROM).where(_o.id == sa.any_(sa.cast(list(ids), sa.ARRAY(sa.BigInteger))))
    if lock:
        query = query.order_by(_o.id).with_for_update(of=sales_order)
    orders = {row.id: values_of(row) for row in await tx.all(query)}
    if not orders:
        return {}
    known = kinds if kinds is not None else await line_kinds(tx)
    here = sa.cast(list(orders), sa.ARRAY(sa.BigInteger))
    lines: dict[int, list[LineOut]] = {}
    for row in await tx.all(_LINES.where(order_line.c.order_id == sa.any_(here))):
        order = orders[row.order_id]
        lines.setdefault(row.order_id, []).append(_line(row, order["currency"], order["status"], known))
    refunds: dict[int, list[RefundOut]] = {}
    if any(Decimal(order["refunded"]) for order in orders.values()):
        found = sa.select(order_refund).where(order_refund.c.order_id == sa.any_(here)).order_by(order_refund.c.id)
        for row in await tx.all(found):
            refunds.setdefault(row.order_id, []).append(_refund(row, orders[row.order_id]["currency"]))
    return {
        id_: OrderDetail(**values, lines=lines.get(id_, []), refunds=refunds.get(id_, []))
        for id_, values in orders.items()
    }


async def order_detail(tx: Tx, order_id: int, *, lock: bool = False) -> OrderDetail:
    """Return an order with its lines; raise 404."""
    found = await order_details(tx, [order_id], lock=lock)
    if order_id not in found:
        raise not_found("Order", order_id)
    return found[order_id]


async def order_number(tx: Tx, database_id: int, external_id: str) -> int | None:
    """Return the id of an order by its external id."""
    query = sa.select(_o.id).where(_o.database_id == database_id, _o.external_id == external_id)
    found = await tx.scalar(query)
    return None if found is None else int(found)


def _line(row: sa.Row[Any], currency: str, order_status: str, kinds: Mapping[str, LineKind]) -> LineOut:
    final = (row.total / row.quantity).quantize(FOURTH) if row.quantity else None
    kind = kind_of(row.status, order_status, kinds)
    return LineOut(
        line=row.line,
        id=row.external_id,
        product_id=row.product_id,
        product=row.product,
        sku_id=row.sku_id,
        sku=row.sku,
        name=row.name,
        quantity=amount_text(row.quantity),
        price=None if row.price is None else amount_text(row.price, currency),
        floor=None if row.floor_price is None else amount_text(row.floor_price, currency),
        final=None if final is None else amount_text(final, currency),
        discount=amount_text(row.discount, currency),
        total=amount_text(row.total, currency),
        status=row.status or kind,
        kind=kind,
        refunded_quantity=amount_text(row.refunded_quantity),
        refunded=amount_text(row.refunded, currency),
        properties=row.properties,
    )


def _refund(row: sa.Row[Any], currency: str) -> RefundOut:
    return RefundOut(
        id=row.id,
        reference=row.reference,
        reason=row.reason,
        amount=amount_text(row.amount, currency),
        delivery=amount_text(row.delivery, currency),
        lines=[RefundedLine(part["line"], part["quantity"], part["amount"]) for part in row.lines],
        author=row.author,
        created_at=row.created_at,
    )
