"""The till of orders, on engines without ClickHouse."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.settings import Settings
from tests.conftest import NOW, open_test_engines
from tests.loyalty.orders.till import Till, open_till


@pytest.fixture(scope="module")
async def engines(pg_dsn: str, base_settings: Settings) -> AsyncIterator[Engines]:
    """Engines of a module: PostgreSQL only."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as opened:
        yield opened


@pytest.fixture
async def till(api: httpx.AsyncClient, engines: Engines) -> AsyncIterator[Till]:
    """A till of one test; its clock is put back after it."""
    made = await open_till(api, engines)
    yield made
    made.clock.set(NOW)
