"""Jobs of campaigns: audiences are built by workers, what widens them is looked at in the core."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic, task

from .people import job, listening

build = task(job.BUILD, queue="worker")(job.run_build)


@periodic("campaigns.tick", seconds=2, queue="worker")
async def tick(engines: Engines) -> None:
    """Let in who has joined the segments of campaigns."""
    await job.tick(engines)


@periodic("campaigns.interactions", seconds=1, queue="core")
async def interactions(engines: Engines) -> None:
    """Let in who reacts to activities that widen the audience."""
    await listening.round_of(engines)
