"""What comes of a calculated order: the order as the market takes it, shares of lines, uses of promotions. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from fidelia import market

from .. import pricing, programs
from . import amounts
from .context import Context
from .model import OrderCommit
from .store import Share, UseRow

#: Points of an order that is not paid or delivered are promised for so long.
PROMISED = timedelta(days=366)
What = Literal["discount", "accrue", "redeem"]
#: What an order must be so that its points are credited, and what it may be besides.
REACHED = {"committed": ("created", "paid", "delivered"), "paid": ("paid", "delivered"), "delivered": ("delivered",)}


def order_in(order: OrderCommit, context: Context, result: pricing.Result, now: datetime) -> market.OrderIn:
    """Return the order as the market takes it, with its gifts."""

    def money(units: int) -> str:
        return amounts.money(units, order.currency)

    lines = [
        market.LineIn(
            product=given.product,
            sku=given.sku,
            id=given.id,
            quantity=given.quantity,
            price=str(drafted.price),
            discount=money(line.discount + line.redeemed),
            total=money(line.final),
            floor=None if drafted.floor_price is None else str(drafted.floor_price),
            properties=given.properties,
        )
        for given, drafted, line in zip(order.lines, context.lines, result.lines, strict=True)
    ]
    lines += [
        market.LineIn(sku=key, id=f"gift-{n}", quantity=quantity, price="0", total="0")
        for n, (_, key, quantity) in enumerate(result.gifts, 1)
    ]
    return market.OrderIn(
        external_id=order.external_id,
        placed_at=order.placed_at or now,
        lines=lines,
        status=order.status,
        channel=order.channel,
        currency=order.currency,
        delivery=money(result.delivery),
        properties={**order.properties, **({"payment": order.payment} if order.payment else {})},
        touchpoint=order.touchpoint,
        region=order.region,
        tags=list(order.tags),
    )


def shares_of(context: Context, result: pricing.Result, currency: str) -> list[Share]:
    """Return what every promotion did to every line, the order itself being line 0; lines count from 1."""
    found: dict[tuple[What, int, int, int], Decimal] = {}

    def add(what: What, promotion: int, point_type: int, line: int, amount: Decimal) -> None:
        if amount > 0:
            key = what, promotion, point_type, line
            found[key] = found.get(key, Decimal(0)) + amount

    for n, line in enumerate(result.lines, 1):
        for promotion, units in line.applied:
            add("discount", promotion, 0, n, amounts.money_value(units, currency))
    for one in result.trace:  # what it took off delivery stands in no line
        off = one.before - one.after - sum(amount for _, amount in one.lines) if one.measure == "total" else 0
        if one.status == "applied" and off > 0:
            add("discount", one.promotion, 0, 0, amounts.money_value(off, currency))
    known = context.ready
    if known is not None:
        for paid in result.redeem:
            places = known.types[paid.point_type].places
            for index, parts, _ in paid.lines:
                add("redeem", 0, paid.point_type, index + 1, amounts.points_value(parts, places))
        for earned in result.accrue:
            places = known.types[earned.point_type].places
            for index, parts in earned.lines:
                add("accrue", earned.promotion, earned.point_type, index + 1, amounts.points_value(parts, places))
    return [
        Share(what=what, promotion_id=promotion, point_type_id=point_type, line=line, amount=amount)
        for (what, promotion, point_type, line), amount in sorted(found.items())
    ]


def uses_of(shares: Sequence[Share], result: pricing.Result) -> list[UseRow]:
    """Return what an order takes of every promotion that applied."""
    money: dict[int, Decimal] = {}
    points: dict[int, Decimal] = {}
    for one in shares:
        if one.promotion_id:
            sums = money if one.what == "discount" else points
            sums[one.promotion_id] = sums.get(one.promotion_id, Decimal(0)) + one.amount
    applied = sorted(one.promotion for one in result.trace if one.status == "applied")
    return [
        UseRow(promotion_id=id_, uses=1, money=money.get(id_, Decimal(0)), points=points.get(id_, Decimal(0)))
        for id_ in applied
    ]


def usable_from(
    point_type: programs.PointType, now: datetime, zone: str, return_days: int
) -> datetime | msgspec.UnsetType:
    """Return from when points of an order can be used: not before its goods can no longer be returned."""
    if not return_days:
        return msgspec.UNSET
    return max(programs.lifetime(point_type, now, ZoneInfo(zone))[0], now + timedelta(days=return_days))
