"""Fields change while people are written: nobody fails for it, nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.profiles import (
    Change,
    Database,
    Field,
    add_field,
    change_profile,
    create_profile,
    delete_database,
    delete_field,
    erase_profiles,
    get_database,
)
from fidelia.profiles.store import ddl

from .conftest import SYSTEM


async def refusal(engines: Engines, call: Callable[[Tx], Awaitable[Any]]) -> Problem:
    """Run a use case in a transaction of its own and return how it is refused."""

    async def alone() -> None:
        async with engines.tx() as tx:
            await call(tx)

    with pytest.raises(Problem) as refused:
        await alone()
    return refused.value


async def test_fields_change_under_writers(engines: Engines, database: Database) -> None:
    async def writer(k: int) -> None:
        for n in range(8):
            async with engines.tx() as tx:
                row = await create_profile(tx, SYSTEM, database.id, {"email": f"{k}-{n}@b.co", "age": n})
            async with engines.tx() as tx:
                await change_profile(tx, SYSTEM, database.id, row["id"], Change(incr={"age": 1}))
            if n % 4 == 3:
                async with engines.tx() as tx:
                    await erase_profiles(tx, SYSTEM, database.id, [row["id"]])

    async def architect() -> None:
        for n in range(4):
            async with engines.tx() as tx:
                await add_field(tx, SYSTEM, database.id, Field(name=f"new_{n}", type="string"))
            async with engines.tx() as tx:
                await delete_field(tx, SYSTEM, database.id, f"new_{n}", f"new_{n}")

    await asyncio.wait_for(asyncio.gather(architect(), *(writer(k) for k in range(4))), 60)
    async with engines.tx() as tx:
        now = await get_database(tx, database.id)
    assert now.last_profile_id == 32
    assert now.profile_count == 24
    assert now.schema_version == database.schema_version + 8
    await engines.catch_up()
    rows = await engines.clickhouse.query(f"select count(), sum(f{now.by_name['age'].id}) from p_{now.id} final")
    assert rows == [(24, 4 * sum(n + 1 for n in range(8) if n % 4 != 3))]


async def test_a_long_writer_is_not_waited_for(
    engines: Engines, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ddl, "_PATIENCE", (0.01,))
    async with engines.tx() as writing:
        await create_profile(writing, SYSTEM, database.id, {})
        for refused in (
            await refusal(engines, lambda tx: add_field(tx, SYSTEM, database.id, Field(name="x", type="ip"))),
            await refusal(engines, lambda tx: delete_database(tx, SYSTEM, database.id, database.name)),
        ):
            assert refused.status == 409
        await create_profile(writing, SYSTEM, database.id, {})
    async with engines.tx() as tx:
        assert (await get_database(tx, database.id)).profile_count == 2


async def test_a_refusal_writes_nothing(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        await create_profile(tx, SYSTEM, database.id, {"email": "a@b.co"})

    async def two(tx: Tx) -> None:
        await create_profile(tx, SYSTEM, database.id, {"email": "b@b.co"})
        await create_profile(tx, SYSTEM, database.id, {"email": "a@b.co"})

    assert (await refusal(engines, two)).status == 409
    async with engines.tx() as tx:
        assert (await get_database(tx, database.id)).last_profile_id == 1
        assert (await create_profile(tx, SYSTEM, database.id, {}))["id"] == 2
