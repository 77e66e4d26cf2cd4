"""A transaction's statements, events and dirty sets become visible together or not at all."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.platform.outbox import EventOut


async def waiting(engines: Engines) -> tuple[int, int]:
    async with engines.tx() as tx:
        events = await tx.scalar(sa.text("select coalesce(sum(rows), 0) from event_inbox"))
        dirty = await tx.scalar(sa.text("select coalesce(sum(rows), 0) from dirty"))
    return int(events), int(dirty)


async def test_outbox_follows_the_transaction(fresh: Engines) -> None:
    with pytest.raises(RuntimeError):  # noqa: PT012 (what is raised inside is what is tested)
        async with fresh.tx() as tx:
            tx.emit(EventOut(1, 7, "custom.a", tx.now))
            tx.mark_dirty("profiles", 1, [7])
            raise RuntimeError
    assert await waiting(fresh) == (0, 0)
    async with fresh.tx() as tx:
        tx.emit_many(EventOut(1, n, "custom.a", tx.now) for n in range(3))
        tx.mark_dirty("profiles", 1, [7, 8])
        tx.mark_dirty("profiles", 1, [8, 9])
        await tx.emit_bulk(1, "profile.created", BitMap(range(100)), tx.now)
    assert await waiting(fresh) == (103, 3)
