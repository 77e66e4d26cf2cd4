"""Queries of what waits for hooks: adding, taking the oldest, noting what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg
import sqlalchemy as sa

from fidelia.kernel.ids import random_id
from fidelia.platform.postgres import Tx

from .. import payload
from ..model import Claimed, Held, Hook, Kind, Outcome
from ..tables import hook, hook_delivery

_c = hook_delivery.c
#: Namespace of the locks by which one process at a time sends to a hook.
_LOCKS = 0x400C
#: What is sent again does not hold up what happens now.
_ORDER = sa.case((_c.kind == "live", 0), else_=1)
#: A batch that waits for its receiver takes more in for so long: what is kept is kept from when its first event came.
_OPEN = timedelta(hours=1)
Part = tuple[int | None, Sequence[Held]]


async def append(tx: Tx, held: Hook, database_id: int, events: Sequence[Held]) -> None:
    """Put events at the end of a hook's queue, whose row is locked: into the open batch first, then into new ones."""
    last = await tx.first(
        sa.select(_c.id, _c.database_id, _c.rows, _c.sealed, _c.created_at)
        .where(_c.hook_id == held.id, _c.state == "waiting", _c.kind == "live")
        .order_by(_c.id.desc())
        .limit(1)
    )
    start = 0
    if last is not None and not last.sealed:
        fits = last.database_id == database_id and last.created_at > tx.now - _OPEN
        space = held.batch_size - last.rows if fits else 0
        start = min(max(space, 0), len(events))
        if start:
            await _fill(tx, last.id, events[:start])
        if start == space or start < len(events) or space <= 0:
            await _seal(tx, last.id)
    parts = [events[n : n + held.batch_size] for n in range(start, len(events), held.batch_size)]
    if parts:
        await add(tx, held, "live", [(database_id, part) for part in parts])


async def _fill(tx: Tx, delivery_id: int, events: Sequence[Held]) -> None:
    values = {
        "rows": _c.rows + len(events),
        "events": _c.events + "\n" + payload.lines(events),
        "profiles": _c.profiles + sa.literal(_people(events), _c.profiles.type),
    }
    await tx.execute(sa.update(hook_delivery).where(_c.id == delivery_id).values(values))


async def _seal(tx: Tx, delivery_id: int) -> None:
    values = {"sealed": True, "due_at": sa.func.least(_c.due_at, tx.now)}
    await tx.execute(sa.update(hook_delivery).where(_c.id == delivery_id).values(values))


async def add(
    tx: Tx,
    held: Hook,
    kind: Kind,
    parts: Sequence[Part],
    *,
    job_id: str | None = None,
    positions: Sequence[Any] | None = None,
) -> list[int]:
    """Put batches at the end of a hook's queue and return their ids; a live one that is not full waits for more."""
    rows = []
    for n, (database_id, events) in enumerate(parts):
        full = kind != "live" or len(events) >= held.batch_size or n < len(parts) - 1
        rows.append(
            {
                "hook_id": held.id,
                "message_id": f"msg_{random_id(24)}",
                "kind": kind,
                # A try is sent by who asked for it, not by the queue.
                "state": "failed" if kind == "test" else "waiting",
                "database_id": database_id,
                "rows": len(events),
                "sealed": full,
                "events": payload.lines(events),
                "profiles": _people(events),
                "job_id": job_id,
                "position": None if positions is None else positions[n],
                "due_at": tx.now if full else tx.now + timedelta(seconds=held.max_delay),
                "created_at": tx.now,
                "attempts": 0,
            }
        )
    found: list[int] = []
    for start in range(0, len(rows), 500):
        stmt = sa.insert(hook_delivery).values(rows[start : start + 500]).returning(_c.id)
        found += [row.id for row in await tx.all(stmt)]
    return found


def _people(events: Sequence[Held]) -> list[int]:
    return sorted({event.profile for event in events})


async def due(tx: Tx) -> list[int]:
    """Return the hooks that have something to send now."""
    waits = sa.exists().where(_c.hook_id == hook.c.id, _c.state == "waiting", _c.due_at <= tx.now)
    where = (hook.c.active, hook.c.next_at <= tx.now, waits)
    return [row.id for row in await tx.all(sa.select(hook.c.id).where(*where).order_by(hook.c.next_at, hook.c.id))]


async def claim(tx: Tx, held: Hook, delivery_id: int | None = None) -> Claimed | None:
    """Take the oldest batch of a hook that is due (or a named one) to be tried; its row is locked."""
    query = sa.select(hook_delivery).where(_c.hook_id == held.id)
    query = query.where(_c.state == "waiting" if delivery_id is None else _c.id == delivery_id)
    row = await tx.first(query.order_by(_ORDER, _c.id).limit(1).with_for_update())
    if row is None or row.due_at > tx.now:
        return None
    values = {"sealed": True, "attempts": row.attempts + 1, "tried_at": tx.now}
    await tx.execute(sa.update(hook_delivery).where(_c.id == row.id).values(values))
    return Claimed(
        id=row.id,
        message_id=row.message_id,
        kind=row.kind,
        database_id=row.database_id,
        rows=row.rows,
        attempt=row.attempts + 1,
        events=payload.read_lines(row.events),
    )


async def settle(tx: Tx, claimed: Claimed, outcome: Outcome, body: str, state: str) -> bool:
    """Note what a try gave; ``False`` when somebody has taken the delivery away meanwhile.

    The body is kept unless people were erased from it while it was on its way.
    """
    same = _c.rows == claimed.rows
    values = {
        "state": state,
        "body": sa.case((same, body), else_=sa.null()),
        "duration_ms": outcome.duration_ms,
        "status": outcome.status,
        "response": sa.case((same, outcome.response), else_=sa.null()),
        "error": outcome.error,
        **({"events": None} if state != "waiting" else {}),
    }
    here = sa.or_(_c.state == "waiting", _c.kind == "test")
    stmt = sa.update(hook_delivery).where(_c.id == claimed.id, here).values(values)
    return (await tx.execute(stmt)).rowcount > 0


async def set_state(tx: Tx, delivery_id: int, state: str) -> None:
    """End a delivery that waits without sending it."""
    await tx.execute(sa.update(hook_delivery).where(_c.id == delivery_id).values(state=state, events=None))


async def drop_old(tx: Tx, hook_id: int, before: datetime, most: int) -> int:
    """Drop what has waited too long or is too much, the oldest first; return how many events that were."""
    c = _c
    newer = sa.func.sum(c.rows).over(order_by=c.id.desc())
    waiting = sa.select(c.id, c.created_at, newer.label("newer")).where(c.hook_id == hook_id, c.state == "waiting")
    found = waiting.subquery()
    gone = sa.select(found.c.id).where(sa.or_(found.c.created_at < before, found.c.newer > most))
    stmt = (
        sa.update(hook_delivery)
        .where(c.id.in_(gone))
        .values(state="dropped", events=None, body=None, profiles=[], response=None)
        .returning(c.rows)
    )
    return sum(row.rows for row in await tx.all(stmt))


async def lock(connection: psycopg.AsyncConnection[Any], hook_id: int) -> bool:
    """Have this connection be the one that sends to a hook; ``False`` while another is."""
    cursor = await connection.execute("select pg_try_advisory_lock(%s, %s)", (_LOCKS, hook_id))
    row = await cursor.fetchone()
    return bool(row and row[0])


async def unlock(connection: psycopg.AsyncConnection[Any], hook_id: int) -> None:
    """Let others send to a hook."""
    await connection.execute("select pg_advisory_unlock(%s, %s)", (_LOCKS, hook_id))
