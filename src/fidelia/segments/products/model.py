"""What others see of product segments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from fidelia.conditions import Condition, NodeCount, TextSpan
from fidelia.platform.schedules import DaySchedule, RunState

Entity = Literal["product", "sku"]
ProductSegmentType = Literal["static", "updatable"]
RunSource = Literal["hand", "api", "schedule"]
ENTITIES: tuple[Entity, ...] = ("product", "sku")
#: The word for one and for several.
WORDS: dict[Entity, tuple[str, str]] = {"product": ("product", "products"), "sku": ("SKU", "SKUs")}

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Description = Annotated[str, msgspec.Meta(max_length=2_000)]
Most = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class ProductSchedule(DaySchedule, frozen=True, forbid_unknown_fields=True):
    """When an updatable product segment is filled again: every day, or only on some ``weekdays``, ``at`` a time.

    Without ``timezone`` UTC counts: the catalogue belongs to no database. After the day ``until`` nothing runs.
    """


class ProductSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment of products or SKUs. ``size`` is how many there are on its list.

    ``active`` is false while its schedule rests; ``limit`` keeps so many at most, in a fixed random order.
    """

    id: int
    entity: Entity
    name: str
    description: str
    type: ProductSegmentType
    condition: Condition | None
    limit: int | None
    schedule: ProductSchedule | None
    active: bool
    next_run_at: datetime | None
    size: int
    calculated_at: datetime | None
    version: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ProductSegmentRun(msgspec.Struct, frozen=True, kw_only=True):
    """One filling by the rules: who asked for it, how long it took, how many came and went."""

    id: int
    segment_id: int
    state: RunState
    source: RunSource
    actor: str
    job_id: str | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    took_ms: int | None
    size: int | None
    entered: int | None
    left: int | None
    error: str | None


class ProductSegmentChange(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a static list; ``size`` is what it had after."""

    id: int
    segment_id: int
    at: datetime
    action: Literal["add", "remove", "clear"]
    source: RunSource
    actor: str
    entered: int
    left: int
    size: int


class ProductSegmentDetail(ProductSegment, frozen=True, kw_only=True):
    """A product segment with its rules in words, what is wrong with them by now, who uses it, and its runs."""

    sentence: str
    spans: tuple[TextSpan, ...]
    problems: tuple[str, ...]
    used_by: tuple[str, ...]
    open_run: ProductSegmentRun | None
    last_run: ProductSegmentRun | None


class ProductCard(msgspec.Struct, frozen=True, kw_only=True):
    """A product or SKU as a picture grid shows it. ``product_id`` is the product's, also of a SKU."""

    id: int
    product_id: int
    external_id: str
    name: str
    brand: str | None
    category: str | None
    price: str | None
    currency: str | None
    image_url: str | None
    status: str


class ProductCalculation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a condition on products. ``matched`` is before the limit, ``total`` the whole catalogue."""

    count: int
    matched: int
    total: int | None
    preview: list[ProductCard]
    nodes: list[NodeCount] | None
    sentence: str
    spans: tuple[TextSpan, ...]
    as_of: datetime
    took_ms: int


class ProductsAdded(msgspec.Struct, frozen=True):
    """What became of products that were named; ``unknown`` are ids or external ids of nothing."""

    added: int
    already: int
    unknown: list[str]
    size: int


class ProductsRemoved(msgspec.Struct, frozen=True):
    """How many were taken off, and how many of those named were not on it."""

    removed: int
    absent: int
    size: int
