"""Placements of a campaign: seen by its test group, and by those whom they widen it with."""

from __future__ import annotations

import httpx
import pytest

import fidelia.worker.tasks  # noqa: F401  # declares the jobs
from fidelia import messages, segments
from fidelia.campaigns.store import campaigns as store
from fidelia.kernel.clock import FixedClock
from fidelia.messages.kinds.placement import audience
from fidelia.messages.service import running
from fidelia.platform.engines import Engines
from tests.messages.kinds.placement.world import Site
from tests.messages.test_mailings import ok, run_jobs

from .people.conftest import SYSTEM, Shop


@pytest.fixture
async def site(engines: Engines, api: httpx.AsyncClient, clock: FixedClock) -> Site:
    """A site of a database of twenty people."""
    return await Site.of(engines, api)


async def campaign_on(site: Site) -> Shop:
    """A campaign under way of which people 1 … 10 are, five of them kept back."""
    engines, database = site.engines, site.database
    async with engines.tx() as tx:
        tx.mark_dirty("profiles", database, range(1, 21))
        named = segments.Definition(database_id=database, name=f"listed {database}", type="static")
        segment = await segments.create_segment(tx, SYSTEM, named)
        await segments.add_members(tx, SYSTEM, segment.id, range(1, 11))
        values = {"database_id": database, "segment_id": segment.id, "name": "Winter", "share": 500_000, "salt": "s"}
        campaign = await store.insert(tx, values)
    shop = Shop(engines, database, segment.id, campaign)
    await shop.build()
    return shop


async def placed(site: Site, shop: Shop, *widens: str) -> str:
    """Return the path of a placement of the campaign that is live."""
    path = await site.draft(await site.slot())
    number = int(path.rsplit("/", 1)[1])
    async with site.engines.tx() as tx:
        await messages.put_in_campaign(tx, number, shop.campaign)
    await shop.activity(number, widens)
    await ok(await site.api.post(f"{path}/start", json={}))
    await run_jobs(site.engines)
    await running.tick(site.engines)
    return path


async def seen(site: Site, people: range = range(1, 21)) -> list[int]:
    return [person for person in people if "hero" in await site.ask(f"c{person}")]


async def test_the_test_group_sees_it(site: Site) -> None:
    shop = await campaign_on(site)
    people = await shop.people()
    assert len(people.control) == 5
    path = await placed(site, shop)
    assert await seen(site) == list(people.test)
    await site.see(f"c{people.test.min()}")
    await site.engines.catch_up()
    rows = await site.engines.clickhouse.query(
        f"select distinct campaign from e_{site.database} final where type like 'message.%'"
    )
    assert rows == [(shop.campaign,)]
    await shop.leave([people.test.min()])
    await shop.tick()
    assert await seen(site) == list(people.test)[1:], "asked again with every page"
    assert (await site.report(path))["audience"] == 5


async def test_it_takes_in_whom_it_is_aimed_at_and_who_is_new_each_time_it_is_worked_out(site: Site) -> None:
    shop = await campaign_on(site)
    path = await placed(site, shop, "audience")
    people = await shop.people()
    assert (list(people.audience), people.guests.min()) == (list(range(1, 21)), 11)
    assert await seen(site) == list(people.test)
    async with site.engines.db.hot() as raw:
        await raw.execute(
            f"insert into profile_{site.database} (id, version, email, external_id, status, created_at, updated_at)"
            " select 21, 1, 'p21@example.com', 'c21', 'subscribed', now(), now()"
        )
        (run,) = await (
            await raw.execute("select max(id) from mailing_run where mailing_id = %s", (int(path.rsplit("/", 1)[1]),))
        ).fetchone()
    await audience.refresh(site.engines, run)
    people = await shop.people()
    assert 21 in people.assigned
    assert ("hero" in await site.ask("c21")) == (21 in people.test)
