"""Which of many ids belong to somebody, whether they are asked for one by one or as a range."""

from __future__ import annotations

import pytest
from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.profiles import Database, erase_profiles, exists, upsert
from fidelia.profiles.store import match

from .conftest import SYSTEM

PEOPLE = 40
GONE = {3, 4, 17, 40}


@pytest.fixture
async def with_holes(engines: Engines, database: Database) -> int:
    async with engines.tx() as tx:
        await upsert(tx, SYSTEM, database.id, [{"email": f"p{n}@x.no"} for n in range(PEOPLE)])
        await erase_profiles(tx, SYSTEM, database.id, sorted(GONE))
    return database.id


@pytest.mark.parametrize("many", [0, 10_000])
async def test_those_are_there_who_were_not_deleted(
    engines: Engines, with_holes: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match, "MANY", many)
    for asked in (BitMap(range(1, 60)), BitMap([2, 3, 5]), BitMap([1, 4_000_000_000]), BitMap([17]), BitMap()):
        async with engines.tx() as tx:
            assert await exists(tx, with_holes, asked) == BitMap(n for n in asked if n <= PEOPLE and n not in GONE)
