"""Routes of the people of a segment: who they are, and changes by hand and program."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter

from fidelia.access import Actor
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..service import lists, people
from ..service.preview import DEFAULT_COLUMNS

Columns = Annotated[str | None, QueryParameter(name="columns", description="Names of fields, separated by commas")]


class MembersIn(Body, frozen=True):
    """People by id. With ``skip_triggers`` no events are written."""

    profile_ids: Annotated[list[int], msgspec.Meta(min_length=1, max_length=lists.MAX_IDS)]
    skip_triggers: bool = False


class ClearIn(Body, frozen=True):
    """How a list is emptied. With ``skip_triggers`` no events are written."""

    skip_triggers: bool = False


class ImportedIn(Body, frozen=True):
    """The finished import whose people are added. With ``skip_triggers`` no events are written."""

    import_: int = msgspec.field(name="import")
    skip_triggers: bool = False


class Cleared(msgspec.Struct, frozen=True):
    """How many there were."""

    removed: int


class MemberController(Controller):
    """People in segments."""

    path = "/segments/{segment_id:int}"
    tags = ("Segments",)

    @get("/members", opt={"right": "profiles:read"}, summary="List the people of a segment")
    async def members(
        self,
        engines: Engines,
        page: PageRequest,
        segment_id: FromPath[int],
        columns: Columns = None,
        log: Annotated[
            int | None, QueryParameter(name="log", description="Those who entered or left by this change instead")
        ] = None,
        run: Annotated[
            int | None, QueryParameter(name="run", description="Those who entered, or left, by this run instead")
        ] = None,
        which: Annotated[
            Literal["entered", "left"], QueryParameter(name="which", description="With run: who entered, or who left")
        ] = "entered",
    ) -> Page[dict[str, Any]]:
        """Return a page of people ordered by id; a dynamic segment is worked out now."""
        chosen = column_names(columns) or DEFAULT_COLUMNS
        part = None if run is None else (run, which)
        return await people.member_page(engines, segment_id, page, chosen, log_id=log, run=part)

    @post(
        "/members/add",
        dto=Strict[MembersIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:update"},
        summary="Add people to a static segment",
    )
    async def add(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: MembersIn) -> lists.Added:
        """Add people; tell how many were there already and which ids are nobody's."""
        return await lists.add_members(tx, actor, segment_id, data.profile_ids, triggers=not data.skip_triggers)

    @post(
        "/members/remove",
        dto=Strict[MembersIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:update"},
        summary="Take people out of a static segment",
    )
    async def remove(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: MembersIn) -> lists.Removed:
        """Take people out; tell how many were not in it and which ids are nobody's."""
        return await lists.remove_members(tx, actor, segment_id, data.profile_ids, triggers=not data.skip_triggers)

    @post(
        "/members/import",
        dto=Strict[ImportedIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:update"},
        summary="Add the people of an import to a static segment",
    )
    async def add_import(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: ImportedIn) -> lists.Added:
        """Add everybody whom the rows of a finished import were about."""
        return await lists.add_import(tx, actor, segment_id, data.import_, triggers=not data.skip_triggers)

    @post(
        "/clear",
        dto=Strict[ClearIn],
        return_dto=None,
        status_code=200,
        opt={"right": "segments:update"},
        summary="Empty a static segment",
    )
    async def clear(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: ClearIn | None = None) -> Cleared:
        """Take everybody out."""
        return Cleared(await lists.clear(tx, actor, segment_id, triggers=data is None or not data.skip_triggers))


def column_names(columns: str | None) -> list[str] | None:
    """Read names separated by commas; raise 422 for one that stands there twice."""
    if columns is None:
        return None
    names = [name.strip() for name in columns.split(",") if name.strip()]
    if len(set(names)) != len(names):
        raise invalid_field("/columns", "A column stands here twice")
    return names
