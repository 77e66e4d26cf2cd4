"""One way in: who is assigned, to which side, once; who comes back, who is kept out, what is told of it."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from pyroaring import BitMap

from fidelia import profiles, segments
from fidelia.campaigns.people import job
from fidelia.campaigns.people.admission import sync
from fidelia.campaigns.store import campaigns as store
from fidelia.campaigns.store import people as lists
from fidelia.campaigns.store.strata import by_stratum
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.segments.control import store_clickhouse

from .conftest import STRATA, SYSTEM, Shop, new_shop


async def test_a_build_splits_every_stratum_to_within_one_person(shop: Shop) -> None:
    run = await shop.build()
    assert (run.state, run.audience, run.joined, run.kept_back, run.gone) == ("done", 400, 400, 40, 0)
    found = await shop.people()
    assert found.audience == found.assigned == BitMap(range(1, 401))
    assert len(found.control) == 40
    assert found.control <= found.audience
    for (_, key), (label, people) in (await shop.strata()).items():
        assert abs(len(people & found.control) - len(people) / 10) < 1, (key, label)
    entered = await shop.events("campaign.entered")
    assert [(profile, source, mailing) for profile, _, source, mailing in entered] == [
        (profile, "segment", 0) for profile in found.audience
    ]
    assert {profile for profile, group, _, _ in entered if group == "control"} == set(found.control)
    async with shop.engines.tx() as tx:
        row = await store.get(tx, shop.campaign)
        entries = await lists.entries(tx, shop.campaign)
    assert (row.state, row.started_at is not None) == ("active", True)
    assert [(entry.source, entry.activity, len(entry.people)) for entry in entries] == [("segment", 0, 400)]


async def test_the_database_and_clickhouse_find_the_same_strata(shop: Shop) -> None:
    """Two readings of what strata are: who is assigned by PostgreSQL stands where ClickHouse would put them."""
    async with shop.engines.tx() as tx:
        database = await profiles.get_database(tx, shop.database)
        more: list[Any] = [
            *STRATA,
            {"field": "vip"},
            {"field": "created_at", "ranges": [{"to": "2026-01-01"}, {"from": "2026-01-01"}]},
        ]
        for chosen in ([], more[:1], more[1:2], more[:2], more[2:], [more[0], *more[2:]]):
            made, errors = segments.divisions(database, msgspec.convert(chosen, list[segments.StratumField]))
            assert not errors
            here = await by_stratum(tx, shop.database, made, BitMap(range(1, 601)))
            await shop.engines.catch_up()
            there = await store_clickhouse.people_by_stratum(shop.engines.clickhouse, shop.database, made)
            assert here == there
            some = BitMap(range(7, 90))
            assert await by_stratum(tx, shop.database, made, some) == {
                key: inside & some for key, inside in there.items() if inside & some
            }


async def test_newcomers_and_those_who_leave(shop: Shop) -> None:
    await shop.build()
    before = await shop.people()
    await shop.join(range(401, 501))
    await shop.leave(range(1, 51))
    await shop.tick()
    after = await shop.people()
    assert after.audience == BitMap(range(51, 501))
    assert after.assigned == BitMap(range(1, 501))
    assert len(after.control) == 50
    assert before.control <= after.control
    assert after.control - before.control <= BitMap(range(401, 501))
    assert sorted(row[0] for row in await shop.events("campaign.left")) == list(range(1, 51))
    # Who comes back is on the old side again, and nobody else moves.
    await shop.join(range(1, 51))
    await shop.tick()
    again = await shop.people()
    assert again.audience == BitMap(range(1, 501))
    assert again.control == after.control
    await shop.tick()
    async with shop.engines.tx() as tx:
        assert await lists.people(tx, shop.campaign) == again


async def test_nothing_is_told_of_moves_before_the_start(shop: Shop) -> None:
    await shop.leave([1, 2])
    await shop.join([1])
    await shop.tick()
    assert await shop.events("campaign.entered") == []
    await shop.build()
    assert {row[0] for row in await shop.events("campaign.entered")} == {1, *range(3, 401)}
    assert await shop.events("campaign.left") == []


async def test_an_activity_brings_guests_who_are_split_at_once(shop: Shop) -> None:
    await shop.build()
    before = await shop.people()
    came = await shop.admit(range(301, 601))
    assert came == BitMap(range(401, 601))
    after = await shop.people()
    assert after.guests & after.audience == came
    assert len(after.control) == 60
    assert after.control & before.assigned == before.control
    told = [row for row in await shop.events("campaign.entered") if row[3] == 9]
    assert [row[0] for row in told] == list(came)
    assert {row[2] for row in told} == {"audience"}
    # Telling it again changes nothing; guests stay whatever the segment does.
    assert await shop.admit(range(301, 601)) == BitMap()
    await shop.leave(range(1, 401))
    await shop.tick()
    assert (await shop.people()).audience == came


async def test_nobody_comes_into_a_campaign_that_is_not_open(shop: Shop) -> None:
    assert await shop.admit([500]) == BitMap()
    await shop.build()
    await shop.set(state="completed")
    assert await shop.admit([500]) == BitMap()
    await shop.join([501])
    await shop.tick()
    assert (await shop.people()).audience == BitMap(range(1, 401))


async def test_people_who_do_not_exist_are_no_guests(shop: Shop) -> None:
    await shop.build()
    assert await shop.admit([599, 601, 100_000]) == BitMap([599])


async def test_building_again_after_a_kill_gives_the_same_groups(engines: Engines) -> None:
    """The same salt draws the same people, however often and in whatever state the work begins again."""
    first, second = await new_shop(engines, salt="same"), await new_shop(engines, salt="same")
    await first.build()
    async with engines.tx() as tx:
        await store.update(tx, second.campaign, {"state": "building"})
        assert await sync(tx, second.campaign) is not None
    run = await second.build()
    assert (run.joined, run.kept_back) == (0, 0)
    one, other = await first.people(), await second.people()
    assert one.control == other.control
    assert await second.strata() == await first.strata()
    assert len(await second.events("campaign.entered")) == 400


async def test_whom_the_global_group_keeps_out(shop: Shop, api: Any) -> None:
    reply = await api.post(f"/api/v1/databases/{shop.database}/control-group", json={"percent": 20})
    await run_job(shop.engines, reply.json()["open_run"]["job_id"])
    async with shop.engines.tx() as tx:
        kept = await segments.control_people(tx, shop.database)
    listed = BitMap(range(1, 401))
    await shop.build()
    found = await shop.people()
    assert found.audience == listed - kept
    assert found.withheld == listed & kept
    await shop.admit(range(401, 601))
    found = await shop.people()
    assert found.audience == BitMap(range(1, 601)) - kept
    assert found.withheld == kept
    # As an exception, the campaign takes them in at its next refresh.
    body = {"exceptions": [{"kind": "campaign", "id": shop.campaign}]}
    assert (await api.patch(f"/api/v1/databases/{shop.database}/control-group", json=body)).status_code == 200
    async with shop.engines.tx() as tx:
        asked = await job.ask(tx, SYSTEM, shop.campaign)
    await run_job(shop.engines, asked.id)
    found = await shop.people()
    assert found.audience == BitMap(range(1, 601))
    assert not found.withheld
    assert await api.delete(f"/api/v1/databases/{shop.database}/control-group")


async def test_switching_on_touches_newcomers_only(engines: Engines) -> None:
    shop = await new_shop(engines, share=None, strata=[])
    await shop.build()
    assert not (await shop.people()).control
    await shop.set(share=200_000, strata=STRATA, epoch=2, first_epoch=2)
    await shop.join(range(401, 501))
    await shop.tick()
    found = await shop.people()
    assert len(found.control) == 20
    assert found.control <= BitMap(range(401, 501))


async def test_activities_that_come_at_once_split_nobody_twice(shop: Shop) -> None:
    await shop.build()
    await asyncio.gather(*(shop.admit(range(350 + n, 550 + n), activity=n + 1) for n in range(8)))
    found = await shop.people()
    assert found.audience == BitMap(range(1, 557))
    # In waves a stratum may wait for its seat, but is never given one that is not its own.
    assert 54 <= len(found.control) <= 56
    entered = await shop.events("campaign.entered")
    assert [row[0] for row in entered] == list(found.audience)
    strata = [people for _, people in (await shop.strata()).values()]
    assert all(len(people & found.control) <= -(-len(people) // 10) for people in strata)
    assert sum(map(len, strata)) == len(BitMap.union(*strata)) == 556


async def test_erased_people_are_in_no_list(shop: Shop) -> None:
    await shop.build()
    await shop.admit([500, 501], activity=3)
    async with shop.engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, shop.database, [1, 2, 500])
    found = await shop.people()
    gone = BitMap([1, 2, 500])
    assert not gone & (found.assigned | found.audience | found.control | found.guests)
    assert not any(people & gone for _, people in (await shop.strata()).values())
    async with shop.engines.tx() as tx:
        assert not any(entry.people & gone for entry in await lists.entries(tx, shop.campaign))
    assert len(found.audience) == 399


@pytest.mark.parametrize("kept", [True, False])
async def test_a_merge_keeps_the_side(shop: Shop, api: Any, kept: bool) -> None:
    await shop.build()
    before = await shop.people()
    source = (before.control if kept else before.test)[3]
    body = {"destination": 550, "sources": [source], "static_segments": True}
    reply = await api.post(f"/api/v1/databases/{shop.database}/profiles/merge", json=body)
    assert reply.status_code == 200, reply.text
    after = await shop.people()
    assert 550 in after.assigned
    assert (550 in after.control) == kept
    assert source not in after.assigned | after.audience | after.control
    assert len(after.control) == len(before.control)
    await shop.tick()
    assert 550 in (await shop.people()).audience
