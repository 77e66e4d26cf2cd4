"""Jobs of members: letting them in and reviewing levels are done by workers, newcomers are looked at there too."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import periodic, task

from .. import programs
from .service import work

enrol = task(programs.ENROL, queue="worker")(work.run_enrol)
review = task(work.REVIEW, queue="worker")(work.run_review)


@periodic("loyalty.newcomers", seconds=1, queue="worker")
async def newcomers(engines: Engines) -> None:
    """Let in new profiles where everybody is a member."""
    await work.round_of(engines)


@periodic("loyalty.segments", seconds=2, queue="worker")
async def segments(engines: Engines) -> None:
    """Let in who has come onto the segments of programs."""
    await work.tick_segments(engines)


@periodic("loyalty.reviews", "* * * * *", queue="worker")
async def reviews(engines: Engines) -> None:
    """Start the reviews whose day has come."""
    await work.tick_reviews(engines)
