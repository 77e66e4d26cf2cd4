"""The calendar of mailings: what was sent and what is planned, day by day of the database's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from fidelia import profiles
from fidelia.kernel.errors import invalid_field
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import next_run

from ..model import MailingType
from ..store import calendar as store

#: So many days can be asked for at once, and so many launches of one mailing are shown.
MOST_DAYS = 62
MOST_LAUNCHES = 250


class CalendarEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A run that began (``sent``, with its audience), or a start or launch that is to come (``planned``)."""

    mailing_id: int
    campaign_id: int | None
    name: str
    type: MailingType
    what: Literal["sent", "planned"]
    state: str
    day: date
    at: datetime
    run_id: int | None
    audience: int | None


class MailingCalendar(msgspec.Struct, frozen=True):
    """Entries in the order of time; days are those of ``timezone``."""

    timezone: str
    items: list[CalendarEntry]


async def calendar(
    tx: Tx, database_id: int, first: date, last: date, campaign_id: int | None = None
) -> MailingCalendar:
    """Return what was sent and is planned from a day to another, both included; all of it, or a campaign's.

    Raise 404, 422.
    """
    name = (await profiles.get_database(tx, database_id)).timezone
    zone = ZoneInfo(name)
    since, before = calendar_span(first, last, zone)
    items = [
        CalendarEntry(
            mailing_id=row.mailing_id,
            campaign_id=row.campaign_id,
            name=row.name,
            type=msgspec.convert(row.type, MailingType),
            what="sent",
            state=row.phase,
            day=row.at.astimezone(zone).date(),
            at=row.at,
            run_id=row.run_id,
            audience=row.audience,
        )
        for row in await store.sent(tx, database_id, since, before, campaign_id)
    ]
    for planned in await store.planned(tx, database_id, before, campaign_id):
        items += [
            CalendarEntry(
                mailing_id=planned.mailing_id,
                campaign_id=planned.campaign_id,
                name=planned.name,
                type=msgspec.convert(planned.type, MailingType),
                what="planned",
                state=planned.state,
                day=at.astimezone(zone).date(),
                at=at,
                run_id=None,
                audience=None,
            )
            for at in _moments(planned, since, before, name)
        ]
    return MailingCalendar(name, sorted(items, key=lambda entry: (entry.at, entry.mailing_id)))


def calendar_span(first: date, last: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the moment at which a day begins and the one at which another is over; raise 422 for too many days."""
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS) or not 1970 <= first.year <= last.year < 9999:
        raise invalid_field("/to", f"A calendar has 1 to {MOST_DAYS} days")
    since = datetime.combine(first, time(), zone).astimezone(UTC)
    return since, datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC)


def _moments(planned: store.PlannedRow, since: datetime, before: datetime, timezone: str) -> list[datetime]:
    found: list[datetime] = []
    at: datetime | None = planned.at
    if planned.schedule is not None and planned.at < since:
        at = next_run(planned.schedule, since - timedelta(microseconds=1), timezone)
    while at is not None and at < before and len(found) < MOST_LAUNCHES:
        if at >= since:
            found.append(at)
        at = None if planned.schedule is None else next_run(planned.schedule, at, timezone)
    return found
