"""Real engines for the tests: one PostgreSQL server and one chDB a run, a database of its own in both for each module.

``engines`` is shared by a module's tests; ``fresh`` is new for one test. Both are migrated by the real migrations.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import httpx
import msgspec
import psycopg
import pytest
from litestar import Litestar

from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.migrate import upgrade_postgres
from fidelia.platform.pgserver import PostgresServer
from fidelia.platform.postgres import Database
from fidelia.settings import Settings
from fidelia.wiring import prepare_clickhouse, wire

from .application import application
from .up import TEMPORARY
from .warm import warm

NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)

# Nothing of what is imported and collected can be garbage; looking for it took an eighth of the time of all tests.
gc.disable()


# A line for each of a hundred thousand requests, which nobody reads.
logging.getLogger("httpx").setLevel(logging.WARNING)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that start processes or ask a thousand questions: what comes last must be short."""
    long = ("killed", "supervisor", "agreement", "resume", "oracle", "fuzz")
    items.sort(key=lambda item: not any(word in item.path.stem for word in long))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: nobody looks for garbage in it, and in the rest more seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_sessionfinish() -> None:
    """Look for garbage once; pytest looks five times more, through what is still in use."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def patient() -> Iterator[None]:
    """Answer a question instead of making a job of it, also on a busy machine: tests are about the answer."""
    from fidelia.segments.http import calculate

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calculate, "ANSWER_SECONDS", 120.0)
        yield


@pytest.fixture(scope="session", autouse=True)
def copied() -> Iterator[None]:
    """End the process that children are copied from, if there was one."""
    yield
    warm.end()


def with_dbname(dsn: str, name: str) -> str:
    return psycopg.conninfo.make_conninfo(dsn, dbname=name)


@pytest.fixture(scope="session")
def data_root() -> Iterator[Path]:
    root = Path(tempfile.mkdtemp(prefix="fidelia-test-", dir=TEMPORARY))
    root.chmod(0o711)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def base_settings(data_root: Path) -> Settings:
    settings = Settings()
    data = msgspec.structs.replace(settings.data, dir=str(data_root / "data"))
    return msgspec.structs.replace(settings, data=data)


@pytest.fixture(scope="session")
def pg_dsn(base_settings: Settings) -> Iterator[str]:
    """A server with a migrated template database."""
    outside = os.environ.get("FIDELIA_TEST_POSTGRES")
    folder = DataFolder(base_settings.data_dir)
    folder.prepare()
    server = None if outside else PostgresServer(folder, base_settings.postgres)
    dsn = outside or (server.start() if server else "")
    with psycopg.connect(dsn, autocommit=True) as connection:
        if server:  # processes are killed in tests, the machine is not: what was written need not reach the disk
            for setting in ("fsync", "full_page_writes"):
                connection.execute(f"alter system set {setting} = off")
            connection.execute("select pg_reload_conf()")
        connection.execute("drop database if exists fidelia_template")
        connection.execute("create database fidelia_template")
    upgrade_postgres(with_dbname(dsn, "fidelia_template"))
    yield dsn
    if server:
        server.stop()


@pytest.fixture(scope="session")
async def clickhouse(base_settings: Settings) -> AsyncIterator[ClickHouse]:
    """What makes databases in ClickHouse, which stays open: starting the engine for each took as long as its tables."""
    opened = ClickHouse(base_settings)
    await opened.open()
    yield opened
    await opened.close()


@asynccontextmanager
async def open_test_engines(
    pg_dsn: str, base_settings: Settings, *, clickhouse: ClickHouse | Literal[False]
) -> AsyncIterator[Engines]:
    """Engines with databases of their own; ``clickhouse`` makes the one in ClickHouse, if there is to be one."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(pg_dsn, autocommit=True) as connection:
        connection.execute(f"create database {name} template fidelia_template strategy file_copy")
    dsn = with_dbname(pg_dsn, name)
    settings = msgspec.structs.replace(base_settings, postgres=msgspec.structs.replace(base_settings.postgres, dsn=dsn))
    db = Database(dsn, pool_size=6)
    await db.open()
    ch: ClickHouse | None = None
    if clickhouse:
        await clickhouse.command(f"create database {name}")
        ch = ClickHouse(settings, database=name)
        await ch.open()
        await prepare_clickhouse(ch)
    engines = Engines(settings=settings, db=db, clock=FixedClock(NOW), ch=ch, files=DataFolder(settings.data_dir).files)
    wire(engines)
    try:
        yield engines
    finally:
        engines.stop.set()
        if engines.drain is not None:
            await engines.drain.close()
        if clickhouse and ch is not None:
            await ch.close()
            await clickhouse.command(f"drop database {name} sync")
        await db.close()
        with psycopg.connect(pg_dsn, autocommit=True) as connection:
            connection.execute(f"drop database {name} with (force)")


@pytest.fixture(scope="module")
async def engines(pg_dsn: str, base_settings: Settings, clickhouse: ClickHouse) -> AsyncIterator[Engines]:
    """Engines shared by the tests of a module."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=clickhouse) as opened:
        yield opened


@pytest.fixture
async def fresh(pg_dsn: str, base_settings: Settings, clickhouse: ClickHouse) -> AsyncIterator[Engines]:
    """Engines of one test."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=clickhouse) as opened:
        yield opened


@pytest.fixture
def clock(engines: Engines) -> Iterator[FixedClock]:
    """The module's clock, pinned; put back after the test."""
    assert isinstance(engines.clock, FixedClock)
    engines.clock.set(NOW)
    yield engines.clock
    engines.clock.set(NOW)


@asynccontextmanager
async def alive(app: Litestar) -> AsyncIterator[None]:
    """Start the application and stop it in one and the same task, which its task groups insist on."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    try:
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def api_client(engines: Engines, *, roles: tuple[str, ...] = ("owner",)) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the whole application, in this process, with a token of these roles."""
    from fidelia.access import create_token

    async with engines.tx() as tx:
        made = await create_token(tx, Actor.system(), "test", roles)
    with application(engines) as app:
        async with alive(app):
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            headers = {"Authorization": f"Bearer {made.secret}"}
            async with httpx.AsyncClient(
                transport=transport, base_url="http://test", headers=headers, timeout=30
            ) as client:
                yield client
    engines.stop.clear()


@pytest.fixture(scope="module")
async def api(engines: Engines) -> AsyncIterator[httpx.AsyncClient]:
    """The application over the module's engines, as an owner."""
    async with api_client(engines) as client:
        yield client
