"""Queries of loads: files on their way into a list or a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.jobs import outcomes
from fidelia.platform.postgres import Tx

from ...imports.model import ImportReason
from ...imports.readers import FileFormat
from ...store.databases import cursor_values
from ..model import ListLoad, ListLoadCounts, SheetColumnSeen, SheetReading
from ..sheet import SheetKind
from ..tables import list_load, list_load_reject

ACTIVE = ("queued", "running")
_OWNER: dict[SheetKind, sa.Column[Any]] = {"list": list_load.c.list_id, "table": list_load.c.table_id}


def as_load(row: Any) -> ListLoad:
    """Turn a row into what callers see."""
    return ListLoad(
        id=row.id,
        list_id=row.list_id,
        table_id=row.table_id,
        file_name=row.file_name,
        file_size=row.file_size,
        state=row.state,
        mode=row.mode,
        format=msgspec.convert(row.format, FileFormat),
        columns=msgspec.convert(row.columns, list[SheetColumnSeen]),
        mapping=row.mapping,
        reading=msgspec.convert(row.reading, SheetReading),
        total=row.total,
        counts=ListLoadCounts(**{name: getattr(row, name) for name in ListLoadCounts.__struct_fields__}),
        reasons=msgspec.convert(row.reasons, list[ImportReason]),
        error=row.error,
        job_id=row.job_id,
        actor=row.actor,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )


async def find(tx: Tx, load_id: int, *, lock: bool = False) -> Any:
    """Return a load's row; raise 404."""
    query = sa.select(list_load).where(list_load.c.id == load_id)
    row = await tx.first(query.with_for_update() if lock else query) if 0 < load_id < 2**31 else None
    if row is None:
        raise not_found("Load", load_id)
    return row


async def current(tx: Tx, rows: Sequence[Any]) -> list[ListLoad]:
    """Return loads whose states follow their jobs: one whose process was given up has failed, and that is noted."""
    active = [row.job_id for row in rows if row.state in ACTIVE and row.job_id is not None]
    ended = await outcomes(tx, active) if active else {}
    found = []
    for row in rows:
        shown = as_load(row)
        if row.state in ACTIVE and row.job_id in ended:
            state, error = ended[row.job_id]
            await update(tx, row.id, state=state, error=error, finished_at=tx.now)
            shown = msgspec.structs.replace(shown, state=state, error=error, finished_at=tx.now)
        found.append(shown)
    return found


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new load and return its id."""
    query = sa.insert(list_load).values({**values, "created_at": tx.now})
    return int(await tx.scalar(query.returning(list_load.c.id)))


async def update(tx: Tx, load_id: int, **values: Any) -> None:
    """Change a load."""
    await tx.execute(sa.update(list_load).where(list_load.c.id == load_id).values(values))


async def last(tx: Tx, kind: SheetKind, number: int, limit: int = 5) -> list[ListLoad]:
    """Return the last loads that were started, the newest first."""
    query = sa.select(list_load).where(_OWNER[kind] == number, list_load.c.state != "new")
    rows = await tx.all(query.order_by(list_load.c.id.desc()).limit(limit))
    return await current(tx, rows)


async def page(tx: Tx, request: PageRequest, kind: SheetKind, number: int) -> Page[ListLoad]:
    """Return a page of loads, the newest first."""
    query = sa.select(list_load).where(_OWNER[kind] == number)
    total = await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    if request.cursor is not None:
        (edge,) = cursor_values(request.cursor, int)
        query = query.where(list_load.c.id < edge)
    rows = await tx.all(query.order_by(list_load.c.id.desc()).limit(request.limit + 1))
    shown = rows[: request.limit]
    cursor = encode_cursor([shown[-1].id]) if len(rows) > request.limit else None
    return Page(await current(tx, shown), cursor, total)


async def active(tx: Tx, kind: SheetKind, number: int) -> ListLoad | None:
    """Return a load that waits or runs, if there is one."""
    rows = await tx.all(sa.select(list_load).where(_OWNER[kind] == number, list_load.c.state.in_(ACTIVE)))
    return next((shown for shown in await current(tx, rows) if shown.state in ACTIVE), None)


async def settle(tx: Tx) -> None:
    """Note of every load whose job was given up that it has failed."""
    await current(tx, await tx.all(sa.select(list_load).where(list_load.c.state.in_(ACTIVE))))


async def add_rejects(tx: Tx, load_id: int, number: int, block: bytes) -> None:
    """Keep the rejected rows of a chunk."""
    await tx.execute(sa.insert(list_load_reject).values(load_id=load_id, number=number, block=block))


async def forget_rejects(tx: Tx, load_id: int) -> None:
    """Forget the rejected rows of a load that begins anew."""
    await tx.execute(sa.delete(list_load_reject).where(list_load_reject.c.load_id == load_id))


async def next_block(tx: Tx, load_id: int, after: int) -> tuple[int, bytes] | None:
    """Return the next packed block of rejected rows."""
    c = list_load_reject.c
    row = await tx.first(
        sa.select(c.number, c.block).where(c.load_id == load_id, c.number > after).order_by(c.number).limit(1)
    )
    return (row.number, bytes(row.block)) if row else None


async def stale(tx: Tx, before: datetime) -> list[str]:
    """Return the keys of files that nobody needs any more, and forget loads that were never started."""
    c = list_load.c
    old = sa.and_(c.created_at < before, c.state.not_in(ACTIVE))
    keys = [row.file_key for row in await tx.all(sa.select(c.file_key).where(old, c.file_key != ""))]
    await tx.execute(sa.delete(list_load).where(c.state == "new", c.created_at < before))
    await tx.execute(sa.update(list_load).where(old).values(file_key=""))
    return keys


async def forget_old_rejects(tx: Tx, before: datetime) -> None:
    """Forget the rejected rows of old loads: they may name people."""
    old = sa.select(list_load.c.id).where(list_load.c.created_at < before)
    await tx.execute(sa.delete(list_load_reject).where(list_load_reject.c.load_id.in_(old)))
