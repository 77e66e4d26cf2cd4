"""The figures of a segment's history open whom they count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.segments.service import upkeep

from .conftest import Shop, compare

SYSTEM = Actor.system()


async def listed(shop: Shop, key: str) -> list[int]:
    page = await shop.get(f"/databases/{shop.database}/profiles?figure={key}&columns=age&limit=100")
    assert page["total"] == len(page["items"])
    return [p["id"] for p in page["items"]]


async def figure(shop: Shop, key: str, status: int = 200) -> Any:
    return await shop.get(f"/databases/{shop.database}/figures/{key}", status)


async def test_who_entered_and_left_by_a_run(shop: Shop, clock: FixedClock) -> None:
    segment = await shop.updatable(compare("profile.vip", "eq", True))
    first = segment["last_run"]
    key = f"segment:{segment['id']}:run:{first['id']}"
    assert await listed(shop, f"{key}:entered") == [2, 4, 6, 8, 10, 12]
    assert await listed(shop, f"{key}:left") == []
    said = await figure(shop, f"{key}:entered")
    assert (said["people"], said["counted"]) == (6, first["entered"])
    assert said["title"] == f"Entered {segment['name']} by a run"
    async with shop.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, shop.database, [12])
    await shop.post(f"/databases/{shop.database}/profiles/merge", {"destination": 1, "sources": [10]})
    said = await figure(shop, f"{key}:entered")
    assert (said["people"], said["counted"], said["only_less"]) == (4, 6, True)
    assert await listed(shop, f"{key}:entered") == [2, 4, 6, 8]
    clock.advance(timedelta(days=91))
    await upkeep.forget_old(shop.engines)
    assert "not known any more" in (await figure(shop, f"{key}:entered", 404))["detail"]


async def test_whom_a_change_by_hand_concerned(shop: Shop) -> None:
    segment = await shop.make("static")
    await shop.post(f"/segments/{segment['id']}/members/add", {"profile_ids": [3, 5]})
    entry = (await shop.get(f"/segments/{segment['id']}/log"))["items"][0]
    assert await listed(shop, f"segment:{segment['id']}:log:{entry['id']}") == [3, 5]
    for key in ("segment", "segment:0:log:1", f"segment:{segment['id']}", f"segment:{segment['id']}:log:0",
                f"segment:{segment['id']}:run:0:entered", f"segment:{segment['id']}:log:{entry['id']}:x"):  # fmt: skip
        await figure(shop, key, 404)
