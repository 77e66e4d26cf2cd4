"""Engines without ClickHouse, and a till or a desk of each test."""

from __future__ import annotations

from datetime import datetime

import httpx
import pytest

from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from tests.conftest import NOW

from ..members.conftest import Desk, new_database
from ..orders.till import Till, open_till
from ..races.conftest import engines

__all__ = ["engines"]


@pytest.fixture
async def till(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> Till:
    clock.set(NOW)
    return await open_till(api, engines)


@pytest.fixture
async def desk(api: httpx.AsyncClient, engines: Engines, clock: FixedClock) -> Desk:
    clock.set(datetime.fromisoformat("2026-11-16T12:00:00+00:00"))
    return Desk(api, engines, await new_database(engines))
