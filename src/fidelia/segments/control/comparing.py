"""What both sides of a comparison come to: from sums by cell to effects, strata and the course by day. Pure.

The report of the global control group and those of campaigns share it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec
from pyroaring import BitMap

from . import measure
from .assigning import order_of
from .measure import Effect, Pair, Sums

#: A cell: the epoch and stratum that people were assigned in.
Cell = tuple[int, str]


class Stratum(NamedTuple):
    """A stratum over its epochs: both sides, and what of it can be compared."""

    key: str
    whole: Pair
    compared: list[Pair]


class Day(NamedTuple):
    """How both sides stood at the end of a day: share of people who bought, and revenue a person; null of nobody."""

    day: date
    control_share: float | None
    rest_share: float | None
    control_revenue: float | None
    rest_revenue: float | None


def pairs_of(cells: Mapping[Cell, BitMap], control: BitMap, rows: Sequence[Mapping[str, Any]]) -> dict[Cell, Pair]:
    """Return both sides of every cell, from the sums of those who bought (``cell`` is a number in order)."""
    sums = {(int(row["cell"]), bool(row["control"])): row for row in rows}

    def side(n: int, kept: bool, people: int) -> Sums:
        row = sums.get((n, kept), {})
        values = {name: float(row.get(name, 0)) for name in Sums.__struct_fields__ if name != "people"}
        return Sums(people=people, **values)

    found = {}
    for n, (cell, people) in enumerate(cells.items()):
        kept = people.intersection_cardinality(control)
        found[cell] = Pair(side(n, True, kept), side(n, False, len(people) - kept))
    return found


def by_stratum(pairs: Mapping[Cell, Pair], share: float) -> Iterator[Stratum]:
    """Yield every stratum, its epochs taken together, in the order of the strata's parts."""
    for key in sorted({key for _, key in pairs}, key=order_of):
        parts = [(epoch, pair) for (epoch, other), pair in pairs.items() if other == key]
        compared, _ = measure.comparable(parts, share)
        yield Stratum(key, measure.total(pair for _, pair in parts), compared)


def nothing() -> Effect:
    """Return what is said where nobody can be compared."""
    names = Effect.__struct_fields__
    return Effect(**{**dict.fromkeys(names), "verdict": "too_few"})  # type: ignore[arg-type]


def unsaid(effect: Effect, kept: float) -> Effect:
    """Return an effect that too few people stand behind: what was counted stays, nothing is concluded.

    Of ``kept`` people kept back; how many it would take is told here too, where it was no question before.
    """
    names = ("low", "high", "relative", "relative_low", "relative_high")
    needed = effect.needed
    if needed is None and effect.detectable and effect.difference:
        found = kept * (effect.detectable / effect.difference) ** 2
        needed = int(found) + 1 if kept < found < 1e12 else None
    return msgspec.structs.replace(effect, **dict.fromkeys(names), needed=needed, verdict="too_few")


def over_people(key: str, effect: Effect, people: float) -> dict[str, Any]:
    """Return what the difference is over so many people, with its range; null where it makes no sense."""
    many = key != "order_average" and effect.verdict != "too_few"
    values = (effect.difference, effect.low, effect.high)
    names = ("extra", "extra_low", "extra_high")
    return {name: v * people if many and v is not None else None for name, v in zip(names, values, strict=True)}


def course(
    first: date,
    last: date,
    rows: Sequence[tuple[date, bool, int, float]],
    people: Callable[[date], tuple[float, float]],
) -> list[Day]:
    """Return how both sides stood day by day.

    ``rows`` hold what was new: (day, kept back, people who bought for the first time, revenue). ``people`` tells how
    many are kept back and how many are not, until the end of a day.
    """
    news = {(at, kept): (new, revenue) for at, kept, new, revenue in rows}
    buyers, revenue = {True: 0, False: 0}, {True: 0.0, False: 0.0}
    found = []
    for day in days(first, last):
        for kept in (True, False):
            new, spent = news.get((day, kept), (0, 0.0))
            buyers[kept] += new
            revenue[kept] += spent
        kept_back, others = people(day)
        found.append(
            Day(
                day,
                buyers[True] / kept_back if kept_back else None,
                buyers[False] / others if others else None,
                revenue[True] / kept_back if kept_back else None,
                revenue[False] / others if others else None,
            )
        )
    return found


def days(first: date, last: date) -> Iterator[date]:
    """Yield the days from one to another, both included."""
    while first <= last:
        yield first
        first += timedelta(days=1)
