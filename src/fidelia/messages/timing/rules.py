"""When a message may be sent: pure rules of local times, quiet hours and cycles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from fidelia.kernel.errors import FieldError, invalid_field

from .model import Cycles, QuietHours, Timing

#: Where the clocks are furthest ahead: a time of day comes there first.
FIRST = timezone(timedelta(hours=14))
#: Nobody's time of day comes sooner than this before the same time of day of any database.
LEAD = timedelta(hours=26)
#: A mailing whose cycles would last longer is refused.
HORIZON = timedelta(days=366)
_MOST = 2**31


class Timed(Protocol):
    """A run's plan, as far as moments depend on it; ``timezone`` is that of its database."""

    @property
    def timing(self) -> Timing:
        """What the mailing said."""
        ...

    @property
    def timezone(self) -> str:
        """The database's time zone."""
        ...


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zone_of(text: str | None, default: str) -> ZoneInfo:
    """Return somebody's time zone; text that names none counts as missing, and then the default does."""
    name = text.strip() if text else ""
    return ZoneInfo(name if name in _known() else default)


def settled(plan: Timed, moment: datetime, zone: str | None) -> datetime:
    """Return when a message that is due at a moment may be sent to somebody with this ``profile.timezone``.

    That is the moment itself, or the end of the quiet hours it falls into.
    """
    return settle(plan.timing, moment, zone_of(zone, plan.timezone), ZoneInfo(plan.timezone))


def settle(timing: Timing, moment: datetime, zone: ZoneInfo, database: ZoneInfo) -> datetime:
    """Return the first moment from one on that is not in the quiet hours of somebody in a zone."""
    quiet = timing.quiet
    if quiet is None:
        return moment
    return awake(quiet, moment, zone if quiet.zone == "recipient" else database)


# -- quiet hours ----------------------------------------------------------------------------------------------------


def is_quiet(quiet: QuietHours, moment: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the clock of a zone shows a quiet hour."""
    at = moment.astimezone(zone).time()
    begin, end = time.fromisoformat(quiet.begin), time.fromisoformat(quiet.end)
    return begin <= at < end if begin < end else at >= begin or at < end


def awake(quiet: QuietHours, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment that is not quiet, or the end of the quiet hours that it is in.

    An end that a day does not have (clocks go forward) comes later by what was left out. On a day that has it twice
    the first counts, unless the clock then shows a quiet hour again.
    """
    if not is_quiet(quiet, moment, zone):
        return moment
    return _next(time.fromisoformat(quiet.end), moment, zone, quiet)


def _next(at: time, moment: datetime, zone: ZoneInfo, quiet: QuietHours) -> datetime:
    return min(due for due in _candidates(at, moment, zone) if due > moment and not is_quiet(quiet, due, zone))


def _candidates(at: time, moment: datetime, zone: ZoneInfo) -> list[datetime]:
    today = moment.astimezone(zone).date()
    days = [today + timedelta(days=n) for n in range(-1, 5)]
    return [datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC) for day in days for fold in (0, 1)]


# -- local time -----------------------------------------------------------------------------------------------------


def local_moment(at: datetime, database: ZoneInfo, zone: ZoneInfo) -> datetime:
    """Return when the clock of a zone shows what that of the database shows at a moment."""
    wall = at.astimezone(database).replace(tzinfo=None, fold=0)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def begins_at(timing: Timing, at: datetime, database: ZoneInfo) -> datetime:
    """Return when a run for a moment has to begin, so that nobody's local time is missed."""
    if not timing.local_time:
        return at
    wall = at.astimezone(database).replace(tzinfo=None)
    return min(at, wall.replace(tzinfo=FIRST).astimezone(UTC))


# -- cycles ---------------------------------------------------------------------------------------------------------


def limit_of(cycles: Cycles, number: int) -> int:
    """Return how many people a cycle has, the first being number 0."""
    if cycles.growth_in == "people":
        return min(_MOST, cycles.limit + number * cycles.growth)
    factor = 1 + cycles.growth / 100
    try:
        return int(min(_MOST, cycles.limit * factor**number + 1e-9))
    except OverflowError:
        return _MOST


def cycles_needed(cycles: Cycles, people: int) -> int:
    """Return how many cycles so many people take; one more than the horizon has when it has too few."""
    number = 0
    while people > 0 and number * cycles.hours < HORIZON.total_seconds() / 3600:
        people -= limit_of(cycles, number)
        number += 1
    return number if people <= 0 else number + 1


def too_slow(people: int) -> str:
    """Say that cycles are too small."""
    return f"With so few in a cycle {people:,} people take longer than a year; raise the limit or shorten the cycle"


class Allotment:
    """Gives each person of a run their moment, in the order in which they are asked for.

    ``begins`` is when the run's first cycle begins, ``at`` the moment whose time of day counts in every zone, ``taken``
    how many each cycle has already (a job that goes on where a killed one stood counts the rows that it finds).
    """

    def __init__(
        self, timing: Timing, begins: datetime, at: datetime, database: ZoneInfo, taken: Mapping[int, int] | None = None
    ) -> None:
        self._timing = timing
        self._begins = begins
        self._at = at
        self._database = database
        self._taken = dict(taken or {})
        self._earliest: dict[str, datetime] = {}
        self._cycle: dict[str, int] = {}
        self._open = 0

    def moment(self, zone: ZoneInfo) -> datetime:
        """Return when the next person, who lives in a zone, is written to; raise 422 when it would take years."""
        earliest = self._earliest.get(zone.key)
        if earliest is None:
            local = local_moment(self._at, self._database, zone) if self._timing.local_time else self._begins
            earliest = settle(self._timing, max(self._begins, local), zone, self._database)
            self._earliest[zone.key] = earliest
        cycles = self._timing.cycles
        return earliest if cycles is None else self._in_cycle(cycles, zone, earliest)

    def _in_cycle(self, cycles: Cycles, zone: ZoneInfo, earliest: datetime) -> datetime:
        length = timedelta(hours=cycles.hours)
        while self._taken.get(self._open, 0) >= limit_of(cycles, self._open):
            self._open += 1
        number = max(self._open, self._cycle.get(zone.key, (earliest - self._begins) // length))
        while True:
            begins = self._begins + number * length
            if begins - self._begins > HORIZON:
                raise invalid_field("/timing/cycles", too_slow(sum(self._taken.values()) + 1))
            due = settle(self._timing, max(begins, earliest), zone, self._database)
            reached = (due - self._begins) // length
            if reached == number and self._taken.get(number, 0) < limit_of(cycles, number):
                self._cycle[zone.key] = number
                self._taken[number] = self._taken.get(number, 0) + 1
                return due
            number = max(number + 1, reached)


# -- what may be set ------------------------------------------------------------------------------------------------


def timing_errors(timing: Timing) -> list[FieldError]:
    """Return what is wrong with a timing."""
    errors = []
    if timing.quiet is not None and timing.quiet.begin == timing.quiet.end:
        errors.append(FieldError("/timing/quiet/to", "Quiet hours end at another time than they begin"))
    cycles = timing.cycles
    if cycles is not None and cycles.growth_in == "percent" and cycles.growth > 1000:
        errors.append(FieldError("/timing/cycles/growth", "A limit grows by 1,000 percent a cycle at most"))
    return errors
