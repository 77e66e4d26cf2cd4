"""Fields of a database: add, rename and describe, delete. The type never changes."""

from __future__ import annotations

from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, not_found
from fidelia.platform.postgres import Tx

from .. import rules
from ..fields import Database, Field
from ..store import databases as store
from ..store import ddl
from .databases import field_picture, get_database, refuse_used


async def add_field(tx: Tx, actor: Actor, database_id: int, field: Field, pointer: str = "") -> Field:
    """Add a field to a database that may hold many profiles; nobody is rewritten. Raise 404, 409, 422."""
    await ddl.lock_exclusively(tx, database_id)
    database = await get_database(tx, database_id)
    errors = rules.name_errors(field.name, f"{pointer}/name", list(database.by_name))
    errors += rules.field_errors(field, pointer) + rules.limit_errors(len(database.custom) + 1, f"{pointer}/name")
    if errors:
        raise invalid(*errors)
    added = await store.insert_field(tx, database_id, field)
    await ddl.add_columns(tx, database_id, [added])
    await _changed(tx, actor, database, "database.field_added", added, None, added)
    return added


async def update_field(tx: Tx, actor: Actor, database_id: int, name: str, values: dict[str, Any]) -> Field:
    """Change a field, by its name or id: everything but its type.

    Raise 404, 409 (values that are not unique, an option that is used) or 422.
    """
    await ddl.lock_exclusively(tx, database_id)
    database = await get_database(tx, database_id)
    before = _own(database, name)
    after = msgspec.structs.replace(before, **values)
    words = {"label": after.label, "description": after.description}
    if before.keeper is not None and after != msgspec.structs.replace(before, **words):
        raise conflict(f"The field {before.name} is kept by a score: only its label and description can be changed")
    errors = rules.field_errors(after, "")
    if after.name != before.name:
        errors += rules.name_errors(after.name, "/name", list(database.by_name))
    if errors:
        raise invalid(*errors)
    if after == before:
        return before
    gone = sorted(set(before.options) - set(after.options))
    if gone and (count := await store.count_holders(tx, database, before, gone)):
        raise conflict(
            f"{count:,} profiles hold an option that would disappear; change them first",
            FieldError("/options", f"Still in use: {', '.join(gone[:10])}"),
        )
    if after.name != before.name:
        await refuse_used(tx, database, before)
    if after.unique and not before.unique:
        await _make_unique(tx, database, after)
    elif before.unique and not after.unique:
        await ddl.drop_unique(tx, database_id, after)
    columns: dict[str, Any] = {"is_unique" if k == "unique" else k: v for k, v in values.items()}
    if "path_validators" in columns:
        columns["path_validators"] = dict(after.path_validators)
    if "options" in columns:
        columns["options"] = list(after.options)
    await store.update_field(tx, before.id, columns)
    await _changed(tx, actor, database, "database.field_updated", after, before, after)
    return after


async def delete_field(
    tx: Tx, actor: Actor, database_id: int, name: str, confirm: str, *, keeper: str | None = None
) -> None:
    """Delete a field with its values in both engines. ``confirm`` must be its name, or 422; 409 names its users.

    A field with a ``keeper`` goes only with that.
    """
    await ddl.lock_exclusively(tx, database_id)
    database = await get_database(tx, database_id)
    field = _own(database, name)
    if field.keeper != keeper:
        raise conflict(f"The field {field.name} is kept by a score: delete the score, and it goes with it")
    if confirm != field.name:
        raise invalid_field("/confirm", f"To delete the field and its values, confirm with its name: {field.name}")
    await refuse_used(tx, database, field)
    await store.delete_field(tx, field.id)
    await ddl.drop_column(tx, database_id, field)
    await _changed(tx, actor, database, "database.field_deleted", field, field, None)


async def _changed(
    tx: Tx, actor: Actor, database: Database, action: str, field: Field, before: Field | None, after: Field | None
) -> None:
    await store.bump_schema(tx, database.id)
    tx.mark_dirty("databases", database.id, [1])
    await audit(
        tx,
        actor,
        action,
        kind="database",
        object_id=database.id,
        name=f"{database.name}: {field.name}",
        before=field_picture(before) if before else None,
        after=field_picture(after) if after else None,
    )


def _own(database: Database, name: str) -> Field:
    found = (field for field in database.custom if name.isdecimal() and str(field.id) == name)
    field = database.field(name) or next(found, None)
    if field is None:
        raise not_found("Field", name)
    if field.builtin:
        raise conflict(f"The field {name} is built in and cannot be changed")
    return field


async def _make_unique(tx: Tx, database: Database, field: Field) -> None:
    try:
        async with tx.savepoint():
            await ddl.add_unique(tx, database.id, field)
    except sa.exc.DBAPIError as exc:
        if isinstance(exc.orig, psycopg.errors.UniqueViolation):
            detail = exc.orig.diag.message_detail or ""
            raise conflict(
                f"Several profiles share a value of {field.name}, so it cannot be unique. {detail}".strip(),
                FieldError("/unique", "Values are shared by several profiles"),
            ) from None
        if isinstance(exc.orig, psycopg.errors.ProgramLimitExceeded):
            raise conflict("Some values are too long for a unique field", FieldError("/unique", "Too long")) from None
        raise
