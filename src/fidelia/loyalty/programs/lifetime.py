"""From when to when points can be used. Pure: the moment of the accrual and the time zone come from outside.

Periods are counted on the calendar of the time zone (29 February + 1 year = 28 February), hours on the clock. Points
lapse at the end of a day wherever no hours are named, so the first moment at which they are gone is a midnight.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fidelia.conditions import Duration, parse_duration

from .model import Expiry, ExpiryUnit, PointType

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def lifetime(point_type: PointType, at: datetime, tz: ZoneInfo) -> tuple[datetime, datetime | None]:
    """Return (usable from, lapsed from) in UTC of points accrued at a moment; the second is ``None``: never.

    Points are usable in ``[from, lapsed)``. Never does a lifetime end before it begins: what would have lapsed before
    it can be used has none at all, both moments are the same.
    """
    active_from = at.astimezone(UTC)
    if point_type.delay is not None:
        active_from = after(at, parse_duration(point_type.delay), tz)
    lapsed = lapses(point_type.expiry, at, tz)
    return active_from, None if lapsed is None else max(lapsed, active_from)


def lapses(expiry: Expiry, at: datetime, tz: ZoneInfo) -> datetime | None:
    """Return the first moment (UTC) at which points accrued at a moment have lapsed; ``None``: they never do."""
    if expiry.kind == "never":
        return None
    if expiry.kind == "fixed":
        assert expiry.on is not None
        return day_after(_fixed(expiry.on, at.astimezone(tz).date()), tz)
    if expiry.period is None:
        moved = at.astimezone(UTC)
    else:
        period = parse_duration(expiry.period)
        moved = after(at, period, tz)
        if expiry.kind == "after" and not period.whole_days:
            return moved
    day = moved.astimezone(tz).date()
    if expiry.kind == "end_of":
        assert expiry.unit is not None
        day = last_day(day, expiry.unit)
    return day_after(day, tz)


def after(at: datetime, span: Duration, tz: ZoneInfo) -> datetime:
    """Return the moment (UTC) a span later: months and days at the same time of day there, hours on the clock."""
    local = at.astimezone(tz)
    day = plus_months(local.date(), span.months) + timedelta(days=span.days)
    # A time of day that the clock leaves out is the one it jumps to; one that comes twice is the first.
    same = datetime.combine(day, local.time().replace(fold=0), tz).astimezone(UTC)
    return same + timedelta(seconds=span.seconds)


def plus_months(day: date, months: int) -> date:
    """Return the day so many months later (or earlier), the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(day: date, unit: ExpiryUnit) -> date:
    """Return the last day of the month, quarter or year that a day is in."""
    months = _MONTHS[unit]
    first = plus_months(day.replace(day=1), -((day.month - 1) % months))
    return plus_months(first, months) - timedelta(days=1)


def day_of_year(text: str, year: int) -> date:
    """Return the day that ``02-29`` names in a year: the last of the month where it has no such day."""
    month, number = (int(part) for part in text.split("-"))
    return date(year, month, min(number, monthrange(year, month)[1]))


def next_day_of_year(text: str, today: date) -> date:
    """Return the first day that ``12-31`` names, today or later."""
    found = day_of_year(text, today.year)
    return found if found >= today else day_of_year(text, today.year + 1)


def day_after(day: date, tz: ZoneInfo) -> datetime:
    """Return when a day is over in a time zone, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), tz).astimezone(UTC)


def _fixed(on: str, today: date) -> date:
    return next_day_of_year(on, today) if len(on) == 5 else date.fromisoformat(on)
