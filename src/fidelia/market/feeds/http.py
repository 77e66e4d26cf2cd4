"""Routes of feeds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import anyio.to_thread
from litestar import Controller, Request, delete, get, patch, post
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import UNSET, UnsetType

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.http import Body, Strict, csv_file
from fidelia.platform.postgres import Tx

from ..model import Mode
from . import fetching, running, service, store, trying
from .model import (
    CategoryChoice,
    Currency,
    FeedEntity,
    FeedSource,
    FileKey,
    MarketFeed,
    MarketFeedMapping,
    MarketFeedPreview,
    MarketFeedRun,
    MarketFeedSchedule,
    Name,
    RejectedOffer,
    Secret,
    StopAfter,
    UnknownChoice,
    UploadedFeed,
)
from .reading import FeedFormat, detect

_NOT_DEFINITION = ("secret", "file", "version")
_AT_ONCE = 1_000
_HEADER = ("line", "offer", "field", "value", "reason")


class MarketFeedIn(Body, frozen=True, kw_only=True):
    """A new feed. ``file`` is what an upload was answered with; ``secret`` is stored encrypted and never shown again.

    Without ``format`` it is found out at each run. ``currency`` is of prices that name none.
    """

    name: Name
    source: FeedSource
    secret: Secret | None = None
    file: FileKey | None = None
    format: FeedFormat | None = None
    entity: FeedEntity = "products"
    mode: Mode = "upsert"
    currency: Currency | None = None
    mapping: list[MarketFeedMapping] = []
    categories: CategoryChoice = "add"
    unknown: UnknownChoice = "keep"
    skip_unchanged: bool = True
    stop_after: StopAfter = 5
    schedule: MarketFeedSchedule | None = None
    active: bool = True


class MarketFeedPatch(Body, frozen=True, kw_only=True):
    """What to change; what is not sent stays. ``secret`` must be sent again when the source leads to another server."""

    name: Name | UnsetType = UNSET
    source: FeedSource | UnsetType = UNSET
    secret: Secret | UnsetType | None = UNSET
    file: FileKey | UnsetType = UNSET
    format: FeedFormat | UnsetType | None = UNSET
    entity: FeedEntity | UnsetType = UNSET
    mode: Mode | UnsetType = UNSET
    currency: Currency | UnsetType | None = UNSET
    mapping: list[MarketFeedMapping] | UnsetType = UNSET
    categories: CategoryChoice | UnsetType = UNSET
    unknown: UnknownChoice | UnsetType = UNSET
    skip_unchanged: bool | UnsetType = UNSET
    stop_after: StopAfter | UnsetType = UNSET
    schedule: MarketFeedSchedule | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    version: int | UnsetType = UNSET


class MarketFeedLook(Body, frozen=True, kw_only=True):
    """A source to be looked at. ``feed`` names a stored one whose secret or file is used when none is sent."""

    source: FeedSource
    secret: Secret | UnsetType | None = UNSET
    file: FileKey | None = None
    feed: int | None = None
    format: FeedFormat | None = None
    mapping: list[MarketFeedMapping] = []
    currency: Currency | None = None


class MarketFeedCopy(Body, frozen=True):
    """What the copy is called."""

    name: Name


class MarketFeedStart(Body, frozen=True):
    """How to run: ``force`` loads also what has not changed since it was loaded last."""

    force: bool = False


class MarketFeedController(Controller):
    """Feeds of products."""

    path = "/market/feeds"
    tags = ("Feeds",)

    @get("/", opt={"right": "market:read"}, summary="List feeds")
    async def pages(self, tx: Tx, page: PageRequest) -> Page[MarketFeed]:
        """Return a page; sort by name, created_at or next_run_at."""
        return await service.pages(tx, page)

    @post("/", dto=Strict[MarketFeedIn], return_dto=None, opt={"right": "market:create"}, summary="Make a feed")
    async def create(self, tx: Tx, actor: Actor, data: MarketFeedIn) -> MarketFeed:
        """Return what was made; it is loaded when its time comes, or by ``…/run``."""
        values = {f: getattr(data, f) for f in data.__struct_fields__ if f not in _NOT_DEFINITION}
        return await service.create(tx, actor, service.Definition(**values), data.secret, data.file)

    @post(
        "/files",
        status_code=201,
        opt={"right": "market:create"},
        request_max_body_size=None,
        summary="Upload the file of a feed",
    )
    async def upload(self, request: Request[Any, Any, Any], engines: Engines) -> UploadedFeed:
        """Take the part ``file`` of a form: XML or a table, plain or in one .zip, .gz or .tar.gz."""
        files = Files(engines.files)
        form = await profiles.receive_upload(request, files, engines.settings.limits.file_bytes, fetching.AREA)
        try:
            format = await anyio.to_thread.run_sync(detect, files.path(form.file_key))
        except BaseException:
            await anyio.to_thread.run_sync(files.delete, form.file_key)
            raise
        return UploadedFeed(file=form.file_key, name=form.file_name, size=form.size, format=format)

    @post(
        "/preview",
        dto=Strict[MarketFeedLook],
        return_dto=None,
        status_code=200,
        opt={"right": "market:create"},
        summary="Look at the first offers of a source",
    )
    async def preview(self, engines: Engines, data: MarketFeedLook) -> MarketFeedPreview:
        """Return what the first offers tell and where it would go; nothing is stored. It takes 20 seconds at most."""
        wish = trying.Look(
            source=data.source,
            secret=data.secret,
            feed_id=data.feed,
            file=data.file,
            format=data.format,
            mapping=data.mapping,
            currency=data.currency,
        )
        return await trying.look(engines, wish)

    @get("/{feed_id:int}", opt={"right": "market:read"}, summary="Read a feed")
    async def one(self, tx: Tx, feed_id: FromPath[int]) -> MarketFeed:
        """Return a feed without its secret."""
        return await service.read(tx, feed_id)

    @patch(
        "/{feed_id:int}",
        dto=Strict[MarketFeedPatch],
        return_dto=None,
        opt={"right": "market:update"},
        summary="Change a feed, or switch it on or off",
    )
    async def change(self, tx: Tx, actor: Actor, feed_id: FromPath[int], data: MarketFeedPatch) -> MarketFeed:
        """Return the changed feed."""
        changes = {
            f: value
            for f in data.__struct_fields__
            if f not in _NOT_DEFINITION and (value := getattr(data, f)) is not UNSET
        }
        return await service.change(
            tx, actor, feed_id, changes, secret=data.secret, file=data.file, version=data.version
        )

    @delete("/{feed_id:int}", opt={"right": "market:delete"}, summary="Delete a feed; products stay")
    async def remove(self, tx: Tx, actor: Actor, feed_id: FromPath[int]) -> None:
        """Forget a feed with the history of its runs."""
        await service.delete(tx, actor, feed_id)

    @post(
        "/{feed_id:int}/copy",
        dto=Strict[MarketFeedCopy],
        return_dto=None,
        status_code=201,
        opt={"right": "market:create"},
        summary="Make another feed of the same settings",
    )
    async def copy(self, tx: Tx, actor: Actor, feed_id: FromPath[int], data: MarketFeedCopy) -> MarketFeed:
        """Return the copy, which is switched off."""
        return await service.copy(tx, actor, feed_id, data.name)

    @post(
        "/{feed_id:int}/run",
        dto=Strict[MarketFeedStart],
        return_dto=None,
        status_code=202,
        opt={"right": "market:update"},
        summary="Load a feed now",
    )
    async def run(self, tx: Tx, actor: Actor, feed_id: FromPath[int], data: MarketFeedStart) -> MarketFeedRun:
        """Return the run; its job fetches, reads and writes."""
        return await running.start(tx, actor, feed_id, force=data.force)

    @post(
        "/{feed_id:int}/cancel", status_code=200, opt={"right": "market:update"}, summary="Stop the run that is at work"
    )
    async def cancel(self, tx: Tx, feed_id: FromPath[int]) -> MarketFeedRun:
        """Return the run; offers that are written stay."""
        return await running.cancel(tx, feed_id)

    @get("/{feed_id:int}/runs", opt={"right": "market:read"}, summary="List the runs of a feed, newest first")
    async def runs(self, tx: Tx, page: PageRequest, feed_id: FromPath[int]) -> Page[MarketFeedRun]:
        """Return a page of runs."""
        return await service.runs(tx, page, feed_id)


class MarketFeedRunController(Controller):
    """One run of a feed, and its report."""

    path = "/market/feed-runs/{run_id:int}"
    tags = ("Feeds",)

    @get("/", opt={"right": "market:read"}, summary="Read a run of a feed")
    async def one(self, tx: Tx, run_id: FromPath[int]) -> MarketFeedRun:
        """Return the run with its counts; they add up to the offers of the file."""
        return await _found(tx, run_id)

    @get("/rejected", opt={"right": "market:read"}, summary="List the offers that a run refused")
    async def rejected(self, tx: Tx, page: PageRequest, run_id: FromPath[int]) -> Page[RejectedOffer]:
        """Return a page of refused offers with line and reason; kept for 90 days."""
        await _found(tx, run_id)
        return await store.rejected(tx, run_id, page)

    @get("/rejected.csv", opt={"right": "market:read"}, summary="Download the offers that a run refused")
    async def rejected_csv(self, tx: Tx, engines: Engines, run_id: FromPath[int]) -> Stream:
        """Return a CSV of line, offer, field, value, reason."""
        await _found(tx, run_id)
        return csv_file(f"feed-run-{run_id}-rejected.csv", _csv(engines, run_id))


async def _found(tx: Tx, run_id: int) -> MarketFeedRun:
    run = await store.RUNS.find(tx, run_id) if 0 < run_id < 2**63 else None
    if run is None:
        raise not_found("Run", run_id)
    return store.as_run(run)


async def _csv(engines: Engines, run_id: int) -> AsyncIterator[bytes]:
    """Read some at a time, each in a transaction of its own: a slow reader must not hold one open."""
    yield b"\xef\xbb\xbf" + profiles.files.csv_line(_HEADER).encode()
    last = 0
    while True:
        async with engines.tx() as tx:
            found = await store.rejected_after(tx, run_id, last, _AT_ONCE)
        if not found:
            return
        last = found[-1].id
        yield "".join(profiles.files.csv_line([getattr(r, name) for name in _HEADER]) for r in found).encode()
