"""Recalculation: what is skipped and when, many in one job, cancelled ones, erased people, the history it leaves."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import profiles
from fidelia.kernel.clock import FixedClock
from fidelia.platform.clickhouse import QueryTooLarge
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.segments import forget_people
from fidelia.segments.projection import rebuild
from fidelia.segments.service import answer, shared, upkeep
from fidelia.segments.service.recalculate import start
from fidelia.segments.store import runs as runs_store
from fidelia.segments.store import segments as store

from .conftest import ALWAYS, SYSTEM, Shop, compare, every, inverse, member

VIP = compare("profile.vip", "eq", True)
QUIZ = {"kind": "occurred", "event": "custom.quiz", "within": {"last": "P30D"}}
TODAY = compare("profile.since", "in_last", "P7D")


async def again(shop: Shop, segment: int, **how: Any) -> Any:
    return await shop.run(await shop.post(f"/segments/{segment}/recalculate", how, 202))


async def skipped(shop: Shop, segment: int, **how: Any) -> bool:
    ended = await again(shop, segment, **how)
    assert ended["state"] == "done", ended["error"]
    run = (await shop.get(f"/segments/{segment}/history"))["items"][0]
    assert run["state"] == "done"
    assert run["skipped"] == bool(ended["result"]["skipped"])
    return bool(run["skipped"])


# -- what is skipped ------------------------------------------------------------------------------------------------


async def test_nothing_is_done_while_nothing_has_changed(shop: Shop, clock: FixedClock) -> None:
    made = await shop.updatable(VIP)
    assert await skipped(shop, made["id"])
    run = (await shop.get(f"/segments/{made['id']}/history"))["items"][0]
    assert (run["size"], run["entered"], run["left"]) == (6, 0, 0)
    clock.advance(timedelta(days=3))
    assert await skipped(shop, made["id"]), "no time stands in these rules"
    assert (await shop.get(f"/segments/{made['id']}"))["calculated_at"] == "2026-11-19T12:00:00Z"
    await shop.post(
        "/events",
        {
            "database": shop.database,
            "events": [{"id": "s1", "type": "custom.other", "at": "2026-11-16T10:00:00Z", "profile": 1}],
        },
        202,
    )
    assert await skipped(shop, made["id"]), "events are not read"
    await shop.api.patch(f"/api/v1/databases/{shop.database}/profiles/3", json={"set": {"score": 77}})
    assert not await skipped(shop, made["id"]), "profiles are read"
    assert await skipped(shop, made["id"])
    assert not await skipped(shop, made["id"], force=True)
    clock.advance(timedelta(days=8))
    assert not await skipped(shop, made["id"]), "once a week it is worked out anyway"


async def test_changed_rules_are_never_skipped(shop: Shop) -> None:
    made = await shop.updatable(VIP)
    for change in ({"condition": inverse(VIP)}, {"limit": 3}, {"range": {"from": 0, "to": 50}}):
        assert await skipped(shop, made["id"])
        await shop.patch(f"/segments/{made['id']}", change)
        assert not await skipped(shop, made["id"]), change
    await shop.patch(f"/segments/{made['id']}", {"name": "Only another name"})
    assert await skipped(shop, made["id"])


async def test_a_window_that_moves_is_never_skipped_and_one_of_days_until_midnight(
    shop: Shop, clock: FixedClock
) -> None:
    moving = await shop.updatable(QUIZ)
    daily = await shop.updatable(TODAY)
    assert await skipped(shop, moving["id"]), "the very same moment"
    clock.advance(timedelta(seconds=1))
    assert not await skipped(shop, moving["id"])
    assert await skipped(shop, daily["id"])
    clock.set(datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC))
    assert await skipped(shop, daily["id"])
    clock.set(datetime(2026, 11, 16, 23, 0, 0, tzinfo=UTC))  # midnight in Oslo
    assert not await skipped(shop, daily["id"])


async def test_a_skip_never_hides_somebody(shop: Shop, clock: FixedClock) -> None:
    """Nobody writes anything, yet people leave by time alone: each run must tell the truth."""
    made = await shop.updatable(QUIZ)
    for days in range(0, 40, 3):
        clock.set(datetime(2026, 11, 16, 12, tzinfo=UTC) + timedelta(days=days))
        await again(shop, made["id"])
        assert set(await shop.members(made["id"])) == await shop.who(QUIZ), days


async def test_lists_that_are_read_count_and_no_others(shop: Shop) -> None:
    inner, stranger = await shop.make("static"), await shop.make("static")
    via = await shop.make("dynamic", condition=inverse(member(inner["id"])))
    made = await shop.updatable(member(via["id"]))
    await shop.post(f"/segments/{stranger['id']}/members/add", {"profile_ids": [1]})
    assert await skipped(shop, made["id"])
    await shop.post(f"/segments/{inner['id']}/members/add", {"profile_ids": [1, 2]})
    assert not await skipped(shop, made["id"])
    assert await shop.members(made["id"]) == list(range(3, 13))
    await shop.patch(f"/segments/{via['id']}", {"condition": member(inner["id"])})
    assert not await skipped(shop, made["id"]), "the rules of a segment it reads"
    assert await shop.members(made["id"]) == [1, 2]


async def test_after_a_rebuild_every_list_is_worked_out(shop: Shop, engines: Engines) -> None:
    made = await shop.updatable(VIP)
    assert await skipped(shop, made["id"])
    await engines.catch_up()
    await engines.clickhouse.command("truncate table segment_bitmaps sync")
    await rebuild(engines, shop.database)
    assert await shop.who(member(made["id"])) == {2, 4, 6, 8, 10, 12}
    assert not await skipped(shop, made["id"])


# -- rounds ---------------------------------------------------------------------------------------------------------


async def start_round(engines: Engines, ids: list[int], **how: Any) -> str:
    async with engines.tx() as tx:
        found = {s.id: s for s in await store.some(tx, ids)}
        job = await start(
            tx, "test", [found[id_] for id_ in ids], "schedule", triggers=how.pop("triggers", True), **how
        )
        return job.id


async def test_a_round_agrees_with_single_questions(shop: Shop, engines: Engines) -> None:
    conditions = [
        VIP,
        QUIZ,
        every(VIP, inverse(QUIZ)),
        every(inverse({"kind": "related", "link": "orders"}), compare("profile.age", "gt", 30)),
        {"kind": "occurred", "event": "custom.quiz", "count": {"op": "lte", "value": 1}},
    ]
    dynamic = await shop.make("dynamic", condition=every(QUIZ, VIP), limit=2)
    conditions += [member(dynamic["id"]), inverse(member(dynamic["id"]))]
    made = [(await shop.updatable(ALWAYS))["id"] for _ in conditions]
    for id_, condition in zip(made, conditions, strict=True):
        await shop.patch(f"/segments/{id_}", {"condition": condition})
    await shop.patch(f"/segments/{made[0]}", {"limit": 3, "range": {"from": 5, "to": 95}})
    await run_job(engines, await start_round(engines, made))
    for id_, condition in zip(made, conditions, strict=True):
        more = {"segment_limit": 3, "range": {"from": 5, "to": 95}} if id_ == made[0] else {}
        assert set(await shop.members(id_)) == await shop.who(condition, **more), condition


async def test_a_rule_is_asked_once_for_all(shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [(await shop.updatable(ALWAYS))["id"] for _ in range(6)]
    for n, id_ in enumerate(made):
        own = compare("profile.age", "gt", 20 + n)
        await shop.patch(f"/segments/{id_}", {"condition": every(QUIZ, VIP, own)})
    asked: list[str] = []
    real = type(engines.clickhouse).raw

    async def spy(self: Any, sql: str, fmt: str, *args: Any, **more: Any) -> bytes:
        if "groupBitmapState" in sql:
            asked.append(sql)
        return await real(self, sql, fmt, *args, **more)

    monkeypatch.setattr(type(engines.clickhouse), "raw", spy)
    await run_job(engines, await start_round(engines, made))
    assert len([sql for sql in asked if f"e_{shop.database}" in sql]) == 1
    assert len([sql for sql in asked if f"e_{shop.database}" not in sql]) == 1, "all rules on fields in one scan"


async def test_one_that_fails_leaves_the_others_alone(
    shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [(await shop.updatable(VIP))["id"] for _ in range(3)]
    for id_ in made:
        await shop.patch(f"/segments/{id_}", {"condition": compare("profile.age", "gt", 30 + id_)})
    await shop.patch(f"/segments/{made[1]}", {"condition": every(QUIZ, ALWAYS)})
    real = type(engines.clickhouse).bitmap

    async def heavy(self: Any, sql: str, *args: Any, **more: Any) -> BitMap:
        if f"e_{shop.database}" in sql:
            raise QueryTooLarge("Memory limit exceeded", 241)
        return await real(self, sql, *args, **more)

    monkeypatch.setattr(type(engines.clickhouse), "bitmap", heavy)
    job = await start_round(engines, made)
    await run_job(engines, job)
    ended = await shop.get(f"/jobs/{job}")
    assert ended["state"] == "done"
    assert {k: ended["result"][k] for k in ("done", "failed", "cancelled")} == {"done": 2, "failed": 1, "cancelled": 0}
    run = (await shop.get(f"/segments/{made[1]}/history"))["items"][0]
    assert run["state"] == "failed"
    assert "memory" in run["error"]
    assert await shop.members(made[1]) == [2, 4, 6, 8, 10, 12]


async def test_one_of_many_is_cancelled(shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [(await shop.updatable(VIP))["id"] for _ in range(3)]
    for id_ in made:
        await shop.patch(f"/segments/{id_}", {"condition": inverse(VIP)})
    real = shared.Shared.prepare

    async def meanwhile(self: shared.Shared, questions: Any) -> None:
        await real(self, questions)
        stopped = await shop.post(f"/segments/{made[1]}/recalculate/cancel")
        assert stopped["state"] == "cancelled"

    monkeypatch.setattr(shared.Shared, "prepare", meanwhile)
    job = await start_round(engines, made)
    await run_job(engines, job)
    assert (await shop.get(f"/jobs/{job}"))["result"]["cancelled"] == 1
    odd = [1, 3, 5, 7, 9, 11]
    assert [await shop.members(id_) for id_ in made] == [odd, [2, 4, 6, 8, 10, 12], odd]
    monkeypatch.undo()
    assert (await shop.post(f"/segments/{made[1]}/recalculate/cancel", status=409))["status"] == 409


async def test_a_single_one_is_cancelled_with_its_job(shop: Shop) -> None:
    made = await shop.make("updatable", condition=VIP)
    assert (await shop.post(f"/segments/{made['id']}/recalculate/cancel"))["state"] == "cancelled"
    assert (await shop.get(f"/jobs/{made['last_run']['job_id']}"))["state"] == "cancelled"
    assert (await again(shop, made["id"]))["state"] == "done"


async def test_a_cancelled_round_ends_every_run(shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [(await shop.updatable(VIP))["id"] for _ in range(3)]
    for id_ in made:
        await shop.patch(f"/segments/{id_}", {"condition": inverse(VIP)})
    asked = asyncio.Event()
    real = shared.Shared.people

    async def slow(self: shared.Shared, question: Any) -> BitMap:
        if asked.is_set():
            await asyncio.sleep(60)
        asked.set()
        return await real(self, question)

    monkeypatch.setattr(shared.Shared, "people", slow)
    job = await start_round(engines, made)
    work = asyncio.create_task(run_job(engines, job))
    await asyncio.wait_for(asked.wait(), 60)
    await shop.post(f"/jobs/{job}/cancel")
    await asyncio.wait_for(work, 60)
    states = [(await shop.get(f"/segments/{id_}/history"))["items"][0]["state"] for id_ in made]
    assert states == ["done", "cancelled", "cancelled"]
    assert await shop.members(made[2]) == [2, 4, 6, 8, 10, 12]


async def test_what_takes_too_long_fails_and_says_so(
    shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await shop.updatable(VIP)
    await shop.patch(f"/segments/{made['id']}", {"condition": inverse(VIP)})
    limits = engines.settings.replace("limits", recalculation_seconds=1)
    monkeypatch.setattr(engines, "settings", limits)

    async def endless(self: shared.Shared, question: Any) -> BitMap:
        await asyncio.sleep(600)
        return BitMap()

    monkeypatch.setattr(shared.Shared, "people", endless)
    ended = await again(shop, made["id"])
    assert ended["state"] == "failed"
    assert "longer" in ended["error"]
    assert await shop.members(made["id"]) == [2, 4, 6, 8, 10, 12]
    monkeypatch.undo()
    assert (await again(shop, made["id"]))["state"] == "done", "it is never left out afterwards"


# -- erased people --------------------------------------------------------------------------------------------------


async def test_nobody_who_was_erased_comes_back(shop: Shop, engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    """Erased between the answer and the swap: in the list of neither kind, nor in what is kept of its history."""
    updatable = await shop.updatable(compare("profile.score", "gt", 10**6))
    static = await shop.make("static")
    async with engines.tx() as tx:
        gone = (await profiles.create_profile(tx, SYSTEM, shop.database, {"email": "gone@example.com"}))["id"]

    async def erase() -> None:
        async with engines.tx() as tx:
            await forget_people(tx, shop.database, BitMap([gone]))

    real_people, real_answer = shared.Shared.people, answer.answer

    async def people(self: shared.Shared, question: Any) -> BitMap:
        found = await real_people(self, question)
        await erase()
        return found

    async def answered(*args: Any, **more: Any) -> BitMap:
        found = await real_answer(*args, **more)
        assert gone in found
        await erase()
        return found

    monkeypatch.setattr(shared.Shared, "people", people)
    monkeypatch.setattr(answer, "answer", answered)
    await shop.patch(f"/segments/{updatable['id']}", {"condition": ALWAYS})
    assert (await again(shop, updatable["id"]))["result"]["size"] == 12
    await shop.run(await shop.post(f"/segments/{static['id']}/fill", {"condition": ALWAYS}, 202))
    for id_ in (updatable["id"], static["id"]):
        assert gone not in await shop.members(id_)
        async with engines.tx() as tx:
            row = await tx.one(sa.text("select ever from segment_bitmap where segment_id = :i"), {"i": id_})
            assert gone not in BitMap.deserialize(bytes(row.ever))
            for kept in await tx.all(
                sa.text("select joined, gone from segment_run where segment_id = :i and joined is not null"), {"i": id_}
            ):
                assert gone not in BitMap.deserialize(bytes(kept.joined))


async def test_erased_people_leave_what_runs_keep(shop: Shop, engines: Engines, clock: FixedClock) -> None:
    made = await shop.updatable(VIP)
    run = made["last_run"]["id"]
    async with engines.tx() as tx:
        await forget_people(tx, shop.database, BitMap([4]))
    assert await shop.members(made["id"], f"&run={run}") == [2, 6, 8, 10, 12], "read without them at once"
    await upkeep.forget_old(engines)
    async with engines.tx() as tx:
        joined, _ = await runs_store.people(tx, made["id"], run)
        assert 4 not in joined
    clock.advance(timedelta(days=91))
    await upkeep.forget_old(engines)
    assert await shop.members(made["id"], f"&run={run}") == []
    assert (await shop.get(f"/segments/{made['id']}/history"))["items"][0]["entered"] == 6
