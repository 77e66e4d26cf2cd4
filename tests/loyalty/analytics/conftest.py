"""Engines without ClickHouse, the application on them, and a till whose clock a test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.settings import Settings
from tests.conftest import open_test_engines
from tests.loyalty.orders.till import Till, open_till


@pytest.fixture(scope="module")
async def engines(pg_dsn: str, base_settings: Settings) -> AsyncIterator[Engines]:
    """Engines of a module: PostgreSQL only."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as opened:
        yield opened


@pytest.fixture
async def till(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> Till:
    """A till of one test, opened on 1 June 2026."""
    clock.set(datetime.fromisoformat("2026-06-01T09:00:00+00:00"))
    return await open_till(api, engines)
