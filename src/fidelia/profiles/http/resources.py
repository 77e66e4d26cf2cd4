"""Routes of resources."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..model import Resource
from ..service import consent as service
from .databases import Text, given

_Channels = Annotated[list[Text], msgspec.Meta(max_length=20)]
_Ids = Annotated[list[int], msgspec.Meta(max_length=1000)]


class ResourceIn(Body, frozen=True):
    """A new sender that people agree to hear from. No ``database_ids``: people of every database may subscribe."""

    name: Text
    description: Text = ""
    website: Text = ""
    channels: _Channels = msgspec.field(default_factory=lambda: ["email"])
    database_ids: _Ids = []


class ResourcePatch(Body, frozen=True):
    """What to change of a resource."""

    name: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    website: Text | UnsetType = UNSET
    channels: _Channels | UnsetType = UNSET
    database_ids: _Ids | UnsetType = UNSET


class ChannelCount(msgspec.Struct, frozen=True):
    """How many subscriptions have a status in a channel."""

    channel: str
    status: str
    count: int


class ResourceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A resource with its subscriptions by channel and status."""

    id: int
    name: str
    description: str
    website: str
    channels: list[str]
    database_ids: list[int]
    subscriptions: list[ChannelCount]
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ResourceController(Controller):
    """Whom people agree to hear from."""

    path = "/resources"
    tags = ("Consent",)

    @get("/", opt={"right": "consent:read"}, summary="List resources")
    async def list_resources(
        self,
        tx: Tx,
        page: PageRequest,
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones instead")] = False,
        database: Annotated[
            int | None, QueryParameter(name="database", description="Figures of this profile database only")
        ] = None,
    ) -> Page[ResourceOut]:
        """Return a page of resources, sorted by ``id`` or ``name``."""
        if database is not None and not 0 < database < 2**31:
            raise invalid_field("/database", "This is no id")
        found = await service.list_resources(tx, page, archived=archived)
        counts = await service.resource_counters(tx, [r.id for r in found.items], database_id=database)
        return Page([_out(r, counts[r.id]) for r in found.items], found.next_cursor, found.total)

    @post("/", dto=Strict[ResourceIn], return_dto=None, opt={"right": "consent:create"}, summary="Make a resource")
    async def create_resource(self, tx: Tx, actor: Actor, data: ResourceIn) -> ResourceOut:
        """Make a resource."""
        return _out(await service.create_resource(tx, actor, **given(data)), [])

    @get("/{resource_id:int}", opt={"right": "consent:read"}, summary="Read a resource")
    async def get_resource(self, tx: Tx, resource_id: FromPath[int]) -> ResourceOut:
        """Return a resource with its figures."""
        return await _with_counts(tx, await service.get_resource(tx, resource_id))

    @patch(
        "/{resource_id:int}",
        dto=Strict[ResourcePatch],
        return_dto=None,
        opt={"right": "consent:update"},
        summary="Change a resource",
    )
    async def change_resource(
        self, tx: Tx, actor: Actor, resource_id: FromPath[int], data: ResourcePatch
    ) -> ResourceOut:
        """Change a resource."""
        return await _with_counts(tx, await service.update_resource(tx, actor, resource_id, given(data)))

    @delete("/{resource_id:int}", opt={"right": "consent:delete"}, status_code=204, summary="Archive a resource")
    async def archive_resource(self, tx: Tx, actor: Actor, resource_id: FromPath[int]) -> None:
        """Archive a resource; its subscriptions stay as proof."""
        await service.archive_resource(tx, actor, resource_id)

    @post("/{resource_id:int}/restore", opt={"right": "consent:delete"}, status_code=200, summary="Restore a resource")
    async def restore_resource(self, tx: Tx, actor: Actor, resource_id: FromPath[int]) -> ResourceOut:
        """Bring an archived resource back; its subscriptions count again."""
        return await _with_counts(tx, await service.restore_resource(tx, actor, resource_id))


async def _with_counts(tx: Tx, resource: Resource) -> ResourceOut:
    return _out(resource, (await service.resource_counters(tx, [resource.id]))[resource.id])


def _out(resource: Resource, counts: list[dict[str, Any]]) -> ResourceOut:
    return msgspec.convert({**msgspec.structs.asdict(resource), "subscriptions": counts}, ResourceOut)
