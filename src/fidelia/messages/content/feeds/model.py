"""What others see of feeds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

#: What happens when it cannot be fetched: nobody gets a message without it, the last good copy, nothing in its place.
OnFailure = Literal["block", "last", "empty"]


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """JSON from an address, shown in messages as ``feeds.<key>``.

    ``personal``: values of the recipient stand in the address, so that it is fetched for each of them. A copy is as
    good as new for ``cache_minutes``. ``size`` is that of the last good copy in bytes; ``used_by`` counts templates.
    """

    id: int
    key: str
    name: str
    description: str
    url: str
    personal: bool
    header_names: list[str]
    cache_minutes: int
    timeout_seconds: int
    on_failure: OnFailure
    size: int | None
    used_by: int
    fetched_at: datetime | None
    failed_at: datetime | None
    error: str | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it is fetched; ``headers`` are still encrypted."""

    id: int
    key: str
    name: str
    url: str
    personal: bool
    headers: str | None
    cache_minutes: int
    timeout_seconds: int
    on_failure: OnFailure
    archived_at: datetime | None


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A good answer, as compact JSON."""

    body: bytes
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None


class FeedCopy(msgspec.Struct, frozen=True, kw_only=True):
    """The last good copy of a feed; ``fetched_at`` null: there is none yet."""

    value: Any
    size: int
    fetched_at: datetime | None


class FeedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed gave just now: its value, or why there is none. ``url`` is the address that was asked."""

    url: str
    value: Any
    size: int
    took_ms: int
    error: str | None
