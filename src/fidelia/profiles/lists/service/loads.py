"""Loads: a file is uploaded, looked at, and written into a list or a table by a job."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform import jobs
from fidelia.platform.engines import Engines
from fidelia.platform.files import Files
from fidelia.platform.postgres import Tx

from ...imports import child, report
from ...imports.mapping import format_errors
from ...imports.readers import FileFormat
from .. import rules
from ..model import ListLoad, ListLoadStarted, LoadMode, SheetColumnSeen, SheetReading
from ..parse import SheetLook, SheetSeen
from ..sheet import Sheet, SheetKind
from ..store import config
from ..store import loads as store

#: The job. A list's loads run one after another.
LOAD = "profiles.list_load"


async def look(tx: Tx, file_key: str, how: FileFormat | None) -> SheetSeen:
    """Look at an uploaded file; raise 422 when it cannot be read."""
    if how is not None and (errors := format_errors(how)):
        raise invalid(*errors)
    return await child.look_sheet(SheetLook(path=str(Files(tx.engines.files).path(file_key)), format=how))


def seen_columns(seen: SheetSeen) -> list[SheetColumnSeen]:
    """Return the columns of a file as callers see them."""
    return [
        SheetColumnSeen(
            name=c.name,
            examples=c.examples,
            type=c.type,
            filled=c.filled,
            distinct=c.distinct,
            reading=SheetReading(date_format=c.date_format, decimal="," if c.decimal == "," else "."),
        )
        for c in seen.columns
    ]


async def create_load(
    tx: Tx,
    actor: Actor,
    kind: SheetKind,
    number: int,
    *,
    file_key: str,
    file_name: str,
    file_size: int,
    how: FileFormat | None = None,
) -> ListLoad:
    """Take over an uploaded file: find out what it is and propose where its columns go; raise 404, 422."""
    sheet = await config.sheet(tx, kind, number)
    seen = await look(tx, file_key, how)
    columns = seen_columns(seen)
    load_id = await store.insert(
        tx,
        {
            f"{kind}_id": number,
            "file_name": file_name,
            "file_key": file_key,
            "file_size": file_size,
            "format": msgspec.to_builtins(seen.format),
            "columns": msgspec.to_builtins(columns),
            "mapping": _proposed(sheet, columns),
            "reading": msgspec.to_builtins(_reading(sheet, columns)),
            "total": seen.total,
            "actor": actor.name,
        },
    )
    return store.as_load(await store.find(tx, load_id))


def _proposed(sheet: Sheet, columns: list[SheetColumnSeen]) -> dict[str, str]:
    if sheet.kind == "list":
        fits = [c.name for c in columns if c.type == sheet.key.type and c.filled]
        best = fits[0] if fits else columns[0].name
        return {best: sheet.key.name}
    names = {_plain(c.name): c.name for c in sheet.columns}
    return {c.name: names.pop(_plain(c.name)) for c in columns if _plain(c.name) in names}


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _reading(sheet: Sheet, columns: list[SheetColumnSeen]) -> SheetReading:
    dates = [c.reading.date_format for c in columns if c.reading.date_format]
    comma = any(c.reading.decimal == "," for c in columns)
    return SheetReading(date_format=dates[0] if dates else "", decimal="," if comma else ".")


async def start_load(
    tx: Tx,
    actor: Actor,
    load_id: int,
    *,
    mapping: Mapping[str, str] | None = None,
    mode: LoadMode | None = None,
    reading: SheetReading | None = None,
    header: bool | None = None,
) -> ListLoadStarted:
    """Begin to write a file, after the loads that wait already; what is not given stays as proposed.

    ``header`` says whether the first line names the columns, when that was guessed wrongly; ``mapping`` goes by the
    names that were shown.

    Raises 404, 409 when it was started before, 422 for a mapping that does not fit.
    """
    row = await store.find(tx, load_id, lock=True)
    load = (await store.current(tx, [row]))[0]
    if load.state not in ("new", "failed", "cancelled"):
        raise conflict("This file was loaded already; upload it again")
    if not row.file_key:
        raise conflict("The uploaded file is gone; upload it again")
    kind, number = owner(load)
    sheet = await config.sheet(tx, kind, number, lock=True)
    chosen = dict(load.mapping if mapping is None else mapping)
    how = load.reading if reading is None else reading
    errors = _mapping_errors(sheet, load, chosen) + rules.reading_errors(how)
    if errors:
        raise invalid(*errors)
    if header is not None and header != load.format.header and load.format.kind != "jsonl":
        chosen = await _read_again(tx, row, load, chosen, header=header)
    title = await name_of(tx, kind, number)
    link = f"/value-lists/{number}" if kind == "list" else f"/data-tables/{number}"
    job = await jobs.create(
        tx,
        kind=LOAD,
        title=f"Load {load.file_name} into {title}",
        actor=actor.name,
        args={"load_id": load_id},
        total=load.total,
        link=link,
        lock=f"{kind}-load-{number}",
    )
    await store.update(
        tx,
        load_id,
        job_id=job.id,
        state="queued",
        mapping=chosen,
        mode=mode or load.mode,
        reading=msgspec.to_builtins(how),
        error=None,
        finished_at=None,
    )
    found = store.as_load(await store.find(tx, load_id))
    what = "value_list" if kind == "list" else "data_table"
    await audit(
        tx,
        actor,
        f"{what}.load_started",
        kind=what,
        object_id=number,
        name=title,
        after={"file": load.file_name, "mode": found.mode, "mapping": chosen},
    )
    return ListLoadStarted(job, found)


async def _read_again(tx: Tx, row: Any, load: ListLoad, mapping: dict[str, str], *, header: bool) -> dict[str, str]:
    """Read the columns with or without a first line of names; return the mapping by their names then."""
    seen = await look(tx, row.file_key, msgspec.structs.replace(load.format, header=header))
    names = dict(zip((c.name for c in load.columns), (c.name for c in seen.columns), strict=False))
    await store.update(
        tx,
        load.id,
        format=msgspec.to_builtins(seen.format),
        columns=msgspec.to_builtins(seen_columns(seen)),
        total=seen.total,
    )
    return {names[source]: target for source, target in mapping.items() if source in names}


def owner(load: ListLoad) -> tuple[SheetKind, int]:
    """Return what a load belongs to."""
    if load.list_id is not None:
        return "list", load.list_id
    assert load.table_id is not None
    return "table", load.table_id


async def name_of(tx: Tx, kind: SheetKind, number: int) -> str:
    """Return the name of a list or table for people."""
    if kind == "list":
        return (await config.get_list(tx, number)).name
    table = await config.get_table(tx, number)
    return table.label or table.name


def _mapping_errors(sheet: Sheet, load: ListLoad, mapping: Mapping[str, str]) -> list[FieldError]:
    names = {c.name for c in load.columns}
    errors = []
    taken: set[str] = set()
    for source, target in mapping.items():
        pointer = f"/mapping/{source.replace('~', '~0').replace('/', '~1')}"
        if source not in names:
            errors.append(FieldError(pointer, "The file has no such column"))
        if sheet.column(target) is None:
            errors.append(FieldError(pointer, f"There is no column {target[:63]}"))
        elif target in taken:
            errors.append(FieldError(pointer, f"Two columns go to {target}"))
        taken.add(target)
    if sheet.key.name not in taken:
        what = "Choose the column with the values" if sheet.kind == "list" else f"Choose the column of {sheet.key.name}"
        errors.append(FieldError("/mapping", what))
    return errors


async def column_mapping(tx: Tx, load_id: int, column: str) -> dict[str, str]:
    """Return the mapping that takes the values of a list from a column; raise 404, 422."""
    load = store.as_load(await store.find(tx, load_id))
    if load.list_id is None or column not in {c.name for c in load.columns}:
        raise invalid_field("/column", "The file has no such column")
    return {column: "value"}


async def get_load(tx: Tx, load_id: int) -> ListLoad:
    """Return a load with its counts; raise 404."""
    return (await store.current(tx, [await store.find(tx, load_id)]))[0]


async def list_loads(tx: Tx, page: PageRequest, kind: SheetKind, number: int) -> Page[ListLoad]:
    """Return a page of loads, the newest first; raise 404."""
    await config.sheet(tx, kind, number)
    return await store.page(tx, page, kind, number)


async def rejected_csv(tx: Tx, load_id: int) -> AsyncIterator[bytes]:
    """Return the rejected rows with their reasons as CSV; raise 404."""
    await store.find(tx, load_id)
    return report.as_csv(_blocks(tx.engines, load_id))


async def _blocks(engines: Engines, load_id: int) -> AsyncIterator[bytes]:
    last = -1
    while True:
        async with engines.tx() as tx:
            found = await store.next_block(tx, load_id, last)
        if found is None:
            return
        last, block = found
        yield block
