"""Dealing with what was caught: each listener in the order of its own events, and none in the way of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import timedelta

import sqlalchemy as sa
import structlog
from pyroaring import BitMap

from ..engines import Engines
from ..postgres import Tx, as_struct
from .model import Caught, Listener
from .registry import event_caught, event_listener

#: Acts on a chunk inside the transaction that takes it off the queue.
Handler = Callable[[Tx, Listener, Caught], Awaitable[None]]
_PAUSES = (1, 5, 30, 60, 300)

log = structlog.get_logger(__name__)


async def consume(engines: Engines, consumer: str, handle: Handler) -> int:
    """Have each listener of a consumer deal with its oldest chunk; return how many events that were.

    A chunk is dealt with and taken off the queue in one transaction. One that cannot be dealt with stays, with the
    reason beside its listener, and is tried again after a pause that grows to five minutes. Several processes may call
    this at once.
    """
    done = 0
    async with engines.tx() as tx:
        found = await _due(tx, consumer)
    for listener_id in found:
        if engines.stop.is_set():
            break
        try:
            async with engines.tx() as tx:
                done += await _deal(tx, listener_id, handle)
        except Exception as exc:  # the others must not wait for this one's fault
            log.exception("a listener cannot deal with its events", consumer=consumer, listener=listener_id)
            async with engines.tx() as tx:
                await put_off(tx, listener_id, f"{type(exc).__name__}: {exc}")
    return done


async def _due(tx: Tx, consumer: str) -> list[int]:
    c = event_listener.c
    some = sa.exists().where(event_caught.c.listener_id == c.id)
    stmt = sa.select(c.id).where(c.consumer == consumer, c.next_at <= tx.now, some).order_by(c.id)
    return [row.id for row in await tx.all(stmt)]


async def _deal(tx: Tx, listener_id: int, handle: Handler) -> int:
    listener = await _held(tx, listener_id)
    if listener is None:
        return 0
    chunks = await look_ahead(tx, listener.id, 1)
    for chunk in chunks:
        await handle(tx, listener, chunk)
        await dealt_with(tx, listener.id, [chunk.seq])
    return sum(chunk.rows for chunk in chunks)


async def _held(tx: Tx, listener_id: int) -> Listener | None:
    """Lock a listener that is due; ``None`` while another process has it."""
    c = event_listener.c
    stmt = sa.select(*(c[name] for name in Listener.__struct_fields__)).where(c.id == listener_id, c.next_at <= tx.now)
    # Not the key: the drain copies further events for a listener while this one deals with some.
    row = await tx.first(stmt.with_for_update(skip_locked=True, key_share=True))
    return None if row is None else as_struct(row, Listener)


async def look_ahead(tx: Tx, listener_id: int, limit: int) -> Sequence[Caught]:
    """Return a listener's oldest chunks, which stay on its queue."""
    c = event_caught.c
    rows = await tx.all(sa.select(event_caught).where(c.listener_id == listener_id).order_by(c.seq).limit(limit))
    return [
        Caught(
            row.seq,
            row.database_id,
            row.rows,
            row.payload,
            None if row.profiles is None else BitMap.deserialize(row.profiles),
        )
        for row in rows
    ]


async def dealt_with(tx: Tx, listener_id: int, seqs: Collection[int]) -> None:
    """Take chunks off a listener's queue; what troubled it is over."""
    c = event_listener.c
    await tx.execute(sa.delete(event_caught).where(event_caught.c.seq.in_(seqs)))
    troubled = sa.or_(c.attempts > 0, c.trouble.isnot(None))
    await tx.execute(sa.update(event_listener).where(c.id == listener_id, troubled).values(attempts=0, trouble=None))


async def put_off(tx: Tx, listener_id: int, trouble: str) -> None:
    """Note why a listener's oldest chunk still waits, and try it again later."""
    c = event_listener.c
    attempts = await tx.scalar(sa.select(c.attempts).where(c.id == listener_id).with_for_update())
    if attempts is None:  # it listens no more
        return
    pause = timedelta(seconds=_PAUSES[min(attempts, len(_PAUSES) - 1)])
    values = {"attempts": attempts + 1, "trouble": trouble.replace("\x00", "")[:1000], "next_at": tx.now + pause}
    await tx.execute(sa.update(event_listener).where(c.id == listener_id).values(values))
