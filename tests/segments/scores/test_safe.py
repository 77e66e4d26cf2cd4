"""Scores beside others: people who write meanwhile, kill -9 in the middle, people who go or become one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from fidelia import profiles
from fidelia.platform.jobs import JobContext
from fidelia.platform.jobs.runner import run_job
from fidelia.segments.scores import compute, store, store_clickhouse

from ...conftest import NOW
from .conftest import SYSTEM, ZONE, Shop
from .reading import Bought, rfm


class Killed(BaseException):
    """Stands for the end of the process: no handler of ours may see it as an end of the job."""


def bought(*who: int) -> list[Bought]:
    return [Bought(n, NOW - timedelta(days=n), "EUR", Decimal(10 * n)) for n in who]


def expected(orders: list[Bought]) -> dict[int, Any]:
    return rfm(orders, now=NOW, zone=ZONE, number=5, days=None, currency="EUR")


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compute, "CHUNK", 3)


async def test_writers_meanwhile_lose_nothing(shop: Shop) -> None:
    """Whoever writes people while they get their scores: every write and every score is there, in both engines."""
    orders = bought(*range(1, 21))
    await shop.buy(orders)
    made = await shop.call("POST", f"{shop.home}/scores", {"name": "RFM", "currency": "EUR"}, 201)
    stop = asyncio.Event()
    written = 0

    async def write(first: int) -> None:
        nonlocal written
        n = 0
        while not stop.is_set():
            n += 1
            # Both writers take the same people, in opposite orders.
            items = [{"external_id": f"c{who}", "points": 1000 * first + n} for who in range(1, 21)][:: 3 - 2 * first]
            body = {"matching": "external_id", "items": items}
            reply = await shop.call("POST", f"{shop.home}/profiles/upsert", body)
            assert reply["rejected"] == 0
            written = max(written, 1000 * first + n)

    writers = [asyncio.create_task(write(k)) for k in (1, 2)]
    try:
        for _ in range(5):
            await run_job(shop.engines, made["open_run"]["job_id"])
            reply = await shop.call("POST", f"{shop.home}/scores/{made['id']}/compute", status=202)
            made["open_run"] = {"job_id": reply["job"]["id"]}
            async with shop.engines.tx() as tx:  # so that each run has something to write
                database = await profiles.get_database(tx, shop.database)
                column = database.by_name["rfm_rank"].column
                held = f"with held as (select id from {database.table} order by id for update)"  # as writers take them
                clear = f"update {database.table} p set {column} = null, version = version + 1 from held"
                await (await tx.raw()).execute(f"{held} {clear} where p.id = held.id")
        await run_job(shop.engines, made["open_run"]["job_id"])
    finally:
        stop.set()
        await asyncio.gather(*writers)
    runs = (await shop.get(f"{shop.home}/scores/{made['id']}/runs"))["items"]
    assert [run["state"] for run in runs] == ["done"] * 6, runs
    assert await shop.values() == expected(orders)
    points = await shop.values("points")
    assert {value for (value,) in points.values()} <= {1000 + n for n in range(9999)}
    assert written > 2000
    # ClickHouse has both: the writers' last points and the scores.
    for who, (value,) in points.items():
        rule = [
            {"kind": "compare", "field": "profile.points", "op": "eq", "value": value},
            {"kind": "compare", "field": "profile.rfm_rank", "op": "eq", "value": expected(orders)[who][4]},
        ]
        assert who in await shop.who({"kind": "all", "of": rule})


@pytest.mark.parametrize("step", [1, 4])
async def test_killed_in_the_middle_is_run_again(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Some of the people have their values when the process dies; the next one comes to the same end."""
    orders = bought(*range(1, 21))
    await shop.buy(orders)
    made = await shop.call("POST", f"{shop.home}/scores", {"name": "RFM", "currency": "EUR"}, 201)
    number, write = 0, store.write

    async def dying(*args: Any) -> Any:
        nonlocal number
        number += 1
        if number > step:
            raise Killed
        return await write(*args)

    async def left(*_: Any) -> None:
        """A dead process tidies nothing."""

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", dying)
        patch.setattr(store_clickhouse, "drop", left)
        with pytest.raises(Killed):
            await _attempt(shop, made)
    assert len(await shop.values()) == 3 * step
    run = (await shop.score(made["id"]))["open_run"]
    assert (run["state"], run["changed"]) == ("running", 3 * step)
    await run_job(shop.engines, made["open_run"]["job_id"])
    score = await shop.score(made["id"])
    assert (score["open_run"], score["last_run"]["state"], score["last_run"]["changed"]) == (None, "done", 20)
    assert await shop.values() == expected(orders)
    rule = {"kind": "compare", "field": "profile.rfm", "op": "is_present"}
    assert await shop.who(rule) == set(range(1, 21))
    found = await shop.engines.clickhouse.query("select name from system.tables where name like 'score_work%'")
    assert found == []


async def _attempt(shop: Shop, made: Any) -> None:
    """The body of the job, as a process that is killed would have begun it."""
    ctx = JobContext(shop.engines, made["open_run"]["job_id"], actor="test", database_id=shop.database, attempt=1)
    await compute.run_compute(ctx, database_id=shop.database, score_id=made["id"], run_id=made["open_run"]["id"])


async def test_erased_and_merged_people(shop: Shop) -> None:
    orders = bought(1, 2, 3, 4)
    await shop.buy(orders)
    score = await shop.make(currency="EUR")
    async with shop.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, shop.database, [4])
    assert set(await shop.values()) == {1, 2, 3}
    body = {"destination": 1, "sources": [2]}
    reply = await shop.api.post(f"/api/v1{shop.home}/profiles/merge", json=body)
    assert reply.status_code < 300, reply.text
    run = await shop.compute(score["id"])
    assert (run["state"], run["people"]) == ("done", 2)
    moved = [order._replace(profile=1 if order.profile == 2 else order.profile) for order in bought(1, 2, 3)]
    assert await shop.values() == expected(moved)


async def test_a_score_that_is_changed_meanwhile_stops(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    await shop.buy(bought(1, 2, 3))
    made = await shop.call("POST", f"{shop.home}/scores", {"name": "RFM"}, 201)
    lines = store_clickhouse.lines

    async def renamed(*args: Any) -> bytes:
        await shop.call("PATCH", f"{shop.home}/scores/{made['id']}", {"name": f"RFM {args[2]}"})
        return await lines(*args)

    with monkeypatch.context() as patch:
        patch.setattr(store_clickhouse, "lines", renamed)
        await run_job(shop.engines, made["open_run"]["job_id"])
    score = await shop.score(made["id"])
    assert score["last_run"]["state"] == "failed"
    assert "changed or deleted meanwhile" in score["last_run"]["error"]
