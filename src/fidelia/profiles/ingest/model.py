"""What goes into the upsert engine and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from pyroaring import BitMap

Mode = Literal["upsert", "add", "update"]
Status = Literal["created", "updated", "unchanged", "rejected"]

#: How much a status allows; an import or upsert never goes up unless it is asked to.
CONSENT = {
    "subscribed": 3,
    "unconfirmed": 2,
    "suspended": 1,
    "unsubscribed": 0,
    "bounced": 0,
    "complained": 0,
    "deleted": 0,
}
#: The key of an item that asks for subscriptions.
SUBSCRIPTIONS = "subscriptions"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are matched and written.

    ``matching``: a mode of ``profiles.matching`` or the name of a field; ``field`` and ``resource_id`` belong to it.
    ``mode``: ``upsert`` adds and changes, ``add`` only adds, ``update`` only changes. ``raise_consent``: whether a
    status may become more permissive than it is. ``source`` and ``import_id`` go into the history. ``expects_new`` says
    that most rows are about new people, so that one look for them, under the lock, is enough.
    """

    matching: str = "email"
    field: str | None = None
    resource_id: int | None = None
    mode: Mode = "upsert"
    raise_consent: bool = False
    source: str = "api"
    import_id: int | None = None
    expects_new: bool = False


class RowError(msgspec.Struct, frozen=True):
    """Why a row was not taken, or a part of it: ``field`` is empty for the row as a whole."""

    row: int
    field: str
    message: str
    value: str = ""
    is_kept_consent: bool = False


class SubscriptionChange(msgspec.Struct, frozen=True):
    """A subscription that row ``row`` asks for; without a ``contact`` the profile's own address or number is taken."""

    row: int
    resource: int
    channel: str
    status: str
    contact: str | None = None
    priority: int | None = None


class Batch(msgspec.Struct, kw_only=True):
    """Rows that are valid by themselves, each key once, ready to be written. Travels between processes.

    All lists run in parallel with ``rows``, the numbers by which the caller knows the rows. ``keys`` are what is
    matched by; ``tails`` are the COPY texts of ``columns`` (names of fields), in which NULL leaves a value alone;
    ``clears`` are the positions in ``columns`` that become empty. ``statuses`` stand apart: consent has its own rules.
    ``uniques`` are the values of unique fields other than the key; ``lists`` all items of a key field that is a list;
    ``lacking`` the required fields that a new profile would not have.
    """

    columns: list[str]
    rows: list[int] = []
    keys: list[Any] = []
    tails: list[str] = []
    clears: list[list[int]] | None = None
    statuses: list[str | None] | None = None
    uniques: dict[str, list[Any]] = {}
    lists: list[list[str] | None] | None = None
    lacking: list[str] | None = None
    rejected: list[RowError] = []
    superseded: list[tuple[int, int]] = []
    subscriptions: list[SubscriptionChange] = []
    #: Rows that would change fields which are yet to be made; only a dry run has such.
    changing: list[int] = []


class Outcome(msgspec.Struct, kw_only=True):
    """What became of a batch: for each of ``rows`` its status and its profile (0: none)."""

    rows: Sequence[int] = ()
    statuses: list[Status] = []
    profiles: list[int] = []
    rejected: list[RowError] = []
    superseded: list[tuple[int, int]] = []
    notes: list[RowError] = []
    created: BitMap = msgspec.field(default_factory=BitMap)
    updated: BitMap = msgspec.field(default_factory=BitMap)
    unchanged: BitMap = msgspec.field(default_factory=BitMap)

    def count_as_updated(self, place: int) -> None:
        """Turn the unchanged row at a place into an updated one."""
        profile = self.profiles[place]
        self.statuses[place] = "updated"
        self.unchanged.discard(profile)
        self.updated.add(profile)

    def reject(self, place: int, error: RowError) -> None:
        """Turn the row at a place into a rejected one."""
        self.updated.discard(self.profiles[place])
        self.unchanged.discard(self.profiles[place])
        self.statuses[place], self.profiles[place] = "rejected", 0
        self.rejected.append(error)

    @property
    def results(self) -> dict[int, tuple[Status, int]]:
        """Return status and profile by row."""
        return {row: (s, p) for row, s, p in zip(self.rows, self.statuses, self.profiles, strict=True)}

    @property
    def touched(self) -> BitMap:
        """Return everybody whom a row of the batch was about."""
        return self.created | self.updated | self.unchanged


def rows_of(errors: Iterable[RowError]) -> set[int]:
    """Return the numbers of the rows that have an error."""
    return {error.row for error in errors}
