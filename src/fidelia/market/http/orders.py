"""Routes of orders."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, QueryParameter

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import BatchReply, LineStatusIn, MarketFieldIn, OrderDetail, OrderIn, OrderRow, OrderStatus, RefundLine
from ..service import changes
from ..service import orders as service
from ..service.foretell import RefundEffect, foretell
from ..service.setup import ensure_fields, ensure_line_statuses
from ..store import orders as store

MAX_ITEMS = 10_000


class OrderBatch(Body, frozen=True):
    """Orders to create or change by ``external_id``. With ``skip_triggers`` no events are written.

    ``custom_fields`` and ``custom_line_statuses`` are set up first unless they are there.
    """

    database: int
    items: Annotated[list[OrderIn], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]
    skip_triggers: bool = False
    custom_fields: Annotated[list[MarketFieldIn], msgspec.Meta(max_length=200)] = []
    custom_line_statuses: Annotated[list[LineStatusIn], msgspec.Meta(max_length=200)] = []


class OrderState(msgspec.Struct, frozen=True):
    """Where an order stands: its status, and those of its lines."""

    id: int
    external_id: str
    touchpoint: str | None
    status: OrderStatus
    refunded: str
    lines: list[LineState]


class LineState(msgspec.Struct, frozen=True):
    """Where a line of an order stands."""

    line: int
    id: str | None
    status: str
    refunded_quantity: str


class LineStatusChange(Body, frozen=True):
    """The status that a line shall have: one built in, or one set up."""

    status: str


class NamedLineStatus(Body, frozen=True):
    """A line by external ids (or by its number within the order), and the status it shall have."""

    order: str
    line: str | int
    status: str


class LineStatusBatch(Body, frozen=True):
    """Statuses of lines of a database's orders."""

    database: int
    items: Annotated[list[NamedLineStatus], msgspec.Meta(min_length=1, max_length=1000)]


class RefundIn(Body, frozen=True):
    """What to give back: ``lines`` (null is all that is left), and of the delivery an amount or ``rest``.

    The same ``reference`` a second time changes nothing.
    """

    lines: Annotated[list[RefundLine], msgspec.Meta(max_length=5000)] | None
    delivery: str = "0"
    reason: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


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
        channel: Annotated[str | None, QueryParameter(name="channel", description="Only of this channel")] = None,
        touchpoint: Annotated[str | None, QueryParameter(name="touchpoint", description="Only from there")] = None,
    ) -> Page[OrderRow]:
        """Return a page of orders, each with what its customer is called."""
        return await service.order_list(
            tx, page, database, profile_id=profile, status=status, channel=channel, touchpoint=touchpoint
        )

    @post(
        "/",
        dto=Strict[OrderBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "market:create"},
        summary="Create or change orders",
    )
    async def upsert(self, tx: Tx, actor: Actor, data: OrderBatch) -> BatchReply:
        """Create and change orders by the caller's ids, each with all of its lines; one result per item."""
        if data.custom_fields or data.custom_line_statuses:
            actor.require("market:update")
            await ensure_fields(tx, actor, data.custom_fields)
            await ensure_line_statuses(tx, actor, data.custom_line_statuses)
        return await service.upsert_orders(tx, data.database, data.items, history=not data.skip_triggers)

    @get("/figures", opt={"right": "market:read"}, summary="What a database's orders come to")
    async def figures(
        self, tx: Tx, database: Annotated[int, QueryParameter(name="database", description="The profile database")]
    ) -> OrderFigures:
        """Return numbers and revenue."""
        await profiles.get_database(tx, database)
        row = await store.figures(tx, database)
        return OrderFigures(row.orders, int(row.lines), amount_text(row.revenue, "EUR"), row.last)

    @get("/status", opt={"right": "market:read"}, summary="Where an order stands")
    async def status(
        self,
        tx: Tx,
        database: Annotated[int, QueryParameter(name="database", description="The profile database")],
        external_id: Annotated[str, QueryParameter(name="external_id", description="The caller's id of the order")],
    ) -> OrderState:
        """Return an order's status and those of its lines, by the caller's id."""
        found = await service.find_order(tx, database, external_id)
        if found is None:
            raise not_found("Order", external_id)
        lines = [LineState(line.line, line.id, line.status, line.refunded_quantity) for line in found.lines]
        return OrderState(found.id, found.external_id, found.touchpoint, found.status, found.refunded, lines)

    @post(
        "/lines/status",
        dto=Strict[LineStatusBatch],
        return_dto=None,
        status_code=200,
        opt={"right": "market:update"},
        summary="Change statuses of lines by external ids",
    )
    async def name_statuses(self, tx: Tx, data: LineStatusBatch) -> BatchReply:
        """Change the statuses of lines by the caller's ids; one result per item."""
        return await changes.change_named(tx, data.database, [(i.order, i.line, i.status) for i in data.items])

    @post(
        "/{order_id:int}/lines/{line:int}/status",
        dto=Strict[LineStatusChange],
        return_dto=None,
        status_code=200,
        opt={"right": "market:update"},
        summary="Change the status of a line",
    )
    async def line_status(
        self, tx: Tx, actor: Actor, order_id: FromPath[int], line: FromPath[int], data: LineStatusChange
    ) -> OrderDetail:
        """Set the status of a line; the order's is derived from all of its lines."""
        return await changes.change_line_status(tx, actor, order_id, [line], data.status)

    @post(
        "/{order_id:int}/refunds",
        dto=Strict[RefundIn],
        return_dto=None,
        opt={"right": "market:update"},
        summary="Give back parts of an order",
    )
    async def refund(self, tx: Tx, actor: Actor, order_id: FromPath[int], data: RefundIn) -> OrderDetail:
        """Give back items or money of lines, and of the delivery."""
        return await changes.refund_lines(
            tx,
            actor,
            order_id,
            data.lines,
            delivery=data.delivery,
            reason=data.reason,
            reference=data.reference,
        )

    @post(
        "/{order_id:int}/refunds/preview",
        dto=Strict[RefundIn],
        return_dto=None,
        status_code=200,
        opt={"right": "market:read"},
        summary="What a refund would do",
    )
    async def foretell(self, tx: Tx, order_id: FromPath[int], data: RefundIn) -> RefundEffect:
        """Return what giving back these parts comes to, and what it means elsewhere; nothing is written."""
        return await foretell(tx, order_id, data.lines, data.delivery)

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
        return await changes.change_status(tx, actor, order_id, data.status)
