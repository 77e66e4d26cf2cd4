"""kill -9 in the middle of a recalculation: old lists are intact, the runs go on, their history has no hole."""

from __future__ import annotations

import json
import signal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.conditions import decode
from fidelia.platform.engines import Engines
from fidelia.profiles import Field
from fidelia.segments.service.recalculate import cancel, start
from fidelia.segments.store import segments as store
from fidelia.worker import tasks as _tasks
from tests.conftest import open_test_engines
from tests.killing import run_child

from .conftest import ALWAYS, SYSTEM, compare, inverse, member

assert _tasks.MODULES
child = partial(run_child, "tests.segments.round_child")
PEOPLE = 60
MANY = 5


@pytest.fixture
async def shop(pg_dsn: str, base_settings: Any) -> Any:
    """PostgreSQL only: the children have ClickHouse."""
    async with open_test_engines(pg_dsn, base_settings, clickhouse=False) as engines:
        yield engines


async def lists(engines: Engines, ids: list[int]) -> list[set[int]]:
    async with engines.tx() as tx:
        return [set(await segments.members(tx, id_)) for id_ in ids]


async def prepare(engines: Engines) -> tuple[list[int], list[set[int]], list[set[int]]]:
    """Five updatable segments with a list each, whose rules now say something else; the last reads the first."""
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, SYSTEM, name="shop", fields=(Field(name="n", type="integer"),))
        assert database.id == 1
        for n in range(1, PEOPLE + 1):
            await profiles.create_profile(tx, SYSTEM, 1, {"email": f"p{n}@example.com", "n": n})
    ids: list[int] = []
    before: list[set[int]] = []
    for k in range(MANY):
        async with engines.tx() as tx:
            made = segments.Definition(database_id=1, name=f"S{k}", type="updatable", condition=decode(ALWAYS))
            ids.append((await segments.create_segment(tx, SYSTEM, made)).id)
            await cancel(tx, ids[-1])
            before.append(set(range(1 + k, 31 + k)))
            from fidelia.segments.service.lists import swap

            segment = await store.get(tx, ids[-1], lock=True)
            await swap(tx, segment, BitMap(), BitMap(before[-1]), source="recalculation", by="test", triggers=True)
    after: list[set[int]] = []
    for k, id_ in enumerate(ids):
        rule, wanted = compare("profile.n", "gt", 40 + k), set(range(41 + k, PEOPLE + 1))
        if k == MANY - 1:
            rule, wanted = inverse(member(ids[0])), set(range(1, 41))
        after.append(wanted)
        async with engines.tx() as tx:
            await segments.change_segment(tx, SYSTEM, id_, segments.Change(condition=decode(rule)))
    return ids, before, after


@pytest.mark.parametrize(
    ("point", "count", "swapped"),
    [
        ("swapping", 3, 2),
        ("swapped", 2, 2),
        *(
            pytest.param(*point, marks=pytest.mark.prove)
            for point in [("asked", 1, 0), ("swapping", 1, 0), ("asked", 2, 4)]
        ),
    ],
)
async def test_killed_and_gone_on(shop: Engines, tmp_path: Path, point: str, count: int, swapped: int) -> None:
    ids, before, after = await prepare(shop)
    async with shop.tx() as tx:
        found = {s.id: s for s in await store.some(tx, ids)}
        job = (await start(tx, "Schedule", [found[id_] for id_ in ids], "schedule", triggers=True)).id
    killed = child(shop, tmp_path, job, point, str(count))
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    assert await lists(shop, ids) == after[:swapped] + before[swapped:], "each list is the old or the new one, whole"
    async with shop.tx() as tx:
        states = [
            r.state
            for r in await tx.all(sa.text("select state from segment_run where job_id = :j order by id"), {"j": job})
        ]
    assert states[:swapped] == ["done"] * swapped
    assert set(states[swapped:]) <= {"running", "queued"}
    again = child(shop, tmp_path, "again")
    assert again.returncode == 0, again.stderr[-3000:]
    assert await lists(shop, ids) == after
    async with shop.tx() as tx:
        runs = await tx.all(
            sa.text(
                "select segment_id, state, attempts, entered, left_count from segment_run where job_id = :j order by id"
            ),
            {"j": job},
        )
        ended = await tx.one(sa.text("select state, attempts, result from job where id = :j"), {"j": job})
    assert (ended.state, ended.attempts, ended.result["failed"]) == ("done", 2, 0)
    assert [(r.segment_id, r.state) for r in runs] == [(id_, "done") for id_ in ids]
    assert [r.entered for r in runs] == [len(a - b) for a, b in zip(after, before, strict=True)]
    assert max(r.attempts for r in runs) == 2
    told = child(shop, tmp_path, "drain")
    assert told.returncode == 0, told.stderr[-3000:]
    history = {(s, t): (set(who), twice) for s, t, who, twice in json.loads(told.stdout.splitlines()[-1])}
    for id_, b, a in zip(ids, before, after, strict=True):
        entered, twice = history[(id_, "segment.entered")]
        assert (entered, twice) == (b | a, len(b & (a - b))), "who entered, first and again, each once"
        assert history.get((id_, "segment.left"), (set(), 0)) == (b - a, 0)


async def test_a_job_that_dies_too_often_leaves_failed_runs(shop: Engines, tmp_path: Path) -> None:
    from fidelia.platform.jobs import store as jobs_store
    from fidelia.segments.service.recalculate import start_due

    ids, before, _ = await prepare(shop)
    async with shop.tx() as tx:
        job = (await start(tx, "Schedule", [await store.get(tx, ids[0])], "schedule", triggers=True)).id
    for _ in range(3):
        killed = child(shop, tmp_path, job, "asked", "1")
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    async with shop.tx() as tx:
        await jobs_store.fail(tx, job, "Its process died 3 times")
    await start_due(shop)
    async with shop.tx() as tx:
        run = (await segments.detail(tx, ids[0])).last_run
    assert run is not None
    assert (run.state, run.error, run.attempts) == ("failed", "Its process died 3 times", 3)
    assert await lists(shop, ids[:1]) == before[:1]
