"""The period of a report, cut into days, weeks or months of a time zone. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from fidelia.kernel.days import midnight
from fidelia.kernel.errors import invalid_field

By = Literal["day", "week", "month"]
#: A series has so many steps at most: a year of days, and more months than there will be.
MOST_STEPS = 400
MAX_DAYS = 3660
#: Without a first day a report covers so many days, or whole months before this one.
_USUAL: dict[By, int] = {"day": 29, "week": 7 * 12, "month": 11}
_MOMENT = timedelta(microseconds=1)


class LoyaltyPeriod(msgspec.Struct, frozen=True):
    """What a report covers: whole days of the ``timezone``, both included, cut into days, weeks or months.

    A week begins on Monday; the first and the last step may be cut short. ``as_of`` is when the report was made.
    """

    first: date
    last: date
    by: By
    timezone: str
    as_of: datetime


class Steps(msgspec.Struct, frozen=True):
    """A period as moments: ``starts`` of the steps and the end of the last, ``days`` their first and last days.

    ``until`` is the moment before which things count: the end of the last day, or just after now if that comes first.
    """

    period: LoyaltyPeriod
    starts: list[datetime]
    days: list[tuple[date, date]]
    until: datetime

    @property
    def since(self) -> datetime:
        """When the period begins."""
        return self.starts[0]

    @property
    def end(self) -> datetime:
        """When the last step ends, be it in the future."""
        return self.starts[-1]


def cut(first: date | None, last: date | None, by: By, zone: ZoneInfo, now: datetime) -> Steps:
    """Return a period's steps; days after today are left out. Raises 422 at ``/from`` or ``/to``.

    Without ``first``: 30 days, 13 weeks or 12 months, the one of ``last`` included.
    """
    today = now.astimezone(zone).date()
    end = today if last is None else min(last, today)
    start = _usual(end, by) if first is None else first
    if start > today:
        raise invalid_field("/from", "This day is still to come: there is nothing to report yet")
    if last is not None and last < start:
        raise invalid_field("/to" if first is not None else "/from", "The period must end after it begins")
    if (end - start).days > MAX_DAYS:
        raise invalid_field("/from", "A report covers ten years at most")
    days = []
    at = start
    while at <= end:
        following = next_step(at, by)
        days.append((at, min(end, following - timedelta(days=1))))
        at = following
        if len(days) > MOST_STEPS:
            raise invalid_field("/by", f"That is more than {MOST_STEPS} {by}s: take longer steps or a shorter period")
    starts = [midnight(day, zone) for day, _ in days] + [midnight(end + timedelta(days=1), zone)]
    period = LoyaltyPeriod(start, end, by, str(zone), now)
    return Steps(period, starts, days, min(starts[-1], now + _MOMENT))


def next_step(day: date, by: By) -> date:
    """Return the first day of the step after the one that a day is in."""
    match by:
        case "day":
            return day + timedelta(days=1)
        case "week":
            return day + timedelta(days=7 - day.weekday())
        case "month":
            return next_month(day)


def next_month(day: date) -> date:
    """Return the first day of the month after."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _usual(end: date, by: By) -> date:
    match by:
        case "day":
            return end - timedelta(days=_USUAL["day"])
        case "week":
            return end - timedelta(days=end.weekday() + _USUAL["week"])
        case "month":
            months = end.year * 12 + end.month - 1 - _USUAL["month"]
            return date(months // 12, months % 12 + 1, 1)
