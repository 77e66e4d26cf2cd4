"""Use cases of scheduled imports: make, read, change, delete, try the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from fidelia.access import Actor, audit, decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import schedules
from fidelia.platform.postgres import Tx

from ...fields import Database, Field
from ...service.databases import get_database
from .. import mapping as mappings
from ..model import PROFILE_ID, ColumnMapping, ImportOptions
from ..readers import FileFormat
from ..service import make_fields, option_problems
from . import rules, store
from .model import (
    ImportSchedule,
    ImportSource,
    ImportTarget,
    RunRow,
    ScheduledImport,
    ScheduledRun,
    ScheduleRow,
    SqlSource,
    TargetOut,
)
from .ports import RESULT_LIST, ResultList
from .store import RUNS

_WHAT = "scheduled import"


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a person decides about a scheduled import."""

    name: str
    active: bool
    source: ImportSource
    format: FileFormat | None
    mapping: list[ColumnMapping]
    options: ImportOptions
    target: ImportTarget | None
    skip_unchanged: bool
    stop_after: int
    schedule: ImportSchedule | None


def definition(row: ScheduleRow) -> Definition:
    """Return what is stored, without its secret."""
    return Definition(**{name: getattr(row, name) for name in Definition.__struct_fields__})


async def create(tx: Tx, actor: Actor, database_id: int, made: Definition, secret: str | None) -> ScheduledImport:
    """Make a scheduled import. Raises 403, 404, 409 for a name that is taken, 422."""
    actor.require("profiles:update")
    database = await get_database(tx, database_id)
    await _check(tx, actor, database, made, has_secret=secret is not None, secret=secret)
    mapping = await make_fields(tx, actor, database_id, made.mapping)
    made = msgspec.structs.replace(made, mapping=mapping)
    values = _columns(made) | {
        "database_id": database_id,
        "secret": None if secret is None else encrypt_secret(tx.engines, secret),
        "next_run_at": schedules.due(made, tx.now, database.timezone),
        "created_by": actor.name,
    }
    schedule_id = await schedules.named(tx, _WHAT, made.name, store.insert(tx, values))
    await _told(tx, actor, "created", schedule_id, made, after=schedules.picture(made, secret_set=secret is not None))
    return await read(tx, schedule_id)


async def read(tx: Tx, schedule_id: int) -> ScheduledImport:
    """Return a scheduled import; raise 404."""
    return (await _shown(tx, [await store.find(tx, schedule_id)]))[0]


async def pages(tx: Tx, page: PageRequest, database_id: int) -> Page[ScheduledImport]:
    """Return a page of the scheduled imports of a database; raise 404."""
    await get_database(tx, database_id)
    rows, cursor, total = await store.page(tx, page, database_id)
    return Page(await _shown(tx, rows), cursor, total)


async def runs(tx: Tx, page: PageRequest, schedule_id: int) -> Page[ScheduledRun]:
    """Return a page of runs, the newest first; raise 404."""
    await store.find(tx, schedule_id)
    found = await RUNS.page(tx, schedule_id, page)
    return Page([store.as_run(run) for run in found.items], found.next_cursor, found.total)


async def change(
    tx: Tx,
    actor: Actor,
    schedule_id: int,
    changes: Mapping[str, Any],
    secret: str | UnsetType | None,
    version: int | UnsetType,
) -> ScheduledImport:
    """Change what is given. Raises 403, 404, 409 (another name, another version), 422.

    A stored secret stays only while the source leads to the same server.
    """
    actor.require("profiles:update")
    row = await store.find(tx, schedule_id, lock=True)
    schedules.same_version(_WHAT, version, row.version)
    before = definition(row)
    made = msgspec.structs.replace(before, **changes)
    database = await get_database(tx, row.database_id)
    kept = row.secret is not None and secret is UNSET
    if kept and not rules.same_door(before.source, made.source):
        raise invalid(FieldError("/secret", "The source leads to another server now: enter its password or token"))
    given = None if secret is UNSET else secret
    await _check(tx, actor, database, made, has_secret=kept or given is not None, secret=given, before=before)
    made = msgspec.structs.replace(made, mapping=await make_fields(tx, actor, row.database_id, made.mapping))
    values = _columns(made)
    if secret is not UNSET:
        values["secret"] = None if secret is None else encrypt_secret(tx.engines, secret)
    other = any(getattr(made, k) != getattr(before, k) for k in ("source", "format", "mapping", "options", "target"))
    values |= schedules.settled(tx, before, made, row.version, database.timezone, brings_other=other)
    await schedules.named(tx, _WHAT, made.name, store.update(tx, schedule_id, **values))
    await _told(
        tx,
        actor,
        "updated",
        schedule_id,
        made,
        before=schedules.picture(before, secret_set=row.secret is not None),
        after=schedules.picture(made, secret_set=kept or given is not None)
        | ({} if secret is UNSET else {"secret": "changed"}),
    )
    return await read(tx, schedule_id)


async def delete(tx: Tx, actor: Actor, schedule_id: int) -> None:
    """Forget a scheduled import with the history of its runs; imports and profiles stay. Raise 404, 409 at work."""
    row = await store.find(tx, schedule_id, lock=True)
    if await RUNS.open_of(tx, schedule_id) is not None:
        raise conflict("This scheduled import is at work; cancel its run first")
    await store.delete(tx, schedule_id)
    made = definition(row)
    await _told(
        tx, actor, "deleted", schedule_id, made, before=schedules.picture(made, secret_set=row.secret is not None)
    )


async def used_by(tx: Tx, database_id: int, field: Field | None) -> list[str]:
    """Answer which scheduled imports use a database, or one of its fields (a port of our own databases)."""
    return [
        f"scheduled import {row.name}"
        for row in await store.of_database(tx, database_id)
        if field is None or field.name in _fields_of(definition(row))
    ]


async def filling(tx: Tx, segment_id: int) -> list[str]:
    """Answer which scheduled imports fill a segment (for a port of segments)."""
    return [f"scheduled import {name}" for name in await store.filling(tx, segment_id)]


def _fields_of(made: Definition) -> set[str | None]:
    return {m.field for m in made.mapping} - {PROFILE_ID} | {made.options.matching, made.options.field}


def secret_of(tx: Tx, row: ScheduleRow) -> str | None:
    """Return the secret of a stored schedule, for a fetch only; raise SecretError."""
    return None if row.secret is None else decrypt_secret(tx.engines, row.secret)


async def _told(tx: Tx, actor: Actor, what: str, schedule_id: int, made: Definition, **more: Any) -> None:
    await audit(
        tx, actor, f"import_schedule.{what}", kind="import_schedule", object_id=schedule_id, name=made.name, **more
    )


async def _check(
    tx: Tx,
    actor: Actor,
    database: Database,
    made: Definition,
    *,
    has_secret: bool,
    secret: str | None,
    before: Definition | None = None,
) -> None:
    errors = rules.name_errors(made.name) + rules.source_errors(made.source, has_secret=has_secret)
    errors += rules.secret_errors(secret)
    if isinstance(made.source, SqlSource) and made.format is not None:
        errors.append(FieldError("/format", "The rows of a query need no format"))
    elif made.format is not None:
        errors += mappings.format_errors(made.format)
    columns = [m.column for m in made.mapping]
    errors += mappings.mapping_errors(database, columns, made.mapping, made.options)
    errors += await option_problems(tx, made.options)
    if made.schedule is None or before is None or made.schedule != before.schedule:
        today = tx.now.astimezone(ZoneInfo(database.timezone)).date()
        errors += schedules.schedule_errors(made.schedule, today)
    if errors:
        raise invalid(*errors)
    if made.target is not None and (before is None or made.target != before.target):
        port: ResultList = tx.engines.port(RESULT_LIST)
        await port.check(tx, actor, database.id, made.target.segment)


def _columns(made: Definition) -> dict[str, object]:
    plain = msgspec.to_builtins(made)
    target = made.target
    return {
        **{k: plain[k] for k in ("active", "source", "format", "mapping", "options", "skip_unchanged", "stop_after")},
        "name": made.name.strip(),
        "schedule": plain["schedule"],
        "segment_id": target.segment if target else None,
        "segment_mode": target.mode if target else "add",
        "skip_triggers": bool(target and target.skip_triggers),
    }


async def _shown(tx: Tx, rows: Sequence[ScheduleRow]) -> list[ScheduledImport]:
    ids = [row.id for row in rows]
    last, now = await RUNS.newest(tx, ids), {run.schedule_id: run for run in await RUNS.open(tx, ids)}
    port: ResultList = tx.engines.port(RESULT_LIST)
    names = await port.names(tx, {row.segment_id for row in rows if row.segment_id is not None})
    return [_out(row, names, now.get(row.id), last.get(row.id)) for row in rows]


def _out(row: ScheduleRow, names: Mapping[int, str], now: RunRow | None, last: RunRow | None) -> ScheduledImport:
    made = definition(row)
    target = made.target
    return ScheduledImport(
        id=row.id,
        database_id=row.database_id,
        name=made.name,
        active=made.active,
        source=made.source,
        secret_set=row.secret is not None,
        format=made.format,
        mapping=made.mapping,
        options=made.options,
        target=None
        if target is None
        else TargetOut(
            segment=target.segment,
            name=names.get(target.segment),
            mode=target.mode,
            skip_triggers=target.skip_triggers,
        ),
        skip_unchanged=made.skip_unchanged,
        stop_after=made.stop_after,
        schedule=made.schedule,
        next_run_at=row.next_run_at,
        failures=row.failures,
        stopped=row.stopped,
        open_run=None if now is None else store.as_run(now),
        last_run=None if last is None else store.as_run(last),
        version=row.version,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
