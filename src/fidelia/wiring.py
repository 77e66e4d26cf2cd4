"""The only place that joins capabilities: projections, vocabularies, ports, handlers, and the engines of a process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fidelia import profiles
from fidelia.events import ensure_events
from fidelia.kernel.clock import Clock, SystemClock
from fidelia.market import projection as market_projection
from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.drain import Drain, Projection
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.migrate import clickhouse_status, upgrade_clickhouse
from fidelia.platform.postgres import Database
from fidelia.profiles import projection as profiles_projection
from fidelia.settings import Settings


def projections() -> dict[str, Projection]:
    """Return how each dirty stream is projected to ClickHouse."""
    return {
        **profiles_projection.projections(),
        "products": market_projection.Products(),
        "orders": market_projection.Orders(),
    }


def wire(engines: Engines) -> None:
    """Fill the ports of a process's engines."""
    # Lists that capabilities above add to: who uses a database or a field, and who forgets erased people.
    engines.ports.setdefault(profiles.USED_BY, [])
    engines.ports.setdefault(profiles.ERASERS, [])
    if engines.ch is not None:
        engines.drain = Drain(engines, projections(), ensure_events)


async def prepare_clickhouse(ch: ClickHouse) -> None:
    """Migrate a new ClickHouse; raise when an existing one is older than this release."""
    status = await clickhouse_status(ch)
    if status.is_new:
        await upgrade_clickhouse(ch)
    else:
        status.require_current()


@asynccontextmanager
async def open_engines(settings: Settings, *, clickhouse: bool, clock: Clock | None = None) -> AsyncIterator[Engines]:
    """Open a process's engines and close them after: PostgreSQL by ``settings.postgres.dsn``, ClickHouse if asked."""
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    db = Database(settings.postgres.dsn, pool_size=settings.postgres.pool_max)
    await db.open()
    ch: ClickHouse | None = None
    try:
        if clickhouse:
            ch = ClickHouse(settings)
            await ch.open()
            await prepare_clickhouse(ch)
        engines = Engines(settings=settings, db=db, clock=clock or SystemClock(), ch=ch, files=folder.files)
        wire(engines)
        try:
            yield engines
        finally:
            engines.stop.set()
            if engines.drain is not None:
                await engines.drain.close()
    finally:
        if ch is not None:
            await ch.close()
        await db.close()
