"""Value lists: make, rename, delete, and their values."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, name_taken
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import rules
from ..kinds import KINDS, ValueTypeName
from ..model import MAX_VALUES, ValueList, ValueListDetail, ValuesAdded, ValuesRemoved
from ..ports import SourceRef, refuse_used, used_by
from ..sheet import Sheet
from ..store import config, content, ddl
from ..store import loads as loads_store
from .rows import export_rows, list_rows

LISTS = "lists"


async def list_lists(tx: Tx, page: PageRequest) -> Page[ValueList]:
    """Return a page of lists."""
    return await config.lists(tx, page)


async def get_list(tx: Tx, list_id: int) -> ValueListDetail:
    """Return a list with who uses it and its last loads; raise 404."""
    found = await config.get_list(tx, list_id)
    return ValueListDetail(
        **{name: getattr(found, name) for name in ValueList.__struct_fields__},
        used_by=await used_by(tx, SourceRef(list=list_id)),
        loads=await loads_store.last(tx, "list", list_id),
    )


async def create_list(
    tx: Tx,
    actor: Actor,
    *,
    name: str,
    type_: ValueTypeName,
    description: str = "",
    case_sensitive: bool = False,
    values: Sequence[Any] = (),
) -> tuple[ValueListDetail, ValuesAdded]:
    """Make a list, perhaps with its first values; raise 409 for a name that is taken, 422."""
    errors = rules.list_errors(name, description)
    if case_sensitive and not KINDS[type_].folds:
        errors.append(FieldError("/case_sensitive", "Only lists of texts can tell capital from small letters"))
    if errors:
        raise invalid(*errors)
    name = name.strip()
    made = {"name": name, "description": description, "type": type_, "case_sensitive": case_sensitive}
    list_id = int(await _named(config.insert(tx, "list", made), name))
    sheet = await config.sheet(tx, "list", list_id)
    await ddl.create_empty(tx, sheet)
    tx.mark_dirty(LISTS, 0, [list_id])
    added = await _add(tx, sheet, values)
    await audit(
        tx,
        actor,
        "value_list.created",
        kind="value_list",
        object_id=list_id,
        name=name,
        after={**made, "values": added.added},
    )
    return await get_list(tx, list_id), added


async def change_list(tx: Tx, actor: Actor, list_id: int, values: dict[str, Any]) -> ValueListDetail:
    """Rename or describe a list; raise 404, 409, 422."""
    before = await config.get_list(tx, list_id)
    errors = rules.list_errors(values.get("name", before.name), values.get("description", before.description))
    if errors:
        raise invalid(*errors)
    if "name" in values:
        values["name"] = values["name"].strip()
    if values:
        await _named(config.update(tx, "list", list_id, values), values.get("name", before.name))
    after = await get_list(tx, list_id)
    await audit(
        tx,
        actor,
        "value_list.updated",
        kind="value_list",
        object_id=list_id,
        name=after.name,
        before=_picture(before),
        after=_picture(after),
    )
    return after


async def delete_list(tx: Tx, actor: Actor, list_id: int) -> None:
    """Delete a list with its values; raise 404, or 409 while something refers to it or a file is being loaded."""
    sheet = await config.sheet(tx, "list", list_id, lock=True)
    found = await config.get_list(tx, list_id)
    await refuse_used(tx, SourceRef(list=list_id), f"The list {found.name}", "Take it out of their conditions first")
    await refuse_loading(tx, sheet)
    await drop_rows(tx, sheet)
    await config.delete(tx, "list", list_id)
    tx.mark_dirty(LISTS, 0, [list_id])
    await audit(
        tx,
        actor,
        "value_list.deleted",
        kind="value_list",
        object_id=list_id,
        name=found.name,
        before={**_picture(found), "size": found.size},
    )


async def drop_rows(tx: Tx, sheet: Sheet) -> None:
    """Drop the rows of a sheet; raise 409 while somebody reads them."""
    try:
        async with tx.savepoint():
            await ddl.drop(tx, sheet)
    except psycopg.errors.LockNotAvailable:
        raise conflict("Somebody is reading it right now, perhaps to export it; try again in a minute") from None


async def refuse_loading(tx: Tx, sheet: Sheet) -> None:
    """Raise 409 while a file waits or is being loaded."""
    load = await loads_store.active(tx, sheet.kind, sheet.id)
    if load is not None:
        raise conflict(f"The file {load.file_name} is being loaded; wait for it or cancel its job", job=load.job_id)


async def add_values(tx: Tx, actor: Actor, list_id: int, values: Sequence[Any]) -> ValuesAdded:
    """Add values; those that cannot be read are named and left out. Raise 404, 409 when the list would be too long."""
    sheet = await config.sheet(tx, "list", list_id)
    found = await _add(tx, sheet, values)
    await _audit_values(tx, actor, sheet, "values_added", {"added": found.added})
    return found


async def _add(tx: Tx, sheet: Sheet, values: Sequence[Any]) -> ValuesAdded:
    arrays, again, rejected = rules.read_values(sheet, values)
    if not arrays[0]:
        return ValuesAdded(0, again, rejected)
    new = await content.add(await tx.raw(), sheet, arrays)
    if sheet.size + len(new) > MAX_VALUES:
        raise conflict(f"A list holds {MAX_VALUES:,} values at most")
    if new and not await config.resized(tx, sheet, len(new)):
        raise conflict("The list was replaced at the same moment; add the values again")
    tx.mark_dirty(sheet.stream, sheet.id, new)
    return ValuesAdded(len(new), len(arrays[0]) - len(new) + again, rejected)


async def remove_values(tx: Tx, actor: Actor, list_id: int, values: Sequence[Any]) -> ValuesRemoved:
    """Take values out; raise 404."""
    sheet = await config.sheet(tx, "list", list_id, lock=True)
    arrays, again, rejected = rules.read_values(sheet, values)
    gone = await content.remove(await tx.raw(), sheet, arrays) if arrays[0] else []
    if gone:
        await config.resized(tx, sheet, -len(gone))
        tx.mark_dirty(sheet.stream, sheet.id, gone)
        await _audit_values(tx, actor, sheet, "values_removed", {"removed": len(gone)})
    return ValuesRemoved(len(gone), len(arrays[0]) - len(gone) + again + len(rejected))


async def replace_values(tx: Tx, actor: Actor, list_id: int, values: Sequence[Any]) -> ValuesAdded:
    """Give a list these values and no others, at once; raise 404, 409 while a file is being loaded."""
    before = await config.sheet(tx, "list", list_id, lock=True)
    await refuse_loading(tx, before)
    arrays, again, rejected = rules.read_values(before, values)
    sheet = await fresh_generation(tx, before)
    await ddl.create_empty(tx, sheet)
    new = await content.add(await tx.raw(), sheet, arrays) if arrays[0] else []
    await config.turn_to(tx, sheet, len(new))
    tx.mark_dirty(LISTS, 0, [list_id])
    await _audit_values(tx, actor, sheet, "values_replaced", {"before": before.size, "values": len(new)})
    return ValuesAdded(len(new), again, rejected)


async def fresh_generation(tx: Tx, sheet: Sheet) -> Sheet:
    """Return the sheet as it will be after its rows are replaced."""
    number = await config.next_generation(tx, sheet.kind, sheet.id)
    return msgspec.structs.replace(sheet, generation=number, size=0)


async def values_page(tx: Tx, list_id: int, page: PageRequest) -> Page[Any]:
    """Return a page of values in the order of the alphabet (of numbers and days: of size); raise 404."""
    sheet = await config.sheet(tx, "list", list_id)
    page.sort_key(("value",), "value")
    found = await list_rows(tx, sheet, page, default="value")
    return Page([row.values["value"] for row in found.items], found.next_cursor, found.total)


async def export(engines: Engines, list_id: int) -> AsyncIterator[bytes]:
    """Return the values as CSV; raise 404 before the first byte."""
    async with engines.tx() as tx:
        sheet = await config.sheet(tx, "list", list_id)
    return export_rows(engines, sheet)


def _picture(found: ValueList) -> dict[str, Any]:
    kept = ("name", "description", "type", "case_sensitive")
    return {name: getattr(found, name) for name in kept}


async def _audit_values(tx: Tx, actor: Actor, sheet: Sheet, action: str, what: dict[str, int]) -> None:
    found = await config.get_list(tx, sheet.id)
    await audit(tx, actor, f"value_list.{action}", kind="value_list", object_id=sheet.id, name=found.name, after=what)


async def _named(writing: Any, name: str) -> Any:
    try:
        return await writing
    except sa.exc.IntegrityError as exc:
        if isinstance(exc.orig, psycopg.errors.UniqueViolation):
            raise name_taken("list", name) from None
        raise
