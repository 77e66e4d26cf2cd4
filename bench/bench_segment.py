"""Speed of segments beside hand-written ClickHouse SQL and PostgreSQL with covering indexes.

    python bench/bench_segment.py [--scale 1.0] [--rounds 7] [--without-postgres]

Full size: 1 M profiles, 20 M events of 24 months, 5 M order lines of 50,000 products, generated inside the engines,
which are this run's own. Four conditions: 3 rules, 12 rules, dynamic segments nested 4 deep, and one over order lines
and products. Ours (compiled from the condition, as every calculation is) and the hand-written query take turns
(A B A B …); printed are medians and the ratio (of the clock, and of processor time, which other load disturbs less),
and every way must find the same people. Both read merged rows (FINAL) where rows are counted, compare texts in any
case, and return a bitmap. Then the preview with a count for every rule, through the service: with nothing kept from
earlier questions, and while typing (one rule of it changed). Last, the memory all that took.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia import segments
from fidelia.access import Actor
from fidelia.conditions import compile as compile_condition
from fidelia.conditions import decode
from fidelia.events import define_type
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.migrate import upgrade_postgres
from fidelia.platform.pgserver import PostgresServer
from fidelia.profiles import Field, create_database
from fidelia.segments.service import answer, cache, preview
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from fidelia.worker import tasks

sys.path.insert(0, str(Path(__file__).parent))
from segment_data import (
    DEEP,
    LINES,
    THREE,
    TWELVE,
    Node,
    by_hand,
    compare,
    copy_to_postgres,
    generate,
    group,
    in_postgres,
)

assert tasks.MODULES
ACTOR = Actor.system("bench")
NOW = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
RATIO = 1.3
MEMORY_MIB = 2048
PREVIEW_MS = {"3 rules": 300, "12 rules": 800}


# -- memory --------------------------------------------------------------------------------------------------------


def forget_peak() -> None:
    """Let the kernel count the highest memory of this process from now on (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_mib() -> int:
    """Return the highest resident memory of this process, in MiB; chDB lives in it, as in the core process."""
    line = next(x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) >> 10


# -- measuring -----------------------------------------------------------------------------------------------------


async def timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, float, Any]:
    """Return milliseconds on the clock, milliseconds of the processors (chDB works in this process), and the answer."""
    began, used = time.perf_counter(), time.process_time()
    found = await work()
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000, found


async def questions(engines: Engines, database: int) -> dict[str, segments.Question]:
    async with engines.tx() as tx:
        below: int | None = None
        for depth, rule in enumerate(DEEP):
            condition = rule if below is None else group("all", rule, {"kind": "member", "of": {"segment": below}})
            made = await segments.create_segment(
                tx,
                ACTOR,
                segments.Definition(
                    database_id=database, name=f"Level {depth}", type="dynamic", condition=decode(condition)
                ),
            )
            below = made.id
        nested = group("all", {"kind": "member", "of": {"segment": below}})
        asked = {"3 rules": THREE, "12 rules": TWELVE, "nested 4 deep": nested, "product-level": LINES}
        return {name: await segments.ask(tx, database, decode(node)) for name, node in asked.items()}


async def measure(engines: Engines, database: int, rounds: int, postgres: bool) -> list[str]:
    ch = engines.clickhouse
    hand, theirs = by_hand(database), in_postgres(database)
    missed: list[str] = []
    await answer.catch_up(engines, database, wait=True)
    titles = (
        f"{'ours ms':>10}{'by hand ms':>12}{'ratio':>8}{'reach':>8}{'CPU ratio':>11}{'people':>10}{'PostgreSQL ms':>15}"
    )
    print(f"\n{'':16}{titles}")
    for name, question in (await questions(engines, database)).items():

        async def ours(question: segments.Question = question) -> BitMap:
            resolved = await answer.resolved(engines, question, NOW, None)
            query = compile_condition(question.checked, NOW, question.timezone, segments=resolved)
            return await ch.bitmap(query.text, query.params)

        async def reference(name: str = name) -> BitMap:
            return await ch.bitmap(hand[name])

        a: list[float] = []
        b: list[float] = []
        cpu: list[float] = []
        for n in range(rounds + 1):
            ms_a, cpu_a, found = await timed(ours)
            ms_b, cpu_b, wanted = await timed(reference)
            assert found == wanted, f"{name}: ours finds {len(found)}, by hand {len(wanted)}"
            if n:  # the first round warms both
                a.append(ms_a)
                b.append(ms_b)
                cpu.append(cpu_a / cpu_b)
        ratio = statistics.median(a) / statistics.median(b)
        beside = ""
        if postgres and name in theirs:
            times = []
            for _ in range(3):
                ms, _, count = await timed(lambda name=name: scalar(engines, theirs[name]))
                assert count == len(found), f"{name}: PostgreSQL finds {count}, ours {len(found)}"
                times.append(ms)
            beside = f"{statistics.median(times):,.0f}"
        if ratio > RATIO:
            missed.append(f"{name}: ratio {ratio:.2f}")
        print(
            f"{name:16}{statistics.median(a):>10.0f}{statistics.median(b):>12.0f}{ratio:>8.2f}{f'≤ {RATIO}':>8}"
            f"{statistics.median(cpu):>11.2f}{len(found):>10,}{beside:>15}"
        )
    return missed


async def scalar(engines: Engines, sql: str) -> Any:
    async with engines.db.hot() as raw:
        row = await (await raw.execute(sql)).fetchone()
        return row[0] if row else None


async def measure_previews(engines: Engines, database: int, rounds: int) -> list[str]:
    """The whole service: catch up, every rule's own answer, figures, 50 people with three columns."""
    missed: list[str] = []
    wanted = preview.Wanted(rows=50, nodes=True)
    print(f"\n{'preview, counts':16}{'cold ms':>10}{'typing ms':>12}{'reach':>16}")
    for name, node in (("3 rules", THREE), ("12 rules", TWELVE)):
        cold: list[float] = []
        typing: list[float] = []
        for n in range(rounds + 1):
            engines.ports.pop(cache.PORT, None)
            ms, _, _ = await timed(lambda node=node: told(engines, database, node, wanted))
            changed = group("all", *node["of"][1:], compare("profile.age", "lte", 30 + n))
            ms_typing, _, _ = await timed(lambda changed=changed: told(engines, database, changed, wanted))
            if n:
                cold.append(ms)
                typing.append(ms_typing)
        median, reach = statistics.median(cold), PREVIEW_MS[name]
        if median > reach:
            missed.append(f"preview of {name}: {median:.0f} ms")
        print(f"{name:16}{median:>10.0f}{statistics.median(typing):>12.0f}{f'cold ≤ {reach}':>16}")
    return missed


async def told(engines: Engines, database: int, node: Node, wanted: preview.Wanted) -> Any:
    return await preview.calculate(engines, preview.Unsaved(database, decode(node)), wanted)


async def run(scale: float, rounds: int, postgres: bool) -> list[str]:
    root = Path(tempfile.mkdtemp(prefix="fidelia-bench-"))
    root.chmod(0o711)
    settings = Settings()
    settings = msgspec.structs.replace(settings, data=msgspec.structs.replace(settings.data, dir=str(root / "data")))
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    server = PostgresServer(folder, settings.postgres)
    try:
        dsn = server.start()
        upgrade_postgres(dsn)
        settings = msgspec.structs.replace(settings, postgres=msgspec.structs.replace(settings.postgres, dsn=dsn))
        async with open_engines(settings, clickhouse=True, clock=FixedClock(NOW)) as engines:
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
            await copy_to_postgres(engines, database, people)
            print(f"{people:,} profiles, {many:,} events, {lines:,} lines; made in {time.perf_counter() - began:.0f} s")
            forget_peak()
            missed = await measure(engines, database, rounds, postgres)
            missed += await measure_previews(engines, database, rounds)
            peak = peak_mib()
            print(f"\nmemory while asked, at most: {peak:,} MiB (reach ≤ {MEMORY_MIB:,})")
            return missed + ([f"memory: {peak} MiB"] if peak > MEMORY_MIB else [])
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the full size")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--without-postgres", action="store_true", help="leave out the queries in PostgreSQL")
    args = parser.parse_args()
    missed = asyncio.run(run(args.scale, args.rounds, not args.without_postgres))
    print("\nmissed: " + "; ".join(missed) if missed else "\nall reached")
    raise SystemExit(1 if missed and args.scale >= 1 else 0)


if __name__ == "__main__":
    main()
