"""What segments keep about people who are merged or split (ports of profiles)."""

from __future__ import annotations

from collections.abc import Mapping

from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.outbox import EventOut
from fidelia.platform.postgres import Tx

from ..control import service as control
from ..store import members as members_store
from ..store import segments as store


async def merge_people(tx: Tx, move: profiles.Move) -> Mapping[str, int]:
    """Take the sources out of every list; with ``segments`` the destination enters the static ones in their place.

    An updatable list decides about the destination when it is recalculated.
    """
    changed = 0
    gone: dict[int, BitMap] = {}
    for source in move.sources:
        gone.setdefault(source.database_id, BitMap()).add(source.profile_id)
    for database_id, people in gone.items():
        await control.forget_people(tx, database_id, people)
        here = database_id == move.destination.database_id
        for segment_id in await members_store.lists_of(tx, database_id):
            before, ever = await members_store.members(tx, segment_id), await members_store.ever(tx, segment_id)
            if not (before | ever) & people:
                continue
            segment = await store.get(tx, segment_id)
            after = before - people
            destination = BitMap([move.destination.profile_id] if here else [])
            if before & people and move.segments and segment.type == "static":
                after |= destination
            ever = (ever - people) | after | (destination if ever & people else BitMap())
            await _store(tx, segment_id, database_id, before, after, ever, move.actor, "Profiles were merged")
            changed += before != after
            if move.triggers and move.destination.profile_id in after - before:
                _entered(tx, database_id, move.destination.profile_id, segment_id)
    return {"segments": changed}


async def split_people(tx: Tx, part: profiles.Part) -> Mapping[str, int]:
    """Let a part enter the static segments that the source is in."""
    entered = 0
    if not part.segments:
        return {}
    for segment_id in await members_store.lists_of(tx, part.source.database_id):
        before = await members_store.members(tx, segment_id)
        if part.source.profile_id not in before or part.part.profile_id in before:
            continue
        segment = await store.get(tx, segment_id)
        if segment.type != "static":
            continue
        after = before | BitMap([part.part.profile_id])
        ever = await members_store.ever(tx, segment_id) | after
        await _store(tx, segment_id, part.source.database_id, before, after, ever, part.actor, "A profile was split")
        entered += 1
        if part.triggers:
            _entered(tx, part.source.database_id, part.part.profile_id, segment_id)
    return {"segments": entered}


async def _store(
    tx: Tx, segment_id: int, database_id: int, before: BitMap, after: BitMap, ever: BitMap, actor: str, note: str
) -> None:
    await members_store.replace(tx, segment_id, after, ever)
    await store.set_size(tx, segment_id, len(after))
    tx.mark_dirty("segments", database_id, [segment_id])
    entered, left = after - before, before - after
    if not entered and not left:
        return
    await members_store.append_log(
        tx,
        segment_id,
        action="add" if entered else "remove",
        source="system",
        actor=actor,
        entered=len(entered),
        left=len(left),
        size=len(after),
        changed=entered | left,
        note=note,
    )


def _entered(tx: Tx, database_id: int, profile_id: int, segment_id: int) -> None:
    properties = {"segment": segment_id, "source": "system"}
    tx.emit(EventOut(database_id, profile_id, "segment.entered", tx.now, properties))
