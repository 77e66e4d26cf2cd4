"""Databases: make, read, change, delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, name_taken, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from .. import rules
from ..fields import Database, Field
from ..store import databases as store
from ..store import ddl
from . import quota

#: Answers which objects use a database or one of its fields, such as ``"segment Big spenders"``.
UsedBy = Callable[[Tx, int, Field | None], Awaitable[Sequence[str]]]
USED_BY = "profiles.used_by"


async def get_database(tx: Tx, database_id: int) -> Database:
    """Return a database with all of its fields; raise 404."""
    found = await store.find(tx, database_id)
    if found is None:
        raise not_found("Database", database_id)
    return found


async def find_database(tx: Tx, name: str) -> Database | None:
    """Return a database by its name, in any case, or ``None``."""
    return await store.find_by_name(tx, name)


async def list_databases(tx: Tx) -> list[Database]:
    """Return every database, the oldest first."""
    return await store.every(tx)


async def page_of_databases(tx: Tx, page: PageRequest) -> Page[Database]:
    """Return a page of databases."""
    return await store.page(tx, page)


async def create_database(
    tx: Tx, actor: Actor, *, name: str, timezone: str = "UTC", description: str = "", fields: Sequence[Field] = ()
) -> Database:
    """Make a database with its fields and its table; raise 409 for a name that is taken, 422 for what is wrong."""
    errors = rules.title_errors(name, "/name") + rules.timezone_errors(timezone, "/timezone")
    errors += rules.text_errors(description, "/description") + rules.limit_errors(len(fields), "/fields")
    taken: list[str] = []
    for n, field in enumerate(fields):
        errors += rules.name_errors(field.name, f"/fields/{n}/name", taken) + rules.field_errors(field, f"/fields/{n}")
        taken.append(field.name)
    if errors:
        raise invalid(*errors)
    name = name.strip()
    await _refuse_taken(tx, name)
    database_id = await _named(tx, store.insert(tx, name=name, description=description, timezone=timezone), name)
    await ddl.create_table(tx, database_id)
    await ddl.add_columns(tx, database_id, [await store.insert_field(tx, database_id, field) for field in fields])
    database = await get_database(tx, database_id)
    await audit(
        tx, actor, "database.created", kind="database", object_id=database_id, name=name, after=picture(database)
    )
    # Makes ClickHouse's tables at once, so that a question about an empty database has something to ask.
    tx.mark_dirty("databases", database_id, [1])
    return database


async def update_database(
    tx: Tx, actor: Actor, database_id: int, *, name: str | None = None, timezone: str | None = None,
    description: str | None = None,
) -> Database:  # fmt: skip
    """Change what is given; raise 404, 409 or 422."""
    before = await get_database(tx, database_id)
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    if name is not None:
        errors += rules.title_errors(name, "/name")
        values["name"] = name.strip()
    if timezone is not None:
        errors += rules.timezone_errors(timezone, "/timezone")
        values["timezone"] = timezone.strip()
    if description is not None:
        errors += rules.text_errors(description, "/description")
        values["description"] = description
    if errors:
        raise invalid(*errors)
    values = {key: value for key, value in values.items() if getattr(before, key) != value}
    if not values:
        return before
    if "name" in values and values["name"].lower() != before.name.lower():
        await _refuse_taken(tx, values["name"])
    await _named(tx, store.update(tx, database_id, values), str(values.get("name", before.name)))
    after = await get_database(tx, database_id)
    await audit(
        tx,
        actor,
        "database.updated",
        kind="database",
        object_id=database_id,
        name=after.name,
        before=picture(before),
        after=picture(after),
    )
    return after


async def delete_database(tx: Tx, actor: Actor, database_id: int, confirm: str) -> None:
    """Delete a database with everybody in it, in both engines.

    ``confirm`` must be the database's name, or 422; 409 names what still uses it.
    """
    database = await get_database(tx, database_id)
    if confirm != database.name:
        raise invalid_field("/confirm", f"To delete it with its profiles, confirm with its name: {database.name}")
    from ..lists.service.tables import forget_database as forget_lists  # late: tables belong to databases

    await refuse_used(tx, database, None)
    await ddl.lock_exclusively(tx, database_id)
    await forget_lists(tx, database_id)
    await store.delete(tx, database_id)
    await ddl.drop_table(tx, database_id)
    await quota.note(tx)
    tx.mark_dirty("databases", database_id, [1])
    await audit(
        tx,
        actor,
        "database.deleted",
        kind="database",
        object_id=database_id,
        name=database.name,
        before={**picture(database), "profiles": database.profile_count},
    )


async def refuse_used(tx: Tx, database: Database, field: Field | None) -> None:
    """Raise 409 when something uses the database, or the field of it."""
    users: list[str] = []
    askers: Sequence[UsedBy] = tx.engines.port(USED_BY)
    for ask in askers:
        users += await ask(tx, database.id, field)
    if users:
        what = f"The field {field.name}" if field else f"The database {database.name}"
        more = f" and {len(users) - 10} more" if len(users) > 10 else ""
        raise conflict(f"{what} is used by {', '.join(users[:10])}{more}", used_by=users)


def picture(database: Database) -> dict[str, Any]:
    """Return a database as the audit log keeps it."""
    return {
        "name": database.name,
        "timezone": database.timezone,
        "description": database.description,
        "fields": {field.name: field_picture(field) for field in database.custom},
    }


def field_picture(field: Field) -> dict[str, Any]:
    """Return a field as the audit log keeps it."""
    kept = ("id", "name", "type", "label", "options", "validator", "unique", "required", "description")
    picture = {key: msgspec.to_builtins(getattr(field, key)) for key in kept}
    return {**picture, "path_validators": dict(field.path_validators)}


async def _refuse_taken(tx: Tx, name: str) -> None:
    if await store.find_by_name(tx, name) is not None:
        raise _taken(name)


async def _named(tx: Tx, writing: Awaitable[Any], name: str) -> Any:
    """Run a write that a concurrent twin may win."""
    try:
        return await writing
    except sa.exc.IntegrityError as exc:
        if isinstance(exc.orig, psycopg.errors.UniqueViolation):
            raise _taken(name) from None
        raise


def _taken(name: str) -> Exception:
    return name_taken("database", name)
