"""Events through HTTP, durable and deduplicated, beside a bare COPY behind the same server.

    python bench/bench_events.py [--seconds 2] [--rounds 5]

Own PostgreSQL and chDB in a temporary folder; the server is one process (with the drain running), the clients are
another one that speaks HTTP over kept-alive sockets. Ours and the reference are measured in turns (A B A B …), the
figures are medians. An event has an id, a profile and four properties (about 200 bytes).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import uvicorn
import uvloop
from litestar import Request, post

from fidelia.access import Actor, create_token
from fidelia.api.app import create_app
from fidelia.api.serve import Server
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.migrate import upgrade_postgres
from fidelia.platform.pgserver import PostgresServer
from fidelia.profiles import create_database, upsert
from fidelia.settings import Settings
from fidelia.wiring import open_engines

PROFILES = 10_000
BATCH = 100
BATCH_CONNECTIONS = 16
SINGLE_CONNECTIONS = 64
TARGETS = {"batches of 100": 20_000, "single": 1_500}


class Body(msgspec.Struct):
    events: list[msgspec.Raw]


# -- the server ----------------------------------------------------------------------------------------------------


def serve(dsn: str, folder: str, port: int, ready: Any) -> None:
    decoder = msgspec.json.Decoder(Body)

    @post("/bench/copy", opt={"public": True}, status_code=202)
    async def bare_copy(request: Request[Any, Any, Any], engines: Engines) -> dict[str, int]:
        events = decoder.decode(await request.body()).events
        async with (
            engines.db.hot() as raw,
            raw.cursor() as cursor,
            cursor.copy("copy bench_inbox (payload) from stdin") as copy,
        ):
            await copy.write(b"".join(bytes(e).replace(b"\\", b"\\\\") + b"\n" for e in events))
        return {"accepted": len(events)}

    async def main() -> None:
        settings = Settings().replace("postgres", dsn=dsn).replace("data", dir=folder)
        async with open_engines(settings, clickhouse=True) as engines:
            async with engines.db.hot() as raw:
                await raw.execute("create table bench_inbox (seq bigint generated always as identity, payload text)")
            async with engines.tx() as tx:
                token = await create_token(tx, Actor.system(), name="bench", roles=["owner"])
                database = await create_database(tx, Actor.system(), name="bench")
                items = [{"external_id": f"u{n}"} for n in range(PROFILES)]
                await upsert(tx, Actor.system(), database.id, items, matching="external_id")
            app = create_app(engines)
            app.register(bare_copy)
            assert engines.drain is not None
            drain = asyncio.create_task(engines.drain.run())
            config = uvicorn.Config(app, port=port, access_log=False, log_config=None, lifespan="on")
            await Server(config, lambda: ready.put((token.secret, database.id)), engines.stop.set).serve()
            engines.stop.set()
            await drain

    uvloop.run(main())  # as the processes of `fidelia up` do


# -- the clients ---------------------------------------------------------------------------------------------------


def bodies(database: int, size: int, run: str) -> Iterator[bytes]:
    n = 0
    while True:
        events = [
            {
                "id": f"{run}-{n + i}",
                "type": "custom.purchase",
                "at": "2026-11-01T10:00:00Z",
                "profile": (n + i) % PROFILES + 1,
                "properties": {"total": 12.5 + i, "sku": f"A-{i}", "shop": "Oslo", "online": True},
            }
            for i in range(size)
        ]
        n += size
        yield json.dumps({"database": database, "events": events}).encode()


async def connection(
    port: int, path: str, token: str, source: Iterator[bytes], size: int, stop: float, latencies: list[float]
) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST {path} HTTP/1.1\r\nHost: b\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n"
    done = 0
    while time.perf_counter() < stop:
        body = next(source)
        began = time.perf_counter()
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        status = int(answer[9:12])
        length = next(int(x.split(b":")[1]) for x in answer.split(b"\r\n") if x.lower().startswith(b"content-length"))
        reply = json.loads(await reader.readexactly(length))
        if status != 202 or reply["accepted"] != size:
            raise SystemExit(f"{path}: {status} {reply}")
        latencies.append(time.perf_counter() - began)
        done += size
    writer.close()
    return done


async def load(
    port: int, path: str, token: str, database: int, size: int, connections: int, seconds: float
) -> tuple[float, float]:
    """Return events a second and the median latency in milliseconds."""
    run = os.urandom(6).hex()
    source = prepared(
        database, size, run, int(seconds * TARGETS["batches of 100" if size > 1 else "single"] * 4 / size)
    )
    latencies: list[float] = []
    began = time.perf_counter()
    stop = began + seconds
    counts = await asyncio.gather(
        *(connection(port, path, token, source, size, stop, latencies) for _ in range(connections))
    )
    return sum(counts) / (time.perf_counter() - began), statistics.median(latencies) * 1000


def prepared(database: int, size: int, run: str, count: int) -> Iterator[bytes]:
    """Make the bodies before the clock starts; more of them while it runs if they are not enough."""
    source = bodies(database, size, run)
    return chain([next(source) for _ in range(count)], source)


def chain(first: list[bytes], rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from first
    yield from rest


def client(port: int, token: str, database: int, seconds: float, rounds: int, results: Any) -> None:
    figures: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for name, size, connections in (("batches of 100", BATCH, BATCH_CONNECTIONS), ("single", 1, SINGLE_CONNECTIONS)):
        for n in range(rounds + 1):
            for who, path in (("fidelia", "/api/v1/events"), ("bare COPY", "/bench/copy")):
                figure = asyncio.run(load(port, path, token, database, size, connections, seconds if n else 0.5))
                if n:  # the first turn warms both up
                    figures.setdefault((name, who), []).append(figure)
    results.put(figures)


# -- the run -------------------------------------------------------------------------------------------------------


def measure(seconds: float, rounds: int) -> dict[tuple[str, str], list[tuple[float, float]]]:
    root = Path(tempfile.mkdtemp(prefix="fidelia-bench-"))
    root.chmod(0o711)
    folder = DataFolder(root / "data")
    folder.prepare()
    server = PostgresServer(folder, Settings().postgres)
    dsn = server.start()
    context = multiprocessing.get_context("spawn")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ready, results = context.Queue(), context.Queue()
    core: Any = None
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("create database bench")
        dsn = psycopg.conninfo.make_conninfo(dsn, dbname="bench")
        upgrade_postgres(dsn)
        core = context.Process(target=serve, args=(dsn, str(root / "core"), port, ready))
        core.start()
        token, database = ready.get(timeout=60)
        caller = context.Process(target=client, args=(port, token, database, seconds, rounds, results))
        caller.start()
        figures: dict[tuple[str, str], list[tuple[float, float]]] = results.get(timeout=60 + 8 * seconds * rounds)
        caller.join()
        return figures
    finally:
        if core is not None and core.is_alive():
            core.terminate()
            core.join(20)
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a turn")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    figures = measure(options.seconds, options.rounds)
    failed = False
    print("Events through HTTP, committed before the answer, events/s (medians of turns)")
    for name, target in TARGETS.items():
        ours, theirs = figures[name, "fidelia"], figures[name, "bare COPY"]
        a, b = statistics.median(x for x, _ in ours), statistics.median(x for x, _ in theirs)
        ratio = statistics.median(x / y for (x, _), (y, _) in zip(ours, theirs, strict=True))
        latency = statistics.median(ms for _, ms in ours)
        failed |= a < target
        print(
            f"  {name:15} {a:8,.0f}/s   bare COPY {b:8,.0f}/s   ratio {ratio:.2f}   median {latency:.1f} ms"
            f"   target {target:,}/s {'reached' if a >= target else 'MISSED'}"
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
