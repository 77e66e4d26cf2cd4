"""Who may see a placement: worked out when it starts, and afresh as often as it says."""

from __future__ import annotations

import structlog

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext

from ...model import Run
from ...service import audience
from ...store import runs as runs_store
from .store import runs

log = structlog.get_logger(__name__)


async def prepare(ctx: JobContext, run: Run) -> dict[str, int]:
    """Work out the audience of a run that begins, and have it served."""
    engines = ctx.engines
    chosen = await audience.selected(engines, run.database_id, run.plan.segment_id, ctx.tag)
    ctx.progress(0, len(chosen))
    await audience.take_in(engines, run, chosen)
    found = await audience.work_out(engines, run.database_id, run.plan, chosen, ctx.progress)
    async with ctx.tx() as tx:
        if not await runs_store.still_preparing(tx, run.id):
            return {"audience": 0}  # somebody stopped it meanwhile
        many = await runs.keep_audience(tx, run.id, found.receives, found.excluded)
        await runs_store.move(tx, run.id, "sending", only=("audience",))
        await runs.go_live(tx, run.id)
    return {"selected": found.selected, "audience": many}


async def refresh_due(engines: Engines) -> int:
    """Work out afresh what is due; return how many runs it were. What fails keeps its audience until the next time."""
    async with engines.tx() as tx:
        found = await runs.due(tx)
    for run_id in found:
        try:
            await refresh(engines, run_id)
        except Problem as exc:
            log.warning("the audience of a placement stays as it was", run=run_id, reason=exc.detail)
        except Exception:  # the next one must not wait for it
            log.exception("the audience of a placement stays as it was", run=run_id)
    return len(found)


async def refresh(engines: Engines, run_id: int) -> None:
    """Work out a run's audience afresh; who is new sees it from now on, who has gone does not. Raise 404, 409, 422."""
    async with engines.tx() as tx:
        run = await runs_store.get(tx, run_id)
    chosen = await audience.selected(engines, run.database_id, run.plan.segment_id)
    await audience.take_in(engines, run, chosen)
    found = await audience.work_out(engines, run.database_id, run.plan, chosen)
    async with engines.tx() as tx:
        if await runs_store.move(tx, run_id, "sending", only=("sending",)):  # locks it
            await runs.keep_audience(tx, run_id, found.receives, found.excluded)
