"""What a change of orders means for others: their events, and who follows them in the same transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from fidelia.platform.outbox import clickhouse_time, encode_line
from fidelia.platform.postgres import Tx

from ..model import LineChange, LineOut, OrderDetail
from ..rules import events_of, line_events_of

#: Port: a list of functions told of every order whose status or lines changed, in the transaction of the change.
ORDER_EFFECTS = "market.order_effects"
#: ``(tx, order before, order after, what became of its lines)``; lines that nothing happened to are left out.
OrderEffect = Callable[[Tx, OrderDetail, OrderDetail, Sequence[LineChange]], Awaitable[None]]


def line_changes(before: OrderDetail, after: OrderDetail) -> list[LineChange]:
    """Return what became of the lines: other statuses, parts given back, lines that came or went."""
    old = {line.line: line for line in before.lines}
    new = {line.line: line for line in after.lines}
    changes = []
    for number in sorted(old | new):
        was, now = old.get(number), new.get(number)
        quantity = Decimal(now.refunded_quantity if now else 0) - Decimal(was.refunded_quantity if was else 0)
        amount = Decimal(now.refunded if now else 0) - Decimal(was.refunded if was else 0)
        same = was is not None and now is not None and was.status == now.status and was.kind == now.kind
        if same and not quantity and not amount:
            continue
        changes.append(
            LineChange(
                number,
                was.kind if was else None,
                now.kind if now else None,
                was.status if was else None,
                now.status if now else None,
                quantity,
                amount,
            )
        )
    return changes


async def follow(
    tx: Tx, before: Mapping[int, OrderDetail], after: Mapping[int, OrderDetail], *, history: bool, mark: str = ""
) -> None:
    """Write the events of changed orders unless ``history`` is off, and tell whoever follows orders.

    ``mark`` makes the events of several changes of one kind different, such as refunds.
    """
    effects: Sequence[OrderEffect] = tx.engines.ports.get(ORDER_EFFECTS, ())
    for order_id in sorted(before):
        was, now = before[order_id], after[order_id]
        changes = line_changes(was, now)
        if history:
            write_order_events(tx, was.status, now, tx.now)
            lines = {line.line: line for line in now.lines}
            for change in changes:
                if change.kind_after is None:
                    continue
                for type_ in _events_of(change):
                    write_line_event(tx, now, lines[change.line], type_, tx.now, change, mark)
        if changes or was.status != now.status:
            for effect in effects:
                await effect(tx, was, now, changes)


def _events_of(change: LineChange) -> list[str]:
    if change.kind_after is None:
        return []
    types = list(line_events_of(change.kind_before, change.kind_after))
    if change.amount > 0 and "order.line.refunded" not in types:
        types.append("order.line.refunded")
    return types


def write_order_events(tx: Tx, before: str | None, order: OrderDetail, at: datetime) -> None:
    """Write the events that a change of an order's status means; ``before`` is ``None`` for a new order."""
    for type_ in events_of(before, order.status):
        properties = {
            "order": order.external_id,
            "order_id": order.id,
            "total": float(order.total),
            "currency": order.currency,
            "items": order.line_count,
            "channel": order.channel,
            "status": order.status,
        }
        id_ = f"{type_}:{order.external_id}"
        tx.emit_line(order.database_id, encode_line(type_, order.profile_id, clickhouse_time(at), id_, properties))


def write_line_event(
    tx: Tx,
    order: OrderDetail,
    line: LineOut,
    type_: str,
    at: datetime,
    change: LineChange | None = None,
    mark: str = "",
) -> None:
    """Write one event of a line; a refund's has the quantity and the amount that were given back."""
    back = change is not None and type_ == "order.line.refunded"
    properties = {
        "order": order.external_id,
        "line": line.id or str(line.line),
        "sku": line.sku or "",
        "product": line.product,
        "quantity": float(change.quantity if back and change else Decimal(line.quantity)),
        "price": None if line.price is None else float(line.price),
        "total": float(change.amount if back and change else Decimal(line.total)),
        "status": line.status,
    }
    id_ = f"{type_}:{order.external_id}:{line.line}{mark}"
    tx.emit_line(order.database_id, encode_line(type_, order.profile_id, clickhouse_time(at), id_, properties))
