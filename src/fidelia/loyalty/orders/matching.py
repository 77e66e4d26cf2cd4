"""Which orders of late a condition over draft orders matches: so that people see what an order segment means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import conditions, market, profiles
from fidelia.conditions import Checked, Facts
from fidelia.kernel.errors import invalid_field
from fidelia.platform.postgres import Tx

from .. import programs
from ..promotions import check_segment, loyalty_facts
from .context import member_lists, people_lists
from .facts import Buyer, draft_of, read_lines
from .model import DraftLine, DraftOrder

MOST = 1_000


class MatchingOrder(msgspec.Struct, frozen=True):
    """An order that matches."""

    id: int
    external_id: str
    placed_at: datetime
    channel: str
    total: str
    currency: str
    profile_id: int


class MatchingOrders(msgspec.Struct, frozen=True):
    """So many of the last orders match; the latest first."""

    matching: int
    looked_at: int
    sentence: str
    orders: list[MatchingOrder]


async def matching(tx: Tx, database_id: int, condition: dict[str, Any], limit: int) -> MatchingOrders:
    """Try a condition on the last orders of a database as if each were placed now; raise 404, 422.

    Which order of the buyer it was is not known of placed orders: rules on that do not hold.
    """
    if not 1 <= limit <= MOST:
        raise invalid_field("/limit", f"One to {MOST:,} orders can be looked at")
    checked = await check_segment(tx, database_id, condition)
    database = await profiles.get_database(tx, database_id)
    orders = await market.latest_orders(tx, database_id, limit)
    buyers = await _buyers(tx, database_id, checked, orders)
    items = await market.catalogue(tx, {line.sku or line.product for order in orders for line in order.lines})
    lists = await member_lists(tx, checked.references.members)
    found = [
        order
        for order in orders
        if conditions.evaluate(
            checked, _facts(order, items, buyers.get(order.profile_id), checked, lists), tx.now, database.timezone
        )
    ]
    return MatchingOrders(
        len(found),
        len(orders),
        conditions.sentence(checked, subjects="Orders").text,
        [
            MatchingOrder(one.id, one.external_id, one.placed_at, one.channel, one.total, one.currency, one.profile_id)
            for one in found
        ],
    )


def _facts(
    order: market.OrderDetail,
    items: Mapping[str, market.Item],
    buyer: Buyer | None,
    checked: Checked,
    lists: Mapping[int, BitMap],
) -> Facts:
    lines = [
        DraftLine(
            sku=line.sku or line.product,
            id=str(line.line),
            price=line.price or "0",
            quantity=line.quantity,
            properties=line.properties,
        )
        for line in order.lines
        if float(line.quantity) > 0 and not (line.price or "0").startswith("-")
    ]
    draft = DraftOrder(
        database=order.database_id,
        lines=lines,
        currency=order.currency,
        channel=order.channel,
        touchpoint=order.touchpoint,
        region=order.region,
        payment=order.properties.get("payment"),
        delivery=order.delivery,
        tags=order.tags,
        properties=order.properties,
    )
    drafted = read_lines(draft, items)
    return draft_of(draft, drafted, buyer, codes={}, segments=checked.references.segments, lists=lists).facts


async def _buyers(tx: Tx, database_id: int, checked: Checked, orders: Sequence[market.OrderDetail]) -> dict[int, Buyer]:
    ids = sorted({order.profile_id for order in orders})
    names = {
        name.removeprefix("profile.").split("[")[0].split(".")[0]
        for name in checked.references.fields
        if name.startswith("profile.")
    }
    fields: dict[int, dict[str, Any]] = {id_: {} for id_ in ids}
    if names:
        for row in await profiles.read_many(tx, database_id, ids, sorted(names)):
            fields[row["id"]].update(row)
    program = await programs.active_program(tx, database_id)
    loyal = [name for name in checked.references.fields if name.startswith("loyalty.")]
    if program is not None and loyal:
        types = await programs.point_types(tx, program.id)
        for id_, known in (await loyalty_facts(tx, program, types.values(), ids, loyal)).items():
            fields[id_].update(known)
    people = await people_lists(tx, checked.references.segments)
    return {
        id_: Buyer(fields=fields[id_], segments={segment: id_ in inside for segment, inside in people.items()})
        for id_ in ids
    }
