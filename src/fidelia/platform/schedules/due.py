"""What the clock starts: objects whose time has come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Generic, TypeVar

import msgspec
import sqlalchemy as sa
import structlog

from ..engines import Engines
from ..postgres import Tx, as_struct
from .model import ACTOR, SOURCE, Noted, Work
from .runs import Runs

log = structlog.get_logger(__name__)
Row = TypeVar("Row", bound=msgspec.Struct)


class Timetable(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """The objects of one kind that run by themselves.

    A row of ``table`` is due from the moment (UTC) in its column ``due`` on, if ``where`` holds; it is read as ``row``,
    a Struct with fields named as columns. ``following`` tells when it is due after now, ``None``: never again. ``work``
    is what a run of it does. ``settle`` comes first and notes how runs ended that nobody told of. Whatever is at work
    when its time comes stays due until that has ended if it ``waits``; otherwise that time is let go.
    """

    table: sa.Table
    row: type[Row]
    runs: Runs[Noted]
    settle: Callable[[Engines], Awaitable[None]]
    following: Callable[[Tx, Row], Awaitable[datetime | None]]
    work: Callable[[Tx, Row], Awaitable[Work]]
    due: str = "next_run_at"
    where: sa.ColumnElement[bool] = msgspec.field(default_factory=sa.true)
    waits: bool = False


async def start_due(engines: Engines, timetable: Timetable[Row]) -> list[int]:
    """Start what is due, each in a transaction of its own; return the ids of the objects that were started.

    Several processes may call this at once. However many times have passed while nothing ran, each object is run once.
    One that cannot be started does not keep the others from it: the reason is logged, and it stays due.
    """
    await timetable.settle(engines)
    c = timetable.table.c
    async with engines.tx() as tx:
        stmt = sa.select(c.id).where(_is_due(timetable, tx)).order_by(c[timetable.due], c.id)
        found = [row.id for row in await tx.all(stmt)]
    started = []
    for object_id in found:
        try:
            async with engines.tx() as tx:
                if await _start(tx, timetable, object_id):
                    started.append(object_id)
        except Exception:  # the next one must not wait for it
            log.exception("what is due could not be started", table=timetable.table.name, id=object_id)
    return started


async def _start(tx: Tx, timetable: Timetable[Row], object_id: int) -> bool:
    c = timetable.table.c
    wanted = [c[name] for name in timetable.row.__struct_fields__]
    stmt = sa.select(*wanted).where(c.id == object_id, _is_due(timetable, tx)).with_for_update(skip_locked=True)
    found = await tx.first(stmt)
    if found is None:  # another process has just taken it
        return False
    row = as_struct(found, timetable.row)
    work = await timetable.work(tx, row)
    started = await timetable.runs.start(tx, object_id, work, source=SOURCE, actor=ACTOR)
    if started is not None or not timetable.waits:
        following = await timetable.following(tx, row)
        stmt_set = sa.update(timetable.table).where(c.id == object_id).values({timetable.due: following})
        await tx.execute(stmt_set)
    return started is not None


def _is_due(timetable: Timetable[Row], tx: Tx) -> sa.ColumnElement[bool]:
    return sa.and_(timetable.table.c[timetable.due] <= tx.now, timetable.where)
