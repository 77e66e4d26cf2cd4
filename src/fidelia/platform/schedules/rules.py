"""Schedules: on which days and at what time something is due again. Pure; shared by all that runs by itself."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from fidelia.kernel.errors import FieldError

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
_DAYS = 10
#: A day of the month that is a certain day of the week comes within this many days.
_MONTHS = 430


class DaySchedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every day, or only on some ``weekdays``, ``at`` a time of day.

    Without ``timezone`` the database's own counts. After the day ``until`` nothing runs any more.
    """

    at: TimeOfDay
    weekdays: list[Weekday] = []
    timezone: str | None = None
    until: date | None = None


class RepeatedSchedule(DaySchedule, frozen=True, forbid_unknown_fields=True):
    """As a day's schedule; with ``every_hours`` again and again from ``at`` until the day ends."""

    every_hours: Annotated[int, msgspec.Meta(ge=1, le=23)] | None = None


class MonthSchedule(RepeatedSchedule, frozen=True, forbid_unknown_fields=True):
    """As a repeated schedule; with ``month_days`` only on these days of the month, and of the week when both are given.

    A day that a month does not have is its last one.
    """

    month_days: list[Annotated[int, msgspec.Meta(ge=1, le=31)]] = []


def next_run(schedule: DaySchedule, after: datetime, timezone: str) -> datetime | None:
    """Return the next moment (UTC) after another at which the schedule is due, or ``None`` when it has ended.

    A time that a day does not have (clocks go forward) comes later by what was left out; one that it has twice comes
    the first time only. ``timezone`` counts when the schedule names none.
    """
    zone = ZoneInfo(schedule.timezone or timezone)
    at = time.fromisoformat(schedule.at)
    day = after.astimezone(zone).date() - timedelta(days=1)  # a run of yesterday may fall on today
    for _ in range(_MONTHS if _month_days(schedule) else _DAYS):
        if schedule.until is not None and day > schedule.until:
            return None
        if _is_day(schedule, day):
            for due in _of_day(schedule, day, at, zone):
                if due > after:
                    return due
        day += timedelta(days=1)
    return None


def upcoming(schedule: DaySchedule, after: datetime, timezone: str, count: int) -> list[datetime]:
    """Return the next moments (UTC) after another at which the schedule is due, so many at most."""
    found: list[datetime] = []
    while len(found) < count:
        due = next_run(schedule, found[-1] if found else after, timezone)
        if due is None:
            break
        found.append(due)
    return found


def _month_days(schedule: DaySchedule) -> list[int]:
    return schedule.month_days if isinstance(schedule, MonthSchedule) else []


def _is_day(schedule: DaySchedule, day: date) -> bool:
    if schedule.weekdays and WEEKDAYS[day.weekday()] not in schedule.weekdays:
        return False
    wanted = _month_days(schedule)
    last = monthrange(day.year, day.month)[1]
    return not wanted or day.day in wanted or (day.day == last and max(wanted) > last)


def _of_day(schedule: DaySchedule, day: date, at: time, zone: ZoneInfo) -> list[datetime]:
    due = datetime.combine(day, at, zone).astimezone(UTC)
    found = [due]
    hours = schedule.every_hours if isinstance(schedule, RepeatedSchedule) else None
    if hours is not None:
        while (due := due + timedelta(hours=hours)).astimezone(zone).date() == day:
            found.append(due)
    return found


def schedule_errors(schedule: DaySchedule | None, today: date) -> list[FieldError]:
    """Return what is wrong with a schedule that is asked for on a day."""
    errors: list[FieldError] = []
    if schedule is None:
        return errors
    if schedule.timezone is not None and schedule.timezone not in available_timezones():
        errors.append(FieldError("/schedule/timezone", "This must be an IANA time zone, like Europe/Oslo"))
    if len(set(schedule.weekdays)) != len(schedule.weekdays):
        errors.append(FieldError("/schedule/weekdays", "A day of the week stands here twice"))
    month_days = _month_days(schedule)
    if len(set(month_days)) != len(month_days):
        errors.append(FieldError("/schedule/month_days", "A day of the month stands here twice"))
    if schedule.until is not None and schedule.until < today:
        errors.append(FieldError("/schedule/until", "This day has passed"))
    return errors
