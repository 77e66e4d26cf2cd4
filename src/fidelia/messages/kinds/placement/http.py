"""Routes of slots and of the secrets of sites."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...http.templates import given
from . import service
from .model import Name, Site, SiteSecret, Slot, SlotUse

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Description = Annotated[str, msgspec.Meta(max_length=2_000)]
Domains = Annotated[tuple[str, ...], msgspec.Meta(max_length=service.MAX_DOMAINS)]
OfDatabase = Annotated[int | None, QueryParameter(name="database", description="Of this database")]


class SlotIn(Body, frozen=True):
    """A new slot. ``key`` is its name in the pages and stays as it is."""

    database_id: int
    key: Key
    name: Name
    description: Description = ""
    domains: Domains = ()
    width: int | None = None
    fallback: str = ""
    by_link: bool = True


class SlotPatch(Body, frozen=True):
    """What to change of a slot."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    domains: Domains | UnsetType = UNSET
    width: int | UnsetType | None = UNSET
    fallback: str | UnsetType = UNSET
    by_link: bool | UnsetType = UNSET


class SecretIn(Body, frozen=True):
    """With ``keep_former`` what the former secret signs holds for a day more; not when it has leaked."""

    keep_former: bool = True


class SlotUses(msgspec.Struct, frozen=True):
    """The placements of a slot."""

    items: list[SlotUse]


class PlacementController(Controller):
    """Where placements are shown, and by which secrets sites sign their visitors."""

    path = "/placements"
    tags = ("Placements",)

    @get("/slots", opt={"right": "mailings:read"}, summary="List slots")
    async def list_slots(self, tx: Tx, page: PageRequest, database: OfDatabase = None) -> Page[Slot]:
        """Return a page of slots, sorted by ``name``, ``key``, ``created_at`` or ``updated_at``."""
        return await service.list_slots(tx, page, database)

    @post("/slots", dto=Strict[SlotIn], return_dto=None, opt={"right": "mailings:create"}, summary="Make a slot")
    async def create_slot(self, tx: Tx, actor: Actor, data: SlotIn) -> Slot:
        """Make a slot of a database."""
        values = given(data)
        return await service.create_slot(tx, actor, values.pop("database_id"), _listed(values))

    @get("/slots/{slot_id:int}", opt={"right": "mailings:read"}, summary="Read a slot")
    async def get_slot(self, tx: Tx, slot_id: FromPath[int]) -> Slot:
        """Return a slot."""
        return await service.get_slot(tx, slot_id)

    @get("/slots/{slot_id:int}/used-by", opt={"right": "mailings:read"}, summary="What is shown in a slot")
    async def slot_uses(self, tx: Tx, slot_id: FromPath[int]) -> SlotUses:
        """Return the placements of a slot that are not archived, the newest first."""
        return SlotUses(await service.slot_uses(tx, slot_id))

    @patch(
        "/slots/{slot_id:int}",
        dto=Strict[SlotPatch],
        return_dto=None,
        opt={"right": "mailings:update"},
        summary="Change a slot",
    )
    async def change_slot(self, tx: Tx, actor: Actor, slot_id: FromPath[int], data: SlotPatch) -> Slot:
        """Change a slot; it holds from the next page on."""
        return await service.change_slot(tx, actor, slot_id, _listed(given(data)))

    @delete("/slots/{slot_id:int}", opt={"right": "mailings:delete"}, status_code=204, summary="Delete a slot")
    async def delete_slot(self, tx: Tx, actor: Actor, slot_id: FromPath[int]) -> None:
        """Delete a slot; 409 while placements that are not archived are shown in it."""
        await service.delete_slot(tx, actor, slot_id)

    @get("/sites", opt={"right": "events:read"}, summary="Sites that visitors can be signed for")
    async def list_sites(self, tx: Tx, page: PageRequest, database: OfDatabase = None) -> Page[Site]:
        """Return the write keys of pages, each with whether it has a secret."""
        return await service.list_sites(tx, page, database)

    @post(
        "/sites/{key_id:int}/secret",
        dto=Strict[SecretIn],
        return_dto=None,
        status_code=200,
        opt={"right": "events:update"},
        summary="Make the secret of a site",
    )
    async def new_secret(self, tx: Tx, actor: Actor, key_id: FromPath[int], data: SecretIn) -> SiteSecret:
        """Make a secret in place of the one before, and tell it this once."""
        return await service.new_secret(tx, actor, key_id, keep_former=data.keep_former)


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
