"""Recurring mailings: launched again and again by a schedule, each time to whoever is selected then."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from fidelia import profiles
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.platform import notices
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import ACTOR, next_run

from ..model import Mailing, Run
from ..service.launching import launch, link_of
from ..store import launches, runs, waiting
from ..store import mailings as store
from ..timing.rules import begins_at

log = structlog.get_logger(__name__)
_ENDED = "Its schedule has ended; choose a later last day"


class Recurring:
    """A run for each moment of the schedule. What is set when a run is launched holds for it.

    A moment launches one run at most, whatever is killed and however many processes look at the clock: the mailing is
    locked, and a run is unique by the moment it is due. Of the moments that passed while nothing ran, one is launched.
    """

    lasting = True

    async def obstacles(self, tx: Tx, mailing: Mailing) -> list[FieldError]:
        """Return what is missing of the schedule."""
        if mailing.schedule is None:
            return [FieldError("/schedule", "Say on which days and at what time it is launched")]
        if await _coming(tx, mailing) is None:
            return [FieldError("/schedule/until", _ENDED)]
        return []

    async def begin(self, tx: Tx, mailing: Mailing, by: str) -> None:
        """Wait for the first moment of its schedule."""
        await store.update(tx, mailing.id, {"next_launch_at": await _coming(tx, mailing)})

    async def hold(self, tx: Tx, mailing: Mailing) -> None:
        """Launch nothing until it goes on."""
        await store.update(tx, mailing.id, {"next_launch_at": None})

    async def go_on(self, tx: Tx, mailing: Mailing) -> None:
        """Wait for the next moment; those that passed meanwhile are let go. Raise 422 with what stands in the way."""
        errors = await _in_the_way(tx, mailing)
        if errors:
            raise invalid(*errors)
        await self.begin(tx, mailing, "")

    async def end(self, tx: Tx, mailing: Mailing) -> None:
        """Launch nothing any more."""
        await store.update(tx, mailing.id, {"next_launch_at": None})

    async def tick(self, engines: Engines) -> None:
        """Launch what is due, each mailing in a transaction of its own; end what has no further moment."""
        async with engines.tx() as tx:
            found = await launches.due(tx)
        for mailing_id in found:
            try:
                async with engines.tx() as tx:
                    await _launch_due(tx, mailing_id)
            except Exception:  # the next one must not wait for it
                log.exception("a recurring mailing could not be launched", mailing=mailing_id)
        async with engines.tx() as tx:
            for mailing_id in await launches.ended(tx):
                await store.update(tx, mailing_id, {"state": "done"})


async def launch_now(tx: Tx, mailing: Mailing, by: str) -> int:
    """Launch a locked recurring mailing by hand, beside its schedule; return the run.

    Raise 409 when it is not active or the former run is still at work, 422 with what stands in the way.
    """
    if mailing.type != "recurring":
        raise conflict("Only a recurring mailing is launched; start this one")
    if mailing.state != "active":
        raise conflict(f"This mailing is {mailing.state}; only an active one can be launched")
    former = await _at_work(tx, mailing)
    if former is not None:
        raise conflict(_busy(former))
    errors = await _in_the_way(tx, mailing)
    if errors:
        raise invalid(*errors)
    return await launch(tx, mailing, by, at=tx.now)


async def _launch_due(tx: Tx, mailing_id: int) -> None:
    if not await launches.take(tx, mailing_id):
        return
    mailing = await store.get(tx, mailing_id)
    due = mailing.next_launch_at
    if due is None or await _begins(tx, mailing, due) > tx.now:
        return
    errors = await _in_the_way(tx, mailing)
    if errors:
        await _pause(tx, mailing, "; ".join(error.message for error in errors), due)
        return
    former = await _at_work(tx, mailing)
    if former is not None:
        await launches.skip(tx, mailing, _busy(former), ACTOR, due)
    else:
        await launch(tx, mailing, ACTOR, at=due, due_at=due)
    await store.update(tx, mailing_id, {"next_launch_at": await _following(tx, mailing, max(due, tx.now))})


async def _pause(tx: Tx, mailing: Mailing, reason: str, due: datetime) -> None:
    held = f"It could not be launched: {reason}"
    await store.update(tx, mailing.id, {"state": "paused", "next_launch_at": None, "held": held[:1000]})
    await launches.skip(tx, mailing, reason[:1000], ACTOR, due)
    await notices.tell(
        tx,
        kind=f"mailing-{mailing.id}-paused",
        level="warning",
        title=f"{mailing.name} was paused",
        body=f"{held}. Mend that, then resume it.",
        link=link_of(mailing.id),
    )


async def _in_the_way(tx: Tx, mailing: Mailing) -> list[FieldError]:
    """Return what keeps it from being launched, but for a schedule that has no further moment."""
    from ..service.checks import obstacles  # knows all kinds, this one too

    return [error for error in await obstacles(tx, mailing) if error.message != _ENDED]


async def _at_work(tx: Tx, mailing: Mailing) -> Run | None:
    """Return the former run while it works: people are looked for, under way or due.

    Who is tried again later, sleeps, or whose own clock has not come to the time yet does not hold the next launch up.
    Cycles do: two runs at the same time would send more than a cycle may.
    """
    raw = await tx.raw()
    for run in reversed(await runs.open_of(tx, mailing.id)):
        in_cycles = run.plan.timing.cycles is not None
        if run.phase != "sending" or await waiting.at_work(raw, run.id, tx.now, first_tries=in_cycles):
            return run
    return None


def _busy(former: Run) -> str:
    began = former.started_at
    when = f" of {began.astimezone(ZoneInfo(former.plan.timezone)):%d %b %Y, %H:%M}" if began else ""
    return f"The launch{when} is still at work"


async def _coming(tx: Tx, mailing: Mailing) -> datetime | None:
    """Return the next moment that nothing was launched for: where own clocks count, one is launched before it comes."""
    last = await launches.last_due(tx, mailing.id)
    return await _following(tx, mailing, tx.now if last is None else max(last, tx.now))


async def _following(tx: Tx, mailing: Mailing, after: datetime) -> datetime | None:
    return None if mailing.schedule is None else next_run(mailing.schedule, after, await _zone(tx, mailing))


async def _begins(tx: Tx, mailing: Mailing, due: datetime) -> datetime:
    return begins_at(mailing.timing, due, ZoneInfo(await _zone(tx, mailing)))


async def _zone(tx: Tx, mailing: Mailing) -> str:
    return (await profiles.get_database(tx, mailing.database_id)).timezone
