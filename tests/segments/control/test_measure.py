"""Intervals: they agree with reference implementations, and hold what they promise in simulations."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from fidelia.segments.control import measure
from fidelia.segments.control.measure import Pair, Sums
from fidelia.segments.control.wording import headline, told

Array = npt.NDArray[np.float64]


def sums(orders: Array, revenue: Array) -> Sums:
    return Sums(
        people=len(orders),
        buyers=float((orders > 0).sum()),
        orders=float(orders.sum()),
        orders2=float((orders**2).sum()),
        revenue=float(revenue.sum()),
        revenue2=float((revenue**2).sum()),
        paid=float(orders.sum()),
        paid2=float((orders**2).sum()),
        both=float((orders * revenue).sum()),
    )


def buyers(hits: int, people: int) -> Sums:
    return Sums(people=people, buyers=hits, orders=hits, orders2=hits)


class Shop:
    """Strata of (weight, share of buyers, logarithm of an amount); ``effect`` multiplies the share of buyers."""

    def __init__(self, strata: list[tuple[float, float, float]], seed: int) -> None:
        self.strata = strata
        self.random = np.random.default_rng(seed)

    def people(self, count: int, rate: float, mean: float, spread: float = 0.8) -> Sums:
        bought = self.random.random(count) < rate
        orders = np.where(bought, 1 + self.random.poisson(0.5, count), 0).astype(float)
        return sums(orders, np.where(bought, orders * self.random.lognormal(mean, spread, count), 0.0))

    def pairs(self, kept: int, effect: float = 1.0, ratio: int = 19) -> list[Pair]:
        return [
            Pair(
                self.people(round(kept * weight), rate, mean),
                self.people(round(kept * ratio * weight), rate * effect, mean),
            )
            for weight, rate, mean in self.strata
        ]


ONE = [(1.0, 0.1, 3.0)]
THREE = [(0.2, 0.02, 3.0), (0.3, 0.1, 3.5), (0.5, 0.05, 2.0)]


@pytest.mark.parametrize("df", [5, 8, 12, 30, 200, 1e6])
def test_t_quantiles(df: float) -> None:
    assert measure.t_quantile(df) == pytest.approx(stats.t.ppf(0.975, df), rel=2e-3 if df < 8 else 2e-4)


@pytest.mark.parametrize(("hits", "people"), [(0, 20), (3, 50), (20, 20), (117, 3000)])
def test_wilson_is_scipys(hits: int, people: int) -> None:
    theirs = stats.binomtest(hits, people).proportion_ci(method="wilson")
    assert measure.wilson(hits, people) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_one_stratum_is_newcombes_interval() -> None:
    """Newcombe 1998, table II, example (a): 56 of 70 against 48 of 80 is 0.2, from 0.0524 to 0.3339."""
    found = measure.share_of_buyers([Pair(buyers(48, 80), buyers(56, 70))])
    assert found.difference == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=2e-3)
    assert found.verdict == "higher"
    # Equal strata taken apart say the same as together.
    apart = measure.share_of_buyers([Pair(buyers(24, 40), buyers(28, 35))] * 2)
    assert apart.difference == pytest.approx(0.2)
    assert (apart.low, apart.high) == pytest.approx((found.low, found.high), abs=6e-3)


def test_means_are_close_to_welchs_interval() -> None:
    random = np.random.default_rng(3)
    kept, rest = random.normal(50, 10, 400), random.normal(52, 12, 4000)
    found = measure.revenue_each([Pair(sums(np.ones(400), kept), sums(np.ones(4000), rest))])
    theirs = stats.ttest_ind(rest, kept, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.03)
    assert found.difference == pytest.approx(rest.mean() - kept.mean())


def test_strata_take_away_what_is_only_the_mix() -> None:
    """Both strata show no effect; the plain shares would (Simpson), because the group has too many of one."""
    pairs = [Pair(buyers(100, 1000), buyers(200, 2000)), Pair(buyers(100, 200), buyers(4000, 8000))]
    whole = measure.total(pairs)
    assert whole.rest.buyers / whole.rest.people - whole.control.buyers / whole.control.people > 0.2
    found = measure.share_of_buyers(pairs)
    assert found.difference == pytest.approx(0.0)
    assert found.verdict == "cannot_tell"


@pytest.mark.parametrize(
    ("compare", "strata", "kept", "least"),
    [
        (measure.share_of_buyers, ONE, 100, 0.93),
        (measure.share_of_buyers, THREE, 300, 0.935),
        (measure.orders_each, THREE, 600, 0.93),
        (measure.revenue_each, ONE, 1200, 0.93),
        (measure.revenue_each, THREE, 2000, 0.925),
        (measure.order_average, ONE, 1200, 0.92),
        (measure.order_average, THREE, 2500, 0.915),
    ],
)
def test_intervals_hold_what_they_promise(
    compare: Callable[[list[Pair]], measure.Effect], strata: list[tuple[float, float, float]], kept: int, least: float
) -> None:
    """Of 95 % intervals around no effect, about 95 % hold it: 600 draws of right-skewed amounts, smallest groups."""
    shop = Shop(strata, seed=11)
    told_, held = 0, 0
    for _ in range(600):
        found = compare(shop.pairs(kept))
        if found.low is None or found.high is None:
            continue
        told_ += 1
        held += found.low <= 0 <= found.high
    assert told_ > 300
    assert least <= held / told_ <= 0.985


def test_an_effect_is_found_as_often_as_the_power_says() -> None:
    shop = Shop(ONE, seed=5)
    kept = 2000
    smallest = measure.share_of_buyers(shop.pairs(kept)).detectable
    assert smallest is not None
    effect = 1 + smallest / 0.1
    found = [measure.share_of_buyers(shop.pairs(kept, effect)).verdict for _ in range(400)]
    assert 0.74 < found.count("higher") / 400 < 0.88
    assert found.count("lower") == 0


def test_too_few_says_so_instead_of_an_interval() -> None:
    few = measure.share_of_buyers([Pair(buyers(1, 40), buyers(60, 760))])
    assert (few.verdict, few.low, few.high, few.relative) == ("too_few", None, None, None)
    rare = measure.share_of_buyers([Pair(buyers(0, 400), buyers(8, 7600))])
    assert rare.verdict == "too_few"
    none_kept_bought = measure.share_of_buyers([Pair(buyers(0, 400), buyers(760, 7600))])
    assert none_kept_bought.verdict == "higher"
    assert none_kept_bought.relative is None  # nothing to be relative to
    money = measure.revenue_each(Shop(ONE, 1).pairs(300))
    assert money.verdict == "too_few"
    assert money.difference is not None
    assert measure.order_average([Pair(buyers(0, 90), buyers(5, 900))]).verdict == "too_few"


def test_harm_is_found_too() -> None:
    found = measure.share_of_buyers([Pair(buyers(200, 1000), buyers(1500, 10_000))])
    assert found.verdict == "lower"
    assert found.high is not None
    assert found.high < 0
    assert found.needed is None
    assert found.relative == pytest.approx(-0.25)


def test_needed_is_what_would_have_shown_it() -> None:
    found = measure.share_of_buyers([Pair(buyers(50, 1000), buyers(1100, 19_000))])
    assert found.verdict == "cannot_tell"
    assert found.needed is not None
    kept = found.needed
    share, other = 0.05, 1100 / 19_000
    smallest = measure.detectable_share((50 + 1100) / 20_000, kept, kept * 19)
    assert smallest == pytest.approx(other - share, rel=0.01)


def test_small_strata_are_joined_and_those_without_a_group_left_out() -> None:
    big = Pair(buyers(10, 100), buyers(90, 900))
    small = Pair(buyers(0, 2), buyers(3, 30))
    empty = Pair(buyers(0, 0), buyers(2, 9))
    closed = Pair(buyers(0, 0), buyers(50, 500))
    pairs, out = measure.comparable([(1, big), (1, small), (1, empty), (2, closed)], 0.1)
    assert out == 500
    assert len(pairs) == 2
    assert pairs[1] == small + empty
    assert measure.comparable([(1, empty)], 0.1) == ([], 9)


def test_errors_of_relative_effects() -> None:
    """The logarithm of a ratio of shares, Katz 1978."""
    found = measure.share_of_buyers([Pair(buyers(100, 1000), buyers(1300, 10_000))])
    error = sqrt(0.9 / 100 + 0.87 / 1300)
    assert found.relative_low == pytest.approx(1.3 * np.exp(-1.959964 * error) - 1, abs=1e-6)
    assert found.relative_high == pytest.approx(1.3 * np.exp(1.959964 * error) - 1, abs=1e-6)


def test_sentences() -> None:
    pair = Pair(buyers(64, 1000), buyers(920, 10_000))
    found = measure.share_of_buyers([pair])
    text = headline(found.verdict, told("conversion", found, pair, ""))
    assert text.startswith(
        "Messages work: 9.2 % of those who may be written to bought, 6.4 % of the control group, +2.8 points. "
        "The true effect lies between +1."
    )
    same = Pair(buyers(64, 1000), buyers(650, 10_000))
    unsure = measure.share_of_buyers([same])
    text = headline(unsure.verdict, told("conversion", unsure, same, ""))
    assert text.startswith("Can't tell yet: 6.5 % of those who may be written to bought, 6.4 % of the control group. ")
    assert "from −" in text
    assert "needs about" in text
    few = Pair(buyers(3, 40), buyers(60, 400))
    text = headline("too_few", told("conversion", measure.share_of_buyers([few]), few, ""))
    assert text.endswith("but only 3 of 40 people kept back bought anything.")
