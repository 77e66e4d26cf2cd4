"""Outstanding points and what they are worth: over time, by age, by month of expiry, and what will become of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from fidelia.kernel.days import midnight
from fidelia.kernel.money import amount_text
from fidelia.platform.engines import Engines

from ..programs import PointType
from . import forecast
from .amounts import ZERO, about, money, rate, worth
from .forecast import Expected, Life
from .model import (
    LiabilityAge,
    LiabilityBreakage,
    LiabilityExpiry,
    LiabilityForecast,
    LiabilityStep,
    LiabilitySum,
    LoyaltyLiability,
    PointLiability,
)
from .period import next_month
from .question import Asked, Wanted, asking
from .store import liability as store
from .store.liability import Aged, Left, Moved

#: Days since points were earned: the last of each bucket of ages; what is older comes last.
AGES = (30, 90, 180, 365)
#: Breakage is told of so many days before the end of the period.
YEAR = timedelta(days=365)


async def liability(engines: Engines, wanted: Wanted) -> LoyaltyLiability:
    """Return what is outstanding at the end of every step, and of what it is made at the end of the period.

    Points that can be spent only, unless a point type is named. Raises 404, 422.
    """
    async with asking(engines, wanted) as (tx, asked):
        kinds = [one for one in asked.types if one.kind == "standard" or wanted.points is not None]
        values = {**asked.filters, "types": [one.id for one in kinds]}
        moved = await store.series(tx, values)
        lots = await store.lots(tx, values, str(asked.zone))
        aged = await store.history(tx, values)
        ended = await store.ended(tx, {**values, "since": asked.steps.until - YEAR})
    types = [_type(asked, kind, moved, lots, aged, ended.get(kind.id, (ZERO, ZERO))) for kind in kinds]
    return LoyaltyLiability(period=asked.steps.period, total=_totals(kinds, types), types=types)


def _type(
    asked: Asked,
    kind: PointType,
    moved: Iterable[Moved],
    lots: Iterable[Left],
    aged: Iterable[Aged],
    ended: tuple[Decimal, Decimal],
) -> PointLiability:
    mine = [one for one in lots if one.type_id == kind.id]
    active, pending = sum((one.active for one in mine), ZERO), sum((one.pending for one in mine), ZERO)
    held = sum((one.held for one in mine), ZERO)
    outstanding = active + pending + held
    steps, debt = _steps(asked, kind, [one for one in moved if one.type_id == kind.id])
    expected = _expected(asked, mine, [one for one in aged if one.type_id == kind.id])
    return PointLiability(
        points=kind.key,
        name=kind.name,
        ratio=None if kind.ratio is None else amount_text(kind.ratio),
        currency=kind.ratio_currency,
        outstanding=amount_text(outstanding),
        active=amount_text(active),
        pending=amount_text(pending),
        held=amount_text(held),
        debt=amount_text(debt),
        money=money(kind, outstanding),
        debt_money=money(kind, debt),
        steps=steps,
        ages=_ages(kind, mine),
        expiries=_expiries(kind, mine),
        forecast=[_forecast(kind, one) for one in expected],
        breakage=_breakage(kind, outstanding, ended, expected),
    )


def _steps(asked: Asked, kind: PointType, moved: Sequence[Moved]) -> tuple[list[LiabilityStep], Decimal]:
    """Return what was outstanding at the end of each step, and the debt at the end of the last."""
    points: dict[int, Decimal] = defaultdict(Decimal)
    debts: dict[int, Decimal] = defaultdict(Decimal)
    for one in moved:
        points[one.step] += one.lots + one.held
        debts[one.step] += one.debt
    days = asked.steps.days
    left = [*accumulate(points[n] for n in range(len(days) + 1))][1:]
    owed = [*accumulate(debts[n] for n in range(len(days) + 1))][1:]
    found = [
        LiabilityStep(first, last, amount_text(have), money(kind, have), amount_text(debt))
        for (first, last), have, debt in zip(days, left, owed, strict=True)
    ]
    return found, owed[-1]


def _ages(kind: PointType, lots: Sequence[Left]) -> list[LiabilityAge]:
    sums = [ZERO] * (len(AGES) + 1)
    for one in lots:
        place = sum(one.days > last for last in AGES)
        sums[place] += one.active + one.pending + one.held
    firsts = (0, *(last + 1 for last in AGES))
    return [
        LiabilityAge(first, last, amount_text(points), money(kind, points))
        for first, last, points in zip(firsts, (*AGES, None), sums, strict=True)
    ]


def _expiries(kind: PointType, lots: Sequence[Left]) -> list[LiabilityExpiry]:
    sums: dict[date | None, Decimal] = defaultdict(Decimal)
    for one in lots:
        sums[one.month] += one.active + one.pending + one.held
    months = sorted(sums, key=lambda month: month or date.max)
    return [LiabilityExpiry(month, amount_text(sums[month]), money(kind, sums[month])) for month in months]


def _expected(asked: Asked, lots: Sequence[Left], aged: Sequence[Aged]) -> list[Expected]:
    """Return what is expected of the months that follow the period."""
    groups: dict[tuple[int, date | None], float] = defaultdict(float)
    for one in lots:
        age = int(one.days * 86400 // store.MONTH_SECONDS)
        groups[age, one.month] += float(one.active + one.pending + one.held)
    local = asked.steps.until.astimezone(asked.zone)
    first = local.date().replace(day=1)
    begins, ends = midnight(first, asked.zone), midnight(next_month(first), asked.zone)
    part = (ends - asked.steps.until) / (ends - begins)
    return forecast.project(groups, forecast.life_table(lives(aged)), first, part)


def lives(aged: Iterable[Aged]) -> list[Life]:
    """Return the history of points by the age of their lots, youngest first."""
    earned: dict[int, Decimal] = defaultdict(Decimal)
    gone: dict[str, dict[int, dict[int, Decimal]]] = {"used": {}, "other": {}}
    for one in aged:
        if one.what == "earned":
            earned[one.age] += one.amount
        else:
            months = gone[one.what].setdefault(one.age, defaultdict(Decimal))
            months[one.month] += one.amount
    return [Life(age, earned[age], gone["used"].get(age, {}), gone["other"].get(age, {})) for age in sorted(earned)]


def _forecast(kind: PointType, one: Expected) -> LiabilityForecast:
    redeemed, expired, left = (about(kind, value) for value in (one.redeemed, one.expired, one.left))
    return LiabilityForecast(
        one.month,
        amount_text(redeemed),
        amount_text(expired),
        amount_text(left),
        money(kind, redeemed),
        money(kind, expired),
        money(kind, left),
    )


def _breakage(
    kind: PointType, outstanding: Decimal, ended: tuple[Decimal, Decimal], expected: Sequence[Expected]
) -> LiabilityBreakage:
    expired, redeemed = ended
    lapsing = about(kind, sum(one.expired for one in expected))
    used = about(kind, sum(one.redeemed for one in expected))
    return LiabilityBreakage(
        expired=amount_text(expired),
        redeemed=amount_text(redeemed),
        rate=rate(expired, expired + redeemed),
        expected=rate(lapsing, outstanding),
        expected_money=money(kind, lapsing),
        redemption=rate(used, outstanding),
    )


def _totals(kinds: Sequence[PointType], types: Sequence[PointLiability]) -> list[LiabilitySum]:
    """Return what is owed by currency; each type's money is rounded, as it is shown."""
    found: dict[str, tuple[Decimal, list[Decimal]]] = {}
    for kind, one in zip(kinds, types, strict=True):
        value = worth(kind, Decimal(one.outstanding))
        if value is not None and one.currency is not None:
            sums = [Decimal(step.money or 0) for step in one.steps]
            total, before = found.get(one.currency, (ZERO, [ZERO] * len(sums)))
            found[one.currency] = total + value, [a + b for a, b in zip(before, sums, strict=True)]
    return [
        LiabilitySum(currency, amount_text(total, currency), [amount_text(value, currency) for value in steps])
        for currency, (total, steps) in sorted(found.items())
    ]
