"""Imports that write most of a database: the search index is taken away while they run and built anew at the end.

Kept up row by row, a trigram index costs three times as much as everything else about a new profile together. Without
it a search still finds everybody, only slower. Whatever happens to an import, the index comes back: at its end, or by
the nightly run.
"""

from __future__ import annotations

import psycopg
import structlog

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..store import ddl

MIN_ROWS = 50_000
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
    """Build the search index if it is missing or broken, without stopping writers; return whether it was built."""
    name, table = _name(database_id), f"profile_{database_id}"
    session = await engines.db.session()
    try:
        # One builder at a time; another one waits and then finds the index there.
        await session.execute("select pg_advisory_lock(hashtext(%s))", (name,))
        row = await (
            await session.execute(
                "select to_regclass(%s) is not null, (select indisvalid from pg_index where indexrelid = to_regclass(%s))",  # noqa: E501
                (table, name),
            )
        ).fetchone()
        if row is None or not row[0] or row[1]:
            return False
        await session.execute("set maintenance_work_mem = '256MB'")
        await session.execute(f"drop index concurrently if exists {name}")
        await session.execute(f"create index concurrently {name} on {table} using gin ({ddl.SEARCHED} gin_trgm_ops)")
    except psycopg.errors.UndefinedTable:
        return False
    finally:
        await session.close()
    return True


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
