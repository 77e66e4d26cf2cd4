"""Limits of promotions: their periods, what is left of them, what an order takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from .model import PromotionLimit

EVER = date(1970, 1, 1)
PERIODS = ("ever", "day", "week", "month", "year")


class CounterKey(msgspec.Struct, frozen=True, order=True):
    """Which counter: of a promotion, of something, of a member (0: of everybody), of a period by its first day."""

    promotion_id: int
    what: str
    profile_id: int
    period: str
    since: date


class Taking(msgspec.Struct, frozen=True):
    """So much is taken of a counter that may reach ``most``."""

    key: CounterKey
    amount: Decimal
    most: Decimal


@lru_cache(maxsize=256)
def _first_day(period: str, day: date) -> date:
    match period:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "year":
            return day.replace(month=1, day=1)
        case _:
            return EVER


def since(period: str, now: datetime, zone: str) -> date:
    """Return the first day of the period that a moment lies in, on the database's calendar; weeks begin on Monday."""
    return EVER if period == "ever" else _first_day(period, now.astimezone(ZoneInfo(zone)).date())


def keys(
    limits: Mapping[int, Sequence[PromotionLimit]], profile_id: int | None, now: datetime, zone: str
) -> list[tuple[CounterKey, PromotionLimit]]:
    """Return the counters that an order of somebody looks at; those of members only when somebody is known."""
    return [
        (
            CounterKey(
                promotion_id,
                limit.what,
                0 if limit.per == "program" else profile_id or 0,
                limit.period,
                since(limit.period, now, zone),
            ),
            limit,
        )
        for promotion_id, many in limits.items()
        for limit in many
        if limit.per == "program" or profile_id is not None
    ]


def left(
    asked: Iterable[tuple[CounterKey, PromotionLimit]], used: Mapping[CounterKey, Decimal]
) -> dict[int, dict[str, Decimal]]:
    """Return what is left of each promotion's limits, the tightest of each kind, never below nought."""
    found: dict[int, dict[str, Decimal]] = {}
    for key, limit in asked:
        rest = max(Decimal(limit.most) - used.get(key, Decimal(0)), Decimal(0))
        kinds = found.setdefault(key.promotion_id, {})
        kinds[key.what] = min(kinds.get(key.what, rest), rest)
    return found


def takings(
    asked: Iterable[tuple[CounterKey, PromotionLimit]], amounts: Mapping[int, Mapping[str, Decimal]]
) -> list[Taking]:
    """Return what an order takes of counters: ``amounts`` are uses, money and points by promotion."""
    return [
        Taking(key, amount, Decimal(limit.most))
        for key, limit in asked
        if (amount := amounts.get(key.promotion_id, {}).get(key.what, Decimal(0))) > 0
    ]


class Tally:
    """Limits of one promotion while it works for one member after another: each use takes so much of them."""

    def __init__(
        self,
        promotion_id: int,
        limits: Sequence[PromotionLimit],
        now: datetime,
        zone: str,
        amounts: Mapping[str, Decimal],
    ) -> None:
        self._limits = {promotion_id: limits}
        self._now, self._zone = now, zone
        self._amounts = {promotion_id: amounts}
        self._by_member: dict[int, list[Taking]] = {}
        self._used: dict[CounterKey, Decimal] = {}

    def of(self, profile_id: int) -> list[Taking]:
        """Return what one use takes of which counters."""
        if profile_id not in self._by_member:
            asked = keys(self._limits, profile_id, self._now, self._zone)
            self._by_member[profile_id] = takings(asked, self._amounts)
        return self._by_member[profile_id]

    def keys(self, profiles: Iterable[int]) -> set[CounterKey]:
        """Return the counters that these people's uses take from."""
        return {one.key for profile_id in profiles for one in self.of(profile_id)}

    def begin(self, used: Mapping[CounterKey, Decimal]) -> None:
        """Take note of what has been used of counters; those that are not named are full."""
        self._used = dict(used)

    def room(self, profile_id: int) -> bool:
        """Tell whether the limits let somebody use it once more."""
        return all(self._used.get(one.key, Decimal(0)) + one.amount <= one.most for one in self.of(profile_id))

    def take(self, profile_id: int) -> None:
        """Count a use."""
        for one in self.of(profile_id):
            self._used[one.key] = self._used.get(one.key, Decimal(0)) + one.amount

    def taken(self, uses: Iterable[int]) -> dict[CounterKey, Decimal]:
        """Return what these uses, by whose they are, take of each counter."""
        found: dict[CounterKey, Decimal] = {}
        for profile_id in uses:
            for one in self.of(profile_id):
                found[one.key] = found.get(one.key, Decimal(0)) + one.amount
        return found
