"""Routes of tags: which there are, and changing those of many segments."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get, post
from litestar.params import QueryParameter

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx
from fidelia.platform.tags import TagCount

from ..service.tagging import tag_segments
from ..store import segments as store

SegmentId = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class SegmentTags(msgspec.Struct, frozen=True):
    """The tags in use, by name."""

    items: list[TagCount]


class SegmentTagging(Body, frozen=True):
    """Tags to ``add`` to the segments ``ids``, and tags to ``remove`` from them."""

    ids: tuple[SegmentId, ...]
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class SegmentsTagged(msgspec.Struct, frozen=True):
    """How many segments were changed; the others were as asked for already."""

    changed: int


class SegmentTagController(Controller):
    """Tags of segments."""

    path = "/segments/tags"
    tags = ("Segments",)

    @get("/", opt={"right": "segments:read"}, summary="List the tags of segments")
    async def list_tags(
        self,
        tx: Tx,
        database: Annotated[int | None, QueryParameter(name="database", description="Only of this database")] = None,
    ) -> SegmentTags:
        """Return every tag that a segment carries which is not archived, and how many carry it."""
        return SegmentTags(await store.tag_counts(tx, database))

    @post(
        "/",
        status_code=200,
        dto=Strict[SegmentTagging],
        return_dto=None,
        opt={"right": "segments:update"},
        summary="Tag many segments",
    )
    async def change(self, tx: Tx, actor: Actor, data: SegmentTagging) -> SegmentsTagged:
        """Add tags to segments and take others away: all of them, or none when one cannot have them."""
        return SegmentsTagged(await tag_segments(tx, actor, data.ids, data.add, data.remove))
