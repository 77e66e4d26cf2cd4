from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from fidelia.conditions.moments import (
    Duration,
    anniversaries,
    moment,
    parse_date,
    parse_duration,
    parse_moment,
    shift_day,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("P30D", Duration(days=30)),
        ("P2W", Duration(days=14)),
        ("P1Y6M", Duration(months=18)),
        ("PT12H", Duration(seconds=43200)),
        ("P1DT1H1M1S", Duration(days=1, seconds=3661)),
        ("P0D", Duration()),
    ],
)
def test_durations_are_read(text: str, duration: Duration) -> None:
    assert parse_duration(text) == duration
    assert parse_duration(f"-{text}", signed=True) == duration.negated()


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "30D", "P1.5D", "P-1D", "-P1D", "P1D ", "P500Y", "P٣D", "p1d"])
def test_bad_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_duration(text)


@pytest.mark.parametrize("text", ["2026-02-30", "2026-1-1", "20260101", "1899-12-31", "2300-01-01", "2026-W01-1"])
def test_bad_dates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T25:00:00Z",
        "2026-02-30T00:00:00Z",
        "1800-01-01T00:00:00Z",
    ],
)
def test_bad_moments_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text)


def test_moments_are_cut_to_milliseconds_in_utc() -> None:
    assert parse_moment("2026-01-01T01:00:00.123999999+01:00") == datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert moment(NOON.replace(microsecond=1999), "UTC").now.microsecond == 1000


def test_a_naive_now_or_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        moment(datetime(2026, 1, 1), "UTC")
    with pytest.raises(Exception, match="Nowhere"):
        moment(NOON, "Nowhere/Land")


def test_days_belong_to_the_zone() -> None:
    late = moment(datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "Europe/Oslo")
    assert late.today == date(2026, 11, 22)
    assert late.start_of(late.today) == datetime(2026, 11, 21, 23, 0, tzinfo=UTC)
    assert late.end_of(late.today) == datetime(2026, 11, 22, 22, 59, 59, 999000, tzinfo=UTC)


def test_a_day_without_midnight_starts_when_it_starts() -> None:
    havana = moment(datetime(2026, 3, 8, 12, 0, tzinfo=UTC), "America/Havana")
    assert havana.start_of(date(2026, 3, 8)) == datetime(2026, 3, 8, 5, 0, tzinfo=UTC)  # 00:00 does not exist: 01:00
    day = havana.end_of(date(2026, 3, 8)) - havana.start_of(date(2026, 3, 8))
    assert day == timedelta(hours=23, milliseconds=-1)


def test_days_follow_the_wall_clock_and_hours_the_clock() -> None:
    after = moment(datetime(2026, 3, 29, 10, 0, tzinfo=UTC), "Europe/Oslo")  # 12:00, an hour was lost at night
    assert after.shifted(Duration(days=-1)) == datetime(2026, 3, 28, 11, 0, tzinfo=UTC)
    assert after.shifted(Duration(seconds=-86400)) == datetime(2026, 3, 28, 10, 0, tzinfo=UTC)


def test_months_end_where_the_month_does() -> None:
    assert shift_day(date(2026, 3, 31), Duration(months=-1)) == date(2026, 2, 28)
    assert shift_day(date(2028, 2, 29), Duration(months=-12)) == date(2027, 2, 28)
    assert shift_day(date(2026, 1, 31), Duration(months=1, days=1)) == date(2026, 3, 1)
    assert shift_day(date(2026, 1, 1), Duration(months=-12 * 400)) == date(1900, 1, 1)


def test_29_february_counts_on_the_28th_unless_there_is_a_29th() -> None:
    assert anniversaries(date(2027, 2, 28), date(2027, 2, 28)) == {228, 229}
    assert anniversaries(date(2028, 2, 28), date(2028, 2, 28)) == {228}
    assert anniversaries(date(2028, 2, 28), date(2028, 2, 29)) == {228, 229}
    assert anniversaries(date(2027, 12, 31), date(2028, 1, 1)) == {1231, 101}
    assert len(anniversaries(date(2027, 1, 1), date(2037, 1, 1))) == 366
