"""What the mailings of a campaign did, over all their runs: figures, reasons, days, and what they claim for themselves.

Opens, clicks, complaints and people who left count once for each run, as in the report of that run.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

import msgspec
from pyroaring import BitMap

from fidelia.platform.postgres import Tx

from ..store import activities as store
from ..store import report as report_store
from .audience import REASONS, reason_words


class MailingFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A mailing over its runs. ``selected`` people less ``left_out`` were to get it; ``delivered`` is what was sent and
    did not come back. ``converted`` are the recipients whose conversions were given to it, ``revenue`` is by currency.
    """

    id: int
    name: str
    type: str
    channel: str
    state: str
    runs: int
    selected: int
    left_out: int
    sent: int
    delivered: int
    failed: int
    blocked: int
    bounced: int
    opened: int
    clicked: int
    unsubscribed: int
    complained: int
    conversions: int
    converted: BitMap
    revenue: dict[str, Decimal]


class NotReached(msgspec.Struct, frozen=True, kw_only=True):
    """So many people whom a mailing did not reach for a reason: ``figure`` and ``reason`` are what opens them."""

    mailing_id: int
    figure: str
    reason: str
    words: str
    people: int


class MailingsDay(msgspec.Struct, frozen=True, kw_only=True):
    """What all mailings did on a day: messages sent, people who opened and clicked for the first time, conversions."""

    sent: int
    opened: int
    clicked: int
    conversions: int
    revenue: dict[str, Decimal]


class CampaignFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The mailings of a campaign. ``days`` has only those on which something happened."""

    mailings: list[MailingFigures]
    not_reached: list[NotReached]
    days: dict[date, MailingsDay]


async def campaign_figures(tx: Tx, campaign_id: int, timezone: str, goal: str | None = None) -> CampaignFigures:
    """Return what the mailings of a campaign did in it, days being those of a time zone.

    Conversions are orders, or with ``goal`` (its key) those to that goal. Seven questions, however many mailings and
    runs there are.
    """
    raw = await tx.raw()
    mailings, runs = await store.mailings(raw, campaign_id), await store.runs(raw, campaign_id)
    ids, whose = [run.id for run in runs], {run.id: run.mailing_id for run in runs}
    states = await report_store.states_of(raw, ids)
    out = await store.left_out(raw, ids)
    kind = "order" if goal is None else "goal"
    converted = await store.conversions(raw, runs, kind, goal or "", timezone)
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    reasons: dict[tuple[int, str], int] = defaultdict(int)
    for run_id, reason, people in out:
        sums[whose[run_id]]["left_out"] += people
        reasons[whose[run_id], reason] += people
    excluded: dict[int, int] = defaultdict(int)
    for run_id, _, people in out:
        excluded[run_id] += people
    for run in runs:
        mine = sums[run.mailing_id]
        mine["runs"] += 1
        for state, many in states.get(run.id, {}).items():
            mine[state] += many
        # Nobody selects for a run that takes people in as something happens: they are those it has seen.
        seen = sum(states.get(run.id, {}).values()) + excluded[run.id]
        mine["selected"] += seen if run.selected is None else run.selected
    for run_id, what, people, hits in await store.reactions(raw, ids):
        sums[whose[run_id]][what] += hits if what == "bounced" else people
    return CampaignFigures(
        mailings=[_figures(row, sums[row.id], converted) for row in mailings],
        not_reached=_not_reached(mailings, reasons, await store.not_sent(raw, runs)),
        days=_days(await store.by_day(raw, ids, timezone), converted),
    )


def _figures(row: store.MailingRow, sums: dict[str, int], all_: list[store.Standing]) -> MailingFigures:
    converted = [one for one in all_ if one.mailing_id == row.id]
    counted = ("runs", "selected", "left_out", "sent", "failed", "blocked", "bounced")
    reacted = ("opened", "clicked", "unsubscribed", "complained")
    return MailingFigures(
        id=row.id,
        name=row.name,
        type=row.type,
        channel=row.channel,
        state=row.state,
        **{name: sums.get(name, 0) for name in (*counted, *reacted)},
        delivered=sums.get("sent", 0) - sums.get("bounced", 0),
        conversions=sum(one.conversions for one in converted),
        converted=BitMap.union(BitMap(), *(BitMap(one.people) for one in converted)),
        revenue=_revenue(converted),
    )


def _revenue(converted: list[store.Standing]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in converted:
        if one.currency is not None:
            found[one.currency] += one.amount or 0
    return dict(found)


def _not_reached(
    mailings: list[store.MailingRow],
    reasons: dict[tuple[int, str], int],
    not_sent: list[tuple[int, str, str, int]],
) -> list[NotReached]:
    known = list(REASONS)
    found = []
    for row in mailings:
        mine = [(reason, people) for (mailing, reason), people in reasons.items() if mailing == row.id]
        mine.sort(key=lambda one: (known.index(one[0]) if one[0] in known else -1, one[0]))
        found += [
            NotReached(
                mailing_id=row.id,
                figure="left_out",
                reason=reason,
                words=reason_words(reason, row.channel),
                people=people,
            )
            for reason, people in mine
        ]
        found += [
            NotReached(mailing_id=row.id, figure=state, reason=why, words=why or "no reason was given", people=many)
            for mailing, state, why, many in not_sent
            if mailing == row.id
        ]
    return found


def _days(rows: list[tuple[date, str, int]], converted: list[store.Standing]) -> dict[date, MailingsDay]:
    counts: dict[date, dict[str, int]] = defaultdict(lambda: dict.fromkeys(("sent", "opened", "clicked"), 0))
    for day, what, people in rows:
        counts[day][what] += people
    by_day: dict[date, list[store.Standing]] = defaultdict(list)
    for one in converted:
        by_day[one.day].append(one)
    return {
        day: MailingsDay(
            **counts[day],
            conversions=sum(one.conversions for one in by_day[day]),
            revenue=_revenue(by_day[day]),
        )
        for day in sorted({*counts, *by_day})
    }
