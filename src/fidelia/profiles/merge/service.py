"""Merging: several profiles of one person become one. Everything in one transaction, and safe to ask for again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, conflict, invalid, not_found
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from .. import rules as profile_rules
from ..fields import Database
from ..service import quota
from ..service.profiles import unstorable
from ..store import databases as databases_store
from ..store import profiles as profiles_store
from . import rules, store
from .model import MERGERS, MergedFrom, MergeIn, MergeOut, Merger, MergeSource, Move, Person
from .rules import Side


class _Shown(Exception):
    """Ends the transaction of a preview, so that nothing of it stays."""


async def merge(tx: Tx, actor: Actor, database_id: int, wish: MergeIn) -> MergeOut:
    """Merge people into one, or show what that would give.

    Sources that have become the destination already are named in ``already`` and left alone, so that a repeated
    request changes nothing. Raises 404; 409 (a unique value is taken, an order exists twice); 422.
    """
    if not wish.preview:
        return await _merge(tx, actor, database_id, wish)
    found: MergeOut | None = None
    try:
        # The very same work in a transaction that is given up, so that a preview cannot differ from the merge.
        async with tx.engines.tx() as scratch:
            found = await _merge(scratch, actor, database_id, wish)
            raise _Shown
    except _Shown:
        assert found is not None
        return found


async def _merge(tx: Tx, actor: Actor, database_id: int, wish: MergeIn) -> MergeOut:
    raw = await tx.raw()
    into, sources, already = await _who(tx, database_id, wish)
    numbers = sorted({who.database_id for who in (into, *sources)})
    databases = {number: await databases_store.open_for_write(tx, number) for number in numbers}
    home = databases[into.database_id]
    data, errors = profile_rules.read_values(home, wish.data, "/data")
    if errors:
        raise invalid(*errors)
    for number in databases:
        await databases_store.lock_ids(tx, number)
    # Somebody may have merged the same people until the locks were ours.
    into, sources, already = await _who(tx, database_id, wish)
    if any(who.database_id not in databases for who in sources):
        raise conflict("Others are merging the same people at this moment; send it again")
    rows = {who: await _read(raw, databases[who.database_id], who) for who in sorted({into, *sources})}
    target = rows[into]
    sides = [Side(databases[s.database_id], rows[s]) for s in sources]
    wanted, conflicts = rules.combine(home, target, sides, data)
    errors = profile_rules.missing_errors(home, {**target, **wanted}, "/data")
    if errors:
        raise invalid(*errors)
    if not sources and not wanted:
        card = rules.plain(target)
        return MergeOut(
            merge_id=None, profile=card, conflicts=conflicts, moved={}, already=already, preview=wish.preview
        )
    options = {
        "subscriptions": wish.subscriptions,
        "history": wish.history,
        "static_segments": wish.static_segments,
        "skip_triggers": wish.skip_triggers,
    }
    merge_id = await store.insert_merge(raw, "merge", into, options, {}, actor.name, tx.now)
    moved = await _move(tx, actor, into, sources, wish)
    await _replace(tx, home, into, sides, wanted or {"status": target["status"]})
    before = {s: rules.plain(rows[s]) for s in sources}
    await store.insert_aliases(raw, merge_id, into, before, history=wish.history)
    result = {**target, **wanted}
    known = rules.identities(home, [Side(home, target), *sides], result)
    await store.move_identities(raw, into, sources, known)
    _project(tx, into, sources, history=wish.history)
    if not wish.skip_triggers:
        properties = {"fields": sorted(wanted), "source": actor.kind, "merged": [s.profile_id for s in sources]}
        tx.emit(EventOut(into.database_id, into.profile_id, "profile.updated", tx.now, properties))
    summary = {"sources": [[s.database_id, s.profile_id] for s in sources], "moved": moved}
    await store.set_summary(raw, merge_id, summary)
    await audit(
        tx,
        actor,
        "profile.merged",
        kind="profile",
        object_id=into.profile_id,
        name=f"{home.name}: profile {into.profile_id}",
        before={"sources": [f"{databases[s.database_id].name}: profile {s.profile_id}" for s in sources]},
        after={**options, "moved": moved},
    )
    found = await profiles_store.read(raw, home, into.profile_id)
    assert found is not None
    return MergeOut(
        merge_id=None if wish.preview else merge_id,
        profile=found,
        conflicts=conflicts,
        moved=moved,
        already=already,
        preview=wish.preview,
    )


async def _who(tx: Tx, database_id: int, wish: MergeIn) -> tuple[Person, list[Person], list[Person]]:
    """Return the destination, the sources as they are now, and those that are the destination already."""
    asked = [
        Person(s.database_id or database_id, s.profile_id) if isinstance(s, MergeSource) else Person(database_id, s)
        for s in wish.sources
    ]
    into = Person(database_id, wish.destination)
    if not await databases_store.has_table(tx, database_id):
        raise not_found("Database", database_id)
    now = await store.became(await tx.raw(), {into, *asked})
    if into in asked:
        n = asked.index(into)
        raise invalid(FieldError(f"/sources/{n}", "Nobody can be merged into themselves"))
    into = now.get(into, into)
    if into.database_id != database_id:
        raise not_found("Profile", wish.destination)
    present = {s: now.get(s, s) for s in asked}
    already = sorted({s for s, is_now in present.items() if is_now == into})
    return into, list(dict.fromkeys(is_now for is_now in present.values() if is_now != into)), already


async def _read(raw: psycopg.AsyncConnection[Any], database: Database, who: Person) -> profiles_store.Row:
    found = await profiles_store.read(raw, database, who.profile_id, lock=True)
    if found is None:
        raise not_found("Profile", who.profile_id)
    return found


async def _move(tx: Tx, actor: Actor, into: Person, sources: Sequence[Person], wish: MergeIn) -> dict[str, int]:
    """Move what belongs to the sources, in this capability and in the others."""
    raw = await tx.raw()
    moved: dict[str, int] = {}
    for source in sources:
        count, left = await store.move_subscriptions(raw, into, source, tx.now, keep=wish.subscriptions)
        for name, n in (("subscriptions", count), ("subscriptions_left", left)):
            if n:
                moved[name] = moved.get(name, 0) + n
    move = Move(
        destination=into,
        sources=tuple(sources),
        segments=wish.static_segments,
        triggers=not wish.skip_triggers,
        actor=actor.name,
    )
    mergers: Sequence[Merger] = tx.engines.port(MERGERS)
    for merger in mergers:
        counts: Mapping[str, int] = await merger(tx, move)
        for name, n in counts.items():
            if n:
                moved[name] = moved.get(name, 0) + n
    return moved


async def _replace(tx: Tx, home: Database, into: Person, sides: Sequence[Side], wanted: Mapping[str, Any]) -> None:
    """Remove the rows of the sources, then give the destination its values: what was theirs is free to take."""
    raw = await tx.raw()
    gone: dict[int, list[int]] = {}
    for side in sides:
        gone.setdefault(side.database.id, []).append(side.profile_id)
    for number, ids in gone.items():
        await store.delete_people(raw, number, ids)
        await databases_store.count_removed(tx, number, len(ids))
    await quota.note(tx)
    try:
        await profiles_store.update(raw, home, into.profile_id, wanted, tx.now)
    except psycopg.Error as exc:
        raise unstorable(home, exc) from None


def _project(tx: Tx, into: Person, sources: Sequence[Person], *, history: bool) -> None:
    gone: dict[int, BitMap] = {}
    for source in sources:
        gone.setdefault(source.database_id, BitMap()).add(source.profile_id)
    for stream in ("profiles", "subscriptions"):
        tx.mark_dirty(stream, into.database_id, [into.profile_id])
        for number, ids in gone.items():
            tx.mark_dirty(stream, number, ids)
    if history:
        for number, ids in gone.items():
            tx.mark_dirty("merges", number, ids)


async def merged_from(tx: Tx, database_id: int, profile_id: int) -> list[MergedFrom]:
    """Return whom a profile was merged from, the latest first."""
    return await store.merged_from(await tx.raw(), Person(database_id, profile_id))
