"""Routes of event types."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page
from fidelia.platform.http import Body, PageParams, Strict
from fidelia.platform.postgres import Tx

from ..model import EventTypeOut, EventTypeUsage
from ..service import types as service
from ..service.types import PropertyIn


class EventTypeIn(Body, frozen=True):
    """A type of your own, named ``custom.<name>``. What it declares is checked, other properties stay free."""

    database_id: int
    name: str
    label: str = ""
    description: str = ""
    properties: list[PropertyIn] = []


class EventTypePatch(Body, frozen=True):
    """What to change; ``properties`` are all that shall be declared, ``archived`` false restores a deleted type."""

    label: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    properties: list[PropertyIn] | UnsetType = UNSET
    archived: bool | UnsetType = UNSET


class EventTypeController(Controller):
    """What can happen."""

    path = "/event-types"
    tags = ("Events",)

    @get(opt={"right": "events:read"}, summary="Event types")
    async def every(
        self,
        tx: Tx,
        page: PageParams,
        database: Annotated[int, QueryParameter(name="database")],
        archived: Annotated[bool, QueryParameter(name="archived", description="Also deleted ones")] = False,
        builtin: Annotated[bool, QueryParameter(name="builtin", description="Also built-in ones")] = True,
    ) -> Page[EventTypeOut]:
        """List the types of a database: your own by name, declared or seen in events, then the built-in ones."""
        return await service.list_types(tx, page, database, archived=archived, builtin=builtin)

    @post(dto=Strict[EventTypeIn], return_dto=None, opt={"right": "events:create"}, summary="Declare an event type")
    async def define(self, tx: Tx, actor: Actor, data: EventTypeIn) -> EventTypeOut:
        """Declare a type; one that was only seen in events until now becomes a declared one."""
        return await service.define_type(
            tx,
            actor,
            data.database_id,
            name=data.name,
            label=data.label,
            description=data.description,
            properties=data.properties,
        )

    @get("/{type_id:int}", opt={"right": "events:read"}, summary="An event type")
    async def one(self, tx: Tx, type_id: FromPath[int]) -> EventTypeOut:
        """Return a type of your own."""
        return await service.get_type(tx, type_id)

    @patch(
        "/{type_id:int}",
        dto=Strict[EventTypePatch],
        return_dto=None,
        opt={"right": "events:update"},
        summary="Change an event type",
    )
    async def change(self, tx: Tx, actor: Actor, type_id: FromPath[int], data: EventTypePatch) -> EventTypeOut:
        """Change what is sent."""
        sent: dict[str, Any] = {
            name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET
        }
        return await service.change_type(tx, actor, type_id, sent)

    @get("/usage", opt={"right": "events:read"}, summary="Who uses an event type")
    async def usage(
        self,
        tx: Tx,
        database: Annotated[int, QueryParameter(name="database")],
        name: Annotated[str, QueryParameter(name="name", description="Built in, or one of your own")],
    ) -> EventTypeUsage:
        """Name the segments, mailings and hooks that speak of a type."""
        return EventTypeUsage(await service.usage(tx, database, name))

    @delete("/{type_id:int}", opt={"right": "events:delete"}, status_code=204, summary="Delete an event type")
    async def archive(
        self,
        tx: Tx,
        actor: Actor,
        type_id: FromPath[int],
        confirm: Annotated[bool, QueryParameter(name="confirm", description="Also while it is used")] = False,
    ) -> None:
        """Take a type out of lists and pickers: new events are refused, history stays. 409 while it is used."""
        await service.archive_type(tx, actor, type_id, confirm=confirm)
