"""What the other way to choose between promotions would have given the orders of late."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

import msgspec

from fidelia import market
from fidelia.kernel.errors import Problem
from fidelia.kernel.money import amount_text
from fidelia.platform.postgres import Tx

from .. import programs
from ..orders import DraftLine
from .model import Mode, OtherMode, TestOrder
from .service import OTHER, load, other_way
from .shelf import Shelf

#: So many orders are worked out at most, of so many days.
MOST_ORDERS = 100
DAYS = 30
MAX_LINES = 500
EXAMPLES = 5


class OtherWaySum(msgspec.Struct, frozen=True):
    """Orders in one currency: in how many the other way gives ``more`` or ``less``, and how much ``by`` in all."""

    currency: str
    orders: int
    more: int
    less: int
    by: str


class OtherWayOrder(msgspec.Struct, frozen=True):
    """An order of which something else would have come, to the customer worth so much ``more``."""

    order: int
    external_id: str
    currency: str
    more: str


class OtherWay(msgspec.Struct, frozen=True, kw_only=True):
    """What the other way would give: the last orders of ``days`` days, each worked out both ways as things stand now.

    They are looked at as if placed now, without promo codes and points to pay with. ``examples`` differ most.
    """

    mode: Mode
    other: Mode
    days: int
    orders: int
    sums: list[OtherWaySum]
    examples: list[OtherWayOrder]


async def other_way_of_late(tx: Tx, program_id: int) -> OtherWay:
    """Work the last orders out both ways; raise 404. Writes nothing."""
    program = await programs.program(tx, program_id)
    shelf = Shelf()
    found: list[tuple[market.OrderDetail, OtherMode]] = []
    for order in await market.latest_orders(tx, program.database_id, MOST_ORDERS):
        asked = _asked(order)
        if order.placed_at < tx.now - timedelta(days=DAYS) or order.status == "cancelled" or asked is None:
            continue
        try:
            loaded = await load(tx, program_id, asked, shelf)
        except Problem:  # who placed it, or its currency, is gone
            continue
        found.append((order, other_way(loaded, shelf, loaded.shown())))
    differing = [(order, other) for order, other in found if Decimal(other.more)]
    differing.sort(key=lambda one: (-abs(Decimal(one[1].more)), -one[0].id))
    return OtherWay(
        mode=program.mode,
        other=OTHER[program.mode],
        days=DAYS,
        orders=len(found),
        sums=[_sum(currency, found) for currency in dict.fromkeys(order.currency for order, _ in found)],
        examples=[
            OtherWayOrder(order.id, order.external_id, order.currency, other.more)
            for order, other in differing[:EXAMPLES]
        ],
    )


def _sum(currency: str, found: Iterable[tuple[market.OrderDetail, OtherMode]]) -> OtherWaySum:
    by = [Decimal(other.more) for order, other in found if order.currency == currency]
    more, less = sum(one > 0 for one in by), sum(one < 0 for one in by)
    return OtherWaySum(currency, len(by), more, less, amount_text(sum(by, Decimal(0)), currency))


def _asked(order: market.OrderDetail) -> TestOrder | None:
    lines = [
        DraftLine(
            sku=line.sku or line.product,
            id=str(line.line),
            price=line.price,
            quantity=line.quantity,
            floor=line.floor,
            properties=line.properties,
        )
        for line in order.lines
        if Decimal(line.quantity) > 0 and not (line.price or "0").startswith("-")
    ]
    if not 0 < len(lines) <= MAX_LINES:
        return None
    return TestOrder(
        lines=lines,
        profile=order.profile_id,
        currency=order.currency,
        channel=order.channel,
        touchpoint=order.touchpoint,
        region=order.region,
        payment=order.properties.get("payment"),
        delivery=order.delivery,
        tags=order.tags,
        properties=order.properties,
    )
