"""What runs do in the background: their audience, their senders, and the watch over both."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
import structlog

from fidelia import profiles
from fidelia.kernel.errors import Problem
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext
from fidelia.platform.postgres import Tx

from ..content.attachments.service import with_files
from ..content.showing import freeze
from ..kinds.multivariate import service as split
from ..kinds.multivariate.compiled import compiled_of
from ..kinds.placement import audience as placed
from ..kinds.registry import KINDS
from ..model import Mailing, Run
from ..sending.port import CannotSend
from ..sending.sender import Sender
from ..store import ledger, runs, sessions
from ..store import mailings as mailings_store
from ..timing.moments import Moments
from ..timing.rules import begins_at
from . import audience
from .launching import call_senders, close_stopped, link_of
from .mailings import begin
from .outlet import outlets

log = structlog.get_logger(__name__)

BEGINNING = 5.0
#: A run whose senders have gone home is given new ones when somebody is due so soon.
SOON = timedelta(seconds=3)


async def prepare(ctx: JobContext, run_id: int) -> dict[str, int]:
    """Work out a run's audience and fill its ledger; goes on where a killed job stood."""
    engines = ctx.engines
    async with ctx.tx() as tx:
        run = await runs.get(tx, run_id)
    if run.phase != "audience":
        return {}
    try:
        if run.plan.placement is not None:
            return await placed.prepare(ctx, run)
        return await _prepare(ctx, engines, run)
    except asyncio.CancelledError:
        if ctx.cancel_requested:
            await _give_up(engines, run, "stopped", "Cancelled while its audience was worked out")
        raise
    except (Problem, psycopg.DatabaseError) as exc:
        await _give_up(engines, run, "failed", exc.detail if isinstance(exc, Problem) else str(exc))
        raise


async def _prepare(ctx: JobContext, engines: Engines, run: Run) -> dict[str, int]:
    async with ctx.tx() as tx:
        people = await runs.audience(tx, run.id)
    if people is None:
        chosen = await audience.selected(engines, run.database_id, run.plan.segment_id, ctx.tag)
        ctx.progress(0, len(chosen))
        await audience.take_in(engines, run, chosen)
        found = await audience.work_out(engines, run.database_id, run.plan, chosen, ctx.progress)
        people = found.receives
        async with ctx.tx() as tx:
            if not await runs.still_preparing(tx, run.id):
                return {"audience": 0}
            await runs.keep_audience(tx, run.id, found.selected, people, found.excluded)
    async with ctx.tx() as tx:
        run = await runs.get(tx, run.id)
        uses = await uses_of(tx, run)
    await freeze(engines, run.id, uses, people, ctx.tag)
    async with ctx.tx() as tx:
        moments = await Moments.of(tx, run, len(people))
    groups = split.groups_of(run, people)
    ctx.progress(0, len(people))
    async for chunk, ids, hashes in audience.contacts(engines, run.database_id, run.plan, people, run.prepared_to):
        await ctx.check()
        async with ctx.tx() as tx:
            if not await runs.still_preparing(tx, run.id):
                return {"audience": 0}  # somebody stopped it meanwhile
            variants, due = await split.places(groups, ids, partial(moments.give, tx))
            added = await ledger.add(await tx.raw(), run.id, ids, hashes, tx.now, variants=variants, due=due)
            await runs.prepared(tx, run.id, chunk, [key.profile_id for key in added], ids)
        ctx.progress(ctx.done + len(chunk))
    async with ctx.tx() as tx:
        if not await runs.move(tx, run.id, "sending", only=("audience",)):
            return {"audience": 0}  # somebody stopped it meanwhile
        await split.open_test(tx, run, groups)
        await call_senders(tx, run.plan.mailing_id, run.id, run.plan.name, run.database_id, ctx.actor)
        done = await runs.get(tx, run.id)
    return {"selected": done.selected or 0, "audience": done.audience or 0}


async def uses_of(tx: Tx, run: Run) -> set[str]:
    """Return everything that a run's templates use."""
    templates = [await runs.compiled(tx, run.version_id)]
    templates += [await compiled_of(tx, variant) for variant in run.plan.variants]
    return {use for made in templates for use in made.uses}


async def _give_up(engines: Engines, run: Run, state: str, reason: str) -> None:
    async with engines.tx() as tx:
        if await runs.move(tx, run.id, state, only=("audience",), error=reason[:1000], finished_at=tx.now):
            ended = ("sending",) if run.plan.placement is None else ("sending", "active")
            await mailings_store.update(tx, run.plan.mailing_id, {"state": state}, only=ended)
            await runs.leave_rest(tx, run.id)
            await ledger.block_rest(await tx.raw(), run.id, "The mailing ended before it was sent", tx.now)


async def send(ctx: JobContext, run_id: int) -> dict[str, int | str]:
    """Work on a run as one of its senders until it ends, pauses or stops."""
    engines = ctx.engines
    async with ctx.tx() as tx:
        run = await runs.get(tx, run_id)
        if run.phase != "sending":
            return {"phase": run.phase, "sent": 0}
        templates = [await runs.compiled(tx, run.version_id)]
        templates += [await compiled_of(tx, variant) for variant in run.plan.variants]
        templates = await with_files(tx, templates)
        try:
            ways = await outlets(tx, run, templates)
        except CannotSend as exc:
            await ledger.pause(await tx.raw(), run_id, str(exc), tx.now)
            return {"phase": "paused", "sent": 0}
        before = (await ledger.states(await tx.raw(), run_id)).get("sent", 0)
    ctx.progress(before, run.audience)
    sender = Sender(
        engines,
        run,
        templates,
        ways.outlets,
        routing=ways.routing,
        on_progress=lambda sent: ctx.progress(before + sent),
    )
    try:
        result = await sender.run()
    except asyncio.CancelledError:
        if ctx.cancel_requested:
            async with ctx.tx() as tx:
                await ledger.pause(await tx.raw(), run_id, "Its job was cancelled; resume to go on", tx.now)
        raise
    if result.phase == "stopped":
        async with ctx.tx() as tx:
            await close_stopped(tx, run_id)
    return {"phase": result.phase, "sent": result.sent}


async def tick(engines: Engines) -> None:
    """Start what is due, and see to it that every sending run has a sender that lives."""
    await start_due(engines)
    for kind in KINDS.values():
        await kind.tick(engines)
    async with engines.tx() as tx:
        active = await runs.active(tx)
        stopped = await runs.stopping(tx)
    for run in active:
        if run.phase == "sending":
            await _see_to(engines, run)
        else:
            await _see_to_audience(engines, run)
    for run_id in stopped:
        async with engines.tx() as tx:
            await close_stopped(tx, run_id)


async def start_due(engines: Engines) -> int:
    """Begin the mailings whose moment has come; one that cannot begin goes back to draft with its reason logged."""
    begun = 0
    async with engines.tx() as tx:
        for mailing_id in await mailings_store.due(tx, tx.now):
            mailing = await mailings_store.get(tx, mailing_id)
            if mailing.state == "scheduled" and not await _has_come(tx, mailing):
                continue
            try:
                await begin(tx, mailing, "Schedule")
                begun += 1
            except Problem as exc:
                log.warning("a mailing could not begin", mailing=mailing_id, reason=exc.detail)
    return begun


async def _has_come(tx: Tx, mailing: Mailing) -> bool:
    """Tell whether a scheduled mailing has to begin: where own clocks count, when its time comes to the first zone."""
    zone = ZoneInfo((await profiles.get_database(tx, mailing.database_id)).timezone)
    return mailing.starts_at is None or begins_at(mailing.timing, mailing.starts_at, zone) <= tx.now


async def _see_to(engines: Engines, run: Run) -> None:
    async with engines.tx() as tx:
        raw = await tx.raw()
        await ledger.recover(raw, run.id, tx.now)
        if await sessions.live_sessions(raw, run.id):
            return
        due = await ledger.next_due(raw, run.id)
        if (due is None and run.plan.lasting) or (due is not None and due > tx.now + SOON):
            return  # nobody to write to for now
        if due is None and run.plan.test is not None and await split.waits(tx, run.id):
            return
        last = await jobs.last_of(tx, "mailings.send", link_of(run.plan.mailing_id))
        if last is not None and (
            last.state == "queued" or (last.state == "running" and _beginning(tx, last.started_at))
        ):
            return
        if not run.plan.lasting and last is not None and last.state == "failed":
            log.warning("a run had no sender; one is called", run=run.id)
        await call_senders(
            tx, run.plan.mailing_id, run.id, run.plan.name, run.database_id, last.actor if last else "Fidelia"
        )


async def _see_to_audience(engines: Engines, run: Run) -> None:
    """A job that failed without telling the run (its process died too often) must not leave it working for ever."""
    async with engines.tx() as tx:
        last = await jobs.last_of(tx, "mailings.audience", link_of(run.plan.mailing_id))
    if last is not None and last.state in ("failed", "cancelled"):
        state = "failed" if last.state == "failed" else "stopped"
        await _give_up(engines, run, state, last.error or "Its job was cancelled")


def _beginning(tx: Tx, started: datetime | None) -> bool:
    """Tell whether a running job may not have opened its session yet: without one, an older job's process is dead."""
    return started is not None and (tx.now - started).total_seconds() < BEGINNING
