"""Who people are now: of merged ones another, of erased ones nobody."""

from __future__ import annotations

import httpx
import pytest
from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.engines import Engines
from fidelia.profiles import Database
from fidelia.profiles.store import match

from ..conftest import SYSTEM
from .test_merge import merge, person


@pytest.mark.parametrize("many", [10_000, 2])
async def test_who_lives(
    api: httpx.AsyncClient, engines: Engines, database: Database, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    """The same whether each is looked for or everybody is read."""
    monkeypatch.setattr(match, "MANY", many)
    kept, gone, erased, other = [await person(engines, database, email=f"{n}@lives.example") for n in range(4)]
    await merge(api, database, destination=kept, sources=[gone])
    async with engines.tx() as tx:
        await profiles.erase_profiles(tx, SYSTEM, database.id, [erased])
    nobody = 4_000_000_000
    async with engines.tx() as tx:
        asked = [kept, gone, erased, other, nobody]
        assert await profiles.living(tx, database.id, asked) == {kept: kept, gone: kept, other: other}
        assert await profiles.living_ids(tx, database.id, BitMap(asked)) == BitMap([kept, other])
        assert await profiles.living_ids(tx, database.id, BitMap()) == BitMap()
        assert await profiles.exists(tx, database.id, asked) == BitMap([kept, other])
