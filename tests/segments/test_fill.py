"""Updatable segments: fillings as jobs, the swap, races, cancelling, death, schedules."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.segments import SegmentSchedule, rules
from fidelia.segments.service import shared
from fidelia.segments.service.recalculate import start, start_due
from fidelia.segments.store import segments as store

from .conftest import ALWAYS, SYSTEM, Shop, compare, every, inverse, member

VIP = compare("profile.vip", "eq", True)


async def runs(shop: Shop, segment: int) -> list[dict[str, Any]]:
    return list((await shop.get(f"/segments/{segment}/history"))["items"])


async def test_filling_again_writes_who_entered_and_left(shop: Shop) -> None:
    made = await shop.updatable(compare("profile.score", "gt", 5))
    path = f"/segments/{made['id']}"
    assert (made["size"], made["last_run"]["state"], made["last_run"]["source"]) == (0, "done", "api")
    for n in (1, 2, 3):
        await shop.api.patch(f"/api/v1/databases/{shop.database}/profiles/{n}", json={"set": {"score": 9}})
    assert await shop.members(made["id"]) == [], "the list is changed by a filling only"
    ended = await shop.run(await shop.post(f"{path}/recalculate", {}, 202))
    assert {key: ended["result"][key] for key in ("size", "entered", "left")} == {"size": 3, "entered": 3, "left": 0}
    await shop.api.patch(f"/api/v1/databases/{shop.database}/profiles/2", json={"set": {"score": 1}})
    await shop.run(await shop.post(f"{path}/recalculate", {}, 202))
    await shop.run(await shop.post(f"{path}/recalculate", {}, 202))
    assert await shop.members(made["id"]) == [1, 3]
    assert await shop.events(made["id"]) == [
        *(("segment.entered", n, "recalculation") for n in (1, 2, 3)),
        ("segment.left", 2, "recalculation"),
    ]
    history = await runs(shop, made["id"])
    assert [(r["size"], r["entered"], r["left"]) for r in history] == [(2, 0, 0), (2, 0, 1), (3, 3, 0), (0, 0, 0)]
    assert all(r["took_ms"] >= 0 and r["state"] == "done" and r["error"] is None for r in history)
    await shop.api.patch(f"/api/v1/databases/{shop.database}/profiles/4", json={"set": {"score": 7}})
    await shop.run(await shop.post(f"{path}/recalculate", {"skip_triggers": True}, 202))
    assert await shop.members(made["id"]) == [1, 3, 4]
    assert len(await shop.events(made["id"])) == 4


async def test_before_its_first_filling_a_segment_has_nobody(shop: Shop) -> None:
    made = await shop.make("updatable", condition=ALWAYS)
    assert await shop.members(made["id"]) == []
    assert await shop.who(inverse(member(made["id"]))) == set(range(1, 13))
    assert await shop.who(member(made["id"]), nodes=True) == set()


async def test_the_first_filling_writes_events_only_when_asked(shop: Shop) -> None:
    quiet = await shop.updatable(VIP)
    assert (quiet["size"], await shop.events(quiet["id"])) == (6, [])


async def test_changed_rules_wait_for_the_next_filling(shop: Shop) -> None:
    made = await shop.updatable(VIP)
    await shop.patch(f"/segments/{made['id']}", {"condition": inverse(VIP)})
    assert await shop.members(made["id"]) == [2, 4, 6, 8, 10, 12]
    await shop.run(await shop.post(f"/segments/{made['id']}/recalculate", {}, 202))
    assert await shop.members(made["id"]) == [1, 3, 5, 7, 9, 11]


async def test_asking_twice_starts_one(shop: Shop) -> None:
    made = await shop.updatable(VIP)
    path = f"/segments/{made['id']}/recalculate"
    replies = await asyncio.gather(*(shop.post(path, {}, 202) for _ in range(6)))
    assert len({reply["job"]["id"] for reply in replies}) == 1
    await shop.run(replies[0])
    assert len(await runs(shop, made["id"])) == 2
    again = await shop.post(path, {}, 202)
    assert again["job"]["id"] != replies[0]["job"]["id"]
    await shop.run(again)


async def test_a_segment_has_one_open_run_at_most(shop: Shop, engines: Engines) -> None:
    """PostgreSQL refuses a second one, whatever the processes believe; a job that is run twice swaps once."""
    made = await shop.make("updatable", condition=VIP)
    with pytest.raises(Problem, match="is being filled at the moment"):
        async with engines.tx() as tx:
            await start(tx, "test", [await store.get(tx, made["id"])], "api", triggers=True)
    job = made["last_run"]["job_id"]
    await asyncio.gather(*(run_job(engines, job) for _ in range(4)))
    assert [r["state"] for r in await runs(shop, made["id"])] == ["done"]
    assert await shop.members(made["id"]) == [2, 4, 6, 8, 10, 12]


async def test_rules_changed_during_a_filling_are_worked_out_anew(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await shop.updatable(VIP)
    real, seen = shared.Shared.people, 0

    async def slow(*args: Any, **more: Any) -> Any:
        nonlocal seen
        seen += 1
        found = await real(*args, **more)
        if seen == 1:
            await shop.patch(f"/segments/{made['id']}", {"condition": inverse(VIP)})
        return found

    monkeypatch.setattr(shared.Shared, "people", slow)
    await shop.patch(f"/segments/{made['id']}", {"condition": every(VIP, ALWAYS)})
    await shop.run(await shop.post(f"/segments/{made['id']}/recalculate", {}, 202))
    assert (seen, await shop.members(made["id"])) == (2, [1, 3, 5, 7, 9, 11])


async def test_a_cancelled_filling_leaves_the_list(
    shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await shop.updatable(VIP)
    path = f"/segments/{made['id']}"
    await shop.patch(path, {"condition": ALWAYS})
    asked = asyncio.Event()

    async def endless(self: shared.Shared, question: Any) -> Any:
        asked.set()
        return await engines.clickhouse.bitmap(
            "select groupBitmapState(toUInt32(sipHash64(number))) from numbers(1000000000000)", tag=self.tag
        )

    monkeypatch.setattr(shared.Shared, "people", endless)
    job = (await shop.post(f"{path}/recalculate", {}, 202))["job"]["id"]
    work = asyncio.create_task(run_job(engines, job))
    await asyncio.wait_for(asked.wait(), 60)
    await shop.post(f"/jobs/{job}/cancel")
    await asyncio.wait_for(work, 60)
    assert (await shop.get(f"/jobs/{job}"))["state"] == "cancelled"
    last = (await runs(shop, made["id"]))[0]
    assert (last["state"], last["size"], last["error"]) == ("cancelled", None, None)
    assert await shop.members(made["id"]) == [2, 4, 6, 8, 10, 12]
    monkeypatch.undo()
    await shop.run(await shop.post(f"{path}/recalculate", {}, 202))
    assert len(await shop.members(made["id"])) == 12


async def test_a_filling_cancelled_before_it_began_is_noted(shop: Shop) -> None:
    made = await shop.updatable(VIP)
    path = f"/segments/{made['id']}"
    job = (await shop.post(f"{path}/recalculate", {}, 202))["job"]["id"]
    await shop.post(f"/jobs/{job}/cancel")
    again = await shop.post(f"{path}/recalculate", {}, 202)
    assert again["job"]["id"] != job
    await shop.run(again)
    assert [r["state"] for r in await runs(shop, made["id"])] == ["done", "cancelled", "done"]


async def test_a_failed_filling_keeps_the_list_and_says_why(shop: Shop, engines: Engines) -> None:
    inner = await shop.make("dynamic", condition=VIP)
    made = await shop.updatable(member(inner["id"]))
    job = (await shop.post(f"/segments/{made['id']}/recalculate", {}, 202))["job"]["id"]
    wrong = '{"kind": "compare", "field": "profile.gone", "op": "eq", "value": "x"}'
    async with engines.tx() as tx:
        await tx.execute(
            sa.text("update segment set condition = cast(:c as jsonb) where id = :id"), {"c": wrong, "id": inner["id"]}
        )
    await run_job(engines, job)
    ended = await shop.get(f"/jobs/{job}")
    assert ended["state"] == "failed"
    assert "profile.gone" in ended["error"]
    last = (await runs(shop, made["id"]))[0]
    assert last["state"] == "failed"
    assert inner["name"] in last["error"]
    assert len(await shop.members(made["id"])) == 6
    assert (await shop.post(f"/segments/{made['id']}/recalculate", {}, 409))["segment"] == inner["id"]


async def test_a_killed_filling_begins_again(shop: Shop, engines: Engines) -> None:
    """The process dies in the middle: the list is intact, the run goes on under the same number."""
    made = await shop.updatable(VIP)
    await shop.patch(f"/segments/{made['id']}", {"condition": ALWAYS})
    job = (await shop.post(f"/segments/{made['id']}/recalculate", {}, 202))["job"]["id"]
    work = asyncio.create_task(run_job(engines, job))
    await asyncio.sleep(0)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert len(await shop.members(made["id"])) == 6
    await run_job(engines, job)
    history = await runs(shop, made["id"])
    assert [(r["state"], r["size"]) for r in history] == [("done", 12), ("done", 6)]
    await run_job(engines, job)
    assert len(await runs(shop, made["id"])) == 2


async def test_a_job_that_was_given_up_is_noted_as_failed(shop: Shop, engines: Engines) -> None:
    made = await shop.updatable(VIP)
    job = (await shop.post(f"/segments/{made['id']}/recalculate", {}, 202))["job"]["id"]
    async with engines.tx() as tx:
        await jobs.store.fail(tx, job, "Its process died 3 times")
    await start_due(engines)
    last = (await runs(shop, made["id"]))[0]
    assert (last["state"], last["error"]) == ("failed", "Its process died 3 times")


# -- schedules ------------------------------------------------------------------------------------------------------


async def test_due_segments_are_filled_in_the_order_they_need(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    schedule = {"at": "14:00"}
    a = await shop.updatable(ALWAYS, schedule=schedule)
    b = await shop.updatable(VIP, schedule=schedule)
    via = await shop.make("dynamic", condition=inverse(member(b["id"])))
    await shop.patch(f"/segments/{a['id']}", {"condition": every(member(via["id"]))})
    await shop.patch(f"/segments/{b['id']}", {"condition": inverse(VIP)})
    other = await shop.updatable(ALWAYS, schedule={"at": "14:01", "weekdays": ["tuesday"]})
    assert await start_due(engines) == []
    clock.set(datetime(2026, 11, 16, 13, 0, tzinfo=UTC))
    assert await start_due(engines) == [b["id"], a["id"]], "what others read comes first"
    assert await start_due(engines) == []
    detail = await shop.get(f"/segments/{b['id']}")
    assert detail["next_run_at"] == "2026-11-17T13:00:00Z"
    assert (detail["last_run"]["source"], detail["last_run"]["actor"]) == ("schedule", "Schedule")
    ended = await shop.run(detail)
    assert {key: ended["result"][key] for key in ("segments", "done", "failed")} == {
        "segments": 2,
        "done": 2,
        "failed": 0,
    }
    assert (ended["done"], ended["total"]) == (2, 2)
    assert await shop.members(b["id"]) == [1, 3, 5, 7, 9, 11]
    assert await shop.members(a["id"]) == [2, 4, 6, 8, 10, 12], "it reads the list that was made a moment before"
    clock.set(datetime(2026, 11, 17, 13, 1, tzinfo=UTC))
    assert await start_due(engines) == [b["id"], other["id"], a["id"]]
    ended = await shop.run(await shop.get(f"/segments/{a['id']}"))
    assert ended["result"]["skipped"] == 3
    assert await start_due(engines) == []


async def test_what_reads_a_list_in_the_making_waits_for_it(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    b = await shop.updatable(VIP)
    a = await shop.updatable(member(b["id"]), schedule={"at": "14:00"})
    await shop.patch(f"/segments/{b['id']}", {"condition": inverse(VIP)})
    by_hand = await shop.post(f"/segments/{b['id']}/recalculate", {}, 202)
    clock.set(datetime(2026, 11, 16, 13, 0, tzinfo=UTC))
    assert await start_due(engines) == []
    await shop.run(by_hand)
    last = (await shop.get(f"/segments/{a['id']}"))["last_run"]
    assert (last["state"], last["source"]) == ("queued", "schedule"), "the end of one begins the next"
    await run_job(engines, last["job_id"])
    assert await shop.members(a["id"]) == [1, 3, 5, 7, 9, 11]


async def test_runs_that_were_missed_are_made_up_for_once(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    made = await shop.updatable(VIP, schedule={"at": "14:00"})
    clock.set(datetime(2026, 11, 26, 18, 0, tzinfo=UTC))
    assert made["id"] in await start_due(engines)
    assert await start_due(engines) == []
    detail = await shop.get(f"/segments/{made['id']}")
    assert detail["next_run_at"] == "2026-11-27T13:00:00Z"
    await shop.run(detail)
    assert len(await runs(shop, made["id"])) == 2


async def test_after_its_last_day_a_segment_rests(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    made = await shop.updatable(VIP, schedule={"at": "14:00", "until": "2026-11-17"})
    for day in (16, 17):
        clock.set(datetime(2026, 11, day, 13, 0, tzinfo=UTC))
        assert made["id"] in await start_due(engines)
        await shop.run(await shop.get(f"/segments/{made['id']}"))
    clock.set(datetime(2026, 12, 24, 13, 0, tzinfo=UTC))
    assert made["id"] not in await start_due(engines)
    assert (await shop.get(f"/segments/{made['id']}"))["next_run_at"] is None


async def test_an_archived_segment_is_not_filled(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    made = await shop.updatable(VIP, schedule={"at": "14:00"})
    await shop.api.delete(f"/api/v1/segments/{made['id']}")
    clock.advance(timedelta(days=3))
    assert made["id"] not in await start_due(engines)
    await shop.post(f"/segments/{made['id']}/recalculate", {}, 409)
    assert (await shop.post(f"/segments/{made['id']}/restore"))["next_run_at"] == "2026-11-19T13:00:00Z"


async def test_without_a_schedule_nothing_is_due(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    made = await shop.updatable(VIP, schedule={"at": "14:00"})
    assert (await shop.patch(f"/segments/{made['id']}", {"schedule": None}))["next_run_at"] is None
    clock.advance(timedelta(days=2))
    assert made["id"] not in await start_due(engines)


def test_every_day_runs_once_through_the_changes_of_the_clock() -> None:
    """For three years, in zones with odd changes: one run a day, at the time of day wherever that exists."""
    for zone in ("Europe/Oslo", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Asia/Kathmandu"):
        for at in ("00:00", "00:30", "02:00", "02:30", "23:59"):
            moment = datetime(2025, 12, 31, 23, 59, tzinfo=UTC)
            days: list[date] = []
            for _ in range(3 * 365):
                due = rules.next_run(SegmentSchedule(at=at), moment, zone)
                assert due is not None
                assert due > moment
                local = due.astimezone(ZoneInfo(zone))
                days.append(local.date())
                exists = datetime.combine(local.date(), local.time(), ZoneInfo(zone))
                assert exists.astimezone(UTC) == due or exists.fold == 0
                moment = due
            assert len(set(days)) == len(days), (zone, at)
            assert (days[-1] - days[0]).days == len(days) - 1, (zone, at)


def test_clocks_forward_and_back() -> None:
    night = SegmentSchedule(at="02:30", timezone="Europe/Oslo")
    forward = rules.next_run(night, datetime(2026, 3, 28, 12, tzinfo=UTC), "UTC")
    assert forward == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30: there is no 02:30 that day
    back = rules.next_run(night, datetime(2026, 10, 24, 12, tzinfo=UTC), "UTC")
    assert back == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first of the two
    assert rules.next_run(night, back, "UTC") == datetime(2026, 10, 26, 1, 30, tzinfo=UTC)


def test_weekdays_and_the_last_day() -> None:
    some = SegmentSchedule(at="09:00", weekdays=["monday", "friday"], until=date(2026, 11, 23))
    moment = datetime(2026, 11, 16, 12, tzinfo=UTC)  # a Monday
    found = []
    while (due := rules.next_run(some, moment, "UTC")) is not None:
        found.append(due.date())
        moment = due
    assert found == [date(2026, 11, 20), date(2026, 11, 23)]


def test_whose_turn_it_is() -> None:
    reads = {1: frozenset[int](), 2: frozenset({1}), 3: frozenset({2, 1}), 4: frozenset({9}), 5: frozenset[int]()}
    assert rules.turns(reads, frozenset()) == [[1, 4, 5], [2], [3]]
    assert rules.turns(reads, frozenset({9, 5})) == [[1], [2], [3]]
    assert rules.turns({2: frozenset({1}), 3: frozenset({2, 1})}, frozenset({1})) == []
    circle = {1: frozenset({2, 1}), 2: frozenset({1, 2})}
    assert rules.turns(circle, frozenset()) == [[1], [2]]
    assert rules.turns({}, frozenset()) == []


async def test_a_system_actor_makes_updatable_segments_too(shop: Shop, engines: Engines) -> None:
    from fidelia import segments
    from fidelia.conditions import decode

    async with engines.tx() as tx:
        made = await segments.create_segment(
            tx,
            SYSTEM,
            segments.Definition(
                database_id=shop.database, name="By the system", type="updatable", condition=decode(VIP)
            ),
        )
    run = (await runs(shop, made.id))[0]
    assert (run["source"], run["state"]) == ("system", "queued")
