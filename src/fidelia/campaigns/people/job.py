"""Building and refreshing as a job: one transaction, so a run that was killed has changed nothing and begins again."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from fidelia import segments
from fidelia.access import Actor, audit
from fidelia.kernel.errors import Problem, conflict
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Cancelled, JobContext, JobRef
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import Runs, Work

from ..model import CampaignRun
from ..store import campaigns as store
from ..store import people as lists
from ..store.campaigns import CampaignRow
from ..tables import campaign_run
from . import listening
from .admission import OPEN, sync

BUILD = "campaigns.build"
RUNS = Runs(campaign_run, CampaignRun, owner="campaign_id", unsaid="The job ended before the audience was stored")


async def ask(tx: Tx, actor: Actor, campaign_id: int, *, source: str = "hand") -> JobRef:
    """Have a campaign's audience brought up to date; while a run waits or works, return that one. Raises 404, 409."""
    row = await store.get(tx, campaign_id, lock=True)
    if row.state not in OPEN or row.archived_at is not None:
        raise conflict(f"This campaign is {'archived' if row.archived_at else row.state}: its audience stays as it is")
    return await RUNS.ask(tx, row.id, work_of(row), source=source, actor=actor.name)


def work_of(row: CampaignRow) -> Work:
    """Return the job that builds a campaign's audience, or lets newcomers in."""
    verb = "Build" if row.state != "active" else "Refresh"
    return Work(
        kind=BUILD,
        title=f"{verb} the audience of {row.name}",
        args={"campaign_id": row.id},
        database_id=row.database_id,
        link=f"/campaigns/{row.id}?tab=audience",
        lock=f"campaign-{row.id}",
    )


async def run_build(ctx: JobContext, *, campaign_id: int, run_id: int) -> dict[str, Any]:
    """Assign everybody of the segment who has no side yet, and begin the campaign if it waits for that."""
    async with RUNS.telling(ctx, run_id, _reason):
        return await _run(ctx, campaign_id, run_id)


async def _run(ctx: JobContext, campaign_id: int, run_id: int) -> dict[str, Any]:
    started = time.perf_counter()
    async with ctx.tx() as tx:
        if not await RUNS.begin(tx, run_id):
            raise Cancelled
    await ctx.check()
    async with ctx.tx() as tx:
        row = await store.find(tx, campaign_id, lock=True)
        if row is None or row.state not in OPEN or row.archived_at is not None:
            raise conflict("The campaign ended or was put away meanwhile")
        done = await sync(tx, campaign_id, anew=True)
        assert done is not None
        if row.state == "building":
            await store.update(tx, campaign_id, {"state": "active", "started_at": row.started_at or tx.now})
            await listening.listen_for(tx, campaign_id)
            await audit(
                tx,
                Actor.system(),
                "campaign.begun",
                kind="campaign",
                object_id=row.id,
                name=row.name,
                before={"state": row.state},
                after={"state": "active", "people": len(done.people.audience)},
            )
        figures = {
            "audience": len(done.people.audience),
            "joined": len(done.joined),
            "kept_back": len(done.kept_back),
            "gone": len(done.gone),
            "took_ms": round((time.perf_counter() - started) * 1000),
        }
        stored = {**figures, "warnings": msgspec.to_builtins(done.warnings)}
        if not await RUNS.end(tx, run_id, "done", columns=stored):
            raise Cancelled
    return figures


async def tick(engines: Engines) -> None:
    """Have the audiences brought up to date whose segments have changed; several processes may call this at once."""
    await RUNS.settle_all(engines)
    async with engines.tx() as tx:
        seen = await lists.versions(tx)
        present = await segments.list_versions(tx, {segment for _, segment, _ in seen})
        late = [id_ for id_, segment, version in seen if present.get(segment, 0) != version]
    for campaign_id in late:
        async with engines.tx() as tx:
            row = await store.find(tx, campaign_id)
            if row is not None and await RUNS.open_of(tx, campaign_id) is None and not await _gave_up(tx, row):
                await RUNS.start(tx, campaign_id, work_of(row), source="segment", actor="Fidelia")


async def _gave_up(tx: Tx, row: CampaignRow) -> bool:
    """Say whether the newest refresh failed a moment ago: the same fault is not run into every two seconds."""
    last = await RUNS.last(tx, row.id)
    if last is None or last.state != "failed" or last.finished_at is None:
        return False
    return (tx.now - last.finished_at).total_seconds() < 300


def _reason(exc: BaseException) -> str:
    if isinstance(exc, Problem):
        return exc.detail or exc.title
    return "Something went wrong inside; the log says what"
