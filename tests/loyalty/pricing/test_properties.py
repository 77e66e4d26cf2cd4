"""What holds of every order, whatever the program: sums, floors, splits, the trace, the same answer twice."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.loyalty.pricing import Line, Member, Result, compile_program
from fidelia.loyalty.pricing.spread import spread

from .drawing import case
from .making import sound, work_out

SEEDS = st.integers(0, 2**32)
_settings = settings(
    max_examples=250, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@_settings
@given(SEEDS, st.sampled_from(["priority", "best"]))
def test_every_order_is_sound(seed: int, mode: Any) -> None:
    given_, draft, asked = case(seed, most=14, lines=4, mode=mode)
    given_ = msgspec.structs.replace(given_, most_nodes=150)
    result = work_out(given_, draft, **asked)
    sound(result, draft)
    assert work_out(given_, draft, **asked) == result
    assert [trace.promotion for trace in result.trace] == _in_order_of_trying(given_)
    chain = [trace for trace in result.trace if trace.measure == "total"]
    assert [trace.before for trace in chain] == [result.total, *[trace.after for trace in chain]][: len(chain)]
    if chain:
        assert chain[-1].after == result.total - result.discount
    _blockers(result)


def _in_order_of_trying(given_: Any) -> list[int]:
    compiled = compile_program(given_)
    assert list(compiled.phases) == sorted(compiled.phases)
    return [terms.id for terms in compiled.terms]


def _blockers(result: Result) -> None:
    """Who lost a group or came after an exclusive promotion says to whom, and that one was applied before."""
    applied: list[int] = []
    for trace in result.trace:
        if trace.reason in ("group", "exclusive"):
            assert trace.blocker in applied
        else:
            assert trace.blocker is None
        if trace.status == "applied":
            applied.append(trace.promotion)


@_settings
@given(SEEDS)
def test_best_is_never_below_priority(seed: int) -> None:
    given_, draft, asked = case(seed, most=14, lines=4)
    worth = {type_.id: type_.worth.get("EUR", (0, 1)) for type_ in given_.points}
    gifts = {
        terms.id: terms.reward.worth.get("EUR", 0) for terms in given_.promotions if hasattr(terms.reward, "worth")
    }

    def value(result: Result) -> float:
        points = sum(row.points * worth[row.point_type][0] / worth[row.point_type][1] for row in result.accrue)
        return result.discount + points + sum(gifts[id_] for id_, _, _ in result.gifts)

    for nodes in (1, 30, 150):
        best = work_out(msgspec.structs.replace(given_, most_nodes=nodes), draft, **asked)
        by_place = work_out(msgspec.structs.replace(given_, mode="priority"), draft, **asked)
        assert value(best) >= value(by_place) - 1e-6
        assert best.search is not None
        assert abs(best.search.value / best.search.scale - value(best)) < 1e-6
        assert best.search.bound >= best.search.value


@_settings
@given(SEEDS)
def test_who_is_no_member_gets_no_points_and_cannot_pay_with_them(seed: int) -> None:
    given_, draft, asked = case(seed, most=8, lines=3, mode="priority")
    result = work_out(given_, draft, member=False, **asked)
    assert (result.accrue, result.redeem, dict(result.max_redeem)) == ((), (), {})


@given(
    st.integers(0, 10_000),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=8),
)
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
def test_a_spread_sums_up_and_is_fair(amount: int, lines: list[tuple[int, int]]) -> None:
    weights, rooms = [weight for weight, _ in lines], [room for _, room in lines]
    parts = spread(amount, weights, rooms)
    able = sum(room for weight, room in lines if weight)
    assert sum(parts) == min(amount, able)
    assert all(0 <= part <= room for part, room in zip(parts, rooms, strict=True))
    free = spread(amount, weights)
    if sum(weights):
        assert sum(free) == amount
        for weight, part in zip(weights, free, strict=True):
            assert abs(part * sum(weights) - amount * weight) < sum(weights)  # within one unit of its share


@_settings
@given(SEEDS)
def test_giving_lines_back_one_by_one_gives_back_the_whole(seed: int) -> None:
    """Each line's share of points and money, taken back in any order, leaves nothing."""
    given_, draft, asked = case(seed, most=10, lines=4, mode="priority")
    result = work_out(given_, draft, **asked)
    for row in result.accrue:
        left = row.points
        for _, part in reversed(row.lines):
            left -= part
            assert left >= 0
        assert left == 0
    for paid in result.redeem:
        by_line = [line.redeemed for line in result.lines]
        assert all(money <= by_line[n] for n, _, money in paid.lines)


def test_bases_below_nought_are_refused() -> None:
    given_, draft, _ = case(1)
    bad = msgspec.structs.replace(draft, lines=(Line(id="x", base=-1),))
    with pytest.raises(ValueError, match="Line x"):
        work_out(given_, bad)
    assert Member().points == {}
