"""Examines an installation: each finding says what was looked at, whether it is as it should be, and the figures."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia import profiles
from fidelia.kernel.errors import Problem
from fidelia.platform.clickhouse import ClickHouseError
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines
from fidelia.platform.migrate import MigrationError, clickhouse_status, postgres_status

from . import store

LEAST_FREE_BYTES = 2_000_000_000


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


async def examine(engines: Engines) -> list[Finding]:
    """Look at everything; an engine that does not answer is a finding, not an error."""
    return [finding async for finding in _findings(engines)]


async def _findings(engines: Engines) -> AsyncIterator[Finding]:
    try:
        async with engines.tx() as tx:
            version = await store.server_version(tx)
        yield Finding("PostgreSQL", True, f"answers, version {version}")
    except (psycopg.OperationalError, sa.exc.DBAPIError, sa.exc.TimeoutError) as exc:
        yield Finding("PostgreSQL", False, f"does not answer: {exc}")
        return
    try:
        yield Finding("ClickHouse", True, f"answers, version {await engines.clickhouse.scalar('SELECT version()')}")
    except ClickHouseError as exc:
        yield Finding("ClickHouse", False, f"does not answer: {exc}")
        return
    yield await _schema(engines)
    yield await _backlog(engines)
    yield await _jobs(engines)
    yield _space(engines)
    async for finding in _agreement(engines):
        yield finding


async def _schema(engines: Engines) -> Finding:
    try:
        postgres = await asyncio.to_thread(postgres_status, engines.db.dsn)
        clickhouse = await clickhouse_status(engines.clickhouse)
        for status in (postgres, clickhouse):
            status.require_current()
    except MigrationError as exc:
        return Finding("Schema", False, str(exc))
    return Finding(
        "Schema", True, f"PostgreSQL at {postgres.applied}, ClickHouse at {clickhouse.applied or 'its start'}"
    )


async def _backlog(engines: Engines) -> Finding:
    assert engines.drain is not None
    waiting = await engines.drain.behind()
    if engines.drain.last_error is not None:
        return Finding("Drain", False, f"{waiting:,} rows wait, and the last try failed: {engines.drain.last_error}")
    if held := await engines.drain.quarantined():
        return Finding("Drain", False, f"{held:,} events were refused by ClickHouse; see the table event_quarantine")
    return Finding("Drain", waiting <= engines.settings.limits.drain_rows, f"{waiting:,} rows wait for ClickHouse")


async def _jobs(engines: Engines) -> Finding:
    async with engines.tx() as tx:
        silent = await store.silent_jobs(tx, tx.now - timedelta(seconds=3 * engines.settings.jobs.stalled_seconds))
        late = await store.late_jobs(tx, tx.now - timedelta(hours=1))
    detail = f"{silent} running without a sign of life, {late} waiting for more than an hour"
    return Finding("Jobs", not silent and not late, detail)


def _space(engines: Engines) -> Finding:
    free = shutil.disk_usage(engines.settings.data_dir).free
    return Finding("Disk", free >= LEAST_FREE_BYTES, f"{free / 1e9:,.1f} GB free in {engines.settings.data_dir}")


async def _agreement(engines: Engines) -> AsyncIterator[Finding]:
    """Compare the number of rows that both engines hold, for everything that is projected."""
    try:
        await engines.catch_up()
    except (DrainBehind, Problem) as exc:
        yield Finding("Agreement", False, f"cannot be looked at: {exc}")
        return
    yield await _compare(engines, "Products", "products", 0)
    yield await _lists(engines)
    async with engines.tx() as tx:
        databases = await profiles.list_databases(tx)
    for database in databases:
        yield await _compare(engines, f"Profiles of {database.name}", "profiles", database.id)
        yield await _compare(engines, f"Orders of {database.name}", "orders", database.id)


async def _lists(engines: Engines) -> Finding:
    async with engines.tx() as tx:
        here = await store.lists(tx)
    await engines.catch_up()
    missing = here - await store.projected_lists(engines.clickhouse)
    if missing:
        detail = f"{len(missing):,} of {len(here):,} are missing in ClickHouse; `fidelia rebuild` writes them again"
        return Finding("Lists of segments", False, detail)
    return Finding("Lists of segments", True, f"{len(here):,} in both engines")


async def _compare(engines: Engines, name: str, stream: str, database_id: int) -> Finding:
    """Count in PostgreSQL before and after counting in ClickHouse: people may work meanwhile."""
    async with engines.tx() as tx:
        before = await store.count(tx, stream, database_id)
    await engines.catch_up()
    there = await store.count_projected(engines.clickhouse, stream, database_id)
    async with engines.tx() as tx:
        after = await store.count(tx, stream, database_id)
    if min(before, after) <= there <= max(before, after):
        return Finding(name, True, f"{there:,} in both engines")
    return Finding(name, False, f"{after:,} in PostgreSQL, {there:,} in ClickHouse; repair with: fidelia rebuild")
