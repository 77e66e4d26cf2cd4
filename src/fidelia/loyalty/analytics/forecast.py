"""What will become of the points that are outstanding: expected redemption, expiry and breakage. Pure.

Method. The history of redemption by the age of lots is a life table, in months of age (a twelfth of a year). Of the
lots that have lived through a month of their age altogether, the points that were left at its beginning are its
exposure; the share of them that was redeemed in that month is its rate. Cohorts of the last three years count, each
with its points, so that young programs say little about old age: past the last month with exposure, the rate of the
last three months with any holds.

Projected forward, every group of lots of one age and one month of expiry is redeemed by these rates month by month,
and what is left in its month of expiry lapses; in that month half of the rate applies, as lots lapse during it. Of the
month that the forecast begins in, the part that is left counts. Nothing is expected to be earned meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from .period import next_month

#: Months of a forecast; what lapses later stays open in it.
HORIZON = 12
#: Rates of the last so many months of age with exposure, together, hold for every older age.
_TAIL = 3
#: Points by month of age: at the beginning of the month, and redeemed in it.
Table = Sequence[tuple[float, float]]


class Expected(msgspec.Struct, frozen=True):
    """What is expected of a month: points redeemed and lapsed in it, and what is left at its end."""

    month: date
    redeemed: float
    expired: float
    left: float


class Life(msgspec.Struct, frozen=True):
    """What became of the points of lots of one age: earned, and by month of age redeemed and gone otherwise."""

    age: int
    earned: Decimal
    used: Mapping[int, Decimal]
    other: Mapping[int, Decimal]


def life_table(lives: Iterable[Life]) -> list[tuple[float, float]]:
    """Return exposure and redemption by month of age; lots count up to the last month they have lived through."""
    exposed: dict[int, Decimal] = defaultdict(Decimal)
    redeemed: dict[int, Decimal] = defaultdict(Decimal)
    for life in lives:
        left = life.earned
        for month in range(life.age):
            used = life.used.get(month, Decimal(0))
            exposed[month] += left
            redeemed[month] += used
            left -= used + life.other.get(month, Decimal(0))
    return [(float(exposed[month]), float(redeemed[month])) for month in range(max(exposed, default=-1) + 1)]


def rates(table: Table) -> list[float]:
    """Return the share redeemed in each month of age, the last one for every later month; empty without a history."""
    found = [max(0.0, min(1.0, used / left)) if left > 0 else None for left, used in table]
    known = [month for month, rate in enumerate(found) if rate is not None]
    if not known:
        return []
    tail = known[-_TAIL:]
    left, used = sum(table[month][0] for month in tail), sum(table[month][1] for month in tail)
    held = [rate if rate is not None else 0.0 for rate in found[: known[-1] + 1]]
    return [*held, max(0.0, min(1.0, used / left)) if left > 0 else 0.0]


def project(
    groups: Mapping[tuple[int, date | None], float], table: Table, first: date, part: float, months: int = HORIZON
) -> list[Expected]:
    """Return what is expected of each month.

    ``groups`` are points by months of age and month of expiry (its first day), ``first`` the month that the forecast
    begins in and ``part`` how much of it is still to come (1: all of it).
    """
    by_age = rates(table)
    left = dict(groups)
    found = []
    month = first
    for n in range(months):
        share = part if n == 0 else 1.0
        redeemed = expired = 0.0
        for (age, expiry), points in left.items():
            rate = by_age[min(age + n, len(by_age) - 1)] if by_age else 0.0
            ends = expiry is not None and expiry <= month
            used = points * (1 - (1 - rate) ** (share / 2 if ends else share))
            redeemed += used
            expired += points - used if ends else 0.0
            left[age, expiry] = 0.0 if ends else points - used
        found.append(Expected(month, redeemed, expired, sum(left.values())))
        month = next_month(month)
    return found
