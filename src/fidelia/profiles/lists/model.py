"""Value lists and data tables as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fidelia.platform.http import Body
from fidelia.platform.jobs import JobRef

from ..imports.model import ImportReason
from ..imports.readers import FileFormat
from .kinds import ValueTypeName

LoadState = Literal["new", "queued", "running", "done", "failed", "cancelled"]
LoadMode = Literal["add", "replace"]
MAX_VALUES = 5_000_000
MAX_ROWS = 1_000_000
#: Values or rows in one call.
MAX_ITEMS = 10_000


class ValueList(msgspec.Struct, frozen=True, kw_only=True):
    """A value list. ``size`` counts its values, ``changed_at`` is when they last changed."""

    id: int
    name: str
    description: str
    type: ValueTypeName
    case_sensitive: bool
    size: int
    changed_at: datetime
    created_at: datetime
    updated_at: datetime


class ListLoadCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the rows read so far: the other numbers add up to ``rows`` once the load is done.

    ``unchanged`` are values (rows) that were there already, ``duplicates`` stand in the file more than once.
    """

    rows: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    empty: int = 0


class SheetReading(Body, frozen=True, kw_only=True):
    """How the cells of a file are written.

    ``date_format`` is a ``strptime`` pattern (empty: ISO 8601), ``decimal`` the sign before the fraction, ``region``
    the country (two letters) of phone numbers without a country code.
    """

    date_format: Annotated[str, msgspec.Meta(max_length=50)] = ""
    decimal: Literal[".", ","] = "."
    region: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None


class SheetColumnSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A column of an uploaded file: some of its values, and what they look like."""

    name: str
    examples: list[str]
    type: ValueTypeName
    filled: int
    distinct: int
    reading: SheetReading


class ListLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A file on its way into a list or a table. ``columns`` are the file's; ``mapping`` says where they go.

    ``total`` is how many rows there are, as far as that is known.
    """

    id: int
    list_id: int | None
    table_id: int | None
    file_name: str
    file_size: int
    state: LoadState
    mode: LoadMode
    format: FileFormat
    columns: list[SheetColumnSeen]
    mapping: dict[str, str]
    reading: SheetReading
    total: int | None
    counts: ListLoadCounts
    reasons: list[ImportReason]
    error: str | None
    job_id: str | None
    actor: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ListLoadStarted(msgspec.Struct, frozen=True):
    """The body of a 202: the job that does the work, and the load it works on."""

    job: JobRef
    load: ListLoad


class ValueListDetail(ValueList, frozen=True, kw_only=True):
    """A value list with who uses it and its last loads, the newest first."""

    used_by: list[str]
    loads: list[ListLoad]


class DataColumn(msgspec.Struct, frozen=True):
    """A column of a data table; ``key`` is the one that tells its rows apart."""

    id: int
    name: str
    label: str
    type: ValueTypeName
    key: bool


class DataTable(msgspec.Struct, frozen=True, kw_only=True):
    """A data table. ``name`` is what conditions call it, ``label`` what people do."""

    id: int
    database_id: int
    name: str
    label: str
    description: str
    columns: list[DataColumn]
    size: int
    changed_at: datetime
    created_at: datetime
    updated_at: datetime


class DataTableDetail(DataTable, frozen=True, kw_only=True):
    """A data table with who uses it and its last loads, the newest first."""

    used_by: list[str]
    loads: list[ListLoad]


class ListRejected(msgspec.Struct, frozen=True):
    """A value or row that could not be read, by its place in what was given."""

    index: int
    value: str
    reason: str


class ValuesAdded(msgspec.Struct, frozen=True):
    """How many values are new, how many were there already or stood twice in the call, which could not be read."""

    added: int
    already: int
    rejected: list[ListRejected]


class ValuesRemoved(msgspec.Struct, frozen=True):
    """How many values were taken out, and how many were not there."""

    removed: int
    unknown: int


class RowsUpserted(msgspec.Struct, frozen=True):
    """What became of the rows of a call: the numbers add up to its items."""

    created: int
    updated: int
    unchanged: int
    duplicates: int
    rejected: list[ListRejected]


class DataRow(msgspec.Struct, frozen=True):
    """A row: ``values`` by the names of columns. Decimals and moments are texts."""

    id: int
    values: dict[str, Any]


class RowsDeleted(msgspec.Struct, frozen=True):
    """How many rows were deleted, and how many keys had none."""

    deleted: int
    unknown: int
