"""Routes of stop lists."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.postgres import Tx

from ..model import EntryKind, SuppressionList
from ..service import suppression as service
from .databases import Text, given

_Values = Annotated[list[Annotated[str, msgspec.Meta(max_length=1000)]], msgspec.Meta(min_length=1, max_length=10_000)]


class SuppressionListIn(Body, frozen=True):
    """A new stop list."""

    name: Text
    description: Text = ""


class SuppressionListPatch(Body, frozen=True):
    """What to change of a stop list."""

    name: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class SuppressionEntriesIn(Body, frozen=True):
    """E-mail addresses, phone numbers (with ``+``) and domains, each recognised by its form."""

    values: _Values
    reason: Text = ""


class SuppressionRemoveIn(Body, frozen=True):
    """Entries to take off a list."""

    values: _Values


class SuppressionCheckIn(Body, frozen=True):
    """A contact to be looked up."""

    value: Text


class SuppressionEntry(msgspec.Struct, frozen=True):
    """An entry of a stop list."""

    kind: EntryKind
    value: str
    reason: str
    created_at: datetime


class SuppressionRemoved(msgspec.Struct, frozen=True):
    """How many entries were taken off."""

    removed: int


class SuppressionHit(msgspec.Struct, frozen=True):
    """A list that stops a contact, and by which entry."""

    list_id: int
    list_name: str
    is_global: bool
    kind: EntryKind
    value: str
    reason: str
    created_at: datetime


class SuppressionCheckReply(msgspec.Struct, frozen=True):
    """How a contact is understood, and the lists that stop it; none of them: it may be written to."""

    kind: EntryKind
    value: str
    suppressed: bool
    lists: list[SuppressionHit]


class SuppressionController(Controller):
    """Addresses that nothing is sent to."""

    path = "/suppression-lists"
    tags = ("Consent",)

    @get("/", opt={"right": "consent:read"}, summary="List stop lists")
    async def list_lists(self, tx: Tx, page: PageRequest) -> Page[SuppressionList]:
        """Return a page of lists with their sizes; sort by name, size or updated_at."""
        return await service.list_lists(tx, page)

    @post(
        "/",
        dto=Strict[SuppressionListIn],
        return_dto=None,
        opt={"right": "consent:create"},
        summary="Make a stop list",
    )
    async def create_list(self, tx: Tx, actor: Actor, data: SuppressionListIn) -> SuppressionList:
        """Make a list; attach it to mailings."""
        return await service.create_list(tx, actor, name=data.name, description=data.description)

    @post(
        "/check",
        dto=Strict[SuppressionCheckIn],
        return_dto=None,
        status_code=200,
        opt={"right": "consent:read"},
        summary="Check an address, a phone number or a domain",
    )
    async def check(self, tx: Tx, data: SuppressionCheckIn) -> SuppressionCheckReply:
        """Return which lists stop a contact, by itself or by its domain."""
        kind, value, found = await service.check_contact(tx, data.value)
        hits = [
            SuppressionHit(row.id, row.name, row.is_global, row.kind, row.value, row.reason, row.created_at)
            for row in found
        ]
        return SuppressionCheckReply(msgspec.convert(kind, EntryKind), value, bool(hits), hits)

    @get("/{list_id:int}", opt={"right": "consent:read"}, summary="Read a stop list")
    async def get_list(self, tx: Tx, list_id: FromPath[int]) -> SuppressionList:
        """Return a list with its size."""
        return await service.get_list(tx, list_id)

    @patch(
        "/{list_id:int}",
        dto=Strict[SuppressionListPatch],
        return_dto=None,
        opt={"right": "consent:update"},
        summary="Rename or describe a stop list",
    )
    async def change_list(
        self, tx: Tx, actor: Actor, list_id: FromPath[int], data: SuppressionListPatch
    ) -> SuppressionList:
        """Change name or description."""
        return await service.update_list(tx, actor, list_id, given(data))

    @delete("/{list_id:int}", opt={"right": "consent:delete"}, status_code=204, summary="Archive a stop list")
    async def archive_list(self, tx: Tx, actor: Actor, list_id: FromPath[int]) -> None:
        """Archive a list, so that it stops nothing any more."""
        await service.archive_list(tx, actor, list_id)

    @get("/{list_id:int}/entries", opt={"right": "consent:read"}, summary="List the entries of a stop list")
    async def list_entries(
        self,
        tx: Tx,
        page: PageRequest,
        list_id: FromPath[int],
        kind: Annotated[
            EntryKind | None, QueryParameter(name="kind", description="Only email, phone or domain")
        ] = None,
    ) -> Page[SuppressionEntry]:
        """Return a page of entries; ``q`` is a part of the value."""
        found = await service.list_entries(tx, list_id, page, kind)
        items = [SuppressionEntry(row.kind, row.value, row.reason, row.created_at) for row in found.items]
        return Page(items, found.next_cursor, found.total)

    @post(
        "/{list_id:int}/entries",
        dto=Strict[SuppressionEntriesIn],
        return_dto=None,
        status_code=200,
        opt={"right": "consent:update"},
        summary="Add up to 10,000 entries",
    )
    async def add_entries(
        self, tx: Tx, actor: Actor, list_id: FromPath[int], data: SuppressionEntriesIn
    ) -> service.SuppressionAdded:
        """Add entries; those that cannot be read are named and left out."""
        return await service.add_entries(tx, actor, list_id, data.values, data.reason)

    @post(
        "/{list_id:int}/entries/remove",
        dto=Strict[SuppressionRemoveIn],
        return_dto=None,
        status_code=200,
        opt={"right": "consent:update"},
        summary="Take entries off a stop list",
    )
    async def remove_entries(
        self, tx: Tx, actor: Actor, list_id: FromPath[int], data: SuppressionRemoveIn
    ) -> SuppressionRemoved:
        """Remove entries; unknown ones are passed over."""
        return SuppressionRemoved(await service.remove_entries(tx, actor, list_id, data.values))

    @get(
        "/{list_id:int}/export",
        opt={"right": "consent:read"},
        media_type="text/csv",
        summary="Download a stop list as CSV",
    )
    async def export(
        self,
        tx: Tx,
        engines: Engines,
        list_id: FromPath[int],
        hashed: Annotated[bool, QueryParameter(name="hashed", description="MD5 of each value instead of it")] = False,
    ) -> Stream:
        """Stream all entries."""
        await service.get_list(tx, list_id)
        return csv_file(f"suppression-{list_id}.csv", service.export(engines, list_id, hashed=hashed))
