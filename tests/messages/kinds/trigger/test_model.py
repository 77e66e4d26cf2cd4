"""Any order of events, repeats and crashes gives one message for each event; a flood for one holds up nobody else."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fidelia.messages.kinds.trigger import catching
from fidelia.platform import listeners
from fidelia.platform.outbox import EventOut

from .world import World

step = st.one_of(
    st.tuples(st.just("event"), st.integers(0, 11), st.integers(1, 4)),
    st.tuples(st.just("call"), st.integers(0, 5), st.integers(1, 4)),
    st.sampled_from([("drain", 0, 0), ("crash", 0, 0), ("catch", 0, 0), ("together", 0, 0)]),
)


class Crash(Exception):
    """The process is killed before it commits."""


async def test_one_message_for_each_event_in_any_order(world: World) -> None:
    mailing = await world.begin([{"kind": "event", "type": "custom.size"}, {"kind": "call"}])
    loop = asyncio.get_running_loop()
    rounds = iter(range(10_000))
    expected: dict[str, int] = {}

    async def play(steps: list[tuple[str, int, int]]) -> None:
        n = next(rounds)
        for verb, id_, who in steps:
            name = f"{n}-{id_}"
            if verb == "event":
                async with world.engines.tx() as tx:  # past the door, which would take it once
                    first = expected.setdefault(f"event {name}", who)
                    tx.emit(EventOut(world.database, first, "custom.size", tx.now, {}, name))
            elif verb == "call":
                first = expected.setdefault(f"call {name}", who)
                body = {"profile": first, "id": name}
                await world.ok(await world.api.post(f"/api/v1/mailings/{mailing}/trigger", json=body), 202)
            elif verb == "drain":
                await world.engines.drain.flush()  # type: ignore[union-attr]
            elif verb == "crash":
                await listeners.consume(world.engines, catching.CONSUMER, dies)
            elif verb == "catch":
                await world.catch()
            else:
                await asyncio.gather(
                    *(listeners.consume(world.engines, catching.CONSUMER, catching.catch) for _ in range(3))
                )
            world.clock.advance(timedelta(minutes=10))
        await world.catch()
        world.clock.advance(timedelta(hours=25))  # who went round in circles may begin anew
        assert sorted(await world.who(mailing)) == sorted(expected.values())

    async def dies(tx: Any, listener: Any, caught: Any) -> None:
        await catching.catch(tx, listener, caught)
        raise Crash

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(step, max_size=25))
    def any_order(steps: list[tuple[str, int, int]]) -> None:
        asyncio.run_coroutine_threadsafe(play(steps), loop).result()

    await asyncio.to_thread(any_order)


async def test_a_flood_for_one_holds_up_nobody_else(world: World) -> None:
    """A hundred thousand events for one mailing: another one deals with its own in the first round."""
    flooded = await world.begin([{"kind": "event", "type": "message.opened"}])
    quiet = await world.begin()
    async with world.engines.tx() as tx:
        for n in range(100_000):
            tx.emit(EventOut(world.database, n % 20 + 1, "message.opened", tx.now, {"mailing": 7}, f"o{n}"))
    await world.happen(("rare", 3))
    await world.engines.drain.flush()  # type: ignore[union-attr]
    assert await listeners.consume(world.engines, catching.CONSUMER, catching.catch) == 1_001
    assert await world.who(quiet) == [3]
    assert len(await world.who(flooded)) == 1_000
    await world.act(flooded, "stop")
    report = await world.report(flooded)
    assert (report["audience"], report["blocked"]) == (1_000, 1_000)
