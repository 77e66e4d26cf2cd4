"""A process with its own ClickHouse over a given PostgreSQL, which drains and may be killed at a chosen point.

``DSN FOLDER drain [POINT N]`` kills itself with SIGKILL at the N-th time the drain reaches POINT:
``insert`` (before an insert), ``inserted`` (after it, before the rows are deleted), ``claimed`` (after a claim),
``split`` (after a refused batch was split). ``… count`` prints rows and distinct ids of every events table as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys

import msgspec

from fidelia.platform import batches
from fidelia.platform.clickhouse import ClickHouse
from fidelia.settings import Settings
from fidelia.wiring import open_engines
from tests.killing import killing


async def main(dsn: str, folder: str, what: str, point: str = "", wanted: str = "0") -> None:
    settings = Settings().replace("postgres", dsn=dsn).replace("data", dir=folder)
    n = int(wanted)
    if point in ("insert", "inserted"):
        ClickHouse.insert_bytes = killing(ClickHouse.insert_bytes, n, before=point == "insert")  # type: ignore[method-assign]
    elif point == "claimed":
        batches.claim = killing(batches.claim, n)
    elif point == "split":
        batches._set_apart = killing(batches._set_apart, n)
    async with open_engines(settings, clickhouse=True) as engines:
        assert engines.ch is not None
        assert engines.drain is not None
        if what == "drain":
            await engines.drain.flush()
        tables = [row[0] for row in await engines.ch.query("select name from system.tables where name like 'e\\_%'")]
        counts = {
            table: list((await engines.ch.query(f"select count(), uniqExact(id), sum(profile) from {table}"))[0])
            for table in sorted(tables)
        }
    sys.stdout.write(json.dumps(msgspec.to_builtins(counts)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
