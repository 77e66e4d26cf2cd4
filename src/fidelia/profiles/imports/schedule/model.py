"""Scheduled imports as callers see them: where rows come from, when, what becomes of them, and each run."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from fidelia.platform.http import Body
from fidelia.platform.schedules import RepeatedSchedule, RunState

from ..model import ColumnMapping, Counts, ImportOptions, ImportPreview
from ..readers import FileFormat

RunSource = Literal["hand", "api", "schedule"]
UrlAuth = Literal["none", "basic", "bearer", "header"]
SqlTls = Literal["verify", "require", "prefer", "disable"]

Id = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Secret = Annotated[str, msgspec.Meta(min_length=1, max_length=8_000)]
StopAfter = Annotated[int, msgspec.Meta(ge=1, le=100)]


class UrlSource(Body, frozen=True, kw_only=True, tag_field="kind", tag="url"):
    """A file at an address.

    ``auth`` says how to sign in: ``basic`` with ``username``, ``bearer``, or the secret as the value of the ``header``
    that is named. The secret itself is never part of a source.
    """

    url: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
    auth: UrlAuth = "none"
    username: Annotated[str, msgspec.Meta(max_length=200)] = ""
    header: Annotated[str, msgspec.Meta(max_length=100)] = ""


class SqlSource(Body, frozen=True, kw_only=True, tag_field="kind", tag="sql"):
    """The rows of a query on a database server.

    ``tls``: ``verify`` checks who the server is, ``require`` only encrypts, ``prefer`` encrypts if the server can.
    """

    host: Annotated[str, msgspec.Meta(min_length=1, max_length=253)]
    database: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    username: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    query: Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]
    driver: Literal["postgresql"] = "postgresql"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 5432
    tls: SqlTls = "verify"


ImportSource = UrlSource | SqlSource


class ImportSchedule(RepeatedSchedule, frozen=True, forbid_unknown_fields=True):
    """When rows are fetched: every day or only on some ``weekdays``, ``at`` a time of day.

    With ``every_hours`` again and again from then until the day ends. Without ``timezone`` the database's own counts.
    After the day ``until`` nothing runs any more.
    """


class ImportTarget(Body, frozen=True, kw_only=True):
    """A static segment that the people of each run go to: they are added, or replace who is in it."""

    segment: Id
    mode: Literal["add", "replace"] = "add"
    skip_triggers: bool = False


class TargetOut(msgspec.Struct, frozen=True, kw_only=True):
    """The segment that the people of each run go to. ``name`` is null when it is gone."""

    segment: int
    name: str | None
    mode: Literal["add", "replace"]
    skip_triggers: bool


class ScheduledRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. ``import_id`` is the import with its rows; ``note`` tells why nothing had to be imported.

    ``counts`` are what became of the rows, of a dry run what would. ``entered`` and ``left`` are of the segment.
    """

    id: int
    schedule_id: int
    state: RunState
    dry_run: bool
    source: RunSource
    actor: str
    job_id: str | None
    import_id: int | None
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    size: int | None
    counts: Counts | None
    entered: int | None
    left: int | None
    note: str | None
    error: str | None


class RunRow(ScheduledRun, frozen=True, kw_only=True):
    """A run as it is stored. With ``force`` also what has not changed is imported.

    ``version`` is the schedule's when the run began: the marks and the hash that it found belong to that one.
    """

    force: bool
    etag: str | None
    last_modified: str | None
    content_hash: str | None
    version: int


class ScheduleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduled import as it is stored. ``secret`` is encrypted.

    ``etag``, ``last_modified`` and ``content_hash`` are of what was imported last.
    """

    id: int
    database_id: int
    name: str
    active: bool
    source: ImportSource
    secret: str | None
    format: FileFormat | None
    mapping: list[ColumnMapping]
    options: ImportOptions
    segment_id: int | None
    segment_mode: Literal["add", "replace"]
    skip_triggers: bool
    skip_unchanged: bool
    stop_after: int
    schedule: ImportSchedule | None
    next_run_at: datetime | None
    failures: int
    stopped: str | None
    etag: str | None
    last_modified: str | None
    content_hash: str | None
    version: int
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def target(self) -> ImportTarget | None:
        """The segment that the people of each run go to."""
        if self.segment_id is None:
            return None
        return ImportTarget(segment=self.segment_id, mode=self.segment_mode, skip_triggers=self.skip_triggers)

    @property
    def link(self) -> str:
        """The page of it."""
        return f"/databases/{self.database_id}/import-schedules/{self.id}"


class ScheduledImport(msgspec.Struct, frozen=True, kw_only=True):
    """A scheduled import. ``failures`` counts runs that failed in a row; ``stopped`` tells why it was switched off.

    ``secret_set``: a password or token is stored; it is never shown.
    """

    id: int
    database_id: int
    name: str
    active: bool
    source: ImportSource
    secret_set: bool
    format: FileFormat | None
    mapping: list[ColumnMapping]
    options: ImportOptions
    target: TargetOut | None
    skip_unchanged: bool
    stop_after: int
    schedule: ImportSchedule | None
    next_run_at: datetime | None
    failures: int
    stopped: str | None
    open_run: ScheduledRun | None
    last_run: ScheduledRun | None
    version: int
    created_by: str
    created_at: datetime
    updated_at: datetime


class SourceSample(msgspec.Struct, frozen=True, kw_only=True):
    """What a source gives at the moment: the first rows as texts, the types of a query's columns, and the preview.

    ``whole`` is false when only the beginning was fetched. A query without rows has columns and no ``preview``.
    """

    columns: list[str]
    types: list[str]
    rows: list[list[str]]
    size: int
    whole: bool
    preview: ImportPreview | None
