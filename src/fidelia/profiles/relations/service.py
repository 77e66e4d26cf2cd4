"""Types of relations and relations: kept, written in sets, shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import psycopg

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, invalid_field, name_taken, not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..fields import Database, read_key
from ..merge.model import Move, Person
from ..service.databases import get_database
from ..service.profiles import read_many
from ..store import databases as databases_store
from ..store import match
from . import rules, store
from .model import (
    MAX_TYPES,
    RelatedProfile,
    Relation,
    RelationItem,
    RelationOutcome,
    RelationsOut,
    RelationType,
    RelationTypeIn,
    RelationTypePatch,
    Verb,
)

STREAM = "relations"
_SHOWN = ("email", "first_name", "last_name", "phones", "external_id", "status")
MOST_ON_A_CARD = 200


async def list_types(tx: Tx, database_id: int | None = None) -> Page[RelationType]:
    """Return every type, or those that a database takes part in."""
    if database_id is not None:
        await get_database(tx, database_id)
    found = await store.types(await tx.raw(), database_id)
    return Page(found, None, len(found))


async def get_type(tx: Tx, type_id: int, *, lock: bool = False) -> RelationType:
    """Return a type; raise 404."""
    found = await store.find(await tx.raw(), type_id, lock=lock) if 0 < type_id < 2**31 else None
    if found is None:
        raise not_found("Relation", type_id)
    return found


async def create_type(tx: Tx, actor: Actor, wish: RelationTypeIn) -> RelationType:
    """Make a type; raise 404, 409 (the name is taken), 422."""
    errors = rules.name_errors(wish.name, "/name") + rules.property_errors(wish.properties, "/properties")
    for side in ("a", "b"):
        if await databases_store.find(tx, getattr(wish, f"database_{side}")) is None:
            errors.append(FieldError(f"/database_{side}", "There is no such database"))
    raw = await tx.raw()
    if len(await store.types(raw)) >= MAX_TYPES:
        errors.append(FieldError("/name", f"There are {MAX_TYPES} types of relations at most"))
    if errors:
        raise invalid(*errors)
    values = {key: getattr(wish, key) for key in ("name", "label", "inverse_label", "description")}
    values |= {"database_a": wish.database_a, "database_b": wish.database_b}
    try:
        async with tx.savepoint():
            type_id = await store.insert_type(raw, values, wish.properties, tx.now)
    except psycopg.errors.UniqueViolation:
        raise name_taken("relation", wish.name) from None
    made = await get_type(tx, type_id)
    await audit(tx, actor, "relation.created", kind="relation", object_id=type_id, name=made.name, after=_picture(made))
    for database_id in {made.database_a, made.database_b}:
        tx.mark_dirty("databases", database_id, [1])
    return made


async def change_type(tx: Tx, actor: Actor, type_id: int, wish: RelationTypePatch) -> RelationType:
    """Change what is given; raise 404, 409 (a property's type), 422."""
    before = await get_type(tx, type_id, lock=True)
    given = {k: v for k, v in msgspec.structs.asdict(wish).items() if v is not msgspec.UNSET}
    after = msgspec.structs.replace(before, **given)
    errors = rules.property_errors(after.properties, "/properties")
    if errors:
        raise invalid(*errors)
    types = {p.name: p.type for p in before.properties}
    for n, wanted in enumerate(after.properties):
        if types.get(wanted.name, wanted.type) != wanted.type:
            raise conflict(
                f"The type of {wanted.name} stays {types[wanted.name]}",
                FieldError(f"/properties/{n}/type", "The type of a property never changes"),
            )
    raw = await tx.raw()
    gone = sorted(set(types) - {p.name for p in after.properties})
    await store.update_type(raw, after, tx.now)
    if gone:
        _mark(tx, before, await store.drop_properties(raw, type_id, gone, tx.now))
    await audit(
        tx,
        actor,
        "relation.updated",
        kind="relation",
        object_id=type_id,
        name=after.name,
        before=_picture(before),
        after=_picture(after),
    )
    return await get_type(tx, type_id)


async def delete_type(tx: Tx, actor: Actor, type_id: int, confirm: str) -> None:
    """Delete a type with all its relations; ``confirm`` must be its name, or 422."""
    made = await get_type(tx, type_id, lock=True)
    if confirm != made.name:
        message = f"To delete it with its {made.count:,} relations, confirm with its name: {made.name}"
        raise invalid_field("/confirm", message)
    _mark(tx, made, await store.delete_type(await tx.raw(), type_id))
    await audit(
        tx, actor, "relation.deleted", kind="relation", object_id=type_id, name=made.name, before=_picture(made)
    )


async def write(tx: Tx, actor: Actor, type_id: int, verb: Verb, items: Sequence[RelationItem]) -> RelationsOut:
    """Attach, modify, overwrite or detach pairs of people; an outcome for each. Of two items for a pair the last wins.

    Raises 404.
    """
    made = await get_type(tx, type_id)
    raw = await tx.raw()
    outcomes: dict[int, RelationOutcome] = {}
    people = {
        side: await _people(tx, getattr(made, f"database_{side}"), [getattr(item, side) for item in items], side)
        for side in ("a", "b")
    }
    pairs: dict[tuple[int, int], tuple[int, dict[str, Any]]] = {}
    for n, item in enumerate(items):
        a, b = people["a"][n], people["b"][n]
        properties, pointer, error = rules.read_properties(
            made.properties, item.properties, increments=verb == "modify"
        )
        refusal = next((r for r in (a, b) if isinstance(r, RelationOutcome)), None)
        if error:
            refusal = RelationOutcome(index=n, status="rejected", pointer=pointer, error=error)
        if refusal is not None or isinstance(a, RelationOutcome) or isinstance(b, RelationOutcome):
            assert refusal is not None
            outcomes[n] = msgspec.structs.replace(refusal, index=n)
            continue
        if a == b and made.database_a == made.database_b:
            outcomes[n] = RelationOutcome(
                index=n, status="rejected", pointer="/b", error="Nobody is related to themselves"
            )
            continue
        earlier = pairs.pop((a, b), None)
        if earlier is not None:
            outcomes[earlier[0]] = RelationOutcome(index=earlier[0], status="unchanged")
        pairs[a, b] = (n, properties)
    touched: list[int] = []
    if verb == "detach":
        removed = await store.remove(raw, type_id, list(pairs))
        touched = list(removed.values())
        for pair, (n, _) in pairs.items():
            outcomes[n] = RelationOutcome(index=n, status="removed" if pair in removed else "missing")
    elif pairs:
        found = await store.write(raw, type_id, verb, [(a, b, p) for (a, b), (_, p) in pairs.items()], tx.now)
        touched = [number for number, status in found.values() if status != "unchanged"]
        for pair, (n, _) in pairs.items():
            status: Any = found[pair][1] if pair in found else "missing"
            outcomes[n] = RelationOutcome(index=n, status=status)
    _mark(tx, made, touched)
    results = [outcomes[n] for n in range(len(items))]
    return RelationsOut(items=results, counts=dict(Counter(outcome.status for outcome in results)))


async def _people(tx: Tx, database_id: int, given: Sequence[Any], side: str) -> list[int | RelationOutcome]:
    """Return the profile of each reference, or why there is none."""
    raw = await tx.raw()
    database = await databases_store.open_for_write(tx, database_id)
    found: list[int | RelationOutcome] = [_refused(side, "There is no such profile")] * len(given)
    asked: dict[str, dict[int, Any]] = {}
    for n, reference in enumerate(given):
        name, value = (
            next(iter(reference.items()), ("", None)) if isinstance(reference, dict) else ("profile_id", reference)
        )
        if isinstance(reference, dict) and len(reference) != 1:
            found[n] = _refused(side, "Name a person by the id, or by one field and its value")
            continue
        try:
            asked.setdefault(name, {})[n] = _key(database, name, value)
        except ValueError as exc:
            found[n] = _refused(f"{side}/{name}" if isinstance(reference, dict) else side, str(exc))
    for name, keys in asked.items():
        people = await match.match_ids(raw, database, name, set(keys.values()))
        for n, key in keys.items():
            if key in people:
                found[n] = people[key]
    return found


def _key(database: Database, name: str, value: Any) -> Any:
    if name == "profile_id":
        if not isinstance(value, int) or not 0 < value <= MAX_PROFILE_ID:
            raise ValueError("This must be the id of a profile")
        return value
    field = database.field("phones" if name == "phone" else name)
    if field is None or field.read_only or field.type in ("object", "objects"):
        raise ValueError(f"There is no field {name[:50]!r} to find a profile by")
    key = read_key(field, value)
    if key is None:
        raise ValueError("A value is needed")
    return key[0] if isinstance(key, list) else key


def _refused(pointer: str, error: str) -> RelationOutcome:
    return RelationOutcome(index=0, status="rejected", pointer=f"/{pointer}", error=error)


async def page_of(
    tx: Tx, type_id: int, page: PageRequest, *, a: int | None = None, b: int | None = None
) -> Page[Relation]:
    """Return a page of the relations of a type, of one person on a side if given; raise 404."""
    await get_type(tx, type_id)
    (after,) = databases_store.cursor_values(page.cursor, int) if page.cursor is not None else (0,)
    rows, total = await store.page(await tx.raw(), type_id, a=a, b=b, after=after, limit=page.limit + 1)
    shown = rows[: page.limit]
    return Page(shown, encode_cursor([shown[-1].id]) if len(rows) > page.limit else None, total)


async def get_relation(tx: Tx, type_id: int, a: int, b: int) -> Relation:
    """Return the relation of two people; raise 404."""
    await get_type(tx, type_id)
    rows, _ = await store.page(await tx.raw(), type_id, a=a, b=b, after=0, limit=1)
    if not rows:
        raise not_found("Relation", f"of {a} and {b}")
    return rows[0]


async def of_profile(tx: Tx, database_id: int, profile_id: int) -> Page[RelatedProfile]:
    """Return whom somebody is related to, the latest first, at most 200."""
    raw = await tx.raw()
    types = {made.id: made for made in await store.types(raw, database_id)}
    rows = await store.of_profile(raw, Person(database_id, profile_id), MOST_ON_A_CARD)
    others: dict[int, set[int]] = {}
    for side, row in rows:
        made = types[row.type_id]
        database, other = (made.database_b, row.b) if side == "a" else (made.database_a, row.a)
        others.setdefault(database, set()).add(other)
    people = {
        (database, person["id"]): person
        for database, ids in others.items()
        for person in await read_many(tx, database, ids, _SHOWN)
    }
    items = []
    for side, row in rows:
        made = types[row.type_id]
        database, other = (made.database_b, row.b) if side == "a" else (made.database_a, row.a)
        items.append(
            RelatedProfile(
                id=row.id,
                type_id=made.id,
                name=made.name,
                label=(made.label if side == "a" else made.inverse_label) or made.name,
                side="a" if side == "a" else "b",
                database_id=database,
                profile_id=other,
                profile=people.get((database, other)),
                properties=row.properties,
                created_at=row.created_at,
                updated_at=row.updated_at,
            )
        )
    return Page(items, None, len(items))


async def merge_people(tx: Tx, move: Move) -> dict[str, int]:
    """Give the sources' relations to the destination (a port of merges)."""
    raw = await tx.raw()
    count = 0
    for source in move.sources:
        touched, ids = await store.move(raw, source, move.destination, tx.now)
        count += len(ids)
        for database_id in touched:
            tx.mark_dirty(STREAM, database_id, ids)
    return {"relations": count}


async def forget_people(tx: Tx, database_id: int, gone: Any) -> dict[str, int]:
    """Remove the relations of people who are erased (a port of erasure)."""
    touched, ids = await store.forget(await tx.raw(), database_id, gone)
    for database in touched:
        tx.mark_dirty(STREAM, database, ids)
    return {"relations": len(ids)}


def _mark(tx: Tx, made: RelationType, ids: Sequence[int]) -> None:
    for database_id in {made.database_a, made.database_b} if ids else ():
        tx.mark_dirty(STREAM, database_id, ids)


def _picture(made: RelationType) -> dict[str, Any]:
    return {k: v for k, v in msgspec.to_builtins(made).items() if k not in ("count", "created_at", "updated_at")}
