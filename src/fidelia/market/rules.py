"""Pure decisions on orders: amounts of lines, totals, statuses, and which events a change of status means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from fidelia.kernel.errors import FieldError, Problem
from fidelia.kernel.money import MAX_AMOUNT, exponent, parse_amount

from .book import Book
from .fields import typed
from .model import LineIn, LineKind, OrderIn
from .statuses import BUILT_IN

MAX_LINES = 5_000
MAX_TAGS = 50
FOURTH = Decimal("0.0001")
CURRENCY = re.compile(r"[A-Z]{3}")
EVENT_OF_STATUS = {
    "paid": "order.paid",
    "delivered": "order.delivered",
    "cancelled": "order.cancelled",
    "refunded": "order.refunded",
}


class Line(NamedTuple):
    """A line with its amounts worked out; ``product`` is empty when only the SKU is named.

    ``status`` is empty when none was given.
    """

    product: str
    sku: str | None
    quantity: Decimal
    price: Decimal | None
    floor: Decimal | None
    discount: Decimal
    total: Decimal
    external_id: str | None
    status: str
    properties: Mapping[str, Any]


class Order(NamedTuple):
    """An order with its amounts worked out. ``total`` is the sum of its lines and the delivery, to the cent."""

    position: int
    external_id: str
    placed_at: datetime
    status: str
    channel: str
    touchpoint_id: int | None
    region_id: int | None
    currency: str
    total: Decimal
    delivery: Decimal
    tags: Sequence[str]
    properties: Mapping[str, Any]
    lines: list[Line]


def read_quantity(value: str | int | float, pointer: str) -> Decimal:
    """Read a number of items; raise 422 at ``pointer``."""
    try:
        quantity = Decimal(str(value))
    except InvalidOperation:
        raise wrong(pointer, "A quantity must be a number") from None
    if not quantity.is_finite() or abs(quantity) > 10_000_000 or quantity != quantity.quantize(FOURTH):
        raise wrong(pointer, "A quantity has four decimal places at most, and ten million at most")
    return quantity


def wrong(pointer: str, message: str) -> Problem:
    """Return a refusal that points to one place."""
    return Problem(422, "Invalid", message, [FieldError(pointer, message)])


def _key(value: str | None, pointer: str, what: str) -> None:
    if value is not None and (not value or len(value) > 200 or "\x00" in value):
        raise wrong(pointer, f"{what} id has 1 to 200 characters")


def _optional(value: str | None, pointer: str) -> Decimal | None:
    return None if value is None else parse_amount(value, pointer)


def work_out_line(line: LineIn, at: str, book: Book) -> Line:
    """Work out a line's amounts; raise a Problem at its pointer."""
    if line.product is None and line.sku is None:
        raise wrong(f"{at}/product", "Name the product or the SKU of the line")
    _key(line.product, f"{at}/product", "A product's")
    _key(line.sku, f"{at}/sku", "A SKU's")
    _key(line.id, f"{at}/id", "A line's")
    quantity = read_quantity(line.quantity, f"{at}/quantity")
    price = _optional(line.price, f"{at}/price")
    final = _optional(line.final, f"{at}/final")
    floor = _optional(line.floor, f"{at}/floor")
    total = _optional(line.total, f"{at}/total")
    if total is None and final is not None:
        total = (final * quantity).quantize(FOURTH)
    discount = _optional(line.discount, f"{at}/discount")
    if discount is None:
        counted = price is not None and final is not None and total is not None
        discount = (price * quantity).quantize(FOURTH) - total if counted else Decimal(0)  # type: ignore[operator]
    if total is not None:
        if price is None and quantity:
            price = ((total + discount) / quantity).quantize(FOURTH)
    elif price is not None:
        total = (price * quantity - discount).quantize(FOURTH)
    else:
        raise wrong(f"{at}/total", "Give the line's total, or its price")
    if abs(total) > MAX_AMOUNT or (price is not None and abs(price) > MAX_AMOUNT) or abs(discount) > MAX_AMOUNT:
        raise wrong(f"{at}/total", "This amount is outside the range that can be stored")
    status = BUILT_IN.get(line.status or "", (line.status or "", ""))[0]
    if status and status not in book.statuses:
        raise wrong(f"{at}/status", f"There is no status {line.status} of lines; set it up first")
    properties = typed(book.fields["line"], line.properties, f"{at}/properties")
    return Line(line.product or "", line.sku, quantity, price, floor, discount, total, line.id, status, properties)


def work_out(order: OrderIn, position: int, now: datetime, book: Book) -> Order:
    """Check an order and work out its amounts.

    Raises a Problem whose errors point into the order: the total that was given must be the sum of the lines and the
    delivery within half of the currency's smallest unit; what it names must be set up in ``book``.
    """
    _key(order.external_id, "/external_id", "An order's")
    if order.placed_at.tzinfo is None:
        raise wrong("/placed_at", "A time needs its zone, like 2026-11-01T10:00:00Z")
    if order.placed_at.astimezone(UTC) > now + timedelta(days=1):
        raise wrong("/placed_at", "An order cannot be placed more than a day from now")
    check_currency(order.currency, "/currency", book)
    if len(order.lines) > MAX_LINES:
        raise wrong("/lines", f"An order has {MAX_LINES:,} lines at most")
    if len(order.channel) > 100 or "\x00" in order.channel:
        raise wrong("/channel", "A channel has 100 characters at most")
    channel, touchpoint = order.channel, None
    if order.touchpoint is not None:
        if order.touchpoint not in book.touchpoints:
            raise wrong("/touchpoint", f"There is no touchpoint {order.touchpoint} of this database")
        touchpoint, of_channel = book.touchpoints[order.touchpoint]
        if channel not in ("", of_channel):
            raise wrong("/touchpoint", f"The touchpoint {order.touchpoint} belongs to the channel {of_channel}")
        channel = of_channel
    if order.region is not None and order.region not in book.regions:
        raise wrong("/region", f"There is no region {order.region}; set it up first")
    check_tags(order.tags, "/tags")
    properties = typed(book.fields["order"], order.properties, "/properties")
    delivery = parse_amount(order.delivery, "/delivery")
    lines = [work_out_line(line, f"/lines/{n}", book) for n, line in enumerate(order.lines)]
    total = sum((line.total for line in lines), delivery)
    if abs(total) > MAX_AMOUNT:
        raise wrong("/total", "This amount is outside the range that can be stored")
    if order.total is not None:
        told = parse_amount(order.total, "/total")
        if abs(told - total) * 2 > Decimal(1).scaleb(-exponent(order.currency)):
            raise wrong("/total", f"The lines and the delivery sum to {total}, not to {told}")
    return Order(
        position,
        order.external_id,
        order.placed_at,
        order.status,
        channel,
        touchpoint,
        None if order.region is None else book.regions[order.region],
        order.currency,
        total,
        delivery,
        order.tags,
        properties,
        lines,
    )


def check_currency(code: str, pointer: str, book: Book) -> None:
    """Raise 422 unless the currency exists and is switched on."""
    if not CURRENCY.fullmatch(code):
        raise wrong(pointer, "A currency is three capital letters, like EUR")
    if code not in book.currencies:
        raise wrong(pointer, f"The currency {code} is not switched on in the settings of the market")


def check_tags(tags: Sequence[str], pointer: str) -> None:
    """Raise 422 for tags that are too many, empty or too long."""
    if len(tags) > MAX_TAGS:
        raise wrong(pointer, f"There may be {MAX_TAGS} tags at most")
    for n, tag in enumerate(tags):
        if not tag or len(tag) > 100 or "\x00" in tag:
            raise wrong(f"{pointer}/{n}", "A tag has 1 to 100 characters")


def events_of(before: str | None, after: str) -> Iterable[str]:
    """Yield the event types of a change of status; ``before`` is ``None`` for a new order."""
    if before is None:
        yield "order.created"
    if before != after and after in EVENT_OF_STATUS:
        yield EVENT_OF_STATUS[after]


def line_events_of(before: LineKind | None, after: LineKind) -> Iterable[str]:
    """Yield the event types of a change of a line; ``before`` is ``None`` for a new one."""
    if before is None:
        yield "order.line.created"
    if before != after and after in ("delivered", "cancelled", "refunded"):
        yield f"order.line.{after}"
