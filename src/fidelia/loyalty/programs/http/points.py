"""Routes of point types."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.money import amount_text
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import Expiry, ExpiryKind, ExpiryUnit, PointKind, PointRounding, PointType
from ..service import points
from ..service.points import LifetimeExample, PointChange, PointSettings
from ..store import parts
from ..store import programs as store

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Word = Annotated[str, msgspec.Meta(max_length=100)]
Amount = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "12.50"')]
Duration = Annotated[str, msgspec.Meta(max_length=40, description='ISO 8601: "P14D", "P12M", "PT12H"')]


class ExpiryIn(Body, frozen=True):
    """When points lapse.

    ``never``; ``after`` a ``period``; ``fixed``: at the end of the day ``on``, ``2027-12-31`` or every year ``12-31``;
    ``end_of`` a calendar ``unit``, after a ``period`` if one is given.
    """

    kind: ExpiryKind
    period: Duration | None = None
    unit: ExpiryUnit | None = None
    on: Word | None = None

    def wanted(self) -> Expiry:
        """Return it as the use cases take it."""
        return Expiry(kind=self.kind, period=self.period, unit=self.unit, on=self.on)


class PointTypeIn(Body, frozen=True):
    """A new kind of points. ``kind`` and ``key`` stay as they are chosen here; a key is made of the name if need be."""

    name: Text
    kind: PointKind = "standard"
    key: Word | None = None
    places: int = 2
    ratio: Amount | None = None
    ratio_currency: Word | None = None
    initial: Amount = "0"
    delay: Duration | None = None
    expiry: ExpiryIn | None = None
    rounding: PointRounding = "down"
    max_balance: Amount | None = None
    max_accrual: Amount | None = None


class PointTypePatch(Body, frozen=True):
    """What is to be changed; points that members have stay as they are."""

    name: Text | UnsetType = UNSET
    places: int | UnsetType = UNSET
    ratio: Amount | UnsetType | None = UNSET
    ratio_currency: Word | UnsetType | None = UNSET
    initial: Amount | UnsetType = UNSET
    delay: Duration | UnsetType | None = UNSET
    expiry: ExpiryIn | UnsetType = UNSET
    rounding: PointRounding | UnsetType = UNSET
    max_balance: Amount | UnsetType | None = UNSET
    max_accrual: Amount | UnsetType | None = UNSET


class LifetimeIn(Body, frozen=True):
    """Settings to work an example out for, of points earned at a moment (now)."""

    expiry: ExpiryIn
    delay: Duration | None = None
    at: datetime | None = None


class ExpiryOut(msgspec.Struct, frozen=True):
    """When points lapse."""

    kind: ExpiryKind
    period: str | None
    unit: ExpiryUnit | None
    on: str | None


class PointTypeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of points. Amounts are decimal texts; one point is worth ``ratio`` of ``ratio_currency``."""

    id: int
    key: str
    name: str
    kind: PointKind
    places: int
    ratio: str | None
    ratio_currency: str | None
    initial: str
    delay: str | None
    expiry: ExpiryOut
    rounding: PointRounding
    max_balance: str | None
    max_accrual: str | None
    archived_at: datetime | None


class PointTypes(msgspec.Struct, frozen=True):
    """The kinds of points of a program, in the order they were made."""

    items: list[PointTypeOut]


class PointTypeController(Controller):
    """What members of a program earn."""

    path = "/loyalty/programs/{program_id:int}/points"
    tags = ("Loyalty",)

    @get("/", opt={"right": "loyalty:read"}, summary="List the points of a program")
    async def list_points(
        self,
        tx: Tx,
        program_id: FromPath[int],
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones too")] = False,
    ) -> PointTypes:
        """Return every kind of points."""
        program = await store.get(tx, program_id)
        return PointTypes([out(kind) for kind in (await parts.point_types(tx, program.id, archived=archived)).values()])

    @post("/", dto=Strict[PointTypeIn], return_dto=None, opt={"right": "loyalty:update"}, summary="Add points")
    async def create(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: PointTypeIn) -> PointTypeOut:
        """Add a kind of points to a program."""
        given: dict[str, Any] = {name: getattr(data, name) for name in PointSettings.__struct_fields__}
        given["expiry"] = Expiry(kind="never") if data.expiry is None else data.expiry.wanted()
        made = await points.create_points(tx, actor, program_id, data.kind, PointSettings(**given), data.key)
        return out(made)

    @post(
        "/lifetime",
        dto=Strict[LifetimeIn],
        return_dto=None,
        status_code=200,
        opt={"right": "loyalty:read"},
        summary="Work out when points are usable and lapse",
    )
    async def lifetime(self, tx: Tx, program_id: FromPath[int], data: LifetimeIn) -> LifetimeExample:
        """Say what settings mean for points earned at a moment, in the time zone of the program's database."""
        return await points.example(tx, program_id, data.delay, data.expiry.wanted(), data.at)

    @patch(
        "/{point_type_id:int}",
        dto=Strict[PointTypePatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change points",
    )
    async def change(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], point_type_id: FromPath[int], data: PointTypePatch
    ) -> PointTypeOut:
        """Change what is given; what members have stays as it is."""
        given: dict[str, Any] = {name: getattr(data, name) for name in PointTypePatch.__struct_fields__}
        if isinstance(data.expiry, ExpiryIn):
            given["expiry"] = data.expiry.wanted()
        return out(await points.change_points(tx, actor, program_id, point_type_id, PointChange(**given)))

    @delete("/{point_type_id:int}", status_code=204, opt={"right": "loyalty:update"}, summary="Archive points")
    async def archive(self, tx: Tx, actor: Actor, program_id: FromPath[int], point_type_id: FromPath[int]) -> None:
        """Nobody earns them any more; what members have can be spent. 409 while levels are decided by them."""
        await points.archive_points(tx, actor, program_id, point_type_id)

    @post("/{point_type_id:int}/restore", status_code=200, opt={"right": "loyalty:update"}, summary="Bring points back")
    async def restore(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], point_type_id: FromPath[int]
    ) -> PointTypeOut:
        """Bring archived points back."""
        return out(await points.restore_points(tx, actor, program_id, point_type_id))


def out(kind: PointType) -> PointTypeOut:
    """Return a kind of points as the API tells of it."""
    told = {name: _text(getattr(kind, name)) for name in PointTypeOut.__struct_fields__ if name != "expiry"}
    e = kind.expiry
    return PointTypeOut(**told, expiry=ExpiryOut(e.kind, e.period, e.unit, e.on))


def _text(value: Any) -> Any:
    return amount_text(value) if isinstance(value, Decimal) else value
