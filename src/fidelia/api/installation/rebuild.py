"""The job that fills every projection again from PostgreSQL."""

from __future__ import annotations

import asyncio
from typing import Any

from fidelia import profiles
from fidelia.loyalty.ledger import projection as points_projection
from fidelia.loyalty.members import projection as members_projection
from fidelia.market import projection as market_projection
from fidelia.platform.jobs import JobContext, task
from fidelia.profiles import projection as profiles_projection
from fidelia.profiles.lists import projection as lists_projection
from fidelia.segments import projection as segments_projection

KIND = "installation.rebuild"


@task(KIND, queue="core")
async def rebuild(ctx: JobContext) -> dict[str, Any]:
    """Mark every row as changed, and wait until the drain has moved them. A repeat does the same again."""
    engines = ctx.engines
    drain = engines.drain
    assert drain is not None
    async with ctx.tx() as tx:
        databases = await profiles.list_databases(tx)
    for database in databases:
        await ctx.check()
        await profiles_projection.rebuild(engines, database.id)
        await segments_projection.rebuild(engines, database.id)
    await segments_projection.rebuild(engines, 0)
    await lists_projection.rebuild(engines)
    await market_projection.rebuild(engines, [database.id for database in databases])
    await members_projection.rebuild(engines, [database.id for database in databases])
    await points_projection.rebuild(engines, [database.id for database in databases])
    total, moved = await drain.behind(), drain.moved
    ctx.progress(0, total)
    moving = asyncio.create_task(drain.flush())
    while not moving.done():
        await asyncio.wait([moving], timeout=0.5)
        ctx.progress(min(total, drain.moved - moved))
    moving.result()
    ctx.progress(total)
    return {"databases": len(databases), "rows": total}
