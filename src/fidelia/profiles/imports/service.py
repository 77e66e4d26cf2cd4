"""Use cases of imports: upload, look, map, check, run, read, delete."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence

import anyio.to_thread
import msgspec
from pyroaring import BitMap

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.postgres import Tx

from .. import channels
from ..fields import Database, Field
from ..service.databases import get_database
from ..service.fields import add_field
from ..store.consent import resources_by_id
from . import child, mapping, report, store, store_people
from .model import CHECK, RUN, ColumnMapping, ImportOptions, ImportOut, ImportPreview, ImportStarted
from .parse import Look, Seen, as_mapping
from .readers import FileFormat

_BUSY = ("queued", "running", "checking")


async def create_import(
    tx: Tx,
    actor: Actor,
    database_id: int,
    *,
    file_key: str,
    file_name: str,
    file_size: int,
    how: FileFormat | None = None,
    columns_to: Sequence[ColumnMapping] | None = None,
    options: ImportOptions | None = None,
    guess_others: bool = False,
    seen: Seen | None = None,
) -> ImportOut:
    """Take over an uploaded file: find out what it is, and where its columns go unless that is given.

    ``guess_others`` guesses for the columns that ``columns_to`` leaves out. ``seen`` is what :func:`look_at` found,
    where the transaction is not to wait for the file to be read. Raises 404 for the database; 422 for a file that
    cannot be read, or a mapping that does not fit it.
    """
    database = await get_database(tx, database_id)
    options = options or ImportOptions()
    if seen is None:
        seen = await look_at(tx.engines, database, file_key, how)
    header = _hash(seen.names)
    if columns_to is None:
        columns_to = await _known_mapping(tx, database, seen, header)
    else:
        if guess_others:
            columns_to = _with_guesses(seen, columns_to)
        await _check(tx, database, seen.names, columns_to, options)
    import_id = await store.insert(
        tx,
        {
            "database_id": database_id,
            "file_name": file_name,
            "file_key": file_key,
            "file_size": file_size,
            "format": msgspec.to_builtins(seen.format),
            "columns": seen.names,
            "header_hash": header,
            "mapping": msgspec.to_builtins(list(columns_to)),
            "options": msgspec.to_builtins(options),
            "total": seen.estimated_rows,
            "actor": actor.name,
        },
    )
    return await get_import(tx, import_id)


async def look_at(engines: Engines, database: Database, file_key: str, how: FileFormat | None) -> Seen:
    """Read the first rows of an uploaded file; raise 422 for one that cannot be read, or not in this way."""
    if how is not None and (errors := mapping.format_errors(how)):
        raise invalid(*errors)
    return await child.look(Look(path=str(Files(engines.files).path(file_key)), database=database, format=how))


async def _known_mapping(tx: Tx, database: Database, seen: Seen, header: str) -> list[ColumnMapping]:
    """Take the mapping of the last file with this header where its fields still exist, else the guesses."""
    twin = await store.mapping_of_twin(tx, database.id, header)
    if twin is not None:
        alive = [m for m in twin if m.field is None or m.field == "profile_id" or database.field(m.field)]
        if len(alive) == len(twin):
            return twin
    return [as_mapping(column.name, column.suggestion) for column in seen.columns]


def _with_guesses(seen: Seen, given: Sequence[ColumnMapping]) -> list[ColumnMapping]:
    named = {m.column for m in given}
    taken = {m.field for m in given} | {m.new_field.name for m in given if m.new_field}
    guesses = [as_mapping(c.name, c.suggestion) for c in seen.columns if c.name not in named]
    return [*given, *(g for g in guesses if g.field is not None and g.field not in taken)]


def _hash(names: Sequence[str]) -> str:
    return hashlib.blake2b("\x1f".join(names).encode(), digest_size=16).hexdigest()


async def _check(
    tx: Tx, database: Database, columns: Sequence[str], items: Sequence[ColumnMapping], options: ImportOptions
) -> None:
    errors = mapping.mapping_errors(database, columns, items, options) + await option_problems(tx, options)
    if errors:
        raise invalid(*errors)


async def option_problems(tx: Tx, options: ImportOptions) -> list[FieldError]:
    """Return what is wrong with the channel that people are matched by, and the subscription that rows ask for."""
    fault = await channels.matching_fault(tx, options.matching, options.field, "/options/field")
    errors = [] if fault is None else [fault]
    if options.subscribe is None:
        return errors
    resource = (await resources_by_id(tx, [options.subscribe.resource])).get(options.subscribe.resource)
    if resource is None or resource.archived_at is not None:
        return [*errors, FieldError("/options/subscribe/resource", "There is no such resource")]
    if options.subscribe.channel not in resource.channels:
        return [*errors, FieldError("/options/subscribe/channel", f"{resource.name} has no such channel")]
    return errors


async def get_import(tx: Tx, import_id: int) -> ImportOut:
    """Return an import with its counts; raise 404."""
    return await store.current(tx, await store.find(tx, import_id))


async def list_imports(tx: Tx, page: PageRequest, database_id: int) -> Page[ImportOut]:
    """Return a page of a database's imports, the newest first; raise 404."""
    await get_database(tx, database_id)
    return await store.page(tx, page, database_id)


async def preview(tx: Tx, import_id: int) -> ImportPreview:
    """Read the first thousand rows under the mapping as it is now; raise 404, or 422 when the file is gone."""
    row = await store.find(tx, import_id)
    shown = store.as_import(row)
    database = await get_database(tx, shown.database_id)
    seen = await child.look(
        Look(
            path=str(Files(tx.engines.files).path(row.file_key)),
            database=database,
            format=shown.format,
            mapping=shown.mapping or None,
            options=shown.options,
        )
    )
    return ImportPreview(
        format=seen.format,
        sheets=seen.sheets,
        columns=seen.columns,
        mapping=shown.mapping,
        options=shown.options,
        rows=seen.rows,
        estimated_rows=seen.estimated_rows,
        exact=seen.exact,
        warnings=mapping.warnings(database, shown.mapping, shown.options),
    )


async def change_import(
    tx: Tx,
    import_id: int,
    *,
    how: FileFormat | None = None,
    columns_to: Sequence[ColumnMapping] | None = None,
    options: ImportOptions | None = None,
) -> ImportOut:
    """Change how a file is read, where its columns go, and how rows are written; what is not given stays.

    Another format reads the columns anew; a mapping that does not fit them any more is guessed anew. The answer of a
    check is forgotten. Raises 404; 409 once it has run; 422.
    """
    row = await store.find(tx, import_id, lock=True)
    shown = await _idle(tx, row, changing=True)
    database = await get_database(tx, shown.database_id)
    values: dict[str, object] = {"check_result": None, "state": "new", "error": None}
    names, items = shown.columns, shown.mapping if columns_to is None else list(columns_to)
    options = options or shown.options
    if how is not None:
        how = msgspec.structs.replace(how, compression=shown.format.compression)
        if errors := mapping.format_errors(how):
            raise invalid(*errors)
        seen = await child.look(
            Look(path=str(Files(tx.engines.files).path(row.file_key)), database=database, format=how)
        )
        names = seen.names
        if columns_to is None and {m.column for m in items} - set(names):
            items = [as_mapping(column.name, column.suggestion) for column in seen.columns]
        values |= {
            "format": msgspec.to_builtins(seen.format),
            "columns": names,
            "header_hash": _hash(names),
            "total": seen.estimated_rows,
        }
    if columns_to is not None:
        await _check(tx, database, names, items, options)
    values |= {"mapping": msgspec.to_builtins(items), "options": msgspec.to_builtins(options)}
    await store.update(tx, import_id, **values)
    return await get_import(tx, import_id)


async def _idle(tx: Tx, row: object, *, changing: bool = False) -> ImportOut:
    shown = await store.current(tx, row)
    if shown.state in _BUSY:
        raise conflict("This import is at work; cancel its job first")
    if shown.state == "done":
        raise conflict("This import has run; upload the file again for another one")
    if changing and shown.counts.rows:
        raise conflict("A part of this file is imported already; run it again to go on, or upload it anew")
    return shown


async def start_check(tx: Tx, actor: Actor, import_id: int) -> ImportStarted:
    """Begin to read the whole file without writing; raise 404, 409 or 422."""
    row = await store.find(tx, import_id, lock=True)
    shown = await _idle(tx, row, changing=True)
    database = await get_database(tx, shown.database_id)
    await _check(tx, database, shown.columns, shown.mapping, shown.options)
    return await _start(tx, actor, shown, CHECK, f"Check {shown.file_name}", "checking")


async def start_run(tx: Tx, actor: Actor, import_id: int) -> ImportStarted:
    """Begin to import, or go on after the last row that is written; raise 404, 409 or 422.

    It needs the right to change profiles. Fields that the mapping asks for are made first, which needs the right to
    change databases.
    """
    actor.require("profiles:update")
    row = await store.find(tx, import_id, lock=True)
    shown = await _idle(tx, row)
    database = await get_database(tx, shown.database_id)
    await _check(tx, database, shown.columns, shown.mapping, shown.options)
    made = await make_fields(tx, actor, shown.database_id, shown.mapping)
    await store.update(tx, import_id, mapping=msgspec.to_builtins(made))
    await audit(
        tx,
        actor,
        "import.started",
        kind="import",
        object_id=import_id,
        name=shown.file_name,
        after={"mapping": msgspec.to_builtins(made), "options": msgspec.to_builtins(shown.options)},
    )
    return await _start(tx, actor, shown, RUN, f"Import {shown.file_name}", "queued")


async def make_fields(tx: Tx, actor: Actor, database_id: int, items: Sequence[ColumnMapping]) -> list[ColumnMapping]:
    """Make the fields that a mapping asks for and return the mapping to them; raise 403, 409 or 422."""
    found = []
    for n, item in enumerate(items):
        if item.new_field is None:
            found.append(item)
            continue
        actor.require("databases:update")
        new = item.new_field
        field = Field(name=new.name, type=new.type, label=new.label, options=tuple(new.options))
        await add_field(tx, actor, database_id, field, f"/mapping/{n}/new_field")
        found.append(msgspec.structs.replace(item, field=new.name, new_field=None))
    return found


async def _start(tx: Tx, actor: Actor, shown: ImportOut, kind: str, title: str, state: str) -> ImportStarted:
    job = await jobs.create(
        tx,
        kind=kind,
        title=title,
        actor=actor.name,
        args={"import_id": shown.id},
        total=shown.total,
        database_id=shown.database_id,
        link=f"/databases/{shown.database_id}/imports/{shown.id}",
        lock=f"import-{shown.database_id}",
    )
    await store.update(tx, shown.id, job_id=job.id, state=state, error=None, finished_at=None)
    return ImportStarted(job, await get_import(tx, shown.id))


async def delete_import(tx: Tx, actor: Actor, import_id: int) -> None:
    """Forget an import and its file; the profiles stay. Raise 404, or 409 while it is at work."""
    row = await store.find(tx, import_id, lock=True)
    shown = await store.current(tx, row)
    if shown.state in _BUSY:
        raise conflict("This import is at work; cancel its job first")
    await store.delete(tx, import_id)
    await audit(tx, actor, "import.deleted", kind="import", object_id=import_id, name=shown.file_name)
    await anyio.to_thread.run_sync(Files(tx.engines.files).delete, row.file_key)


async def report_csv(tx: Tx, import_id: int, kind: str) -> AsyncIterator[bytes]:
    """Return a CSV of single rows: ``rejected``, ``duplicates`` or ``notes``; raise 404."""
    await store.find(tx, import_id)
    return report.as_csv(_blocks(tx.engines, import_id, kind))


async def _blocks(engines: Engines, import_id: int, kind: str) -> AsyncIterator[bytes]:
    """Read block by block, each in a transaction of its own: a slow reader must not hold one open."""
    last = -1
    while True:
        async with engines.tx() as tx:
            found = await store.next_block(tx, import_id, kind, last)
        if found is None:
            return
        last, block = found
        yield block


async def import_people(tx: Tx, import_id: int) -> BitMap:
    """Return everybody whom the rows of a finished import were about; raise 404, or 409 before its end."""
    row = await store.find(tx, import_id)
    if row.state != "done":
        raise conflict("This import has not ended yet")
    return await store_people.everybody(tx, import_id)
