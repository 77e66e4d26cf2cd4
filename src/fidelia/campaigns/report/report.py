"""The report of a campaign: the verdict, what stands behind it, and what its activities did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from pyroaring import BitMap

from fidelia.kernel.money import amount_text, round_money
from fidelia.platform.engines import Engines
from fidelia.segments import comparing, measure, wording

from . import effects, facts, parts
from . import wording as sentences
from .facts import Cell, Facts, History
from .model import CampaignMetric, CampaignMoney, CampaignReport, CampaignReportDay, CampaignSide, CampaignStratumReport
from .warnings import warnings

MILLION = 1_000_000


async def report(
    engines: Engines,
    campaign_id: int,
    since: date | None = None,
    until: date | None = None,
    currency: str | None = None,
) -> CampaignReport:
    """Return the report; days are the database's own, ``until`` included, and narrow the comparison and its course.

    Compared is what people did from the moment they were assigned until the window after the campaign's end is over,
    on both sides alike. Raises 404; 409 while the campaign has not begun; 422 for days or a currency that cannot be;
    503. A bounded number of questions, however many activities, strata and days there are.
    """
    async with engines.tx() as tx:
        known = await facts.read(tx, campaign_id, since, until)
    return told(known, await facts.ask(engines, known, currency))


def told(known: Facts, history: History) -> CampaignReport:
    """Return the report of what is known. Pure."""
    row, period, currency = known.campaign, known.period, history.currency
    pairs = comparing.pairs_of(known.cells, known.people.control, history.sums)
    whole = measure.total(pairs.values())
    share = (row.share or 0) / MILLION
    running = period.open
    words = sentences.words(known.success, running=running)
    judge = _Judge(known, history, words)
    metrics: list[CampaignMetric] = []
    unmatched = 0.0
    if known.has_group:
        compared, unmatched = measure.comparable(((epoch, pair) for (epoch, _), pair in pairs.items()), share)
        metrics = judge.metrics(compared, whole)
        headline = wording.headline(metrics[0].verdict, metrics[0].sentence, words)
    else:
        headline = sentences.without_group(known.success, round(whole.rest.buyers), round(whole.rest.people))
    money = _money(known, metrics, currency)
    return CampaignReport(
        campaign_id=row.id,
        name=row.name,
        state=row.state,
        since=period.since,
        until=period.until,
        as_of=period.now,
        running=running,
        timezone=known.timezone,
        goal=row.goal,
        currency=currency,
        currencies=history.currencies,
        verdict=metrics[0].verdict if metrics else None,
        headline=headline,
        control=arm(whole.control, currency) if known.has_group else None,
        test=arm(whole.rest, currency),
        unmatched=round(unmatched),
        global_control=len(known.dropped),
        reach=parts.reach(known, history),
        metrics=metrics,
        strata=_strata(known, pairs, share, judge),
        days=_days(known, history),
        activities=parts.activities(known, currency),
        total=parts.total(known, currency),
        channels=parts.channels(known, history, currency),
        left_out=parts.left_out(known),
        inflow=parts.inflow(known),
        money=money,
        warnings=warnings(known, history, round(unmatched)),
    )


class _Judge:
    """Compares the sides of some people, and says what came of it."""

    def __init__(self, known: Facts, history: History, words: wording.Words) -> None:
        self.currency = history.currency
        self._words = words
        self._labels = sentences.labels(known.success)
        # Amounts are told where somebody paid in the currency: nought against nought says nothing.
        self._paid = history.currency if history.currency in history.currencies else None

    def metrics(self, compared: Sequence[measure.Pair], whole: measure.Pair) -> list[CampaignMetric]:
        """Return every figure of the strata that can be compared; ``whole`` are all people they are told of."""
        found = []
        for key, metric in effects.METRICS.items():
            if metric.unit == "money" and self._paid is None:
                continue
            effect = effects.compare(key, compared)
            few = effects.why_too_few(key, measure.total(compared)) if compared else None
            found.append(
                CampaignMetric(
                    key=key,
                    label=self._labels[key],
                    unit=metric.unit,
                    control=effect.control,
                    test=effect.rest,
                    difference=effect.difference,
                    low=effect.low,
                    high=effect.high,
                    relative=effect.relative,
                    relative_low=effect.relative_low,
                    relative_high=effect.relative_high,
                    **comparing.over_people(key, effect, whole.rest.people),
                    detectable=effect.detectable,
                    needed=effect.needed,
                    verdict=effect.verdict,
                    sentence=wording.told(key, effect, whole, self._paid or "", self._words, few=few),
                )
            )
        return found


def arm(side: measure.Sums, currency: str | None) -> CampaignSide:
    """Return the plain sums of one side."""
    revenue = round_money(Decimal(repr(side.revenue)), currency) if currency else Decimal(0)
    return CampaignSide(
        people=round(side.people),
        converted=round(side.buyers),
        conversions=round(side.orders),
        revenue=amount_text(revenue, currency),
    )


def _strata(
    known: Facts, pairs: Mapping[Cell, measure.Pair], share: float, judge: _Judge
) -> list[CampaignStratumReport]:
    return [
        CampaignStratumReport(
            key=part.key,
            label=known.labels[part.key],
            control=arm(part.whole.control, judge.currency),
            test=arm(part.whole.rest, judge.currency),
            metrics=judge.metrics(part.compared, part.whole) if known.has_group else [],
        )
        for part in comparing.by_stratum(pairs, share)
    ]


def _days(known: Facts, history: History) -> list[CampaignReportDay]:
    """Return the days of the period: what activities did on each, and how both sides stood at its end."""
    zone = ZoneInfo(known.timezone)
    first = known.period.since.astimezone(zone).date()
    last = (known.period.until - timedelta(microseconds=1)).astimezone(zone).date()
    joined: dict[date, BitMap] = {}
    for entry in known.entries:
        joined.setdefault(entry.day, BitMap()).update(entry.people)
    by_then = _AssignedBy(known, joined)
    done = known.figures.days
    found = []
    for one in comparing.course(first, last, history.by_day, by_then):
        day = done.get(one.day)
        found.append(
            CampaignReportDay(
                day=one.day,
                sent=0 if day is None else day.sent,
                opened=0 if day is None else day.opened,
                clicked=0 if day is None else day.clicked,
                joined=len(joined.get(one.day, ())),
                conversions=0 if day is None else day.conversions,
                revenue=parts.money_of([] if day is None else [day.revenue], history.currency),
                control_share=one.control_share,
                test_share=one.rest_share,
                control_revenue=one.control_revenue,
                test_revenue=one.rest_revenue,
            )
        )
    return found


class _AssignedBy:
    """Tells how many of those compared were assigned until the end of a day; days are asked for in order."""

    def __init__(self, known: Facts, joined: Mapping[date, BitMap]) -> None:
        everybody = BitMap.union(BitMap(), *known.cells.values())
        later = BitMap.union(BitMap(), *joined.values()) & everybody
        self._control = known.people.control
        self._here = everybody - later
        self._waiting = [(day, joined[day] & everybody) for day in sorted(joined, reverse=True)]

    def __call__(self, day: date) -> tuple[float, float]:
        while self._waiting and self._waiting[-1][0] <= day:
            self._here |= self._waiting.pop()[1]
        kept = self._here.intersection_cardinality(self._control)
        return kept, len(self._here) - kept


def _money(known: Facts, metrics: Sequence[CampaignMetric], currency: str | None) -> CampaignMoney:
    row = known.campaign
    cost = row.cost if row.cost is not None and row.currency in (None, currency) else None
    revenue = next((metric for metric in metrics if metric.key == "revenue"), None)

    def text(value: float | None) -> str | None:
        return None if value is None or currency is None else amount_text(_rounded(value, currency), currency)

    extra = None if revenue is None else revenue.extra
    profit = None if extra is None or cost is None else extra - float(cost)
    return CampaignMoney(
        cost=None if cost is None else amount_text(cost, row.currency),
        attributed=parts.money_of([found.revenue for found in known.figures.mailings], currency),
        incremental=text(extra),
        incremental_low=text(None if revenue is None else revenue.extra_low),
        incremental_high=text(None if revenue is None else revenue.extra_high),
        profit=text(profit),
        return_on_cost=None if profit is None or not cost else profit / float(cost),
    )


def _rounded(value: float, currency: str) -> Decimal:
    return round_money(Decimal(repr(value)), currency)
