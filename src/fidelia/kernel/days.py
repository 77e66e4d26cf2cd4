"""Days as people name them, and where they begin in a time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from .errors import invalid_field


def parse_day(text: str | None, pointer: str) -> date | None:
    """Read a day like ``2026-11-01``, ``None`` where none is given; raise 422 at ``pointer`` when it is none."""
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise invalid_field(pointer, "This must be a day, like 2026-11-01") from None
    if not 1900 <= day.year <= 2298:
        raise invalid_field(pointer, "This day is too far away")
    return day


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins in a time zone, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
