"""Who gets which variant, how sure a difference is, and which variant wins: pure rules."""

from __future__ import annotations

from math import isclose, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyroaring import BitMap

from fidelia.messages.kinds.multivariate import rules
from fidelia.messages.kinds.multivariate.model import SplitTest, VariantFigures

FIRST = lambda below: 0  # noqa: E731
LAST = lambda below: below - 1  # noqa: E731
audiences = st.sets(st.integers(1, 2**32 - 1), max_size=300).map(BitMap)


def of(*groups: tuple[int, int, int]) -> list[VariantFigures]:
    """Variants of (sent, opened, clicked)."""
    return [
        VariantFigures(variant=n, people=sent, sent=sent, opened=opened, clicked=clicked)
        for n, (sent, opened, clicked) in enumerate(groups, 1)
    ]


# -- who gets what --------------------------------------------------------------------------------------------------


@given(audiences, st.integers(2, 16), st.none() | st.integers(0, 400), st.text(max_size=8))
def test_groups_are_even_disjoint_and_the_same_again(
    people: BitMap, variants: int, tested: int | None, seed: str
) -> None:
    groups = rules.Groups(seed, people, variants, tested)
    given_ = groups.of(list(people))
    counts = [given_.count(n) for n in range(1, variants + 1)]
    assert counts == groups.sizes
    assert max(counts) - min(counts) <= 1
    assert given_.count(0) == groups.rest == len(people) - sum(counts)
    assert sum(counts) == (len(people) if tested is None else min(tested, len(people)))
    again = rules.Groups(seed, people, variants, tested)
    half = list(people)[len(people) // 2 :]  # a job that goes on where a killed one stood asks for the rest only
    assert again.of(half) == given_[len(people) // 2 :]
    assert again.of([]) == []


def test_groups_do_not_follow_the_order_of_ids() -> None:
    people = BitMap(range(1, 10_001))
    first = rules.Groups("split:1", people, 2, 2_000).of(list(people))
    other = rules.Groups("split:2", people, 2, 2_000).of(list(people))
    assert first != other
    low = sum(1 for variant in first[:5_000] if variant)
    assert 900 < low < 1_100
    same = sum(1 for a, b in zip(first, other, strict=True) if a and a == b)
    assert 150 < same < 250  # 2,000 x 1/5 x 1/2 if the two have nothing to do with each other


@given(st.integers(1, 2**32 - 1), st.integers(2, 16), st.text(max_size=8))
def test_who_joins_alone_gets_the_same_variant_each_time(profile: int, variants: int, seed: str) -> None:
    assert 1 <= rules.one_of(seed, profile, variants) <= variants
    assert rules.one_of(seed, profile, variants) == rules.one_of(seed, profile, variants)


def test_those_who_join_alone_are_shared_out_evenly() -> None:
    found = [rules.one_of("split:7", profile, 4) for profile in range(1, 8_001)]
    assert all(1_850 < found.count(n) < 2_150 for n in range(1, 5))


@pytest.mark.parametrize(
    ("test", "audience", "variants", "many"),
    [
        (SplitTest(share=20), 1_000, 2, 200),
        (SplitTest(share=0.1), 100, 3, 3),
        (SplitTest(share=None, count=500), 300, 2, 300),
        (SplitTest(share=100), 77, 2, 77),
        (SplitTest(share=10), 1, 2, 1),
        (SplitTest(share=10), 0, 2, 0),
    ],
)
def test_how_many_are_tested(test: SplitTest, audience: int, variants: int, many: int) -> None:
    assert rules.tested(test, audience, variants) == many


# -- how sure -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hits", "whole", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_those_that_were_published(hits: int, whole: int, low: float, high: float) -> None:
    found = rules.wilson(hits, whole)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert found.rate == hits / whole


def test_nobody_has_no_rate() -> None:
    assert rules.wilson(0, 0).rate is rules.wilson(0, 0).low is None


def test_two_proportions_agree_with_the_chi_square_of_the_table() -> None:
    stats = pytest.importorskip("scipy.stats")
    for a, b in (((30, 200), (50, 210)), ((3, 40), (9, 35)), ((500, 10_000), (560, 9_900)), ((0, 50), (4, 50))):
        table = [[a[0], a[1] - a[0]], [b[0], b[1] - b[0]]]
        p = stats.chi2_contingency(table, correction=False)[1]
        assert isclose(rules.proportions_differ(a, b), 100 * (1 - p), rel_tol=1e-9)
        assert isclose(rules.proportions_differ(b, a), rules.proportions_differ(a, b))


def test_means_agree_with_the_normal_distribution() -> None:
    stats = pytest.importorskip("scipy.stats")
    one, other = [0.0] * 90 + [20.0, 35.5, 12.0] * 5, [0.0] * 100 + [9.0, 30.0] * 3
    a, b = ((sum(v), sum(x * x for x in v), len(v)) for v in (one, other))
    t = stats.ttest_ind(one, other, equal_var=False).statistic
    assert isclose(rules.means_differ(a, b), 100 * (1 - 2 * stats.norm.sf(abs(t))), rel_tol=1e-9)


def test_the_well_known_quantile() -> None:
    # the variances are so large that nothing can be told
    assert round(rules.means_differ((1.959963984540054 * sqrt(2) * 100, 1e18, 100), (0.0, 1e18, 100)), 1) < 1
    assert rules.proportions_differ((10, 100), (10, 100)) == 0.0
    assert rules.proportions_differ((0, 100), (0, 100)) == 0.0
    assert rules.proportions_differ((5, 0), (1, 10)) == 0.0
    assert rules.means_differ((0.0, 0.0, 5), (0.0, 0.0, 5)) == 0.0


# -- which one ------------------------------------------------------------------------------------------------------


def test_the_best_rate_wins_not_the_most_hits() -> None:
    found = rules.decide(SplitTest(metric="opened"), of((100, 40, 0), (50, 25, 0)), extended=False, dice=FIRST)
    assert (found.kind, found.winner, found.why) == ("winner", 2, "it has the most opens")


def test_clicks_of_those_who_opened() -> None:
    test = SplitTest(metric="clicks_of_opens")
    assert rules.decide(test, of((100, 80, 10), (100, 20, 8)), extended=False, dice=FIRST).winner == 2


def test_revenue_counts_for_each_message() -> None:
    figures = [
        VariantFigures(variant=1, people=100, sent=100, revenue=500.0, squares=30_000.0),
        VariantFigures(variant=2, people=40, sent=40, revenue=300.0, squares=10_000.0),
    ]
    assert rules.decide(SplitTest(metric="revenue"), figures, extended=False, dice=FIRST).winner == 2


def test_who_bounced_did_not_get_it() -> None:
    figures = [
        VariantFigures(variant=1, people=100, sent=100, clicked=10),
        VariantFigures(variant=2, people=100, sent=100, bounced=50, clicked=8),
    ]
    assert rules.decide(SplitTest(), figures, extended=False, dice=FIRST).winner == 2


@pytest.mark.parametrize(
    ("tie", "dice", "winner", "words"),
    [
        ("first", LAST, 1, "first"),
        ("random", LAST, 3, "drawn"),
        ("random", FIRST, 1, "drawn"),
        ("more_clicks", LAST, 3, "more clicks"),
    ],
)
def test_ties(tie: str, dice: rules.Dice, winner: int, words: str) -> None:
    figures = of((50, 20, 3), (50, 10, 9), (100, 40, 8))
    found = rules.decide(SplitTest(metric="opened", tie=tie), figures, extended=False, dice=dice)
    assert (found.kind, found.winner) == ("winner", winner)
    assert words in found.why
    assert "A and C are equal" in found.why


@pytest.mark.parametrize(
    ("fallback", "kind", "winner"),
    [
        ("leader", "winner", 1),  # there is none: the first
        ("first", "winner", 1),
        ("random", "winner", 2),
        ("nobody", "nobody", None),
        ("person", "person", None),
    ],
)
def test_nobody_reacted(fallback: str, kind: str, winner: int | None) -> None:
    test = SplitTest(fallback=fallback, metric="clicked")
    found = rules.decide(test, of((50, 0, 0), (50, 0, 0)), extended=False, dice=LAST)
    assert (found.kind, found.winner) == (kind, winner)
    assert found.why.startswith("nobody has reacted")


def test_too_little_confidence_falls_back_and_says_so() -> None:
    figures = of((100, 0, 10), (100, 0, 11))
    found = rules.decide(SplitTest(confidence=95, fallback="person"), figures, extended=False, dice=FIRST)
    assert found.kind == "person"
    assert "95 % was asked for" in found.why
    led = rules.decide(SplitTest(confidence=95, fallback="leader"), figures, extended=False, dice=FIRST)
    assert (led.winner, led.why.endswith("so the leader was taken")) == (2, True)
    sure = rules.decide(SplitTest(confidence=95), of((400, 0, 20), (400, 0, 60)), extended=False, dice=FIRST)
    assert sure.winner == 2
    assert sure.standing.confidence > 99


def test_the_least_sure_difference_counts() -> None:
    two = rules.standing("clicked", of((400, 0, 20), (400, 0, 60)))
    three = rules.standing("clicked", of((400, 0, 20), (400, 0, 60), (400, 0, 58)))
    assert three.leaders == two.leaders == [2]
    assert three.confidence < 50 < two.confidence


def test_it_is_extended_once() -> None:
    test = SplitTest(extend=True, fallback="first")
    figures = of((50, 0, 0), (50, 0, 0))
    assert rules.decide(test, figures, extended=False, dice=FIRST).kind == "extend"
    assert rules.decide(test, figures, extended=True, dice=FIRST).winner == 1


def test_by_hand_waits_for_a_person() -> None:
    found = rules.decide(SplitTest(metric="manual"), of((50, 9, 9), (50, 0, 0)), extended=False, dice=FIRST)
    assert found.kind == "person"
