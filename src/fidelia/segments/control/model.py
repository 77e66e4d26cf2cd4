"""What others see of global control groups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from ..model import RunState, SegmentSchedule, Source

Side = Literal["control", "rest", "waiting"]
Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=40, pattern=r"^[a-z][a-z_]*$")]
Value = str | int | float | bool


class StratumList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that make one stratum together, with words for people."""

    values: list[Value]
    name: str = ""


class StratumRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Numbers or days from one (included) to another (not included); null leaves an end open."""

    from_: str | int | float | None = None
    to: str | int | float | None = None
    name: str = ""


class StratumField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field that people are divided by: into ``lists`` of values or ``ranges``.

    With neither, each option of a choice or yes/no field is a part of its own. Who has no value makes a part, and so
    do values that no list or range holds.
    """

    field: str
    lists: list[StratumList] = []
    ranges: list[StratumRange] = []


class Activity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that reaches the control group all the same, such as a mailing: its kind and id."""

    kind: Kind
    id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class StratumOut(msgspec.Struct, frozen=True, kw_only=True):
    """One stratum: people assigned to it, its exact share of the group, and who it gives."""

    key: str
    label: str
    people: int
    expected: float
    control: int
    added: int = 0


class ControlWarning(msgspec.Struct, frozen=True, kw_only=True):
    """Something that makes the comparison worse, in words; ``stratum`` names the part of the database it is about."""

    kind: str
    message: str
    stratum: str | None = None


class ControlRun(msgspec.Struct, frozen=True, kw_only=True):
    """One build or refresh: who came in, and how each stratum stood after it."""

    id: int
    state: RunState
    source: Source
    actor: str
    job_id: str | None
    queued_at: datetime
    finished_at: datetime | None
    took_ms: int | None
    people: int | None
    target: int | None
    size: int | None
    joined: int | None
    entered: int | None
    strata: list[StratumOut]
    warnings: list[ControlWarning]
    error: str | None


class ControlGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The global control group of a database.

    ``size`` of ``people`` assigned are kept back; ``waiting`` came to the database since and are assigned at the next
    refresh. ``active`` is false while it is switched off: everybody is written to, and the list stays as it is.
    ``parts`` and ``warnings`` are as of the last refresh; ``open_run`` waits or works.
    """

    id: int
    database_id: int
    active: bool
    percent: float
    cap: int | None
    strata: list[StratumField]
    exceptions: list[Activity]
    schedule: SegmentSchedule | None
    next_refresh_at: datetime | None
    started_at: datetime | None
    switched_off_at: datetime | None
    active_since: datetime
    size: int
    people: int
    waiting: int
    parts: list[StratumOut]
    warnings: list[ControlWarning]
    open_run: ControlRun | None
    last_run: ControlRun | None
    version: int
    created_at: datetime
    updated_at: datetime


class ControlPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a group would be as things stand: nothing is changed. ``detectable`` is for a rate of 5 %, in points."""

    people: int
    size: int
    target: int
    parts: list[StratumOut]
    warnings: list[ControlWarning]
    detectable: float | None


class ControlPlace(msgspec.Struct, frozen=True, kw_only=True):
    """On which side a person stands: ``waiting`` until the next refresh. ``since`` is when it was decided."""

    database_id: int
    profile_id: int
    active: bool
    side: Side
    stratum: str | None
    since: datetime | None


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """The row of a group, as it is stored."""

    id: int
    database_id: int
    active: bool
    share: int
    cap: int | None
    strata: list[StratumField]
    exceptions: list[Activity]
    schedule: SegmentSchedule | None
    next_refresh_at: datetime | None
    salt: str
    started_at: datetime | None
    switched_off_at: datetime | None
    active_since: datetime
    epoch: int
    size: int
    people: int
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def percent(self) -> float:
        """The share in percent."""
        return self.share / 10_000


#: How a group is told in the audit log.
Picture = dict[str, Any]
