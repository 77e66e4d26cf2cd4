"""The life table and what it foretells, by hand; and periods cut into steps."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.kernel.errors import Problem
from fidelia.loyalty.analytics.forecast import Life, life_table, project, rates
from fidelia.loyalty.analytics.period import By, cut

D = Decimal
NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
OSLO = ZoneInfo("Europe/Oslo")


def test_a_life_table_counts_months_that_lots_lived_through() -> None:
    lives = [
        Life(3, D(100), {0: D(10), 1: D(18), 2: D(36)}, {1: D(12)}),
        Life(1, D(50), {0: D(20), 1: D(9)}, {}),  # its second month is not over: it says nothing of it
        Life(0, D(70), {0: D(7)}, {}),
    ]
    assert life_table(lives) == [(150, 30), (90, 18), (60, 36)]
    # What is older than the oldest month is redeemed like all three together: 84 of 300.
    assert rates(life_table(lives)) == [0.2, 0.2, 0.6, 0.28]
    assert rates([]) == []


def test_a_forecast_by_hand() -> None:
    table = [(100.0, 10.0), (100.0, 20.0)]  # a tenth, then a fifth, then 15 of 100
    groups = {(0, DECEMBER): 100.0, (1, None): 200.0}
    first, second, third = project(groups, table, NOVEMBER, 1.0, months=3)
    # November: 10 of 100 and 40 of 200.
    assert (first.redeemed, first.expired, first.left) == pytest.approx((50, 0, 250))
    # December: half of a fifth's month of 90, whose rest lapses; 15 % of 160.
    half = 90 * (1 - 0.8**0.5)
    assert (second.redeemed, second.expired, second.left) == pytest.approx((half + 24, 90 - half, 136))
    assert (third.month, third.redeemed, third.expired) == (JANUARY, pytest.approx(20.4), 0)
    # Of a month that is half over, the other half counts.
    (rest,) = project({(0, None): 100.0}, table, NOVEMBER, 0.5, months=1)
    assert rest.redeemed == pytest.approx(100 * (1 - 0.9**0.5))
    # Without a history nothing is said to be redeemed: all lapses at its end.
    (only,) = project({(0, NOVEMBER): 100.0}, [], NOVEMBER, 1.0, months=1)
    assert (only.redeemed, only.expired, only.left) == (0, 100, 0)


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 40), st.sampled_from([None, NOVEMBER, DECEMBER, JANUARY])), st.floats(0, 1e6)
    ),
    st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), max_size=30),
    st.floats(0, 1),
)
def test_no_point_is_lost_in_a_forecast(
    groups: dict[tuple[int, date | None], float], table: list[tuple[float, float]], part: float
) -> None:
    months = project(groups, table, NOVEMBER, part)
    gone = sum(one.redeemed + one.expired for one in months)
    assert gone + months[-1].left == pytest.approx(sum(groups.values()), rel=1e-9, abs=1e-6)
    assert all(one.redeemed >= -1e-9 and one.expired >= -1e-9 and one.left >= -1e-9 for one in months)


@given(st.dates(date(2019, 1, 1), date(2026, 11, 22)), st.integers(0, 390), st.sampled_from(["day", "week", "month"]))
def test_steps_lie_side_by_side(first: date, days: int, by: By) -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    last = min(date.fromordinal(first.toordinal() + days), date(2026, 11, 22))
    steps = cut(first, last, by, OSLO, now)
    assert (steps.days[0][0], steps.days[-1][1]) == (first, last)
    ordinals = [day for start, end in steps.days for day in range(start.toordinal(), end.toordinal() + 1)]
    assert ordinals == list(range(first.toordinal(), last.toordinal() + 1))
    assert all(begin < end for begin, end in zip(steps.starts, steps.starts[1:], strict=False))
    assert [at.astimezone(OSLO).date() for at in steps.starts[:-1]] == [start for start, _ in steps.days]
    assert by == "day" or all(start.weekday() == 0 or by == "month" for start, _ in steps.days[1:])
    assert by != "month" or all(start.day == 1 for start, _ in steps.days[1:])


def test_usual_periods() -> None:
    now = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # the 23rd in Oslo, a Monday
    found = {by: cut(None, None, by, OSLO, now).period for by in ("day", "week", "month")}  # type: ignore[arg-type]
    assert {by: one.first.isoformat() for by, one in found.items()} == {
        "day": "2026-10-25", "week": "2026-08-31", "month": "2025-12-01",
    }  # fmt: skip
    assert {one.last.isoformat() for one in found.values()} == {"2026-11-23"}
    with pytest.raises(Problem):
        cut(date(2026, 11, 24), None, "day", OSLO, now)
