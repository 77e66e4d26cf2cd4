"""Stored lists: read, changed by hand or program, swapped by a filling. Entering and leaving go to the history."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from pyroaring import BitMap

from fidelia import profiles
from fidelia.access import Actor
from fidelia.kernel.errors import conflict, invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.postgres import Tx

from ..model import Segment, Source
from ..store import exports as exports_store
from ..store import members as members_store
from ..store import segments as store

MAX_IDS = 100_000
_SOURCES: dict[str, Source] = {"user": "hand", "cli": "hand", "token": "api", "system": "system"}


class Added(msgspec.Struct, frozen=True):
    """What became of the ids: ``unknown`` ones belong to nobody in the database."""

    added: int
    already: int
    unknown: list[int]


class Removed(msgspec.Struct, frozen=True):
    """What became of the ids: ``absent`` ones were not in the segment, ``unknown`` ones belong to nobody."""

    removed: int
    absent: int
    unknown: list[int]


async def members(tx: Tx, segment_id: int) -> BitMap:
    """Return the stored list of a static or updatable segment, as a bitmap of one's own.

    Raises 404; 409 for a dynamic segment, which stores nobody.
    """
    segment = await store.get(tx, segment_id)
    if segment.type == "dynamic":
        raise conflict(f"The segment {segment.name} is dynamic and stores nobody: work it out")
    return await members_store.members(tx, segment_id)


async def add_members(
    tx: Tx, actor: Actor, segment_id: int, ids: Iterable[int], *, source: Source | None = None, triggers: bool = True
) -> Added:
    """Add people to a static segment; ``triggers=False`` writes no events.

    ``source`` says where they come from when it is not the actor's own doing (``import``). Raises 404, 409 (not a
    static segment, or archived), 422.
    """
    wanted = _wanted(ids)
    segment, before = await _editable(tx, segment_id)
    known = await profiles.exists(tx, segment.database_id, wanted)
    if became := await profiles.resolve(tx, segment.database_id, wanted - known):
        wanted = (wanted - BitMap(became)) | BitMap(became.values())
        known |= BitMap(became.values())
    entered = known - before
    await _edit(tx, actor, segment, before, before | entered, "add", source, triggers)
    return Added(len(entered), len(known & before), list(wanted - known))


async def remove_members(
    tx: Tx, actor: Actor, segment_id: int, ids: Iterable[int], *, source: Source | None = None, triggers: bool = True
) -> Removed:
    """Take people out of a static segment; see :func:`add_members`."""
    wanted = _wanted(ids)
    segment, before = await _editable(tx, segment_id)
    left = wanted & before
    rest = wanted - left
    known = await profiles.exists(tx, segment.database_id, rest)
    await _edit(tx, actor, segment, before, before - left, "remove", source, triggers)
    return Removed(len(left), len(known), list(rest - known))


async def add_import(
    tx: Tx, actor: Actor, segment_id: int, import_id: int, *, replace: bool = False, triggers: bool = True
) -> Added:
    """Add everybody whom the rows of a finished import were about. Raises 404, 409, 422 (another database).

    ``replace``: everybody else leaves the list.
    """
    segment, before = await _editable(tx, segment_id)
    done = await profiles.get_import(tx, import_id)
    if done.database_id != segment.database_id:
        raise invalid_field("/import", f"The import {done.file_name} went to another database")
    wanted = await profiles.import_people(tx, import_id)
    known = await profiles.exists(tx, segment.database_id, wanted)
    note = f"Import {done.file_name}"
    after, action = (known, "fill") if replace else (before | known, "add")
    await _edit(tx, actor, segment, before, after, action, "import", triggers, note)
    return Added(len(known - before), len(known & before), list(wanted - known))


async def copy_members(tx: Tx, actor: Actor, segment_id: int, found: BitMap, note: str, *, triggers: bool) -> Added:
    """Add the people of another list of the same database to a static segment. Raises 404, 409."""
    segment, before = await _editable(tx, segment_id)
    await _edit(tx, actor, segment, before, before | found, "add", None, triggers, note)
    return Added(len(found - before), len(found & before), [])


async def clear(tx: Tx, actor: Actor, segment_id: int, *, triggers: bool = True) -> int:
    """Take everybody out of a static segment; return how many there were. Raises 404, 409."""
    segment, before = await _editable(tx, segment_id)
    await _edit(tx, actor, segment, before, BitMap(), "clear", None, triggers)
    return len(before)


async def swap(
    tx: Tx, segment: Segment, before: BitMap, after: BitMap, *, source: str, by: str, triggers: bool
) -> tuple[BitMap, BitMap]:
    """Put a list in place of the one before; return who entered and who left. The segment must be locked.

    With ``triggers`` everybody who entered or left gets an event (``source``: ``hand api import recalculation fill``
    …, ``by``: who did it), each kind as one row that ClickHouse expands. Who was ever on the list is kept either way.
    """
    entered, left = after - before, before - after
    await store.set_figures(tx, segment.id, len(after), tx.now)
    if entered or left:
        ever = await members_store.ever(tx, segment.id) | after
        await members_store.replace(tx, segment.id, after, ever)
        tx.mark_dirty("segments", segment.database_id, [segment.id])
    if triggers:
        properties = {"segment": segment.id, "source": source, "by": by}
        for type_, who in (("segment.entered", entered), ("segment.left", left)):
            if who:
                await tx.emit_bulk(segment.database_id, type_, who, tx.now, properties)
    return entered, left


async def forget_people(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out of every list of a database and its log (a port of profiles).

    They are noted for lists that are being worked out at this moment, and for what runs keep of who entered and left,
    which is cleared by ``upkeep`` and read without them until then.
    """
    await members_store.note_erasure(tx, database_id, gone)
    for segment_id in await members_store.lists_of(tx, database_id):
        before, ever = await members_store.members(tx, segment_id), await members_store.ever(tx, segment_id)
        if ever & gone or before & gone:
            await members_store.replace(tx, segment_id, before - gone, ever - gone)
            await store.set_size(tx, segment_id, len(before - gone))
            tx.mark_dirty("segments", database_id, [segment_id])
        await members_store.forget_in_log(tx, segment_id, gone)
    await exports_store.forget(tx, database_id, gone)


def refuse_unless_static(segment: Segment) -> None:
    """Raise 409 with the reason unless a segment is a list that may be changed."""
    if segment.archived_at is not None:
        raise conflict(f"The segment {segment.name} is archived: restore it first")
    if segment.type == "updatable":
        raise conflict(
            f"The segment {segment.name} is updatable: only its rules decide who is in it. "
            "Change the rules, or make a static segment"
        )
    if segment.type == "dynamic":
        raise conflict(f"The segment {segment.name} is dynamic: it stores nobody and is worked out each time")


def source_of(actor: Actor) -> Source:
    """Return the word for who changes a list."""
    return _SOURCES[actor.kind]


async def _editable(tx: Tx, segment_id: int) -> tuple[Segment, BitMap]:
    segment = await store.get(tx, segment_id, lock=True)
    refuse_unless_static(segment)
    return segment, await members_store.members(tx, segment_id)


def _wanted(ids: Iterable[int]) -> BitMap:
    given = list(ids)
    if len(given) > MAX_IDS:
        raise invalid_field("/profile_ids", f"Give {MAX_IDS:,} ids at most")
    for n, id_ in enumerate(given):
        if not 0 < id_ <= MAX_PROFILE_ID:
            raise invalid_field(f"/profile_ids/{n}", f"{id_} is not a profile id")
    return BitMap(given)


async def _edit(
    tx: Tx,
    actor: Actor,
    segment: Segment,
    before: BitMap,
    after: BitMap,
    action: str,
    source: Source | None,
    triggers: bool,
    note: str = "",
) -> None:
    where = source or source_of(actor)
    entered, left = await swap(tx, segment, before, after, source=where, by=actor.name, triggers=triggers)
    if entered or left:
        await members_store.append_log(
            tx,
            segment.id,
            action=action,
            source=where,
            actor=actor.name,
            entered=len(entered),
            left=len(left),
            size=len(after),
            changed=entered | left,
            note=note,
        )
