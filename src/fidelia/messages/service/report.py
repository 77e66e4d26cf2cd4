"""Reports of mailings: every figure, what it is made of, and the people behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.platform.postgres import Tx

from ..kinds.multivariate.model import LINK_STRIDE, TestReport, VariantReport
from ..kinds.multivariate.report import split_report
from ..kinds.placement.model import PlacementReport
from ..kinds.placement.report import placement_report
from ..model import Mailing, Run
from ..senders.report import SenderReport, senders_report
from ..store import ledger, retry, runs, waiting
from ..store import mailings as mailings_store
from ..store import report as store
from .audience import REASONS, reason_words


class Reacted(msgspec.Struct, frozen=True):
    """A reaction: ``people`` and how often (``total``), those of machines apart; ``rate`` is people of delivered."""

    people: int
    total: int
    machines: int
    machine_total: int
    rate: float | None


class ReasonCount(msgspec.Struct, frozen=True):
    """So many people for a reason."""

    reason: str
    count: int
    code: int | None = None
    text: str = ""


class LinkReport(msgspec.Struct, frozen=True):
    """Clicks on one link."""

    no: int
    url: str
    dynamic: bool
    people: int
    total: int
    machines: int
    machine_total: int
    variant: int


class SeriesPoint(msgspec.Struct, frozen=True):
    """A moment in the database's time zone and how many people did what in the hour or day that begins there."""

    at: datetime
    sent: int
    opened: int
    clicked: int
    unsubscribed: int


class Series(msgspec.Struct, frozen=True):
    """Figures over time. Empty hours and days are left out."""

    unit: Literal["hour", "day"]
    timezone: str
    points: list[SeriesPoint]


class MailingReport(msgspec.Struct, frozen=True, kw_only=True):
    """How a run went. Always: selected = audience + left_out, and
    audience = waiting + in_flight + sent + failed + blocked + unknown. Of those waiting, ``later`` are not due yet;
    ``next_at`` is when the next of them is. Of those that ``failed``, ``failed_for_now`` were never refused for
    good. ``delivered`` is what was sent and did not come back; the channel's provider has ``confirmed`` so many of it.
    """

    mailing: Mailing
    run_id: int | None
    as_of: datetime
    selected: int | None
    audience: int
    left_out: int
    waiting: int
    later: int
    next_at: datetime | None
    in_flight: int
    sent: int
    failed: int
    failed_for_now: int
    blocked: int
    unknown: int
    delivered: int
    confirmed: int
    bounced: int
    opened: Reacted
    clicked: Reacted
    unsubscribed: int
    complained: int
    left_out_reasons: list[ReasonCount]
    failures: list[ReasonCount]
    blocks: list[ReasonCount]
    bounces: list[ReasonCount]
    links: list[LinkReport]
    series: Series | None
    variants: list[VariantReport]
    test: TestReport | None
    senders: list[SenderReport]
    placement: PlacementReport | None


async def run_of(tx: Tx, mailing_id: int, run_id: int | None = None) -> Run | None:
    """Return one run of a mailing, its newest by default; raise 404 for one of another mailing."""
    if run_id is None:
        return await runs.newest(tx, mailing_id)
    run = await runs.get(tx, run_id) if 0 < run_id < 2**31 else None
    if run is None or run.mailing_id != mailing_id:
        raise not_found("Run", run_id)
    return run


async def report(tx: Tx, mailing_id: int, unit: str | None = None, run_id: int | None = None) -> MailingReport:
    """Return the figures of a run, by default the newest; all are nought before the first. Raise 404."""
    mailing = await mailings_store.get(tx, mailing_id)
    run = await run_of(tx, mailing_id, run_id)
    if run is None:
        return _empty(tx, mailing)
    raw = await tx.raw()
    states = await ledger.states(raw, run.id)
    audience = sum(states.values())
    if run.phase == "audience":  # rows are still being made: nobody is missing, they wait
        audience = max(audience, run.audience or 0)
    if run.plan.placement is not None:  # only who has come has a row; the others may still come
        audience = max(audience, run.audience or 0)
    reactions = await store.reactions(raw, run.id)
    excluded = await runs.exclusions(tx, run.id)
    later = (await waiting.later(raw, [run.id], tx.now)).get(run.id, waiting.Later(0, None))
    sent = states.get("sent", 0)
    bounced = reactions.get(("bounced", False), (0, 0))[1]  # of messages, as what was sent is
    delivered = sent - bounced
    unopened = audience - sum(states.values())
    variants, test = await split_report(tx, run)
    return MailingReport(
        mailing=mailing,
        run_id=run.id,
        as_of=tx.now,
        selected=run.selected,
        audience=audience,
        left_out=sum(excluded.values()),
        waiting=states.get("queued", 0) + states.get("leased", 0) + unopened,
        later=later.people,
        next_at=later.next_at,
        in_flight=states.get("handed", 0),
        sent=sent,
        failed=states.get("failed", 0),
        failed_for_now=await retry.temporary(raw, run.id) if states.get("failed") else 0,
        blocked=states.get("blocked", 0),
        unknown=states.get("unknown", 0),
        delivered=delivered,
        confirmed=reactions.get(("delivered", False), (0, 0))[1],
        bounced=bounced,
        opened=_reacted(reactions, "opened", delivered),
        clicked=_reacted(reactions, "clicked", delivered),
        unsubscribed=reactions.get(("unsubscribed", False), (0, 0))[0],
        complained=reactions.get(("complained", False), (0, 0))[0],
        left_out_reasons=[
            ReasonCount(reason, count, None, reason_words(reason, run.plan.channel))
            for reason, count in sorted(excluded.items(), key=lambda item: _order(item[0]))
        ],
        failures=[
            ReasonCount(why, count, code, why) for why, code, count in await store.reasons(raw, run.id, "failed")
        ],
        blocks=[ReasonCount(why, count, code, why) for why, code, count in await store.reasons(raw, run.id, "blocked")],
        bounces=[ReasonCount(why, count) for why, count in await store.bounce_reasons(raw, run.id)],
        links=await _links(tx, run),
        series=await _series(tx, run, unit),
        variants=variants,
        test=test,
        senders=await senders_report(tx, run.id) if run.plan.virtual_sender_id is not None else [],
        placement=await placement_report(raw, run.id, reactions),
    )


async def _links(tx: Tx, run: Run) -> list[LinkReport]:
    raw = await tx.raw()
    versions = [(n, variant.version_id) for n, variant in enumerate(run.plan.variants, 1)] or [(0, run.version_id)]
    return [
        LinkReport(*row, variant=n)
        for n, version_id in versions
        for row in await store.links(raw, run.id, version_id, n * LINK_STRIDE)
    ]


def _order(reason: str) -> int:
    names = list(REASONS)
    return names.index(reason) if reason in names else -1


def _reacted(found: dict[tuple[str, bool], tuple[int, int]], kind: str, delivered: int) -> Reacted:
    people, total = found.get((kind, False), (0, 0))
    machines, machine_total = found.get((kind, True), (0, 0))
    return Reacted(people, total, machines, machine_total, people / delivered if delivered else None)


async def _series(tx: Tx, run: Run, unit: str | None) -> Series | None:
    if unit is not None and unit not in ("hour", "day"):
        raise invalid_field("/unit", "unit must be hour or day")
    started = run.started_at or tx.now
    chosen: Literal["hour", "day"] = (
        "day" if unit == "day" or (unit is None and (tx.now - started).days >= 4) else "hour"
    )
    database = await profiles.get_database(tx, run.database_id)
    points: dict[datetime, dict[str, int]] = {}
    for at, what, people in await store.series(await tx.raw(), run.id, chosen, database.timezone):
        points.setdefault(at, {})[what] = people
    return Series(
        chosen,
        database.timezone,
        [
            SeriesPoint(
                at,
                found.get("sent", 0),
                found.get("opened", 0),
                found.get("clicked", 0),
                found.get("unsubscribed", 0),
            )
            for at, found in sorted(points.items())
        ],
    )


def _empty(tx: Tx, mailing: Mailing) -> MailingReport:
    nothing = Reacted(0, 0, 0, 0, None)
    names = "audience left_out waiting later in_flight sent failed failed_for_now blocked unknown"
    names += " delivered confirmed bounced unsubscribed complained"
    zero = dict.fromkeys(names.split(), 0)
    return MailingReport(
        mailing=mailing,
        run_id=None,
        as_of=tx.now,
        selected=None,
        opened=nothing,
        clicked=nothing,
        left_out_reasons=[],
        failures=[],
        blocks=[],
        bounces=[],
        links=[],
        series=None,
        variants=[],
        test=None,
        senders=[],
        placement=None,
        next_at=None,
        **zero,
    )
