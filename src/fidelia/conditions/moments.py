"""Time in conditions: the moment of a question, ISO 8601 durations, days of a time zone.

Every edge of a window is worked out here, once, and handed to both readings. Moments have whole milliseconds.
"""

from __future__ import annotations

import re
from calendar import isleap, monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2299, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
TICK: Final = timedelta(milliseconds=1)
DAY: Final = timedelta(days=1)
#: Periods of the calendar.
CALENDARS: Final = ("day", "week", "month", "quarter", "year")

_DURATION = re.compile(
    r"(?P<sign>-)?P(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?(?:(?P<weeks>\d{1,9})W)?(?:(?P<days>\d{1,9})D)?"
    r"(?P<time>T(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9})S)?)?",
    re.ASCII,
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOST_MONTHS: Final = 12 * 400
_MOST_SECONDS: Final = 400 * 366 * 86400


class Duration(msgspec.Struct, frozen=True):
    """A span of time: ``months`` and ``days`` are counted on the calendar, ``seconds`` on the clock."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @property
    def whole_days(self) -> bool:
        """Tell whether the span has no hours, minutes or seconds."""
        return self.seconds == 0

    def negated(self) -> Duration:
        """Return the same span in the other direction."""
        return self.times(-1)

    def times(self, number: int) -> Duration:
        """Return a multiple of the span."""
        return Duration(self.months * number, self.days * number, self.seconds * number)


def parse_duration(text: str, *, signed: bool = False) -> Duration:
    """Read an ISO 8601 duration such as ``P30D``, ``P1Y6M`` or ``PT12H``; with ``signed`` also ``-P30D``.

    Raises ``ValueError`` with a sentence for a person.
    """
    match = _DURATION.fullmatch(text)
    if match is None or text.endswith(("P", "T")):
        raise ValueError('A duration is written like "P30D" (days), "P6M" (months) or "PT12H" (hours)')
    if match["sign"] and not signed:
        raise ValueError("A duration cannot be negative here")
    part = {k: int(v or 0) for k, v in match.groupdict().items() if k not in ("sign", "time")}
    months = part["years"] * 12 + part["months"]
    days = part["weeks"] * 7 + part["days"]
    seconds = part["hours"] * 3600 + part["minutes"] * 60 + part["seconds"]
    if months > _MOST_MONTHS or days * 86400 > _MOST_SECONDS or seconds > _MOST_SECONDS:
        raise ValueError("A duration may be 400 years at most")
    duration = Duration(months, days, seconds)
    return duration.negated() if match["sign"] else duration


def parse_date(text: str) -> date:
    """Read ``YYYY-MM-DD`` between the years 1900 and 2299; raises ``ValueError``."""
    if not _DATE.fullmatch(text):
        raise ValueError('A date is written like "2026-03-31"')
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"There is no day {text}") from None
    if not FIRST.year <= value.year <= LAST.year:
        raise ValueError("A date must lie between the years 1900 and 2299")
    return value


def parse_moment(text: str) -> datetime:
    """Read an RFC 3339 moment with its offset, cut to milliseconds, as UTC; raises ``ValueError``."""
    if not _MOMENT.fullmatch(text):
        raise ValueError('A moment is written like "2026-03-31T18:00:00Z"')
    try:
        value = datetime.fromisoformat(_six_places(text.upper()))
        moment = floor(value)
    except (ValueError, OverflowError):
        raise ValueError(f"There is no moment {text}") from None
    if not FIRST <= moment <= LAST:
        raise ValueError("A moment must lie between the years 1900 and 2299")
    return moment


def _six_places(text: str) -> str:
    return re.sub(r"\.(\d{6})\d+", r".\1", text)


def floor(value: datetime) -> datetime:
    """Cut an aware moment to whole milliseconds, in UTC."""
    value = value.astimezone(UTC)
    return value.replace(microsecond=value.microsecond // 1000 * 1000)


class Moment(msgspec.Struct, frozen=True):
    """When and where a condition is asked: ``now`` (aware) and the time zone that decides days."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day of ``now`` in the time zone."""
        return self.now.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """Return the first moment of a day in the time zone, in UTC (also where midnight does not exist)."""
        return _clamp(datetime.combine(day, time(), self.zone).astimezone(UTC))

    def end_of(self, day: date) -> datetime:
        """Return the last millisecond of a day in the time zone, in UTC."""
        return self.start_of(day + DAY) - TICK

    def shifted(self, by: Duration) -> datetime:
        """Return ``now`` moved by a duration: months and days on the local calendar, then seconds on the clock."""
        local = self.now.astimezone(self.zone)
        moved = datetime.combine(shift_day(local.date(), by), local.timetz()).astimezone(UTC)
        return _clamp(floor(moved + timedelta(seconds=by.seconds)))


def moment(now: datetime, tz: str) -> Moment:
    """Return the moment of a question; ``now`` must be aware, ``tz`` an IANA name (raises ``ValueError``)."""
    if now.tzinfo is None:
        raise ValueError("now must be an aware datetime")
    return Moment(floor(now), ZoneInfo(tz))


def shift_day(day: date, by: Duration) -> date:
    """Move a day by the calendar part of a duration; a day the month does not have becomes its last one."""
    index = day.year * 12 + day.month - 1 + by.months
    year, month = index // 12, index % 12 + 1
    start = date(year, month, min(day.day, monthrange(year, month)[1]))
    return min(max(start + timedelta(days=by.days), FIRST.date()), LAST.date())


def period(today: date, calendar: str, offset: int) -> tuple[date, date]:
    """Return the first day of a day, week (from Monday), month, quarter or year, and of the one after it.

    ``offset`` 0 is the one that ``today`` lies in, −1 the one before. Days are cut to the years 1900 to 2299.
    """
    match calendar:
        case "day":
            start, step = today, Duration(days=1)
        case "week":
            start, step = today - timedelta(days=today.weekday()), Duration(days=7)
        case "month":
            start, step = today.replace(day=1), Duration(months=1)
        case "quarter":
            start, step = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1), Duration(months=3)
        case "year":
            start, step = today.replace(month=1, day=1), Duration(months=12)
        case _:
            raise ValueError(f"There is no calendar period {calendar}")
    return shift_day(start, step.times(offset)), shift_day(start, step.times(offset + 1))


def anniversaries(first: date, last: date) -> frozenset[int]:
    """Return the days of the year (month × 100 + day) whose anniversary falls within the closed span of days.

    In a year without 29 February its anniversary counts on the 28th.
    """
    days: set[int] = set()
    day = first
    while day <= last and len(days) < 366:
        days.add(day.month * 100 + day.day)
        if (day.month, day.day) == (2, 28) and not isleap(day.year):
            days.add(229)
        day += DAY
    return frozenset(days)


def _clamp(value: datetime) -> datetime:
    return min(max(value, FIRST), LAST)
