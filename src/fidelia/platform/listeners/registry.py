"""Who listens to what."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, TIMESTAMP, insert

from ..postgres import Tx, as_struct, metadata
from .model import Listener

event_listener = sa.Table(
    "event_listener",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("consumer", sa.Text, nullable=False),
    sa.Column("object_id", sa.BigInteger, nullable=False),
    sa.Column("database_id", sa.Integer),
    sa.Column("types", ARRAY(sa.Text), nullable=False),
    sa.Column("after_seq", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("trouble", sa.Text),
    sa.Column("next_at", TIMESTAMP(timezone=True), nullable=False),
)
event_caught = sa.Table(
    "event_caught",
    metadata,
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("listener_id", sa.BigInteger, nullable=False),
    sa.Column("database_id", sa.Integer, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("profiles", BYTEA),
)
_NEWEST = sa.text(
    "(select coalesce(pg_sequence_last_value(pg_get_serial_sequence('event_inbox', 'seq')::regclass), 0))"
)


async def listen(tx: Tx, consumer: str, object_id: int, *, database_id: int | None, types: Collection[str]) -> None:
    """Have events that are written from now on kept for an object; ``types`` empty: all of them.

    An object that listens already goes on with other types; what was caught for it stays.
    """
    values = {"database_id": database_id, "types": sorted(set(types))}
    stmt = insert(event_listener).values(
        consumer=consumer, object_id=object_id, after_seq=_NEWEST, next_at=tx.now, **values
    )
    c = event_listener.c
    await tx.execute(stmt.on_conflict_do_update(index_elements=[c.consumer, c.object_id], set_=values))


async def unlisten(tx: Tx, consumer: str, object_id: int) -> None:
    """Listen no more; what was caught and not dealt with is dropped."""
    c = event_listener.c
    await tx.execute(sa.delete(event_listener).where(c.consumer == consumer, c.object_id == object_id))


async def hold(tx: Tx, consumer: str, object_id: int) -> None:
    """Wait for whoever deals with an object's events right now, and let nobody begin before this transaction ends.

    Who changes a listener and locks what its handler locks too does this first: the handler has the listener first.
    An object that does not listen yet is held too, so that of two who come before its first listener one waits.
    """
    c = event_listener.c
    name = f"listener {consumer} {object_id}"
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))
    stmt = sa.select(c.id).where(c.consumer == consumer, c.object_id == object_id)
    await tx.first(stmt.with_for_update(key_share=True))


async def listeners_of(tx: Tx, consumer: str, object_ids: Sequence[int] | None = None) -> list[Listener]:
    """Return a consumer's listeners, by the id of their objects."""
    c = event_listener.c
    stmt = sa.select(*(c[name] for name in Listener.__struct_fields__)).where(c.consumer == consumer)
    if object_ids is not None:
        stmt = stmt.where(c.object_id.in_(object_ids))
    return [as_struct(row, Listener) for row in await tx.all(stmt.order_by(c.object_id))]


async def waiting(tx: Tx, consumer: str, object_id: int) -> int:
    """Return how many events an object has not dealt with yet."""
    c = event_listener.c
    stmt = (
        sa.select(sa.func.coalesce(sa.func.sum(event_caught.c.rows), 0))
        .join(event_listener, c.id == event_caught.c.listener_id)
        .where(c.consumer == consumer, c.object_id == object_id)
    )
    return int(await tx.scalar(stmt))
