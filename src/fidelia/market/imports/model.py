"""What imports of the market take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from fidelia.platform.http import Body
from fidelia.platform.jobs import JobRef

from ..model import Mode

ImportKind = Literal["products", "skus", "orders"]
ImportState = Literal["uploaded", "queued", "running", "done", "failed", "cancelled"]
RUN = "market.import"


class ImportColumn(msgspec.Struct, frozen=True):
    """A column of the file: examples, and the field that its name suggests (null: none)."""

    name: str
    examples: list[str]
    field: str | None


class ImportRun(Body, frozen=True):
    """How to read a file. ``mapping`` says for columns which field they are (null: left out).

    Orders need ``matching``, the profile field that the column ``customer`` holds. ``skip_triggers`` writes no events.
    """

    mapping: dict[str, str | None]
    mode: Mode = "upsert"
    matching: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "email"
    skip_triggers: bool = False


class MarketImport(msgspec.Struct, frozen=True):
    """An import: its file, how it is read, and what became of it.

    ``rows`` are lines of the file, the counts are of products, SKUs or orders.
    """

    id: int
    kind: ImportKind
    database_id: int | None
    file_name: str
    state: ImportState
    columns: list[ImportColumn]
    run: ImportRun | None
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    error: str | None
    job_id: str | None
    author: str
    created_at: datetime
    finished_at: datetime | None


class MarketImportStarted(msgspec.Struct, frozen=True):
    """The body of a 202: the job that does the work."""

    job: JobRef


class RejectedRow(msgspec.Struct, frozen=True):
    """A line of the file that was refused, and why."""

    line: int
    error: str
    cells: list[str]


class ImportField(msgspec.Struct, frozen=True):
    """A field that a column may be."""

    name: str
    label: str
    required: bool
