"""The tables of people, one per profile database: ``profile_{id}`` with a typed column for each field."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import psycopg
import sqlalchemy as sa

from fidelia.kernel.errors import conflict, not_found
from fidelia.platform.postgres import Tx

from ..fields import BUILTIN, Field
from .databases import forget

_PATIENCE = (0.1, 0.3, 0.6, 1.0, 2.0)
#: What a search looks through; the index below is built on exactly this expression.
SEARCHED = "(coalesce(email, '') || ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, ''))"


async def create_table(tx: Tx, database_id: int) -> None:
    """Make the table of a new database with its built-in columns and indexes."""
    name = f"profile_{database_id}"
    required = {"status": "not null default 'subscribed'", "created_at": "not null", "updated_at": "not null"}
    columns = ", ".join(f"{field.column} {field.pg} {required.get(field.name, '')}" for field in BUILTIN)
    for statement in (
        f"create table {name} (id bigint primary key, version bigint not null default 1, {columns})"
        " with (fillfactor = 85)",
        f"create unique index {unique_index(database_id, 'email')} on {name} (email text_pattern_ops)",
        f"create unique index {unique_index(database_id, 'external_id')} on {name} (external_id)",
        f"create index ix_{name}_phones on {name} using gin (phones) with (fastupdate = off) where phones is not null",
        f"create index ix_{name}_search on {name} using gin ({SEARCHED} gin_trgm_ops)",
    ):
        await tx.execute(sa.text(statement))


def unique_index(database_id: int, column: str) -> str:
    """Return the name of the index that keeps a column's values unique."""
    return f"uq_profile_{database_id}_{column}"


async def drop_table(tx: Tx, database_id: int) -> None:
    """Drop the table with everybody in it."""
    await tx.execute(sa.text(f"drop table if exists profile_{database_id}"))


async def add_columns(tx: Tx, database_id: int, fields: Sequence[Field]) -> None:
    """Add the columns of fields in one statement; no row is rewritten."""
    if fields:
        additions = ", ".join(f"add column {field.column} {field.pg}" for field in fields)
        await tx.execute(sa.text(f"alter table profile_{database_id} {additions}"))
    for field in fields:
        if field.unique:
            await add_unique(tx, database_id, field)


async def drop_column(tx: Tx, database_id: int, field: Field) -> None:
    """Drop the column of a field with its values."""
    await tx.execute(sa.text(f"alter table profile_{database_id} drop column if exists {field.column}"))


async def add_unique(tx: Tx, database_id: int, field: Field) -> None:
    """Let no two profiles share a value of the field; raises the driver's unique violation when some do already."""
    name = unique_index(database_id, field.column)
    await tx.execute(sa.text(f"create unique index {name} on profile_{database_id} ({field.column})"))


async def drop_unique(tx: Tx, database_id: int, field: Field) -> None:
    """Let profiles share values of the field."""
    await tx.execute(sa.text(f"drop index if exists {unique_index(database_id, field.column)}"))


async def lock_exclusively(tx: Tx, database_id: int) -> None:
    """Wait until nobody writes to the database's profiles and let nobody begin; for changes of its columns.

    The wait is cut into short tries, because everybody who comes later queues behind a waiting one. Raises 409 when
    none succeeded, 404 when the database is gone.
    """
    if not 0 < database_id < 2**31:
        raise not_found("Database", database_id)
    for pause in (*_PATIENCE, None):
        try:
            async with tx.savepoint():
                await tx.execute(sa.text("set local lock_timeout = '1500ms'"))
                await tx.execute(sa.text(f"lock table profile_{database_id} in access exclusive mode"))
        except sa.exc.DBAPIError as exc:
            if isinstance(exc.orig, psycopg.errors.UndefinedTable):
                raise not_found("Database", database_id) from None
            if not isinstance(exc.orig, psycopg.errors.LockNotAvailable):
                raise
            if pause is None:
                raise conflict(
                    "Profiles of this database are being written, so its fields cannot change; try again in a minute"
                ) from None
            await asyncio.sleep(pause)
        else:
            await tx.execute(sa.text("set local lock_timeout to default"))
            forget(tx, database_id)
            return
