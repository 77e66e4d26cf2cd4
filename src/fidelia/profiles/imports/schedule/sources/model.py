"""What sources are asked with, and what they bring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from ...readers import FileFormat

#: The rows of a query are kept as one object a line, in which numbers, lists and objects stay what they are.
SQL_FORMAT = FileFormat(kind="jsonl", encoding="utf-8", header=False)
SAMPLE_ROWS = 20
#: A test waits for a person.
SAMPLE_SECONDS = 20.0

Progress = Callable[[int], Awaitable[None]]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was imported last; nothing of it is set when it shall be fetched in any case."""

    etag: str | None = None
    last_modified: str | None = None
    content_hash: str | None = None


class Brought(msgspec.Struct, frozen=True):
    """What was fetched: bytes, a hash of them, the server's marks, and the rows of a query."""

    size: int
    content_hash: str
    etag: str | None = None
    last_modified: str | None = None
    rows: int | None = None


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The beginning of what a source gives. ``columns`` with ``types`` and ``rows`` are of queries."""

    size: int
    whole: bool
    columns: list[str] = []
    types: list[str] = []
    rows: int | None = None
