"""From when to when points can be used: examples that people can check on a calendar, and what always holds."""

from __future__ import annotations

from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.loyalty.programs import Expiry, PointType, lifetime, next_day_of_year, plus_months

OSLO = ZoneInfo("Europe/Oslo")
MONTHLY, YEARLY = {"kind": "end_of", "unit": "month"}, {"kind": "end_of", "unit": "year"}
ZONES = ("UTC", "Europe/Oslo", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu")


def points(delay: str | None = None, **expiry: Any) -> PointType:
    return PointType(
        id=1,
        program_id=1,
        key="stars",
        name="Stars",
        kind="standard",
        places=2,
        ratio=None,
        ratio_currency=None,
        initial=Decimal(0),
        delay=delay,
        expiry=Expiry(**{"kind": "never", **expiry}),
        rounding="down",
        max_balance=None,
        max_accrual=None,
        archived_at=None,
    )


def local(text: str, zone: ZoneInfo = OSLO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("earned", "delay", "expiry", "usable", "gone"),
    [
        # The example of the program page: 100 points earned 16 Nov can be spent from 30 Nov and lapse 30 Nov 2027.
        ("2026-11-16T10:00", "P14D", MONTHLY | {"period": "P12M"}, "2026-11-30T10:00", "2027-12-01"),
        ("2026-11-16T10:00", None, {}, "2026-11-16T10:00", None),
        ("2026-11-16T10:00", None, {"kind": "after", "period": "P30D"}, "2026-11-16T10:00", "2026-12-17"),
        # 29 February: a year later is the 28th, four years later the 29th again.
        ("2028-02-29T12:00", None, {"kind": "after", "period": "P1Y"}, "2028-02-29T12:00", "2029-03-01"),
        ("2028-02-29T12:00", None, {"kind": "after", "period": "P4Y"}, "2028-02-29T12:00", "2032-03-01"),
        ("2026-01-31T09:00", "P1M", {}, "2026-02-28T09:00", None),
        # End of month, quarter, year; on the last day itself it is that day.
        ("2026-12-31T23:59", None, {"kind": "end_of", "unit": "month"}, "2026-12-31T23:59", "2027-01-01"),
        ("2026-02-10T08:00", None, {"kind": "end_of", "unit": "quarter"}, "2026-02-10T08:00", "2026-04-01"),
        ("2026-10-01T00:00", None, {"kind": "end_of", "unit": "quarter"}, "2026-10-01T00:00", "2027-01-01"),
        ("2026-12-31T23:59", None, {"kind": "end_of", "unit": "year"}, "2026-12-31T23:59", "2027-01-01"),
        ("2027-01-01T00:00", None, {"kind": "end_of", "unit": "year"}, "2027-01-01T00:00", "2028-01-01"),
        ("2026-11-16T10:00", None, YEARLY | {"period": "P2M"}, "2026-11-16T10:00", "2028-01-01"),
        # A day: every year, or once; what is earned after that one has no life at all.
        ("2026-12-31T22:00", None, {"kind": "fixed", "on": "12-31"}, "2026-12-31T22:00", "2027-01-01"),
        ("2027-01-01T01:00", None, {"kind": "fixed", "on": "12-31"}, "2027-01-01T01:00", "2028-01-01"),
        ("2026-05-05T05:00", None, {"kind": "fixed", "on": "02-29"}, "2026-05-05T05:00", "2027-03-01"),
        ("2026-05-05T05:00", None, {"kind": "fixed", "on": "2027-06-30"}, "2026-05-05T05:00", "2027-07-01"),
    ],
)  # fmt: skip
def test_examples(earned: str, delay: str | None, expiry: dict[str, Any], usable: str, gone: str | None) -> None:
    active_from, lapsed = lifetime(points(delay, **expiry), local(earned), OSLO)
    assert active_from == local(usable).astimezone(UTC)
    assert lapsed == (None if gone is None else local(gone).astimezone(UTC))


def test_a_day_that_is_over_leaves_no_life() -> None:
    active_from, lapsed = lifetime(points(kind="fixed", on="2025-01-01"), local("2026-05-05T05:00"), OSLO)
    assert active_from == lapsed


def test_hours_run_on_the_clock_and_days_on_the_calendar_where_the_clock_changes() -> None:
    before = local("2026-03-28T12:00")  # the night after, clocks in Oslo go from 2 to 3
    assert lifetime(points("PT24H"), before, OSLO)[0] == local("2026-03-29T13:00").astimezone(UTC)
    assert lifetime(points("P1D"), before, OSLO)[0] == local("2026-03-29T12:00").astimezone(UTC)
    # A day of 23 hours ends at its own midnight.
    lapsed = lifetime(points(kind="after", period="P1D"), before, OSLO)[1]
    assert lapsed is not None
    assert lapsed.astimezone(OSLO) == local("2026-03-30T00:00")
    # 2:30 does not exist that night: the clock shows 3:30 then.
    assert lifetime(points("P1D"), local("2026-03-28T02:30"), OSLO)[0] == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


_moments = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
_delays = st.sampled_from([None, "P1D", "P14D", "P1M", "PT36H", "P1Y"])
_expiries = st.one_of(
    st.just({"kind": "never"}),
    st.sampled_from(["P2Y", "P400D", "P13M", "PT20000H"]).map(lambda period: {"kind": "after", "period": period}),
    st.tuples(st.sampled_from(["month", "quarter", "year"]), st.sampled_from([None, "P1Y", "P24M"])).map(
        lambda found: {"kind": "end_of", "unit": found[0], "period": found[1]}
    ),
    st.sampled_from(["12-31", "02-29", "06-30"]).map(lambda on: {"kind": "fixed", "on": on}),
)


@given(_moments, st.sampled_from(ZONES).map(ZoneInfo), _delays, _expiries)
def test_a_lifetime_never_ends_before_it_begins_and_ends_at_a_midnight(
    at: datetime, zone: ZoneInfo, delay: str | None, expiry: dict[str, Any]
) -> None:
    kind = points(delay, **expiry)
    active_from, lapsed = lifetime(kind, at, zone)
    assert active_from.tzinfo is UTC
    assert active_from >= at
    if lapsed is None:
        assert expiry["kind"] == "never"
        return
    assert lapsed >= active_from
    if lapsed > active_from and expiry.get("period") != "PT20000H":
        last = (lapsed - timedelta(microseconds=1)).astimezone(zone)
        first = lapsed.astimezone(zone)
        assert first.date() > last.date()
        assert first.time() == time() or first.utcoffset() != last.utcoffset()
    # Whoever earns later never loses sooner.
    later = lifetime(kind, at + timedelta(hours=7), zone)
    assert later[0] >= active_from
    assert later[1] is not None
    assert later[1] >= lapsed


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(-600, 600))
def test_months_are_counted_on_the_calendar(day: date, months: int) -> None:
    found = plus_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == day.day or (found + timedelta(days=1)).day == 1


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.sampled_from(["01-01", "02-29", "12-31", "07-15"]))
def test_the_next_such_day_is_within_a_year(today: date, text: str) -> None:
    found = next_day_of_year(text, today)
    assert today <= found <= today + timedelta(days=366)
    month, day = (int(part) for part in text.split("-"))
    assert (found.month, found.day) == (month, day if text != "02-29" or isleap(found.year) else 28)
