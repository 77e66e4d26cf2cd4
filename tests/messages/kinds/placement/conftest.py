"""What the tests of placements share."""

from __future__ import annotations

import httpx
import pytest

import fidelia.worker.tasks  # noqa: F401  # declares the jobs
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines

from .world import Site


@pytest.fixture
async def site(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> Site:
    """A site of a database of twenty people."""
    return await Site.of(engines, api)
