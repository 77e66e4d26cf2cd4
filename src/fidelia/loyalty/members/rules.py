"""How members move between levels. Pure: what was earned, the moment and the day come from outside.

One day is judged once: whoever judges a member twice for the same day changes nothing the second time, because the next
day is already set.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import msgspec

from ..programs import Level, LevelGroup, next_day_of_year, plus_months
from .model import Standing

NOTHING = Decimal(0)
#: The same few days are asked for every member of a review.
_next_day = lru_cache(maxsize=256)(next_day_of_year)


class Days(msgspec.Struct, frozen=True):
    """What the calendar of a member's reviews hangs on, in days of the database's time zone."""

    today: date
    joined: date
    reached: date


def points(standing: Standing, total: Decimal) -> Decimal:
    """Return what counts of all that was earned; never below 0."""
    return max(NOTHING, total - standing.counted)


def height(group: LevelGroup, level_id: int | None) -> int:
    """Return how high a level is, -1 for none (and for one that is gone)."""
    return next((level.position for level in group.levels if level.id == level_id), -1)


def earned(group: LevelGroup, counting: Decimal) -> Level | None:
    """Return the highest level that so many points reach; the entry level needs none."""
    reached = [level for level in group.levels if level.threshold <= counting or level.id == group.entry_level_id]
    return max(reached, key=lambda level: level.position, default=None)


def next_level(group: LevelGroup, level_id: int | None) -> Level | None:
    """Return the level above, ``None`` on the highest."""
    here = height(group, level_id)
    return next((level for level in sorted(group.levels, key=_position) if level.position > here), None)


def begin(group: LevelGroup, at: datetime, days: Days) -> Standing:
    """Return where somebody stands who has just joined, before any points count."""
    first = group.entry_level_id
    fresh = Standing(
        level_id=first,
        floor_id=first,
        reached_at=at,
        counted=NOTHING,
        counted_since=at,
        review_on=None,
        reset_on=None,
        reviewed_on=None,
        in_grace=False,
    )
    return planned(group, fresh, days)


def planned(group: LevelGroup, standing: Standing, days: Days) -> Standing:
    """Return a standing with the next days of review and reset after today, as the group's settings are."""
    review_on = standing.review_on if standing.in_grace else next_review(group, days)
    return msgspec.structs.replace(standing, review_on=review_on, reset_on=next_reset(group, days.today))


def settle(group: LevelGroup, standing: Standing, total: Decimal, at: datetime, days: Days) -> Standing:
    """Return where a member stands once points were written: up at once where the group says so.

    Points taken back lead down again, not below where counting began; nowhere in groups that lower nobody, nor in those
    that count anew on every upgrade, where nobody can tell any more what a level was reached with.
    """
    target = earned(group, points(standing, total))
    here, there = height(group, standing.level_id), -1 if target is None else target.position
    if there > here:
        if group.upgrade != "immediate" or target is None:
            return standing
        return _counting_anew_on_upgrade(group, _moved(group, standing, target.id, at, days), target, total, at)
    if there == here or group.downgrade == "none" or group.reset.when == "on_upgrade":
        return standing
    lowest = height(group, standing.floor_id)
    if here <= lowest:
        return standing
    below = standing.floor_id if there < lowest else None if target is None else target.id
    return _moved(group, standing, below, at, days)


def review(group: LevelGroup, standing: Standing, total: Decimal, at: datetime, days: Days) -> Standing:
    """Return where a member stands after the review of today: up, kept, given time, or down."""
    target = earned(group, points(standing, total))
    here, there = height(group, standing.level_id), -1 if target is None else target.position
    level = standing.level_id
    if there > here and target is not None:
        level = target.id
    elif there < here and group.downgrade != "none":
        if group.grace_days and not standing.in_grace:
            until = days.today + timedelta(days=group.grace_days)
            return msgspec.structs.replace(standing, in_grace=True, review_on=until, reviewed_on=days.today)
        level = _step_down(group, here) if group.downgrade == "one_step" else None if target is None else target.id
    moved = standing
    if level != standing.level_id:
        days = msgspec.structs.replace(days, reached=days.today)
        moved = msgspec.structs.replace(standing, level_id=level, reached_at=at)
    moved = msgspec.structs.replace(moved, floor_id=level, reviewed_on=days.today, in_grace=False)
    moved = planned(group, moved, days)
    raised = there > here and group.reset.when == "on_upgrade"
    if group.mode == "period" or group.reset.when == "at_review" or raised:
        return counting_anew(group, moved, total, at)
    return moved


def reset(group: LevelGroup, standing: Standing, total: Decimal, at: datetime, days: Days) -> Standing:
    """Return where a member stands once counting began anew on the group's day; the level stays."""
    anew = counting_anew(group, standing, total, at)
    return msgspec.structs.replace(anew, floor_id=anew.level_id, reset_on=next_reset(group, days.today))


def grant(group: LevelGroup, standing: Standing, level: Level, at: datetime, days: Days) -> Standing:
    """Return where a member stands who was given a level: it holds until the next review, whatever the points say."""
    moved = msgspec.structs.replace(standing, level_id=level.id, floor_id=level.id, in_grace=False)
    if level.id != standing.level_id:
        moved = msgspec.structs.replace(moved, reached_at=at)
    return planned(group, moved, msgspec.structs.replace(days, reached=days.today))


def counting_anew(group: LevelGroup, standing: Standing, total: Decimal, at: datetime) -> Standing:
    """Return a standing that counts from now on: from zero, or from what is left beyond the level's threshold."""
    how = group.reset.how if group.reset.when != "none" else "to_zero"
    if how == "keep" and group.mode != "period":
        return standing
    counted = total
    if how == "subtract_threshold":
        needed = next((level.threshold for level in group.levels if level.id == standing.level_id), NOTHING)
        counted = min(total, standing.counted + needed)
    return msgspec.structs.replace(standing, counted=counted, counted_since=at)


def next_review(group: LevelGroup, days: Days) -> date | None:
    """Return the first day of review after today; ``None`` where levels are not reviewed."""
    if group.review.kind == "dates":
        tomorrow = days.today + timedelta(days=1)
        return min((_next_day(text, tomorrow) for text in group.review.dates), default=None)
    if group.review.kind == "none" or not group.review.months:
        return None
    origin, step = (days.reached if group.review.start == "level" else days.joined), group.review.months
    apart = (days.today.year - origin.year) * 12 + days.today.month - origin.month
    times = max(1, apart // step)
    while plus_months(origin, times * step) <= days.today:
        times += 1
    return plus_months(origin, times * step)


def next_reset(group: LevelGroup, today: date) -> date | None:
    """Return the first day after today on which counting begins anew; ``None`` where no day does that."""
    if group.reset.when != "date" or group.reset.date is None:
        return None
    return _next_day(group.reset.date, today + timedelta(days=1))


def _moved(group: LevelGroup, standing: Standing, level_id: int | None, at: datetime, days: Days) -> Standing:
    moved = msgspec.structs.replace(standing, level_id=level_id, reached_at=at)
    if group.review.kind == "every" and group.review.start == "level" and not standing.in_grace:
        return planned(group, moved, msgspec.structs.replace(days, reached=days.today))
    return moved


def _counting_anew_on_upgrade(
    group: LevelGroup, moved: Standing, level: Level, total: Decimal, at: datetime
) -> Standing:
    if group.reset.when != "on_upgrade":
        return moved
    return msgspec.structs.replace(counting_anew(group, moved, total, at), floor_id=level.id)


def _step_down(group: LevelGroup, here: int) -> int | None:
    below = [level for level in group.levels if level.position < here]
    return max(below, key=_position).id if below else None


def _position(level: Level) -> int:
    return level.position
