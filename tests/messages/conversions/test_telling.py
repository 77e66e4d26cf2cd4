"""Who wants to know of conversions is told, in the transaction that keeps them, once each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from pyroaring import BitMap

from fidelia import messages
from fidelia.messages.conversions import catching
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ...conftest import NOW
from .world import World


async def test_conversions_are_told(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, messages.Converted]] = []

    async def listen(tx: Tx, database_id: int, converted: Sequence[messages.Converted]) -> None:
        told.extend((database_id, one) for one in converted)

    monkeypatch.setitem(engines.ports, messages.CONVERTED, [listen])
    world = await World.of(engines)
    first, second = await world.run(), await world.run()
    await world.goal("cart")
    await world.touch(first, 1, "clicked", NOW - timedelta(days=1))
    await world.touch(second, 2, "opened", NOW - timedelta(days=1))
    await world.reach(1, "cart", NOW)
    await world.order(2, "o-1", "12.00", NOW)
    await world.order(3, "o-2", "12.00", NOW)  # nothing led to it
    await world.settle()
    assert sorted(told) == [
        (world.database, messages.Converted(first.mailing_id, 1, "goal")),
        (world.database, messages.Converted(second.mailing_id, 2, "order")),
    ]
    await catching.round_of(engines)
    await world.status("o-1", "cancelled")
    await world.settle()
    assert len(told) == 2, "an order that is taken back is no conversion"
    assert BitMap(one.profile_id for _, one in told) == BitMap([1, 2])
