"""Jobs: state, progress, cancel, failure with its reason, and a process that dies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem, invalid_field
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.registry import Periodic, periodics, tasks
from fidelia.platform.jobs.runner import build_app, recover, run_job, run_seconds, run_worker


@pytest.fixture(autouse=True)
def declared() -> Iterator[None]:
    before, again = dict(tasks), dict(periodics)
    yield
    tasks.clear()
    tasks.update(before)
    periodics.clear()
    periodics.update(again)


async def make(engines: Engines, kind: str, **args: Any) -> str:
    async with engines.tx() as tx:
        job = await jobs.create(tx, kind=kind, title="Test", actor="tester", args=args)
    return job.id


async def read(engines: Engines, job_id: str) -> jobs.JobOut:
    async with engines.tx() as tx:
        return await jobs.get(tx, job_id)


async def test_result_and_progress(engines: Engines) -> None:
    @jobs.task("test.add", queue="core")
    async def add(ctx: jobs.JobContext, a: int, b: int) -> dict[str, Any]:
        ctx.progress(2, 2)
        return {"sum": a + b}

    job_id = await make(engines, "test.add", a=1, b=2)
    assert (await read(engines, job_id)).state == "queued"
    await run_job(engines, job_id)
    job = await read(engines, job_id)
    assert (job.state, job.result, job.done, job.total, job.attempts) == ("done", {"sum": 3}, 2, 2, 1)


async def test_a_failure_keeps_its_reason(engines: Engines) -> None:
    @jobs.task("test.refused", queue="core")
    async def refused(ctx: jobs.JobContext) -> None:
        raise invalid_field("/x", "x is wrong")

    @jobs.task("test.broken", queue="core")
    async def broken(ctx: jobs.JobContext) -> None:
        raise ZeroDivisionError("by nought")

    first, second = await make(engines, "test.refused"), await make(engines, "test.broken")
    await run_job(engines, first)
    await run_job(engines, second)
    job = await read(engines, first)
    assert job.state == "failed"
    assert job.error == "x is wrong"
    assert job.result == {"errors": [{"pointer": "/x", "message": "x is wrong"}]}
    assert (await read(engines, second)).error == "ZeroDivisionError: by nought"


async def test_cancel_before_and_while_running(engines: Engines) -> None:
    started = asyncio.Event()

    @jobs.task("test.long", queue="core")
    async def long(ctx: jobs.JobContext) -> None:
        started.set()
        await asyncio.Event().wait()

    waiting, running = await make(engines, "test.long"), await make(engines, "test.long")
    async with engines.tx() as tx:
        assert (await jobs.cancel(tx, waiting)).state == "cancelled"
    await run_job(engines, waiting)
    assert (await read(engines, waiting)).attempts == 0
    work = asyncio.create_task(run_job(engines, running))
    await started.wait()
    async with engines.tx() as tx:
        await jobs.cancel(tx, running)
    await work
    assert (await read(engines, running)).state == "cancelled"
    with pytest.raises(Problem, match="already ended"):
        async with engines.tx() as tx:
            await jobs.cancel(tx, running)


async def test_a_silent_job_is_begun_again_and_then_failed(fresh: Engines) -> None:
    @jobs.task("test.dies", queue="core", attempts=2)
    async def dies(ctx: jobs.JobContext) -> None:
        raise asyncio.CancelledError

    clock = fresh.clock
    assert isinstance(clock, FixedClock)
    job_id = await make(fresh, "test.dies")
    for attempt in (1, 2):
        with pytest.raises(asyncio.CancelledError):
            await run_job(fresh, job_id)
        assert (await read(fresh, job_id)).state == "running"
        assert await recover(fresh) == 0
        clock.advance(timedelta(seconds=fresh.settings.jobs.stalled_seconds + 1))
        assert await recover(fresh) == 1
        state = (await read(fresh, job_id)).state
        assert state == ("queued" if attempt == 1 else "failed")
    assert "stopped 2 times" in str((await read(fresh, job_id)).error)


async def open_jobs(engines: Engines) -> int:
    async with engines.tx() as tx:
        sql = "select count(*) from procrastinate_jobs where status in ('todo', 'doing')"
        return int(await tx.scalar(sa.text(sql)))


async def test_a_job_that_was_taken_and_never_begun_is_begun_by_another(fresh: Engines) -> None:
    """The worker dies, or its database goes away, between taking a job off the queue and saying that it runs."""

    @jobs.task("test.quick", queue="worker")
    async def quick(ctx: jobs.JobContext) -> None:
        pass

    clock = fresh.clock
    assert isinstance(clock, FixedClock)
    clock.set(datetime.now(UTC))  # the queue's own moments are the database's
    waiting, taken, dropped = [await make(fresh, "test.quick") for _ in range(3)]
    of = "id = (select queue_id from job where id = :job)"
    async with fresh.tx() as tx:
        await tx.execute(sa.text(f"update procrastinate_jobs set status = 'doing' where {of}"), {"job": taken})
        await tx.execute(sa.text(f"delete from procrastinate_jobs where {of}"), {"job": dropped})
    assert await recover(fresh) == 1, "one is gone from the queue; the other may be about to begin"
    clock.advance(timedelta(seconds=fresh.settings.jobs.stalled_seconds + 5))
    assert await recover(fresh) == 1
    assert await recover(fresh) == 0
    async with fresh.tx() as tx:
        rows = await tx.all(
            sa.text("select j.id, j.state, q.status from job j join procrastinate_jobs q on q.id = j.queue_id")
        )
    assert {tuple(row) for row in rows} == {(id_, "queued", "todo") for id_ in (waiting, taken, dropped)}


async def test_a_worker_takes_jobs_from_the_queue_in_order_of_their_lock(fresh: Engines) -> None:
    seen: list[int] = []
    done = asyncio.Event()

    @jobs.task("test.note", queue="worker")
    async def note(ctx: jobs.JobContext, n: int) -> None:
        seen.append(n)
        if len(seen) == 5:
            done.set()

    async with fresh.tx() as tx:
        for n in range(5):
            await jobs.create(tx, kind="test.note", title="n", actor="t", args={"n": n}, lock="one")
    worker = asyncio.create_task(run_worker(fresh, ["worker"], 4))
    await asyncio.wait_for(done.wait(), 60)
    async with asyncio.timeout(60):  # the last one has begun; it ends when its row says so
        while await open_jobs(fresh):
            await asyncio.sleep(0.05)
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    assert seen == list(range(5))
    assert await open_jobs(fresh) == 0


async def test_what_comes_every_few_seconds_is_one_job_of_its_queue(engines: Engines) -> None:
    periodics.clear()
    for name, seconds in (("test.each", 1), ("test.second", 2)):
        jobs.periodic(name, queue="core", seconds=seconds)(_nothing)
    jobs.periodic("test.hourly", "17 * * * *", queue="core")(_nothing)
    jobs.periodic("test.elsewhere", queue="worker", seconds=1)(_nothing)
    made = build_app(engines, ["core"]).periodic_registry.periodic_tasks.values()
    schedules = {item.task.name: item.cron for item in made}
    assert schedules == {"periodic.core.seconds": "* * * * * *", "periodic.test.hourly": "17 * * * *"}


async def test_what_is_due_in_a_second_is_done_though_one_fails(engines: Engines) -> None:
    done: list[str] = []

    def step(name: str, seconds: int) -> Periodic:
        async def body(given: Engines) -> None:
            assert given is engines
            done.append(name)
            if name == "broken":
                raise ZeroDivisionError

        return Periodic(name, "core", body, seconds=seconds)

    often = [step("broken", 1), step("each", 1), step("second", 2), step("tenth", 10)]
    with capture_logs() as told:
        for timestamp in range(1_000_000_001, 1_000_000_011):
            await run_seconds(engines, often, asyncio.Semaphore(1), timestamp)
    assert [(line["log_level"], line["task"], line["exc_info"]) for line in told] == [("error", "broken", True)] * 10
    assert [done.count(name) for name in ("broken", "each", "second", "tenth")] == [10, 10, 5, 1]


async def test_so_many_are_done_at_a_time(engines: Engines) -> None:
    running: list[int] = []
    most = 0

    async def body(given: Engines) -> None:
        nonlocal most
        running.append(1)
        most = max(most, len(running))
        await asyncio.sleep(0)
        running.pop()

    often = [Periodic(f"test.{n}", "core", body, seconds=1) for n in range(5)]
    slots = asyncio.Semaphore(2)
    await asyncio.gather(*(run_seconds(engines, often, slots, second) for second in range(1, 4)))
    assert most == 2


async def test_a_worker_does_what_comes_every_second(fresh: Engines) -> None:
    periodics.clear()
    come = asyncio.Event()

    @jobs.periodic("test.each", queue="worker", seconds=1)
    async def each(engines: Engines) -> None:
        come.set()

    worker = asyncio.create_task(run_worker(fresh, ["worker"], 1))
    await asyncio.wait_for(come.wait(), 20)
    worker.cancel()
    await asyncio.wait([worker])


@pytest.mark.parametrize(
    "schedule", [{}, {"cron": "* * * * *", "seconds": 1}, {"cron": "* * * * * */2"}, {"seconds": 0}]
)
def test_a_schedule_has_five_fields_or_seconds(schedule: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="5 fields or seconds"):
        jobs.periodic("test.wrong", queue="core", **schedule)


async def _nothing(engines: Engines) -> None:
    """Something periodic."""
