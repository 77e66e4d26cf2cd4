"""A person's card: the campaigns they are in, and their side for who may know it."""

from __future__ import annotations

import pytest

from fidelia.access import Actor
from fidelia.campaigns.service.person import PersonCampaign, campaigns_of, personal_data
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from tests.campaigns.people.conftest import SYSTEM, Shop, new_shop

NOSY = Actor("user", 7, "Nosy", frozenset({"profiles:read"}))


async def card(shop: Shop, profile: int, actor: Actor = SYSTEM) -> list[PersonCampaign]:
    async with shop.engines.tx() as tx:
        return (await campaigns_of(tx, actor, shop.database, profile)).items


async def test_a_card_shows_campaigns_and_sides(engines: Engines) -> None:
    shop = await new_shop(engines, 60, 40)
    assert await card(shop, 1) == []
    await shop.build()
    people = await shop.people()
    kept, free = people.control.min(), people.test.min()
    found = (await card(shop, kept))[0]
    assert (found.id, found.state, found.side, found.present, found.guest) == (
        shop.campaign,
        "active",
        "control",
        True,
        False,
    )
    assert [item.side for item in await card(shop, free)] == ["test"]
    assert await card(shop, 50) == []
    assert [item.side for item in await card(shop, kept, NOSY)] == [None], "who may not read campaigns sees no side"
    await shop.admit([50])
    assert [item.guest for item in await card(shop, 50)] == [True]
    await shop.leave([free])
    await shop.tick()
    assert [(item.present, item.side) for item in await card(shop, free)] == [(False, "test")]
    await shop.set(state="completed")
    assert [item.present for item in await card(shop, kept)] == [False]
    assert await personal_data(engines, shop.database, kept) == [
        {
            "campaign": found.name,
            "state": "completed",
            "group": "control",
            "in_it_now": False,
            "brought_by_an_activity": False,
        }
    ]
    with pytest.raises(Problem) as missing:
        await card(shop, 999)
    assert missing.value.status == 404
