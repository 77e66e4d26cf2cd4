"""A hundred updatable segments recalculated, beside the same hundred questions asked one by one in SQL by hand.

    python bench/bench_recalculate.py [--scale 1.0]

Full size: 1 M profiles, 20 M events, 5 M order lines, generated inside the engines, which are this run's own. The
segments overlap as a shop's do (``recalculate_data``). Ours is the whole job, from the schedule to lists that are
swapped in PostgreSQL and on their way to conditions: first every list is made, then an hour passes in which 50,000
events and 5,000 profiles come in, and every list is made again, with events for who enters and leaves; then again
a day later, though nobody has written anything. By hand: only the queries, each a bitmap, one after another. The people
must be the same.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from pyroaring import BitMap

from fidelia import segments
from fidelia.access import Actor
from fidelia.conditions import decode
from fidelia.events import define_type
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.migrate import upgrade_postgres
from fidelia.platform.pgserver import PostgresServer
from fidelia.profiles import Field, create_database
from fidelia.segments.service import answer, cache, recalculate
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from fidelia.worker import tasks

sys.path.insert(0, str(Path(__file__).parent))
from recalculate_data import Made, hundred
from segment_data import generate

assert tasks.MODULES
ACTOR = Actor.system("bench")
NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
REACH_SECONDS = 30.0


async def make(engines: Engines, database: int, wanted: list[Made]) -> list[int]:
    """Store the segments, due at once; their first runs are cancelled, so that one round does them all."""
    ids: list[int] = []
    schedule = segments.SegmentSchedule(at=f"{NOW + timedelta(minutes=1):%H:%M}", timezone="UTC")
    for item in wanted:
        node = item.node
        if item.reads is not None:
            node = {**node, "of": [*node["of"][:-1], {"kind": "member", "of": {"segment": ids[item.reads]}}]}
        async with engines.tx() as tx:
            definition = segments.Definition(
                database_id=database, name=item.name, type="updatable", condition=decode(node), schedule=schedule
            )
            ids.append((await segments.create_segment(tx, ACTOR, definition)).id)
            await recalculate.cancel(tx, ids[-1])
    return ids


async def round_of(engines: Engines, ids: list[int]) -> tuple[float, dict[str, int]]:
    """Let the schedule start what is due and do it; return the seconds and how it went."""
    began = time.perf_counter()
    started = await recalculate.start_due(engines)
    assert sorted(started) == sorted(ids), f"{len(started)} are due"
    async with engines.tx() as tx:
        detail = await segments.detail(tx, ids[0])
    assert detail.last_run is not None
    assert detail.last_run.job_id is not None
    await run_job(engines, detail.last_run.job_id)
    took = time.perf_counter() - began
    from fidelia.platform import jobs

    async with engines.tx() as tx:
        job = await jobs.get(tx, detail.last_run.job_id)
    assert job.state == "done", job.error
    assert job.result is not None
    assert not job.result["failed"]
    return took, job.result


async def by_hand(engines: Engines, database: int, wanted: list[Made], at: datetime) -> tuple[float, list[BitMap]]:
    """Ask the hundred questions one by one."""
    moment = f"toDateTime64('{at:%Y-%m-%d %H:%M:%S}', 3, 'UTC')"
    began, found = time.perf_counter(), []
    for item in wanted:
        sql = f"select groupBitmapState(id) from p_{database} final where {item.sql(database, moment)}"
        found.append(await engines.clickhouse.bitmap(sql))
    return time.perf_counter() - began, found


async def change(engines: Engines, database: int, people: int) -> None:
    """What comes in within an hour."""
    at = f"toDateTime64('{NOW:%Y-%m-%d %H:%M:%S}', 3, 'UTC') + toIntervalSecond(rand(1) % 3600)"
    await engines.clickhouse.command(
        f"insert into e_{database} (type, profile, at, id, mailing, channel, link, total, props)"
        " select ['message.opened', 'message.clicked', 'page.viewed', 'custom.purchase'][1 + rand(2) % 4],"
        f" 1 + rand(3) % {people}, {at}, concat('new', toString(number)), 0, '', '', toDecimal64(20, 4), '{{\"total\":20.0}}'"
        " from numbers(50000)"
    )
    await engines.clickhouse.command(
        f"insert into p_{database} select * replace (version + 1 as version, 33 as f1) from p_{database} final"
        f" where id % {max(people // 5000, 1)} = 0"
    )


async def measure(engines: Engines, clock: FixedClock, database: int, people: int) -> list[str]:
    wanted = hundred()
    ids = await make(engines, database, wanted)
    await answer.catch_up(engines, database, wait=True)
    missed: list[str] = []
    print(f"\n{'100 segments':34}{'ours s':>9}{'by hand s':>11}{'ratio':>8}{'reach':>9}")
    steps = (
        ("every list for the first time", 1),
        ("after an hour's changes", 24 * 60 + 1),
        ("a day later, nothing written", 2 * 24 * 60 + 1),
    )
    for name, minutes in steps:
        at = NOW + timedelta(minutes=minutes)
        clock.set(at)
        if name.startswith("after"):
            await change(engines, database, people)
        if not name.startswith("a day"):
            engines.ports.pop(cache.PORT, None)
        ours, result = await round_of(engines, ids)
        print(f"{name:34}{ours:>9.1f}", end="", flush=True)
        hand, found = await by_hand(engines, database, wanted, at)
        async with engines.tx() as tx:
            for id_, item, people_by_hand in zip(ids, wanted, found, strict=True):
                mine = await segments.members(tx, id_)
                assert mine == people_by_hand, f"{item.name}: ours {len(mine):,}, by hand {len(people_by_hand):,}"
        reach = f"≤ {REACH_SECONDS:.0f}"
        skipped = f"   {result['skipped']} skipped" if result["skipped"] else ""
        print(f"{hand:>11.1f}{ours / hand:>8.2f}{reach:>9}{skipped}")
        if ours > REACH_SECONDS:
            missed.append(f"{name}: {ours:.1f} s")
    began = time.perf_counter()
    await answer.catch_up(engines, database, wait=True)
    print(f"\nevents of who entered and left in ClickHouse after another {time.perf_counter() - began:.1f} s")
    return missed


async def run(scale: float) -> list[str]:
    root = Path(tempfile.mkdtemp(prefix="fidelia-bench-"))
    root.chmod(0o711)
    settings = Settings()
    settings = msgspec.structs.replace(settings, data=msgspec.structs.replace(settings.data, dir=str(root / "data")))
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    server = PostgresServer(folder, settings.postgres)
    clock = FixedClock(NOW)
    try:
        dsn = server.start()
        upgrade_postgres(dsn)
        settings = msgspec.structs.replace(settings, postgres=msgspec.structs.replace(settings.postgres, dsn=dsn))
        async with open_engines(settings, clickhouse=True, clock=clock) as engines:
            fields = (
                Field(name="age", type="integer"),
                Field(name="vip", type="boolean"),
                Field(name="level", type="enum", options=("gold", "silver", "bronze")),
            )
            async with engines.tx() as tx:
                database = (await create_database(tx, ACTOR, name="bench", fields=fields)).id
                await define_type(tx, ACTOR, database, name="custom.purchase")
            await answer.catch_up(engines, database, wait=True)
            began = time.perf_counter()
            people, many, lines = await generate(engines, database, scale)
            print(f"{people:,} profiles, {many:,} events, {lines:,} lines; made in {time.perf_counter() - began:.0f} s")
            return await measure(engines, clock, database, people)
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size")
    missed = asyncio.run(run(parser.parse_args().scale))
    print("\nmissed: " + "; ".join(missed) if missed else "\nall reached")
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
