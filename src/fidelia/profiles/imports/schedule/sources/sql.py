"""The rows of a query: which servers there are, and how rows become lines of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import msgspec

from fidelia.kernel.errors import FieldError, Problem
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Guard
from fidelia.platform.files import Files

from ..model import SqlSource
from .model import SAMPLE_ROWS, SAMPLE_SECONDS, Progress, Sample
from .postgresql import PostgreSql

MAX_ROWS = 10_000_000
#: A whole run, and its longest statement.
RUN_SECONDS = 3600.0


class Result(Protocol):
    """An open query: its columns with the server's names of their types, and its rows, some at a time."""

    columns: list[str]
    types: list[str]

    def batches(self) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Yield the rows as they come."""
        ...


class Driver(Protocol):
    """A kind of server. It reads only, within a time, through addresses that the guard has checked."""

    def ask(
        self, engines: Engines, guard: Guard, source: SqlSource, secret: str | None, *, seconds: float, rows: int | None
    ) -> AbstractAsyncContextManager[Result]:
        """Run a query; at most ``rows`` are wanted. Raises a Problem naming the place in the source."""
        ...


DRIVERS: dict[str, Driver] = {"postgresql": PostgreSql()}


class Counted(msgspec.Struct):
    """How many rows there were."""

    rows: int = 0


async def lines(
    engines: Engines, source: SqlSource, secret: str | None, progress: Progress, counted: Counted
) -> AsyncIterator[bytes]:
    """Yield the rows of a query as JSON lines."""
    guard = Guard(engines.settings)
    asked = DRIVERS[source.driver].ask(engines, guard, source, secret, seconds=RUN_SECONDS, rows=None)
    async with asked as result:
        names = _names(result.columns)
        async for rows in result.batches():
            counted.rows += len(rows)
            if counted.rows > MAX_ROWS:
                raise refused(f"The query gives more than {MAX_ROWS:,} rows; a limit in the query keeps it below")
            yield _encoded(names, rows)
            await progress(counted.rows)


async def sample(engines: Engines, guard: Guard, source: SqlSource, secret: str | None, key: str) -> Sample:
    """Write the first rows of a query."""
    asked = DRIVERS[source.driver].ask(engines, guard, source, secret, seconds=SAMPLE_SECONDS, rows=SAMPLE_ROWS)
    found: list[Sequence[Any]] = []
    async with asked as result:
        names = _names(result.columns)
        async for rows in result.batches():
            found += rows

    async def body() -> AsyncIterator[bytes]:
        yield _encoded(names, found)

    size = await Files(engines.files).save(key, body(), engines.settings.limits.file_bytes)
    return Sample(
        size=size, whole=len(found) < SAMPLE_ROWS, columns=result.columns, types=result.types, rows=len(found)
    )


def _names(columns: list[str]) -> list[str]:
    twice = next((name for n, name in enumerate(columns) if name in columns[:n]), None)
    if twice is not None:
        raise refused(f"Two columns of the query are named {twice[:100]}; name them apart with AS")
    return columns


def _encoded(names: list[str], rows: Sequence[Sequence[Any]]) -> bytes:
    return b"".join(_line(dict(zip(names, row, strict=True))) + b"\n" for row in rows)


def _line(row: dict[str, Any]) -> bytes:
    # The encoder would write bytes as base64, which nobody asked for.
    if any(isinstance(value, bytes | bytearray | memoryview) for value in row.values()):
        raise refused("A column of the query holds bytes; turn them into text, as with encode(column, 'hex')")
    return _ENCODER.encode(row)


#: Whatever is no number, text, date, list or object is written as the server's driver shows it.
_ENCODER = msgspec.json.Encoder(enc_hook=str)


def refused(text: str, pointer: str = "/source/query") -> Problem:
    """Return the refusal of a query."""
    return Problem(422, "This query cannot be used", text, [FieldError(pointer, text)])
