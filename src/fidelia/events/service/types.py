"""Types of events: built-in ones, declared ones, and those learned from what came in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, invalid_field, name_taken, not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.clickhouse import ClickHouseError
from fidelia.platform.postgres import Tx

from .. import rules
from ..catalogue import BUILTIN, PropertyType, group_of, label_of
from ..model import EventProperty, EventTypeOut
from ..projection import ensure_events
from ..store import history
from ..store import types as store
from ..store.types import TypeRow
from .history import caught_up

DeclaredType = Literal["string", "integer", "float", "boolean", "date", "datetime", "tags"]
MAX_DECLARED = 200
MAX_LABEL = 100
MAX_DESCRIPTION = 2000


_NEVER = {"count": 0, "last_seen_at": None, "count_7d": 0, "count_30d": 0}


class PropertyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A property that a type declares: an event with a value of another type is rejected."""

    name: str
    type: DeclaredType
    label: str = ""


#: The port: a list of functions that say who names a type of a database ("segment Lapsed").
TYPES_USED_BY = "events.types_used_by"
TypesUsedBy = Callable[[Tx, int, str], Awaitable[Sequence[str]]]
Counts = Mapping[str, history.TypeCount] | None


async def event_types(tx: Tx, database_id: int, *, archived: bool = False) -> list[EventTypeOut]:
    """Return the types of a database without counts: built-in ones, then one's own by name; raise 404.

    Archived ones only when asked for.
    """
    await profiles.get_database(tx, database_id)
    return _merged(database_id, await store.every(tx, database_id), None, archived=archived)


async def list_types(
    tx: Tx, page: PageRequest, database_id: int, *, archived: bool = False, builtin: bool = True
) -> Page[EventTypeOut]:
    """Return a page of the types of a database, one's own first, with how often they happened; raise 404 or 422."""
    await profiles.get_database(tx, database_id)
    rows = await store.every(tx, database_id)
    found = _merged(database_id, rows, await _counts(tx, database_id), archived=archived)
    found.sort(key=lambda one: one.builtin)
    words = (page.q or "").lower()
    found = [t for t in found if (builtin or not t.builtin) and (words in t.name.lower() or words in t.label.lower())]
    start = 0
    if page.cursor is not None:
        if len(page.cursor) != 1 or not isinstance(page.cursor[0], str):
            raise invalid_field("/cursor", "This cursor is not one that this list has returned")
        start = next((n + 1 for n, t in enumerate(found) if t.name == page.cursor[0]), len(found))
    items = found[start : start + page.limit]
    more = start + page.limit < len(found)
    return Page(items, encode_cursor([items[-1].name]) if more else None, len(found))


async def get_type(tx: Tx, type_id: int) -> EventTypeOut:
    """Return a type of one's own; raise 404."""
    row = await store.find(tx, type_id)
    if row is None or row.name in BUILTIN:
        raise not_found("Event type", type_id)
    return _out(row, await _counts(tx, row.database_id))


async def define_type(
    tx: Tx,
    actor: Actor,
    database_id: int,
    *,
    name: str,
    label: str = "",
    description: str = "",
    properties: Sequence[PropertyIn] = (),
) -> EventTypeOut:
    """Declare a type; one that was only learned until now becomes a declared one. Raises 404, 409 or 422."""
    await profiles.get_database(tx, database_id)
    errors = _text_errors(label, description) + _property_errors(properties)
    try:
        rules.check_type(name)
    except rules.Refused as exc:
        errors.insert(0, FieldError("/name", str(exc)))
    if name in BUILTIN:
        errors.insert(0, FieldError("/name", f"{name} is built in"))
    if errors:
        raise invalid(*errors)
    known = await store.find_name(tx, database_id, name)
    if known is not None and known.declared and known.archived_at is None:
        raise name_taken("event type", name)
    values = {
        "label": label.strip(),
        "description": description,
        "declared": True,
        "properties": _stored(properties),
        "archived_at": None,
    }
    if known is None:
        type_id = await store.insert(
            tx, {**values, "database_id": database_id, "name": name, "created_at": tx.now, "updated_at": tx.now}
        )
    else:
        type_id = known.id
        await store.update(tx, type_id, values)
    found = await get_type(tx, type_id)
    await audit(
        tx,
        actor,
        "event_type.created",
        kind="event_type",
        object_id=type_id,
        name=name,
        before=_picture(known) if known else None,
        after=_picture(await store.find(tx, type_id)),
    )
    return found


async def change_type(tx: Tx, actor: Actor, type_id: int, changes: Mapping[str, Any]) -> EventTypeOut:
    """Change ``label``, ``description``, ``properties``, or restore it (``archived`` false); raise 404 or 422.

    What was deleted keeps its place in history; ``archived`` true deletes unless it is used (409).
    """
    before = await store.find(tx, type_id, lock=True)
    if before is None or before.name in BUILTIN:
        raise not_found("Event type", type_id)
    properties: Sequence[PropertyIn] = changes.get("properties", ())
    errors = _text_errors(changes.get("label", ""), changes.get("description", ""))
    if errors := errors + _property_errors(properties):
        raise invalid(*errors)
    values: dict[str, Any] = {key: changes[key] for key in ("label", "description") if key in changes}
    if "properties" in changes:
        values |= {"properties": _stored(properties), "declared": True}
    if "archived" in changes and changes["archived"] != (before.archived_at is not None):
        if changes["archived"] and not changes.get("confirm"):
            await _refuse_used(tx, before)
        values["archived_at"] = tx.now if changes["archived"] else None
    if values:
        await store.update(tx, type_id, values)
        ended = "event_type.archived" if changes.get("archived") else "event_type.restored"
        action = ended if "archived_at" in values else "event_type.updated"
        await audit(
            tx,
            actor,
            action,
            kind="event_type",
            object_id=type_id,
            name=before.name,
            before=_picture(before),
            after=_picture(await store.find(tx, type_id)),
        )
    return await get_type(tx, type_id)


async def archive_type(tx: Tx, actor: Actor, type_id: int, *, confirm: bool = False) -> None:
    """Take a type out of every list and picker: new events are refused, those in history stay.

    Raises 404, and 409 naming who uses it unless that is confirmed.
    """
    await change_type(tx, actor, type_id, {"archived": True, "confirm": confirm})


async def usage(tx: Tx, database_id: int, name: str) -> list[str]:
    """Return who names a type of a database; raise 404 for the database."""
    await profiles.get_database(tx, database_id)
    askers: Sequence[TypesUsedBy] = tx.engines.port(TYPES_USED_BY)
    return [user for ask in askers for user in await ask(tx, database_id, name)]


async def _refuse_used(tx: Tx, row: TypeRow) -> None:
    users = await usage(tx, row.database_id, row.name)
    if users:
        more = f" and {len(users) - 10} more" if len(users) > 10 else ""
        shown = ", ".join(users[:10])
        raise conflict(f"{row.name} is used by {shown}{more}; they would hear nothing of it any more", used_by=users)


async def _counts(tx: Tx, database_id: int) -> Counts:
    try:
        await caught_up(tx.engines)
        await ensure_events(tx.engines, database_id)
        return await history.type_counts(tx.engines.clickhouse, database_id, tx.now)
    except (ClickHouseError, Problem):
        return None  # the types are known all the same; only how often they happened is not


def _merged(database_id: int, rows: Sequence[TypeRow], counts: Counts, *, archived: bool) -> list[EventTypeOut]:
    stored = {row.name: row for row in rows}
    found = [
        EventTypeOut(
            id=None,
            database_id=database_id,
            name=item.name,
            label=item.label,
            description="",
            group=item.group,
            builtin=True,
            declared=True,
            properties=_properties(item.properties, stored[name].seen if name in stored else {}),
            archived_at=None,
            **_figures(counts, name),
        )
        for name, item in BUILTIN.items()
    ]
    own = (row for row in rows if row.name not in BUILTIN and (archived or row.archived_at is None))
    return found + [_out(row, counts) for row in own]


def _out(row: TypeRow, counts: Counts) -> EventTypeOut:
    declared = {name: given["type"] for name, given in row.properties.items()}
    labels = {name: given.get("label", "") for name, given in row.properties.items()}
    return EventTypeOut(
        id=row.id,
        database_id=row.database_id,
        name=row.name,
        label=row.label or label_of(row.name.removeprefix("custom.").replace(".", " ")),
        description=row.description,
        group=group_of(row.name),
        builtin=False,
        declared=row.declared,
        properties=_properties(declared, row.seen, labels),
        archived_at=row.archived_at,
        **_figures(counts, row.name),
    )


def _properties(
    declared: Mapping[str, PropertyType], seen: Mapping[str, str], labels: Mapping[str, str] | None = None
) -> list[EventProperty]:
    names = labels or {}
    found = [
        EventProperty(name=name, type=type_, label=names.get(name) or label_of(name), declared=True)
        for name, type_ in declared.items()
    ]
    return found + [
        msgspec.convert({"name": name, "type": type_, "label": label_of(name), "declared": False}, EventProperty)
        for name, type_ in sorted(seen.items())
        if name not in declared
    ]


def _figures(counts: Counts, name: str) -> dict[str, Any]:
    if counts is None:
        return dict.fromkeys(history.TypeCount.__struct_fields__)
    found = counts.get(name)
    return _NEVER if found is None else msgspec.structs.asdict(found)


def _stored(properties: Sequence[PropertyIn]) -> dict[str, dict[str, str]]:
    return {p.name: {"type": p.type, "label": p.label.strip()} for p in properties}


def _text_errors(label: str, description: str) -> list[FieldError]:
    errors = []
    if len(label) > MAX_LABEL or not label.isprintable():
        errors.append(FieldError("/label", f"A label has {MAX_LABEL} characters at most, without control characters"))
    if len(description) > MAX_DESCRIPTION or re.search(r"[\x00-\x08\x0b-\x1f]", description):
        errors.append(FieldError("/description", f"A description has {MAX_DESCRIPTION:,} characters at most"))
    return errors


def _property_errors(properties: Sequence[PropertyIn]) -> list[FieldError]:
    if len(properties) > MAX_DECLARED:
        return [FieldError("/properties", f"A type declares {MAX_DECLARED} properties at most")]
    errors = []
    for n, given in enumerate(properties):
        if not rules.PROPERTY.fullmatch(given.name):
            words = "A name starts with a letter and holds letters, digits, _ and -, 64 at most"
            errors.append(FieldError(f"/properties/{n}/name", words))
        elif given.name in {other.name for other in properties[:n]}:
            errors.append(FieldError(f"/properties/{n}/name", f"{given.name} stands here twice"))
        if len(given.label) > MAX_LABEL or not given.label.isprintable():
            errors.append(FieldError(f"/properties/{n}/label", f"A label has {MAX_LABEL} characters at most"))
    return errors


def _picture(row: TypeRow | None) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "label": row.label,
        "description": row.description,
        "properties": row.properties,
        "archived": row.archived_at is not None,
    }
