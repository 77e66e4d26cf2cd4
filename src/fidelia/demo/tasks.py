"""The job that loads the demo; it runs in a worker and may be stopped and begun again at any point."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import anyio.to_thread

from fidelia import profiles
from fidelia.platform.jobs import JobContext, task

from . import examples, store

LOAD = "demo.load"


@task(LOAD, queue="worker", attempts=5)
async def load(ctx: JobContext, *, small: bool = False) -> dict[str, Any]:
    """Load the data, make the examples, start the broadcast; each step is done once."""
    from .load import Loader  # heavy, and only here
    from .source import Source

    async with ctx.tx() as tx:
        begun = await store.get(tx, "begun")
    source = await anyio.to_thread.run_sync(lambda: Source(small=bool(begun["small"]) if begun else small))
    if begun is None:
        begun = {"small": small, "shift_days": source.shift(ctx.engines.clock.now()).days}
        async with ctx.tx() as tx:
            await store.put(tx, "begun", begun)
    database_id = await Loader(ctx, source, timedelta(days=begun["shift_days"])).run()
    async with ctx.tx() as tx:
        segment_ids = await examples.make_segments(tx, database_id)
    async with ctx.tx() as tx:
        resource_id = int(await store.get(tx, "resource"))
        mailing_id = await examples.make_mailing(tx, database_id, segment_ids, resource_id)
        sent = {str(row.household) for row in source.received(timedelta(0)) if row.campaign == examples.CAMPAIGN}
        households = await profiles.match_ids(tx, database_id, "external_id", sorted(sent))
        campaign_id = await examples.make_campaign(tx, database_id, households.values(), mailing_id)
    return {
        "database_id": database_id,
        "households": len(source.households),
        "orders": source.orders,
        "lines": source.lines,
        "segments": len(segment_ids),
        "mailing_id": mailing_id,
        "campaign_id": campaign_id,
    }
