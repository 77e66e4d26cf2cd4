"""Stop lists: addresses, phone numbers and domains that nothing is sent to."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, name_taken, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .. import contacts, rules
from ..model import SuppressionList
from ..store import suppression as store


class SuppressionRejected(msgspec.Struct, frozen=True):
    """An entry that could not be read, by its place in what was given."""

    index: int
    value: str
    reason: str


class SuppressionAdded(msgspec.Struct, frozen=True):
    """How many entries are new, how many were there already, and which could not be read."""

    added: int
    already: int
    rejected: list[SuppressionRejected]


async def list_lists(tx: Tx, page: PageRequest) -> Page[SuppressionList]:
    """Return a page of lists."""
    found = await store.lists(tx, page)
    return Page([_list(row) for row in found.items], found.next_cursor, found.total)


async def get_list(tx: Tx, list_id: int) -> SuppressionList:
    """Return a list with its size; raise 404."""
    row = await store.find(tx, list_id) if 0 < list_id < 2**31 else None
    if row is None:
        raise not_found("Suppression list", list_id)
    return _list(row)


async def existing_lists(tx: Tx, ids: Iterable[int]) -> set[int]:
    """Return which of these lists exist."""
    return await store.live_ids(tx, [i for i in ids if 0 < i < 2**31])


async def create_list(tx: Tx, actor: Actor, *, name: str, description: str = "") -> SuppressionList:
    """Make a list; raise 409 for a name that is taken, 422."""
    _check(name, description)
    list_id = await _write(store.insert(tx, {"name": name.strip(), "description": description}), name)
    made = await get_list(tx, int(list_id))
    await audit(
        tx, actor, "suppression_list.created", kind="suppression_list", object_id=made.id, name=made.name, after=made
    )
    return made


async def update_list(tx: Tx, actor: Actor, list_id: int, values: dict[str, Any]) -> SuppressionList:
    """Rename or describe a list; the global one keeps its name."""
    before = await get_list(tx, list_id)
    if "name" in values and before.is_builtin and values["name"] != before.name:
        raise conflict("This list is kept by Fidelia and keeps its name")
    _check(values.get("name", before.name), values.get("description", before.description))
    if "name" in values:
        values["name"] = values["name"].strip()
    if values:
        await _write(store.update(tx, list_id, values), values.get("name", before.name))
    after = await get_list(tx, list_id)
    await audit(
        tx,
        actor,
        "suppression_list.updated",
        kind="suppression_list",
        object_id=list_id,
        name=after.name,
        before=before,
        after=after,
    )
    return after


async def archive_list(tx: Tx, actor: Actor, list_id: int) -> None:
    """Archive a list, so that it stops nothing any more; the global one cannot be."""
    found = await get_list(tx, list_id)
    if found.is_builtin:
        raise conflict("This list cannot be deleted: every send obeys it")
    await store.update(tx, list_id, {"archived_at": tx.now})
    await audit(
        tx,
        actor,
        "suppression_list.archived",
        kind="suppression_list",
        object_id=list_id,
        name=found.name,
        before=found,
    )


async def add_entries(tx: Tx, actor: Actor, list_id: int, values: Sequence[str], reason: str = "") -> SuppressionAdded:
    """Put addresses, phone numbers and domains on a list; each is recognised by its form. Raise 404, 422."""
    found = await get_list(tx, list_id)
    errors = rules.text_errors(reason, "/reason", 500)
    if errors:
        raise invalid(*errors)
    entries, rejected = _read(values)
    added = await store.add(await tx.raw(), list_id, entries, reason, tx.now) if entries else 0
    if added:
        await audit(
            tx,
            actor,
            "suppression_list.entries_added",
            kind="suppression_list",
            object_id=list_id,
            name=found.name,
            after={"added": added, "reason": reason},
        )
    return SuppressionAdded(added, len(entries) - added, rejected)


async def suppress(tx: Tx, contacts_: Sequence[str], reason: str) -> int:
    """Put contacts on the global list (complaints); return how many are new. Unreadable ones are left."""
    entries, _ = _read(contacts_)
    return await store.add(await tx.raw(), await store.global_id(tx), entries, reason, tx.now) if entries else 0


async def suppress_bounced(tx: Tx, contacts_: Sequence[str], reason: str) -> int:
    """Put addresses on the list of hard bounces; return how many are new. Unreadable ones are left."""
    entries, _ = _read(contacts_)
    return await store.add(await tx.raw(), await store.bounces_id(tx), entries, reason, tx.now) if entries else 0


async def remove_entries(tx: Tx, actor: Actor, list_id: int, values: Sequence[str]) -> int:
    """Take entries off a list; return how many there were."""
    found = await get_list(tx, list_id)
    entries, _ = _read(values)
    removed = await store.remove(await tx.raw(), list_id, entries) if entries else 0
    if removed:
        await audit(
            tx,
            actor,
            "suppression_list.entries_removed",
            kind="suppression_list",
            object_id=list_id,
            name=found.name,
            before={"removed": removed},
        )
    return removed


async def check_contact(tx: Tx, value: str) -> tuple[str, str, list[Any]]:
    """Return how a contact is understood (kind and form) and the lists that stop it, itself or by its domain."""
    try:
        kind, ready = recognise(value)
    except ValueError as exc:
        raise invalid(FieldError("/value", str(exc))) from None
    entries = [(kind, ready)]
    if kind == "email":
        entries.append(("domain", ready.rpartition("@")[2]))
    return kind, ready, await store.holding(tx, entries)


async def list_entries(tx: Tx, list_id: int, page: PageRequest, kind: str | None) -> Page[Any]:
    """Return a page of a list's entries."""
    await get_list(tx, list_id)
    return await store.entries(tx, list_id, page, kind)


async def export(engines: Engines, list_id: int, *, hashed: bool) -> AsyncIterator[bytes]:
    """Yield a list as CSV; with ``hashed`` the MD5 of each value stands for it. Cells cannot become formulas."""
    async with engines.tx() as tx:
        raw = await tx.raw()
        yield b"kind,value,reason,created_at\r\n"
        async for rows in store.every_entry(raw, list_id):
            out = io.StringIO()
            writer = csv.writer(out)
            for kind, value, reason, at in rows:
                shown = hashlib.md5(value.encode(), usedforsecurity=False).hexdigest() if hashed else value
                # A phone number begins with + by nature, and digits after it make no formula.
                writer.writerow(
                    [kind, shown if kind == "phone" else _harmless(shown), _harmless(reason), at.isoformat()]
                )
            yield out.getvalue().encode()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking a cell for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def recognise(value: str) -> tuple[str, str]:
    """Tell what a text is: an e-mail address, a phone number or a domain; raise ``ValueError`` when it is none."""
    value = value.strip()
    if "@" in value.removeprefix("@"):
        read = contacts.email(value)
        assert read is not None
        return "email", read
    if value.startswith("+"):
        return "phone", contacts.phone(value)
    return "domain", contacts.domain(value.removeprefix("@"))


def _read(values: Sequence[str]) -> tuple[list[store.Entry], list[SuppressionRejected]]:
    entries: dict[store.Entry, None] = {}
    rejected: list[SuppressionRejected] = []
    for n, value in enumerate(values):
        try:
            entries[recognise(value)] = None
        except ValueError as exc:
            rejected.append(SuppressionRejected(n, value[:200], str(exc)))
    return list(entries), rejected


def _list(row: Any) -> SuppressionList:
    return SuppressionList(
        id=row.id,
        name=row.name,
        description=row.description,
        is_global=row.is_global,
        is_builtin=row.is_global or row.purpose is not None,
        size=row.size,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _check(name: str, description: str) -> None:
    errors = rules.title_errors(name, "/name") + rules.text_errors(description, "/description")
    if errors:
        raise invalid(*errors)


async def _write(writing: Any, name: str) -> Any:
    try:
        return await writing
    except sa.exc.IntegrityError as exc:
        if isinstance(exc.orig, psycopg.errors.UniqueViolation):
            raise name_taken("stop list", name) from None
        raise
