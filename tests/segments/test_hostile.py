"""Conditions made to hurt: clear answers, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from fidelia.platform.engines import Engines
from fidelia.segments.service import turns

from .conftest import ALWAYS, Shop, compare, every, inverse, some

VIP = compare("profile.vip", "eq", True)


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = VIP
    for _ in range(depth):
        node = inverse(node)
    return node


async def test_a_thousand_nodes(shop: Shop) -> None:
    ages = [compare("profile.age", "eq", n) for n in range(500)]
    words = [compare("profile.first_name", "contains", f"name{n}") for n in range(490)]
    assert (await shop.calculate(some(*ages, *words)))["count"] == 12
    told = await shop.calculate(some(*ages[:100]), nodes=True)
    assert (told["count"], len(told["nodes"])) == (10, 101)
    quiz = [{"kind": "occurred", "event": "custom.quiz", "where": compare("event.points", "eq", n)} for n in range(40)]
    made = await shop.updatable(some(*quiz, *ages[:200]))
    assert made["size"] == 11, "everybody but 10, who has neither an age nor a quiz"
    problem = await shop.calculate(some(*ages, *words, *ages), 422)
    assert "1,000" in problem["errors"][0]["message"] or "1000" in problem["errors"][0]["message"]
    assert (await shop.calculate(nested(200), 422))["status"] == 422


async def test_texts_that_are_too_large_are_refused(shop: Shop) -> None:
    def one_of(count: int) -> dict[str, Any]:
        return compare("profile.first_name", "in", [f"v{n}" for n in range(count)])

    assert (await shop.calculate(one_of(20_000)))["count"] == 0
    assert (await shop.calculate(one_of(100_001), 422))["errors"][0]["pointer"].startswith("/condition/value")
    body = {"database_id": shop.database, "condition": compare("profile.first_name", "eq", "x" * 11_000_000)}
    reply = await shop.api.post("/api/v1/segments/calculate", json=body)
    assert reply.status_code == 413


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|aa)+$",
        "(.*)*x",
        "((a{0,30}){0,30}){0,30}",
        "a{1000}{1000}",
        "(?=x)",
        "(",
        "\\C",
        "x" * 5000,
        "[[:alpha:]",
        "(a*)*" * 200,
    ],
)
async def test_patterns(shop: Shop, pattern: str) -> None:
    """Whatever is written: an answer or a refusal within seconds, never an error of ours."""
    body = {"database_id": shop.database, "condition": compare("profile.first_name", "matches", pattern), "limit": 1}
    began = time.monotonic()
    reply = await shop.api.post("/api/v1/segments/calculate", json=body)
    assert reply.status_code in (200, 422), reply.text
    if reply.status_code == 422:
        assert reply.json()["errors"][0]["pointer"].startswith("/condition")
    assert time.monotonic() - began < 30


async def test_places_are_shared_fairly() -> None:
    places = turns.Turns(3, 2)
    order: list[str] = []

    async def ask(who: str, work: asyncio.Event) -> None:
        async with places.turn(who):
            order.append(who)
            await work.wait()

    slow, quick = asyncio.Event(), asyncio.Event()
    hog = [asyncio.create_task(ask("hog", slow)) for _ in range(20)]
    await asyncio.sleep(0)
    assert order == ["hog", "hog"], "one place is left for others"
    others = [asyncio.create_task(ask(f"other {n}", quick)) for n in range(3)]
    await asyncio.sleep(0)
    assert order == ["hog", "hog", "other 0"]
    quick.set()
    await asyncio.wait_for(asyncio.gather(*others), 5)
    assert order == ["hog", "hog", "other 0", "other 1", "other 2"], "who has nothing at work comes first"
    for task in hog[:10]:
        task.cancel()
    slow.set()
    await asyncio.wait_for(asyncio.gather(*hog, return_exceptions=True), 10)
    assert not places.running, "every place was given back"


async def test_a_slow_asker_does_not_keep_others_waiting(shop: Shop, engines: Engines) -> None:
    """Twenty endless questions of one person, and the first question of another is answered."""
    places = turns.turns(engines)

    async def endless(n: int) -> None:
        async with places.turn("user:1"):
            await engines.clickhouse.bitmap(
                "select groupBitmapState(toUInt32(sipHash64(number))) from numbers(1000000000000)", tag=f"slow{n}"
            )

    slow = [asyncio.create_task(endless(n)) for n in range(20)]
    try:
        await asyncio.sleep(0.2)
        assert await asyncio.wait_for(shop.who(VIP), 30) == {2, 4, 6, 8, 10, 12}
        assert (await asyncio.wait_for(shop.calculate(every(VIP, ALWAYS), nodes=True), 30))["count"] == 6
    finally:
        for task in slow:
            task.cancel()
        await asyncio.gather(*slow, return_exceptions=True)
    assert not places.running
