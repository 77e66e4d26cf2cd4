"""A transaction reads what a database is only once, and again when it may have changed."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.profiles import (
    Database,
    Field,
    add_field,
    create_profile,
    delete_field,
    erase_profiles,
    get_database,
    update_field,
)
from fidelia.profiles.service.databases import update_database
from fidelia.profiles.store import databases as store
from fidelia.profiles.store import ddl
from tests.loyalty.orders.test_statements import counting

from .conftest import SYSTEM


async def fields(tx: Tx, database: Database) -> set[str]:
    return {field.name for field in (await get_database(tx, database.id)).custom}


async def test_it_is_read_once(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        await create_profile(tx, SYSTEM, database.id, {"email": "first@b.co"})
        with counting() as counted:
            for _ in range(10):
                await get_database(tx, database.id)
                await store.open_for_write(tx, database.id)
        assert counted.statements == []
    async with engines.tx() as tx:
        with counting() as counted:
            await get_database(tx, database.id)
        assert len(counted.statements) == 2  # another transaction reads for itself


async def test_what_others_changed_is_seen_once_it_cannot_change_any_more(engines: Engines, database: Database) -> None:
    for lock in (store.open_for_write, ddl.lock_exclusively):
        name = f"new_{lock.__name__}"
        async with engines.tx() as tx:
            before = await fields(tx, database)
            async with engines.tx() as other:
                await add_field(other, SYSTEM, database.id, Field(name=name, type="string"))
            await lock(tx, database.id)
            assert await fields(tx, database) == before | {name}


async def test_own_changes_are_seen(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        before = await fields(tx, database)
        await add_field(tx, SYSTEM, database.id, Field(name="own", type="string"))
        assert await fields(tx, database) == before | {"own"}
        await update_field(tx, SYSTEM, database.id, "own", {"label": "Mine"})
        changed = (await get_database(tx, database.id)).field("own")
        assert changed is not None
        assert changed.label == "Mine"
        await delete_field(tx, SYSTEM, database.id, "own", "own")
        assert await fields(tx, database) == before
        await update_database(tx, SYSTEM, database.id, description="Another")
        assert (await get_database(tx, database.id)).description == "Another"


async def test_people_are_counted(engines: Engines, database: Database) -> None:
    async def numbers(tx: Tx) -> tuple[int, int]:
        now = await get_database(tx, database.id)
        return now.profile_count, now.last_profile_id

    async with engines.tx() as tx:
        await store.open_for_write(tx, database.id)
        assert await numbers(tx) == (0, 0)
        async with engines.tx() as other:
            await create_profile(other, SYSTEM, database.id, {"email": "other@b.co"})
        ids = [(await create_profile(tx, SYSTEM, database.id, {"email": f"{n}@b.co"}))["id"] for n in range(3)]
        assert await numbers(tx) == (4, 4)
        await erase_profiles(tx, SYSTEM, database.id, ids[:1])
        assert await numbers(tx) == (3, 4)
    async with engines.tx() as tx:
        assert await numbers(tx) == (3, 4)


async def test_what_is_undone_is_not_known(engines: Engines, database: Database) -> None:
    async with engines.tx() as tx:
        before = await fields(tx, database)
        with contextlib.suppress(ZeroDivisionError):
            async with tx.savepoint():
                await add_field(tx, SYSTEM, database.id, Field(name="undone", type="string"))
                assert "undone" in await fields(tx, database)
                raise ZeroDivisionError
        assert await fields(tx, database) == before


async def test_a_lock_that_was_undone_is_taken_again(engines: Engines, database: Database) -> None:
    async def held(tx: Tx) -> bool:
        mine = "relation = cast(:table as regclass) and pid = pg_backend_pid() and mode = 'RowExclusiveLock'"
        query = sa.text(f"select exists (select from pg_locks where {mine})")
        return bool(await tx.scalar(query, {"table": database.table}))

    async with engines.tx() as tx:
        with contextlib.suppress(ZeroDivisionError):
            async with tx.savepoint():
                await store.open_for_write(tx, database.id)
                assert await held(tx)
                raise ZeroDivisionError
        assert not await held(tx)
        await store.open_for_write(tx, database.id)
        assert await held(tx)
