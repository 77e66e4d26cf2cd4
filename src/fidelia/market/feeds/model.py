"""Feeds as callers see them: where products come from, when, what becomes of them, and each run."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from fidelia.platform.http import Body
from fidelia.platform.schedules import RepeatedSchedule, RunState

from ..model import FieldType, Mode
from .reading.model import FeedFormat

RunSource = Literal["hand", "api", "schedule"]
FeedEntity = Literal["products", "skus"]
CategoryChoice = Literal["add", "overwrite", "ignore"]
UnknownChoice = Literal["keep", "create", "ignore", "refuse"]
Stage = Literal["fetch", "read", "categories", "products", "skus"]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=8_000)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
StopAfter = Annotated[int, msgspec.Meta(ge=1, le=100)]
FileKey = Annotated[str, msgspec.Meta(pattern="^feeds/[a-z0-9]{8,64}$")]


class FeedFile(Body, frozen=True, kw_only=True, tag_field="kind", tag="file"):
    """A file that was uploaded; ``name`` is what it was called."""

    name: Annotated[str, msgspec.Meta(max_length=200)]


class FeedAddress(Body, frozen=True, kw_only=True, tag_field="kind", tag="url"):
    """A file at an address.

    ``auth`` says how to sign in: ``basic`` with ``username``, ``bearer``, or the secret as the value of the ``header``
    that is named. The secret itself is never part of a source.
    """

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    auth: Literal["none", "basic", "bearer", "header"] = "none"
    username: Annotated[str, msgspec.Meta(max_length=200)] = ""
    header: Annotated[str, msgspec.Meta(max_length=100)] = ""


FeedSource = FeedFile | FeedAddress


class MarketFeedMapping(Body, frozen=True, kw_only=True):
    """Where an element or parameter of offers goes: a field of products, ``property.<key>``, or nowhere (null)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    field: Annotated[str, msgspec.Meta(min_length=1, max_length=120)] | None


class MarketFeedSchedule(RepeatedSchedule, frozen=True, forbid_unknown_fields=True):
    """When a feed is loaded: every day or only on some ``weekdays``, ``at`` a time of day.

    With ``every_hours`` again and again from then until the day ends. Without ``timezone`` UTC counts.
    """


class UnknownField(msgspec.Struct, frozen=True, kw_only=True):
    """Something that offers tell and no field is there for. ``type`` is what all its values look like."""

    key: str
    name: str
    type: FieldType
    examples: list[str]
    offers: int


class MarketFeedReason(msgspec.Struct, frozen=True, kw_only=True):
    """How many offers were refused for the same reason in the same field."""

    field: str
    reason: str
    offers: int


class RejectedOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that was refused: at which line it begins, in which field, and why."""

    id: int
    line: int
    offer: str
    field: str
    value: str
    reason: str


class MarketFeedRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. The counts add up to ``offers``; ``skipped`` are those that the feed's mode leaves alone.

    ``products`` and ``skus`` are how many of each were written or found the same, ``category_count`` those of the tree.
    """

    id: int
    feed_id: int
    state: RunState
    source: RunSource
    actor: str
    job_id: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stage: Stage
    format: FeedFormat | None
    size: int | None
    offers: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    rejected: int
    products: int
    skus: int
    category_count: int
    unknown: list[UnknownField]
    reasons: list[MarketFeedReason]
    note: str | None
    error: str | None


class RunRow(MarketFeedRun, frozen=True, kw_only=True):
    """A run as it is stored; ``position`` is the last item of the stage that is written."""

    force: bool
    version: int
    position: int
    file_key: str | None
    etag: str | None
    last_modified: str | None
    content_hash: str | None
    categories: list[tuple[str, str, str | None]]


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it is stored. ``secret`` is encrypted."""

    id: int
    name: str
    active: bool
    source: FeedSource
    secret: str | None
    file_key: str | None
    format: FeedFormat | None
    entity: FeedEntity
    mode: Mode
    currency: str | None
    mapping: list[MarketFeedMapping]
    categories: CategoryChoice
    unknown: UnknownChoice
    skip_unchanged: bool
    stop_after: int
    schedule: MarketFeedSchedule | None
    next_run_at: datetime | None
    failures: int
    stopped: str | None
    etag: str | None
    last_modified: str | None
    content_hash: str | None
    version: int
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def link(self) -> str:
        """The page of it."""
        return f"/market/feeds/{self.id}"


class MarketFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed. ``failures`` counts runs that failed in a row; ``stopped`` tells why it was switched off.

    ``mode``: all offers, only new ones (``add``) or only known ones (``update``). ``categories``: new ones are added,
    names and places follow the feed (``overwrite``), or the tree is left alone. ``unknown``: parameters that no field
    is there for are kept as they are, get a typed field (``create``), are left out, or stop the run (``refuse``).
    """

    id: int
    name: str
    active: bool
    source: FeedSource
    secret_set: bool
    format: FeedFormat | None
    entity: FeedEntity
    mode: Mode
    currency: str | None
    mapping: list[MarketFeedMapping]
    categories: CategoryChoice
    unknown: UnknownChoice
    skip_unchanged: bool
    stop_after: int
    schedule: MarketFeedSchedule | None
    next_run_at: datetime | None
    failures: int
    stopped: str | None
    open_run: MarketFeedRun | None
    last_run: MarketFeedRun | None
    version: int
    created_by: str
    created_at: datetime
    updated_at: datetime


class UploadedFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was taken in; ``file`` names it to who makes a feed of it, within a day."""

    file: str
    name: str
    size: int
    format: FeedFormat


class FeedName(msgspec.Struct, frozen=True, kw_only=True):
    """What the first offers tell: ``field`` is where it goes, null for nowhere; ``known``: there is such a field."""

    name: str
    field: str | None
    known: bool
    examples: list[str]
    offers: int


class PreviewOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer as it would be loaded."""

    line: int
    id: str
    group: str | None
    name: str | None
    brand: str | None
    category: str | None
    price: str | None
    old_price: str | None
    currency: str | None
    picture: str | None
    available: bool | None
    properties: dict[str, str | list[str]]


class MarketFeedPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The first offers of a feed; nothing is stored. ``whole`` is false when only the beginning was fetched."""

    format: FeedFormat
    names: list[FeedName]
    offers: list[PreviewOffer]
    rejected: list[RejectedOffer]
    size: int
    whole: bool
