"""Merges and splits as callers see them, and the port that capabilities join them by."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec

from fidelia.platform.http import Body
from fidelia.platform.postgres import Tx

Number = Annotated[int, msgspec.Meta(ge=1, le=2**32 - 1)]
DatabaseNumber = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
MAX_SOURCES = 100
MAX_DESTINATIONS = 20


class Person(msgspec.Struct, frozen=True, order=True):
    """Somebody in a database."""

    database_id: int
    profile_id: int


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A merge as other capabilities take part in it: everything of ``sources`` becomes the destination's.

    ``segments``: whether the destination enters the static segments of the sources. ``triggers``: whether events are
    written. ``actor`` is who does it.
    """

    destination: Person
    sources: tuple[Person, ...]
    segments: bool
    triggers: bool
    actor: str

    @property
    def inside(self) -> list[int]:
        """Return the sources that are in the destination's database."""
        return [s.profile_id for s in self.sources if s.database_id == self.destination.database_id]


#: Moves what a capability keeps about people who are merged, in the same transaction; returns how much by its name.
Merger = Callable[[Tx, Move], Awaitable[Mapping[str, int]]]
MERGERS = "profiles.mergers"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A split as other capabilities take part in it: some orders of ``source`` become the part's; with ``segments`` it
    enters the static segments that the source is in.
    """

    source: Person
    part: Person
    orders: tuple[int, ...]
    segments: bool
    triggers: bool
    actor: str


#: Moves to one part of a split what was chosen, in the same transaction; returns how much by its name.
Splitter = Callable[[Tx, Part], Awaitable[Mapping[str, int]]]
SPLITTERS = "profiles.splitters"


class MergeSource(Body, frozen=True, kw_only=True):
    """Somebody who is merged into another, also of another database."""

    profile_id: Number
    database_id: DatabaseNumber | None = None


class MergeIn(Body, frozen=True, kw_only=True):
    """Who becomes whom. ``sources`` are ids in the same database, or objects that name another one.

    ``data`` sets fields of the result, whatever the profiles had. ``subscriptions`` moves the sources' subscriptions,
    ``history`` their events, ``static_segments`` lets the destination enter the static segments of the sources.
    ``skip_triggers`` writes no events. ``preview`` only shows the result.
    """

    destination: Number
    sources: Annotated[list[Number | MergeSource], msgspec.Meta(min_length=1, max_length=MAX_SOURCES)]
    data: dict[str, Any] = {}
    subscriptions: bool = True
    history: bool = True
    static_segments: bool = False
    skip_triggers: bool = False
    preview: bool = False


class FieldConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A field in which the profiles differ: the value that is kept, and those that are not."""

    field: str
    kept: Any
    dropped: list[DroppedValue]


class DroppedValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value of a source that the result does not have; ``reason`` says why when it could not be carried over."""

    database_id: int
    profile_id: int
    value: Any
    reason: str | None = None


class MergeOut(msgspec.Struct, frozen=True, kw_only=True):
    """The result: the card of the destination, where the profiles differed, and what moved (``orders``, ``events`` …).

    ``already`` are sources that had become the destination before. ``merge_id`` is null in a preview, or when there was
    nothing left to do.
    """

    merge_id: int | None
    profile: dict[str, Any]
    conflicts: list[FieldConflict]
    moved: dict[str, int]
    already: list[Person]
    preview: bool


class SplitPart(Body, frozen=True, kw_only=True):
    """One person whom a profile is split into: somebody who exists (``profile_id``), or a new profile.

    ``fields`` are moved from the source, ``data`` is set; ``subscriptions`` and ``orders`` are the ids of those that
    move.
    """

    profile_id: Number | None = None
    fields: Annotated[list[str], msgspec.Meta(max_length=200)] = []
    data: dict[str, Any] = {}
    subscriptions: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]], msgspec.Meta(max_length=1000)] = []
    orders: Annotated[list[Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]], msgspec.Meta(max_length=10_000)] = []
    former: MergeSource | None = None


class SplitIn(Body, frozen=True, kw_only=True):
    """A profile and whom it is split into. The source stays with what is not moved.

    ``subscriptions`` copies to each part the consent that is not moved, ``history`` a copy of the events,
    ``static_segments`` lets the parts enter the source's static segments.
    """

    source: Number
    destinations: Annotated[list[SplitPart], msgspec.Meta(min_length=1, max_length=MAX_DESTINATIONS)]
    subscriptions: bool = False
    history: bool = False
    static_segments: bool = False
    skip_triggers: bool = False


class SplitOut(msgspec.Struct, frozen=True, kw_only=True):
    """The source and the parts as they are now."""

    split_id: int
    source: dict[str, Any]
    parts: list[dict[str, Any]]
    moved: dict[str, int]


class MergedFrom(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whom a profile was merged from: the values they had, when, and by whom."""

    database_id: int
    profile_id: int
    merge_id: int
    merged_at: datetime
    actor: str
    history: bool
    before: dict[str, Any]


class DuplicateGroup(msgspec.Struct, frozen=True, kw_only=True):
    """People who share an address or a number."""

    kind: str
    value: str
    count: int
    profiles: list[dict[str, Any]]
