"""The figures of a control group open whom they count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock

from .conftest import Group

SYSTEM = Actor.system()


async def people_of(group: Group, key: str) -> set[int]:
    reply = await group.api.get(f"/api/v1/databases/{group.database}/profiles?figure={key}&columns=email&limit=1000")
    assert reply.status_code == 200, reply.text
    page = reply.json()
    assert page["total"] == len(page["items"])
    return {p["id"] for p in page["items"]}


async def figure(group: Group, key: str, status: int = 200) -> Any:
    reply = await group.api.get(f"/api/v1/databases/{group.database}/figures/{key}")
    assert reply.status_code == status, reply.text
    return reply.json()


async def test_each_figure_opens_as_many_as_it_says(group: Group, clock: FixedClock) -> None:
    await figure(group, "control:people", 404)
    made = await group.make()
    kept, everybody = await people_of(group, "control:people"), await people_of(group, "control:assigned")
    assert kept == set(await group.members())
    assert (len(kept), len(everybody)) == (made["size"], made["people"])
    assert await people_of(group, "control:others") == everybody - kept
    assert (await figure(group, "control:people"))["counted"] is None, "it is always the one of now"
    clock.advance(timedelta(days=1))
    new = await group.grow(40)
    run = await group.refresh()
    assert await people_of(group, f"control:run:{run['id']}:assigned") == set(new)
    assert len(await people_of(group, f"control:run:{run['id']}:kept")) == run["entered"] > 0
    report = await group.get("/report")
    for name, which in (("control", "kept"), ("rest", "others")):
        found = await people_of(group, f"control:since:{report['since']}:{which}")
        assert len(found) == report[name]["people"] > 0
        assert not found & set(new), "they came later than the period began"
    async with group.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, group.database, new[:3])
    said = await figure(group, f"control:run:{run['id']}:assigned")
    assert (said["people"], said["counted"]) == (37, 40)
    for key in (
        "control",
        "control:none",
        f"control:run:{run['id'] + 99}:kept",
        f"control:run:{run['id']}:size",
        "control:since:yesterday:kept",
        "control:since:2026-11-01T00:00:00:kept",
    ):
        await figure(group, key, 404)
