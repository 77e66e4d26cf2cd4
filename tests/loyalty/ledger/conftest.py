"""Engines without ClickHouse, and a club on them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fidelia.platform.engines import Engines
from fidelia.settings import Settings
from tests.conftest import open_test_engines

from .shop import Club, open_club


@pytest.fixture(scope="module")
async def engines(pg_dsn: str, base_settings: Settings) -> AsyncIterator[Engines]:
    """Engines of a module: PostgreSQL only, as in a worker."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as opened:
        yield opened


@pytest.fixture
async def club(engines: Engines) -> AsyncIterator[Club]:
    """A club of one test; what always holds is checked after it."""
    made = await open_club(engines)
    yield made
    await made.check()
