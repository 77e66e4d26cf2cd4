"""Must show: what was acknowledged is in or out of the next calculation, with others writing at the same time."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from .conftest import Shop, compare, every, inverse, some


async def loop(shop: Shop, rounds: int) -> None:
    """Change a profile or send an event, ask at once; four writers change other people all the while."""
    stop = asyncio.Event()
    numbers = itertools.count()
    database = f"/api/v1/databases/{shop.database}/profiles"

    async def writer(n: int) -> int:
        dice, written = random.Random(n), 0
        while not stop.is_set():
            person = dice.randint(7, 12)
            if dice.random() < 0.5:
                reply = await shop.api.patch(f"{database}/{person}", json={"set": {"score": dice.randint(-99, -1)}})
                assert reply.status_code == 200
            else:
                event = {
                    "id": f"w{n}-{written}",
                    "type": "custom.noise",
                    "at": "2026-11-16T11:00:00Z",
                    "profile": person,
                }
                await shop.post("/events", {"database": shop.database, "events": [event]}, 202)
            written += 1
            await asyncio.sleep(0.01)
        return written

    # A type that conditions may name; outside of the people who are looked at, and once only.
    first = {"id": "first", "type": "custom.fresh", "at": "2026-11-16T12:00:00Z", "profile": 12}
    await shop.post("/events", {"database": shop.database, "events": [first]}, 202)
    writers = [asyncio.create_task(writer(n)) for n in range(4)]
    dice = random.Random(1)
    events = dict.fromkeys(range(1, 7), 0)
    score: dict[int, int] = {}
    try:
        for n in range(rounds):
            person = dice.randint(1, 6)
            if dice.random() < 0.5:
                score[person] = n
                reply = await shop.api.patch(f"{database}/{person}", json={"set": {"score": n}})
                assert reply.status_code == 200
            else:
                events[person] += 1
                event = {
                    "id": f"fresh{next(numbers)}",
                    "type": "custom.fresh",
                    "at": "2026-11-16T12:00:00Z",
                    "profile": person,
                }
                await shop.post("/events", {"database": shop.database, "events": [event]}, 202)
            often = max(events.values())
            times = {"kind": "occurred", "event": "custom.fresh", "count": {"op": "gte", "value": max(often, 1)}}
            latest = compare("profile.score", "gte", max(score.values(), default=0))
            condition = some(every(latest, compare("profile.score", "lte", rounds)), times)
            wanted = {p for p, value in score.items() if value == max(score.values())}
            wanted |= {p for p, count in events.items() if count == often and often}
            wanted |= {12} if often <= 1 else set()
            assert await shop.who(condition, nodes=n % 3 == 0) == wanted, n
            if n % 10 == 0:
                assert not await shop.who(inverse(condition)) & wanted, n
    finally:
        stop.set()
        written = await asyncio.gather(*writers)
    assert min(written) > 0


async def test_twenty_times(shop: Shop) -> None:
    await loop(shop, 20)


@pytest.mark.prove
async def test_five_hundred_times(shop: Shop) -> None:
    await loop(shop, 500)
