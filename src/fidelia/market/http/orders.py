"""Routes of orders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, QueryParameter

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import BatchReply, OrderDetail, OrderIn, OrderRow, OrderStatus
from ..service import orders as service
from ..store import orders as store

MAX_ITEMS = 10_000


class OrderBatch(Body, frozen=True):
    """Orders to create or change by ``external_id``. With ``skip_triggers`` no events are written."""

    database: int
    items: Annotated[list[OrderIn], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    skip_triggers: bool = False


class OrderPatch(Body, frozen=True):
    """A change of an order by hand."""

    status: OrderStatus


class OrderFigures(msgspec.Struct, frozen=True):
    """What a database's orders come to; ``revenue`` sums totals whatever their status."""

    orders: int
    lines: int
    revenue: str
    last_placed_at: datetime | None


class OrderController(Controller):
    """Orders with their lines."""

    path = "/market/orders"
    tags = ("Market",)

    @get("/", opt={"right": "market:read"}, summary="List orders, newest first")
    async def list_orders(
        self,
        tx: Tx,
        page: PageRequest,
        database: Annotated[int, QueryParameter(name="database", description="The profile database")],
        profile: Annotated[int | None, QueryParameter(name="profile", description="Only this profile's")] = None,
        status: Annotated[str | None, QueryParameter(name="status", description="Only with this status")] = None,
    ) -> Page[OrderRow]:
        """Return a page of orders, each with what its customer is called."""
        return await service.order_list(tx, page, database, profile_id=profile, status=status)

    @post(
        "/",
        dto=Strict[OrderBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "market:create"},
        summary="Create or change orders",
    )
    async def upsert(self, tx: Tx, data: OrderBatch) -> BatchReply:
        """Create and change orders by the caller's ids, each with all of its lines; one result per item."""
        return await service.upsert_orders(tx, data.database, data.items, history=not data.skip_triggers)

    @get("/figures", opt={"right": "market:read"}, summary="What a database's orders come to")
    async def figures(
        self, tx: Tx, database: Annotated[int, QueryParameter(name="database", description="The profile database")]
    ) -> OrderFigures:
        """Return numbers and revenue."""
        await profiles.get_database(tx, database)
        row = await store.figures(tx, database)
        return OrderFigures(row.orders, int(row.lines), amount_text(row.revenue, "EUR"), row.last)

    @get("/{order_id:int}", opt={"right": "market:read"}, summary="Read an order with its lines")
    async def one(self, tx: Tx, order_id: FromPath[int]) -> OrderDetail:
        """Return one order."""
        return await service.order(tx, order_id)

    @patch(
        "/{order_id:int}",
        dto=Strict[OrderPatch],
        return_dto=None,
        opt={"right": "market:update"},
        summary="Change an order's status",
    )
    async def change(self, tx: Tx, actor: Actor, order_id: FromPath[int], data: OrderPatch) -> OrderDetail:
        """Set the status; the event it means is written."""
        return await service.change_status(tx, actor, order_id, data.status)
