"""Jobs of messages: audiences in the core, sending in the senders, a watch that keeps runs alive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import JobContext, periodic, task

from . import conversions
from .bounces import store as bounces
from .channels.http.inbound import service as channel_events
from .content.feeds import service as feeds
from .kinds.multivariate import service as split
from .kinds.placement import audience as placed
from .kinds.trigger import catching, dates
from .kinds.trigger import store as causes
from .optin import service as optin
from .policies import marks
from .service import running

#: What caused a message is kept so long: as long as somebody may open its web version.
KEEP_CAUSES = timedelta(days=365)
#: Rows of frequency policies that are deleted in one transaction.
MARKS = 20_000


@task("mailings.audience", queue="core")
async def prepare(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Work out who gets a mailing and fill the ledger."""
    return await running.prepare(ctx, run_id)


@task("mailings.send", queue="sender", attempts=1000)
async def send(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Send a run; a sender that dies is replaced as often as it takes."""
    return await running.send(ctx, run_id)


@task("mailings.decide", queue="core")
async def decide(ctx: JobContext, run_id: int) -> dict[str, Any]:
    """Choose the winner of a run's test, whose wait is over."""
    decision = await split.decide(ctx.engines, run_id)
    return {} if decision is None else {"state": decision.state, "winner": decision.winner, "why": decision.why}


@periodic("mailings.tick", seconds=2, queue="worker")
async def tick(engines: Engines) -> None:
    """Start what is due, replace senders that have died."""
    await running.tick(engines)


@periodic("messages.marks", "41 3 * * *", queue="worker")
async def forget_marks(engines: Engines) -> None:
    """Delete what frequency policies cannot count any more."""
    while not engines.stop.is_set():
        async with engines.db.hot() as raw:
            if await marks.purge(raw, engines.clock.now(), MARKS) < MARKS:
                return


@periodic("mailings.triggers", seconds=1, queue="core")
async def triggers(engines: Engines) -> None:
    """Turn what trigger mailings listen to into messages."""
    await catching.round_of(engines)


@periodic("messages.conversions", seconds=1, queue="core")
async def attribute(engines: Engines) -> None:
    """Give goals and orders to the messages that led to them."""
    await conversions.round_of(engines)


@periodic("mailings.placements", seconds=5, queue="core")
async def placements(engines: Engines) -> None:
    """Work out afresh who sees placements."""
    await placed.refresh_due(engines)


@periodic("mailings.dates", seconds=5, queue="core")
async def look_at_dates(engines: Engines) -> None:
    """Write to the people whose dates have come."""
    await dates.look(engines)


@periodic("messages.causes", "17 4 * * *", queue="worker")
async def forget_causes(engines: Engines) -> None:
    """Delete what caused messages long ago."""
    while not engines.stop.is_set():
        async with engines.db.hot() as raw:
            if await causes.purge(raw, engines.clock.now() - KEEP_CAUSES, MARKS) < MARKS:
                return


@periodic("messages.bounces", "23 3 * * *", queue="worker")
async def forget_bounces(engines: Engines) -> None:
    """Delete returned mail beyond what the list keeps, and soft bounces that count no more."""
    kept = engines.settings.bounces
    async with engines.db.hot() as raw:
        await bounces.purge(raw, engines.clock.now() - timedelta(days=kept.soft_days), kept.keep)


@periodic("messages.channel_events", seconds=5, queue="worker")
async def take_channel_events(engines: Engines) -> None:
    """Give events of providers to the messages that were not known yet when they came."""
    await channel_events.take_waiting(engines)


@periodic("messages.channel_events_kept", "29 3 * * *", queue="worker")
async def forget_channel_events(engines: Engines) -> None:
    """Forget events of providers that nobody tells again any more."""
    await channel_events.purge(engines)


@periodic("messages.confirmations", seconds=2, queue="worker")
async def confirmations(engines: Engines) -> None:
    """Send the mails that ask to confirm a subscription."""
    await optin.send_waiting(engines)


@periodic("messages.feeds", "17 4 * * *", queue="worker")
async def forget_feeds(engines: Engines) -> None:
    """Drop what feeds gave for single people and is old."""
    await feeds.clean(engines)
