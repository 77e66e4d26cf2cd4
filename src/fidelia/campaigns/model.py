"""What others see of campaigns, as frozen values."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

import msgspec

from fidelia.segments import ControlWarning, StratumField, StratumOut

State = Literal["draft", "building", "active", "completed"]
ActivityKind = Literal["mailing", "scenario"]
#: By what an activity widens the audience: by whom it is launched to, or by what people do with its messages.
Widening = Literal["audience", "opened", "clicked", "goal", "order"]
#: How somebody came in.
Source = Literal["segment", "audience", "opened", "clicked", "goal", "order"]
Side = Literal["test", "control"]
RunState = Literal["queued", "running", "done", "failed", "cancelled"]
INTERACTIONS = ("opened", "clicked", "goal", "order")


class LocalControl(msgspec.Struct, frozen=True, kw_only=True):
    """The local control group: ``size`` people are kept back at present. ``cap`` is the most there may be."""

    percent: float
    cap: int | None
    strata: list[StratumField]
    size: int
    since: datetime | None


class CampaignRun(msgspec.Struct, frozen=True, kw_only=True):
    """One build or refresh: ``joined`` were assigned, ``kept_back`` of them to the control group, ``gone`` left."""

    id: int
    state: RunState
    source: str
    actor: str
    job_id: str | None
    queued_at: datetime
    finished_at: datetime | None
    took_ms: int | None
    audience: int | None
    joined: int | None
    kept_back: int | None
    gone: int | None
    warnings: list[ControlWarning]
    error: str | None


class Campaign(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign and where it stands. ``audience`` = ``test`` + ``control_size`` people are in at present (of a
    completed one: at its end), ``guests`` of them by an activity; ``withheld`` are kept out by the global control
    group. ``cost`` is a decimal text, in ``currency``.
    """

    id: int
    name: str
    description: str
    database_id: int
    segment_id: int
    segment_name: str
    state: State
    tags: list[str]
    control: LocalControl | None
    goal: str | None
    window_days: int
    cost: str | None
    currency: str | None
    audience: int
    test: int
    control_size: int
    guests: int
    withheld: int
    activities: int
    open_run: CampaignRun | None
    last_run: CampaignRun | None
    version: int
    started_at: datetime | None
    completed_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class StrataPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a control group would be, or is: each stratum's people and who of them is kept back.

    ``detectable`` is the smallest change of ``rate`` (a share, 0 to 1) that groups of this size show in four of five
    cases, ``needed`` how many to keep back for a change by ``lift`` (a tenth of the rate where none was given).
    """

    people: int
    withheld: int
    control: int
    target: int
    parts: list[StratumOut]
    warnings: list[ControlWarning]
    rate: float
    detectable: float | None
    lift: float
    needed: int | None


class CampaignActivity(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a campaign. ``receives`` is who would get it as things stand: the campaign's test group (everybody
    of an exempt one) and its own segment, consent not looked at; null while nobody can say. ``brought`` came in by it.
    """

    kind: ActivityKind
    id: int
    name: str
    type: str
    channel: str
    state: str
    segment_id: int | None
    segment_name: str | None
    widens: list[Widening]
    exempt: bool
    receives: int | None
    brought: int
    removable: str | None
    attached_at: datetime


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could be attached, or why it cannot be (``reason``, in words)."""

    kind: ActivityKind
    id: int
    name: str
    type: str
    state: str
    reason: str | None


class CampaignLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody did with a campaign. ``before`` and ``after`` hold what differs; either is null where there is
    none. ``action`` is as in the audit log.
    """

    id: int
    at: datetime
    actor_kind: str
    actor: str
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class CampaignSpan(msgspec.Struct, frozen=True, kw_only=True):
    """How long a campaign lasted: from its start to its end in days of the database; null while it does."""

    id: int
    name: str
    state: State
    first: date
    last: date | None
    started_at: datetime
    completed_at: datetime | None


class CampaignCalendar(msgspec.Struct, frozen=True):
    """Campaigns by their start; days are those of ``timezone``, and ``today`` is one of them."""

    timezone: str
    today: date
    items: list[CampaignSpan]


class CampaignMember(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a campaign, with some columns of the profile."""

    profile_id: int
    side: Side
    stratum: str | None
    source: Source | None
    activity: int | None
    entered_on: date | None
    present: bool
    profile: dict[str, object]
