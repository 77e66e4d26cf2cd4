"""Queries of the quota."""

from __future__ import annotations

from typing import Any

import psycopg

Raw = psycopg.AsyncConnection[Any]
_LOCK = 0x_F1DE_07A


async def locked_count(raw: Raw) -> int:
    """Return how many profiles there are in all databases; nobody else may ask so until the transaction ends."""
    await raw.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
    return await count(raw)


async def count(raw: Raw) -> int:
    """Return how many profiles there are in all databases."""
    row = await (await raw.execute("select coalesce(sum(profile_count), 0) from profile_database")).fetchone()
    assert row is not None
    return int(row[0])


async def swap_level(raw: Raw, level: int) -> int:
    """Store which line was crossed last (0 none, 1 nine tenths, 2 all) and return the one before."""
    row = await (await raw.execute("select level from profile_quota_state where id = 1 for update")).fetchone()
    before = int(row[0]) if row else 0
    if before != level:
        await raw.execute(
            "insert into profile_quota_state (id, level) values (1, %s)"
            " on conflict (id) do update set level = excluded.level",
            (level,),
        )
    return before
