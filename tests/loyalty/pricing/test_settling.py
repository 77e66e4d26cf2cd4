"""What is decided before the search: the lowest prices, where they are shown to be worth most."""

from __future__ import annotations

import pytest

from fidelia.loyalty.pricing import AmountOff, Group, PercentOff, PointsPercent, PointType, Program, Result, SetPrice

from .making import PERCENT, finals, line, order, program, sku, terms, told, work_out

CENT = PointType(id=2, places=2, worth={"EUR": (1, 1)})


def nodes(result: Result) -> int:
    assert result.search is not None
    assert result.search.value == result.search.bound
    return result.search.nodes


def points(*rates: int) -> list[object]:
    """Points of each rate, for all lines."""
    return [terms(90 + n, PointsPercent(point_type=2, rate=rate)) for n, rate in enumerate(rates)]


def made(*promotions: object, groups: int = 2, per: str = "order") -> Program:
    known = tuple(Group(id=n, per=per) for n in range(1, groups + 1))  # type: ignore[arg-type]
    return program(*promotions, groups=groups and known, points=(CENT,), mode="best")  # type: ignore[arg-type]


def test_kinds_of_one_group_are_compared_at_the_price_they_find() -> None:
    """3.00 off beat 20 % of 10.00, but not of 30.00; the search has nothing left to do."""
    both = (
        terms(1, PercentOff(rate=50 * PERCENT), products=sku("b")),
        terms(2, PercentOff(rate=20 * PERCENT), group=1, products=sku("b")),
        terms(3, AmountOff(amount={"EUR": 300}), group=1, products=sku("b")),
    )
    cheap, dear = (work_out(made(*both), order(line("b", base))) for base in (2000, 6000))
    assert (finals(cheap), nodes(cheap)) == ([700], 1)
    assert (finals(dear), nodes(dear)) == ([2400], 1)
    assert told(cheap) == {1: ("applied", ""), 2: ("skipped", "not_best"), 3: ("applied", "")}


@pytest.mark.parametrize("base", [1000, 1001])
def test_a_discount_that_would_cost_more_points_than_it_takes_is_left_out(base: int) -> None:
    """10.00 bring a point more of each 10 % than 9.99: a cent off, or two, would cost three of them."""
    discount = terms(1, AmountOff(amount={"EUR": base - 999}))
    result = work_out(made(discount, *points(10 * PERCENT, 10 * PERCENT, 10 * PERCENT)), order(line("a", base)))
    assert (finals(result), sum(row.points for row in result.accrue)) == ([base], 300)
    assert told(result)[1] == ("skipped", "not_best")


def test_discounts_that_outweigh_the_points_they_cost_need_no_search() -> None:
    given = made(
        terms(1, PercentOff(rate=10 * PERCENT)),
        terms(2, PercentOff(rate=20 * PERCENT), products=sku("a")),
        *points(10 * PERCENT, 7 * PERCENT, 3 * PERCENT),
    )
    result = work_out(given, order(line("a", 1999), line("b", 3333)))
    assert (finals(result), nodes(result)) == ([1439, 3000], 1)


def test_the_strongest_points_win_their_group_when_nothing_else_is_there_to_choose() -> None:
    weak, strong = (terms(n, PointsPercent(point_type=2, rate=n * PERCENT), group=1) for n in (3, 7))
    result = work_out(made(weak, strong), order(line("a", 1000)))
    assert [(row.promotion, row.points) for row in result.accrue] == [(7, 70)]
    assert told(result)[3] == ("skipped", "not_best")


def test_lines_of_one_group_are_decided_one_by_one() -> None:
    given = made(
        terms(1, PercentOff(rate=20 * PERCENT), group=1),
        terms(2, AmountOff(amount={"EUR": 300}, scope="lines"), group=1),
        *points(10 * PERCENT),
        per="line",
    )
    result = work_out(given, order(line("a", 1000), line("b", 2000)))
    assert (finals(result), nodes(result)) == ([700, 1600], 1)


def test_a_kind_without_any_effect_is_told_so() -> None:
    given = made(
        terms(1, PercentOff(rate=5 * PERCENT), group=1),
        terms(2, SetPrice(price={"EUR": 5000}), group=1),
        terms(3, PercentOff(rate=20 * PERCENT), group=1),
    )
    result = work_out(given, order(line("a", 1000)))
    assert told(result) == {1: ("skipped", "not_best"), 2: ("skipped", "no_effect"), 3: ("applied", "")}
