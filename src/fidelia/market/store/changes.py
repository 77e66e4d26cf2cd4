"""Writes of single orders: statuses and refunds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..refunds import Back
from ..tables import order_line, order_refund, sales_order

_o = sales_order.c


async def set_status(tx: Tx, order_id: int, status: str) -> None:
    """Change an order's status."""
    await tx.execute(
        sa.update(sales_order).where(_o.id == order_id).values(status=status, version=_o.version + 1, updated_at=tx.now)
    )


async def set_line_status(tx: Tx, order_id: int, lines: Sequence[int], status: str) -> None:
    """Change the status of lines."""
    await tx.execute(
        sa.update(order_line)
        .where(order_line.c.order_id == order_id, order_line.c.line.in_(lines))
        .values(status=status)
    )


async def refund_asked(tx: Tx, order_id: int, reference: str) -> Mapping[str, Any] | None:
    """Return what an earlier refund under this reference was asked to give back."""
    row = await tx.first(
        sa.select(order_refund.c.asked).where(
            order_refund.c.order_id == order_id, order_refund.c.reference == reference
        )
    )
    return None if row is None else row.asked


_BACK = """
update order_line l set refunded = l.refunded + g.amount, refunded_quantity = l.refunded_quantity + g.quantity,
    status = case when g.whole then %(status)s else l.status end
from unnest(%(line)s::integer[], %(quantity)s::numeric[], %(amount)s::numeric[], %(whole)s::boolean[])
    g (line, quantity, amount, whole)
where l.order_id = %(order)s and l.line = g.line
"""


async def put_refund(
    tx: Tx,
    order_id: int,
    back: Sequence[Back],
    delivery: Decimal,
    *,
    reason: str,
    reference: str | None,
    asked: Mapping[str, Any],
    author: str,
    status: str,
) -> int:
    """Write a refund, and what it takes off its lines and its order; return its id."""
    raw = await tx.raw()
    columns = {
        "line": [part.line for part in back],
        "quantity": [part.quantity for part in back],
        "amount": [part.amount for part in back],
        "whole": [part.whole for part in back],
    }
    await raw.execute(_BACK, {**columns, "order": order_id, "status": status})
    amount = sum((part.amount for part in back), delivery)
    await tx.execute(
        sa.update(sales_order)
        .where(_o.id == order_id)
        .values(refunded=_o.refunded + amount, delivery_refunded=_o.delivery_refunded + delivery)
    )
    lines = [
        {"line": part.line, "quantity": amount_text(part.quantity), "amount": amount_text(part.amount)} for part in back
    ]
    values = {
        "order_id": order_id,
        "reference": reference,
        "reason": reason,
        "lines": lines,
        "asked": dict(asked),
        "amount": amount,
        "delivery": delivery,
        "author": author,
        "created_at": tx.now,
    }
    return int(await tx.scalar(sa.insert(order_refund).values(values).returning(order_refund.c.id)))
