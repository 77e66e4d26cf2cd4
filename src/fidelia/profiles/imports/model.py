"""Imports as callers see them: options, mapping, preview, counts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from fidelia.platform.http import Body
from fidelia.platform.jobs import JobRef

from ..fields import FieldTypeName
from ..ingest import Mode
from ..model import Channel, SubscriptionStatus
from .readers import FileFormat

ImportState = Literal["new", "checking", "checked", "queued", "running", "done", "failed", "cancelled"]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]

#: Stands for the profile's id in a mapping; it is no field.
PROFILE_ID = "profile_id"
PREVIEW_ROWS = 1_000
#: Kinds of jobs.
RUN = "profiles.import"
CHECK = "profiles.import_check"


class NewField(Body, frozen=True):
    """A field to be made for a column."""

    name: _Name
    type: FieldTypeName = "string"
    label: Annotated[str, msgspec.Meta(max_length=100)] = ""
    options: list[str] = []


class ColumnMapping(Body, frozen=True, kw_only=True):
    """Where a column goes: an existing ``field`` (or ``profile_id``), a ``new_field``, or nowhere.

    ``date_format`` is a ``strptime`` pattern (empty: ISO 8601), ``region`` the country (two letters) of phone numbers
    without a country code, ``decimal`` the sign before the fraction, ``values`` what single cells mean (an empty text
    makes such a cell empty).
    """

    column: Annotated[str, msgspec.Meta(max_length=1000)]
    field: _Name | None = None
    new_field: NewField | None = None
    date_format: Annotated[str, msgspec.Meta(max_length=50)] = ""
    region: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None
    decimal: Literal[".", ","] = "."
    values: dict[str, str] = {}


class SubscribeOption(Body, frozen=True):
    """A subscription that every row asks for, at the person's own address or number."""

    resource: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
    channel: Channel = "email"
    status: SubscriptionStatus = "subscribed"


class ImportOptions(Body, frozen=True, kw_only=True):
    """How rows are written. By default empty cells leave values alone, and consent is never raised."""

    matching: Annotated[str, msgspec.Meta(max_length=100)] = "email"
    field: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    resource_id: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)] | None = None
    mode: Mode = "upsert"
    clear_empty: bool = False
    raise_consent: bool = False
    subscribe: SubscribeOption | None = None


class RowProblem(msgspec.Struct, frozen=True):
    """One thing about a row. ``row`` is as a spreadsheet counts, ``column`` the file's own, or empty for all of it."""

    row: int
    column: str
    value: str
    reason: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows read so far: the other numbers add up to ``rows``.

    ``duplicates`` are rows about somebody whom a later row of the same file was about as well; that one won.
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    duplicates: int = 0


class ImportReason(msgspec.Struct, frozen=True):
    """How many rows were rejected for the same reason in the same column."""

    column: str
    reason: str
    rows: int


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do; nothing was written."""

    counts: Counts
    problems: list[RowProblem]
    reasons: list[ImportReason]
    checked_at: datetime


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """Where a column probably goes; ``score`` from 0 to 1."""

    field: str | None = None
    new_field: NewField | None = None
    score: float = 0.0
    date_format: str = ""
    decimal: Literal[".", ","] = "."


class PreviewColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A column of the file: examples, where it goes, and how its cells fare in the first rows."""

    name: str
    examples: list[str]
    suggestion: Suggestion
    good: int
    bad: int
    empty: int
    problems: list[RowProblem]


class ImportPreview(msgspec.Struct, frozen=True, kw_only=True):
    """The first rows of a file under the mapping that is set, or the one that is suggested.

    ``warnings`` are sentences about the mapping as a whole. ``estimated_rows`` is null when nothing can be said.
    """

    format: FileFormat
    sheets: list[str]
    columns: list[PreviewColumn]
    mapping: list[ColumnMapping]
    options: ImportOptions
    rows: int
    estimated_rows: int | None
    exact: bool
    warnings: list[str]


class ImportOut(msgspec.Struct, frozen=True, kw_only=True):
    """An import of a file. ``position`` is how many rows are done; ``total`` may be an estimate until the end.

    ``people_known``: whom ``created``, ``updated`` and ``unchanged`` count can be listed.
    """

    id: int
    database_id: int
    file_name: str
    file_size: int
    state: ImportState
    format: FileFormat
    columns: list[str]
    mapping: list[ColumnMapping]
    options: ImportOptions
    counts: Counts
    people_known: bool
    kept_consents: int
    total: int | None
    check: CheckResult | None
    reasons: list[ImportReason]
    error: str | None
    job_id: str | None
    actor: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ImportStarted(msgspec.Struct, frozen=True):
    """The body of a 202: the job that does the work, and the import it works on."""

    job: JobRef
    import_: ImportOut = msgspec.field(name="import")
