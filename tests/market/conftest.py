"""A database with three customers."""

from __future__ import annotations

import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.engines import Engines


@pytest.fixture(scope="module")
async def shop(engines: Engines) -> int:
    """The id of a database with profiles 1, 2 and 3, whose external ids are c1, c2 and c3."""
    async with engines.tx() as tx:
        database = await profiles.create_database(tx, Actor.system(), name="shop", timezone="Europe/Oslo")
        for n in (1, 2, 3):
            await profiles.create_profile(
                tx, Actor.system(), database.id, {"external_id": f"c{n}", "email": f"c{n}@example.com"}
            )
    return database.id
