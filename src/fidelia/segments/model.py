"""What others see of segments."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec

from fidelia.conditions import Condition, NodeCount, TextSpan
from fidelia.platform.schedules import DaySchedule

SegmentType = Literal["static", "dynamic", "updatable"]
RunState = Literal["queued", "running", "done", "failed", "cancelled"]
#: Who changed members: a person, a program, an import, a schedule, another capability of ours.
Source = Literal["hand", "api", "import", "schedule", "system"]
TYPES = ("static", "dynamic", "updatable")
MAX_LIMIT = 2**31 - 1

Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]


class SegmentRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """A random part of the database, in percent: ``from`` included, ``to`` not. Always the same people.

    0–10 and 10–20 share nobody. Steps of a hundredth of a percent are distinguished.
    """

    from_: Percent
    to: Percent


class SegmentSchedule(DaySchedule, frozen=True, forbid_unknown_fields=True):
    """When an updatable segment is filled again: every day, or only on some ``weekdays``, ``at`` a time of day.

    Without ``timezone`` the database's own counts. After the day ``until`` nothing runs any more.
    """


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment. ``size`` is how many there were at ``calculated_at``; null while it was never worked out."""

    id: int
    database_id: int
    name: str
    description: str
    type: SegmentType
    condition: Condition | None
    range: SegmentRange | None
    limit: int | None
    schedule: SegmentSchedule | None
    tags: tuple[str, ...]
    next_run_at: datetime | None
    size: int | None
    calculated_at: datetime | None
    version: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SegmentRun(msgspec.Struct, frozen=True, kw_only=True):
    """One filling of a segment by its rules. ``left`` counts those who are no longer in it.

    ``skipped``: nothing that the rules read had changed, so the list stayed. ``attempts`` above one: the process that
    did it had died, and another one did it again.
    """

    id: int
    segment_id: int
    state: RunState
    source: Source
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
    skipped: bool
    attempts: int


class SegmentLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a static segment: who, when, what and how many; ``size`` is what it had after."""

    id: int
    segment_id: int
    at: datetime
    action: Literal["add", "remove", "fill", "clear"]
    source: Source
    actor: str
    entered: int
    left: int
    size: int
    note: str


class SegmentDetail(Segment, frozen=True, kw_only=True):
    """A segment with its rules in words, who uses it, and its last run."""

    database: str
    sentence: str
    spans: tuple[TextSpan, ...]
    problems: tuple[str, ...]
    used_by: tuple[str, ...]
    last_run: SegmentRun | None


class Calculation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a condition.

    ``count`` is what remains of ``matched`` after range and limit; ``total`` is everybody in the database (null when
    no figures per node were asked for). ``nodes`` are those figures, before range and limit.
    """

    count: int
    matched: int
    total: int | None
    preview: list[dict[str, Any]]
    nodes: list[NodeCount] | None
    sentence: str
    spans: tuple[TextSpan, ...]
    as_of: datetime
    took_ms: int


class SentenceOut(msgspec.Struct, frozen=True):
    """A condition in words; ``spans`` say which part speaks of which node."""

    text: str
    spans: tuple[TextSpan, ...]


class ExportedSubscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column with the status of people's subscriptions to a resource in a channel."""

    resource_id: int
    channel: Literal["email", "sms", "push", "webhook"] = "email"


ExportState = Literal["queued", "running", "done", "failed", "cancelled"]


class ProfileExport(msgspec.Struct, frozen=True, kw_only=True):
    """A file of profiles. ``size`` in bytes is null until it is written; it is removed at ``expires_at``.

    ``rows`` is how many people it is to hold, null until they are found; ``done`` how many of them are written.

    ``segment_id`` is null when it is not about a segment; ``title`` tells whom it is about. ``segments`` are those
    that have a column saying who is in them.
    """

    id: int
    database_id: int
    segment_id: int | None
    title: str
    format: Literal["csv", "xlsx", "jsonl"]
    columns: list[str]
    subscriptions: list[ExportedSubscription]
    segments: list[int]
    file_name: str
    actor: str
    job_id: str | None
    state: ExportState
    rows: int | None
    done: int
    size: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime
    url: str | None


class SegmentFlow(msgspec.Struct, frozen=True):
    """How many entered and left from one source; ``changes``: in how many changes of the list."""

    source: str
    entered: int
    left: int
    changes: int


class SegmentDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of a list, in the database's time zone. ``size`` at its end is null before the list was first filled."""

    day: date
    size: int | None
    entered: int
    left: int
    changes: int
    skipped: int
    failed: int
    took_ms: int
    sources: list[SegmentFlow]


class SegmentSeries(msgspec.Struct, frozen=True):
    """The history of a list by day, without a gap, and by source over all these days.

    ``changes`` are runs of an updatable segment (``skipped`` ones found nothing changed) or edits of a static one;
    ``took_ms`` is the longest run of the day.
    """

    timezone: str
    days: list[SegmentDay]
    sources: list[SegmentFlow]
