"""What a refund would do, told before it is done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal

import msgspec

from fidelia.kernel.errors import conflict
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from ..model import LineChange, OrderDetail, OrderStatus, RefundedLine, RefundLine
from ..statuses import LineState, derived
from ..store import details
from .changes import parts_of

#: Port: a list of functions that tell, as sentences, what giving back parts of an order would mean to them.
ORDER_FORETOLD = "market.order_foretold"
#: ``(tx, order as it stands, what would be given back) -> sentences``; they write nothing.
OrderForetold = Callable[[Tx, OrderDetail, Sequence[LineChange]], Awaitable[Sequence[str]]]


class RefundEffect(msgspec.Struct, frozen=True):
    """What a refund would do: ``notes`` are sentences of those who follow orders, such as points taken back."""

    amount: str
    delivery: str
    currency: str
    lines: list[RefundedLine]
    status_before: OrderStatus
    status_after: OrderStatus
    notes: list[str]


async def foretell(tx: Tx, order_id: int, lines: Sequence[RefundLine] | None, delivery: str) -> RefundEffect:
    """Work out a refund without doing it. Raises 404, 409 for more than is left, 422."""
    order = await details.order_detail(tx, order_id)
    back, of_delivery = parts_of(order, lines, delivery)
    if not back and not of_delivery:
        raise conflict("There is nothing left to give back")
    parts = {part.line: part for part in back}
    changes = []
    states = []
    for line in order.lines:
        part = parts.get(line.line)
        kind = "refunded" if part is not None and part.whole else line.kind
        if Decimal(line.quantity) != 0:
            states.append(LineState(kind, part is not None or Decimal(line.refunded) != 0))
        if part is not None:
            status = "refunded" if part.whole else line.status
            changes.append(LineChange(line.line, line.kind, kind, line.status, status, part.quantity, part.amount))
    notes: list[str] = []
    for told in tx.engines.ports.get(ORDER_FORETOLD, ()):
        notes += await told(tx, order, changes)
    return RefundEffect(
        amount=amount_text(sum((part.amount for part in back), of_delivery), order.currency),
        delivery=amount_text(of_delivery, order.currency),
        currency=order.currency,
        lines=[
            RefundedLine(part.line, amount_text(part.quantity), amount_text(part.amount, order.currency))
            for part in back
        ],
        status_before=order.status,
        status_after=derived(order.status, states),
        notes=notes,
    )
