"""Calls of the API: each id once, for people by id or by a field, one or many, only while the mailing is active."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from ....conftest import NOW
from .world import SIZES, World

CALLED = [{"kind": "call"}]


async def call(world: World, mailing: int, status: int = 202, **body: Any) -> dict[str, Any]:
    return await world.ok(await world.api.post(f"/api/v1/mailings/{mailing}/trigger", json=body), status)


async def test_one_call_and_its_properties(world: World) -> None:
    mailing = await world.begin(CALLED)
    made = await call(world, mailing, profile=3, id="order-7", properties={"size": "L"})
    assert made == {
        "queued": 1,
        "repeated": 0,
        "left_out": 0,
        "rejected": 0,
        "items": [{"index": 0, "status": "queued", "profile_id": 3, "reason": None}],
    }
    await world.deliver(mailing)
    assert "you did call: L" in world.texts(3)[0]
    again = await call(world, mailing, profile=3, id="order-7", properties={"size": "M"})
    assert again["repeated"] == 1
    other = await call(world, mailing, match={"email": "P4@example.com"}, id="order-7")
    assert (other["repeated"], await world.who(mailing)) == (1, [3]), "an id counts once, whoever it is for"
    assert (await call(world, mailing, match={"email": "P4@example.com"}))["items"][0]["profile_id"] == 4
    assert (await call(world, mailing, profile=4))["queued"] == 1, "without an id every call counts"
    assert await world.who(mailing) == [3, 4, 4]


async def test_a_batch(world: World) -> None:
    segment = await world.segment(type="static")
    body = {"profile_ids": [1, 2, 3]}
    await world.ok(await world.api.post(f"/api/v1/segments/{segment}/members/add", json=body))
    mailing = await world.begin([{"kind": "call", "wait": 15}], segment_id=segment)
    items = [
        {"profile": 1, "id": "a"},
        {"profile": 1, "id": "a"},
        {"match": {"email": "p2@example.com"}},
        {"profile": 9},
        {"profile": 999},
        {"match": {"email": "nobody@example.com"}},
        {"match": {"shoe": 4}},
        {"profile": 1, "match": {"email": "p1@example.com"}},
        {},
    ]
    made = await call(world, mailing, items=items)
    assert [item["status"] for item in made["items"]] == [
        "queued", "repeated", "queued", "left_out", "rejected", "rejected", "rejected", "rejected", "rejected",
    ]  # fmt: skip
    assert "no such person" in made["items"][5]["reason"]
    assert await world.who(mailing) == [1, 2]
    assert await world.due(mailing) == [NOW + timedelta(minutes=15)] * 2
    too_many = [{"profile": 1}] * 1_001
    assert (await world.api.post(f"/api/v1/mailings/{mailing}/trigger", json={"items": too_many})).status_code == 422
    mixed = {"profile": 1, "items": [{"profile": 1}]}
    assert (await world.api.post(f"/api/v1/mailings/{mailing}/trigger", json=mixed)).status_code == 422


async def test_only_active_ones_that_say_so(world: World) -> None:
    draft = await world.make(CALLED)
    assert "draft" in (await call(world, draft, 409, profile=1))["detail"]
    deaf = await world.begin(SIZES)
    assert "not set off by API calls" in (await call(world, deaf, 409, profile=1))["detail"]
    mailing = await world.begin(CALLED)
    await world.act(mailing, "pause")
    assert "paused" in (await call(world, mailing, 409, profile=1))["detail"]
    await world.act(mailing, "resume")
    await world.act(mailing, "stop")
    assert "stopped" in (await call(world, mailing, 409, profile=1))["detail"]
    await call(world, 999_999, 404, profile=1)


async def test_many_at_once_with_the_same_ids(world: World) -> None:
    mailing = await world.begin(CALLED)
    made = await asyncio.gather(
        *(call(world, mailing, items=[{"profile": n % 20 + 1, "id": f"i{n}"} for n in range(40)]) for _ in range(5))
    )
    assert sum(reply["queued"] for reply in made) == 40
    assert sum(reply["repeated"] for reply in made) == 160
    assert len(await world.who(mailing)) == 40
