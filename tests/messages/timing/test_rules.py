"""Local times, quiet hours, cycles: nobody in quiet hours, never too many, everybody at some moment."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.kernel.errors import Problem
from fidelia.messages.model import Plan
from fidelia.messages.timing import Cycles, QuietHours, Timing, settled, zone_of
from fidelia.messages.timing.rules import (
    HORIZON,
    Allotment,
    awake,
    begins_at,
    cycles_needed,
    is_quiet,
    limit_of,
    local_moment,
    timing_errors,
)

OSLO = ZoneInfo("Europe/Oslo")
ZONES = [
    "Etc/GMT+12",
    "Pacific/Kiritimati",
    "Europe/Oslo",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "UTC",
]
zones = st.sampled_from(ZONES).map(ZoneInfo)
clock = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
quiets = st.builds(QuietHours, clock, clock).filter(lambda quiet: quiet.begin != quiet.end)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


@settings(max_examples=400, deadline=None)
@given(quiets, moments, zones)
def test_nobody_is_woken_and_everybody_gets_it_within_three_days(
    quiet: QuietHours, moment: datetime, zone: ZoneInfo
) -> None:
    due = awake(quiet, moment, zone)
    assert not is_quiet(quiet, due, zone)
    assert moment <= due <= moment + timedelta(days=3)
    if not is_quiet(quiet, moment, zone):
        assert due == moment


@pytest.mark.parametrize(
    ("begin", "end", "moment", "due"),
    [
        ("22:00", "08:00", "2026-11-24T20:59", "2026-11-24T20:59"),  # 21:59 in Oslo
        ("22:00", "08:00", "2026-11-24T21:00", "2026-11-25T07:00"),
        ("22:00", "08:00", "2026-11-25T06:59", "2026-11-25T07:00"),
        ("12:00", "13:00", "2026-11-24T11:30", "2026-11-24T12:00"),
        # clocks go forward at 01:00 UTC: 02:30 is not there
        ("22:00", "02:30", "2026-03-29T00:30", "2026-03-29T01:30"),
        ("22:00", "08:00", "2026-03-28T22:00", "2026-03-29T06:00"),
        # clocks go back at 01:00 UTC: 02:00 to 03:00 comes twice
        ("22:00", "02:30", "2026-10-25T00:10", "2026-10-25T00:30"),
        ("22:00", "02:30", "2026-10-25T01:10", "2026-10-25T01:30"),
        ("22:00", "08:00", "2026-10-24T22:00", "2026-10-25T07:00"),
    ],
)
def test_quiet_hours_by_the_clock(begin: str, end: str, moment: str, due: str) -> None:
    at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert awake(QuietHours(begin, end), at, OSLO) == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_zone_that_is_none_counts_as_missing() -> None:
    for text in (None, "", "Europe", "Mars/Olympus", "../etc/passwd", "\x00", "x" * 5000, "+03:00"):
        assert zone_of(text, "Europe/Oslo").key == "Europe/Oslo"
    assert zone_of(" Asia/Tokyo ", "UTC").key == "Asia/Tokyo"


def test_what_is_due_later_is_settled_with_a_plan() -> None:
    quiet = Timing(quiet=QuietHours("22:00", "08:00"))
    plan = Plan(mailing_id=1, name="m", timing=quiet, timezone="Europe/Oslo")
    at = datetime(2026, 11, 24, 23, tzinfo=UTC)  # midnight in Oslo, eight in Tokyo
    assert settled(plan, at, None) == datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert settled(plan, at, "nowhere") == datetime(2026, 11, 25, 7, tzinfo=UTC)
    assert settled(plan, at, "Asia/Tokyo") == at
    assert settled(Plan(mailing_id=1, name="m"), at, "Asia/Tokyo") == at
    ours = Plan(
        mailing_id=1,
        name="m",
        timing=Timing(quiet=QuietHours("22:00", "08:00", "database")),
        timezone="Europe/Oslo",
    )
    assert settled(ours, at, "Asia/Tokyo") == datetime(2026, 11, 25, 7, tzinfo=UTC)


@settings(max_examples=300, deadline=None)
@given(moments, zones, zones)
def test_the_same_time_of_day_everywhere(at: datetime, database: ZoneInfo, zone: ZoneInfo) -> None:
    due = local_moment(at, database, zone)
    wall, shown = at.astimezone(database).replace(tzinfo=None), due.astimezone(zone).replace(tzinfo=None)
    assert wall <= shown <= wall + timedelta(hours=1)  # later only where clocks go forward over it
    assert begins_at(Timing(local_time=True), at, database) <= due


def test_ten_o_clock_comes_to_the_first_zone_first() -> None:
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)  # ten in Oslo
    assert begins_at(Timing(), at, OSLO) == at
    assert begins_at(Timing(local_time=True), at, OSLO) == datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert local_moment(at, OSLO, ZoneInfo("Pacific/Kiritimati")) == datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert local_moment(at, OSLO, ZoneInfo("Etc/GMT+12")) == datetime(2026, 11, 24, 22, tzinfo=UTC)


timings = st.builds(
    Timing,
    local_time=st.booleans(),
    quiet=st.none() | quiets,
    cycles=st.builds(
        Cycles,
        limit=st.integers(3, 40),
        hours=st.integers(1, 48),
        growth=st.integers(0, 30),
        growth_in=st.sampled_from(["people", "percent"]),
    ),
)


@settings(max_examples=150, deadline=None)
@given(timings, moments, st.lists(zones, min_size=1, max_size=150), st.integers(0, 150))
def test_never_more_in_a_cycle_than_it_may_have(
    timing: Timing, begins: datetime, people: list[ZoneInfo], killed_after: int
) -> None:
    assert timing.cycles is not None
    length = timedelta(hours=timing.cycles.hours)
    allotment = Allotment(timing, begins, begins, OSLO)
    due: list[datetime] = []
    for n, zone in enumerate(people):
        if n == killed_after:  # another job goes on with what the rows say
            allotment = Allotment(timing, begins, begins, OSLO, Counter((at - begins) // length for at in due))
        due.append(allotment.moment(zone))
    taken = Counter((at - begins) // length for at in due)
    assert min(taken) >= 0
    assert all(many <= limit_of(timing.cycles, number) for number, many in taken.items())
    for at, zone in zip(due, people, strict=True):
        assert begins <= at <= begins + HORIZON + timedelta(days=4)
        assert timing.quiet is None or not is_quiet(timing.quiet, at, zone)
        assert not timing.local_time or at >= local_moment(begins, OSLO, zone)


def test_cycles_are_filled_one_after_another() -> None:
    begins = datetime(2026, 11, 24, 9, tzinfo=UTC)
    allotment = Allotment(
        Timing(cycles=Cycles(limit=2, hours=24, growth=50, growth_in="percent")), begins, begins, OSLO
    )
    days = Counter((allotment.moment(OSLO) - begins).days for _ in range(14))
    assert days == {0: 2, 1: 3, 2: 4, 3: 5}
    assert [limit_of(Cycles(limit=10, growth=5), n) for n in range(3)] == [10, 15, 20]
    assert cycles_needed(Cycles(limit=10, growth=5), 45) == 3
    assert limit_of(Cycles(limit=10, growth=1000, growth_in="percent"), 9000) == 2**31


def test_what_would_take_years_is_refused() -> None:
    begins = datetime(2026, 11, 24, 9, tzinfo=UTC)
    allotment = Allotment(Timing(cycles=Cycles(limit=1, hours=168)), begins, begins, OSLO)
    for _ in range(53):
        allotment.moment(OSLO)
    with pytest.raises(Problem, match="longer than a year"):
        allotment.moment(OSLO)


def test_what_may_not_be_set() -> None:
    same = timing_errors(Timing(quiet=QuietHours("08:00", "08:00")))
    assert [error.pointer for error in same] == ["/timing/quiet/to"]
    fast = timing_errors(Timing(cycles=Cycles(limit=1, growth=2000, growth_in="percent")))
    assert [error.pointer for error in fast] == ["/timing/cycles/growth"]
    assert timing_errors(Timing(quiet=QuietHours("22:00", "08:00"), cycles=Cycles(limit=1))) == []
