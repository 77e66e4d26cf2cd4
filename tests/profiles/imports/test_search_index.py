"""The search index that an import has taken away comes back fast, and holds up nobody who writes meanwhile for long."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from fidelia.platform.engines import Engines
from fidelia.profiles.imports import store_bulk as bulk

from .conftest import Importer, csv_bytes

BESIDE = "the search index is built beside writers"


@pytest.fixture
async def table(importer: Importer, engines: Engines) -> str:
    """Three people without an index to search them by."""
    await importer.load(csv_bytes([["email"], ["a@x.no"], ["b@x.no"], ["c@x.no"]]))
    async with engines.tx() as tx:
        await bulk.drop_search(tx, importer.database)
    return f"profile_{importer.database.id}"


async def _one(engines: Engines, query: str) -> object:
    async with engines.db.hot() as raw:
        row = await (await raw.execute(query)).fetchone()
    return row[0] if row else None


async def _until(engines: Engines, query: str) -> None:
    async with asyncio.timeout(60):
        while not await _one(engines, query):
            await asyncio.sleep(0.005)


async def _is_whole(engines: Engines, table: str) -> bool:
    valid = f"select indisvalid from pg_index where indexrelid = to_regclass('ix_{table}_search')"
    left = f"select count(*) from pg_index where indrelid = '{table}'::regclass and not indisvalid"
    return bool(await _one(engines, valid)) and await _one(engines, left) == 0


async def test_it_is_built_alone_when_nobody_writes(importer: Importer, engines: Engines, table: str) -> None:
    with capture_logs() as logs:
        assert await bulk.ensure_search(engines, importer.database.id)
    assert BESIDE not in [line["event"] for line in logs]
    assert await _is_whole(engines, table)


async def test_who_comes_while_it_waits_for_somebody_else_goes_first(
    importer: Importer, engines: Engines, table: str
) -> None:
    with capture_logs() as logs:
        async with engines.db.hot() as slow:
            await slow.execute(f"update {table} set city = 'Oslo' where email = 'a@x.no'")
            building = asyncio.create_task(bulk.ensure_search(engines, importer.database.id))
            waits = f"relation = '{table}'::regclass and mode = 'ShareLock' and not granted"
            await _until(engines, f"select exists (select from pg_locks where {waits})")
            async with asyncio.timeout(30), engines.db.hot() as other:
                await other.execute(f"update {table} set city = 'Bergen' where email = 'b@x.no'")
            assert not building.done()
        assert await building
    assert BESIDE in [line["event"] for line in logs]
    assert await _is_whole(engines, table)


async def test_it_gives_way_to_who_comes_while_it_is_built(
    importer: Importer, engines: Engines, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "HELD_UP_SECONDS", 0.0)
    monkeypatch.setattr(bulk, "_LOOK_SECONDS", 0.01)
    async with engines.db.hot() as raw:
        await raw.execute(
            f"insert into {table} (id, email, first_name, created_at, updated_at)"
            " select n, md5(n::text) || '@example.com', md5((-n)::text), now(), now()"
            " from generate_series(10, 120000) n"
        )
    with capture_logs() as logs:
        building = asyncio.create_task(bulk.ensure_search(engines, importer.database.id))
        at_work = f"relid = '{table}'::regclass and command = 'CREATE INDEX'"
        await _until(engines, f"select exists (select from pg_stat_progress_create_index where {at_work})")
        async with asyncio.timeout(30), engines.db.hot() as other:
            await other.execute(f"update {table} set city = 'Bergen' where email = 'b@x.no'")
        assert not building.done()
        assert await building
    assert BESIDE in [line["event"] for line in logs]
    assert await _is_whole(engines, table)


async def test_a_job_that_is_cancelled_leaves_nothing_running(importer: Importer, engines: Engines, table: str) -> None:
    async with engines.db.hot() as slow:
        await slow.execute(f"update {table} set city = 'Oslo' where email = 'a@x.no'")
        building = asyncio.create_task(bulk.ensure_search(engines, importer.database.id))
        waits = f"relation = '{table}'::regclass and mode = 'ShareLock' and not granted"
        await _until(engines, f"select exists (select from pg_locks where {waits})")
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building
        assert not await _one(engines, f"select exists (select from pg_locks where {waits})")
    assert await bulk.ensure_search(engines, importer.database.id)
