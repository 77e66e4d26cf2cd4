"""What a run is to those who start it, and what it is done by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Protocol

import msgspec

from ..jobs import JobRef

RunState = Literal["queued", "running", "done", "skipped", "failed", "cancelled"]
EndState = Literal["done", "skipped", "failed", "cancelled"]
#: A run that waits or works. An object has one of these at most.
OPEN: tuple[RunState, ...] = ("queued", "running")
#: One that came to its end.
DONE: tuple[EndState, ...] = ("done",)
ENDED: tuple[EndState, ...] = ("done", "skipped", "failed", "cancelled")
#: Who a run was asked for by that the clock has started, and from where.
ACTOR = "Schedule"
SOURCE = "schedule"


class Noted(Protocol):
    """A capability's Struct of a run, whatever else it tells."""

    __struct_fields__: ClassVar[tuple[str, ...]]

    @property
    def id(self) -> int:
        """The run's number."""
        ...

    @property
    def job_id(self) -> str | None:
        """The job that does it; ``None`` for the moment between the two."""
        ...


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """The job that a run is done by, and what else is noted of the run.

    The task of ``kind`` is given ``args`` (as JSON) and ``run_id``. Jobs with the same ``lock`` run one after another.
    ``columns`` are further columns of the run's row.
    """

    kind: str
    title: str
    link: str
    database_id: int | None = None
    args: Mapping[str, object] = {}
    lock: str | None = None
    columns: Mapping[str, object] = {}


class Started(msgspec.Struct, frozen=True):
    """A run that has just been noted, and its job."""

    run_id: int
    job: JobRef
