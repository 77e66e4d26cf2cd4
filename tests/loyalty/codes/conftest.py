"""A database of people and pools of promo codes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from fidelia.access import Actor
from fidelia.kernel.clock import FixedClock
from fidelia.loyalty import codes
from fidelia.loyalty.codes.model import PoolFigures, PromoPool
from fidelia.loyalty.codes.service import importing, pools
from fidelia.loyalty.codes.service.checks import Settings
from fidelia.platform.engines import Engines
from fidelia.worker import tasks as _tasks
from tests.messages.world import people

assert _tasks.MODULES  # declares the jobs
SYSTEM = Actor.system()
_numbers = itertools.count(1)


class Vault:
    """A database of 100 people, and what tests do with its pools."""

    def __init__(self, engines: Engines, database: int) -> None:
        self.engines = engines
        self.database = database

    async def pool(self, stock: Sequence[str] = (), **settings: Any) -> PromoPool:
        """Make a pool with some codes; without more said a personal one by a pattern."""
        n = next(_numbers)
        wanted = {"name": f"Pool {n}", "short_name": f"pool_{n}", "pattern": "T-******", "max_uses": 1, **settings}
        async with self.engines.tx() as tx:
            made = await pools.create(tx, SYSTEM, self.database, Settings(**wanted))
            if stock:
                await importing.import_codes(tx, SYSTEM, made.id, [importing.CodeIn(code) for code in stock])
            return await codes.get_pool(tx, made.id)

    async def give(self, pool: PromoPool, run: str, who: Sequence[int], **more: Any) -> dict[int, str]:
        async with self.engines.tx() as tx:
            return await codes.give(tx, pool.id, run, who, **more)

    async def check(self, who: int | None, *asked: str) -> list[codes.CodeFound]:
        async with self.engines.tx() as tx:
            return await codes.check(tx, self.database, who, asked, tx.now)

    async def use(self, who: int | None, order: str, *asked: str) -> None:
        async with self.engines.tx() as tx:
            await codes.use(tx, await codes.check(tx, self.database, who, asked, tx.now), order)

    async def release(self, order: str) -> list[str]:
        async with self.engines.tx() as tx:
            return await codes.release(tx, order)

    async def figures(self, pool: PromoPool) -> PoolFigures:
        async with self.engines.tx() as tx:
            return (await pools.read(tx, pool.id)).figures

    async def reasons(self, who: int | None, *asked: str) -> list[str | None]:
        return [one.reason for one in await self.check(who, *asked)]


@pytest.fixture(scope="module")
async def database(engines: Engines) -> int:
    return await people(engines, 100)


@pytest.fixture
def vault(engines: Engines, database: int, clock: FixedClock) -> Vault:
    return Vault(engines, database)
