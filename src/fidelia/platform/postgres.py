"""PostgreSQL: one engine, one pool, and the transaction that every use case works in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec
import psycopg
import sqlalchemy as sa
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.types.json import set_json_dumps
from psycopg_pool import AsyncConnectionPool
from pyroaring import BitMap
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from . import outbox
from .cursors import Cursor, leave_pipeline, use_pipeline

if TYPE_CHECKING:
    from .engines import Engines

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Params = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
S = TypeVar("S")
T = TypeVar("T")


def json_text(value: Any) -> str:
    """Encode a value for a json(b) column: msgspec's encoder, which also knows Structs, dates and decimals."""
    return msgspec.json.encode(value).decode()


set_json_dumps(json_text)


class Asked(Generic[T]):
    """A statement that was sent; its rows are read by ``answer``, once those it was sent with are through."""

    __slots__ = ("_cursor", "_read", "_told")

    def __init__(self, cursor: psycopg.AsyncCursor[Any], read: Callable[[list[Any]], T]) -> None:
        self._cursor: psycopg.AsyncCursor[Any] | None = cursor
        self._read = read

    async def answer(self) -> T:
        """Return what the rows mean, however often it is asked."""
        if self._cursor is not None:
            self._told = self._read(await self._cursor.fetchall())
            self._cursor = None
        return self._told


class Buffered(NamedTuple):
    """What a transaction has not sent yet: events by database, changed rows by stream and database, notifications."""

    events: dict[int, list[bytes]]
    dirty: dict[tuple[str, int], BitMap]
    notices: set[tuple[str, str]]


class Tx:
    """One transaction: statements, events and dirty sets that become visible together, or not at all.

    Nobody but the edge (request, job step, command line) commits it.
    """

    def __init__(self, connection: AsyncConnection, engines: Engines, now: datetime) -> None:
        self._connection = connection
        self.engines = engines
        self.now = now
        self._events: dict[int, list[bytes]] = {}
        self._dirty: dict[tuple[str, int], BitMap] = {}
        self._notices: set[tuple[str, str]] = set()
        self._raw: psycopg.AsyncConnection[Any] | None = None
        self._savepoints = 0
        #: What a store has read and need not read again; it is empty again when a part of the transaction is undone.
        self.known: dict[str, dict[Any, Any]] = {}

    async def execute(self, stmt: sa.Executable, params: Params = None) -> sa.CursorResult[Any]:
        """Run a statement and return its result (``rowcount`` for updates)."""
        return await self._connection.execute(stmt, params)

    async def all(self, stmt: sa.Executable, params: Params = None) -> Sequence[sa.Row[Any]]:
        """Return every row of a statement."""
        return (await self._connection.execute(stmt, params)).all()

    async def first(self, stmt: sa.Executable, params: Params = None) -> sa.Row[Any] | None:
        """Return the first row, or ``None``."""
        return (await self._connection.execute(stmt, params)).first()

    async def one(self, stmt: sa.Executable, params: Params = None) -> sa.Row[Any]:
        """Return exactly one row."""
        return (await self._connection.execute(stmt, params)).one()

    async def scalar(self, stmt: sa.Executable, params: Params = None) -> Any:
        """Return the first column of the first row, or ``None``."""
        return (await self._connection.execute(stmt, params)).scalar()

    async def raw(self) -> psycopg.AsyncConnection[Any]:
        """Return the driver's connection inside this same transaction, for COPY and set SQL."""
        if self._raw is None:
            self._raw = await driver(self._connection)
        return self._raw

    async def is_new(self) -> bool:
        """Tell whether nothing has been sent in this transaction yet."""
        return (await self.raw()).pgconn.transaction_status == TransactionStatus.IDLE

    async def begin_again(self) -> None:
        """Undo all that was done and forget all that was buffered: the transaction is as it was when it began."""
        await (await self.raw()).rollback()
        self._events, self._dirty, self._notices = {}, {}, set()
        self.known = {}

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """Send the statements of a block in one go: one way there and back, instead of one for each.

        They run in their order, each sees what those before it did. Answers are read after the block; raises what
        the first of them raised.
        """
        raw = await self.raw()
        use_pipeline(raw)
        try:
            async with raw.pipeline():
                yield
        finally:
            leave_pipeline(raw)

    async def ask(
        self, query: str, params: Sequence[Any] | Mapping[str, Any], read: Callable[[list[Any]], T]
    ) -> Asked[T]:
        """Send a question in the driver's SQL, often within :meth:`together`; ``read`` turns rows into the answer."""
        raw = await self.raw()
        return Asked(await raw.execute(query.encode(), params), read)

    def emit(self, event: outbox.EventOut) -> None:
        """Append an event to the history; written with the transaction."""
        self._events.setdefault(event.database, []).append(outbox.event_line(event))

    def emit_line(self, database_id: int, line: bytes) -> None:
        """Append an event already encoded by ``outbox.encode_line``, for bulk paths."""
        self._events.setdefault(database_id, []).append(line)

    def emit_many(self, events: Iterable[outbox.EventOut]) -> None:
        """Append many events at once."""
        for event in events:
            self.emit(event)

    async def emit_bulk(
        self, database_id: int, type_: str, profiles: BitMap, at: datetime, properties: Mapping[str, Any] | None = None
    ) -> None:
        """Append one event of the same kind for each profile of a bitmap, as a single row."""
        await outbox.write_bulk(await self.raw(), database_id, type_, profiles, at, properties or {})

    def mark_dirty(self, stream: str, database_id: int, ids: Iterable[int]) -> None:
        """Say that these rows of a stream have changed and must be projected to ClickHouse."""
        self._dirty.setdefault((stream, database_id), BitMap()).update(ids)

    def notify(self, channel: str, payload: str) -> None:
        """Send a PostgreSQL notification when the transaction commits."""
        self._notices.add((channel, payload))

    async def flush_early(self) -> None:
        """Send what was buffered with the other statements of a block; what comes later is written at the end.

        Within a savepoint nothing is sent: undoing it must not undo what was buffered before.
        """
        if not self._savepoints:
            await self.flush()

    async def flush(self) -> None:
        """Write what was buffered; the edge calls it just before it commits."""
        if self._events or self._dirty:
            await outbox.write(await self.raw(), self._events, self._dirty)
            self._events, self._dirty = {}, {}
        if self._notices:
            raw = await self.raw()
            for channel, payload in sorted(self._notices):
                await raw.execute("select pg_notify(%s, %s)", (channel, payload))
            self._notices = set()

    def buffered(self) -> Buffered:
        """Return what waits to be written, to be put back by :meth:`put_back` when statements since then are undone."""
        events = {database: list(lines) for database, lines in self._events.items()}
        return Buffered(events, {key: BitMap(ids) for key, ids in self._dirty.items()}, set(self._notices))

    def put_back(self, before: Buffered) -> None:
        """Have buffered what was then, whatever was added or sent early since."""
        self._events, self._dirty, self._notices = before
        self.known = {}

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Run a part that may fail alone: its statements, events and dirty marks are undone when it raises."""
        events = {database: len(lines) for database, lines in self._events.items()}
        dirty = {key: BitMap(ids) for key, ids in self._dirty.items()}
        notices = set(self._notices)
        self._savepoints += 1
        try:
            async with self._connection.begin_nested():
                yield
        except BaseException:
            self._events = {database: self._events[database][:count] for database, count in events.items()}
            self._dirty, self._notices = dirty, notices
            self.known = {}
            raise
        finally:
            self._savepoints -= 1


def as_struct(row: sa.Row[Any], kind: type[S]) -> S:
    """Read a row as a Struct whose fields are named as its columns are; jsonb becomes what the field says.

    Raises ``msgspec.ValidationError`` when a value does not fit its field.
    """
    return msgspec.convert({str(name): value for name, value in row._mapping.items()}, kind)


async def driver(connection: AsyncConnection) -> psycopg.AsyncConnection[Any]:
    """Return psycopg's connection below a SQLAlchemy one."""
    raw = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, psycopg.AsyncConnection)
    return raw


class Database:
    """PostgreSQL by its DSN: a SQLAlchemy engine for configuration and a psycopg pool for hot paths."""

    def __init__(self, dsn: str, *, pool_size: int = 10) -> None:
        self.dsn = dsn
        self._size = pool_size
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(dsn),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            json_serializer=json_text,
            json_deserializer=json.loads,
            connect_args={"cursor_factory": Cursor},
        )
        self.pool: AsyncConnectionPool[psycopg.AsyncConnection[Any]] = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=pool_size,
            open=False,
            kwargs={"row_factory": tuple_row, "prepare_threshold": 2, "cursor_factory": Cursor},
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        """Open the pool; raise when the server does not answer within 30 seconds."""
        await self.pool.open(wait=True, timeout=30)

    async def close(self) -> None:
        """Give back every connection."""
        await self.pool.close()
        await self.engine.dispose()

    @asynccontextmanager
    async def tx(self, engines: Engines) -> AsyncIterator[Tx]:
        """Open a transaction that commits when the block ends and rolls back when it raises."""
        async with self.engine.begin() as connection:
            tx = Tx(connection, engines, engines.clock.now())
            yield tx
            await tx.flush()

    @asynccontextmanager
    async def hot(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Open a bare psycopg transaction from the pool, for hot paths that write their own outbox rows."""
        async with self.pool.connection() as connection, connection.transaction():
            yield connection

    async def session(self) -> psycopg.AsyncConnection[Any]:
        """Open a connection of one's own in autocommit, for LISTEN and advisory locks; the caller closes it."""
        return await psycopg.AsyncConnection.connect(self.dsn, autocommit=True)


def sqlalchemy_url(dsn: str) -> sa.URL:
    """Turn a libpq DSN (URL or keywords) into SQLAlchemy's URL for psycopg."""
    info = psycopg.conninfo.conninfo_to_dict(dsn)
    host = str(info.pop("host", "") or "")
    query: dict[str, str] = {}
    if host.startswith("/"):
        query["host"], host = host, ""
    port = info.pop("port", None)
    if port and not host:
        query["port"] = str(port)
    user, password, name = info.pop("user", None), info.pop("password", None), info.pop("dbname", None)
    query.update({k: str(v) for k, v in info.items() if v is not None})
    return sa.URL.create(
        "postgresql+psycopg",
        username=str(user) if user else None,
        password=str(password) if password else None,
        host=host or None,
        port=int(port) if port and host else None,
        database=str(name or "postgres"),
        query=query,
    )
