"""The parts of a report about what activities did: each, all, by channel, who was left out, who came in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pyroaring import BitMap

from fidelia.kernel.money import amount_text
from fidelia.messages import MailingFigures

from ..store.people import Entry
from .facts import Facts, History
from .model import CampaignActivityReport, CampaignChannelReport, CampaignInflow, CampaignLeftOut, CampaignReach

_COUNTS = (
    "selected",
    "left_out",
    "sent",
    "delivered",
    "failed",
    "blocked",
    "bounced",
    "opened",
    "clicked",
    "unsubscribed",
    "complained",
    "conversions",
)
_OF_CHANNEL = ("sent", "delivered", "opened", "clicked", "unsubscribed", "conversions")


def money_of(revenue: Iterable[Mapping[str, Decimal]], currency: str | None) -> str:
    """Return amounts of one currency as the text of their sum."""
    total = sum((found.get(currency, Decimal(0)) for found in revenue), Decimal(0)) if currency else Decimal(0)
    return amount_text(total, currency)


def reach(facts: Facts, history: History) -> CampaignReach:
    """Return how far the campaign reached, each person counted once: everybody who was ever in it."""
    people = facts.people
    assigned = people.assigned

    def did(what: str) -> int:
        return len(_anybody(history.reached.get(what, {}).values()) & assigned)

    return CampaignReach(
        audience=len(assigned),
        test=len(assigned - people.control),
        control=len(assigned & people.control),
        withheld=len(people.withheld - assigned),
        reached=did("sent"),
        opened=did("opened"),
        clicked=did("clicked"),
        unsubscribed=did("unsubscribed"),
        converted=len(_anybody(row.converted for row in facts.figures.mailings) & assigned),
    )


def activities(facts: Facts, currency: str | None) -> list[CampaignActivityReport]:
    """Return what each activity did."""
    brought = _brought(facts.entries)
    return [
        CampaignActivityReport(
            kind="mailing",
            id=row.id,
            name=row.name,
            type=row.type,
            channel=row.channel,
            state=row.state,
            exempt=row.id in facts.exempt,
            converted=len(row.converted),
            revenue=money_of([row.revenue], currency),
            brought=len(brought.get(row.id, ())),
            **{name: getattr(row, name) for name in _COUNTS},
        )
        for row in facts.figures.mailings
    ]


def total(facts: Facts, currency: str | None) -> CampaignActivityReport:
    """Return what all activities did: sums, but of people who converted, who count once."""
    rows = facts.figures.mailings
    return CampaignActivityReport(
        kind="total",
        id=0,
        name="All activities",
        type="",
        channel="",
        state="",
        exempt=False,
        converted=len(_anybody(row.converted for row in rows)),
        revenue=money_of([row.revenue for row in rows], currency),
        brought=len(_anybody(_brought(facts.entries).values())),
        **_sums(rows, _COUNTS),
    )


def channels(facts: Facts, history: History, currency: str | None) -> list[CampaignChannelReport]:
    """Return the activities by channel, the one that sent the most first."""
    by_channel: dict[str, list[MailingFigures]] = {}
    for row in facts.figures.mailings:
        by_channel.setdefault(row.channel, []).append(row)
    found = [
        CampaignChannelReport(
            channel=key,
            name=facts.channels.get(key, key),
            activities=len(rows),
            people=len(history.reached.get("sent", {}).get(key, ())),
            converted=len(_anybody(row.converted for row in rows)),
            revenue=money_of([row.revenue for row in rows], currency),
            **_sums(rows, _OF_CHANNEL),
        )
        for key, rows in by_channel.items()
    ]
    return sorted(found, key=lambda one: (-one.sent, one.name))


def left_out(facts: Facts) -> list[CampaignLeftOut]:
    """Return who was not reached and why, by activity."""
    names = {row.id: row.name for row in facts.figures.mailings}
    return [
        CampaignLeftOut(
            kind="mailing",
            id=one.mailing_id,
            name=names[one.mailing_id],
            figure=one.figure,
            reason=one.reason,
            words=one.words,
            people=one.people,
        )
        for one in facts.figures.not_reached
    ]


def inflow(facts: Facts) -> list[CampaignInflow]:
    """Return how people came in, each counted where they came in first; the segment stands first."""
    names = {row.id: row.name for row in facts.figures.mailings}
    ways: dict[tuple[str, int], BitMap] = {}
    for entry in facts.entries:
        ways.setdefault((entry.source, entry.activity), BitMap()).update(entry.people)
    found = [
        CampaignInflow(
            source=source,
            activity=activity,
            name=names.get(activity, f"mailing {activity}") if activity else None,
            people=len(people),
            test=len(people - facts.people.control),
            control=len(people & facts.people.control),
        )
        for (source, activity), people in ways.items()
        if people
    ]
    return sorted(found, key=lambda one: (one.source != "segment", -one.people, one.activity, one.source))


def _brought(entries: Sequence[Entry]) -> dict[int, BitMap]:
    found: dict[int, BitMap] = {}
    for entry in entries:
        if entry.activity:
            found.setdefault(entry.activity, BitMap()).update(entry.people)
    return found


def _sums(rows: Sequence[MailingFigures], names: Sequence[str]) -> dict[str, int]:
    return {name: sum(getattr(row, name) for row in rows) for name in names}


def _anybody(found: Iterable[BitMap]) -> BitMap:
    return BitMap.union(BitMap(), *found)
