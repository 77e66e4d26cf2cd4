"""Dates and anniversaries: the right day in the database's time zone, once, also over leap years and after a stop."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.messages.kinds.trigger import rules
from fidelia.messages.kinds.trigger.model import DateTrigger

from .world import World

BIRTHDAY = {"kind": "date", "field": "birth_date", "yearly": True}


async def born(world: World, **days: str) -> None:
    """Give people (``p3="1990-02-28"``) a date of birth."""
    for name, day in days.items():
        path = f"/api/v1/databases/{world.database}/profiles/{name[1:]}"
        await world.ok(await world.api.patch(path, json={"set": {"birth_date": day}}))


async def over(world: World, start: datetime, end: datetime, step: timedelta = timedelta(hours=6)) -> None:
    """Let time pass."""
    world.clock.set(start)
    while world.clock.now() < end:
        world.clock.advance(step)
        await world.catch()


async def test_birthdays_over_a_leap_year(world: World) -> None:
    await born(world, p1="1990-02-28", p2="1992-02-29", p3="1991-03-01", p4="1990-07-01")
    world.clock.set(datetime(2027, 2, 20, tzinfo=UTC))
    mailing = await world.begin([BIRTHDAY])
    await over(world, datetime(2027, 2, 27, tzinfo=UTC), datetime(2027, 3, 2, tzinfo=UTC))
    assert await world.who(mailing) == [1, 2, 3], "2027 has no 29 February: it counts on the 28th"
    assert await world.due(mailing) == [
        datetime(2027, 2, 28, 12, tzinfo=UTC),
        datetime(2027, 2, 28, 12, tzinfo=UTC),
        datetime(2027, 3, 1, 12, tzinfo=UTC),
    ], "found at the next look after 9 o'clock"
    world.clock.set(datetime(2028, 2, 28, tzinfo=UTC))
    await over(world, datetime(2028, 2, 28, tzinfo=UTC), datetime(2028, 2, 28, 18, tzinfo=UTC))
    assert await world.who(mailing) == [1, 1, 2, 3]
    await over(world, datetime(2028, 2, 28, 18, tzinfo=UTC), datetime(2028, 3, 2, tzinfo=UTC))
    assert await world.who(mailing) == [1, 1, 2, 2, 3, 3], "2028 has one"


async def test_days_before_and_after_in_the_databases_zone(world: World) -> None:
    await world.ok(await world.api.patch(f"/api/v1/databases/{world.database}", json={"timezone": "America/New_York"}))
    await born(world, p1="1990-06-10", p2="1990-06-11")
    world.clock.set(datetime(2027, 6, 1, tzinfo=UTC))
    before = await world.begin([{**BIRTHDAY, "days": -3, "at": "23:30"}])
    after = await world.begin([{**BIRTHDAY, "days": 1, "at": "00:15", "wait": 60}])
    # 23:30 on 7 June in New York is 03:30 on 8 June in UTC.
    await over(world, datetime(2027, 6, 8, 3, tzinfo=UTC), datetime(2027, 6, 8, 4, tzinfo=UTC), timedelta(minutes=30))
    assert (await world.who(before), await world.who(after)) == ([1], [])
    await over(world, datetime(2027, 6, 11, 4, tzinfo=UTC), datetime(2027, 6, 11, 5, tzinfo=UTC), timedelta(minutes=15))
    assert await world.who(after) == [1]
    assert await world.due(after) == [datetime(2027, 6, 11, 5, 15, tzinfo=UTC)]


async def test_a_date_once_and_days_after_somebody_joined(world: World) -> None:
    field = {"name": "visit", "type": "datetime", "label": "Visit"}
    await world.ok(await world.api.post(f"/api/v1/databases/{world.database}/fields", json=field), 201)
    path = f"/api/v1/databases/{world.database}/profiles/5"
    await world.ok(await world.api.patch(path, json={"set": {"visit": "2026-11-20T23:30:00Z"}}))
    mailing = await world.begin(
        [{"kind": "date", "field": "visit", "days": -1}, {"kind": "date", "field": "created_at", "days": 7}]
    )
    now = world.clock.now()
    await over(world, now, now + timedelta(days=6))
    assert await world.who(mailing) == [5]
    await over(world, now + timedelta(days=6), now + timedelta(days=9))
    assert sorted(await world.who(mailing)) == [1, 2, 3, 4, 5, 5, *range(6, 21)]
    await over(world, now + timedelta(days=365), now + timedelta(days=367))
    assert len(await world.who(mailing)) == 21, "not yearly"


async def test_a_date_that_passed_while_nothing_ran(world: World) -> None:
    now = world.clock.now()
    await born(world, p1=(now.date() + timedelta(days=2)).isoformat(), p2=(now.date() + timedelta(days=8)).isoformat())
    mailing = await world.begin([BIRTHDAY])
    world.clock.set(now + timedelta(days=10))
    await world.catch()
    assert await world.who(mailing) == [2], "two days late is better than never, eight are not"
    await world.catch()
    assert await world.who(mailing) == [2]


async def test_filter_pause_and_stop(world: World) -> None:
    now = world.clock.now()
    day = (now.date() + timedelta(days=1)).isoformat()
    await born(world, p1=day, p2=day, p3=day)
    segment = await world.segment(type="static")
    await world.ok(await world.api.post(f"/api/v1/segments/{segment}/members/add", json={"profile_ids": [2, 3]}))
    mailing = await world.begin([BIRTHDAY], segment_id=segment)
    stopped = await world.begin([BIRTHDAY])
    await world.act(mailing, "pause")
    await world.act(stopped, "stop")
    await over(world, now, now + timedelta(days=2))
    assert await world.who(mailing) == [2, 3], "they wait"
    assert await world.who(stopped) == []
    await world.deliver(mailing)
    assert world.sink.accepted.total() == 0
    await world.act(mailing, "resume")
    await world.deliver(mailing)
    assert (await world.report(mailing))["sent"] == 2


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Berlin", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
)
@settings(deadline=None)
@given(
    first=st.dates(date(2025, 1, 1), date(2030, 1, 1)),
    cuts=st.lists(st.integers(1, 50), min_size=1, max_size=20),
    hour=st.integers(0, 23),
    days=st.integers(-40, 40),
)
def test_every_day_has_one_moment_however_time_is_cut(
    zone: str, first: date, cuts: list[int], hour: int, days: int
) -> None:
    trigger = DateTrigger("birth_date", days=days, at=f"{hour:02}:30")
    at = start = datetime(first.year, first.month, first.day, 7, tzinfo=UTC)
    found: list[date] = []
    for hours in cuts:
        found += [day for _, day in rules.moments(trigger, at, at + timedelta(hours=hours), zone)]
        at += timedelta(hours=hours)
    whole = [day for _, day in rules.moments(trigger, start, at, zone)]
    assert found == whole
    assert len(set(found)) == len(found)
    for moment, day in rules.moments(trigger, start, at, zone):
        local = moment.astimezone(ZoneInfo(zone))
        assert local.date() - timedelta(days=days) == day
        assert abs((local.hour * 60 + local.minute) - (hour * 60 + 30)) in (0, 60), "but for the hour that is left out"
