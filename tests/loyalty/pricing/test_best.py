"""The best set: equal to what trying every set gives, never below priority, told when it was cut."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any

import msgspec
import pytest

from fidelia.conditions import Asking
from fidelia.loyalty.pricing import (
    Ask,
    Draft,
    Group,
    Member,
    PercentOff,
    PointsPercent,
    PointsPerMoney,
    PointType,
    Program,
    compile_program,
)
from fidelia.loyalty.pricing.calculate import _candidates
from fidelia.loyalty.pricing.engine import Chosen, Engine, factors_of
from fidelia.loyalty.pricing.matching import fit

from .drawing import case
from .making import NOW, PERCENT, finals, line, order, program, sku, sound, terms, told, work_out


def _engine(given: Program, draft: Draft, asked: dict[str, Any]) -> tuple[Engine, list[Chosen]]:
    compiled = compile_program(given)
    asking = Asking(NOW, "UTC")
    member, left = Member(points=asked.get("points", {})), asked.get("left", {})
    fitting = fit(compiled, draft, member, asking, left)
    factors = factors_of(compiled, fitting.lines, len(draft.lines), NOW)
    engine = Engine(compiled, draft, member, Ask(redeem=asked.get("redeem", {})), left, factors)
    return engine, _candidates(compiled, fitting)


def every_set(engine: Engine, candidates: list[Chosen]) -> Iterator[list[Chosen]]:
    """Every compatible set: of a group one or none, for the order or for each line; of the others any."""
    terms, groups = engine.compiled.terms, engine.compiled.groups
    choices: dict[Any, list[Chosen]] = {}
    for i, lines in candidates:
        group = terms[i].group
        if group is None:
            choices["single", i] = [(i, lines)]
        elif groups[group]:
            for each in lines:
                choices.setdefault((group, each), []).append((i, (each,)))
        else:
            choices.setdefault((group, None), []).append((i, lines))
    for taken in product(*([None, *options] for options in choices.values())):
        merged: dict[int, list[int]] = {}
        for option in taken:
            if option is not None:
                merged.setdefault(option[0], []).extend(option[1])
        yield [(i, sorted(merged[i])) for i in sorted(merged)]


def number_of_sets(engine: Engine, candidates: list[Chosen]) -> int:
    per: dict[Any, int] = {}
    for i, lines in candidates:
        group = engine.compiled.terms[i].group
        by_line = group is not None and engine.compiled.groups[group]
        for each in lines if by_line else (None,):
            key = ("single", i) if group is None else (group, each)
            per[key] = per.get(key, 1) + 1
    sets = 1
    for options in per.values():
        sets *= options
    return sets


def compare(seeds: range) -> int:
    """Compare the search with every set; return how often priority was beaten."""
    beaten = 0
    for seed in seeds:
        given, draft, asked = case(seed)
        engine, candidates = _engine(given, draft, asked)
        if number_of_sets(engine, candidates) > 3000:
            given, draft, asked = case(seed, most=5, lines=2)
            engine, candidates = _engine(given, draft, asked)
        most = max(engine.run(chosen, traced=False).value for chosen in every_set(engine, candidates))
        most = max(most, engine.run(candidates, traced=False).value)
        result = work_out(given, draft, **asked)
        sound(result, draft)
        assert result.search is not None
        assert not result.search.cut
        assert result.search.value == result.search.bound == most, seed
        by_place = engine.run(candidates, traced=False).value
        assert most >= by_place
        beaten += most > by_place
        again = work_out(given, draft, **asked)
        assert msgspec.json.encode(again) == msgspec.json.encode(result), seed
    return beaten


def test_best_equals_every_set_tried() -> None:
    assert compare(range(500)) > 100


@pytest.mark.parametrize("seed", [1523, 1728, 2731, 3023, 3964, 4013, 6109, 7365, 7963, 10468])
def test_programs_that_the_search_once_got_wrong(seed: int) -> None:
    """Lines that bear on each other in a group per line, what is worth nothing but excludes, points multiplied."""
    compare(range(seed, seed + 1))


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_best_equals_every_set_tried_ten_thousand_times() -> None:
    assert compare(range(1_000, 11_000)) > 2_000


def test_the_smaller_first_promotion_gives_way() -> None:
    given = program(
        terms(1, PercentOff(rate=5 * PERCENT), group=1),
        terms(2, PercentOff(rate=20 * PERCENT, scope="order"), group=1),
        groups=(Group(id=1),),
    )
    draft = order(line("a", 1000), line("b", 500))
    assert work_out(given, draft).final == 1425
    result = work_out(msgspec.structs.replace(given, mode="best"), draft)
    assert result.final == 1200
    assert told(result) == {1: ("skipped", "not_best"), 2: ("applied", "")}


def test_each_line_gets_its_own_winner() -> None:
    given = program(
        terms(1, PercentOff(rate=10 * PERCENT), group=1),
        terms(2, PercentOff(rate=30 * PERCENT), group=1, products=sku("b")),
        groups=(Group(id=1, per="line"),),
        mode="best",
    )
    assert finals(work_out(given, order(line("a", 1000), line("b", 1000)))) == [900, 700]


def test_an_exclusive_promotion_waits_when_the_others_are_worth_more() -> None:
    given = program(
        terms(1, PercentOff(rate=10 * PERCENT), exclusive=True),
        terms(2, PercentOff(rate=30 * PERCENT)),
        mode="best",
    )
    result = work_out(given, order(line("a", 1000)))
    assert (finals(result), told(result)[1]) == ([700], ("skipped", "not_best"))


def test_a_discount_that_costs_a_whole_point_is_left_out() -> None:
    """One cent off would cost a point worth a euro: the member has more without it."""
    euro = PointType(id=1, worth={"EUR": (100, 1)})
    given = program(
        terms(1, PercentOff(rate=PERCENT // 10)),
        terms(2, PointsPerMoney(point_type=1, points=1, per={"EUR": 1000})),
        points=(euro,),
        mode="best",
    )
    result = work_out(given, order(line("a", 1000)))
    assert (result.final, result.accrue[0].points, told(result)[1]) == (1000, 1, ("skipped", "not_best"))


def test_points_worth_more_than_money_win_a_group() -> None:
    given = program(
        terms(1, PercentOff(rate=10 * PERCENT), group=1),
        terms(2, PointsPercent(point_type=2, rate=15 * PERCENT), group=1),
        groups=(Group(id=1),),
        mode="best",
    )
    result = work_out(given, order(line("a", 1000)))
    assert (result.final, result.accrue[0].points) == (1000, 150)


def test_the_weaker_of_one_kind_are_not_tried() -> None:
    """Points never pay for a higher price here, and more points of one type are always more."""
    discounts = [terms(n, PercentOff(rate=n * PERCENT), group=1) for n in range(1, 13)]
    points = [terms(20 + n, PointsPercent(point_type=2, rate=n * PERCENT), group=2) for n in range(1, 13)]
    given = program(*discounts, *points, groups=(Group(id=1), Group(id=2)), mode="best")
    result = work_out(given, order(line("a", 1000)))
    assert (result.final, result.accrue[0].points) == (880, 105)
    assert result.search is not None
    assert result.search.nodes <= 4


def test_points_that_pay_for_a_higher_price_let_the_weaker_win() -> None:
    """A minor unit more brings a point worth two of them: the smaller discount may be worth more."""
    double = PointType(id=1, worth={"EUR": (2, 1)})
    given = program(
        *(terms(n, PercentOff(rate=n * PERCENT), group=1) for n in (1, 2, 3)),
        terms(9, PointsPercent(point_type=1, rate=100 * PERCENT * 100, delivery=False)),
        groups=(Group(id=1),),
        points=(double,),
        mode="best",
    )
    result = work_out(given, order(line("a", 1000)))
    assert (result.final, result.accrue[0].points) == (1000, 1000)


def _knot(number: int, most_nodes: int) -> Program:
    """Draw many groups over the same lines: a search that takes its time."""
    promotions = tuple(
        terms(
            n,
            PercentOff(rate=(3 + n * 7919 % 23) * PERCENT + n * 104729 % 9973, of="discounted"),
            group=n % 8,
            products=sku(*"abcdefgh"[n % 5 : n % 5 + 4]),
        )
        for n in range(number)
    )
    groups = tuple(Group(id=n) for n in range(8))
    return program(*promotions, groups=groups, mode="best", most_nodes=most_nodes)


def test_a_search_that_is_cut_tells_its_bound_and_repeats_itself() -> None:
    draft = order(*(line(key, 1999 + 321 * n) for n, key in enumerate("abcdefgh")))
    cut = work_out(_knot(64, 40), draft)
    whole = work_out(_knot(64, 10**6), draft)
    assert cut.search is not None
    assert whole.search is not None
    assert (cut.search.cut, whole.search.cut) == (True, False)
    assert cut.search.value <= whole.search.value <= cut.search.bound
    assert cut.search.nodes < 60
    assert work_out(_knot(64, 40), draft) == cut
    by_place = work_out(msgspec.structs.replace(_knot(64, 40), mode="priority"), draft)
    assert cut.final <= by_place.final


def test_a_thousand_single_promotions_need_no_deep_stack() -> None:
    """None of them is in a group, and points make every one a choice."""
    many = [terms(n, PercentOff(rate=10 + n), products=sku("a")) for n in range(1, 1001)]
    given = program(*many, terms(1001, PointsPercent(point_type=2, rate=PERCENT)), mode="best", most_nodes=3_000)
    result = work_out(given, order(line("a", 1_000_000)))
    assert result.search is not None
    assert result.search.value >= 0
    assert len(result.trace) == 1001


def test_now_is_only_the_argument() -> None:
    given, draft, asked = case(3)
    one = work_out(given, draft, **asked, now=datetime(2026, 1, 1, tzinfo=NOW.tzinfo))
    assert one == work_out(given, draft, **asked)
