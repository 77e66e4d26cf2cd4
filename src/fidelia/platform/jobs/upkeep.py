"""What the platform forgets by itself: old job rows and idempotency keys."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from ..engines import Engines
from . import store
from .registry import periodic

KEEP_JOB_DAYS = 30
KEEP_KEYS_HOURS = 48


@periodic("upkeep", "17 * * * *", queue="worker")
async def upkeep(engines: Engines) -> None:
    """Forget jobs after 30 days and idempotency keys after 48 hours."""
    async with engines.tx() as tx:
        await store.purge(tx, KEEP_JOB_DAYS)
        await tx.execute(
            sa.text("delete from idempotency where created_at < :edge"),
            {"edge": tx.now - timedelta(hours=KEEP_KEYS_HOURS)},
        )
