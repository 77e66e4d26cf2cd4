"""Runs by hand and by the clock: one at a time, each with its end, whatever becomes of the process that does it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem, conflict
from fidelia.kernel.paging import PageRequest, decode_cursor
from fidelia.platform import jobs, schedules
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.registry import tasks
from fidelia.platform.jobs.runner import recover, run_job
from fidelia.platform.postgres import Tx
from fidelia.platform.schedules import Runs, Timetable, Work
from tests.conftest import NOW, open_test_engines

HOUR = timedelta(hours=1)
metadata = sa.MetaData()
_Moment = sa.DateTime(timezone=True)

chore = sa.Table(
    "chore",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("next_run_at", _Moment),
)
chore_run = sa.Table(
    "chore_run",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("chore_id", sa.ForeignKey("chore.id", ondelete="CASCADE"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("job_id", sa.Text),
    sa.Column("queued_at", _Moment, nullable=False),
    sa.Column("finished_at", _Moment),
    sa.Column("error", sa.Text),
    sa.Column("swept_count", sa.Integer),
    sa.Index("uq_chore_run_open", "chore_id", unique=True, postgresql_where=sa.text("state in ('queued', 'running')")),
)


class Chore(msgspec.Struct, frozen=True):
    id: int
    name: str
    next_run_at: datetime | None


class ChoreRun(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    chore_id: int
    state: schedules.RunState
    source: str
    actor: str
    job_id: str | None
    finished_at: datetime | None
    error: str | None
    swept: int | None


RUNS = Runs(chore_run, ChoreRun, owner="chore_id", unsaid="It never said", renamed={"swept": "swept_count"})


async def following(tx: Tx, row: Chore) -> datetime | None:
    return None if row.name == "once" else tx.now + HOUR


async def work_of(tx: Tx, row: Chore) -> Work:
    if row.name == "broken":
        raise conflict("There is no broom")
    return Work(kind="test.chore", title=f"Do {row.name}", link=f"/chores/{row.id}", lock=f"chore-{row.id}")


def timetable(*, waits: bool) -> Timetable[Chore]:
    return Timetable(
        table=chore,
        row=Chore,
        where=chore.c.active,
        runs=RUNS,
        settle=RUNS.settle_all,
        following=following,
        work=work_of,
        waits=waits,
    )


PASSES, WAITS = timetable(waits=False), timetable(waits=True)


@pytest.fixture
async def house(pg_dsn: str, base_settings: Any) -> AsyncIterator[Engines]:
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as engines:
        async with engines.db.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        yield engines


@pytest.fixture
def clock(house: Engines) -> FixedClock:
    assert isinstance(house.clock, FixedClock)
    return house.clock


@pytest.fixture(autouse=True)
def declared() -> Iterator[dict[int, BaseException]]:
    """The chores' job; a test says for which run it ends with which exception."""
    before = dict(tasks)
    ends: dict[int, BaseException] = {}

    @jobs.task("test.chore", queue="core", attempts=2)
    async def do(ctx: jobs.JobContext, run_id: int) -> None:
        async with RUNS.telling(ctx, run_id, lambda exc: f"Because: {exc}"):
            async with ctx.tx() as tx:
                if not await RUNS.begin(tx, run_id):
                    raise jobs.Cancelled
            if run_id in ends:
                raise ends[run_id]
            async with ctx.tx() as tx:
                await RUNS.end(tx, run_id, "done", columns={"swept_count": 7})

    yield ends
    tasks.clear()
    tasks.update(before)


async def add(engines: Engines, name: str, at: datetime | None = NOW, *, active: bool = True) -> int:
    async with engines.tx() as tx:
        stmt = sa.insert(chore).values(name=name, next_run_at=at, active=active)
        return int(await tx.scalar(stmt.returning(chore.c.id)))


async def ask(engines: Engines, chore_id: int) -> jobs.JobRef:
    async with engines.tx() as tx:
        work = await work_of(tx, Chore(chore_id, "by hand", None))
        return await RUNS.ask(tx, chore_id, work, source="hand", actor="Ada")


async def runs(engines: Engines, chore_id: int) -> list[ChoreRun]:
    async with engines.tx() as tx:
        return (await RUNS.page(tx, chore_id, PageRequest(sort="id"))).items


async def moment(engines: Engines, chore_id: int) -> datetime | None:
    async with engines.tx() as tx:
        found: datetime | None = await tx.scalar(sa.select(chore.c.next_run_at).where(chore.c.id == chore_id))
        return found


async def do(engines: Engines, chore_id: int) -> ChoreRun:
    """Do the open run of a chore."""
    run = (await runs(engines, chore_id))[-1]
    assert run.job_id is not None
    await run_job(engines, run.job_id)
    return (await runs(engines, chore_id))[-1]


async def test_what_is_due_is_started_once(house: Engines, clock: FixedClock) -> None:
    due, later = await add(house, "dust"), await add(house, "windows", NOW + HOUR)
    asleep, never = await add(house, "cellar", active=False), await add(house, "attic", None)
    once = await add(house, "once", NOW - 50 * HOUR)  # the process was off for two days
    assert await schedules.start_due(house, PASSES) == [once, due]
    assert await schedules.start_due(house, PASSES) == []
    assert [await moment(house, id_) for id_ in (due, later, asleep, never, once)] == [
        NOW + HOUR,
        NOW + HOUR,
        NOW,
        None,
        None,
    ]
    run = await do(house, due)
    assert (run.state, run.source, run.actor, run.swept, run.finished_at) == ("done", "schedule", "Schedule", 7, NOW)
    clock.advance(HOUR)
    assert await schedules.start_due(house, PASSES) == [due, later]


async def test_processes_that_look_at_once_start_it_once(house: Engines) -> None:
    made = [await add(house, f"chore {n}") for n in range(5)]
    both = await asyncio.gather(*(schedules.start_due(house, PASSES) for _ in range(3)))
    assert sorted(id_ for found in both for id_ in found) == made
    assert [len(await runs(house, id_)) for id_ in made] == [1] * 5


async def test_two_who_ask_at_once_get_the_same_job(house: Engines) -> None:
    made = await add(house, "dust")
    first, second, third = await asyncio.gather(*(ask(house, made) for _ in range(3)))
    assert first.id == second.id == third.id
    assert len(await runs(house, made)) == 1


async def blocked(engines: Engines) -> int:
    """Return how many connections wait for another; a transaction would see the same figures until it ends."""
    query = "select count(*) from pg_stat_activity where datname = current_database()"
    async with engines.tx() as tx:
        return int(await tx.scalar(sa.text(f"{query} and cardinality(pg_blocking_pids(pid)) > 0")))


async def test_the_second_waits_for_the_first_to_commit(house: Engines) -> None:
    """A run that is noted but not committed keeps the next one waiting; undone, it is in nobody's way."""
    made = await add(house, "dust")
    noted, go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with house.tx() as tx:
            assert await RUNS.add(tx, made, source="hand", actor="Ada") is not None
            noted.set()
            await go.wait()
            raise ConnectionError

    one = asyncio.create_task(first())
    await noted.wait()
    two = asyncio.create_task(ask(house, made))
    while not await blocked(house):
        await asyncio.sleep(0.01)
    go.set()
    with pytest.raises(ConnectionError):
        await one
    job = await two
    assert [run.job_id for run in await runs(house, made)] == [job.id]


async def test_what_is_at_work_is_passed_over_or_waited_for(house: Engines, clock: FixedClock) -> None:
    passed, waited = await add(house, "dust", NOW + HOUR), await add(house, "windows", NOW + HOUR)
    for made in (passed, waited):
        await ask(house, made)
    clock.advance(HOUR)
    async with house.tx() as tx:  # each timetable shall see its own
        await tx.execute(sa.update(chore).where(chore.c.id == waited).values(active=False))
    assert await schedules.start_due(house, PASSES) == []
    assert await moment(house, passed) == NOW + 2 * HOUR
    async with house.tx() as tx:
        await tx.execute(sa.update(chore).where(chore.c.id == waited).values(active=True))
    assert await schedules.start_due(house, WAITS) == []
    assert await moment(house, waited) == NOW + HOUR
    assert (await do(house, waited)).source == "hand"
    assert await schedules.start_due(house, WAITS) == [waited]
    assert [run.source for run in await runs(house, waited)] == ["hand", "schedule"]


async def test_one_that_cannot_be_started_keeps_nobody_else_waiting(house: Engines, clock: FixedClock) -> None:
    broken, sound = await add(house, "broken", NOW - HOUR), await add(house, "dust")
    assert await schedules.start_due(house, PASSES) == [sound]
    assert (await moment(house, broken), await runs(house, broken)) == (NOW - HOUR, [])


async def test_how_runs_end(house: Engines, declared: dict[int, BaseException]) -> None:
    made = await add(house, "dust")
    await ask(house, made)
    assert (await do(house, made)).state == "done"
    await ask(house, made)
    declared[(await runs(house, made))[-1].id] = ValueError("no broom")
    failed = await do(house, made)
    assert (failed.state, failed.error) == ("failed", "Because: no broom")
    await ask(house, made)
    declared[(await runs(house, made))[-1].id] = jobs.Cancelled()
    cancelled = await do(house, made)
    assert (cancelled.state, cancelled.error, cancelled.finished_at) == ("cancelled", None, NOW)
    await ask(house, made)
    run = (await runs(house, made))[-1]
    async with house.tx() as tx:
        assert await RUNS.end(tx, run.id, "skipped", "Nothing lies about")
        assert not await RUNS.end(tx, run.id, "failed", "Too late")
        assert not await RUNS.begin(tx, run.id)
        assert await RUNS.last(tx, made) == (await RUNS.find(tx, run.id))
        done = await RUNS.last(tx, made, schedules.DONE)
    assert done is not None
    assert done.swept == 7
    assert [r.state for r in await runs(house, made)] == ["done", "failed", "cancelled", "skipped"]
    assert run.job_id is not None
    await run_job(house, run.job_id)  # its job comes too late, and changes nothing
    assert (await runs(house, made))[-1].error == "Nothing lies about"


async def test_a_run_whose_process_dies_is_done_again_and_then_settled(
    house: Engines, clock: FixedClock, declared: dict[int, BaseException]
) -> None:
    made = await add(house, "dust", NOW + 100 * HOUR)
    job = await ask(house, made)
    run = (await runs(house, made))[0]
    declared[run.id] = asyncio.CancelledError()
    for last in (False, True):
        with pytest.raises(asyncio.CancelledError):
            await run_job(house, job.id)
        await schedules.start_due(house, PASSES)
        assert (await runs(house, made))[0].state == "running"
        assert (await ask(house, made)).id == job.id
        clock.advance(timedelta(seconds=house.settings.jobs.stalled_seconds + 1))
        assert await recover(house) == 1
        await schedules.start_due(house, PASSES)
        assert (await runs(house, made))[0].state == ("failed" if last else "running")
    assert "stopped 2 times" in str((await runs(house, made))[0].error)
    assert (await ask(house, made)).id != job.id


@pytest.mark.parametrize(
    ("sql", "state", "error"),
    [
        ("update job set state = 'cancelled'", "cancelled", None),
        ("update job set state = 'failed', error = 'Struck by lightning'", "failed", "Struck by lightning"),
        ("update job set state = 'done'", "failed", "It never said"),
        ("delete from job", "failed", "The job that did it is gone"),
    ],
)
async def test_a_job_that_ended_without_a_word(house: Engines, sql: str, state: str, error: str | None) -> None:
    mine, other = await add(house, "dust", None), await add(house, "windows", None)
    job = await ask(house, mine)
    await ask(house, other)
    async with house.tx() as tx:
        await tx.execute(sa.text(f"{sql} where id = :id"), {"id": job.id})
    await schedules.start_due(house, PASSES)
    run = (await runs(house, mine))[0]
    assert (run.state, run.error) == (state, error)
    assert (await runs(house, other))[0].state == "queued"
    assert (await ask(house, mine)).id != job.id


async def test_pages_go_both_ways(house: Engines) -> None:
    made = await add(house, "dust")
    for _ in range(5):
        await ask(house, made)
        await do(house, made)
    every = [run.id for run in await runs(house, made)]
    async with house.tx() as tx:
        for sort, wanted in ((None, every[::-1]), ("-id", every[::-1]), ("id", every)):
            found: list[int] = []
            cursor: list[Any] | None = None
            while True:
                page = await RUNS.page(tx, made, PageRequest(limit=2, cursor=cursor, sort=sort))
                assert page.total == 5
                found += [run.id for run in page.items]
                if page.next_cursor is None:
                    break
                cursor = decode_cursor(page.next_cursor)
            assert found == wanted
        for bad in (PageRequest(cursor=["x"]), PageRequest(cursor=[1, 2]), PageRequest(sort="state")):
            with pytest.raises(Problem):
                await RUNS.page(tx, made, bad)
