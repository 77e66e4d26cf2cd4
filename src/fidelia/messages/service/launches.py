"""The runs of a mailing in a row, each with its figures; launches by hand; when a schedule launches next."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import MonthSchedule, schedule_errors, upcoming

from ..kinds.recurring import launch_now
from ..model import Mailing
from ..store import launches, waiting
from ..store import mailings as mailings_store
from ..store import report as report_store
from .templates import database_at

RunPhase = Literal["audience", "sending", "paused", "done", "stopped", "failed", "skipped"]


class MailingRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run and its figures; ``skipped`` is a launch that did not happen, with the reason in ``error``.

    ``due_at`` is the moment of the schedule it was launched for, ``None`` for one that ``actor`` began. As in the
    report: audience = waiting + in_flight + sent + failed + blocked + unknown.
    """

    id: int
    phase: RunPhase
    actor: str
    due_at: datetime | None
    created_at: datetime
    finished_at: datetime | None
    trouble: str | None
    error: str | None
    selected: int | None
    audience: int
    left_out: int
    waiting: int
    later: int
    next_at: datetime | None
    in_flight: int
    sent: int
    failed: int
    blocked: int
    unknown: int
    bounced: int
    opened: int
    clicked: int
    unsubscribed: int


async def list_runs(tx: Tx, mailing_id: int, request: PageRequest) -> Page[MailingRun]:
    """Return a page of a mailing's runs, the newest first, each with its figures as of now. Raise 404, 422."""
    await mailings_store.get(tx, mailing_id)
    page = await launches.page(tx, mailing_id, request)
    raw, ids = await tx.raw(), [row.id for row in page.items]
    states = await report_store.states_of(raw, ids)
    later = await waiting.later(raw, ids, tx.now)
    reacted = await report_store.reacted_of(raw, ids)
    items = [
        _shown(row, states.get(row.id, {}), later.get(row.id, waiting.Later(0, None)), reacted.get(row.id, {}))
        for row in page.items
    ]
    return Page(items, page.next_cursor, page.total)


def _shown(row: launches.RunRow, states: dict[str, int], later: waiting.Later, reacted: dict[str, int]) -> MailingRun:
    rows = sum(states.values())
    audience = max(rows, row.audience or 0) if row.phase == "audience" else rows
    return MailingRun(
        id=row.id,
        phase=msgspec.convert(row.phase, RunPhase),
        actor=row.actor,
        due_at=row.due_at,
        created_at=row.created_at,
        finished_at=row.finished_at,
        trouble=row.trouble,
        error=row.error,
        selected=row.selected,
        audience=audience,
        left_out=row.left_out,
        waiting=states.get("queued", 0) + states.get("leased", 0) + audience - rows,
        later=later.people,
        next_at=later.next_at,
        in_flight=states.get("handed", 0),
        sent=states.get("sent", 0),
        failed=states.get("failed", 0),
        blocked=states.get("blocked", 0),
        unknown=states.get("unknown", 0),
        bounced=reacted.get("bounced", 0),
        opened=reacted.get("opened", 0),
        clicked=reacted.get("clicked", 0),
        unsubscribed=reacted.get("unsubscribed", 0),
    )


async def launch_by_hand(tx: Tx, actor: Actor, mailing_id: int) -> Mailing:
    """Launch a recurring mailing now, beside its schedule. Raise 404, 409, 422."""
    mailing = await mailings_store.get(tx, mailing_id, lock=True)
    run_id = await launch_now(tx, mailing, actor.name)
    await audit(
        tx, actor, "mailing.launched", kind="mailing", object_id=mailing.id, name=mailing.name, after={"run_id": run_id}
    )
    return await mailings_store.get(tx, mailing_id)


async def coming_launches(tx: Tx, database_id: int, schedule: MonthSchedule, count: int) -> list[datetime]:
    """Return when a schedule launches next in a database; raise 422 with what is wrong with it."""
    await database_at(tx, database_id)
    errors = schedule_errors(schedule, tx.now.date())
    if errors:
        raise invalid(*errors)
    return upcoming(schedule, tx.now, (await profiles.get_database(tx, database_id)).timezone, count)
