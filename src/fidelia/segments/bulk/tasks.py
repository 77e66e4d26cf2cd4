"""Jobs of bulk updates. Who it is about may have to be asked of ClickHouse, in the core; writing needs PostgreSQL."""

from __future__ import annotations

from functools import partial
from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from . import service, work


@task(service.PEOPLE, queue="core")
async def find_people(ctx: JobContext, bulk_id: int) -> dict[str, Any]:
    """Find out whom a bulk update is about."""
    return await work.find_people(ctx, bulk_id)


@task(service.RUN, queue="worker", attempts=10)
async def run(ctx: JobContext, bulk_id: int, people_job: str | None = None) -> dict[str, Any]:
    """Change the people of a bulk update."""
    async with ctx.telling(partial(work.ended, ctx, bulk_id)):
        return await work.run(ctx, bulk_id, people_job)


@periodic("segments.bulk_tidy", "41 3 * * *", queue="worker")
async def tidy(engines: Engines) -> None:
    """Forget who was refused long ago."""
    await service.forget_old(engines)
