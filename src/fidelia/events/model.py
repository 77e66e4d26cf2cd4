"""What callers see of history and types."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from .catalogue import Group, PropertyType


class HistoryItem(msgspec.Struct, frozen=True, kw_only=True):
    """An event as people read it: ``text`` is a plain sentence, ``properties`` are the data."""

    id: str
    type: str
    at: datetime
    profile: int
    group: Group
    text: str
    properties: dict[str, Any]


class HistoryType(msgspec.Struct, frozen=True):
    """How many events of a type."""

    type: str
    label: str
    count: int


class HistoryGroup(msgspec.Struct, frozen=True):
    """A filter of the history with its types and counts."""

    group: Group
    label: str
    count: int
    types: list[HistoryType]


class HistoryPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a profile's history, newest first; ``groups`` count everything, whatever is filtered.

    ``complete`` is false while so much waits to be moved that the newest events may be missing.
    """

    items: list[HistoryItem]
    next_cursor: str | None
    total: int
    groups: list[HistoryGroup]
    complete: bool = True


class EventProperty(msgspec.Struct, frozen=True, kw_only=True):
    """A property of a type: declared (checked when an event comes in) or seen in events."""

    name: str
    type: PropertyType
    label: str
    declared: bool


class EventTypeUsage(msgspec.Struct, frozen=True):
    """What names a type: ``segment Lapsed``, ``mailing Welcome``, ``hook Warehouse``."""

    used_by: list[str]


class EventTypeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A type of event. Built-in ones have no ``id`` and cannot be changed.

    ``count``, those of the last 7 and 30 days and ``last_seen_at`` are null when they cannot be told at the moment.
    """

    id: int | None
    database_id: int
    name: str
    label: str
    description: str
    group: Group
    builtin: bool
    declared: bool
    properties: list[EventProperty]
    count: int | None
    count_7d: int | None
    count_30d: int | None
    last_seen_at: datetime | None
    archived_at: datetime | None
