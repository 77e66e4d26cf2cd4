"""Profiles: read, create, change, erase one; read, match and change many."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, invalid_field, not_found
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.files import Files
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Asked, Tx

from .. import rules
from ..fields import STATUSES, Database, Field
from ..merge import store as merge_store
from ..merge.model import Person
from ..personal import store as personal_store
from ..store import consent, match
from ..store import databases as databases_store
from ..store import profiles as store
from ..store.profiles import Row
from . import quota
from .databases import get_database

#: Removes what a capability keeps about people who are erased, in the same transaction; returns how much by its name.
Eraser = Callable[[Tx, int, BitMap], Awaitable[Mapping[str, int] | None]]
ERASERS = "profiles.erasers"
#: What the form says at the field; pages that recipients see have words of their own for it.
TAKEN = "Another profile has this value. Open that one, or enter another"
_CONSTRAINT = re.compile(r"^(?:uq_)?profile_\d+_(\w+)$")


async def get_profile(tx: Tx, database_id: int, profile_id: int) -> Row:
    """Return a profile: every field by name, ``id`` and ``version``; raise 404.

    An old id of somebody who was merged gives the one they became; when that is in another database the 404 names it.
    """
    database = await get_database(tx, database_id)
    raw = await tx.raw()
    found = await store.read(raw, database, profile_id) if 0 < profile_id <= MAX_PROFILE_ID else None
    if found is None:
        found = await store.read(raw, database, await present_id(tx, database_id, profile_id))
    if found is None:
        raise not_found("Profile", profile_id)
    return found


async def present_id(tx: Tx, database_id: int, profile_id: int) -> int:
    """Return whom somebody has become in the database, or the same id; raise 404 when they are in another one."""
    who = Person(database_id, profile_id)
    if not 0 < profile_id <= MAX_PROFILE_ID:
        raise not_found("Profile", profile_id)
    now = (await merge_store.became(await tx.raw(), [who])).get(who, who)
    if now.database_id != database_id:
        raise Problem(
            404,
            "Profile not found",
            f"Profile {profile_id} was merged into profile {now.profile_id} of database {now.database_id}",
            extra={"merged_into": {"database_id": now.database_id, "profile_id": now.profile_id}},
        )
    return now.profile_id


async def read_many(tx: Tx, database_id: int, ids: Iterable[int], columns: Sequence[str] | None = None) -> list[Row]:
    """Return these profiles ordered by id, with the named fields (all by default), ``id`` and ``version``.

    Ids of nobody are left out. Raises 404 for the database, 422 for a field that does not exist.
    """
    database = await get_database(tx, database_id)
    return await store.read_many(await tx.raw(), database, ids, fields_named(database, columns))


async def ask_person(tx: Tx, database: Database, profile_id: int, columns: Sequence[str]) -> Asked[Row | None]:
    """Ask for some fields of one profile together with other questions; ``None`` answers that it is nobody.

    ``database`` was read in this transaction. Raises 422 for a field that does not exist.
    """
    return await store.ask_one(tx, database, profile_id, fields_named(database, columns))


def fields_named(database: Database, names: Sequence[str] | None, pointer: str = "/columns") -> list[Field]:
    """Return the fields of these names, all when there are none; raise 422 for one that does not exist."""
    if names is None:
        return list(database.fields)
    missing = [name for name in names if database.field(name) is None and name not in ("id", "version")]
    if missing:
        raise invalid(*(FieldError(pointer, f"There is no field {name[:100]!r} in this database") for name in missing))
    return [database.by_name[name] for name in dict.fromkeys(names) if name not in ("id", "version")]


async def match_ids(tx: Tx, database_id: int, matching: str, keys: Iterable[Any]) -> dict[Any, int]:
    """Return the profile of each key that somebody has: ``{"a@b.co": 17}``.

    ``matching`` is ``profile_id email phone external_id`` or a field's name; keys are stored values (lower-case
    addresses, E.164 numbers; see ``read_key``). Of several profiles the lowest id is taken.
    """
    return await match.match_ids(await tx.raw(), await get_database(tx, database_id), matching, keys)


async def exists(tx: Tx, database_id: int, ids: Iterable[int]) -> BitMap:
    """Return which of these ids belong to somebody of the database."""
    return await match.existing(await tx.raw(), database_id, BitMap(ids))


async def all_ids(tx: Tx, database_id: int) -> BitMap:
    """Return the ids of everybody in a database."""
    return await match.all_ids(await tx.raw(), (await get_database(tx, database_id)).id)


async def profile_count(tx: Tx, database_id: int) -> int:
    """Return how many profiles a database has; raise 404."""
    return (await get_database(tx, database_id)).profile_count


async def counters(tx: Tx, database_id: int) -> dict[str, Any]:
    """Return exact counts: total, by status, values per field, subscriptions by resource, channel and status."""
    database = await get_database(tx, database_id)
    raw = await tx.raw()
    return {
        **await store.counters(raw, database),
        "subscriptions": await consent.counters(raw, database_id=database_id),
    }


async def create_profile(tx: Tx, actor: Actor, database_id: int, given: Mapping[str, Any], *, bare: bool = True) -> Row:
    """Add a profile from values by field name; raise 404, 409 (a unique value is taken) or 422.

    With ``bare=False`` one without a single value is refused as well.
    """
    database = await databases_store.open_for_write(tx, database_id)
    values, errors = rules.read_values(database, given, "")
    known = {name for name, value in values.items() if value is not None}
    errors += [e for e in rules.missing_errors(database, values, "") if e.pointer not in {x.pointer for x in errors}]
    if errors:
        raise invalid(*errors)
    if not bare and not known:
        raise invalid_field("", "Enter at least one address, number, id or other field: nobody could find this profile")
    last = await databases_store.lock_ids(tx, database_id)
    if last >= MAX_PROFILE_ID:
        raise conflict("This database has given away every profile id it can")
    await quota.require(tx, 1)
    profile_id = last + 1
    raw = await tx.raw()
    try:
        await store.insert(raw, database, profile_id, {name: values[name] for name in known}, tx.now)
    except psycopg.Error as exc:
        raise unstorable(database, exc) from None
    await databases_store.advance_ids(tx, database_id, 1)
    await quota.note(tx)
    tx.mark_dirty("profiles", database_id, [profile_id])
    tx.emit(EventOut(database_id, profile_id, "profile.created", tx.now, {"source": actor.kind}))
    found = await store.read(raw, database, profile_id)
    assert found is not None
    return found


async def change_profile(
    tx: Tx,
    actor: Actor,
    database_id: int,
    profile_id: int,
    change: rules.Change,
    version: int | None = None,
    *,
    source: str | None = None,
) -> Row:
    """Change fields of a profile; one that stays as it was keeps its version. ``source`` is what the event names.

    Raises 404; 409 when a unique value is taken, or ``version`` is given and is not the present one; 422.
    """
    database = await databases_store.open_for_write(tx, database_id)
    raw = await tx.raw()
    before = await store.read(raw, database, profile_id, lock=True) if 0 < profile_id <= MAX_PROFILE_ID else None
    if before is None:
        profile_id = await present_id(tx, database_id, profile_id)
        before = await store.read(raw, database, profile_id, lock=True)
    if before is None:
        raise not_found("Profile", profile_id)
    if version is not None and version != before["version"]:
        raise conflict(
            "Somebody has changed this profile since you read it",
            FieldError("/version", f"The present version is {before['version']}"),
        )
    changed, errors = rules.apply_change(database, before, change)
    if errors:
        raise invalid(*errors)
    if not changed:
        return before
    try:
        await store.update(raw, database, profile_id, changed, tx.now)
    except psycopg.Error as exc:
        raise unstorable(database, exc) from None
    tx.mark_dirty("profiles", database_id, [profile_id])
    properties = {"fields": sorted(changed), "source": source or actor.kind}
    tx.emit(EventOut(database_id, profile_id, "profile.updated", tx.now, properties))
    found = await store.read(raw, database, profile_id)
    assert found is not None
    return found


async def set_status(
    tx: Tx,
    actor: Actor,
    database_id: int,
    ids: Iterable[int],
    status: str,
    reason: str = "",
    *,
    source: str | None = None,
) -> BitMap:
    """Give many profiles a global status; return those that had another one.

    ``reason`` and ``source`` (by default what kind of actor it is) go into the ``profile.updated`` events. Raises 404,
    422.
    """
    if status not in STATUSES:
        raise invalid_field("/status", f"This must be one of: {', '.join(STATUSES)}")
    database = await databases_store.open_for_write(tx, database_id)
    changed = await store.set_status(await tx.raw(), database.id, ids, status, tx.now)
    if changed:
        tx.mark_dirty("profiles", database_id, changed)
        properties = {"fields": ["status"], "status": status, "source": source or actor.kind}
        await tx.emit_bulk(
            database_id, "profile.updated", changed, tx.now, {**properties, "reason": reason} if reason else properties
        )
    return changed


async def erase_profiles(tx: Tx, actor: Actor, database_id: int, ids: Iterable[int]) -> BitMap:
    """Erase people in both engines, with their subscriptions; return those that were there.

    A receipt remains (ids, who, when, how much of what). Their events leave ClickHouse with the next nightly run;
    questions do not find them from now on. Ids are never given again.
    """
    database = await databases_store.open_for_write(tx, database_id)
    await databases_store.lock_ids(tx, database_id)
    raw = await tx.raw()
    gone, subscriptions = await store.delete(raw, database.id, ids)
    if not gone:
        return gone
    removed = Counter({"profiles": len(gone), "subscriptions": subscriptions})
    erasers: Sequence[Eraser] = tx.engines.port(ERASERS)
    for eraser in erasers:
        removed.update(await eraser(tx, database_id, gone) or {})
    former = await merge_store.forget(raw, database_id, gone)
    files = await personal_store.forget(raw, database_id, gone)
    for key in files:  # gone before the receipt says so; a transaction that fails leaves rows without files
        Files(tx.engines.files).path(key).unlink(missing_ok=True)
    removed.update({"former_ids": sum(map(len, former.values())), "export_files": len(files)})
    await databases_store.count_removed(tx, database_id, len(gone))
    await quota.note(tx)
    everything = gone | former.pop(database_id, BitMap())
    details = {"removed": {name: count for name, count in removed.items() if count}}
    await store.insert_erasure(raw, database_id, everything, actor.key, tx.now, count=len(gone), details=details)
    for number, people in former.items():  # what comes late under an id they had elsewhere goes as well
        await store.insert_erasure(raw, number, people, actor.key, tx.now, count=len(people), details={"former": True})
    tx.mark_dirty("profiles", database_id, gone)
    tx.mark_dirty("subscriptions", database_id, gone)
    await audit(
        tx,
        actor,
        "profile.erased",
        kind="profile",
        object_id=gone[0] if len(gone) == 1 else None,
        name=f"{database.name}: {f'profile {gone[0]}' if len(gone) == 1 else f'{len(gone):,} profiles'}",
        before={"count": len(gone)},
    )
    return gone


async def erase_profile(tx: Tx, actor: Actor, database_id: int, profile_id: int) -> None:
    """Erase one person, also by an id that they had before a merge; raise 404 when there is none."""
    await get_database(tx, database_id)
    now = await present_id(tx, database_id, profile_id)
    if not await erase_profiles(tx, actor, database_id, [now]):
        raise not_found("Profile", profile_id)


def unstorable(database: Database, exc: psycopg.Error) -> Exception:
    """Turn what PostgreSQL refuses into a problem: 409 naming the field of a taken value, 422 for a row too large."""
    if isinstance(exc, psycopg.errors.ProgramLimitExceeded):
        return invalid(FieldError("", "The values of this profile are too many and too long together"))
    if not isinstance(exc, psycopg.errors.UniqueViolation):
        return exc
    found = _CONSTRAINT.match(exc.diag.constraint_name or "")
    column = found[1] if found else ""
    name = next((field.name for field in database.fields if field.column == column), column or "id")
    return conflict(f"Another profile has this {name} already", FieldError(f"/{name}", TAKEN))
