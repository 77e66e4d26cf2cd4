"""Jobs of promo codes: make many, fetch many, read a file; warn before a pool runs dry."""

from __future__ import annotations

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from .service import batches, making
from .service.watching import watch


@task(batches.MAKE, queue="worker", attempts=10)
async def make(ctx: JobContext, *, batch_id: int) -> dict[str, int]:
    """Make the codes of a batch; it goes on where it was killed."""
    async with ctx.telling(making.ending(ctx.engines, batch_id)):
        return await making.make(ctx, batch_id)


@task(batches.FETCH, queue="worker", attempts=10)
async def fetch(ctx: JobContext, *, batch_id: int) -> dict[str, int]:
    """Fetch the codes of a batch from its pool's service."""
    async with ctx.telling(making.ending(ctx.engines, batch_id)):
        return await making.fetch(ctx, batch_id)


@task(batches.READ, queue="worker", attempts=10)
async def read(ctx: JobContext, *, batch_id: int) -> dict[str, int]:
    """Read the codes of a batch from its file."""
    async with ctx.telling(making.ending(ctx.engines, batch_id)):
        return await making.read(ctx, batch_id)


@periodic("promo_codes.watch", "*/5 * * * *", queue="worker")
async def look_after(engines: Engines) -> None:
    """Warn of pools that run dry; ask services for more where that is allowed."""
    await watch(engines)
