"""Everything at once: whatever comes together, nobody is split twice, told of twice or lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest
from pyroaring import BitMap

from fidelia import campaigns, profiles
from fidelia.campaigns.people import job
from fidelia.campaigns.service import lifecycle
from fidelia.campaigns.store import people as lists
from fidelia.kernel.errors import Problem
from fidelia.messages import Plan
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.runner import run_job
from fidelia.platform.postgres import Database
from fidelia.wiring import wire

from .people.conftest import SYSTEM, Shop, new_shop

AT_ONCE = 16
PEOPLE, LISTED = 2_000, 800
EACH = 400


@pytest.fixture
async def many(engines: Engines) -> AsyncIterator[Engines]:
    """Engines with a connection for each of those who come at once."""
    db = Database(engines.db.dsn, pool_size=AT_ONCE + 2)
    await db.open()
    opened = Engines(settings=engines.settings, db=db, clock=engines.clock)
    wire(opened)
    yield opened
    await db.close()


@pytest.fixture
async def shop(engines: Engines) -> Shop:
    """2,000 people, of whom 800 are in an active campaign; mailings 1 and 2 widen it by their audience."""
    made = await new_shop(engines, count=PEOPLE, listed=LISTED)
    for mailing in (1, 2):
        await made.activity(10 * made.campaign + mailing, ["audience"])
    await made.build()
    return made


def mailing_of(shop: Shop, number: int) -> int:
    """Return one of the two activities in turn."""
    return 10 * shop.campaign + 1 + number % 2


async def together(*work: Awaitable[Any]) -> list[Any]:
    """Do everything at once; a conflict is an answer, any other fault is one of the test."""
    found = await asyncio.gather(*work, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException) and not isinstance(one, Problem):
            raise one
    return list(found)


async def admit(engines: Engines, shop: Shop, number: int, people: BitMap) -> BitMap:
    async with engines.tx() as tx:
        return await campaigns.admit(tx, shop.campaign, people, source="audience", activity=mailing_of(shop, number))


async def launch(engines: Engines, shop: Shop, number: int, people: BitMap) -> dict[str, BitMap]:
    """Do what the audience job of a mailing does first; return what the gate says then."""
    plan = Plan(mailing_id=mailing_of(shop, number), name="m", campaign_id=shop.campaign)
    async with engines.tx() as tx:
        await campaigns.admission(tx, shop.database, plan, people)
    async with engines.tx() as tx:
        return dict(await campaigns.gate(tx, shop.database, plan, people))


def wave(number: int) -> BitMap:
    """Return people who overlap with those of the neighbours."""
    start = LISTED - 100 + number * 50
    return BitMap(range(start, start + EACH))


async def whole(shop: Shop, *, gone: BitMap | None = None) -> lists.People:
    """Check that everybody is in one stratum, on one side, came in once and was told of once; return the lists."""
    found, strata = await shop.people(), await shop.strata()
    inside = [people for _, people in strata.values()]
    assert sum(map(len, inside)) == len(BitMap.union(BitMap(), *inside)), "split twice"
    assert BitMap.union(BitMap(), *inside) == found.assigned
    assert found.control <= found.assigned
    assert len({epoch for epoch, _ in strata}) == 1
    for (_, key), (label, people) in strata.items():
        if gone is None:
            assert abs(len(people & found.control) - len(people) / 10) < 1, (key, label)
    async with shop.engines.tx() as tx:
        entries = [entry.people for entry in await lists.entries(tx, shop.campaign)]
    assert sum(map(len, entries)) == len(BitMap.union(BitMap(), *entries)), "came in twice"
    assert BitMap.union(BitMap(), *entries) == found.assigned
    told = await shop.events("campaign.entered")
    if gone is None:
        assert [row[0] for row in told] == list(found.assigned), "told of once each"
        assert {profile for profile, group, *_ in told if group == "control"} == set(found.control)
    return found


async def test_sixteen_expansions_from_two_activities(shop: Shop, many: Engines) -> None:
    before = await shop.people()
    came = await together(*(admit(many, shop, n, wave(n)) for n in range(AT_ONCE)))
    wanted = BitMap.union(*(wave(n) for n in range(AT_ONCE))) - before.audience
    assert BitMap.union(*came) == wanted
    assert sum(map(len, came)) == len(wanted), "each came in by one of them"
    found = await whole(shop)
    assert found.audience == before.audience | wanted
    assert found.control & before.assigned == before.control


async def test_sixteen_launches_of_two_activities(shop: Shop, many: Engines) -> None:
    """All are launched to the same people: the gate of each lets the same test group through."""
    people = BitMap(range(LISTED - 200, PEOPLE + 1))
    said = await together(*(launch(many, shop, n, people) for n in range(AT_ONCE)))
    found = await whole(shop)
    assert found.audience == BitMap(range(1, PEOPLE + 1))
    for reasons in said:
        assert reasons["campaign_control"] == people & found.control
        assert not reasons["not_in_campaign"]


async def test_the_segment_grows_while_activities_widen(shop: Shop, many: Engines) -> None:
    async def grow(number: int) -> None:
        await shop.join(range(LISTED + 1 + number * 60, LISTED + 101 + number * 60))
        async with many.tx() as tx:
            await campaigns.sync(tx, shop.campaign)

    await together(
        *(grow(n) for n in range(AT_ONCE // 2)), *(admit(many, shop, n, wave(n)) for n in range(AT_ONCE // 2))
    )
    async with many.tx() as tx:
        await campaigns.sync(tx, shop.campaign)
    found = await whole(shop)
    wanted = BitMap(range(1, LISTED + 101 + (AT_ONCE // 2 - 1) * 60))
    wanted |= BitMap.union(*(wave(n) for n in range(AT_ONCE // 2)))
    assert found.audience == wanted


async def test_a_build_that_runs_twice_beside_expansions(engines: Engines, many: Engines) -> None:
    """Two workers do the same job, and activities are launched before it is done: one split comes of it."""
    shop = await new_shop(engines, count=PEOPLE, listed=LISTED, state="building")
    for mailing in (1, 2):
        await shop.activity(10 * shop.campaign + mailing, ["audience"])
    async with engines.tx() as tx:
        asked = await job.ask(tx, SYSTEM, shop.campaign)
    await together(
        run_job(many, asked.id),
        run_job(many, asked.id),
        *(launch(many, shop, n, wave(n)) for n in range(AT_ONCE - 2)),
    )
    found = await whole(shop)
    assert found.audience == BitMap(range(1, LISTED + 1)) | BitMap.union(*(wave(n) for n in range(AT_ONCE - 2)))
    async with engines.tx() as tx:
        run = await job.RUNS.last(tx, shop.campaign)
    assert run is not None
    assert run.state == "done"


async def test_people_are_erased_while_they_come_in(shop: Shop, many: Engines) -> None:
    victims = [BitMap(range(n * 120 + 1, n * 120 + 20)) for n in range(AT_ONCE // 2)]

    async def erase(people: BitMap) -> None:
        async with many.tx() as tx:
            await profiles.erase_profiles(tx, SYSTEM, shop.database, list(people))

    await together(*(erase(some) for some in victims), *(admit(many, shop, n, wave(n)) for n in range(AT_ONCE // 2)))
    gone = BitMap.union(*victims)
    found = await whole(shop, gone=gone)
    for name in lists.LISTS:
        assert not getattr(found, name) & gone, name
    living = (BitMap(range(1, LISTED + 1)) | BitMap.union(*(wave(n) for n in range(AT_ONCE // 2)))) - gone
    assert found.audience == living


async def test_nobody_comes_in_after_the_end(shop: Shop, many: Engines) -> None:
    """It is completed while people come in: whoever came in has left, and nobody is left behind."""

    async def end() -> None:
        async with many.tx() as tx:
            await lifecycle.complete(tx, SYSTEM, shop.campaign)

    ways = [admit(many, shop, n, wave(n)) for n in range(AT_ONCE - 1)]
    await together(*ways[:7], end(), *ways[7:])
    assert not await admit(many, shop, 0, BitMap(range(1, PEOPLE + 1)))
    found = await whole(shop)
    left = [row[0] for row in await shop.events("campaign.left")]
    assert left == list(found.audience) == list(found.assigned)


async def test_two_build_jobs_are_one(engines: Engines, many: Engines) -> None:
    shop = await new_shop(engines, count=PEOPLE, listed=LISTED, state="building")

    async def ask() -> str:
        async with many.tx() as tx:
            return str((await job.ask(tx, SYSTEM, shop.campaign)).id)

    asked = {one for one in await together(*(ask() for _ in range(AT_ONCE))) if isinstance(one, str)}
    assert len(asked) == 1
    await run_job(many, asked.pop())
    await whole(shop)
