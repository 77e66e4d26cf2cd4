"""Conditions ask who is in a campaign: on which side, now, ever, no longer; and when they came."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from pyroaring import BitMap

from fidelia import segments
from fidelia.campaigns.projection import BASE, STEP, changed
from fidelia.campaigns.service import lifecycle
from fidelia.conditions import MembershipKind, check, decode, sentence
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.segments import projection
from fidelia.segments.service.question import vocabulary
from tests.messages.test_mailings import ok

from .people.conftest import SYSTEM, Shop, new_shop


@pytest.fixture
async def shop(engines: Engines) -> Shop:
    """600 people, 400 of them on the segment of a draft campaign that keeps back a tenth."""
    made = await new_shop(engines)
    async with engines.tx() as tx:
        changed(tx, made.database, made.campaign)
    return made


def of(shop: Shop, group: str | None = None, **more: Any) -> dict[str, Any]:
    named = {"campaign": shop.campaign, **({"group": group} if group else {})}
    return {"kind": "member", "of": named, **more}


async def who(shop: Shop, node: dict[str, Any]) -> BitMap:
    return await segments.condition_people(shop.engines, segments.Unsaved(shop.database, decode(node)))


async def kinds(shop: Shop) -> dict[str, MembershipKind]:
    async with shop.engines.tx() as tx:
        return (await vocabulary(tx, shop.database, fresh=True)).membership


async def test_sides_are_asked_like_segments(shop: Shop) -> None:
    outside = {"kind": "not", "of": of(shop)}
    assert await who(shop, of(shop)) == BitMap(), "nobody is in a draft"
    assert await who(shop, outside) == BitMap(range(1, 601))
    await shop.build()
    people = await shop.people()
    assert await who(shop, of(shop)) == await who(shop, of(shop, "any")) == BitMap(range(1, 401))
    assert await who(shop, of(shop, "control")) == people.control
    assert await who(shop, of(shop, "test")) == BitMap(range(1, 401)) - people.control
    assert await who(shop, outside) == BitMap(range(401, 601))


async def test_who_left_and_who_ever_was(shop: Shop) -> None:
    await shop.build()
    await shop.leave(range(1, 51))
    await shop.join(range(401, 411))
    await shop.tick()
    people = await shop.people()
    everybody, gone = BitMap(range(1, 411)), BitMap(range(1, 51))
    assert await who(shop, of(shop)) == everybody - gone
    assert await who(shop, of(shop, state="ever")) == everybody
    assert await who(shop, of(shop, state="left")) == gone
    assert await who(shop, of(shop, "control", state="ever")) == people.control
    assert await who(shop, of(shop, "test", state="left")) == gone - people.control
    # The history tells the same: they entered it once, and left it once.
    assert await who(shop, of(shop, state="ever", count={"op": "gte", "value": 1})) == everybody
    assert await who(shop, of(shop, state="left", within={"last": "P1D"})) == gone
    assert await who(shop, of(shop, count={"op": "gte", "value": 2})) == BitMap()


async def test_nobody_is_in_a_campaign_that_is_over(shop: Shop) -> None:
    await shop.build()
    async with shop.engines.tx() as tx:
        await lifecycle.complete(tx, SYSTEM, shop.campaign)
    people = await shop.people()
    sides = {None: people.assigned, "test": people.assigned - people.control, "control": people.control}
    for group, ever in sides.items():
        assert await who(shop, of(shop, group)) == BitMap()
        assert await who(shop, of(shop, group, state="left")) == ever


async def test_a_rebuild_writes_the_same_lists(shop: Shop) -> None:
    await shop.build()
    people = await shop.people()
    await shop.engines.catch_up()
    await shop.engines.clickhouse.command(f"truncate table {projection.TABLE}")
    with pytest.raises(Problem, match="missing in ClickHouse"):
        await who(shop, of(shop, "control"))
    await projection.rebuild(shop.engines, shop.database)
    assert await who(shop, of(shop, "control")) == people.control
    assert await who(shop, of(shop, state="ever")) == people.assigned


async def test_the_vocabulary_names_the_campaigns_of_the_database(shop: Shop) -> None:
    other = await new_shop(shop.engines, 10, 5)
    found = (await kinds(shop))["campaign"]
    assert list(found.names) == [shop.campaign]
    assert (found.base, found.step, list(found.groups)) == (BASE, STEP, ["any", "test", "control"])
    with pytest.raises(Problem) as wrong:
        await who(shop, of(other))
    assert [error.pointer for error in wrong.value.errors] == ["/condition/of/campaign"]


async def test_a_sentence_names_side_and_campaign(shop: Shop) -> None:
    await shop.set(name="Winter")
    async with shop.engines.tx() as tx:
        words = await vocabulary(tx, shop.database, fresh=True)
    told = sentence(check(decode(of(shop, "control")), words)).text
    assert told == "People in the control group of the campaign Winter"


async def test_one_person_is_explained(shop: Shop, api: httpx.AsyncClient) -> None:
    await shop.build()
    people = await shop.people()
    await shop.engines.catch_up()
    for profile, holds in ((people.control.min(), True), (people.test.min(), False), (600, False)):
        body = {"database_id": shop.database, "condition": of(shop, "control"), "profile_id": profile}
        reply = await api.post("/api/v1/segments/explain", json=body)
        assert (reply.status_code, reply.json()["holds"]) == (200, holds), reply.text


async def test_a_segment_by_sides_is_worked_out_anew_when_people_come(shop: Shop, api: httpx.AsyncClient) -> None:
    """A recalculation that reads the same as before is skipped; a campaign that took people in is not the same."""

    async def recalculated(segment: int) -> tuple[bool, int]:
        job = (await ok(await api.post(f"/api/v1/segments/{segment}/recalculate", json={}), 202))["job"]
        await run_job(shop.engines, job["id"])
        last = (await ok(await api.get(f"/api/v1/segments/{segment}/history")))["items"][0]
        assert last["state"] == "done", last
        return last["skipped"], last["size"]

    await shop.build()
    body = {"database_id": shop.database, "name": "In it", "type": "updatable", "condition": of(shop)}
    segment = (await ok(await api.post("/api/v1/segments", json=body), 201))["id"]
    await recalculated(segment)
    assert await recalculated(segment) == (True, 400)
    await shop.admit(range(401, 421))
    assert await recalculated(segment) == (False, 420)


async def test_rules_may_ask_for_a_campaign_that_was_just_made(shop: Shop, api: httpx.AsyncClient) -> None:
    body = {"name": "New", "database_id": shop.database, "segment_id": shop.segment}
    made = (await ok(await api.post("/api/v1/campaigns", json=body), 201))["id"]
    node = {"kind": "member", "of": {"campaign": made, "group": "test"}}
    assert await who(shop, node) == BitMap()
    assert len(await who(shop, {"kind": "not", "of": node})) == 600
