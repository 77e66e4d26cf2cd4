"""What others see of scores."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from ..model import RunState, SegmentSchedule, Source

ScoreKind = Literal["rfm", "quantile"]
FigureOf = Literal["orders_sum", "orders_count", "orders_average", "events", "field"]
#: What is divided into groups: the three of RFM, or the one figure of a quantile.
PartKey = Literal["recency", "frequency", "monetary", "value"]


class ScoreFigure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a quantile divides people by: their orders' sum, number or average, the number of events of a type
    (``event``), or a number field of theirs (``field``).
    """

    of: FigureOf
    event: str | None = None
    field: str | None = None


class ScoreGroup(msgspec.Struct, frozen=True):
    """One group: how many people, and the least and the greatest value among them, both in it."""

    group: int
    people: int
    low: str
    high: str


class ScorePart(msgspec.Struct, frozen=True):
    """What was divided, and its groups that hold anybody; 1 is the worst, for ``recency`` the longest ago (in days)."""

    key: PartKey
    groups: list[ScoreGroup]


class ScoreRun(msgspec.Struct, frozen=True, kw_only=True):
    """One computation. ``people`` have a score after it, ``without`` have none, ``changed`` have another than before.

    ``as_of`` is the moment up to which everything counted. ``currency`` is that of amounts; ``other_orders`` counts
    the orders in other ones, whose amounts are left out. ``parts`` is how people fell into groups.
    """

    id: int
    score_id: int
    state: RunState
    source: Source
    actor: str
    job_id: str | None
    queued_at: datetime
    finished_at: datetime | None
    as_of: datetime | None
    took_ms: int | None
    people: int | None
    without: int | None
    changed: int | None
    currency: str | None
    other_orders: int | None
    parts: list[ScorePart]
    error: str | None


class ScoreRow(msgspec.Struct, frozen=True, kw_only=True):
    """The row of a score, as it is stored."""

    id: int
    database_id: int
    name: str
    kind: ScoreKind
    prefix: str
    groups: int
    days: int | None
    currency: str | None
    figure: ScoreFigure | None
    schedule: SegmentSchedule | None
    next_run_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime


class ScoreField(msgspec.Struct, frozen=True):
    """A field that the score fills."""

    name: str
    type: str
    label: str
    description: str


class Score(ScoreRow, frozen=True, kw_only=True):
    """A score of a database: what it fills, when, and how it went.

    ``days``: how far back is looked, null for everything. ``currency``: of amounts; null for the one most orders are
    in. ``last_run`` is the newest that ended, ``last_done`` the newest that came to its end; ``open_run`` waits or
    works. ``used_by`` names what reads its fields.
    """

    fields: list[ScoreField]
    sentence: str
    open_run: ScoreRun | None
    last_run: ScoreRun | None
    last_done: ScoreRun | None
    used_by: list[str]
