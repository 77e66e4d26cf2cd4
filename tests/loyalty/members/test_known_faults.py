"""Levels that others got wrong, by their trackers' names."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.loyalty.members import rules
from fidelia.loyalty.programs import Level, LevelGroup, Reset, Review

from .conftest import Desk
from .test_levels import PERIOD, make

D = Decimal
NOW = datetime(2026, 11, 16, tzinfo=UTC)
DAYS = rules.Days(NOW.date(), NOW.date(), NOW.date())


def _group(thresholds: list[int]) -> LevelGroup:
    levels = [
        Level(id=n + 1, group_id=1, key=f"l{n}", name=f"L{n}", position=n, threshold=D(points), benefits=[])
        for n, points in enumerate(thresholds)
    ]
    return LevelGroup(
        id=1, program_id=1, key="g", name="G", point_type_id=1, mode="cumulative", upgrade="immediate",
        downgrade="to_earned", review=Review(kind="dates", dates=["01-01"]), reset=Reset(when="none", how="keep"),
        grace_days=0, entry_level_id=None, levels=levels,
    )  # fmt: skip


@settings(max_examples=200, derandomize=True, database=None, deadline=None)
@given(st.sets(st.integers(1, 60), min_size=1, max_size=6), st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_erpnext_24672_22167_no_tier_is_wrong_and_none_is_skipped(thresholds: set[int], coming: list[int]) -> None:
    """The tier is the highest whose points are there, however many a step passes; one point less is one tier less."""
    ordered = sorted(thresholds)
    group, total = _group(ordered), 0
    standing = rules.begin(group, NOW, DAYS)
    for points in coming:
        total += points
        standing = rules.settle(group, standing, D(total), NOW, DAYS)
        reached = [n for n, needed in enumerate(ordered) if needed <= total]
        assert standing.level_id == (len(reached) or None)
        assert rules.review(group, standing, D(total), NOW, DAYS).level_id == standing.level_id
    for level in group.levels:
        below = rules.earned(group, level.threshold - 1)
        assert (0 if below is None else below.id) == level.id - 1
        assert rules.earned(group, level.threshold) == level


async def test_open_loyalty_131_levels_are_of_what_was_earned_not_of_what_is_left(desk: Desk) -> None:
    """Spending moves nobody down: levels have points of their own, which cannot be spent."""
    await make(desk)
    await desk.earn(1, 1500)
    await desk.call("POST", f"{desk.path}/members/1/redeem", {"points": "stars", "amount": "10"})
    assert await desk.level(1) == "gold"
    await desk.call("POST", f"{desk.path}/members/1/redeem", {"points": "miles", "amount": "10"}, 422)


async def test_points_that_lapsed_were_earned_and_count_until_a_period_ends(desk: Desk) -> None:
    """Periods and counting anew make old points stop counting, and nothing else does: what the guide says."""
    await make(desk, **PERIOD)
    await desk.earn(1, 1600, expires_at=datetime(2026, 12, 1, tzinfo=UTC))
    desk.go("2027-01-01T08:00:00+00:00")
    miles = (await desk.get(f"{desk.path}/members/1/balance"))["balances"][1]
    assert (miles["points"], miles["total"]) == ("miles", "0")
    await desk.review()
    assert await desk.level(1) == "gold", "1600 were earned in that period"
    assert (await desk.standing(1)).review_on == date(2028, 1, 1)
    desk.go("2028-01-01T08:00:00+00:00")
    await desk.review()
    assert await desk.level(1) == "silver"
