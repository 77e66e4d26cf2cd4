"""ClickHouse: chDB in this process, or a server by its DSN, behind the same client and the same SQL.

Each thread of a small pool owns one client (a client runs one query at a time); a thread of its own kills queries and
reads their progress. Every query carries ``log_comment`` = ``<tag>#<instance>-<number>``, by which it is found again.
"""

# ruff: noqa: ASYNC109 (a timeout is the engine's: it stops the query, not only the waiting)

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar
from xml.sax.saxutils import escape

from pyroaring import BitMap

from fidelia.kernel.ids import random_id
from fidelia.settings import Settings

from .bitmaps import bitmap_parameter, bitmap_sql, decode_bitmap, decode_bitmaps, encode_bitmap
from .files import DataFolder, use_temporary_folder

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = [
    "TABLE_SETTINGS",
    "ClickHouse",
    "ClickHouseError",
    "ClickHouseUnavailable",
    "QueryCancelled",
    "QueryTimeout",
    "QueryTooLarge",
    "RowMissing",
    "bitmap_parameter",
    "bitmap_sql",
    "decode_bitmap",
    "encode_bitmap",
]

T = TypeVar("T")
Params = Mapping[str, Any] | None

#: Of every table: an insert is on disk when it is acknowledged; a partition that has rested for half an hour becomes
#: one part, so that reading it merged (FINAL) costs nothing (a scan of 20 M events took 935 ms before, 233 ms after).
TABLE_SETTINGS = (
    "fsync_after_insert = 1, min_age_to_force_merge_seconds = 1800, min_age_to_force_merge_on_partition_only = 1"
)

_OPEN_PATIENCE = 5.0
_LOCKED = "Error initializing EmbeddedServer: . ("  # what chDB says of a lock that another process holds


class ClickHouseError(Exception):
    """The engine refused a statement; ``code`` is ClickHouse's error number, or ``None``."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class QueryTooLarge(ClickHouseError):
    """A query needed more memory than its cap (241); the engine stays healthy."""


class QueryTimeout(ClickHouseError):
    """A query ran longer than its time (159)."""


class QueryCancelled(ClickHouseError):
    """A query was killed (394)."""


class RowMissing(ClickHouseError):
    """A row that a query reads a value from is not there (125)."""


class ClickHouseUnavailable(ClickHouseError):
    """The engine cannot be opened or reached."""


_BY_CODE: dict[int, type[ClickHouseError]] = {
    241: QueryTooLarge,
    159: QueryTimeout,
    160: QueryTimeout,
    394: QueryCancelled,
    125: RowMissing,
    209: ClickHouseUnavailable,
    210: ClickHouseUnavailable,
}


class ClickHouse:
    """A pool of clients to one engine. Every method runs in a thread and may be cancelled: the query is killed then."""

    def __init__(self, settings: Settings, database: str | None = None) -> None:
        self._settings = settings
        self._database = database
        self._instance = random_id(8)
        self._numbers = itertools.count(1)
        self._local = threading.local()
        self._clients: list[Client] = []
        self._guard = threading.Lock()
        self._workers = ThreadPoolExecutor(settings.clickhouse.clients, "clickhouse")
        self._control = ThreadPoolExecutor(1, "clickhouse-control")
        self._closed = False

    @property
    def embedded(self) -> bool:
        """Tell whether the engine lives in this process."""
        return self._settings.embedded_clickhouse

    async def open(self) -> None:
        """Open the engine; wait some seconds for a dying process to let go of it.

        Raises:
            ClickHouseUnavailable: it cannot be opened or reached.
        """
        if self.embedded:
            folder = DataFolder(self._settings.data_dir)
            use_temporary_folder(folder.temporary)
            (folder.run / "clickhouse.xml").write_text(self._engine_config(), encoding="utf-8")
        await self._run(self._control, self._open_patiently)

    async def close(self) -> None:
        """Kill what still runs and close every client."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(ClickHouseError):
            await self._run(self._control, lambda: self._kill(f"LIKE '%#{self._instance}-%'"))
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._workers.shutdown)
        await loop.run_in_executor(None, self._control.shutdown)
        for client in self._clients:
            client.close()

    # -- questions ---------------------------------------------------------------------------------------------

    async def query(
        self, sql: str, params: Params = None, *, tag: str | None = None, timeout: float | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows. ``params`` fill ``{name:Type}``; ``timeout`` is in seconds.

        Raises:
            QueryTooLarge, QueryTimeout, QueryCancelled: see there.
            ClickHouseError: anything else the engine refuses.
        """
        rows = await self._ask(lambda c, s: c.query(sql, _values(params), settings=s).result_rows, tag, timeout)
        return [tuple(row) for row in rows]

    async def query_columns(
        self, sql: str, params: Params = None, *, tag: str | None = None, timeout: float | None = None
    ) -> list[Sequence[Any]]:
        """Return the columns, each a sequence of its values: cheaper than rows for large results."""
        return list(
            await self._ask(
                lambda c, s: c.query(sql, _values(params), settings=s, column_oriented=True).result_columns,
                tag,
                timeout,
            )
        )

    async def scalar(
        self, sql: str, params: Params = None, *, tag: str | None = None, timeout: float | None = None
    ) -> Any:
        """Return the first column of the first row, or ``None``."""
        rows = await self.query(sql, params, tag=tag, timeout=timeout)
        return rows[0][0] if rows else None

    async def bitmap(
        self, sql: str, params: Params = None, *, tag: str | None = None, timeout: float | None = None
    ) -> BitMap:
        """Return the bitmap that a query selects as ``groupBitmapState(id)`` (of UInt32), one row and one column.

        The statement must not end with SETTINGS or FORMAT.
        """
        return decode_bitmap(await self.raw(sql, "RowBinary", params, tag=tag, timeout=timeout))

    async def bitmaps(
        self, sql: str, params: Params = None, *, tag: str | None = None, timeout: float | None = None
    ) -> list[BitMap]:
        """Return the bitmaps of one row that selects several states; see :meth:`bitmap`."""
        return decode_bitmaps(await self.raw(sql, "RowBinary", params, tag=tag, timeout=timeout))

    async def raw(
        self, sql: str, fmt: str, params: Params = None, *, tag: str | None = None, timeout: float | None = None
    ) -> bytes:
        """Return the result encoded in one of ClickHouse's formats (``RowBinary``, ``ArrowStream``, ``CSV`` …)."""

        def ask(client: Client, settings: dict[str, Any]) -> bytes:
            # As a clause: settings handed to raw_query cost chDB four more statements.
            clause = ", ".join(f"{name} = {_literal(value)}" for name, value in settings.items())
            return bytes(client.raw_query(f"{sql}\nSETTINGS {clause}", _values(params), fmt=fmt))

        return await self._ask(ask, tag, timeout)

    # -- changes -----------------------------------------------------------------------------------------------

    async def insert_columns(
        self, table: str, columns: Sequence[str], data: Sequence[Sequence[Any]], token: str | None = None
    ) -> None:
        """Insert columns of Python values. A ``token`` seen before makes the call do nothing."""
        await self._ask(
            lambda c, s: c.insert(table, data, columns, column_oriented=True, settings=_with_token(s, token)),
            None,
            None,
        )

    async def insert_bytes(
        self, table: str, columns: Sequence[str] | None, payload: bytes, fmt: str, token: str | None = None
    ) -> None:
        """Insert encoded rows (``TabSeparated``, ``JSONEachRow``, ``ArrowStream``, ``RowBinary`` …).

        Without ``columns`` the format must name them. A ``token`` seen before makes the call do nothing.
        """
        await self._ask(
            lambda c, s: c.raw_insert(table, columns, payload, settings=_with_token(s, token), fmt=fmt), None, None
        )

    async def command(self, sql: str, params: Params = None) -> Any:
        """Run a statement that returns nothing or one value (DDL, OPTIMIZE, DELETE)."""
        return await self._ask(lambda c, _: c.command(sql, _values(params)), None, None)

    # -- running queries ---------------------------------------------------------------------------------------

    async def progress(self, tag: str) -> tuple[int, int]:
        """Return (rows read, rows to read) of the running queries with this tag; (0, 0) when there is none."""
        sql = (
            "SELECT toUInt64(sum(read_rows)), toUInt64(sum(total_rows_approx)) FROM system.processes "
            f"WHERE startsWith(Settings['log_comment'], {_literal(tag + '#')})"
        )
        read, total = (await self._run(self._control, lambda: self._client().query(sql).result_rows))[0]
        return int(read), max(int(read), int(total))

    async def kill(self, tag: str) -> None:
        """Stop every running query with this tag; they raise :class:`QueryCancelled`."""
        pattern = tag.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "#%"
        await self._run(self._control, lambda: self._kill(f"LIKE {_literal(pattern)}"))

    async def ping(self) -> None:
        """Return when the engine answers, however busy the pool is; raise :class:`ClickHouseError` when not."""
        await self._run(self._control, lambda: self._client().command("SELECT 1"))

    # -- inside ------------------------------------------------------------------------------------------------

    async def _ask(self, call: Callable[[Client, dict[str, Any]], T], tag: str | None, timeout: float | None) -> T:
        if self._closed:
            raise ClickHouseUnavailable("ClickHouse is being closed")
        if tag is not None and "#" in tag:
            raise ValueError("a tag may not contain #")
        comment = f"{tag or ''}#{self._instance}-{next(self._numbers)}"
        settings: dict[str, Any] = {"log_comment": comment}
        if timeout is not None:
            settings["max_execution_time"] = timeout
        abandoned = threading.Event()

        def work() -> T:
            if abandoned.is_set():
                raise QueryCancelled("Nobody waits for this query any more", 394)
            return call(self._client(), settings)

        task = asyncio.ensure_future(self._run(self._workers, work))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            # The thread cannot be interrupted, the query can; it may just be starting, so try until it is gone.
            abandoned.set()
            while not task.done():
                await asyncio.shield(self._run(self._control, lambda: self._kill(f"= {_literal(comment)}")))
                await asyncio.wait([task], timeout=0.1)
            with contextlib.suppress(ClickHouseError):
                task.result()
            raise

    async def _run(self, pool: ThreadPoolExecutor, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, _translated, call)

    def _client(self) -> Client:
        """Return this thread's client."""
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._connect()
            self._local.client = client
            with self._guard:
                self._clients.append(client)
        return client

    def _connect(self) -> Client:
        import clickhouse_connect

        caps = self._settings.clickhouse
        options: dict[str, Any] = {
            "tz_mode": "aware",  # without it UTC times come back naive
            "settings": {
                "max_memory_usage": caps.max_query_memory_mb << 20,
                "max_threads": caps.max_threads,
                "max_bytes_before_external_group_by": caps.spill_memory_mb << 20,
                "max_bytes_before_external_sort": caps.spill_memory_mb << 20,
                "max_execution_time": caps.query_timeout_seconds,
                "max_partitions_per_insert_block": 0,
                # A condition may have a thousand rules; time and memory are bounded above.
                "max_query_size": 16 << 20,
                "max_ast_elements": 1_000_000,
                "max_expanded_ast_elements": 2_000_000,
                # Texts of JSON columns stay what they are; two paths of one name must not stop an insert.
                "input_format_try_infer_dates": 0,
                "input_format_try_infer_datetimes": 0,
                "type_json_skip_duplicated_paths": 1,
            },
        }
        if not self.embedded:
            return clickhouse_connect.get_client(
                dsn=caps.dsn, database=self._database, autogenerate_session_id=False, **options
            )
        folder = DataFolder(self._settings.data_dir)
        engine = {"config-file": str(folder.run / "clickhouse.xml")}
        return clickhouse_connect.get_client(
            dsn=f"chdb://{folder.clickhouse}", database=self._database, chdb_options=engine, **options
        )

    def _open_patiently(self) -> None:
        deadline = time.monotonic() + _OPEN_PATIENCE
        while True:
            try:
                _translated(lambda: self._client().command("SELECT 1"))
            except ClickHouseError as exc:
                # Nothing but a lock that a dying process still holds, or a server that is away, gets better by waiting.
                may_pass = not self.embedded or _LOCKED in str(exc)
                if not may_pass or time.monotonic() > deadline:
                    where = DataFolder(self._settings.data_dir).clickhouse if self.embedded else "the server"
                    raise ClickHouseUnavailable(f"ClickHouse ({where}) cannot be opened: {exc}", exc.code) from exc
                time.sleep(0.2)
            else:
                return

    def _kill(self, which: str) -> None:
        condition = f"Settings['log_comment'] {which} AND query NOT LIKE 'KILL QUERY%'"
        self._client().command(f"KILL QUERY WHERE {condition} ASYNC")

    def _engine_config(self) -> str:
        """Return chDB's server configuration: its defaults are sized for a machine of its own."""
        caps = self._settings.clickhouse
        values = {
            "max_server_memory_usage": caps.max_server_memory_mb << 20,
            "mark_cache_size": caps.mark_cache_mb << 20,
            "index_mark_cache_size": (caps.mark_cache_mb << 20) // 4,
            "background_pool_size": caps.background_threads,
            "tmp_path": DataFolder(self._settings.data_dir).temporary / "clickhouse",
        }
        lines = "".join(f"  <{name}>{escape(str(value))}</{name}>\n" for name, value in values.items())
        return f"<clickhouse>\n{lines}</clickhouse>\n"


def _translated(call: Callable[[], T]) -> T:
    """Run a call of the client and turn its errors into ours."""
    from clickhouse_connect.driver.exceptions import Error, OperationalError

    try:
        return call()
    except Error as exc:
        kind = _BY_CODE.get(exc.code or 0)
        if kind is None:
            kind = ClickHouseUnavailable if isinstance(exc, OperationalError) and not exc.code else ClickHouseError
        raise kind(str(exc).partition(", Stack trace")[0], exc.code) from exc


def _values(params: Params) -> dict[str, Any] | None:
    return dict(params) if params else None


def _with_token(settings: dict[str, Any], token: str | None) -> dict[str, Any]:
    return settings if token is None else {**settings, "insert_deduplication_token": token}


def _literal(value: object) -> str:
    """Quote a value for SQL text of our own making."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
