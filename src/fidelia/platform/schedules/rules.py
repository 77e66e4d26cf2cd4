"""Schedules: on which days and at what time something is due again. Pure; shared by all that runs by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from fidelia.kernel.errors import FieldError

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TimeOfDay = Annotated[str, msgspec.Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
_DAYS = 10


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


def next_run(schedule: DaySchedule, after: datetime, timezone: str) -> datetime | None:
    """Return the next moment (UTC) after another at which the schedule is due, or ``None`` when it has ended.

    A time that a day does not have (clocks go forward) comes later by what was left out; one that it has twice comes
    the first time only. ``timezone`` counts when the schedule names none.
    """
    zone = ZoneInfo(schedule.timezone or timezone)
    at = time.fromisoformat(schedule.at)
    day = after.astimezone(zone).date() - timedelta(days=1)  # a run of yesterday may fall on today
    for _ in range(_DAYS):
        if schedule.until is not None and day > schedule.until:
            return None
        if not schedule.weekdays or WEEKDAYS[day.weekday()] in schedule.weekdays:
            for due in _of_day(schedule, day, at, zone):
                if due > after:
                    return due
        day += timedelta(days=1)
    return None


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
    if schedule.until is not None and schedule.until < today:
        errors.append(FieldError("/schedule/until", "This day has passed"))
    return errors
