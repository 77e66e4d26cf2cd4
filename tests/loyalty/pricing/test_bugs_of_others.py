"""Money-losing and hated bugs of other engines, each as a test that would have caught it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from fidelia.loyalty.pricing import (
    UNIT,
    AmountOff,
    Ask,
    FreeDelivery,
    Gift,
    Group,
    Left,
    Line,
    Member,
    NthFree,
    PercentOff,
    PointsFixed,
    PointsPercent,
    PointsPerItem,
    PointsPerMoney,
    SetPrice,
    calculate,
    compile_program,
)

from .making import NOW, PERCENT, finals, line, on_order, order, program, sku, sound, terms, told, when, work_out

TEN = PercentOff(rate=10 * PERCENT)


def test_odoo_150833_a_discount_is_no_line_and_earns_no_point() -> None:
    """Odoo books a discount as a line of its own, which then earns a point per line or per item."""
    given = program(
        terms(1, TEN), terms(2, AmountOff(amount={"EUR": 100})), terms(3, Gift(key="mug")), terms(4, FreeDelivery()),
        terms(5, PointsPerItem(point_type=1, points=1)),
    )  # fmt: skip
    result = work_out(given, order(line("a", 1000, quantity=2), delivery=490))
    assert [(row.points, row.lines) for row in result.accrue] == [(2, ((0, 2),))]


def test_odoo_239662_no_program_is_dropped_when_orders_are_worked_out_side_by_side() -> None:
    """Odoo's parallel recalculation drops the seventh program."""
    seven = program(*(terms(n, AmountOff(amount={"EUR": n})) for n in range(1, 8)))
    compiled = compile_program(seven)
    drafts = [order(line("a", 1000 + n)) for n in range(40)]

    def finish(n: int) -> tuple[int, int]:
        result = calculate(compiled, drafts[n], Member(), Ask(), NOW, "UTC")
        return sum(trace.status == "applied" for trace in result.trace), result.final

    with ThreadPoolExecutor(8) as pool:
        for n, found in enumerate(pool.map(finish, range(40))):
            assert found == (7, 1000 + n - 28)


def test_odoo_249775_points_that_are_not_there_pay_nothing() -> None:
    """The second of two quotes that would spend the same 100 points finds none: the balance is an argument."""
    first = work_out(program(), order(line("a", 1000)), points={1: 100}, redeem={1: 100})
    assert first.redeem[0].points == 100
    second = work_out(program(), order(line("a", 1000)), points={1: 0}, redeem={1: 100})
    assert (second.redeem, second.final) == ((), 1000)
    assert work_out(program(), order(line("a", 1000)), points={1: -5}, redeem={1: "max"}).redeem == ()


def test_odoo_257854_a_refund_knows_the_points_of_its_line() -> None:
    """Where points are only known of the order, refunds keep them: endless points."""
    draft = order(line("a", 999), line("b", 333), line("c", 111, quantity=3))
    result = work_out(program(terms(1, PointsPercent(point_type=2, rate=7 * PERCENT))), draft)
    assert (result.accrue[0].points, result.accrue[0].lines) == (101, ((0, 70), (1, 23), (2, 8)))


def test_odoo_222372_working_out_twice_changes_nothing() -> None:
    """The same order twice gives the same points: nothing is counted while it is worked out."""
    compiled = compile_program(program(terms(1, PointsFixed(point_type=1, points=10)), terms(2, TEN)))
    draft, left = order(line("a", 1000)), {1: Left(uses=1), 2: Left(uses=1, money=100)}
    first = calculate(compiled, draft, Member(), Ask(), NOW, "UTC", left=left)
    assert all(calculate(compiled, draft, Member(), Ask(), NOW, "UTC", left=left) == first for _ in range(3))


def test_odoo_55711_a_thousand_promotions_are_no_minutes() -> None:
    """More than a thousand promotions took minutes an order; here an order takes milliseconds."""
    many = program(*(terms(n, PercentOff(rate=1000), products=sku(f"item {n}")) for n in range(1, 1501)))
    compiled = compile_program(many)
    draft = order(*(line(f"item {n * 100}", 1000) for n in range(1, 11)))
    started = time.process_time()
    for _ in range(10):
        result = calculate(compiled, draft, Member(), Ask(), NOW, "UTC")
    assert time.process_time() - started < 2
    assert sum(trace.status == "applied" for trace in result.trace) == 10


def test_medusa_text_is_not_compared_as_numbers_nor_numbers_as_text() -> None:
    """Medusa's ``gt`` compares texts: 9 is more than 10."""
    given = program(terms(1, TEN, condition=on_order(when("order.total", "gt", "9.50"))))
    assert told(work_out(given, order(line("a", 1000))))[1] == ("applied", "")
    assert told(work_out(given, order(line("a", 950))))[1] == ("rejected", "condition")


def test_medusa_other_than_several_values_means_other_than_each() -> None:
    """Medusa's ``ne`` with several values holds when any of them differs."""
    given = program(terms(1, TEN, condition=on_order(when("order.channel", "not_in", ["web", "app"]))))
    assert told(work_out(given, order(line("a", 1000), channel="web")))[1] == ("rejected", "condition")
    assert told(work_out(given, order(line("a", 1000), channel="till")))[1] == ("applied", "")


def test_medusa_15360_a_line_gets_each_promotion_once() -> None:
    """Adjustments of a line came twice."""
    result = work_out(program(terms(1, TEN), terms(2, TEN)), order(line("a", 1000), line("a", 1000)))
    assert [each.applied for each in result.lines] == [((1, 100), (2, 90)), ((1, 100), (2, 90))]


def test_prestashop_exclusions_are_groups_and_not_pairs() -> None:
    """Pairs of promotions that exclude each other made 25 to 48 million rows; a group is one number."""
    given = program(*(terms(n, TEN, group=1) for n in range(1, 2001)), groups=(Group(id=1),))
    result = work_out(given, order(line("a", 1000)))
    assert finals(result) == [900]
    assert sum(trace.reason == "group" and trace.blocker == 1 for trace in result.trace) == 1999


def test_prestashop_a_free_gift_and_a_voucher_never_make_less_than_nothing() -> None:
    draft = order(line("a", 500), delivery=100)
    result = work_out(
        program(terms(1, AmountOff(amount={"EUR": 700})), terms(2, AmountOff(amount={"EUR": 700}))), draft
    )
    assert (result.final, result.discount, told(result)[2]) == (100, 500, ("skipped", "no_effect"))


def test_shopware_8329_a_quantity_is_not_unfolded() -> None:
    """30 lines × quantity became 6,000 unit items; a million units cost no more than one."""
    draft = order(*(Line(id=str(n), base=200_000_000, quantity=1_000_000 * UNIT) for n in range(30)))
    given = program(terms(1, NthFree(every=3)), terms(2, SetPrice(price={"EUR": 199}), products=None))
    started = time.process_time()
    result = work_out(given, draft)
    assert time.process_time() - started < 1
    assert result.trace[0].after == 30 * 200_000_000 - 10 * 200_000_000
    sound(result, draft)


def test_shopware_13970_who_came_before_is_told() -> None:
    """Exclusion that shop owners cannot predict: here the trace names the promotion that won."""
    given = program(terms(5, TEN, group=1), terms(6, TEN, group=1), groups=(Group(id=1),))
    assert work_out(given, order(line("a", 1000))).trace[1].blocker == 5


def test_saleor_14920_rules_of_one_promotion_do_not_stack_by_themselves() -> None:
    given = program(
        terms(1, TEN, group=1, products=sku("a")),
        terms(2, PercentOff(rate=15 * PERCENT), group=1, products=sku("a", "b")),
        groups=(Group(id=1, per="line"),), mode="best",
    )  # fmt: skip
    assert finals(work_out(given, order(line("a", 1000), line("b", 1000)))) == [850, 850]


def test_reaction_6820_of_those_that_conflict_the_most_valuable_is_kept() -> None:
    rewards = (TEN, AmountOff(amount={"EUR": 120}), SetPrice(price={"EUR": 500}), PercentOff(rate=30 * PERCENT))
    given = program(
        *(terms(n, reward, group=1) for n, reward in enumerate(rewards)), groups=(Group(id=1),), mode="best"
    )
    assert finals(work_out(given, order(line("a", 1000)))) == [500]
    assert finals(work_out(given, order(line("a", 400)))) == [280]


def test_virtocommerce_387_first_or_largest_is_a_setting() -> None:
    given = program(terms(1, TEN, group=1), terms(2, PercentOff(rate=20 * PERCENT), group=1), groups=(Group(id=1),))
    draft = order(line("a", 1000))
    assert finals(work_out(given, draft)) == [900]
    assert finals(work_out(msgspec.structs.replace(given, mode="best"), draft)) == [800]


@pytest.mark.parametrize("off", [1, 2, 100, 101])
def test_cents_of_an_order_discount_are_neither_lost_nor_made(off: int) -> None:
    """Three equal lines and a discount that three does not divide."""
    draft = order(line("a", 333), line("b", 333), line("c", 333))
    result = work_out(program(terms(1, AmountOff(amount={"EUR": off}))), draft)
    assert sum(finals(result)) == 999 - off
    assert max(finals(result)) - min(finals(result)) <= 1


def test_points_are_of_the_price_after_the_discount_and_not_of_delivery() -> None:
    given = program(
        terms(1, PercentOff(rate=50 * PERCENT)), terms(2, PointsPerMoney(point_type=1, points=1, per={"EUR": 100}))
    )
    assert work_out(given, order(line("a", 1000), delivery=900)).accrue[0].points == 5
