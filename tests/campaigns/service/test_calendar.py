"""Campaigns in the calendar: from their start to their end, in the days of the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fidelia.campaigns.store import campaigns as store
from fidelia.kernel.clock import FixedClock
from tests.conftest import NOW

from .conftest import Desk


async def shown(desk: Desk, first: str, last: str, more: str = "") -> list[tuple[Any, ...]]:
    found = await desk.get(f"/campaigns/calendar?database={desk.database}&from={first}&to={last}{more}")
    assert found["timezone"] == "Europe/Oslo"
    return [(one["name"], one["first"], one["last"], one["state"]) for one in found["items"]]


async def test_a_campaign_lasts_from_its_start_to_its_end(desk: Desk, clock: FixedClock) -> None:
    clock.set(NOW)  # Monday, 16 November 2026, 12:00 UTC
    await desk.make(name="Draft")
    over, going = await desk.started(name="Over"), await desk.started(name="Going")
    async with desk.engines.tx() as tx:
        # Half past eleven in the evening, by universal time: the next day has begun in Oslo.
        began = NOW - timedelta(days=20, hours=-11, minutes=-30)
        await store.update(tx, over["id"], {"started_at": began})
        await store.update(tx, going["id"], {"started_at": NOW - timedelta(days=5)})
    clock.set(NOW - timedelta(days=10))
    await desk.call("POST", f"/campaigns/{over['id']}/complete")
    clock.set(NOW)
    first, second = ("Over", "2026-10-28", "2026-11-06", "completed"), ("Going", "2026-11-11", None, "active")
    assert await shown(desk, "2026-10-26", "2026-12-06") == [first, second]
    assert await shown(desk, "2026-10-28", "2026-10-28") == [first]
    assert await shown(desk, "2026-10-01", "2026-10-27") == []
    assert await shown(desk, "2026-11-06", "2026-11-11") == [first, second]
    assert await shown(desk, "2026-11-07", "2026-11-10") == []
    assert await shown(desk, "2026-11-16", "2026-11-16") == [second], "it goes on until now"
    assert await shown(desk, "2026-11-17", "2026-11-30") == [], "and nobody knows for how long"
    assert await shown(desk, "2026-10-26", "2026-12-06", f"&campaign={going['id']}") == [second]
    found = await desk.get(f"/campaigns/calendar?database={desk.database}&from=2026-11-16&to=2026-11-16")
    assert (found["today"], found["items"][0]["completed_at"]) == ("2026-11-16", None)
    await desk.call("DELETE", f"/campaigns/{over['id']}", status=204)
    assert await shown(desk, "2026-10-28", "2026-10-28") == [first], "what was, was"


async def test_days_that_cannot_be_are_refused(desk: Desk) -> None:
    for first, last in (("2026-11-02", "2026-11-01"), ("2026-01-01", "2026-12-31"), ("9999-01-01", "9999-01-02")):
        await desk.get(f"/campaigns/calendar?database={desk.database}&from={first}&to={last}", 422)
    await desk.get("/campaigns/calendar?database=999999&from=2026-11-01&to=2026-11-02", 404)
