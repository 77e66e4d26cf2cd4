"""The report: what the people who may be written to did more than the people who are kept back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.days import midnight
from fidelia.kernel.errors import conflict, invalid_field, unavailable
from fidelia.platform.drain import DrainBehind
from fidelia.platform.engines import Engines

from ..service import answer
from ..service.refusals import in_words
from . import comparing, measure, rules, store
from .measure import Effect, Pair, Sums, Verdict
from .model import ControlWarning, GroupRow
from .store_clickhouse import Purchases
from .wording import headline, told

#: Gives the SQL of purchases of a database: the columns profile, at, currency, total.
PURCHASES = "control.purchases"
PurchaseSource = Callable[[int], str]
MetricKey = Literal["conversion", "revenue", "order_average", "orders"]
METRICS: Mapping[MetricKey, tuple[str, str, Callable[[Sequence[Pair]], Effect]]] = {
    "conversion": ("People who bought", "share", measure.share_of_buyers),
    "revenue": ("Revenue a person", "money", measure.revenue_each),
    "order_average": ("Average order", "money", measure.order_average),
    "orders": ("Purchases a person", "number", measure.orders_each),
}
MAX_DAYS = 3660


class SideTotals(msgspec.Struct, frozen=True, kw_only=True):
    """Plain sums of one side. ``revenue`` is in the report's currency."""

    people: int
    buyers: int
    orders: int
    revenue: str


class ControlMetric(msgspec.Struct, frozen=True, kw_only=True):
    """One figure compared: both sides, the difference with its 95 % interval, and the same relative to the group.

    ``extra`` is the difference times everybody who may be written to. ``detectable``: the smallest difference that
    groups of this size show in four of five cases; ``needed``: people kept back to show the one that was found.
    """

    key: MetricKey
    label: str
    unit: Literal["share", "money", "number"]
    control: float | None
    rest: float | None
    difference: float | None
    low: float | None
    high: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    extra: float | None
    extra_low: float | None
    extra_high: float | None
    detectable: float | None
    needed: int | None
    verdict: Verdict
    sentence: str


class ControlStratumReport(msgspec.Struct, frozen=True, kw_only=True):
    """A stratum: its sums and how its people compare."""

    key: str
    label: str
    control: SideTotals
    rest: SideTotals
    metrics: list[ControlMetric]


class ControlDay(msgspec.Struct, frozen=True, kw_only=True):
    """The course until the end of a day: share of people who bought since the start, and revenue a person."""

    day: date
    control_share: float
    rest_share: float
    control_revenue: float
    rest_revenue: float


class ControlReport(msgspec.Struct, frozen=True, kw_only=True):
    """The comparison from a moment until another.

    Counted are people assigned at ``since``: ``later`` came after it, ``unmatched`` have nobody to be compared with.
    """

    database_id: int
    group_id: int
    since: datetime
    until: datetime
    as_of: datetime
    timezone: str
    currency: str | None
    currencies: list[str]
    control: SideTotals
    rest: SideTotals
    later: int
    unmatched: int
    verdict: Verdict
    headline: str
    metrics: list[ControlMetric]
    strata: list[ControlStratumReport]
    days: list[ControlDay]
    warnings: list[ControlWarning]


class Facts(msgspec.Struct, frozen=True):
    """Who is compared: people by (epoch, stratum), labels, and who of them is kept back."""

    group: GroupRow
    timezone: str
    since: datetime
    until: datetime
    now: datetime
    cells: dict[tuple[int, str], BitMap]
    labels: dict[str, str]
    control: BitMap
    later: int


async def report(
    engines: Engines,
    database_id: int,
    since: date | None = None,
    until: date | None = None,
    currency: str | None = None,
    tag: str | None = None,
) -> ControlReport:
    """Return the comparison; days are the database's own, ``until`` included.

    Without ``since`` it begins when the group was drawn, or switched on last. Raises 404; 409 while nobody is drawn;
    422 for days or a currency that cannot be; 503.
    """
    facts = await _facts(engines, database_id, since, until)
    source: PurchaseSource = engines.port(PURCHASES)
    async with present_history(engines, database_id):
        bought = Purchases(
            engines.clickhouse, source(database_id), list(facts.cells.values()), facts.control, facts.since, facts.until
        )
        currencies = [name for name, _ in await bought.currencies(tag)]
        if currency is not None and currency not in currencies:
            known = f"one of {', '.join(currencies)}" if currencies else "left out: nobody bought anything yet"
            raise invalid_field("/currency", f"This must be {known}")
        chosen = currency or (currencies[0] if currencies else "")
        sums, by_day = await asyncio.gather(bought.sums(chosen, tag), bought.by_day(facts.timezone, chosen, tag))
    pairs = comparing.pairs_of(facts.cells, facts.control, sums)
    return _told(facts, pairs, chosen or None, currencies, by_day)


@asynccontextmanager
async def present_history(engines: Engines, database_id: int) -> AsyncIterator[None]:
    """Bring everything written before now to where it is asked for; raise 503 in words where that cannot be."""
    try:
        with in_words():
            await answer.catch_up(engines, database_id, wait=False)
            yield
    except DrainBehind as exc:
        raise unavailable("So much was written just now that nobody can say yet who bought; ask again") from exc


async def _facts(engines: Engines, database_id: int, since: date | None, until: date | None) -> Facts:
    async with engines.tx() as tx:
        database = await profiles.get_database(tx, database_id)
        group = await store.get(tx, database_id)
        if group.started_at is None:
            raise conflict("Nobody is kept back yet: the group is still being drawn")
        zone = ZoneInfo(database.timezone)
        start = max(group.started_at, group.active_since) if since is None else midnight(since, zone)
        start = max(start, group.started_at)
        end = tx.now if until is None else min(tx.now, midnight(until + timedelta(days=1), zone))
        if end <= start:
            raise invalid_field("/to" if until is not None else "/from", "The period must end after it begins")
        if (end - start).days > MAX_DAYS:
            raise invalid_field("/from", "A report covers ten years at most")
        later = await store.assigned_after(tx, group.id, start)
        cells, labels = {}, {}
        strata = await store.strata(tx, group.id)
        for (epoch, key), (label, people) in strata.items():
            labels[key] = label
            counted = people - later
            if counted:
                cells[epoch, key] = counted
        control = await store.members(tx, group.id)
        came = sum(len(people & later) for _, people in strata.values())
        return Facts(group, database.timezone, start, end, tx.now, cells, labels, control, came)


def _told(
    facts: Facts,
    pairs: Mapping[tuple[int, str], Pair],
    currency: str | None,
    currencies: list[str],
    by_day: Sequence[tuple[date, bool, int, float]],
) -> ControlReport:
    whole = measure.total(pairs.values())
    share = facts.group.share / rules.MILLION
    compared, out = measure.comparable(((epoch, pair) for (epoch, _), pair in pairs.items()), share)
    metrics = _metrics(compared, whole, currency)
    return ControlReport(
        database_id=facts.group.database_id,
        group_id=facts.group.id,
        since=facts.since,
        until=facts.until,
        as_of=facts.now,
        timezone=facts.timezone,
        currency=currency,
        currencies=currencies,
        control=_totals(whole.control),
        rest=_totals(whole.rest),
        later=facts.later,
        unmatched=round(out),
        verdict=metrics[0].verdict,
        headline=headline(metrics[0].verdict, metrics[0].sentence),
        metrics=metrics,
        strata=_strata(facts, pairs, share, currency),
        days=_days(facts, whole, by_day),
        warnings=_warnings(facts, round(out), whole),
    )


def _metrics(compared: Sequence[Pair], whole: Pair, currency: str | None) -> list[ControlMetric]:
    found = []
    for key, (label, unit, compare) in METRICS.items():
        if unit == "money" and currency is None:
            continue
        effect = compare(compared) if compared else comparing.nothing()
        found.append(
            ControlMetric(
                key=key,
                label=label,
                unit=unit,  # type: ignore[arg-type]
                **msgspec.structs.asdict(effect),
                **comparing.over_people(key, effect, whole.rest.people),
                sentence=told(key, effect, whole, currency or ""),
            )
        )
    return found


def _strata(
    facts: Facts, pairs: Mapping[tuple[int, str], Pair], share: float, currency: str | None
) -> list[ControlStratumReport]:
    return [
        ControlStratumReport(
            key=part.key,
            label=facts.labels[part.key],
            control=_totals(part.whole.control),
            rest=_totals(part.whole.rest),
            metrics=_metrics(part.compared, part.whole, currency),
        )
        for part in comparing.by_stratum(pairs, share)
    ]


def _totals(side: Sums) -> SideTotals:
    return SideTotals(
        people=round(side.people), buyers=round(side.buyers), orders=round(side.orders), revenue=f"{side.revenue:.2f}"
    )


def _days(facts: Facts, whole: Pair, rows: Sequence[tuple[date, bool, int, float]]) -> list[ControlDay]:
    if not rows:
        return []
    zone = ZoneInfo(facts.timezone)
    first, last = facts.since.astimezone(zone).date(), (facts.until - timedelta(microseconds=1)).astimezone(zone).date()
    people = whole.control.people, whole.rest.people
    return [
        ControlDay(
            day=one.day,
            control_share=one.control_share or 0.0,
            rest_share=one.rest_share or 0.0,
            control_revenue=one.control_revenue or 0.0,
            rest_revenue=one.rest_revenue or 0.0,
        )
        for one in comparing.course(first, last, rows, lambda day: people)
    ]


def _warnings(facts: Facts, out: int, whole: Pair) -> list[ControlWarning]:
    found = []
    group = facts.group
    if not group.active:
        text = "The group is switched off: its members get messages too, so the difference fades from now on"
        found.append(ControlWarning(kind="switched_off", message=text))
    elif facts.since < group.active_since:
        text = "In this period the group was switched off for a while: its members got messages too"
        found.append(ControlWarning(kind="switched_off", message=text))
    if out:
        text = f"{out:,} people stand in strata that keep nobody back; they are not compared"
        found.append(ControlWarning(kind="unmatched", message=text))
    if group.exceptions:
        many = f"{len(group.exceptions)} activities reach" if len(group.exceptions) > 1 else "One activity reaches"
        found.append(ControlWarning(kind="exceptions", message=f"{many} the group all the same and are not measured"))
    if whole.control.people and facts.until - facts.since < timedelta(days=14):
        text = "The period is short: people need time to react. Judge after two weeks or more"
        found.append(ControlWarning(kind="short", message=text))
    return found
