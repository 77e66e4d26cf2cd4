"""Imports that write most of a database: the search index is taken away while they run and built anew at the end.

Kept up row by row, a trigram index costs three times as much as everything else about a new profile together. Without
it a search still finds everybody, only slower. Whatever happens to an import, the index comes back: at its end, or by
the nightly run.

Built beside writers it takes twice as long as alone, and after most first loads nobody else writes. So it is built
alone at first; as soon as somebody is held up by that, it gives way and is built beside them.
"""

from __future__ import annotations

import asyncio
from typing import Any, LiteralString

import psycopg
import structlog

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..store import ddl

MIN_ROWS = 50_000
_BUILDERS = 0x_5EA_2C4
_PAUSE = 0.3
_ATTEMPTS = 5
#: How long a writer may be held up by an index that is built alone, and how often it is looked for writers.
HELD_UP_SECONDS = 0.5
_LOOK_SECONDS = 0.2
Session = psycopg.AsyncConnection[Any]
log = structlog.get_logger(__name__)


def is_bulk(database: Database, rows: int | None) -> bool:
    """Tell whether a file of so many rows is about as many people as the database holds."""
    return rows is not None and rows >= max(MIN_ROWS, database.profile_count)


async def drop_search(tx: Tx, database: Database) -> None:
    """Take the search index away; leave it when somebody else is busy with the table."""
    try:
        async with tx.savepoint():
            await ddl.lock_exclusively(tx, database.id)
            raw = await tx.raw()
            await raw.execute(f"drop index if exists {_name(database.id)}")
    except Problem as exc:
        if exc.status != 409:
            raise
        log.info("the search index stays during an import", database=database.id, reason=exc.detail)


async def ensure_search(engines: Engines, database_id: int) -> bool:
    """Build the search index if it is missing or broken, and return whether it was; a writer waits a second at most."""
    session = await engines.db.session()
    try:
        # One builder at a time. Asked for again and again: a statement that waits would hold up the builder for ever.
        while not await _one(session, "select pg_try_advisory_lock(%s)", _BUILDERS):  # noqa: ASYNC110 (over processes)
            await asyncio.sleep(_PAUSE)
        for _ in range(_ATTEMPTS):
            if not await _is_missing(session, database_id):
                return False
            try:
                await _build(engines, session, database_id)
            # Other maintenance of the same table, or a late wish to give way; what is left is invalid.
            except (psycopg.errors.DeadlockDetected, psycopg.errors.QueryCanceled):
                await asyncio.sleep(_PAUSE)
            else:
                return True
    except psycopg.errors.UndefinedTable:
        return False
    finally:
        await session.close()
    log.warning("the search index could not be built; the nightly run tries again", database=database_id)
    return False


async def _build(engines: Engines, session: Session, database_id: int) -> None:
    await session.execute("set maintenance_work_mem = '512MB'")
    await session.execute(f"drop index concurrently if exists {_name(database_id)}")
    if not await _build_alone(engines, session, database_id):
        log.info("the search index is built beside writers", database=database_id)
        await session.execute(_creation(database_id, "concurrently"))


async def _build_alone(engines: Engines, session: Session, database_id: int) -> bool:
    """Build the index as fast as can be, while nobody may write; give it up as soon as somebody waits for that."""
    watcher = await engines.db.session()
    building = asyncio.create_task(_create(session, database_id))
    try:
        while not (await asyncio.wait({building}, timeout=_LOOK_SECONDS))[0]:
            if await _one(watcher, _WAITING, f"profile_{database_id}", HELD_UP_SECONDS):
                await session.cancel_safe()
        return await building
    finally:
        if not building.done():  # told to stop
            await session.cancel_safe()
            await asyncio.wait({building})
        await watcher.close()


async def _create(session: Session, database_id: int) -> bool:
    try:
        async with session.transaction():
            await session.execute("set local lock_timeout = '2s'")  # who comes after us in the queue waits as long
            await session.execute(_creation(database_id))
    except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable):
        return False
    return True


#: Whether somebody who wants to write, or to change the table, has waited longer than so many seconds.
_WAITING: LiteralString = """
    select exists (
      select from pg_locks
      where relation = to_regclass(%s) and not granted and clock_timestamp() - waitstart > make_interval(secs => %s)
        and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
"""


def _creation(database_id: int, how: str = "") -> str:
    table = f"profile_{database_id}"
    return f"create index {how} {_name(database_id)} on {table} using gin ({ddl.SEARCHED} gin_trgm_ops)"


async def _is_missing(session: Session, database_id: int) -> bool:
    if await _one(session, "select to_regclass(%s)", f"profile_{database_id}") is None:
        return False
    index = "select indisvalid from pg_index where indexrelid = to_regclass(%s)"
    return not await _one(session, index, _name(database_id))


async def _one(session: Session, query: LiteralString, *params: object) -> Any:
    row = await (await session.execute(query, params)).fetchone()
    return row[0] if row else None


async def ensure_all(engines: Engines) -> None:
    """Build every missing search index, except where an import is at work."""
    async with engines.tx() as tx:
        raw = await tx.raw()
        rows = await (
            await raw.execute(
                "select d.id from profile_database d where not exists ("
                "  select from profile_import i where i.database_id = d.id and i.state in ('queued', 'running'))"
            )
        ).fetchall()
    for (database_id,) in rows:
        await ensure_search(engines, database_id)


def _name(database_id: int) -> str:
    return f"ix_profile_{database_id}_search"
