"""Campaigns in the calendar: each from its start to its end, in days of the database's time zone."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from fidelia import messages, profiles
from fidelia.platform.postgres import Tx

from ..model import CampaignCalendar, CampaignSpan
from ..store import campaigns as store


async def calendar(
    tx: Tx, database_id: int, first: date, last: date, campaign_id: int | None = None
) -> CampaignCalendar:
    """Return the campaigns that lasted on a day of a span, both ends included, archived ones too; or one of them.

    One that goes on lasts until now. Raise 404, 422.
    """
    name = (await profiles.get_database(tx, database_id)).timezone
    zone = ZoneInfo(name)
    since, before = messages.calendar_span(first, last, zone)

    def day(at: datetime) -> date:
        return at.astimezone(zone).date()

    items = [
        CampaignSpan(
            id=row.id,
            name=row.name,
            state=row.state,
            first=day(row.started_at),
            last=None if row.completed_at is None else day(row.completed_at),
            started_at=row.started_at,
            completed_at=row.completed_at,
        )
        for row in await store.lasting(tx, database_id, since, before, campaign_id)
    ]
    return CampaignCalendar(name, day(tx.now), items)
