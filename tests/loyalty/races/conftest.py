"""Engines without ClickHouse: races are PostgreSQL's."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fidelia.platform.engines import Engines
from fidelia.settings import Settings
from tests.conftest import open_test_engines


@pytest.fixture(scope="module")
async def engines(pg_dsn: str, base_settings: Settings) -> AsyncIterator[Engines]:
    """Engines of a module: PostgreSQL only."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as opened:
        yield opened
