"""What callers see of a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

State = Literal["queued", "running", "done", "failed", "cancelled"]


class JobRef(msgspec.Struct, frozen=True):
    """The job that does some long work."""

    id: str
    kind: str
    title: str
    state: State


class JobReply(msgspec.Struct, frozen=True):
    """The body of a 202: which job does the work."""

    job: JobRef


class JobOut(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the API shows it. ``done`` and ``total`` count people or rows; ``total`` is null while unknown."""

    id: str
    kind: str
    title: str
    state: State
    done: int
    total: int | None
    result: dict[str, Any] | None
    error: str | None
    cancel_requested: bool
    database_id: int | None
    link: str | None
    actor: str
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    heartbeat_at: datetime | None
