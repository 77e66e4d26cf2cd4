"""What the tests of trigger mailings share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

import fidelia.worker.tasks  # noqa: F401  # declares the jobs
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines

from ...sink import running
from .world import World


@pytest.fixture
async def world(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> AsyncIterator[World]:
    """A database of twenty people and a mail server."""
    async with running() as sink:
        yield await World.of(engines, api, sink)
