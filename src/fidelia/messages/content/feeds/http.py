"""Routes of feeds."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.access import Actor
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...http.templates import Short, given
from . import service
from .model import Feed, FeedAnswer, FeedCopy, OnFailure

Key = Annotated[str, msgspec.Meta(max_length=60)]
Url = Annotated[str, msgspec.Meta(max_length=2_000)]
#: Their values are encrypted and never shown; null keeps the one that is stored.
Headers = dict[str, str | None]


class FeedIn(Body, frozen=True):
    """A new feed, shown in templates as ``feeds.<key>``. With ``{{ profile.city }}`` in its path or query it is fetched
    for each recipient; else once for a run, and not again within ``cache_minutes``.
    """

    key: Key
    name: Short
    url: Url
    description: Short = ""
    headers: Headers | None = None
    cache_minutes: int = 60
    timeout_seconds: int = 5
    on_failure: OnFailure = "last"


class FeedPatch(Body, frozen=True):
    """What to change. ``headers`` are all that shall be sent: null as a value keeps the stored one."""

    name: Short | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    description: Short | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    cache_minutes: int | UnsetType = UNSET
    timeout_seconds: int | UnsetType = UNSET
    on_failure: OnFailure | UnsetType = UNSET


class FeedFetchIn(Body, frozen=True):
    """Whom to fetch a feed for whose address holds values of people."""

    database_id: int | None = None
    profile_id: int | None = None


class FeedUses(msgspec.Struct, frozen=True):
    """What shows a feed, in words."""

    items: list[str]


class FeedController(Controller):
    """JSON from an address, shown in messages."""

    path = "/feeds"
    tags = ("Feeds",)

    @get("/", opt={"right": "templates:read"}, summary="List feeds")
    async def list_feeds(
        self,
        tx: Tx,
        page: PageRequest,
        archived: Annotated[bool, QueryParameter(name="archived", description="Archived ones instead")] = False,
    ) -> Page[Feed]:
        """Return a page of feeds, sorted by name, key, fetched_at or updated_at."""
        return await service.list_feeds(tx, page, archived=archived)

    @post("/", dto=Strict[FeedIn], return_dto=None, opt={"right": "templates:create"}, summary="Make a feed")
    async def create_feed(self, tx: Tx, actor: Actor, data: FeedIn) -> Feed:
        """Store a feed; its address must be one of the public internet, or opened in the settings."""
        return await service.create_feed(tx, actor, given(data))

    @get("/{feed_id:int}", opt={"right": "templates:read"}, summary="Read a feed")
    async def get_feed(self, tx: Tx, feed_id: FromPath[int]) -> Feed:
        """Return a feed, without the values of its headers."""
        return await service.get_feed(tx, feed_id)

    @patch(
        "/{feed_id:int}",
        dto=Strict[FeedPatch],
        return_dto=None,
        opt={"right": "templates:update"},
        summary="Change a feed",
    )
    async def change_feed(self, tx: Tx, actor: Actor, feed_id: FromPath[int], data: FeedPatch) -> Feed:
        """Change a feed; runs that have begun keep what they fetched."""
        return await service.change_feed(tx, actor, feed_id, given(data))

    @delete("/{feed_id:int}", opt={"right": "templates:delete"}, status_code=204, summary="Archive a feed")
    async def archive_feed(self, tx: Tx, actor: Actor, feed_id: FromPath[int]) -> None:
        """Put a feed away; 409 while something shows it."""
        await service.archive_feed(tx, actor, feed_id)

    @post(
        "/{feed_id:int}/restore",
        opt={"right": "templates:update"},
        status_code=200,
        summary="Bring an archived feed back",
    )
    async def restore_feed(self, tx: Tx, actor: Actor, feed_id: FromPath[int]) -> Feed:
        """Bring an archived feed back."""
        return await service.archive_feed(tx, actor, feed_id, archived=False)

    @get("/{feed_id:int}/uses", opt={"right": "templates:read"}, summary="What shows a feed")
    async def uses(self, tx: Tx, feed_id: FromPath[int]) -> FeedUses:
        """Return the templates and fragments that show it."""
        feed = await service.get_feed(tx, feed_id)
        return FeedUses(await service.used_by(tx, feed.key))

    @get("/{feed_id:int}/copy", opt={"right": "templates:read"}, summary="The last good copy of a feed")
    async def copy(self, tx: Tx, feed_id: FromPath[int]) -> FeedCopy:
        """Return what the feed gave last."""
        return await service.copy_of(tx, feed_id)

    @post(
        "/{feed_id:int}/fetch",
        dto=Strict[FeedFetchIn],
        return_dto=None,
        opt={"right": "templates:update"},
        status_code=200,
        summary="Fetch a feed now",
    )
    async def fetch(self, engines: Engines, feed_id: FromPath[int], data: FeedFetchIn) -> FeedAnswer:
        """Ask the address now, keep the answer as the newest copy, and return it, or why there is none."""
        return await service.fetch_now(engines, feed_id, data.database_id, data.profile_id)
