"""A club whose members are the people of a database, through the API."""

from __future__ import annotations

import pytest

from fidelia import profiles
from fidelia.access import Actor
from fidelia.platform.engines import Engines
from tests.loyalty.ledger.shop import Club, open_club


@pytest.fixture(scope="module")
async def club(engines: Engines) -> Club:
    """A club in whose database are profiles 1, 2 and 3; a star is worth 0.10 EUR."""
    from decimal import Decimal

    made = await open_club(engines, stars={"ratio": Decimal("0.1"), "ratio_currency": "EUR"})
    async with engines.tx() as tx:
        for n in (1, 2, 3):
            await profiles.create_profile(
                tx, Actor.system(), made.database, {"email": f"c{n}@example.com", "first_name": f"Kim{n}"}
            )
    return made
