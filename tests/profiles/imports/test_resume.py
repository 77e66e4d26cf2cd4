"""Chunks, kills, cancels: whatever happens, each row is written once and the counts add up."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia.kernel.clock import FixedClock
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles import get_database, import_people
from fidelia.profiles.imports import child, tasks, work
from fidelia.profiles.imports import store_bulk as bulk
from fidelia.settings import RUNTIME_VARIABLE, write_runtime
from tests.conftest import NOW

from .conftest import Importer, csv_bytes

WORKER = """
import asyncio, sys
from fidelia.platform.jobs.runner import run_job
from fidelia.profiles.imports import work
from fidelia.settings import load
from fidelia.wiring import open_engines
from fidelia.worker import tasks
work.CHUNK_ROWS = 400

async def main():
    async with open_engines(load(), clickhouse=False) as engines:
        print("ready", flush=True)
        await run_job(engines, sys.argv[1])

asyncio.run(main())
"""


def people_file(count: int, seed: int = 7) -> tuple[bytes, dict[str, dict[str, Any]], dict[str, int]]:
    """Return a file in which people come several times, what is true after it, and its counts."""
    some = random.Random(seed)
    rows: list[list[Any]] = [["email", "first_name", "age"]]
    people: dict[str, dict[str, Any]] = {}
    rejected = 0
    for _ in range(count):
        email = f"p{some.randint(1, count * 2 // 3)}@x.no"
        name, age = some.choice(["Ada", "Bo", ""]), some.choice([1, 2, 3, "", "old"])
        rows.append([email, name, age])
        if age == "old":
            rejected += 1
            continue
        person = people.setdefault(email, {})
        person.update({k: v for k, v in (("first_name", name), ("age", age)) if v != ""})
    counts = {"rows": count, "rejected": rejected, "created": len(people)}
    return csv_bytes(rows), people, counts


async def assert_exact(
    importer: Importer, done: dict[str, Any], people: dict[str, Any], counts: dict[str, int]
) -> None:
    stored = await importer.people()
    assert {e: {k: p[k] for k in ("first_name", "age") if k in p} for e, p in stored.items()} == people
    assert sorted(p["id"] for p in stored.values()) == list(range(1, len(people) + 1))
    got = done["counts"]
    assert {k: got[k] for k in counts} == counts
    assert got["rows"] == sum(v for k, v in got.items() if k != "rows")
    async with importer.engines.tx() as tx:
        database = await get_database(tx, importer.database.id)
        assert (database.last_profile_id, database.profile_count) == (len(people), len(people))
        assert len(await import_people(tx, done["id"])) == len(people)
    assert len(await importer.report(done["id"])) == counts["rejected"]
    assert len(await importer.report(done["id"], "duplicates")) == got["duplicates"]


@pytest.mark.parametrize("rows", [1, 7, 250, 20_000])
async def test_chunks_do_not_show(importer: Importer, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", rows)
    content, people, counts = people_file(60 if rows < 100 else 1000)
    done = await importer.load(content)
    await assert_exact(importer, done, people, counts)


async def test_killed_workers_resume_exactly(importer: Importer, tmp_path: Path) -> None:
    content, people, counts = people_file(8_000)
    started = await importer.upload(content, status=202, run="true")
    job, import_id = started["job"]["id"], started["import"]["id"]
    settings = tmp_path / "runtime.json"
    write_runtime(importer.engines.settings, settings)
    environment = {**os.environ, RUNTIME_VARIABLE: str(settings)}
    killed_at = []
    for stop_after in (2, 7, 13):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, job, env=environment, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
            while process.returncode is None and await _position(importer, import_id) < stop_after:
                await asyncio.sleep(0.005)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
            await process.wait()
        killed_at.append(await _position(importer, import_id))
        shown = await importer.get(f"/imports/{import_id}")
        got = shown["counts"]
        assert got["rows"] == sum(v for k, v in got.items() if k != "rows")
    assert killed_at[0] < 20, "the file was done before the first kill"
    async with importer.engines.tx() as tx:  # as the watch over stalled jobs does it
        row = await jobs.get(tx, job)
        assert row.state == "running" or killed_at[-1] == 20
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "CHUNK_ROWS", 400)
        await run_job(importer.engines, job)
    done = await importer.get(f"/imports/{import_id}")
    assert done["state"] == "done"
    await assert_exact(importer, done, people, counts)


async def _position(importer: Importer, import_id: int) -> int:
    async with importer.engines.tx() as tx:
        raw = await tx.raw()
        row = await (await raw.execute("select position from profile_import where id = %s", (import_id,))).fetchone()
    assert row is not None
    return int(row[0])


async def test_cancel_keeps_what_is_written_and_can_go_on(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", 100)
    content, people, counts = people_file(1_000)
    started = await importer.upload(content, status=202, run="true")
    job, import_id = started["job"]["id"], started["import"]["id"]
    real, seen = work._write_chunk, 0

    async def stop_at_the_fourth(ctx: Any, *rest: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == 4:
            assert (await importer.api.post(f"/jobs/{job}/cancel")).status_code in (200, 202)
            ctx.cancel_requested = True
            await ctx.check()
        return await real(ctx, *rest)

    monkeypatch.setattr(work, "_write_chunk", stop_at_the_fourth)
    await run_job(importer.engines, job)
    stopped = await importer.get(f"/imports/{import_id}")
    assert (stopped["state"], stopped["counts"]["rows"]) == ("cancelled", 300)
    assert "300 rows" in stopped["error"]
    assert (await importer.get(f"/jobs/{job}"))["state"] == "cancelled"
    monkeypatch.setattr(work, "_write_chunk", real)
    done = await importer.work(import_id)
    assert done["state"] == "done"
    await assert_exact(importer, done, people, counts)


async def test_cancelled_before_it_began(importer: Importer) -> None:
    started = await importer.upload(csv_bytes([["email"], ["a@x.no"]]), status=202, run="true")
    await importer.api.post(f"/jobs/{started['job']['id']}/cancel")
    shown = await importer.get(f"/imports/{started['import']['id']}")
    assert shown["state"] == "cancelled"
    assert (await importer.work(shown["id"]))["counts"]["created"] == 1


async def test_failure_in_the_middle_says_where(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", 1_000)
    content = csv_bytes([["email", "x"], *([f"p{n}@x.no", ""] for n in range(2_500))]) + b'"open\n' + b"y" * 1_100_000
    started = await importer.upload(content, status=202, run="true")
    await run_job(importer.engines, started["job"]["id"])
    failed = await importer.get(f"/imports/{started['import']['id']}")
    assert failed["state"] == "failed"
    assert "quote may not be closed" in failed["error"]
    assert failed["counts"]["rows"] in (2_000, 2_500)
    job = await importer.get(f"/jobs/{started['job']['id']}")
    assert (job["state"], "quote" in job["error"]) == ("failed", True)


async def test_a_file_that_is_gone_and_a_field_that_is_gone(importer: Importer, engines: Engines) -> None:
    started = await importer.upload(csv_bytes([["email", "age"], ["a@x.no", 1]]), status=202, run="true")
    async with engines.tx() as tx:
        raw = await tx.raw()
        await raw.execute("update profile_import set file_key = 'imports/00000000aaaa' where id = %s",
                          (started["import"]["id"],))  # fmt: skip
    await run_job(engines, started["job"]["id"])
    assert "upload it again" in (await importer.get(f"/imports/{started['import']['id']}"))["error"]
    made = await importer.upload(csv_bytes([["email", "age"], ["a@x.no", 1]]))
    reply = await importer.api.request(
        "DELETE", f"/databases/{importer.database.id}/fields/age", params={"confirm": "age"}
    )
    assert reply.status_code < 300, reply.text
    problem = await importer.api.post(f"/imports/{made['id']}/run")
    assert (problem.status_code, problem.json()["errors"][0]["pointer"]) == (422, "/mapping/1/field")


async def test_large_first_loads_build_the_search_index_at_the_end(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MIN_ROWS", 10)
    real, seen = work._write_chunk, []

    async def look(ctx: Any, *rest: Any) -> Any:
        seen.append(await _has_search(importer))
        return await real(ctx, *rest)

    monkeypatch.setattr(work, "_write_chunk", look)
    content, people, counts = people_file(200)
    await assert_exact(importer, await importer.load(content), people, counts)
    assert seen == [False]
    assert await _has_search(importer)
    await importer.load(people_file(60)[0])
    assert seen == [False, True]
    monkeypatch.setattr(work, "CHUNK_ROWS", 100)
    await importer.load(people_file(300, seed=8)[0])
    assert seen[2:] == [True, False, False], "kept until the first chunk shows that most people change"
    await importer.load(people_file(300, seed=8)[0])
    assert seen[5:] == [True, True, True], "kept when nothing changes"
    assert await _has_search(importer)


async def _has_search(importer: Importer) -> bool:
    async with importer.engines.tx() as tx:
        raw = await tx.raw()
        row = await (
            await raw.execute("select to_regclass(%s)", (f"ix_profile_{importer.database.id}_search",))
        ).fetchone()
    assert row is not None
    return row[0] is not None


async def test_nightly_tidy_builds_what_a_killed_import_left_out(importer: Importer, engines: Engines) -> None:
    async with engines.tx() as tx:
        await bulk.drop_search(tx, importer.database)
    assert not await _has_search(importer)
    await asyncio.gather(*(bulk.ensure_all(engines) for _ in range(3)))
    assert await _has_search(importer)
    assert not await bulk.ensure_search(engines, importer.database.id)
    assert not await bulk.ensure_search(engines, 99_999)


async def test_nightly_tidy_forgets_files_and_reports(importer: Importer, engines: Engines, clock: FixedClock) -> None:
    done = await importer.load(csv_bytes([["email"], ["a@x.no"], ["nobody"]]))
    left = await importer.upload(csv_bytes([["email"], ["b@x.no"]]))
    lost = engines.files / "imports" / ("0" * 32)
    lost.write_bytes(b"an upload whose request broke off")
    files = {p.name for p in (engines.files / "imports").iterdir()}
    await tasks.tidy(engines)
    assert {p.name for p in (engines.files / "imports").iterdir()} == files
    moment = (NOW + timedelta(days=8)).timestamp()
    clock.advance(timedelta(days=8))
    for path in (engines.files / "imports").iterdir():
        os.utime(path, (moment - 8 * 86_400, moment - 8 * 86_400))
    await tasks.tidy(engines)
    assert list((engines.files / "imports").iterdir()) == []
    assert len(await importer.report(done["id"])) == 1
    clock.advance(timedelta(days=30))
    await tasks.tidy(engines)
    assert await importer.report(done["id"]) == []
    assert (await importer.get(f"/imports/{done['id']}"))["counts"]["rejected"] == 1
    problem = await importer.api.get(f"/imports/{left['id']}/preview")
    assert (problem.status_code, "upload it again" in problem.text) == (422, True)


async def test_what_an_import_that_failed_knows_of_rows_is_forgotten_too(
    importer: Importer, engines: Engines, clock: FixedClock
) -> None:
    """One whose processes died too often never says so itself: its end is noted by night, and then time counts."""
    made = [await importer.load(csv_bytes([["email"], [f"{n}@x.no"], ["nobody"]])) for n in "pq"]
    ids = [one["id"] for one in made]
    async with engines.tx() as tx:
        await tx.execute(sa.text("update profile_import set state = 'running', finished_at = null"))
        lost = {"id": made[0]["job_id"]}
        await tx.execute(sa.text("update job set state = 'failed', error = 'Its process stopped' where id = :id"), lost)
        await tx.execute(sa.text("delete from job where id = :id"), {"id": made[1]["job_id"]})
    shown = {one["id"]: one for one in (await importer.get(f"/databases/{importer.database.id}/imports"))["items"]}
    assert [shown[id_]["error"] for id_ in ids] == ["Its process stopped", "The job that did it is gone"]
    await tasks.tidy(engines)
    async with engines.tx() as tx:
        query = sa.text("select state, finished_at from profile_import where id = any(:ids)")
        assert [tuple(row) for row in await tx.all(query, {"ids": ids})] == [("failed", NOW)] * 2
    assert len(await importer.report(ids[0])) == 1
    clock.advance(timedelta(days=31))
    await tasks.tidy(engines)
    assert [await importer.report(id_) for id_ in ids] == [[], []]
    assert (await importer.get(f"/imports/{ids[0]}"))["counts"]["rejected"] == 1


async def test_large_files_are_read_by_another_process(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "INLINE_BYTES", 100)
    monkeypatch.setattr(work, "CHUNK_ROWS", 100)
    content, people, counts = people_file(1_000)
    await assert_exact(importer, await importer.load(content), people, counts)
