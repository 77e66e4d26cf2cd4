"""The end of a filling: the new list takes the place of the one before, in one transaction with its run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from pyroaring import BitMap

from fidelia.platform.jobs import Cancelled, Ending, JobContext
from fidelia.platform.postgres import Tx

from ..model import Segment
from ..store import members as members_store
from ..store import runs as runs_store
from ..store.runs import RUNS
from .lists import swap
from .refusals import reason

#: An erasure may have begun this long before it was committed.
_MARGIN = timedelta(days=1)


async def put(
    tx: Tx,
    segment: Segment,
    run_id: int,
    found: BitMap,
    *,
    source: str,
    triggers: bool | None,
    since: datetime,
    took_ms: int,
    keep: bool = False,
) -> dict[str, Any]:
    """Swap the lists and note the run; return its figures. The segment must be locked.

    ``found`` was worked out ``since`` a moment: who was erased from then on stays out. ``keep``: nobody leaves.
    ``triggers``: ``None`` writes events unless it is the first filling. Raises :class:`Cancelled` when the run has
    ended meanwhile.
    """
    run = await runs_store.get(tx, run_id)
    before = await members_store.members(tx, segment.id)
    after = found - await members_store.erased_since(tx, segment.database_id, since - _MARGIN)
    if keep:
        after |= before
    loud = await runs_store.has_done(tx, segment.id) if triggers is None else triggers
    action = "recalculation" if segment.type == "updatable" else "fill"
    entered, left = await swap(tx, segment, before, after, source=action, by=run.actor, triggers=loud)
    if not await runs_store.finish(tx, run_id, took_ms=took_ms, size=len(after), entered=entered, left=left):
        raise Cancelled
    if segment.type == "static":
        await members_store.append_log(
            tx,
            segment.id,
            action="fill",
            source=source,
            actor=run.actor,
            entered=len(entered),
            left=len(left),
            size=len(after),
            changed=entered | left,
        )
    return {"size": len(after), "entered": len(entered), "left": len(left), "took_ms": took_ms, "triggers": loud}


async def end_runs(ctx: JobContext, run_ids: Iterable[int], ending: Ending, exc: BaseException) -> None:
    """Write into the histories of runs how the job that did them ended, and why."""
    async with ctx.tx() as tx:
        for run_id in run_ids:
            await RUNS.end(tx, run_id, ending, None if ending == "cancelled" else reason(exc))
