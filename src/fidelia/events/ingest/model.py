"""What goes into ingest and what comes out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from fidelia.access import Actor


class Reject(msgspec.Struct, frozen=True):
    """An event that was not taken: its ``index`` in the request, and why."""

    index: int
    reason: str


class EventsResult(msgspec.Struct, frozen=True):
    """What became of a batch. ``duplicates`` had an id that was seen in the last seven days."""

    accepted: int
    duplicates: int
    rejected: list[Reject]


class Incoming(msgspec.Struct):
    """An event that is right by itself. Either ``profile`` or ``match`` (field, value) says whose it is."""

    index: int
    type: str
    at: datetime
    properties: dict[str, Any]
    id: str
    hash: bytes | None
    profile: int = 0
    match: tuple[str, Any] | None = None
    create: bool = False


class Submission(msgspec.Struct):
    """The events of one request."""

    database: int
    actor: Actor
    events: list[Incoming]
    rejected: list[Reject]
    received_at: datetime
