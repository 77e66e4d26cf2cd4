"""Queries of who of a run waits: for now, for later, in which cycle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from .ledger import HELD

Raw = psycopg.AsyncConnection[Any]


class Later(NamedTuple):
    """How many of a run's queued messages are not due yet, and when the next of them is."""

    people: int
    next_at: datetime | None


async def later(raw: Raw, run_ids: Sequence[int], now: datetime) -> dict[int, Later]:
    """Return who waits for a later moment, by run; runs without anybody are left out."""
    cursor = await raw.execute(
        f"select run_id, count(*), min(next_at) filter (where next_at < {HELD}) from delivery"
        " where run_id = any(%s::int[]) and next_at > %s group by 1",
        (list(run_ids), now),
    )
    return {run_id: Later(int(many), at) for run_id, many, at in await cursor.fetchall()}


async def by_cycle(raw: Raw, run_id: int, begins: datetime, hours: int) -> dict[int, int]:
    """Return how many of a run's waiting messages each cycle has, counted from a moment on."""
    cursor = await raw.execute(
        "select floor(extract(epoch from next_at - %(begins)s) / %(length)s)::int, count(*) from delivery"
        f" where run_id = %(run)s and next_at >= %(begins)s and next_at < {HELD} group by 1",
        {"run": run_id, "begins": begins, "length": hours * 3600},
    )
    return {number: int(many) for number, many in await cursor.fetchall()}


async def at_work(raw: Raw, run_id: int, now: datetime, *, first_tries: bool) -> bool:
    """Tell whether somebody of a run is under way or due; with ``first_tries``, or waits for a first try."""
    cursor = await raw.execute(
        "select exists (select 1 from delivery where run_id = %(run)s and (state in ('leased', 'handed')"
        " or (state = 'queued' and (next_at <= %(now)s or (%(first)s and attempts = 0)))))",
        {"run": run_id, "now": now, "first": first_tries},
    )
    row = await cursor.fetchone()
    return bool(row and row[0])
