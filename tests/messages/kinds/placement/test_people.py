"""Frequency policies, control groups, merges and erasure: placements keep to what holds for every mailing."""

from __future__ import annotations

from datetime import timedelta

from pyroaring import BitMap

from fidelia.kernel.clock import FixedClock
from fidelia.messages import ports
from fidelia.messages.service.used import forget_people
from tests.messages.test_mailings import ok

from .world import Site


async def policy(site: Site, name: str, most: int = 1) -> int:
    limits = [{"per": "profile", "most": most, "days": 1}]
    return int((await ok(await site.api.post("/api/v1/policies", json={"name": name, "limits": limits}), 201))["id"])


async def test_a_policy_counts_what_is_seen(site: Site, clock: FixedClock) -> None:
    limit = await policy(site, f"One {site.database}")
    first = await site.placed(await site.slot("a"), policy_id=limit)
    second = await site.placed(await site.slot("b"), policy_id=limit)
    unseen = (await site.ask("c1", "a"))["a"]["token"]
    assert await site.ask("c1", "b") == {}
    await site.tell(unseen, "unseen")
    await site.see("c1", "b")
    assert await site.ask("c1", "a") == {}
    await site.see("c1", "b")  # the same message once more
    report = await site.report(first)
    assert (report["sent"], report["blocked"]) == (0, 1)
    assert "at most 1 message in a day per person" in report["blocks"][0]["reason"]
    assert (await site.report(second))["blocked"] == 0
    assert len(await site.history("type = 'message.blocked'")) == 2
    clock.advance(timedelta(days=1, minutes=1))
    await site.see("c1", "a")
    assert (await site.report(first))["sent"] == 1


async def test_what_is_seen_without_limits_counts_for_others(site: Site) -> None:
    limit = await policy(site, f"Other {site.database}")
    await site.placed(await site.slot("free"))
    await site.placed(await site.slot("limited"), policy_id=limit)
    await site.see("c1", "free")
    assert await site.ask("c1", "limited") == {}
    assert list(await site.ask("c2", "limited")) == ["limited"]


async def test_a_control_group_never_sees_it(site: Site) -> None:
    gates = site.engines.ports[ports.RECIPIENT_GATES]
    kept = BitMap([1])

    async def keep(tx: object, database: int, plan: object, people: BitMap) -> dict[str, BitMap]:
        return {"control_group": people & kept} if database == site.database else {}

    gates.append(keep)
    try:
        path = await site.placed(await site.slot())
        assert await site.ask("c1") == {}
        assert list(await site.ask("c2")) == ["hero"]
        kept.add(2)  # from then on, whatever the audience was
        assert await site.ask("c2") == {}
        report = await site.report(path)
        assert report["left_out_reasons"][0]["reason"] == "control_group"
    finally:
        gates.remove(keep)


async def test_merged_people_are_one(site: Site) -> None:
    path = await site.placed(await site.slot(), placement={"max_shows": 2})
    await site.see("c1")
    token = (await site.ask("c2"))["hero"]["token"]
    url = f"/api/v1/databases/{site.database}/profiles/merge"
    await ok(await site.api.post(url, json={"destination": 1, "sources": [2]}))
    await site.tell(token, "shown")
    assert await site.ask("c1") == {}
    assert await site.ask("c2") == {}
    report = await site.report(path)
    assert (report["sent"], report["placement"]["shows"]) == (1, 2)


async def test_erased_people_leave_no_showings(site: Site) -> None:
    await site.placed(await site.slot())
    await site.see("c1")
    async with site.engines.tx() as tx:
        gone = await forget_people(tx, site.database, BitMap([1]))
    assert (gone["showings"], gone["reactions"]) == (1, 1)
