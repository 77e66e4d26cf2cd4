"""PostgreSQL as a source: a read-only transaction, a cursor on the server, time limits, checked addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from fidelia.kernel.errors import FieldError, Problem
from fidelia.platform.engines import Engines
from fidelia.platform.fetch import Guard

from ..model import SqlSource

_BATCH = 5_000
_CONNECT_SECONDS = 10
_TLS = {"verify": "verify-full", "require": "require", "prefer": "prefer", "disable": "disable"}
_WHOSE = "select system_identifier::text, current_database() from pg_control_system()"


class _Rows:
    """An open cursor."""

    def __init__(self, cursor: psycopg.AsyncServerCursor[Any], rows: int | None) -> None:
        description = cursor.description or []
        self.columns = [column.name for column in description]
        self.types = [column.type_display for column in description]
        self._cursor, self._rows = cursor, rows

    async def batches(self) -> AsyncIterator[Sequence[Sequence[Any]]]:
        """Yield the rows as they come."""
        if self._rows is not None:
            yield await self._cursor.fetchmany(self._rows)
            return
        while rows := await self._cursor.fetchmany(_BATCH):
            yield rows


class PostgreSql:
    """PostgreSQL 10 and later, and what speaks as it does."""

    @asynccontextmanager
    async def ask(
        self, engines: Engines, guard: Guard, source: SqlSource, secret: str | None, *, seconds: float, rows: int | None
    ) -> AsyncIterator[_Rows]:
        """Run a query. The text goes to the server as it is, as one statement: a second one is refused there."""
        addresses = await guard.resolve(source.host, source.port, pointer="/source/host")
        try:
            async with asyncio.timeout(seconds):
                connection = await _connect(source, secret, addresses)
                try:
                    await _settle(connection, seconds)
                    await _refuse_own(engines, connection)
                    async with connection.cursor("fidelia_import") as cursor:
                        await cursor.execute(source.query.encode().rstrip(b"; \t\r\n"))
                        yield _Rows(cursor, rows)
                finally:
                    await connection.close()
        except TimeoutError as exc:
            raise _problem(f"The query took longer than {seconds:g} s", "/source/query") from exc
        except psycopg.errors.QueryCanceled as exc:
            raise _problem(f"The server stopped the query: {_first_line(exc)}", "/source/query") from exc
        except psycopg.OperationalError as exc:
            raise _problem(f"The connection to {source.host} broke: {_first_line(exc)}", "/source/host") from exc
        except (psycopg.Error, ValueError, OverflowError) as exc:
            raise _problem(f"The server says: {_first_line(exc)}", "/source/query") from exc


async def _connect(source: SqlSource, secret: str | None, addresses: Sequence[str]) -> psycopg.AsyncConnection[Any]:
    """Connect to a checked address; the host's name is only what the certificate must say."""
    last: psycopg.Error | None = None
    for address in addresses:
        try:
            return await psycopg.AsyncConnection.connect(
                host=source.host,
                hostaddr=address,
                port=source.port,
                dbname=source.database,
                user=source.username,
                password=secret or "",
                passfile="/dev/null",  # the file of the account that runs Fidelia is nobody else's
                sslmode=_TLS[source.tls],
                sslrootcert="system" if source.tls == "verify" else "",
                gssencmode="disable",
                application_name="Fidelia import",
                connect_timeout=_CONNECT_SECONDS,
                row_factory=tuple_row,
            )
        except psycopg.Error as exc:
            last = exc
    assert last is not None
    raise _problem(f"{source.host} lets nobody in: {_first_line(last)}", "/source/host") from last


async def _settle(connection: psycopg.AsyncConnection[Any], seconds: float) -> None:
    """Make the connection one that reads only and does not wait for ever."""
    await connection.set_read_only(True)
    await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
    limit = str(int(seconds * 1000))
    await connection.execute(
        "select set_config('statement_timeout', %s, true), set_config('lock_timeout', '10000', true),"
        " set_config('idle_in_transaction_session_timeout', %s, true)",
        (limit, limit),
    )


async def _refuse_own(engines: Engines, connection: psycopg.AsyncConnection[Any]) -> None:
    """Refuse the server that holds our own data, by whatever way it was reached.

    On an external server other databases may be read; the embedded one has none that are anybody else's.
    """
    try:
        async with connection.transaction():
            theirs = await (await connection.execute(_WHOSE)).fetchone()
    except psycopg.Error:  # not allowed to know, or not quite PostgreSQL: then it is not ours, where we are
        return
    async with engines.tx() as tx:
        raw = await tx.raw()
        ours = await (await raw.execute(_WHOSE)).fetchone()
    if theirs is None or ours is None or theirs[0] != ours[0]:
        return
    if engines.settings.embedded_postgres or theirs[1] == ours[1] or _is_socket(engines):
        raise _problem("This is the server that Fidelia itself keeps its data in", "/source/host")


def _is_socket(engines: Engines) -> bool:
    host = psycopg.conninfo.conninfo_to_dict(engines.settings.postgres.dsn).get("host")
    return str(host or "").startswith("/")


def _first_line(exc: BaseException) -> str:
    return next((line.strip() for line in str(exc).splitlines() if line.strip()), type(exc).__name__)[:500]


def _problem(text: str, pointer: str) -> Problem:
    return Problem(422, "This query cannot be used", text, [FieldError(pointer, text)])
