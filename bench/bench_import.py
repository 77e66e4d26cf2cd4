"""Speed of a CSV import beside bare COPY of the same columns: first load, update, and with phone numbers.

``python bench/bench_import.py [--rows 1000000] [--rounds 3] [--keep DIR]`` starts a PostgreSQL of its own. Our import
and the bare COPY take turns (A B A B …); printed are medians, rows a second, and the ratio. The import is the real job:
reading, validation by our rules, matching by e-mail, history, dirty sets, position per chunk, search index. The bare
COPY writes the same columns, already split and typed, into a table with the same keys but no search index, and checks
nothing. The update changes city, age and level of everybody.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from fidelia.access import Actor
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder, Files
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.migrate import upgrade_postgres
from fidelia.platform.pgserver import PostgresServer
from fidelia.platform.postgres import Database
from fidelia.platform.process import settle_memory
from fidelia.profiles import Field, create_database
from fidelia.profiles.imports import service
from fidelia.profiles.imports.model import ColumnMapping, ImportOptions
from fidelia.settings import Settings
from fidelia.wiring import wire
from fidelia.worker import tasks

assert tasks.MODULES
ACTOR = Actor.system("bench")
COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "birth_date",
    "gender",
    "language",
    "city",
    "postal_code",
    "age",
    "level",
)
TARGETS = {"first load": 40_000, "update": 25_000, "with phone numbers": 15_000}


def write_csv(path: Path, rows: int, *, seed: int, phones: bool) -> None:
    """Write people like those of a shop; the same people for every seed, in other cities, at another age and level."""
    some, other = random.Random(1), random.Random(seed)
    cities = [f"City {n}" for n in range(500)]
    names = [f"Name{n}" for n in range(3000)]
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow([*COLUMNS[:9], "phones" if phones else "level"])
        for n in range(rows):
            day = f"{some.randint(1940, 2008)}-{some.randint(1, 12):02}-{some.randint(1, 28):02}"
            last: Any = f"+479{n % 10_000_000:07}" if phones else other.choice(("gold", "silver"))
            out.writerow(
                (f"person.{n}@mail{n % 700}.example.com", some.choice(names), some.choice(names), day,
                 some.choice(("male", "female", "")), some.choice(("en", "nb", "de")), other.choice(cities),
                 f"{some.randint(1, 9999):04}", other.randint(18, 90), last)
            )  # fmt: skip


async def our_import(engines: Engines, database_id: int, path: Path) -> float:
    """Import a file as the worker does and return the seconds of its job."""
    files = Files(engines.files)
    key = files.new_key("imports")
    files.path(key).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, files.path(key))
    with path.open() as file:
        header = file.readline().strip().split(",")
    async with engines.tx() as tx:
        made = await service.create_import(
            tx, ACTOR, database_id, file_key=key, file_name=path.name, file_size=path.stat().st_size,
            columns_to=[ColumnMapping(column=name, field=name) for name in header], options=ImportOptions(),
        )  # fmt: skip
        started = await service.start_run(tx, ACTOR, made.id)
    began = time.perf_counter()
    await run_job(engines, started.job.id)
    took = time.perf_counter() - began
    async with engines.tx() as tx:
        done = await service.get_import(tx, made.id)
    assert done.state == "done", done
    assert done.counts.rejected == 0, done
    files.delete(key)
    return took


async def bare_copy(engines: Engines, database_id: int, path: Path, rows: int) -> float:
    """COPY the same columns, split and typed before, into a table with the same indexes; seconds."""
    async with engines.db.hot() as raw:
        await raw.execute("drop table if exists bare")
        await raw.execute(f"create table bare (like profile_{database_id} including all) with (fillfactor = 85)")
        await raw.execute("drop index if exists bare_expr_idx")
        with path.open(newline="") as file:
            source = csv.reader(file)
            header = next(source)
            field = {"age": "f1", "level": "f2"}
            names = ["id", "created_at", "updated_at", *(field.get(n, n) for n in header)]
            lines = []
            for n, row in enumerate(source, 1):
                cells = [f"{{{c}}}" if name == "phones" else c or "\\N" for name, c in zip(header, row, strict=True)]
                lines.append("\t".join([str(n), "2026-01-01", "2026-01-01", *cells]))
    blocks = [("\n".join(lines[i : i + 8192]) + "\n").encode() for i in range(0, rows, 8192)]
    began = time.perf_counter()
    async with (
        engines.db.hot() as raw,
        raw.cursor() as cursor,
        cursor.copy(f"copy bare ({', '.join(names)}) from stdin") as copy,
    ):
        for block in blocks:
            await copy.write(block)
    return time.perf_counter() - began


async def fresh_database(engines: Engines, n: int) -> int:
    async with engines.tx() as tx:
        fields = (Field(name="age", type="integer"), Field(name="level", type="enum", options=("gold", "silver")))
        return (await create_database(tx, ACTOR, name=f"bench {n}", fields=fields)).id


async def measure(engines: Engines, folder: Path, rows: int, rounds: int) -> None:
    files = {}
    for name, seed, phones in (("a", 1, False), ("b", 2, False), ("p", 3, True)):
        files[name] = folder / f"{name}.csv"
        write_csv(files[name], rows, seed=seed, phones=phones)
    times: dict[str, list[float]] = {name: [] for name in (*TARGETS, "bare COPY", "bare COPY with phone numbers")}
    numbers = iter(range(1, 1000))
    first = 0
    for _ in range(rounds):
        database_id = await fresh_database(engines, next(numbers))
        first = first or database_id
        times["first load"].append(await our_import(engines, database_id, files["a"]))
        times["bare COPY"].append(await bare_copy(engines, first, files["a"], rows))
        times["update"].append(await our_import(engines, database_id, files["b"]))
        other = await fresh_database(engines, next(numbers))
        times["with phone numbers"].append(await our_import(engines, other, files["p"]))
        times["bare COPY with phone numbers"].append(await bare_copy(engines, first, files["p"], rows))
    speed = {name: rows / statistics.median(seconds) for name, seconds in times.items()}
    print(f"\nimport of {rows:,} rows, 10 columns, medians of {rounds} interleaved rounds")
    for name, target in TARGETS.items():
        beside = "bare COPY with phone numbers" if "phone" in name else "bare COPY"
        verdict = "reached" if speed[name] >= target else "MISSED"
        print(
            f"{name:<20} {speed[name]:>10,.0f} rows/s   {beside} {speed[beside]:>10,.0f} rows/s   "
            f"ratio {speed[name] / speed[beside]:.2f}   target {target:,}: {verdict}"
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder to use and keep")
    wish = parser.parse_args()
    settle_memory()  # as the worker's process does
    root = wish.keep or Path(tempfile.mkdtemp(prefix="fidelia-bench-"))
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o711)
    settings = Settings().replace("data", dir=str(root / "data"))
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    server = PostgresServer(folder, settings.postgres)
    dsn = server.start()
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("drop database if exists bench")
            connection.execute("create database bench")
        dsn = psycopg.conninfo.make_conninfo(dsn, dbname="bench")
        upgrade_postgres(dsn)
        settings = settings.replace("postgres", dsn=dsn)
        db = Database(dsn)
        await db.open()
        engines = Engines(settings=settings, db=db, files=folder.files)
        wire(engines)
        await measure(engines, root, wish.rows, wish.rounds)
        await db.close()
    finally:
        server.stop()
        if wish.keep is None:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    asyncio.run(main())
