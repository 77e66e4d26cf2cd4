"""Pure decisions on orders: amounts of lines, totals, and which events a change of status means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from fidelia.kernel.errors import FieldError, Problem
from fidelia.kernel.money import MAX_AMOUNT, exponent, parse_amount

from .model import LineIn, OrderIn

MAX_LINES = 5_000
FOURTH = Decimal("0.0001")
CURRENCY = re.compile(r"[A-Z]{3}")
EVENT_OF_STATUS = {
    "paid": "order.paid",
    "delivered": "order.delivered",
    "cancelled": "order.cancelled",
    "refunded": "order.refunded",
}


class Line(NamedTuple):
    """A line with its amounts worked out."""

    product: str
    quantity: Decimal
    price: Decimal | None
    discount: Decimal
    total: Decimal
    external_id: str | None
    status: str


class Order(NamedTuple):
    """An order with its amounts worked out. ``total`` is the sum of its lines and the delivery, to the cent."""

    position: int
    external_id: str
    placed_at: datetime
    status: str
    channel: str
    currency: str
    total: Decimal
    delivery: Decimal
    lines: list[Line]


def _quantity(value: str | int | float, pointer: str) -> Decimal:
    try:
        quantity = Decimal(str(value))
    except InvalidOperation:
        raise _wrong(pointer, "A quantity must be a number") from None
    if not quantity.is_finite() or abs(quantity) > 10_000_000 or quantity != quantity.quantize(FOURTH):
        raise _wrong(pointer, "A quantity has four decimal places at most, and ten million at most")
    return quantity


def _wrong(pointer: str, message: str) -> Problem:
    return Problem(422, "Invalid", message, [FieldError(pointer, message)])


def work_out_line(line: LineIn, at: str) -> Line:
    """Work out a line's amounts; raise a Problem at its pointer."""
    if not line.product or len(line.product) > 200 or "\x00" in line.product:
        raise _wrong(f"{at}/product", "A product's id has 1 to 200 characters")
    quantity = _quantity(line.quantity, f"{at}/quantity")
    discount = parse_amount(line.discount, f"{at}/discount") if line.discount is not None else Decimal(0)
    price = parse_amount(line.price, f"{at}/price") if line.price is not None else None
    if line.total is not None:
        total = parse_amount(line.total, f"{at}/total")
        if price is None and quantity:
            price = ((total + discount) / quantity).quantize(FOURTH)
    elif price is not None:
        total = (price * quantity - discount).quantize(FOURTH)
    else:
        raise _wrong(f"{at}/total", "Give the line's total, or its price")
    if abs(total) > MAX_AMOUNT or (price is not None and abs(price) > MAX_AMOUNT):
        raise _wrong(f"{at}/total", "This amount is outside the range that can be stored")
    return Line(line.product, quantity, price, discount, total, line.id, line.status or "")


def work_out(order: OrderIn, position: int, now: datetime) -> Order:
    """Check an order and work out its amounts.

    Raises a Problem whose errors point into the order: the total that was given must be the sum of the lines and the
    delivery within half of the currency's smallest unit.
    """
    if not order.external_id or len(order.external_id) > 200 or "\x00" in order.external_id:
        raise _wrong("/external_id", "An order's id has 1 to 200 characters")
    if order.placed_at.tzinfo is None:
        raise _wrong("/placed_at", "A time needs its zone, like 2026-11-01T10:00:00Z")
    if order.placed_at.astimezone(UTC) > now + timedelta(days=1):
        raise _wrong("/placed_at", "An order cannot be placed more than a day from now")
    if not CURRENCY.fullmatch(order.currency):
        raise _wrong("/currency", "A currency is three capital letters, like EUR")
    if len(order.lines) > MAX_LINES:
        raise _wrong("/lines", f"An order has {MAX_LINES:,} lines at most")
    if len(order.channel) > 100 or "\x00" in order.channel:
        raise _wrong("/channel", "A channel has 100 characters at most")
    delivery = parse_amount(order.delivery, "/delivery")
    lines = [work_out_line(line, f"/lines/{n}") for n, line in enumerate(order.lines)]
    total = sum((line.total for line in lines), delivery)
    if order.total is not None:
        told = parse_amount(order.total, "/total")
        if abs(told - total) * 2 > Decimal(1).scaleb(-exponent(order.currency)):
            raise _wrong("/total", f"The lines and the delivery sum to {total}, not to {told}")
    return Order(
        position,
        order.external_id,
        order.placed_at,
        order.status,
        order.channel,
        order.currency,
        total,
        delivery,
        lines,
    )


def events_of(before: str | None, after: str) -> Iterable[str]:
    """Yield the event types of a change of status; ``before`` is ``None`` for a new order."""
    if before is None:
        yield "order.created"
    if before != after and after in EVENT_OF_STATUS:
        yield EVENT_OF_STATUS[after]
