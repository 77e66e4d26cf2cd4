"""The quota of profiles: refused beyond it, one notice for each crossing, freed by erasure."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fidelia.kernel.errors import Problem
from fidelia.platform import notices
from fidelia.platform.engines import Engines
from fidelia.profiles import Database, create_profile, erase_profiles, profile_count, upsert
from fidelia.profiles.ingest import Options, apply, read_items
from fidelia.profiles.matching import read_matching
from fidelia.profiles.store.databases import open_for_write

from .conftest import SYSTEM, new_database


@pytest.fixture
def quota(fresh: Engines) -> Iterator[Engines]:
    """An installation that may hold ten profiles."""
    fresh.settings = fresh.settings.replace("limits", profiles=10)
    return fresh


async def people(engines: Engines, database: Database, *names: str, mode: Any = "upsert") -> Any:
    async with engines.tx() as tx:
        return await upsert(tx, SYSTEM, database.id, [{"email": f"{n}@q.co"} for n in names], mode=mode)


async def told(engines: Engines) -> list[tuple[str, str]]:
    async with engines.tx() as tx:
        return [(n.level, n.title) for n in await notices.open_notices(tx)]


async def test_refused_beyond_the_quota_and_freed(quota: Engines) -> None:
    one, two = await new_database(quota), await new_database(quota)
    await people(quota, one, *"abcdefgh")
    assert await told(quota) == []
    await people(quota, two, "i")
    assert await told(quota) == [("warning", "9 of 10 profiles are used")]
    with pytest.raises(Problem) as refused:
        await people(quota, one, "j", "k")
    assert (refused.value.status, refused.value.extra["quota"]) == (409, {"limit": 10, "left": 1, "new": 2})
    async with quota.tx() as tx:
        assert await profile_count(tx, one.id) == 8
    await people(quota, one, "a", "b", "j")  # changes and what fits
    assert await told(quota) == [("critical", "The quota of 10 profiles is reached")]
    for _ in range(2):
        with pytest.raises(Problem):
            async with quota.tx() as tx:
                await create_profile(tx, SYSTEM, two.id, {"email": "z@q.co"})
    async with quota.tx() as tx:
        raw = await tx.raw()
        row = await (await raw.execute("select count(*) from notice where level = 'critical'")).fetchone()
        assert row == (1,)
        (open_one,) = await notices.open_notices(tx)
        assert await notices.dismiss(tx, open_one.id, "me")
        await erase_profiles(tx, SYSTEM, one.id, [1, 2, 3])
    assert await told(quota) == []
    await people(quota, two, "x", "y", "z")
    assert [level for level, _ in await told(quota)] == ["critical"]


async def test_imports_reject_the_rows_beyond(quota: Engines) -> None:
    database = await new_database(quota)
    await people(quota, database, *"abcdefg")
    items = [{"email": f"{n}@q.co", "city": "Oslo"} for n in "abxyzuvw"]
    async with quota.tx() as tx:
        opened = await open_for_write(tx, database.id)
        batch = read_items(opened, read_matching(opened, "email"), items)
        done = await apply(tx, SYSTEM, opened, batch, Options(import_id=1, source="import"))
    assert (len(done.created), len(done.updated)) == (3, 2)
    assert [(e.row, e.message) for e in done.rejected] == [
        (n, "The quota of 10 profiles is reached") for n in (5, 6, 7)
    ]
    assert [level for level, _ in await told(quota)] == ["critical"]


async def test_a_race_keeps_to_the_quota(quota: Engines) -> None:
    bases = [await new_database(quota) for _ in range(3)]

    async def one(n: int) -> bool:
        try:
            await people(quota, bases[n % 3], f"r{n}a", f"r{n}b")
        except Problem as problem:
            return problem.title != "Quota reached"
        return True

    done = await asyncio.gather(*(one(n) for n in range(9)))
    assert sum(done) == 5
    async with quota.tx() as tx:
        assert sum([await profile_count(tx, base.id) for base in bases]) == 10


async def test_notices_over_http(api: httpx.AsyncClient, engines: Engines) -> None:
    async with engines.tx() as tx:
        await notices.tell(tx, kind="test", level="info", title="Hello", body="There", link="/x")
        await notices.tell(tx, kind="test", level="info", title="Hello again")
    (shown,) = (await api.get("/notices")).json()["items"]
    assert (shown["title"], shown["level"]) == ("Hello again", "info")
    assert (await api.post(f"/notices/{shown['id']}/dismiss")).status_code == 204
    assert (await api.get("/notices")).json()["items"] == []
    assert (await api.post("/notices/99999/dismiss")).status_code == 404
