"""A draft order as conditions look at it. Pure: everything was loaded before."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

import msgspec
from pyroaring import BitMap

from fidelia.conditions import Facts, Row
from fidelia.kernel.errors import invalid_field
from fidelia.market import Item

from .. import pricing
from . import amounts
from .model import DraftOrder


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of who buys: fields by their names, segments they are in."""

    fields: Mapping[str, Any]
    segments: Mapping[int, bool] = {}
    number: int | None = None


class DraftedLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its amounts read."""

    id: str
    key: str
    item: Item | None
    price: Decimal
    quantity: Decimal
    base: int
    floor: int
    floor_price: Decimal | None


def read_lines(order: DraftOrder, items: Mapping[str, Item]) -> list[DraftedLine]:
    """Read the amounts of lines; raise 422 with the place of what is wrong."""
    found, seen = [], set[str]()
    for n, line in enumerate(order.lines):
        at = f"/lines/{n}"
        key = line.sku or line.product
        if not key:
            raise invalid_field(f"{at}/sku", "Name the SKU or the product")
        id_ = line.id or str(n + 1)
        if id_ in seen:
            raise invalid_field(f"{at}/id", f"There is another line {id_}")
        seen.add(id_)
        item = items.get(key)
        number = amounts.quantity(line.quantity, f"{at}/quantity")
        price = _price(order, line.price, item, at)
        floor = _floor(order, line.floor, item, at)
        base = amounts.of_line(price, number, order.currency, f"{at}/price")
        least = 0 if floor is None else min(amounts.of_line(floor, number, order.currency, f"{at}/floor"), base)
        found.append(
            DraftedLine(
                id=id_,
                key=key,
                item=item,
                price=price,
                quantity=number,
                base=base,
                floor=least,
                floor_price=floor,
            )
        )
    return found


def _price(order: DraftOrder, given: str | None, item: Item | None, at: str) -> Decimal:
    if given is not None:
        return amounts.unit_price(given, f"{at}/price")
    if item is None or item.price is None:
        raise invalid_field(f"{at}/price", "Say what it costs: the catalogue has no price for it")
    if item.currency and item.currency != order.currency:
        raise invalid_field(f"{at}/price", f"Say what it costs in {order.currency}: the catalogue has {item.currency}")
    return item.price


def _floor(order: DraftOrder, given: str | None, item: Item | None, at: str) -> Decimal | None:
    if given is not None:
        return amounts.unit_price(given, f"{at}/floor")
    same = item is not None and (not item.currency or item.currency == order.currency)
    return item.floor if item is not None and same else None


def draft_of(
    order: DraftOrder,
    lines: Sequence[DraftedLine],
    buyer: Buyer | None,
    *,
    codes: Mapping[int, str],
    segments: frozenset[int],
    lists: Mapping[int, BitMap],
) -> pricing.Draft:
    """Return the order as the calculator takes it, with the facts of its conditions."""
    rows = [_line_facts(order, n, line, lists) for n, line in enumerate(lines)]
    total = sum(line.base for line in lines)
    delivery = amounts.minor(order.delivery, order.currency, "/delivery")
    fields: dict[str, Any] = {
        **order.properties,
        "channel": order.channel or None,
        "touchpoint": order.touchpoint,
        "region": order.region,
        "currency": order.currency,
        "total": amounts.money_value(total, order.currency),
        "delivery": amounts.money_value(delivery, order.currency),
        "items": len(lines),
        "quantity": sum((line.quantity for line in lines), Decimal(0)),
        "payment": order.payment,
        "tags": list(order.tags),
        "number": None if buyer is None else buyer.number,
        "codes": len(codes),
    }
    member_of = dict.fromkeys(segments, False) if buyer is None else buyer.segments
    facts = Facts(
        fields=fields,
        links={"lines": rows, "profile": () if buyer is None else (Row(fields=buyer.fields),)},
        segments=member_of,
        members=cast("Mapping[int, Container[int]]", lists),
    )
    return pricing.Draft(
        currency=order.currency,
        lines=tuple(
            pricing.Line(
                id=line.id,
                base=line.base,
                quantity=amounts.units(line.quantity),
                floor=line.floor,
                facts=row,
                item=None if line.item is None else (line.item.key, line.item.version),
            )
            for line, row in zip(lines, rows, strict=True)
        ),
        delivery=delivery,
        facts=facts,
        codes=codes,
    )


def _line_facts(order: DraftOrder, n: int, line: DraftedLine, lists: Mapping[int, BitMap]) -> Facts:
    item = line.item
    product: tuple[Row, ...] = ()
    if item is not None:
        product = (
            Row(
                id=item.product_id,
                fields={
                    **item.properties,
                    "external_id": item.product,
                    "name": item.name,
                    "brand": item.brand,
                    "category": item.categories,
                    "tags": item.tags,
                    "price": item.price,
                    "old_price": item.old_price,
                    "currency": item.currency,
                    "floor": item.floor,
                    "available": item.available,
                    "quantity": item.quantity,
                },
            ),
        )
    return Facts(
        id=n + 1,
        fields={
            **order.lines[n].properties,
            "sku": line.key,
            "quantity": line.quantity,
            "price": line.price,
            "total": amounts.money_value(line.base, order.currency),
            "product_id": None if item is None else item.product_id,
            "sku_id": None if item is None else item.sku_id,
        },
        links={"product": product},
        members=cast("Mapping[int, Container[int]]", lists),
    )
