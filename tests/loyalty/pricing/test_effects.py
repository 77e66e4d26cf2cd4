"""What each reward does, to the cent, and what becomes of promotions that do nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fidelia.loyalty.pricing import (
    RATE,
    UNIT,
    AllowRedeem,
    AmountOff,
    FreeDelivery,
    Gift,
    GrantLevel,
    Group,
    IssueCode,
    Left,
    Line,
    NthFree,
    Partner,
    PercentOff,
    PointsFixed,
    PointsMultiplier,
    PointsPercent,
    PointsPerItem,
    PointsPerMoney,
    PointType,
    SetPrice,
    compile_program,
)

from .making import (
    NOW,
    PERCENT,
    STARS,
    finals,
    line,
    on_line,
    on_order,
    order,
    program,
    sku,
    sound,
    terms,
    told,
    when,
    work_out,
)

TEN = PercentOff(rate=10 * PERCENT)
A, B, C = line("a", 1000), line("b", 505), line("c", 333, quantity=3)


@pytest.mark.parametrize(
    ("reward", "expected"),
    [
        (TEN, [900, 454, 300]),  # 50.5 of 505 goes up to 51, 33.3 down to 33
        (PercentOff(rate=10 * PERCENT, scope="order"), [900, 454, 300]),  # 184 of 1838: 100.1, 50.6, 33.3
        (PercentOff(rate=10 * PERCENT, cap={"EUR": 100}), [946, 477, 315]),
        (AmountOff(amount={"EUR": 100}), [946, 477, 315]),  # 54.4, 27.5, 18.1
        (AmountOff(amount={"EUR": 100}, scope="lines"), [900, 405, 233]),
        (AmountOff(amount={"EUR": 100}, scope="items"), [900, 405, 33]),
        (AmountOff(amount={"EUR": 5000}), [0, 0, 0]),
        (SetPrice(price={"EUR": 100}), [100, 100, 300]),
        (SetPrice(price={"EUR": 600}), [600, 505, 333]),
        (NthFree(every=3), [1000, 505, 222]),  # five units: one free, the cheapest
        (NthFree(every=5, free=4), [1000, 0, 0]),
        (NthFree(every=3, each_line=True), [1000, 505, 222]),
        (NthFree(every=2, each_line=True, rate=50 * PERCENT), [1000, 505, 277]),  # 55.5 goes up
    ],
)
def test_discounts(reward: Any, expected: list[int]) -> None:
    draft = order(A, B, C)
    result = work_out(program(terms(1, reward)), draft)
    assert finals(result) == expected
    assert told(result) == {1: ("applied", "")}
    assert (result.trace[0].before, result.trace[0].after) == (1838, sum(expected))
    sound(result, draft)


def test_a_percentage_is_of_what_is_left_or_of_the_first_price() -> None:
    both = (terms(1, TEN), terms(2, TEN))
    assert finals(work_out(program(*both), order(A))) == [810]
    assert finals(work_out(program(*both, percent_of="initial"), order(A))) == [800]
    own = terms(2, PercentOff(rate=10 * PERCENT, of="initial"))
    assert finals(work_out(program(terms(1, TEN), own), order(A))) == [800]


def test_no_line_falls_below_its_floor_and_others_take_what_it_cannot() -> None:
    draft = order(line("a", 1000, floor=950), line("b", 1000))
    result = work_out(program(terms(1, AmountOff(amount={"EUR": 400}))), draft)
    assert finals(result) == [950, 650]
    assert not result.trace[0].limited
    result = work_out(program(terms(1, PercentOff(rate=50 * PERCENT))), draft)
    assert finals(result) == [950, 500]
    assert result.trace[0].limited
    full = order(line("a", 1000, floor=1000))
    assert told(work_out(program(terms(1, TEN)), full)) == {1: ("skipped", "no_effect")}


def test_products_say_which_lines() -> None:
    draft = order(A, B, C, channel="web")
    result = work_out(program(terms(1, TEN, products=sku("B")), terms(2, TEN, products=sku("x"))), draft)
    assert finals(result) == [1000, 454, 333]  # texts compare without minding case
    assert result.trace[0].lines == ((1, 51),)
    assert told(result)[2] == ("rejected", "products")
    many = terms(1, TEN, products=on_line(when("line.quantity", "gte", 2)))
    assert finals(work_out(program(many), draft)) == [1000, 505, 300]


def test_one_item_with_another_quantity_is_another_line() -> None:
    """What is remembered of an item is only what the catalogue says of it."""
    compiled = program(terms(1, TEN, products=on_line(when("line.quantity", "gte", 2))))
    assert finals(work_out(compiled, order(line("a", 1000), line("a", 2000, quantity=2)))) == [1000, 1800]


def test_reasons_for_what_does_not_fit() -> None:
    hour = timedelta(hours=1)
    given = program(
        terms(1, TEN, active=False),
        terms(2, TEN, starts_at=NOW + hour),
        terms(3, TEN, ends_at=NOW),
        terms(4, TEN, starts_at=NOW, ends_at=NOW + hour),
        terms(5, AmountOff(amount={"USD": 1})),
        terms(6, TEN, pool=9),
        terms(7, TEN, pool=8),
        terms(8, TEN, condition=on_order(when("order.channel", "eq", "till"))),
        terms(9, TEN, condition=on_order(when("profile.city", "in", ["Berlin", "Bonn"]))),
        terms(10, TEN, condition=on_order(when("order.total", "gt", 10))),
        terms(11, TEN, members_only=True),
        terms(12, PointsFixed(point_type=1, points=5)),
        terms(13, TEN),
        terms(14, TEN),
        terms(15, PointsFixed(point_type=1, points=5)),
    )
    left = {13: Left(uses=0), 14: Left(money=0, uses=3), 15: Left(points=0)}
    draft = order(A, channel="web", codes={8: "X"})
    result = work_out(given, draft, member=False, left=left)
    assert {id_: reason for id_, (status, reason) in told(result).items() if status == "rejected"} == {
        1: "inactive", 2: "not_started", 3: "ended", 5: "currency", 6: "code", 8: "condition", 10: "condition",
        11: "no_member", 12: "no_member", 13: "limit_uses", 14: "limit_money", 15: "no_member",
    }  # fmt: skip
    assert told(work_out(given, draft, left=left))[15] == ("rejected", "limit_points")
    assert result.used == (8,)


def test_groups_and_exclusive_promotions() -> None:
    groups = (Group(id=1), Group(id=2, per="line"))
    given = program(
        terms(1, SetPrice(price={"EUR": 5000}), group=1),  # takes nothing, so it wins nothing
        terms(2, TEN, group=1),
        terms(3, TEN, group=1),
        terms(4, TEN, group=2, products=sku("a")),
        terms(5, PercentOff(rate=20 * PERCENT), group=2),
        terms(6, TEN, group=2, products=sku("a")),
        terms(7, FreeDelivery(), exclusive=True),
        terms(8, Gift(key="mug")),
        terms(9, PointsFixed(point_type=1, points=5)),
        groups=groups,
    )
    draft = order(line("a", 1000), line("b", 1000), delivery=490)
    result = work_out(given, draft)
    assert finals(result) == [810, 720]
    assert told(result) == {
        1: ("skipped", "no_effect"), 2: ("applied", ""), 3: ("skipped", "group"), 4: ("applied", ""),
        5: ("applied", ""), 6: ("skipped", "group"), 7: ("applied", ""),
        8: ("skipped", "exclusive"), 9: ("skipped", "exclusive"),
    }  # fmt: skip
    assert [trace.blocker for trace in result.trace if trace.reason in ("group", "exclusive")] == [2, 4, 7, 7]
    assert result.delivery == 0
    sound(result, draft)


def test_benefits_come_along() -> None:
    given = program(
        terms(1, Gift(key="mug", quantity=2)), terms(2, IssueCode(pool=7)), terms(3, GrantLevel(group=1, level=2)),
        terms(4, FreeDelivery(cap={"EUR": 300})),
    )  # fmt: skip
    result = work_out(given, order(A, delivery=490))
    assert (result.gifts, result.codes, result.levels) == (((1, "mug", 2),), ((2, 7),), ((3, 1, 2),))
    assert (result.delivery, result.discount, result.final) == (190, 300, 1190)
    assert result.trace[3].limited


def test_limits_left_cut_the_effect() -> None:
    given = program(terms(1, TEN), terms(2, PointsPercent(point_type=2, rate=10 * PERCENT)))
    result = work_out(given, order(A, B), left={1: Left(money=30), 2: Left(points=7, uses=1)})
    assert (result.discount, result.accrue[0].points) == (30, 7)
    assert all(trace.limited for trace in result.trace)


@pytest.mark.parametrize(
    ("reward", "points", "lines"),
    [
        (PointsFixed(point_type=1, points=10), 10, ((0, 6), (1, 4))),
        (PointsPercent(point_type=2, rate=5 * PERCENT), 74, ((0, 47), (1, 27))),  # 5 % of 14.99 are 0.7495 points
        (PointsPercent(point_type=1, rate=500 * PERCENT), 74, ((0, 47), (1, 27))),
        (PointsPercent(point_type=2, rate=5 * PERCENT, delivery=True), 99, ((0, 47), (1, 27), (-1, 25))),
        (PointsPercent(point_type=2, rate=5 * PERCENT, cap=50), 50, ((0, 32), (1, 18))),
        (PointsPerMoney(point_type=1, points=2, per={"EUR": 500}), 4, ((0, 3), (1, 1))),
        (PointsPerMoney(point_type=1, points=2, per={"EUR": 500}, delivery=True), 6, ((0, 3), (1, 2), (-1, 1))),
        (PointsPerItem(point_type=1, points=3), 12, ((0, 3), (1, 9))),
    ],
)
def test_points_are_of_what_is_paid_and_split_by_line(reward: Any, points: int, lines: Any) -> None:
    draft = order(line("a", 1000), line("b", 600, quantity=3), delivery=500)
    given = program(
        terms(1, AmountOff(amount={"EUR": 50}, scope="lines")), terms(2, AmountOff(amount={"EUR": 1})), terms(3, reward)
    )
    result = work_out(given, draft)
    assert finals(result) == [949, 550]
    assert [(row.points, row.lines) for row in result.accrue] == [(points, lines)]
    sound(result, draft)


@pytest.mark.parametrize(("rounding", "points"), [("down", 4), ("half_up", 5), ("up", 5)])
def test_points_are_rounded_once_as_their_type_says(rounding: Any, points: int) -> None:
    stars = PointType(id=1, rounding=rounding)
    given = program(terms(1, PointsPercent(point_type=1, rate=10 * PERCENT)), points=(stars,))
    assert work_out(given, order(*(line(str(n), 450) for n in range(10)))).accrue[0].points == points


def test_multipliers_see_what_rewards_gave_and_not_each_other() -> None:
    given = program(
        terms(1, PointsMultiplier(point_type=1, factor=3 * RATE)),
        terms(2, PointsMultiplier(point_type=1, factor=2 * RATE), products=sku("b")),
        terms(3, PointsPerMoney(point_type=1, points=1, per={"EUR": 100})),
        terms(4, PointsFixed(point_type=2, points=100)),
    )
    result = work_out(given, order(line("a", 1000), line("b", 500)))
    assert [(row.promotion, row.points) for row in result.accrue] == [(3, 15), (4, 100), (1, 30), (2, 5)]


def test_products_of_partners_earn_more() -> None:
    given = program(
        terms(1, PointsPercent(point_type=2, rate=10 * PERCENT)),
        terms(2, PointsPerItem(point_type=1, points=1)),
        terms(3, PointsFixed(point_type=3, points=9)),
        partners=(
            Partner(id=2, products=sku("b"), factor=5 * RATE),
            Partner(id=1, products=sku("b", "c"), factor=3 * RATE),
            Partner(id=3, products=sku("a"), factor=7 * RATE, ends_at=NOW),
        ),
    )
    result = work_out(given, order(line("a", 1000), line("b", 500)))
    assert [(row.promotion, row.points, row.lines) for row in result.accrue] == [
        (1, 250, ((0, 100), (1, 150))), (2, 4, ((0, 1), (1, 3))), (3, 9, ((0, 6), (1, 3))),
    ]  # fmt: skip


def test_points_pay_lines_down_to_their_floors_and_earn_less() -> None:
    draft = order(line("a", 1000, floor=700), line("b", 500), delivery=400)
    given = program(terms(1, TEN), terms(2, PointsPercent(point_type=2, rate=10 * PERCENT)))
    result = work_out(given, draft, points={1: 10_000}, redeem={1: "max"})
    assert (result.max_redeem, result.redeem[0].points, result.redeem[0].money) == ({1: 650, 2: 0}, 650, 650)
    assert finals(result) == [700, 0]
    assert result.accrue[0].points == 70
    sound(result, draft)
    few = work_out(given, draft, points={1: 100, 2: 3000}, redeem={1: "max", 2: 200})
    assert few.max_redeem == {1: 100, 2: 650}
    assert [(row.point_type, row.points, row.money) for row in few.redeem] == [(1, 100, 100), (2, 200, 200)]
    sound(few, draft)


def test_points_may_pay_a_share_and_more_where_a_promotion_says_so() -> None:
    stars = PointType(id=1, worth={"EUR": (3, 1)}, redeem_rate=10 * PERCENT, step=10)
    draft = order(line("a", 1000), line("b", 1000))
    plain = work_out(program(points=(stars,)), draft, points={1: 1000}, redeem={1: "max"})
    assert (plain.max_redeem, plain.redeem[0].money) == ({1: 60}, 180)  # 200 are 66 points, 60 in steps of ten
    allow = terms(1, AllowRedeem(point_type=1, rate=50 * PERCENT), products=sku("b"))
    more = work_out(program(allow, points=(stars,)), draft, points={1: 1000}, redeem={1: 95})
    assert (more.max_redeem, more.redeem[0].points, more.redeem[0].money) == ({1: 200}, 90, 270)
    assert (more.trace[0].before, more.trace[0].after) == (200, 600)
    capped = terms(1, AllowRedeem(point_type=1, rate=50 * PERCENT, cap={"EUR": 100}), products=sku("b"))
    assert work_out(program(capped, points=(stars,)), draft, points={1: 1000}).max_redeem == {1: 100}


def test_points_that_pay_nothing_stay_with_the_member() -> None:
    third = PointType(id=1, worth={"EUR": (1, 3)})  # three points are a cent
    result = work_out(program(points=(third,)), order(line("a", 10)), points={1: 100}, redeem={1: 29})
    assert [(row.points, row.money) for row in result.redeem] == [(27, 9)]
    assert work_out(program(points=(third,)), order(line("a", 10)), points={1: 100}, redeem={1: 2}).redeem == ()


def test_qualification_points_never_pay() -> None:
    result = work_out(program(), order(A), points={3: 100}, redeem={3: "max"})
    assert (result.redeem, 3 in result.max_redeem) == ((), False)


def test_weights_are_quantities_too() -> None:
    """350 g of something: a price by the kilogram, no unit to give away."""
    half = Line(id="w", base=385, quantity=3500)
    assert finals(work_out(program(terms(1, SetPrice(price={"EUR": 1000}))), order(half))) == [350]
    assert told(work_out(program(terms(1, NthFree(every=1))), order(half))) == {1: ("skipped", "no_effect")}
    assert UNIT == 10_000


@pytest.mark.parametrize(
    "given",
    [
        terms(1, PercentOff(rate=RATE + 1)),
        terms(1, PointsMultiplier(point_type=1, factor=RATE)),
        terms(1, PointsFixed(point_type=77, points=1)),
        terms(1, TEN, group=5),
        terms(1, AmountOff(amount={"EUR": -1})),
        terms(1, NthFree(every=2, free=3)),
        terms(1, PointsPerMoney(point_type=1, points=1, per={"EUR": 0})),
    ],
)
def test_numbers_that_make_no_sense_are_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="Promotion 1"):
        compile_program(program(given))


def test_worth_needs_the_orders_currency() -> None:
    stars = PointType(id=1, worth={"USD": (1, 1)})
    given = program(terms(1, PointsFixed(point_type=1, points=5)), points=(stars,), mode="best")
    result = work_out(given, order(A), points={1: 100}, redeem={1: "max"})
    assert (result.redeem, result.max_redeem, result.accrue[0].points) == ((), {}, 5)
    assert STARS.worth
