"""Use cases of the market's imports: upload, run."""

from __future__ import annotations

from pathlib import Path

import anyio.to_thread
import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid
from fidelia.platform import jobs
from fidelia.platform.files import Files
from fidelia.platform.postgres import Tx
from fidelia.profiles import files

from ..book import read_book
from . import store
from .mapping import fields_of, missing, suggest
from .model import RUN, ImportColumn, ImportField, ImportKind, ImportRun, MarketImport, MarketImportStarted
from .work import LIMITS

AREA = "market-imports"
EXAMPLES = 3


def _look(path: Path) -> tuple[files.FileFormat, list[str], list[list[str]]]:
    """Find out how a file is read; return its columns and its first rows as texts."""
    how = files.detect(path)
    reader = files.open_reader(path, how, LIMITS)
    columns = reader.columns()
    first = next(iter(reader.chunks(EXAMPLES)), None)
    rows = [] if first is None else [[files.display(cell)[:200] for cell in row] for row in first.rows]
    return how, columns, rows


async def create(
    tx: Tx, actor: Actor, kind: ImportKind, database_id: int | None, *, file_key: str, file_name: str
) -> MarketImport:
    """Take an uploaded file in and say what its columns look like. Raises 404 for the database, 422 for the file."""
    if (kind == "orders") != (database_id is not None):
        raise invalid(FieldError("/database", "Orders, and only orders, need a database"))
    if database_id is not None:
        await profiles.get_database(tx, database_id)
    path = Files(tx.engines.files).path(file_key)
    how, columns, rows = await anyio.to_thread.run_sync(_look, path)
    if len(set(columns)) != len(columns):
        raise invalid(FieldError("/file", "Two columns of the file have the same name"))
    known = await fields(tx, kind)
    taken: set[str] = set()
    seen = []
    for n, name in enumerate(columns):
        field = suggest(kind, name, known)
        field = None if field in taken else field
        taken |= {field} if field else set()
        examples = [row[n] for row in rows if n < len(row) and row[n]]
        seen.append(ImportColumn(name, examples, field))
    values = {
        "kind": kind,
        "database_id": database_id,
        "file_name": file_name,
        "stored": file_key,
        "options": {"format": msgspec.to_builtins(how), "columns": msgspec.to_builtins(seen)},
        "state": "uploaded",
        "author": actor.name,
    }
    import_id = await store.create(tx, values)
    return (await store.find(tx, import_id))[0]


async def fields(tx: Tx, kind: ImportKind) -> list[ImportField]:
    """Return what columns of a kind of import may be."""
    book = await read_book(tx)
    return fields_of(kind, {str(entity): own for entity, own in book.fields.items()})


async def start(tx: Tx, actor: Actor, import_id: int, run: ImportRun) -> MarketImportStarted:
    """Begin an import, or go on with one that was stopped. Raises 404, 409 while it runs or when it is done, 422."""
    found, options, stored = await store.find(tx, import_id, lock=True)
    if found.state in ("queued", "running", "done"):
        raise conflict(f"The import of {found.file_name} is {found.state} already")
    if not stored:
        raise conflict("The file of this import is gone; upload it again")
    if found.rows and found.run != run:
        raise conflict("A part of the file is written: go on with the same mapping, or upload it again")
    columns = {column.name for column in found.columns}
    names = {field.name for field in await fields(tx, found.kind)}
    errors = [
        FieldError(f"/mapping/{column}", "The file has no such column" if column not in columns else "No such field")
        for column, field in run.mapping.items()
        if column not in columns or (field is not None and field not in names)
    ]
    chosen = [field for field in run.mapping.values() if field is not None]
    errors += [
        FieldError("/mapping", f"Two columns are {field}")
        for field in sorted({f for f in chosen if chosen.count(f) > 1})
    ]
    errors += [FieldError("/mapping", f"No column is {field}") for field in missing(found.kind, run.mapping)]
    if errors:
        raise invalid(*errors)
    job = await jobs.create(
        tx,
        kind=RUN,
        title=f"Import {found.file_name}",
        actor=actor.name,
        args={"import_id": import_id},
        database_id=found.database_id,
        link=f"/market/imports/{import_id}",
        lock=f"market.import:{import_id}",
    )
    options = {**options, "run": msgspec.to_builtins(run), "error": None}
    await store.change(tx, import_id, state="queued", options=options, job_id=job.id, finished_at=None)
    await audit(tx, actor, "market_import.started", kind="market", object_id=import_id, name=found.file_name, after=run)
    return MarketImportStarted(job)
