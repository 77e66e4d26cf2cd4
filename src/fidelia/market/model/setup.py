"""What is set up once: channels, touchpoints, regions, currencies, typed fields, statuses of lines."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fidelia.platform.http import Body

ChannelKind = Literal["online", "retail"]
Entity = Literal["product", "sku", "order", "line"]
FieldType = Literal["int", "float", "string", "bool", "list", "date"]
StatusKind = Literal["in_process", "delivered", "cancelled", "refunded"]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Text = Annotated[str, msgspec.Meta(max_length=1000)]


class TouchpointIn(Body, frozen=True):
    """A place where orders of a channel come from: a shop, a till, an app."""

    external_id: Name
    name: Name
    description: Text = ""


class TouchpointPatch(Body, frozen=True):
    """Changes of a touchpoint; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class TouchpointOut(msgspec.Struct, frozen=True):
    """A touchpoint of a channel."""

    id: int
    channel_id: int
    external_id: str
    name: str
    description: str
    archived_at: datetime | None


class SalesChannelIn(Body, frozen=True):
    """A sales channel. Its database and its external id are for good."""

    database: int
    external_id: Name
    name: Name
    kind: ChannelKind
    description: Text = ""
    tags: list[str] = []


class SalesChannelPatch(Body, frozen=True):
    """Changes of a sales channel; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    kind: ChannelKind | msgspec.UnsetType = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class SalesChannelOut(msgspec.Struct, frozen=True):
    """A sales channel with its touchpoints."""

    id: int
    database_id: int
    external_id: str
    name: str
    description: str
    kind: ChannelKind
    tags: list[str]
    touchpoints: list[TouchpointOut]
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class RegionIn(Body, frozen=True):
    """A region that prices, stock and orders may name."""

    external_id: Name
    name: Name


class RegionPatch(Body, frozen=True):
    """Changes of a region; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class RegionOut(msgspec.Struct, frozen=True):
    """A region."""

    id: int
    external_id: str
    name: str
    archived_at: datetime | None


class CurrencyOut(msgspec.Struct, frozen=True):
    """A currency of ISO 4217; only those switched on may be used. ``places`` are its decimal places."""

    code: str
    name: str
    active: bool
    places: int


class CurrencyPatch(Body, frozen=True):
    """Switch a currency on or off."""

    active: bool


class MarketFieldIn(Body, frozen=True):
    """A typed field of products, SKUs, orders or lines. ``default`` is the value of who gives none."""

    entity: Entity
    key: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,62}$")]
    type: FieldType
    label: Text = ""
    required: bool = False
    default: Any = None


class MarketFieldPatch(Body, frozen=True):
    """Changes of a field; its type is for good."""

    label: Text | msgspec.UnsetType = msgspec.UNSET
    required: bool | msgspec.UnsetType = msgspec.UNSET
    default: Any | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class MarketFieldOut(msgspec.Struct, frozen=True):
    """A typed field."""

    id: int
    entity: Entity
    key: str
    label: str
    type: FieldType
    required: bool
    default: Any
    archived_at: datetime | None


class LineStatusIn(Body, frozen=True):
    """A status of lines of one's own, and which of the built-in ones it counts as."""

    external_id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    name: Name
    kind: StatusKind


class LineStatusPatch(Body, frozen=True):
    """Changes of a status; what it counts as is for good."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    archived: bool | msgspec.UnsetType = msgspec.UNSET


class LineStatusOut(msgspec.Struct, frozen=True):
    """A status of lines; those built in have no id."""

    id: int | None
    external_id: str
    name: str
    kind: Literal["new", "in_process", "delivered", "cancelled", "refunded"]
    archived_at: datetime | None
