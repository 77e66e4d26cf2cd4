"""Routes of orders that are worked out: beforehand, placed, how they were calculated, how many match a segment."""

from __future__ import annotations

from typing import Any

from litestar import Controller, get, post
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from .calculate import preorder
from .commit import commit
from .matching import MatchingOrders, matching
from .model import Calculated, Committed, DraftOrder, OrderCommit, StoredCalculation
from .stored import stored


class OrderMatch(Body, frozen=True):
    """A condition over draft orders, to be tried on orders of late."""

    database_id: int
    condition: dict[str, Any]
    limit: int = 100


class CalculatedOrderController(Controller):
    """Orders worked out by the program: what they would cost, and placed."""

    path = "/market/orders"
    tags = ("Orders",)

    @post(
        "/preorder",
        status_code=200,
        dto=Strict[DraftOrder],
        return_dto=None,
        opt={"right": "market:read"},
        summary="Work an order out beforehand",
    )
    async def before(self, tx: Tx, data: DraftOrder) -> Calculated:
        """Return what it would cost, earn and may be paid with, and what became of every promotion. Writes nothing."""
        return await preorder(tx, data)

    @post(
        "/commit",
        status_code=200,
        dto=Strict[OrderCommit],
        return_dto=None,
        opt={"right": "market:create"},
        summary="Place an order that was worked out",
    )
    async def place(self, tx: Tx, actor: Actor, data: OrderCommit) -> Committed:
        """Work it out again, and place it with all that comes of it; 409 with the difference for another price."""
        return await commit(tx, actor, data)

    @get("/{order_id:int}/calculation", opt={"right": "market:read"}, summary="How an order was calculated")
    async def how(self, tx: Tx, order_id: FromPath[int]) -> StoredCalculation:
        """Return the calculation as it was told when the order was placed, and what has come back since."""
        return await stored(tx, order_id)


class OrderMatchController(Controller):
    """Which orders of late a condition over draft orders matches."""

    path = "/loyalty/order-segments"
    tags = ("Promotions",)

    @post(
        "/matches",
        status_code=200,
        dto=Strict[OrderMatch],
        return_dto=None,
        opt={"right": "market:read"},
        summary="Try a condition on orders of late",
    )
    async def matches(self, tx: Tx, data: OrderMatch) -> MatchingOrders:
        """Return how many of the last orders match, and which."""
        return await matching(tx, data.database_id, data.condition, data.limit)
