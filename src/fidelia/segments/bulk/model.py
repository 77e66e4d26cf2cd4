"""What others see of bulk updates."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from fidelia.platform.jobs import JobRef
from fidelia.profiles import BulkOperation, BulkReason, BulkSample, StepCount

from ..service.audience import Audience

BulkFigure = Literal["changed", "unchanged", "refused"]
BulkState = Literal["queued", "running", "done", "failed", "cancelled"]


class BulkPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a bulk update would do to the people as they are now; nothing is written.

    Of ``people`` only the first ``examined`` were looked at when there are very many: the other figures are of those.
    ``changed``, ``unchanged``, ``refused`` and ``gone`` add up to them. ``events`` is how many would go into the
    history. ``steps`` are the operations in the order in which they are done, which ``reasons`` refer to.
    ``lowers``: some would get fewer messages than now, or none.
    """

    title: str
    people: int
    examined: int
    changed: int
    unchanged: int
    refused: int
    gone: int
    events: int
    steps: list[StepCount]
    reasons: list[BulkReason]
    sample: list[BulkSample]
    lowers: bool


class BulkUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk update. ``people`` is null until it is known whom it is about; ``done`` of them have been gone through.

    ``changed``, ``unchanged``, ``refused`` and ``gone`` (no longer there) add up to ``done``; ``known`` names those of
    them whose people can be listed. ``operations`` stand in the order in which they are done, as ``steps`` do.
    """

    id: int
    database_id: int
    title: str
    audience: Audience
    operations: list[BulkOperation]
    skip_triggers: bool
    state: BulkState
    people: int | None
    done: int
    changed: int
    unchanged: int
    refused: int
    gone: int
    known: list[BulkFigure]
    events: int
    steps: list[StepCount]
    reasons: list[BulkReason]
    error: str | None
    job_id: str | None
    actor: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class BulkStarted(msgspec.Struct, frozen=True):
    """The body of a 202: the job that does the work, and the bulk update it works on."""

    job: JobRef
    bulk_update: BulkUpdate


class RefusedRow(msgspec.Struct, frozen=True):
    """A line of the file of refused people."""

    profile_id: int
    field: str
    value: str
    reason: str
