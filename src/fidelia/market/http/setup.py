"""Routes of what is set up once: channels, touchpoints, regions, currencies, typed fields, statuses of lines."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from litestar import Controller, get, patch, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.platform.http import Strict
from fidelia.platform.postgres import Tx

from ..model import (
    CurrencyOut,
    CurrencyPatch,
    LineStatusIn,
    LineStatusOut,
    LineStatusPatch,
    MarketFieldIn,
    MarketFieldOut,
    MarketFieldPatch,
    RegionIn,
    RegionOut,
    RegionPatch,
    SalesChannelIn,
    SalesChannelOut,
    SalesChannelPatch,
    TouchpointIn,
    TouchpointOut,
    TouchpointPatch,
)
from ..service import setup as service
from ..service.figures import MarketFigures, Step, market_figures
from ..store import setup as store

_READ = {"right": "market:read"}
_MAKE = {"right": "market:create"}
_CHANGE = {"right": "market:update"}


class SalesChannelList(msgspec.Struct, frozen=True):
    """Sales channels by name; archived ones last."""

    items: list[SalesChannelOut]


class RegionList(msgspec.Struct, frozen=True):
    """Regions by name; archived ones last."""

    items: list[RegionOut]


class CurrencyList(msgspec.Struct, frozen=True):
    """Every currency by its code."""

    items: list[CurrencyOut]


class MarketFieldList(msgspec.Struct, frozen=True):
    """Typed fields by what they belong to."""

    items: list[MarketFieldOut]


class LineStatusList(msgspec.Struct, frozen=True):
    """Statuses of lines: those built in, then those set up."""

    items: list[LineStatusOut]


class ChannelController(Controller):
    """Sales channels and their touchpoints."""

    path = "/market"
    tags = ("Market",)

    @get("/channels", opt=_READ, summary="List sales channels")
    async def list_channels(
        self,
        tx: Tx,
        database: Annotated[int | None, QueryParameter(name="database", description="Only this database's")] = None,
    ) -> SalesChannelList:
        """Return sales channels with their touchpoints."""
        return SalesChannelList(await store.channels(tx, database))

    @post("/channels", dto=Strict[SalesChannelIn], return_dto=None, opt=_MAKE, summary="Set up a sales channel")
    async def create_channel(self, tx: Tx, actor: Actor, data: SalesChannelIn) -> SalesChannelOut:
        """Set up a sales channel of one database, for good."""
        return await service.create_channel(tx, actor, data)

    @patch(
        "/channels/{channel_id:int}",
        dto=Strict[SalesChannelPatch],
        return_dto=None,
        opt=_CHANGE,
        summary="Change a sales channel",
    )
    async def patch_channel(
        self, tx: Tx, actor: Actor, channel_id: FromPath[int], data: SalesChannelPatch
    ) -> SalesChannelOut:
        """Change what is given; ``archived`` takes it out of use or brings it back."""
        return await service.patch_channel(tx, actor, channel_id, data)

    @post(
        "/channels/{channel_id:int}/touchpoints",
        dto=Strict[TouchpointIn],
        return_dto=None,
        opt=_MAKE,
        summary="Set up a touchpoint",
    )
    async def create_touchpoint(
        self, tx: Tx, actor: Actor, channel_id: FromPath[int], data: TouchpointIn
    ) -> TouchpointOut:
        """Set up a touchpoint of a channel."""
        return await service.create_touchpoint(tx, actor, channel_id, data)

    @patch(
        "/touchpoints/{touchpoint_id:int}",
        dto=Strict[TouchpointPatch],
        return_dto=None,
        opt=_CHANGE,
        summary="Change a touchpoint",
    )
    async def patch_touchpoint(
        self, tx: Tx, actor: Actor, touchpoint_id: FromPath[int], data: TouchpointPatch
    ) -> TouchpointOut:
        """Change what is given."""
        return await service.patch_touchpoint(tx, actor, touchpoint_id, data)


class MarketSetupController(Controller):
    """Regions, currencies, typed fields and statuses of lines."""

    path = "/market"
    tags = ("Market",)

    @get("/regions", opt=_READ, summary="List regions")
    async def list_regions(self, tx: Tx) -> RegionList:
        """Return regions."""
        return RegionList(await store.regions(tx))

    @post("/regions", dto=Strict[RegionIn], return_dto=None, opt=_MAKE, summary="Set up a region")
    async def create_region(self, tx: Tx, actor: Actor, data: RegionIn) -> RegionOut:
        """Set up a region."""
        return await service.create_region(tx, actor, data)

    @patch("/regions/{region_id:int}", dto=Strict[RegionPatch], return_dto=None, opt=_CHANGE, summary="Change a region")
    async def patch_region(self, tx: Tx, actor: Actor, region_id: FromPath[int], data: RegionPatch) -> RegionOut:
        """Change what is given."""
        return await service.patch_region(tx, actor, region_id, data)

    @get("/currencies", opt=_READ, summary="List currencies")
    async def list_currencies(self, tx: Tx) -> CurrencyList:
        """Return every currency and whether it is switched on."""
        return CurrencyList(await store.currencies(tx))

    @patch(
        "/currencies/{code:str}",
        dto=Strict[CurrencyPatch],
        return_dto=None,
        opt=_CHANGE,
        summary="Switch a currency on or off",
    )
    async def patch_currency(self, tx: Tx, actor: Actor, code: FromPath[str], data: CurrencyPatch) -> CurrencyOut:
        """Switch a currency on or off; what names it keeps it."""
        return await service.switch_currency(tx, actor, code, data.active)

    @get("/fields", opt=_READ, summary="List the market's typed fields")
    async def list_fields(self, tx: Tx) -> MarketFieldList:
        """Return the typed fields of products, SKUs, orders and lines."""
        return MarketFieldList(await store.fields(tx))

    @post("/fields", dto=Strict[MarketFieldIn], return_dto=None, opt=_MAKE, summary="Make a typed field")
    async def create_field(self, tx: Tx, actor: Actor, data: MarketFieldIn) -> MarketFieldOut:
        """Make a typed field; what is stored already under its key stays as it is."""
        return await service.create_field(tx, actor, data)

    @patch(
        "/fields/{field_id:int}",
        dto=Strict[MarketFieldPatch],
        return_dto=None,
        opt=_CHANGE,
        summary="Change a typed field",
    )
    async def patch_field(
        self, tx: Tx, actor: Actor, field_id: FromPath[int], data: MarketFieldPatch
    ) -> MarketFieldOut:
        """Change what is given; its type is for good."""
        return await service.patch_field(tx, actor, field_id, data)

    @get("/figures", opt=_READ, summary="Orders, revenue and average basket over time")
    async def figures(
        self,
        tx: Tx,
        database: Annotated[int, QueryParameter(name="database", description="The profile database")],
        first: Annotated[date | None, QueryParameter(name="from", description="First day; 30 days without")] = None,
        last: Annotated[date | None, QueryParameter(name="to", description="Last day; today without")] = None,
        step: Annotated[Step, QueryParameter(name="step", description="day, week or month")] = "day",
        channel: Annotated[list[str] | None, QueryParameter(name="channel", description="Only these channels")] = None,
    ) -> MarketFigures:
        """Return what orders come to, by step, channel and currency."""
        return await market_figures(tx, database, first=first, last=last, step=step, channels=channel or [])

    @get("/line-statuses", opt=_READ, summary="List statuses of lines")
    async def list_statuses(self, tx: Tx) -> LineStatusList:
        """Return statuses of lines."""
        return LineStatusList(await store.line_statuses(tx))

    @post("/line-statuses", dto=Strict[LineStatusIn], return_dto=None, opt=_MAKE, summary="Set up a status of lines")
    async def create_status(self, tx: Tx, actor: Actor, data: LineStatusIn) -> LineStatusOut:
        """Set up a status of lines, which counts as one built in."""
        return await service.create_line_status(tx, actor, data)

    @patch(
        "/line-statuses/{status_id:int}",
        dto=Strict[LineStatusPatch],
        return_dto=None,
        opt=_CHANGE,
        summary="Change a status of lines",
    )
    async def patch_status(
        self, tx: Tx, actor: Actor, status_id: FromPath[int], data: LineStatusPatch
    ) -> LineStatusOut:
        """Change what is given; what it counts as is for good."""
        return await service.patch_line_status(tx, actor, status_id, data)
