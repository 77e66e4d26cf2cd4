"""Queries of databases and their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..fields import BUILTIN, Database, Field
from ..tables import profile_database, profile_field

_SORTS = {"id": profile_database.c.id, "name": sa.func.lower(profile_database.c.name)}


def _field(row: Any) -> Field:
    return Field(
        id=row.id,
        name=row.name,
        type=row.type,
        label=row.label,
        options=tuple(row.options),
        validator=row.validator,
        path_validators=tuple(row.path_validators.items()),
        unique=row.is_unique,
        required=row.required,
        description=row.description,
        read_only=row.keeper is not None,
        keeper=row.keeper,
    )


def _database(row: Any, fields: Sequence[Field]) -> Database:
    return Database(
        id=row.id,
        name=row.name,
        description=row.description,
        timezone=row.timezone,
        schema_version=row.schema_version,
        profile_count=row.profile_count,
        last_profile_id=row.last_profile_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        fields=(*BUILTIN, *fields),
    )


async def find(tx: Tx, database_id: int) -> Database | None:
    """Return a database with its fields, or ``None``; a transaction reads it once (see :func:`forget`)."""
    if not 0 < database_id < 2**31:
        return None
    known = _known(tx)
    if database_id not in known:
        found = await _with_fields(tx, sa.select(profile_database).where(profile_database.c.id == database_id))
        if not found:
            return None
        known[database_id] = found[0]
    return known[database_id]


def forget(tx: Tx, database_id: int) -> None:
    """Have :func:`find` read a database again: it was changed, or has been locked, and others may have changed it."""
    _known(tx).pop(database_id, None)


def _known(tx: Tx) -> dict[int, Database]:
    return tx.known.setdefault("databases", {})


async def find_by_name(tx: Tx, name: str) -> Database | None:
    """Return a database by its name in any case, or ``None``."""
    found = await _with_fields(
        tx, sa.select(profile_database).where(sa.func.lower(profile_database.c.name) == sa.func.lower(name))
    )
    return found[0] if found else None


async def every(tx: Tx) -> list[Database]:
    """Return all databases, the oldest first."""
    return await _with_fields(tx, sa.select(profile_database).order_by(profile_database.c.id))


async def page(tx: Tx, request: PageRequest) -> Page[Database]:
    """Return a page of databases; ``q`` looks into the name."""
    key = request.sort_key(tuple(_SORTS), "id")
    column = _SORTS[key]
    query = sa.select(profile_database, column.label("sort_value"))
    if request.q:
        query = query.where(profile_database.c.name.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    position = sa.tuple_(column, profile_database.c.id)
    if request.cursor is not None:
        edge = sa.tuple_(*cursor_values(request.cursor, str if key == "name" else int, int))
        query = query.where(position < edge if request.descending else position > edge)
    order = [column, profile_database.c.id]
    query = query.order_by(*(c.desc() if request.descending else c for c in order)).limit(request.limit + 1)
    rows = await tx.all(query)
    shown = rows[: request.limit]
    more = len(rows) > request.limit
    cursor = encode_cursor([shown[-1].sort_value, shown[-1].id]) if more else None
    fields = await _fields(tx, [row.id for row in shown])
    return Page([_database(row, fields.get(row.id, [])) for row in shown], cursor, total)


def cursor_values(cursor: list[Any], *kinds: type) -> list[Any]:
    """Check that a decoded cursor holds values of these types; raise 422."""
    fits = len(cursor) == len(kinds) and all(type(v) is kind for v, kind in zip(cursor, kinds, strict=True))
    if not fits or any(type(v) is int and not -(2**63) <= v < 2**63 for v in cursor):
        raise invalid_field("/cursor", "This cursor belongs to another list")
    return cursor


async def _with_fields(tx: Tx, query: sa.Select[Any]) -> list[Database]:
    rows = await tx.all(query)
    fields = await _fields(tx, [row.id for row in rows])
    return [_database(row, fields.get(row.id, [])) for row in rows]


async def _fields(tx: Tx, ids: list[int]) -> dict[int, list[Field]]:
    found: dict[int, list[Field]] = {}
    query = sa.select(profile_field).where(profile_field.c.database_id.in_(ids)).order_by(profile_field.c.id)
    for row in await tx.all(query) if ids else ():
        found.setdefault(row.database_id, []).append(_field(row))
    return found


async def has_table(tx: Tx, database_id: int) -> bool:
    """Tell whether a database exists, as far as its table says."""
    if not 0 < database_id < 2**31:
        return False
    name = f"profile_{database_id}"
    return await tx.scalar(sa.select(sa.func.to_regclass(name))) is not None


async def open_for_write(tx: Tx, database_id: int) -> Database:
    """Return a database whose fields cannot change until the transaction ends; raise 404.

    Call it before anything else is locked: it waits while somebody changes the fields.
    """
    held = tx.known.setdefault("databases held", {})
    if database_id not in held:
        if not await has_table(tx, database_id):
            raise not_found("Database", database_id)
        await (await tx.raw()).execute(f"lock table profile_{database_id} in row exclusive mode")
        forget(tx, database_id)
    found = await find(tx, database_id)
    if found is None:
        raise not_found("Database", database_id)
    held[database_id] = True
    return found


async def lock_ids(tx: Tx, database_id: int) -> int:
    """Return the highest profile id given so far, and let nobody else give ids until the transaction ends.

    Whoever may create profiles, or removes some, calls it before it locks or changes rows of profiles.
    """
    row = await tx.first(
        sa.select(profile_database.c.last_profile_id, profile_database.c.profile_count)
        .where(profile_database.c.id == database_id)
        .with_for_update(key_share=True)
    )
    if row is None:
        raise not_found("Database", database_id)
    known = _known(tx)
    if database_id in known:
        known[database_id] = msgspec.structs.replace(
            known[database_id], last_profile_id=row.last_profile_id, profile_count=row.profile_count
        )
    return int(row.last_profile_id)


async def advance_ids(tx: Tx, database_id: int, created: int) -> None:
    """Record that this many new profiles took the ids after the one that :func:`lock_ids` returned."""
    known = _known(tx)
    if database_id in known:
        before = known[database_id]
        known[database_id] = msgspec.structs.replace(
            before,
            last_profile_id=before.last_profile_id + created,
            profile_count=before.profile_count + created,
        )
    await tx.execute(
        sa.update(profile_database)
        .where(profile_database.c.id == database_id)
        .values(
            last_profile_id=profile_database.c.last_profile_id + created,
            profile_count=profile_database.c.profile_count + created,
        )
    )


async def count_removed(tx: Tx, database_id: int, removed: int) -> None:
    """Record that this many profiles are gone; their ids are never given again."""
    forget(tx, database_id)
    await tx.execute(
        sa.update(profile_database)
        .where(profile_database.c.id == database_id)
        .values(profile_count=profile_database.c.profile_count - removed)
    )


# -- changes of configuration ------------------------------------------------------------------------------------------


async def insert(tx: Tx, *, name: str, description: str, timezone: str) -> int:
    """Store a new database and return its id."""
    values = {
        "name": name,
        "description": description,
        "timezone": timezone,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    return int(await tx.scalar(sa.insert(profile_database).values(values).returning(profile_database.c.id)))


async def update(tx: Tx, database_id: int, values: dict[str, Any]) -> None:
    """Change a database's own columns."""
    forget(tx, database_id)
    query = sa.update(profile_database).where(profile_database.c.id == database_id)
    await tx.execute(query.values({**values, "updated_at": tx.now}))


async def delete(tx: Tx, database_id: int) -> None:
    """Remove a database's row, its fields and subscriptions."""
    forget(tx, database_id)
    await tx.execute(sa.delete(profile_database).where(profile_database.c.id == database_id))


async def bump_schema(tx: Tx, database_id: int) -> None:
    """Say that the columns changed, so that ClickHouse's table is altered before the next row gets there."""
    forget(tx, database_id)
    await tx.execute(
        sa.update(profile_database)
        .where(profile_database.c.id == database_id)
        .values(schema_version=profile_database.c.schema_version + 1, updated_at=tx.now)
    )


async def insert_field(tx: Tx, database_id: int, field: Field) -> Field:
    """Store a new field and return it with its id."""
    forget(tx, database_id)
    row = await tx.one(
        sa.insert(profile_field)
        .values(
            database_id=database_id,
            name=field.name,
            label=field.label,
            type=field.type,
            options=list(field.options),
            validator=field.validator,
            path_validators=dict(field.path_validators),
            is_unique=field.unique,
            required=field.required,
            description=field.description,
            keeper=field.keeper,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .returning(profile_field)
    )
    return _field(row)


async def update_field(tx: Tx, field_id: int, values: dict[str, Any]) -> None:
    """Change a field's description; its type never changes."""
    _known(tx).clear()
    await tx.execute(
        sa.update(profile_field).where(profile_field.c.id == field_id).values({**values, "updated_at": tx.now})
    )


async def delete_field(tx: Tx, field_id: int) -> None:
    """Remove a field's row."""
    _known(tx).clear()
    await tx.execute(sa.delete(profile_field).where(profile_field.c.id == field_id))


async def count_holders(tx: Tx, database: Database, field: Field, options: list[str]) -> int:
    """Count the profiles whose value is one of these."""
    query = sa.text(f"select count(*) from {database.table} where {field.column} = any(:options)")
    return int(await tx.scalar(query, {"options": options}))
