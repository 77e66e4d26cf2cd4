"""Levels as members live them: up at once, down at review, time given, counting anew; a job that may be killed."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from fidelia.kernel.errors import Problem
from fidelia.loyalty import ledger, members
from fidelia.loyalty.members.service import work

from .conftest import PEOPLE, Desk

YEARLY = {"kind": "dates", "dates": ["01-01"]}
PERIOD = {"mode": "period", "review": YEARLY, "downgrade": "one_step"}


async def make(desk: Desk, **group: object) -> None:
    await desk.make(group)
    await desk.activate()


async def test_up_at_once_and_never_down_without_a_review(desk: Desk) -> None:
    await make(desk)
    await desk.earn(1, 499)
    assert await desk.level(1) == "basic"
    await desk.earn(1, 1)
    assert await desk.level(1) == "silver"
    await desk.earn(2, 1500)
    assert await desk.level(2) == "gold"
    assert await desk.moves(2) == [(None, "Basic", "joined"), ("Basic", "Gold", "points")]
    assert (await desk.standing(1)).review_on is None
    found = (await desk.get(f"{desk.path}/members/1"))["member"]["levels"][0]
    assert (found["level"], found["points"], found["next"], found["missing"]) == ("Silver", "500", "Gold", "1000")
    top = (await desk.get(f"{desk.path}/members/2"))["member"]["levels"][0]
    assert (top["next"], top["missing"]) == (None, None)


async def test_points_count_once_they_are_active(desk: Desk) -> None:
    await make(desk)
    await desk.call("PATCH", f"{desk.path}/points/{desk.miles}", {"delay": "P14D"})
    await desk.earn(1, 600)
    assert await desk.level(1) == "basic"
    desk.go("2026-12-01T12:00:00+00:00")
    async with desk.engines.tx() as tx:
        await members.settle_levels(tx, desk.program, [1])
    assert await desk.level(1) == "silver"


async def test_points_taken_back_lead_down_again_but_not_below_where_counting_began(desk: Desk) -> None:
    await make(desk, downgrade="to_earned")
    async with desk.engines.tx() as tx:
        await members.require(tx, desk.program, [1])
        row = ledger.Accrual(profile_id=1, point_type_id=desk.miles, amount=ledger.NOTHING.total + 600)
        (made,) = await ledger.accrue(tx, desk.program, [row])
        await members.settle_levels(tx, desk.program, [1])
    assert await desk.level(1) == "silver"
    await desk.lose(1, made.id, 200)
    assert await desk.level(1) == "basic"
    path = f"{desk.path}/members/1/level"
    gold = (await desk.get(f"{desk.path}/level-groups"))["items"][0]["levels"][2]["id"]
    await desk.call("POST", path, {"level_id": gold, "reason": "A good friend"})
    await desk.lose(1, made.id, 100)
    assert await desk.level(1) == "gold"  # what was given is not earned, so nothing takes it back before a review
    assert (await desk.moves(1))[-1] == ("Basic", "Gold", "grant")


async def test_a_period_ends_with_a_review_one_step_down(desk: Desk) -> None:
    await make(desk, **PERIOD)
    for profile, miles in ((1, 2000), (2, 600)):
        await desk.earn(profile, miles)
    assert (await desk.standing(1)).review_on == date(2027, 1, 1)
    assert await desk.review() == []
    desk.go("2026-12-31T23:30:00+00:00")  # half past midnight of 1 January in Oslo
    (done,) = await desk.review()
    assert done == {"seen": PEOPLE, "raised": 0, "lowered": 0, "kept": PEOPLE, "graced": 0, "day": "2027-01-01"}
    await desk.earn(1, 700)
    desk.go("2028-01-01T08:00:00+00:00")
    (done,) = await desk.review()
    assert (done["seen"], done["lowered"], done["kept"]) == (PEOPLE, 2, PEOPLE - 2)
    assert (await desk.level(1), await desk.level(2)) == ("silver", "basic")
    assert (await desk.moves(1))[-1] == ("Gold", "Silver", "review")
    standing = await desk.standing(1)
    assert (standing.counted, standing.review_on, standing.reviewed_on) == (2700, date(2029, 1, 1), date(2028, 1, 1))
    reviews = (await desk.get(f"{desk.path}/members/summary"))["reviews"]
    assert [(day["day"], day["lowered"], day["finished_at"] is not None) for day in reviews] == [
        ("2028-01-01", 2, True),
        ("2027-01-01", 0, True),
    ]


async def test_the_same_day_again_changes_nothing(desk: Desk) -> None:
    await make(desk, **PERIOD)
    await desk.earn(1, 2000)
    desk.go("2027-01-01T08:00:00+00:00")
    await desk.review()
    desk.go("2028-01-01T08:00:00+00:00")
    await desk.review()
    before = [await desk.standing(profile) for profile in range(1, PEOPLE + 1)], await desk.moves(1)
    assert await desk.review() == []
    async with desk.engines.tx() as tx:
        args = {"group_id": desk.group, "program_id": desk.program, "kind": "review"}
        job = await work.jobs.create(tx, kind=work.REVIEW, title="Again", actor="test", args=args)
    assert (await desk.work(job.id))["seen"] == 0
    assert ([await desk.standing(profile) for profile in range(1, PEOPLE + 1)], await desk.moves(1)) == before


async def test_a_review_that_was_broken_off_goes_on_where_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    await make(desk, **PERIOD, grace_days=0)
    for profile in range(1, PEOPLE + 1):
        await desk.earn(profile, 600)
    desk.go("2027-01-01T08:00:00+00:00")
    await desk.review()
    desk.go("2028-01-01T08:00:00+00:00")
    monkeypatch.setattr(work, "AT_ONCE", 7)
    parts = 0
    judge = work.judge

    async def dying(*args: object, **more: object) -> object:
        nonlocal parts
        parts += 1
        if parts == 3:
            raise asyncio.CancelledError  # the process goes down in the middle of the third part
        return await judge(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(work, "judge", dying)
    await work.tick_reviews(desk.engines)
    job = next(j for j in (await desk.get("/jobs?state=queued"))["items"] if j["kind"] == work.REVIEW)
    with pytest.raises(asyncio.CancelledError):
        await work.run_review(
            await context(desk, job["id"]), group_id=desk.group, program_id=desk.program, kind="review"
        )
    assert [await desk.level(profile) for profile in (1, 14, 15, 30)] == ["basic", "basic", "silver", "silver"]
    done = await desk.work(job["id"])
    assert (done["seen"], done["lowered"]) == (PEOPLE - 14, PEOPLE - 14)
    assert {await desk.level(profile) for profile in range(1, PEOPLE + 1)} == {"basic"}
    assert [move for profile in (1, 20) for move in await desk.moves(profile)].count(("Silver", "Basic", "review")) == 2
    (day, *_) = (await desk.get(f"{desk.path}/members/summary"))["reviews"]
    assert (day["reviewed"], day["lowered"]) == (PEOPLE, PEOPLE)


async def context(desk: Desk, job_id: str) -> work.JobContext:
    return work.JobContext(desk.engines, job_id, actor="test", database_id=desk.database, attempt=1)


async def test_days_of_grace(desk: Desk) -> None:
    await make(desk, **{**PERIOD, "downgrade": "to_earned", "grace_days": 30})
    await desk.earn(1, 2000)
    await desk.earn(2, 2000)
    desk.go("2027-01-01T08:00:00+00:00")
    await desk.review()
    desk.go("2028-01-01T08:00:00+00:00")
    (done,) = await desk.review()
    assert (done["graced"], done["lowered"]) == (2, 0)
    standing = await desk.standing(1)
    assert (standing.in_grace, standing.review_on) == (True, date(2028, 1, 31))
    await desk.earn(1, 1500)
    desk.go("2028-01-31T08:00:00+00:00")
    (done,) = await desk.review()
    assert (done["seen"], done["kept"], done["lowered"]) == (2, 1, 1)
    assert (await desk.level(1), await desk.level(2)) == ("gold", "basic")
    assert (await desk.standing(1)).review_on == date(2029, 1, 1)


async def test_reviews_count_from_joining(desk: Desk) -> None:
    review = {"kind": "every", "months": 12, "start": "join"}
    await make(desk, mode="period", review=review, downgrade="to_earned")
    assert (await desk.standing(1)).review_on == date(2027, 11, 16)


async def test_counting_anew_on_a_day_and_on_every_level(desk: Desk) -> None:
    await make(desk, reset={"when": "date", "how": "to_zero", "date": "07-01"})
    await desk.earn(1, 600)
    desk.go("2027-07-01T08:00:00+00:00")
    (done,) = await desk.review()
    assert done["seen"] == PEOPLE
    await desk.earn(1, 100)
    found = (await desk.get(f"{desk.path}/members/1"))["member"]["levels"][0]
    assert (found["level"], found["points"], found["missing"]) == ("Silver", "100", "1400")
    assert (await desk.standing(1)).reset_on == date(2028, 7, 1)


async def test_a_level_reached_costs_its_threshold_where_the_group_says_so(desk: Desk) -> None:
    await make(desk, reset={"when": "on_upgrade", "how": "subtract_threshold"})
    await desk.earn(1, 600)
    found = (await desk.get(f"{desk.path}/members/1"))["member"]["levels"][0]
    assert (found["level"], found["points"], found["missing"]) == ("Silver", "100", "1400")


async def test_a_change_tells_whom_it_moves_and_moves_them(desk: Desk) -> None:
    await make(desk)
    for profile in (1, 2, 3):
        await desk.earn(profile, 450)
    group = (await desk.get(f"{desk.path}/level-groups"))["items"][0]
    levels = [{"name": lv["name"], "key": lv["key"], "threshold": lv["threshold"]} for lv in group["levels"]]
    levels[1]["threshold"] = "400"
    path = f"{desk.path}/level-groups/{desk.group}"
    effect = await desk.call("POST", f"{path}/effect", {"levels": levels})
    assert effect == {
        "members": PEOPLE,
        "moves": [{"from_level": "Basic", "to_level": "Silver", "members": 3}],
    }
    assert await desk.level(1) == "basic"
    await desk.call("PATCH", path, {"levels": levels})
    await desk.settle_jobs()
    assert [await desk.level(profile) for profile in (1, 2, 3, 4)] == ["silver", "silver", "silver", "basic"]
    assert (await desk.moves(1))[-1] == ("Basic", "Silver", "settings")
    # A level that members are on is not taken away from under them; one that nobody is on goes.
    reply = await desk.call("PATCH", path, {"levels": [levels[0], levels[2]]}, 409)
    assert "Members are on the level Silver" in reply["detail"]
    await desk.call("PATCH", path, {"levels": levels[:2]})


async def test_sixty_four_at_once_reach_a_level_once(desk: Desk) -> None:
    await make(desk)
    limit = asyncio.Semaphore(5)

    async def one(number: int) -> None:
        async with limit:
            await desk.earn(1, 10, reference=f"order-{number}")

    await asyncio.gather(*(one(number) for number in range(64)))
    assert await desk.level(1) == "silver"
    assert await desk.moves(1) == [(None, "Basic", "joined"), ("Basic", "Silver", "points")]


async def test_a_level_is_given_with_a_reason(desk: Desk) -> None:
    await make(desk)
    levels = (await desk.get(f"{desk.path}/level-groups"))["items"][0]["levels"]
    path = f"{desk.path}/members/1/level"
    refused = await desk.call("POST", path, {"level_id": levels[1]["id"], "reason": " "}, 422)
    assert refused["errors"][0]["pointer"] == "/reason"
    await desk.call("POST", path, {"level_id": 9999, "reason": "x"}, 404)
    found = await desk.call("POST", path, {"level_id": levels[1]["id"], "reason": "A complaint made good"})
    assert found["member"]["levels"][0]["level"] == "Silver"
    assert found["moves"][0]["reason"].endswith("A complaint made good")
    async with desk.engines.tx() as tx:
        assert not await members.grant_level(tx, desk.program, [1], levels[0]["id"], reason="promotion 1")
        with pytest.raises(Problem):
            await members.grant_level(tx, desk.program, [1], 9999, reason="promotion 1")
