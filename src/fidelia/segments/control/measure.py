"""Comparing the people who may be written to with those who are kept back: effects with 95 % intervals. Pure.

Every effect is a weighted mean of the effects within strata, weighted by their people, so that a stratum that is
over-represented in the group cannot shift it. Shares: the stratified Newcombe interval from Wilson limits (Yan & Su
2010). Means: limits of each side on the logarithm, with Student's t and Welch-Satterthwaite degrees of freedom, joined
by Zou and Donner's rule, because amounts have a long tail that a symmetrical interval misses. Ratios (average order):
the same on linearised residuals (delta method). Relative effects: the same errors on the logarithm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, hypot, isfinite, log, sqrt
from statistics import NormalDist
from typing import Literal

import msgspec

Verdict = Literal["higher", "lower", "cannot_tell", "too_few"]
LEVEL = 0.95
POWER = 0.8
_NORMAL = NormalDist()
Z = _NORMAL.inv_cdf(0.5 + LEVEL / 2)
_POWER_Z = Z + _NORMAL.inv_cdf(POWER)

#: Below these an interval would promise more than it keeps; found by simulation (see the tests).
FEWEST_PEOPLE = 50
FEWEST_EXPECTED_BUYERS = 5
FEWEST_BUYERS_FOR_ORDERS = 20
FEWEST_BUYERS_FOR_MONEY = 100
#: Strata with fewer people kept back are compared together.
FEWEST_IN_STRATUM = 10


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the people of one side: orders and revenue of each, squares, and the product of the two.

    ``paid`` counts the orders in the currency of ``revenue``.
    """

    people: float = 0
    buyers: float = 0
    orders: float = 0
    orders2: float = 0
    revenue: float = 0
    revenue2: float = 0
    paid: float = 0
    paid2: float = 0
    both: float = 0

    def __add__(self, other: Sums) -> Sums:
        mine, others = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        names = self.__struct_fields__
        return Sums(**{name: a + b for name, a, b in zip(names, mine, others, strict=True)})


class Pair(msgspec.Struct, frozen=True):
    """Both sides of one stratum."""

    control: Sums
    rest: Sums

    @property
    def people(self) -> float:
        """Everybody in it."""
        return self.control.people + self.rest.people

    def __add__(self, other: Pair) -> Pair:
        return Pair(self.control + other.control, self.rest + other.rest)


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What those who may be written to have more than those kept back (``rest`` − ``control``), with its interval.

    ``detectable`` is the smallest effect that groups of this size show in four of five cases, ``needed`` how many kept
    back it would take to see the effect found. What cannot be said is null.
    """

    control: float | None
    rest: float | None
    difference: float | None
    low: float | None
    high: float | None
    relative: float | None
    relative_low: float | None
    relative_high: float | None
    detectable: float | None
    needed: int | None
    verdict: Verdict


def total(pairs: Iterable[Pair]) -> Pair:
    """Return the sums over strata."""
    whole = Pair(Sums(), Sums())
    for pair in pairs:
        whole += pair
    return whole


# -- quantiles ------------------------------------------------------------------------------------------------------


def t_quantile(df: float) -> float:
    """Return how many standard errors reach to each side at the level, for Student's t (Cornish-Fisher expansion)."""
    z = Z
    return z + sum(
        part / df**n
        for n, part in enumerate(
            (
                (z**3 + z) / 4,
                (5 * z**5 + 16 * z**3 + 3 * z) / 96,
                (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
                (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
            ),
            1,
        )
    )


def wilson(hits: float, people: float, z: float = Z) -> tuple[float, float]:
    """Return Wilson's limits of a share."""
    if people <= 0:
        return 0.0, 1.0
    middle = (hits + z * z / 2) / (people + z * z)
    half = z / (people + z * z) * sqrt(hits * (people - hits) / people + z * z / 4)
    return max(0.0, middle - half), min(1.0, middle + half)


# -- shares ---------------------------------------------------------------------------------------------------------


def share_of_buyers(pairs: Sequence[Pair]) -> Effect:
    """Compare the shares of people who bought."""
    weights = _weights(pairs)
    sides = [_stratified_share([side(pair) for pair in pairs], weights) for side in (_control, _rest)]
    (control, low_c, high_c, spread_c, error_c), (rest, low_r, high_r, spread_r, error_r) = sides
    whole = total(pairs)
    difference = rest - control
    low = difference - Z * sqrt(spread_r * low_r * (1 - low_r) + spread_c * high_c * (1 - high_c))
    high = difference + Z * sqrt(spread_r * high_r * (1 - high_r) + spread_c * low_c * (1 - low_c))
    joint = (whole.control.buyers + whole.rest.buyers) / whole.people if whole.people else 0.0
    few = (
        min(whole.control.people, whole.rest.people) < FEWEST_PEOPLE
        or joint * whole.control.people < FEWEST_EXPECTED_BUYERS
    )
    noise = joint * (1 - joint)
    return _effect(control, rest, max(-1.0, low), min(1.0, high), error_c, error_r, few, noise, noise, whole)


def _stratified_share(sides: Sequence[Sums], weights: Sequence[float]) -> tuple[float, float, float, float, float]:
    """Return a weighted share with its stratified Wilson limits, the factor of its spread, and its standard error."""
    share = sum(w * s.buyers / s.people for w, s in zip(weights, sides, strict=True))
    spread = sum(w * w / s.people for w, s in zip(weights, sides, strict=True))
    # Half a buyer more and less, so that a stratum where nobody or everybody bought counts as uncertain too.
    noise = [_noise((s.buyers + 0.5) / (s.people + 1)) / s.people for s in sides]
    whole = sqrt(sum(w * w * v for w, v in zip(weights, noise, strict=True)))
    parts = sum(w * sqrt(v) for w, v in zip(weights, noise, strict=True))
    z = Z * whole / parts if parts else Z
    limits = [wilson(s.buyers, s.people, z) for s in sides]
    low = sum(w * a for w, (a, _) in zip(weights, limits, strict=True))
    high = sum(w * b for w, (_, b) in zip(weights, limits, strict=True))
    error = sqrt(sum(w * w * _noise(s.buyers / s.people) / s.people for w, s in zip(weights, sides, strict=True)))
    return share, low, high, spread, error


def _noise(share: float) -> float:
    return share * (1 - share)


# -- means ----------------------------------------------------------------------------------------------------------


def orders_each(pairs: Sequence[Pair]) -> Effect:
    """Compare the number of purchases a person."""
    return _mean(pairs, lambda s: s.orders, lambda s: s.orders2, FEWEST_BUYERS_FOR_ORDERS)


def revenue_each(pairs: Sequence[Pair]) -> Effect:
    """Compare the revenue a person, buyers or not."""
    return _mean(pairs, lambda s: s.revenue, lambda s: s.revenue2, FEWEST_BUYERS_FOR_MONEY)


def _mean(
    pairs: Sequence[Pair], value: Callable[[Sums], float], square: Callable[[Sums], float], fewest: int
) -> Effect:
    weights = _weights(pairs)

    def of(side: Callable[[Pair], Sums]) -> tuple[float, list[float], float]:
        parts = [side(pair) for pair in pairs]
        mean = sum(w * value(s) / s.people for w, s in zip(weights, parts, strict=True))
        spreads = [_variance(value(s), square(s), s.people) for s in parts]
        return (
            mean,
            [w * w * v / s.people for w, v, s in zip(weights, spreads, parts, strict=True)],
            _pooled(spreads, parts),
        )

    return _t_effect(pairs, of(_control), of(_rest), fewest)


def order_average(pairs: Sequence[Pair]) -> Effect:
    """Compare the average order: revenue by orders in its currency. People without an order do not count."""
    weights = _weights(pairs)

    def of(side: Callable[[Pair], Sums]) -> tuple[float | None, list[float], float]:
        parts = [side(pair) for pair in pairs]
        orders = sum(w * s.paid / s.people for w, s in zip(weights, parts, strict=True))
        if orders <= 0:
            return None, [0.0] * len(parts), 0.0
        ratio = sum(w * s.revenue / s.people for w, s in zip(weights, parts, strict=True)) / orders
        spreads = []
        for s in parts:
            residual = s.revenue - ratio * s.paid
            squares = s.revenue2 - 2 * ratio * s.both + ratio * ratio * s.paid2
            spreads.append(_variance(residual, squares, s.people) / (orders * orders))
        return (
            ratio,
            [w * w * v / s.people for w, v, s in zip(weights, spreads, parts, strict=True)],
            _pooled(spreads, parts),
        )

    return _t_effect(pairs, of(_control), of(_rest), FEWEST_BUYERS_FOR_MONEY)


def _t_effect(
    pairs: Sequence[Pair],
    control: tuple[float | None, list[float], float],
    rest: tuple[float | None, list[float], float],
    fewest: int,
) -> Effect:
    """Return the effect of two stratified means: each a value, its variance by stratum, and the spread of a person."""
    whole = total(pairs)
    few = (
        min(whole.control.people, whole.rest.people) < FEWEST_PEOPLE
        or min(whole.control.buyers, whole.rest.buyers) < fewest
    )
    if control[0] is None or rest[0] is None:
        return _effect(control[0], rest[0], None, None, 0, 0, True, control[2], rest[2], whole)
    variance = sum(control[1]) + sum(rest[1])
    df = _degrees([*zip(control[1], (p.control.people for p in pairs), strict=True)], variance, rest[1], pairs)
    error_c, error_r = sqrt(sum(control[1])), sqrt(sum(rest[1]))
    reach = t_quantile(df)
    low_c, high_c = _limits(control[0], error_c, reach)
    low_r, high_r = _limits(rest[0], error_r, reach)
    difference = rest[0] - control[0]
    return _effect(
        control[0],
        rest[0],
        difference - hypot(rest[0] - low_r, high_c - control[0]),
        difference + hypot(high_r - rest[0], control[0] - low_c),
        error_c,
        error_r,
        few or variance <= 0,
        control[2],
        rest[2],
        whole,
    )


def _limits(value: float, error: float, reach: float) -> tuple[float, float]:
    """Return limits on the logarithm, which lean to the side where the long tail of amounts pulls the mean."""
    if value <= 0:
        return value - reach * error, value + reach * error
    factor = exp(min(50.0, reach * error / value))
    return value / factor, value * factor


def _degrees(
    control: Sequence[tuple[float, float]], variance: float, rest: Sequence[float], pairs: Sequence[Pair]
) -> float:
    """Return Welch and Satterthwaite's degrees of freedom, at least 5 so that the quantile can be worked out."""
    terms = [*control, *zip(rest, (p.rest.people for p in pairs), strict=True)]
    below = sum(v * v / (n - 1) for v, n in terms if n > 1)
    return max(5.0, variance * variance / below) if below > 0 else 5.0


def _variance(value: float, square: float, people: float) -> float:
    return max(0.0, (square - value * value / people) / (people - 1)) if people > 1 else 0.0


def _pooled(spreads: Sequence[float], parts: Sequence[Sums]) -> float:
    """Return the spread of one person, strata taken together."""
    people = sum(s.people for s in parts)
    return sum(v * s.people for v, s in zip(spreads, parts, strict=True)) / people if people else 0.0


# -- common ---------------------------------------------------------------------------------------------------------


def _effect(
    control: float | None,
    rest: float | None,
    low: float | None,
    high: float | None,
    error_c: float,
    error_r: float,
    few: bool,
    spread_c: float,
    spread_r: float,
    whole: Pair,
) -> Effect:
    difference = None if control is None or rest is None else rest - control
    relative: tuple[float | None, float | None, float | None] = (None, None, None)
    if difference is not None and control and rest and control > 0 and rest > 0:
        middle, reach = log(rest / control), Z * sqrt((error_c / control) ** 2 + (error_r / rest) ** 2)
        relative = (exp(middle) - 1, exp(middle - reach) - 1, exp(middle + reach) - 1)
    verdict: Verdict = "cannot_tell"
    if few or low is None or high is None:
        verdict = "too_few"
    elif low > 0:
        verdict = "higher"
    elif high < 0:
        verdict = "lower"
    told = verdict != "too_few"
    return Effect(
        control=control,
        rest=rest,
        difference=difference,
        low=low if told else None,
        high=high if told else None,
        relative=relative[0] if told else None,
        relative_low=relative[1] if told else None,
        relative_high=relative[2] if told else None,
        detectable=detectable(spread_c, spread_r, whole.control.people, whole.rest.people),
        needed=_needed(difference, spread_c, spread_r, whole) if verdict in ("cannot_tell", "too_few") else None,
        verdict=verdict,
    )


def detectable(spread_c: float, spread_r: float, control: float, rest: float) -> float | None:
    """Return the smallest difference that is found in four of five cases; spreads are variances of one person."""
    if control <= 0 or rest <= 0:
        return None
    found = _POWER_Z * sqrt(spread_c / control + spread_r / rest)
    return found if found > 0 and isfinite(found) else None


def detectable_share(share: float, control: float, rest: float) -> float | None:
    """Return the smallest difference of shares that is found in four of five cases around a share."""
    return detectable(_noise(share), _noise(share), control, rest)


def _needed(difference: float | None, spread_c: float, spread_r: float, whole: Pair) -> int | None:
    if not difference or not whole.control.people or not whole.rest.people:
        return None
    odds = whole.control.people / whole.rest.people
    found = _POWER_Z**2 * (spread_c + spread_r * odds) / difference**2
    return int(found) + 1 if isfinite(found) and whole.control.people < found < 1e12 else None


def _weights(pairs: Sequence[Pair]) -> list[float]:
    people = sum(pair.people for pair in pairs)
    return [pair.people / people for pair in pairs] if people else []


def _control(pair: Pair) -> Sums:
    return pair.control


def _rest(pair: Pair) -> Sums:
    return pair.rest


def comparable(pairs: Iterable[tuple[int, Pair]], share: float) -> tuple[list[Pair], float]:
    """Return the strata to be compared, and how many people stand in none of them.

    ``pairs`` come with their epoch. Strata with few people kept back are joined, each epoch's for itself: all of them
    give the same share, so nothing is shifted. A stratum that gave nobody although it should have given some (the cap
    was reached) has nothing to be compared with.
    """
    alone: list[Pair] = []
    joined: dict[int, Pair] = {}
    out = 0.0
    for epoch, pair in pairs:
        if pair.people == 0:
            continue
        if pair.control.people >= FEWEST_IN_STRATUM and pair.rest.people >= FEWEST_IN_STRATUM:
            alone.append(pair)
        elif pair.control.people == 0 and pair.people * share >= 1:
            out += pair.people
        else:
            joined[epoch] = joined[epoch] + pair if epoch in joined else pair
    for pair in joined.values():
        if pair.control.people > 0 and pair.rest.people > 0:
            alone.append(pair)
        else:
            out += pair.people
    return alone, out
