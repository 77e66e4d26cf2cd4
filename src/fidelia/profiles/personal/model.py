"""Personal data as callers see it, and the port by which capabilities add theirs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobRef

#: Returns what a capability holds about somebody, as JSON; asked in the core, where ClickHouse is.
Exporter = Callable[[Engines, int, int], Awaitable[Any]]
#: The port: exporters by the title of their section, in the order in which they are shown.
EXPORTERS = "profiles.exporters"


class PersonalExport(msgspec.Struct, frozen=True, kw_only=True):
    """A file with everything about somebody. ``url`` is null until it is written; it is kept for a week."""

    id: int
    database_id: int
    profile_id: int
    job_id: str | None
    size: int | None
    actor: str
    created_at: datetime
    finished_at: datetime | None
    url: str | None


class PersonalExportStarted(msgspec.Struct, frozen=True):
    """The body of a 202: the job that writes the file, and the file to be."""

    job: JobRef
    export: PersonalExport


class ErasureReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """That people were erased: how many, by whom, when, and what went with them by its name. Holds no personal data.

    ``history_erased_at`` is when their events had left ClickHouse physically as well; no question finds them from
    ``erased_at`` on.
    """

    id: int
    database_id: int
    count: int
    actor: str
    erased_at: datetime
    history_erased_at: datetime | None
    removed: dict[str, int]
