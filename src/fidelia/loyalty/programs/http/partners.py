"""Routes of partners."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.money import amount_text
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import Partner
from ..service import partners
from ..service.partners import PartnerChange, PartnerSettings
from ..store import parts
from ..store import programs as store

Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Word = Annotated[str, msgspec.Meta(max_length=100)]
Amount = Annotated[str, msgspec.Meta(max_length=40, description='A decimal text, like "1.5"')]


class PartnerIn(Body, frozen=True):
    """A new partner. ``products`` is a condition on a line of an order; ``share`` is in percent."""

    name: Text
    external_id: Word | None = None
    products: dict[str, Any] | None = None
    multiplier: Amount = "1"
    share: Amount = "0"
    currency: Word | None = None
    starts_on: date | None = None
    ends_on: date | None = None


class PartnerPatch(Body, frozen=True):
    """What is to be changed; what was earned stays as it is."""

    name: Text | UnsetType = UNSET
    products: dict[str, Any] | UnsetType | None = UNSET
    multiplier: Amount | UnsetType = UNSET
    share: Amount | UnsetType = UNSET
    currency: Word | UnsetType | None = UNSET
    starts_on: date | UnsetType | None = UNSET
    ends_on: date | UnsetType | None = UNSET


class PartnerOut(msgspec.Struct, frozen=True, kw_only=True):
    """Whose products earn points too: so many times over, and so many percent of them are paid by the partner."""

    id: int
    external_id: str
    name: str
    products: dict[str, Any] | None
    multiplier: str
    share: str
    currency: str | None
    starts_on: date | None
    ends_on: date | None
    archived_at: datetime | None


class Partners(msgspec.Struct, frozen=True):
    """The partners of a program, in the order they were made."""

    items: list[PartnerOut]


class PartnerController(Controller):
    """Whose products earn points too, and who pays for them."""

    path = "/loyalty/programs/{program_id:int}/partners"
    tags = ("Loyalty",)

    @get("/", opt={"right": "loyalty:read"}, summary="List the partners of a program")
    async def list_partners(
        self,
        tx: Tx,
        program_id: FromPath[int],
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones too")] = False,
    ) -> Partners:
        """Return every partner."""
        program = await store.get(tx, program_id)
        return Partners([out(partner) for partner in await parts.partners(tx, program.id, archived=archived)])

    @post("/", dto=Strict[PartnerIn], return_dto=None, opt={"right": "loyalty:update"}, summary="Add a partner")
    async def create(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: PartnerIn) -> PartnerOut:
        """Add a partner to a program."""
        settings = PartnerSettings(**{name: getattr(data, name) for name in PartnerSettings.__struct_fields__})
        return out(await partners.create_partner(tx, actor, program_id, settings, data.external_id))

    @patch(
        "/{partner_id:int}",
        dto=Strict[PartnerPatch],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Change a partner",
    )
    async def change(
        self, tx: Tx, actor: Actor, program_id: FromPath[int], partner_id: FromPath[int], data: PartnerPatch
    ) -> PartnerOut:
        """Change what is given."""
        wanted = PartnerChange(**{name: getattr(data, name) for name in PartnerPatch.__struct_fields__})
        return out(await partners.change_partner(tx, actor, program_id, partner_id, wanted))

    @delete("/{partner_id:int}", status_code=204, opt={"right": "loyalty:update"}, summary="Archive a partner")
    async def archive(self, tx: Tx, actor: Actor, program_id: FromPath[int], partner_id: FromPath[int]) -> None:
        """End the work with a partner; what was earned stays."""
        await partners.archive_partner(tx, actor, program_id, partner_id)

    @post("/{partner_id:int}/restore", status_code=200, opt={"right": "loyalty:update"}, summary="Bring a partner back")
    async def restore(self, tx: Tx, actor: Actor, program_id: FromPath[int], partner_id: FromPath[int]) -> PartnerOut:
        """Take up the work with a partner again."""
        return out(await partners.restore_partner(tx, actor, program_id, partner_id))


def out(partner: Partner) -> PartnerOut:
    """Return a partner as the API tells of it."""
    told = {name: getattr(partner, name) for name in PartnerOut.__struct_fields__}
    return PartnerOut(**told | {name: amount_text(told[name]) for name in ("multiplier", "share")})
