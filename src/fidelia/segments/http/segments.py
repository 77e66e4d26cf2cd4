"""Routes of definitions: list, make, read, change, archive."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.conditions import Condition
from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx
from fidelia.platform.tags import tag_errors

from ..model import TYPES, Segment, SegmentDetail, SegmentRange, SegmentSchedule, SegmentType
from ..service import manage
from ..store import segments as store


class SegmentIn(Body, frozen=True):
    """A new segment. Database and type stay as they are chosen here.

    ``range`` is the part of the database looked at, ``limit`` the most people kept, in a fixed random order.
    """

    database_id: int
    name: str
    type: SegmentType
    description: str = ""
    condition: Condition | None = None
    range: SegmentRange | None = None
    limit: int | None = None
    schedule: SegmentSchedule | None = None
    tags: tuple[str, ...] = ()


class SegmentPatch(Body, frozen=True):
    """What is to be changed. ``version``: the one that was read; 409 when somebody has changed it since."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    condition: Condition | UnsetType = UNSET
    range: SegmentRange | UnsetType | None = UNSET
    limit: int | UnsetType | None = UNSET
    schedule: SegmentSchedule | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType = UNSET
    database_id: int | UnsetType = UNSET
    type: SegmentType | UnsetType = UNSET
    version: int | UnsetType = UNSET


class SegmentController(Controller):
    """Segments."""

    path = "/segments"
    tags = ("Segments",)

    @get("/", opt={"right": "segments:read"}, summary="List segments")
    async def list_segments(
        self,
        tx: Tx,
        page: PageRequest,
        database: Annotated[int | None, QueryParameter(name="database", description="Only of this database")] = None,
        of_type: Annotated[str | None, QueryParameter(name="type", description="static, dynamic or updatable")] = None,
        archived: Annotated[bool, QueryParameter(name="archived", description="The archived ones instead")] = False,
        tag: Annotated[
            str | None, QueryParameter(name="tag", description="Only what carries it, or one of these: a,b")
        ] = None,
    ) -> Page[Segment]:
        """Return a page; sort by name, size, created_at, updated_at, calculated_at or id."""
        if of_type is not None and of_type not in TYPES:
            raise invalid_field("/type", f"This must be one of: {', '.join(TYPES)}")
        named = [] if tag is None else tag.split(",")
        if tag_errors(named):
            raise invalid_field("/tag", "Tags stand here with commas between them, 20 at most")
        return await store.page(tx, page, database_id=database, type_=of_type, archived=archived, tags=named)

    @post("/", dto=Strict[SegmentIn], return_dto=None, opt={"right": "segments:create"}, summary="Make a segment")
    async def create(self, tx: Tx, actor: Actor, data: SegmentIn) -> SegmentDetail:
        """Store a segment; an updatable one is filled at once by a job, without events."""
        made = manage.Definition(**{name: getattr(data, name) for name in SegmentIn.__struct_fields__})
        segment = await manage.create_segment(tx, actor, made)
        return await manage.detail(tx, segment.id)

    @get("/{segment_id:int}", opt={"right": "segments:read"}, summary="Read a segment")
    async def one(self, tx: Tx, segment_id: FromPath[int]) -> SegmentDetail:
        """Return a segment with its rules in words, its users and its last run."""
        return await manage.detail(tx, segment_id)

    @patch(
        "/{segment_id:int}",
        dto=Strict[SegmentPatch],
        return_dto=None,
        opt={"right": "segments:update"},
        summary="Change a segment",
    )
    async def change(self, tx: Tx, actor: Actor, segment_id: FromPath[int], data: SegmentPatch) -> SegmentDetail:
        """Change what is given; the list of an updatable one changes with its next run."""
        change = manage.Change(**{name: getattr(data, name) for name in SegmentPatch.__struct_fields__})
        await manage.change_segment(tx, actor, segment_id, change)
        return await manage.detail(tx, segment_id)

    @delete("/{segment_id:int}", opt={"right": "segments:delete"}, summary="Archive a segment")
    async def archive(self, tx: Tx, actor: Actor, segment_id: FromPath[int]) -> None:
        """Take a segment out of use; refused while something uses it."""
        await manage.archive_segment(tx, actor, segment_id)

    @post(
        "/{segment_id:int}/restore",
        status_code=200,
        opt={"right": "segments:delete"},
        summary="Bring an archived segment back",
    )
    async def restore(self, tx: Tx, actor: Actor, segment_id: FromPath[int]) -> SegmentDetail:
        """Restore a segment with its list."""
        await manage.restore_segment(tx, actor, segment_id)
        return await manage.detail(tx, segment_id)
