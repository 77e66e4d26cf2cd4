"""Starts that meet the end of their campaign: nothing is at work in one that is over, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pyroaring import BitMap

from fidelia import messages
from fidelia.campaigns.people import listening
from fidelia.campaigns.service import activities, lifecycle, manage
from fidelia.campaigns.store import campaigns as store
from fidelia.kernel.clock import FixedClock
from fidelia.kernel.errors import Problem
from fidelia.platform import listeners
from fidelia.platform.engines import Engines
from fidelia.platform.listeners import Caught, Listener
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from .people.conftest import SYSTEM, Shop, new_shop
from .test_mailings import Activities, number
from .test_races import many, together

assert many  # a fixture
TRIGGER: dict[str, Any] = {"type": "trigger", "triggers": [{"kind": "call"}]}


class Race:
    """A campaign that is under way, and what is done with it at once."""

    def __init__(self, shop: Shop, made: Activities, engines: Engines) -> None:
        self.shop, self.made, self.engines = shop, made, engines

    async def trigger(self, **more: Any) -> int:
        return number(await self.made.make(**TRIGGER, **more))

    async def start(self, mailing: int) -> None:
        async with self.engines.tx() as tx:
            await messages.start_mailing(tx, SYSTEM, mailing)

    async def complete(self) -> None:
        async with self.engines.tx() as tx:
            await lifecycle.complete(tx, SYSTEM, self.shop.campaign)

    async def attach(self, mailing: int) -> None:
        async with self.engines.tx() as tx:
            await activities.attach(tx, SYSTEM, self.shop.campaign, mailing, ["clicked"], exempt=False)

    async def detach(self, mailing: int) -> None:
        async with self.engines.tx() as tx:
            await activities.detach(tx, SYSTEM, self.shop.campaign, "mailing", mailing)

    async def change(self, mailing: int, *ways: str) -> None:
        async with self.engines.tx() as tx:
            await activities.change(tx, SYSTEM, self.shop.campaign, "mailing", mailing, {"widens": list(ways)})

    async def state(self, mailing: int) -> str:
        async with self.engines.tx() as tx:
            return (await messages.get_mailing(tx, mailing)).state

    async def meets(self, task: asyncio.Task[Any]) -> bool:
        """Wait until a task has ended (``False``) or waits for a lock that somebody else has."""
        while not task.done():
            async with self.engines.db.hot() as raw:
                cursor = await raw.execute(
                    "select count(*) from pg_stat_activity"
                    " where wait_event_type = 'Lock' and datname = current_database()"
                )
                row = await cursor.fetchone()
            if row is not None and row[0]:
                return True
            await asyncio.sleep(0.01)
        return False


@pytest.fixture
async def race(engines: Engines, many: Engines, api: httpx.AsyncClient, clock: FixedClock) -> Race:
    shop = await new_shop(engines, 60, 40)
    await shop.build()
    return Race(shop, Activities(api, shop), many)


async def test_a_start_that_is_under_way_is_waited_for(race: Race) -> None:
    mailing = await race.trigger()
    async with race.engines.tx() as tx:
        await messages.start_mailing(tx, SYSTEM, mailing)
        ending = asyncio.create_task(race.complete())
        assert await race.meets(ending), "the campaign ended although a mailing of it was being started"
    await ending
    assert await race.state(mailing) == "stopped"


async def test_a_start_that_comes_while_it_ends_is_refused(race: Race) -> None:
    mailing = await race.trigger()
    async with race.engines.tx() as tx:
        await lifecycle.complete(tx, SYSTEM, race.shop.campaign)
        starting = asyncio.create_task(race.start(mailing))
        assert await race.meets(starting)
    with pytest.raises(Problem) as refused:
        await starting
    assert "is over" in refused.value.errors[0].message
    assert await race.state(mailing) == "draft"


async def test_nothing_is_attached_while_it_ends(race: Race) -> None:
    mailing = await race.trigger(inside=False)
    async with race.engines.tx() as tx:
        await lifecycle.complete(tx, SYSTEM, race.shop.campaign)
        attaching = asyncio.create_task(race.attach(mailing))
        assert await race.meets(attaching)
    with pytest.raises(Problem, match="is over"):
        await attaching
    await race.start(mailing)
    async with race.engines.tx() as tx:
        found = await messages.get_mailing(tx, mailing)
        assert (found.state, found.campaign_id) == ("active", None)
        await messages.stop_mailing(tx, SYSTEM, mailing)


async def test_who_reacts_while_it_ends_and_who_ends_it_never_wait_for_each_other(race: Race) -> None:
    """Dealing with reactions holds their queue and wants the campaign: whoever has the campaign must not want both."""
    mailing = await race.trigger()
    await race.change(mailing, "opened")
    async with race.engines.tx() as tx:
        tx.emit_many([EventOut(race.shop.database, 50, "message.opened", tx.now, {"mailing": mailing}, "o")])
    await race.shop.engines.catch_up()
    for touch in (lambda: race.change(mailing, "opened", "clicked"), race.complete):
        await _while_reactions_are_dealt_with(race, touch)
    assert 50 in (await race.shop.people()).audience
    async with race.engines.tx() as tx:
        assert await listeners.listeners_of(tx, listening.CONSUMER, [race.shop.campaign]) == []


async def _while_reactions_are_dealt_with(race: Race, touch: Callable[[], Awaitable[None]]) -> None:
    going, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(tx: Tx, listener: Listener, caught: Caught) -> None:
        going.set()
        await go_on.wait()
        await listening.catch(tx, listener, caught)

    async with race.engines.tx() as tx:
        (listener,) = await listeners.listeners_of(tx, listening.CONSUMER, [race.shop.campaign])
        waiting = await listeners.waiting(tx, listening.CONSUMER, listener.object_id)
    if not waiting:
        async with race.engines.tx() as tx:
            (activity,) = await activities.listed(tx, race.shop.campaign)
            tx.emit_many([EventOut(race.shop.database, 51, "message.clicked", tx.now, {"mailing": activity.id}, "c")])
        await race.shop.engines.catch_up()
    dealing = asyncio.create_task(listeners.consume(race.engines, listening.CONSUMER, slowly))
    await going.wait()
    touching = asyncio.ensure_future(touch())
    assert await race.meets(touching)
    go_on.set()
    assert await dealing == 1
    await touching
    async with race.engines.tx() as tx:
        for left in await listeners.listeners_of(tx, listening.CONSUMER, [race.shop.campaign]):
            assert left.trouble is None, left.trouble


async def test_everything_at_once(race: Race) -> None:
    """Starts, an end, and activities that come and go: whatever comes first, nothing is at work afterwards."""
    mailings = [await race.trigger() for _ in range(4)]
    loose = [await race.trigger(inside=False) for _ in range(3)]
    found = await together(
        *(race.start(mailing) for mailing in mailings[:2]),
        *(race.attach(mailing) for mailing in loose),
        race.complete(),
        *(race.start(mailing) for mailing in (*mailings[2:], *loose[:1])),
        race.detach(mailings[3]),
        *(race.change(mailing, "opened", "clicked") for mailing in mailings[:2]),
    )
    assert not isinstance(found[5], Problem), found[5]
    async with race.engines.tx() as tx:
        assert (await store.get(tx, race.shop.campaign)).state == "completed"
        inside = await messages.hold_campaign_mailings(tx, race.shop.campaign)
        assert {mailing.state for mailing in inside} <= {"draft", "stopped"}
        assert len(inside) >= 3
        for mailing in {*mailings, *loose} - {mailing.id for mailing in inside}:
            if (await messages.get_mailing(tx, mailing)).state == "active":
                await messages.stop_mailing(tx, SYSTEM, mailing)


async def test_what_was_started_in_vain_keeps_a_campaign_from_being_archived(race: Race) -> None:
    """A mailing may start while people are being split; if that fails, the campaign waits, and so does its mailing."""
    mailing = await race.trigger()
    await race.shop.set(state="building")
    async with race.engines.tx() as tx:
        await messages.start_mailing(tx, SYSTEM, mailing)
        archiving = asyncio.create_task(archive(race))
        assert await race.meets(archiving)
    with pytest.raises(Problem, match="is at work: stop it"):
        await archiving
    async with race.engines.tx() as tx:
        await messages.stop_mailing(tx, SYSTEM, mailing)
    await archive(race)
    async with race.engines.tx() as tx:
        assert (await store.get(tx, race.shop.campaign)).archived_at is not None
    assert (await race.shop.people()).audience == BitMap(range(1, 41))


async def archive(race: Race) -> None:
    async with race.engines.tx() as tx:
        await manage.archive(tx, SYSTEM, race.shop.campaign)
