"""Routes of value lists."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.postgres import Tx

from ...http.databases import Text, given
from ..kinds import ValueTypeName
from ..model import MAX_ITEMS, ListLoad, ListLoadStarted, ValueList, ValueListDetail, ValuesAdded, ValuesRemoved
from ..service import lists as service
from ..service import loads
from .uploading import LoadOperation, upload

Value = Annotated[str, msgspec.Meta(max_length=2000)] | int | float
Values = Annotated[list[Value], msgspec.Meta(min_length=1, max_length=MAX_ITEMS)]


class ValueListIn(Body, frozen=True, kw_only=True):
    """A new value list, perhaps with its first values. Its type cannot change later.

    Texts are told apart without regard to case unless ``case_sensitive``.
    """

    name: Text
    type: ValueTypeName = "text"
    description: Text = ""
    case_sensitive: bool = False
    values: Annotated[list[Value], msgspec.Meta(max_length=MAX_ITEMS)] = []


class ValueListPatch(Body, frozen=True):
    """What to change of a value list."""

    name: Text | UnsetType = UNSET
    description: Text | UnsetType = UNSET


class ValuesIn(Body, frozen=True):
    """Values of a list. Numbers may be texts too; decimals better are."""

    values: Values


class ValuesReplaceIn(Body, frozen=True):
    """What a list shall hold from now on; nothing else."""

    values: Annotated[list[Value], msgspec.Meta(max_length=MAX_ITEMS)]


class ValueListMade(msgspec.Struct, frozen=True):
    """The list that was made, and what became of its first values."""

    list: ValueListDetail
    values: ValuesAdded


class ValueListController(Controller):
    """Lists of values that conditions compare fields with."""

    path = "/value-lists"
    tags = ("Lists",)

    @get("/", opt={"right": "lists:read"}, summary="List value lists")
    async def list_lists(self, tx: Tx, page: PageRequest) -> Page[ValueList]:
        """Return a page of lists; sort by name, size, changed_at or created_at."""
        return await service.list_lists(tx, page)

    @post("/", dto=Strict[ValueListIn], return_dto=None, opt={"right": "lists:create"}, summary="Make a value list")
    async def create(self, tx: Tx, actor: Actor, data: ValueListIn) -> ValueListMade:
        """Make a list; values that cannot be read are named and left out."""
        made, added = await service.create_list(
            tx,
            actor,
            name=data.name,
            type_=data.type,
            description=data.description,
            case_sensitive=data.case_sensitive,
            values=data.values,
        )
        return ValueListMade(made, added)

    @get("/{list_id:int}", opt={"right": "lists:read"}, summary="Read a value list")
    async def read(self, tx: Tx, list_id: FromPath[int]) -> ValueListDetail:
        """Return a list with its size, who uses it, and its last loads."""
        return await service.get_list(tx, list_id)

    @patch(
        "/{list_id:int}",
        dto=Strict[ValueListPatch],
        return_dto=None,
        opt={"right": "lists:update"},
        summary="Rename or describe a value list",
    )
    async def change(self, tx: Tx, actor: Actor, list_id: FromPath[int], data: ValueListPatch) -> ValueListDetail:
        """Change name or description; conditions refer to a list by its id."""
        return await service.change_list(tx, actor, list_id, given(data))

    @delete("/{list_id:int}", opt={"right": "lists:delete"}, status_code=204, summary="Delete a value list")
    async def remove(self, tx: Tx, actor: Actor, list_id: FromPath[int]) -> None:
        """Delete a list with its values; 409 names the conditions that refer to it."""
        await service.delete_list(tx, actor, list_id)

    @get("/{list_id:int}/values", opt={"right": "lists:read"}, summary="List the values of a list")
    async def values(self, tx: Tx, page: PageRequest, list_id: FromPath[int]) -> Page[str | int | bool]:
        """Return a page of values in their order.

        ``q`` finds values that contain it, in a list of more than 200,000 those that begin with it.
        """
        return await service.values_page(tx, list_id, page)

    @post(
        "/{list_id:int}/values",
        dto=Strict[ValuesIn],
        return_dto=None,
        status_code=200,
        opt={"right": "lists:update"},
        summary="Add up to 10,000 values",
    )
    async def add(self, tx: Tx, actor: Actor, list_id: FromPath[int], data: ValuesIn) -> ValuesAdded:
        """Add values; those that cannot be read are named and left out. The next calculation counts them."""
        return await service.add_values(tx, actor, list_id, data.values)

    @post(
        "/{list_id:int}/values/remove",
        dto=Strict[ValuesIn],
        return_dto=None,
        status_code=200,
        opt={"right": "lists:update"},
        summary="Take up to 10,000 values out",
    )
    async def take_out(self, tx: Tx, actor: Actor, list_id: FromPath[int], data: ValuesIn) -> ValuesRemoved:
        """Remove values; unknown ones are passed over."""
        return await service.remove_values(tx, actor, list_id, data.values)

    @post(
        "/{list_id:int}/values/replace",
        dto=Strict[ValuesReplaceIn],
        return_dto=None,
        status_code=200,
        opt={"right": "lists:update"},
        summary="Replace all values by up to 10,000 others",
    )
    async def replace(self, tx: Tx, actor: Actor, list_id: FromPath[int], data: ValuesReplaceIn) -> ValuesAdded:
        """Give the list these values and no others, at once; none at all empties it."""
        return await service.replace_values(tx, actor, list_id, data.values)

    @get("/{list_id:int}/export", opt={"right": "lists:read"}, media_type="text/csv", summary="Download a list as CSV")
    async def export(self, engines: Engines, list_id: FromPath[int]) -> Stream:
        """Stream all values."""
        return csv_file(f"value-list-{list_id}.csv", await service.export(engines, list_id))

    @get("/{list_id:int}/loads", opt={"right": "lists:read"}, summary="List the files loaded into a list")
    async def loads(self, tx: Tx, page: PageRequest, list_id: FromPath[int]) -> Page[ListLoad]:
        """Return a page of loads, the newest first."""
        return await loads.list_loads(tx, page, "list", list_id)

    @post(
        "/{list_id:int}/loads",
        opt={"right": "lists:update"},
        summary="Upload a file of values; with a column it is loaded at once",
        status_code=201,
        request_max_body_size=None,
        operation_class=LoadOperation,
        responses={202: ResponseSpec(ListLoadStarted, description="The file is being loaded", generate_examples=False)},
    )
    async def load(
        self, request: Request[Any, Any, Any], tx: Tx, actor: Actor, list_id: FromPath[int]
    ) -> Response[ListLoad | ListLoadStarted]:
        """Return what was found out about the file, or 202 with the job that loads it. Up to 5 million values."""
        return await upload(request, tx, actor, "list", list_id)
