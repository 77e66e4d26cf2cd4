"""Routes of the people of a segment: lists, changes by hand and program, fillings, history, log, files."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from fidelia.access import Actor
from fidelia.conditions import Condition
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.jobs import JobReply
from fidelia.platform.postgres import Tx

from ..model import SegmentLogEntry, SegmentRange, SegmentRun
from ..service import fill, lists, people
from ..service.preview import DEFAULT_COLUMNS
from ..store import members as members_store
from ..store import runs as runs_store
from ..store import segments as store

Columns = Annotated[str | None, QueryParameter(name="columns", description="Names of fields, separated by commas")]


class MembersIn(Body, frozen=True):
    """People by id. With ``skip_triggers`` no events are written."""

    profile_ids: Annotated[list[int], msgspec.Meta(min_length=1, max_length=lists.MAX_IDS)]
    skip_triggers: bool = False


class ClearIn(Body, frozen=True):
    """How a list is emptied. With ``skip_triggers`` no events are written."""

    skip_triggers: bool = False


class FillIn(Body, frozen=True):
    """What a static segment is filled with, once.

    ``replace``: whoever does not match leaves. ``skip_triggers``: null writes events unless it is the first filling.
    """

    condition: Condition
    range: SegmentRange | None = None
    limit: int | None = None
    replace: bool = False
    skip_triggers: bool | None = None


class RecalculateIn(Body, frozen=True):
    """How a list is filled again. ``skip_triggers``: null writes events unless it is the first filling."""

    skip_triggers: bool | None = None


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
    ) -> Page[dict[str, Any]]:
        """Return a page of people ordered by id; a dynamic segment is worked out now."""
        return await people.member_page(engines, segment_id, page, _columns(columns) or DEFAULT_COLUMNS, log)

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

    @post(
        "/fill",
        dto=Strict[FillIn],
        return_dto=None,
        status_code=202,
        opt={"right": "segments:update"},
        summary="Fill a static segment from a condition, once",
    )
    async def fill(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: FillIn) -> JobReply:
        """Start a job that adds whoever matches, or makes the list exactly those."""
        filling = fill.Filling(data.condition, data.range, data.limit, data.replace)
        return JobReply(await fill.fill(tx, actor, segment_id, filling, triggers=_triggers(data.skip_triggers)))

    @post(
        "/recalculate",
        dto=Strict[RecalculateIn],
        return_dto=None,
        status_code=202,
        opt={"right": "segments:run"},
        summary="Fill an updatable segment by its rules now",
    )
    async def recalculate(
        self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: RecalculateIn | None = None
    ) -> JobReply:
        """Start a job, or name the one that is under way; the present list stays until the new one takes its place."""
        skip = None if data is None else data.skip_triggers
        return JobReply(await fill.recalculate(tx, actor, segment_id, triggers=_triggers(skip)))

    @get("/history", opt={"right": "segments:read"}, summary="List the runs of a segment, newest first")
    async def history(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[SegmentRun]:
        """Return a page of fillings: when, how long, how many entered and left, errors."""
        await store.get(tx, segment_id)
        return await runs_store.page(tx, segment_id, page)

    @get("/log", opt={"right": "segments:read"}, summary="List the changes of a static segment, newest first")
    async def log(self, tx: Tx, page: PageRequest, segment_id: FromPath[int]) -> Page[SegmentLogEntry]:
        """Return a page of changes: who, when, what, how many."""
        await store.get(tx, segment_id)
        return await members_store.log_page(tx, segment_id, page)

    @get(
        "/export",
        opt={"right": "profiles:read", "stream": True},
        media_type="text/csv",
        summary="Download the people of a segment as CSV",
    )
    async def export(self, engines: Engines, segment_id: FromPath[int], columns: Columns = None) -> Stream:
        """Stream everybody with all fields or some; cells that look like formulas are made harmless."""
        return await _export(engines, segment_id, columns)

    @post(
        "/export",
        status_code=200,
        opt={"right": "profiles:read", "stream": True},
        media_type="text/csv",
        summary="Download the people of a segment as CSV",
    )
    async def export_posted(self, engines: Engines, segment_id: FromPath[int], columns: Columns = None) -> Stream:
        """Stream the same file, for callers that reserve GET for reading."""
        return await _export(engines, segment_id, columns)


async def _export(engines: Engines, segment_id: int, columns: str | None) -> Stream:
    name, parts = await people.export(engines, segment_id, _columns(columns))
    return Stream(
        parts,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _columns(columns: str | None) -> list[str] | None:
    if columns is None:
        return None
    names = [name.strip() for name in columns.split(",") if name.strip()]
    if len(set(names)) != len(names):
        raise invalid_field("/columns", "A column stands here twice")
    return names


def _triggers(skip: bool | None) -> bool | None:
    return None if skip is None else not skip
