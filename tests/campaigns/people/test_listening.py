"""Interactions widen the audience: whoever reacts to an activity comes in, once, and is split at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import pytest
from pyroaring import BitMap

from fidelia import messages
from fidelia.campaigns import converted
from fidelia.campaigns.people.listening import listen_for, round_of
from fidelia.campaigns.store import people as lists
from fidelia.platform.outbox import EventOut

from .conftest import Shop


async def react(shop: Shop, type_: str, people: Iterable[int], mailing: int) -> None:
    """Let people react to a mailing, and wait until who listens has dealt with it."""
    async with shop.engines.tx() as tx:
        tx.emit_many(
            EventOut(shop.database, profile, type_, tx.now, {"mailing": mailing}, f"{type_} {mailing} {profile}")
            for profile in people
        )
    await shop.engines.catch_up()
    await round_of(shop.engines)


async def test_who_opens_or_clicks_comes_in(shop: Shop) -> None:
    await shop.activity(shop.mailing(7), ["opened"])
    await shop.activity(shop.mailing(8), ["clicked", "opened"])
    await shop.activity(shop.mailing(9))
    await shop.build()
    await react(shop, "message.opened", range(390, 451), shop.mailing(7))
    await react(shop, "message.clicked", range(460, 470), shop.mailing(7))  # widened by opens only
    await react(shop, "message.clicked", range(470, 481), shop.mailing(8))
    await react(shop, "message.opened", range(500, 510), shop.mailing(9))  # widens nothing
    await react(shop, "message.opened", range(510, 520), shop.mailing(6))  # of no campaign
    found = await shop.people()
    assert found.audience == BitMap(range(1, 451)) | BitMap(range(470, 481))
    async with shop.engines.tx() as tx:
        entries = {(e.source, e.activity): e.people for e in await lists.entries(tx, shop.campaign)}
    assert entries == {
        ("segment", 0): BitMap(range(1, 401)),
        ("opened", shop.mailing(7)): BitMap(range(401, 451)),
        ("clicked", shop.mailing(8)): BitMap(range(470, 481)),
    }
    told = [row for row in await shop.events("campaign.entered") if row[3]]
    assert {(source, mailing) for _, _, source, mailing in told} == {
        ("opened", shop.mailing(7)),
        ("clicked", shop.mailing(8)),
    }


async def test_nothing_is_heard_before_the_start_and_after_the_end(shop: Shop) -> None:
    await shop.activity(shop.mailing(7), ["opened"])
    async with shop.engines.tx() as tx:
        await listen_for(tx, shop.campaign)
    await react(shop, "message.opened", [500], shop.mailing(7))
    await shop.build()
    assert 500 not in (await shop.people()).audience
    await react(shop, "message.opened", [501], shop.mailing(7))
    assert 501 in (await shop.people()).audience
    await shop.set(state="completed")
    async with shop.engines.tx() as tx:
        await listen_for(tx, shop.campaign)
    await react(shop, "message.opened", [502], shop.mailing(7))
    assert 502 not in (await shop.people()).audience


@pytest.mark.parametrize("way", ["goal", "order"])
async def test_who_converts_comes_in(shop: Shop, way: str) -> None:
    await shop.activity(shop.mailing(7), [way])
    await shop.activity(shop.mailing(8), ["clicked"])
    await shop.build()
    async with shop.engines.tx() as tx:
        kinds: tuple[Literal["goal", "order"], ...] = ("goal", "order")
        items = [messages.Converted(shop.mailing(n), 500 + n, kind) for n in (7, 8) for kind in kinds]
        await converted(tx, shop.database, items)
    assert (await shop.people()).audience == BitMap([*range(1, 401), 507])
