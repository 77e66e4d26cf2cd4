"""Outgoing hooks as frozen values: what is set up, what is sent, what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

Kind = Literal["live", "replay", "test"]
State = Literal["waiting", "delivered", "failed", "dropped", "skipped"]
PausedBy = Literal["person", "gone", "failing"]
Op = Literal["eq", "ne", "contains", "gt", "gte", "lt", "lte", "is_present", "is_missing"]
_Ids = Annotated[list[int], msgspec.Meta(max_length=200)]


class PropertyRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a property of an event must be; ``value`` is not used by ``is_present`` and ``is_missing``."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    op: Op
    value: str | int | float | bool | None = None


class HookFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Only events that name one of these, and whose properties are so; an empty list filters nothing."""

    resources: list[int]
    mailings: list[int]
    templates: list[int]
    segments: list[int]
    properties: list[PropertyRule]


class HookFiltersIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Only events that name one of these, and whose properties are so; what is left out filters nothing."""

    resources: _Ids = []
    mailings: _Ids = []
    templates: _Ids = []
    segments: _Ids = []
    properties: Annotated[list[PropertyRule], msgspec.Meta(max_length=10)] = []


class Hook(msgspec.Struct, frozen=True, kw_only=True):
    """An outgoing hook: where which events go, and how the receiver does. Secrets are never shown.

    ``types`` empty: all. ``paused_by`` says why it does not send: a ``person``, the receiver answered 410 (``gone``),
    or it could not be reached for 24 hours (``failing``). ``waiting`` are events, the oldest since ``oldest_at``.
    """

    id: int
    name: str
    url: str
    allow_http: bool
    active: bool
    paused_by: PausedBy | None
    paused_at: datetime | None
    database_id: int | None
    types: list[str]
    filters: HookFilters
    header_names: list[str]
    custom_data: dict[str, Any]
    batch_size: int
    max_delay: int
    old_secret_until: datetime | None
    attempts: int
    failing_since: datetime | None
    trouble: str | None
    next_at: datetime
    delivered_at: datetime | None
    delivered_events: int
    dropped_events: int
    waiting: int
    oldest_at: datetime | None
    created_at: datetime
    updated_at: datetime


class HookSecret(msgspec.Struct, frozen=True):
    """A hook with the secret that signs its requests: it is shown this once. The one before holds until then."""

    hook: Hook
    secret: str
    previous_until: datetime | None


class HookProfile(msgspec.Struct, frozen=True):
    """Whose event it is, as the profile stands when it is sent; nulls for who does not exist any more."""

    id: int
    external_id: str | None
    email: str | None


class HookEvent(msgspec.Struct, frozen=True):
    """An event as a receiver gets it. ``id`` is the same however often it is sent."""

    id: str
    type: str
    at: str
    database: int
    profile: HookProfile
    properties: dict[str, Any]


class HookMessage(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a request. ``id`` is the header ``webhook-id``: the same over all tries of a delivery."""

    id: str
    type: Literal["events"]
    timestamp: str
    kind: Kind
    attempt: int
    hook: int
    custom_data: dict[str, Any]
    events: list[HookEvent]


class HookDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """One request of the log, or one that waits: ``attempts`` tries, and what the last one gave."""

    id: int
    hook_id: int
    message_id: str
    kind: Kind
    state: State
    database_id: int | None
    rows: int
    attempts: int
    created_at: datetime
    due_at: datetime
    tried_at: datetime | None
    duration_ms: int | None
    status: int | None
    response: str | None
    error: str | None


class HookDeliveryDetail(HookDelivery, frozen=True, kw_only=True):
    """A delivery with the body that was sent the last time; null when none was, or it is not kept any more."""

    url: str
    body: str | None


class Held(msgspec.Struct, frozen=True):
    """An event that waits, as it lies in the queue."""

    id: str
    type: str
    at: str
    profile: int
    properties: dict[str, Any]


class Claimed(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that is being tried."""

    id: int
    message_id: str
    kind: Kind
    database_id: int | None
    rows: int
    attempt: int
    events: list[Held]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a try gave: a status, or the words why there is none."""

    status: int | None
    response: str | None
    error: str | None
    retry_after: float | None
    duration_ms: int

    @property
    def delivered(self) -> bool:
        """Tell whether the receiver took it."""
        return self.status is not None and 200 <= self.status < 300
