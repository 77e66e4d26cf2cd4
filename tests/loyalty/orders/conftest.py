"""Engines without ClickHouse, the application on them, and a till of each test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from fidelia.platform.engines import Engines
from fidelia.settings import Settings
from tests.conftest import open_test_engines

from .till import Till, open_till


@pytest.fixture(scope="module")
async def engines(pg_dsn: str, base_settings: Settings) -> AsyncIterator[Engines]:
    """Engines of a module: PostgreSQL only."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as opened:
        yield opened


@pytest.fixture
async def till(api: httpx.AsyncClient, engines: Engines) -> Till:
    """A till of one test."""
    return await open_till(api, engines)
