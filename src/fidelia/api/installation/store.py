"""Counts that tell whether an installation is well."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from fidelia.platform.clickhouse import ClickHouse
from fidelia.platform.postgres import Tx


async def server_version(tx: Tx) -> str:
    """Return PostgreSQL's version."""
    return str(await tx.scalar(sa.text("show server_version")))


async def silent_jobs(tx: Tx, edge: datetime) -> int:
    """Count running jobs whose last sign of life is older than ``edge``."""
    found = await tx.scalar(
        sa.text("select count(*) from job where state = 'running' and heartbeat_at < :edge"), {"edge": edge}
    )
    return int(found)


async def late_jobs(tx: Tx, edge: datetime) -> int:
    """Count jobs that wait since before ``edge``."""
    found = await tx.scalar(
        sa.text("select count(*) from job where state = 'queued' and created_at < :edge"), {"edge": edge}
    )
    return int(found)


async def count(tx: Tx, stream: str, database_id: int) -> int:
    """Count the rows of a stream (``products``, ``profiles``, ``orders``) of a database in PostgreSQL."""
    sql = {
        "products": "select count(*) from product",
        "profiles": f"select count(*) from profile_{int(database_id)}",
        "orders": f"select count(*) from sales_order where database_id = {int(database_id)}",
    }[stream]
    return int(await tx.scalar(sa.text(sql)))


async def lists(tx: Tx) -> set[int]:
    """Return the segments that have a stored list of people."""
    return {row.segment_id for row in await tx.all(sa.text("select segment_id from segment_bitmap"))}


async def projected_lists(ch: ClickHouse) -> set[int]:
    """Return the segments whose list ClickHouse has."""
    return {int(row[0]) for row in await ch.query("SELECT DISTINCT segment FROM segment_bitmaps")}


async def count_projected(ch: ClickHouse, stream: str, database_id: int) -> int:
    """Count the rows of the same stream in ClickHouse; a table that was never needed holds none."""
    table = {"products": "products", "profiles": f"p_{int(database_id)}", "orders": f"o_{int(database_id)}"}[stream]
    if not await ch.scalar(f"EXISTS TABLE {table}"):
        return 0
    return int(await ch.scalar(f"SELECT count() FROM {table} FINAL"))
