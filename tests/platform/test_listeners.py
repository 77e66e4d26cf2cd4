"""What listens to events gets each once, in order, whatever fails or is repeated, and floods do not hold up others."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.clock import FixedClock
from fidelia.platform import batches, listeners
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import Caught, CaughtEvent, Listener, consume, listen, unlisten, waiting
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from .test_drain import drain_of, make_database

AT = datetime(2026, 11, 1, 10, 30, 15, 123000, tzinfo=UTC)


class Heard:
    """A consumer that notes what it is given, by object."""

    def __init__(self) -> None:
        self.events: dict[int, list[CaughtEvent]] = defaultdict(list)

    async def __call__(self, tx: Tx, listener: Listener, caught: Caught) -> None:
        events = list(caught.events())
        assert len(events) == caught.rows
        self.events[listener.object_id] += events

    def ids(self, object_id: int) -> list[str]:
        return [event.id for event in self.events[object_id]]


async def all_rounds(engines: Engines, consumer: str, handle: listeners.Handler) -> None:
    while await consume(engines, consumer, handle):
        pass


async def told(engines: Engines, database: int, *ids: str, type_: str = "custom.a", **properties: Any) -> None:
    async with engines.tx() as tx:
        tx.emit_many(EventOut(database, n, type_, AT, properties, id_) for n, id_ in enumerate(ids, 1))


async def test_only_what_is_listened_for_and_only_from_now_on(fresh: Engines) -> None:
    mine, other = await make_database(fresh, "a"), await make_database(fresh, "b")
    await told(fresh, mine, "before")
    async with fresh.tx() as tx:
        await listen(tx, "test", 1, database_id=mine, types=["custom.a"])
        await listen(tx, "test", 2, database_id=None, types=[])
        await listen(tx, "else", 1, database_id=mine, types=["custom.b"])
    await told(fresh, mine, "a1", "a2", size=3)
    await told(fresh, mine, "b1", type_="custom.b")
    await told(fresh, other, "o1")
    async with fresh.tx() as tx:
        await tx.emit_bulk(mine, "custom.a", BitMap([7, 9]), AT, {"segment": 4})
        await tx.emit_bulk(mine, "custom.c", BitMap([7]), AT)
    await drain_of(fresh).flush()
    async with fresh.tx() as tx:
        assert [await waiting(tx, "test", n) for n in (1, 2, 3)] == [4, 7, 0]
    heard = Heard()
    await all_rounds(fresh, "test", heard)
    assert heard.ids(1)[:2] == ["a1", "a2"]
    assert heard.events[1][0] == CaughtEvent(1, "custom.a", AT, "a1", {"size": 3})
    assert [(e.profile_id, e.properties) for e in heard.events[1][2:]] == [(7, {"segment": 4}), (9, {"segment": 4})]
    stored = await fresh.clickhouse.query(f"select id from e_{mine} where type = 'custom.a' and profile in (7, 9)")
    assert {row[0] for row in stored} == set(heard.ids(1)[2:]), "an event has the same id for everybody"
    assert sorted(e.type for e in heard.events[2]) == ["custom.a"] * 5 + ["custom.b", "custom.c"]
    async with fresh.tx() as tx:
        await listen(tx, "else", 1, database_id=mine, types=["custom.a"])  # changes what comes, keeps what has come
        assert await waiting(tx, "else", 1) == 1
        await unlisten(tx, "else", 1)
    await told(fresh, mine, "a3")
    await drain_of(fresh).flush()
    await all_rounds(fresh, "else", heard)
    await all_rounds(fresh, "test", heard)
    assert heard.ids(1)[-1] == "a3"
    assert len(heard.events[1]) == 5


async def test_a_repeated_pass_catches_once(fresh: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between the insert into ClickHouse and the commit that lets go of the rows."""
    database = await make_database(fresh, "a")
    async with fresh.tx() as tx:
        await listen(tx, "test", 1, database_id=database, types=[])
    await told(fresh, database, "a1", "a2")

    async def dies(*args: Any) -> int:
        await listeners.catch(*args)
        raise ConnectionError("killed")

    monkeypatch.setattr(batches, "catch", dies)
    with pytest.raises(ConnectionError):
        await drain_of(fresh).flush()
    monkeypatch.undo()
    await drain_of(fresh).flush()
    heard = Heard()
    await all_rounds(fresh, "test", heard)
    assert heard.ids(1) == ["a1", "a2"]


async def test_what_fails_leaves_nothing_and_is_tried_again(fresh: Engines) -> None:
    clock = fresh.clock
    assert isinstance(clock, FixedClock)
    database = await make_database(fresh, "a")
    async with fresh.tx() as tx:
        await tx.execute(sa.text("create table heard (id text primary key)"))
        for n in (1, 2):
            await listen(tx, "test", n, database_id=database, types=[])
    await told(fresh, database, "a1", "a2")
    await drain_of(fresh).flush()
    broken = True

    async def handle(tx: Tx, listener: Listener, caught: Caught) -> None:
        for event in caught.events():
            await tx.execute(sa.text("insert into heard values (:id)"), {"id": f"{listener.object_id}-{event.id}"})
        if broken and listener.object_id == 1:
            raise ValueError("the shop is shut")

    async def heard() -> list[str]:
        async with fresh.tx() as tx:
            return [row.id for row in await tx.all(sa.text("select id from heard order by id"))]

    async def trouble() -> list[tuple[int, str | None]]:
        async with fresh.tx() as tx:
            found = await listeners.listeners_of(tx, "test")
        return [(listener.attempts, listener.trouble) for listener in found]

    assert await consume(fresh, "test", handle) == 2
    assert await heard() == ["2-a1", "2-a2"], "the other one is not held up, and nothing is half done"
    assert await trouble() == [(1, "ValueError: the shop is shut"), (0, None)]
    assert await consume(fresh, "test", handle) == 0, "not at once again"
    for attempts in (2, 3):
        clock.advance(timedelta(minutes=1))
        await consume(fresh, "test", handle)
        assert (await trouble())[0][0] == attempts
    broken = False
    clock.advance(timedelta(minutes=5))
    assert await consume(fresh, "test", handle) == 2
    assert await heard() == ["1-a1", "1-a2", "2-a1", "2-a2"]
    assert await trouble() == [(0, None), (0, None)]


async def test_a_flood_for_one_does_not_hold_up_the_others(fresh: Engines) -> None:
    database = await make_database(fresh, "a")
    async with fresh.tx() as tx:
        await listen(tx, "test", 1, database_id=database, types=["custom.flood"])
        await listen(tx, "test", 2, database_id=database, types=["custom.rare"])
    count = listeners.catch.__globals__["CHUNK"] * 5 + 1
    await told(fresh, database, *(f"f{n}" for n in range(count)), type_="custom.flood")
    await told(fresh, database, "r", type_="custom.rare")
    await drain_of(fresh).flush()
    heard = Heard()
    await consume(fresh, "test", heard)
    assert heard.ids(2) == ["r"], "in the first round"
    assert len(heard.events[1]) == 1000
    await all_rounds(fresh, "test", heard)
    assert heard.ids(1) == [f"f{n}" for n in range(count)], "in the order in which they were written"


async def test_many_people_at_once_come_in_parts(fresh: Engines) -> None:
    database = await make_database(fresh, "a")
    async with fresh.tx() as tx:
        await listen(tx, "test", 1, database_id=database, types=["segment.entered"])
        await tx.emit_bulk(database, "segment.entered", BitMap(range(1, 45_001)), AT, {"segment": 1})
    await drain_of(fresh).flush()
    sizes: list[int] = []
    people = BitMap()

    async def handle(tx: Tx, listener: Listener, caught: Caught) -> None:
        assert caught.profiles is not None
        sizes.append(caught.rows)
        people.update(caught.profiles)

    await all_rounds(fresh, "test", handle)
    assert (sizes, people) == ([20_000, 20_000, 5_000], BitMap(range(1, 45_001)))


async def test_processes_side_by_side_share_the_work(fresh: Engines) -> None:
    database = await make_database(fresh, "a")
    async with fresh.tx() as tx:
        for n in range(1, 4):
            await listen(tx, "test", n, database_id=database, types=[])
    await told(fresh, database, *(f"e{n}" for n in range(2_500)))
    await drain_of(fresh).flush()
    heard = Heard()

    async def slow(tx: Tx, listener: Listener, caught: Caught) -> None:
        await tx.execute(sa.text("select pg_sleep(0.01)"))
        await heard(tx, listener, caught)

    for _ in range(6):
        await asyncio.gather(*(consume(fresh, "test", slow) for _ in range(3)))
    for n in range(1, 4):
        assert heard.ids(n) == [f"e{k}" for k in range(2_500)]
