"""Queries on stored members and on the log of changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.dialects.postgresql import insert

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, cursor_id, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import SegmentLogEntry
from ..tables import segment, segment_bitmap, segment_erasure, segment_log

_l = segment_log.c


async def members(tx: Tx, segment_id: int) -> BitMap:
    """Return the stored members; nobody when none were ever stored."""
    found = await tx.scalar(sa.select(segment_bitmap.c.members).where(segment_bitmap.c.segment_id == segment_id))
    return BitMap() if found is None else BitMap.deserialize(bytes(found))


async def members_of(tx: Tx, ids: Iterable[int]) -> dict[int, BitMap]:
    """Return the stored members of several segments."""
    rows = await tx.all(
        sa.select(segment_bitmap.c.segment_id, segment_bitmap.c.members).where(segment_bitmap.c.segment_id.in_(ids))
    )
    return {row.segment_id: BitMap.deserialize(bytes(row.members)) for row in rows}


async def ever(tx: Tx, segment_id: int) -> BitMap:
    """Return everybody who was ever on a list, those on it now included."""
    found = await tx.scalar(sa.select(segment_bitmap.c.ever).where(segment_bitmap.c.segment_id == segment_id))
    return BitMap() if found is None else BitMap.deserialize(bytes(found))


async def lists_with_version(tx: Tx, ids: Iterable[int]) -> dict[int, tuple[int, BitMap, BitMap]]:
    """Return of several segments the version, who is on the list, and who ever was."""
    rows = await tx.all(sa.select(segment_bitmap).where(segment_bitmap.c.segment_id.in_(list(ids))))
    return {
        row.segment_id: (row.version, BitMap.deserialize(bytes(row.members)), BitMap.deserialize(bytes(row.ever)))
        for row in rows
    }


async def versions(tx: Tx, ids: Iterable[int]) -> dict[int, int]:
    """Return the versions of the lists of several segments."""
    c = segment_bitmap.c
    rows = await tx.all(sa.select(c.segment_id, c.version).where(c.segment_id.in_(list(ids))))
    return {row.segment_id: row.version for row in rows}


async def replace(tx: Tx, segment_id: int, found: BitMap, ever: BitMap) -> None:
    """Store who is on a list and who ever was, and raise the version of the list."""
    stmt = insert(segment_bitmap).values(
        segment_id=segment_id, members=packed(found), ever=packed(ever), version=1, updated_at=tx.now
    )
    await tx.execute(
        stmt.on_conflict_do_update(
            index_elements=["segment_id"],
            set_={
                "members": stmt.excluded.members,
                "ever": stmt.excluded.ever,
                "version": segment_bitmap.c.version + 1,
                "updated_at": stmt.excluded.updated_at,
            },
        )
    )


def packed(found: BitMap) -> bytes:
    """Return the bytes of a list, as few as it takes."""
    copy = BitMap(found)
    copy.run_optimize()
    return bytes(copy.serialize())


async def lists_of(tx: Tx, database_id: int) -> list[int]:
    """Return the segments of a database that have a stored list, locked, archived ones too."""
    rows = await tx.all(
        sa.select(segment.c.id)
        .where(segment.c.database_id == database_id, segment.c.type != "dynamic")
        .order_by(segment.c.id)
        .with_for_update()
    )
    return [row.id for row in rows]


async def note_erasure(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Remember who was erased, for lists that are being worked out at this moment."""
    await tx.execute(sa.insert(segment_erasure).values(database_id=database_id, at=tx.now, people=gone.serialize()))


async def erased_since(tx: Tx, database_id: int, since: datetime) -> BitMap:
    """Return who was erased from a database since a moment; ids are never given again."""
    c = segment_erasure.c
    rows = await tx.all(sa.select(c.people).where(c.database_id == database_id, c.at >= since))
    return BitMap.union(*(BitMap.deserialize(bytes(row.people)) for row in rows)) if rows else BitMap()


async def erasures(tx: Tx, since: datetime) -> dict[int, BitMap]:
    """Return who was erased since a moment, by database."""
    found: dict[int, BitMap] = {}
    c = segment_erasure.c
    for row in await tx.all(sa.select(c.database_id, c.people).where(c.at >= since)):
        found.setdefault(row.database_id, BitMap()).update(BitMap.deserialize(bytes(row.people)))
    return found


async def purge_erasures(tx: Tx, before: datetime) -> None:
    """Forget erasures that no list in the making can have missed."""
    await tx.execute(sa.delete(segment_erasure).where(segment_erasure.c.at < before))


async def append_log(
    tx: Tx,
    segment_id: int,
    *,
    action: str,
    source: str,
    actor: str,
    entered: int,
    left: int,
    size: int,
    changed: BitMap,
    note: str = "",
) -> None:
    """Write one line of the log."""
    await tx.execute(
        sa.insert(segment_log).values(
            segment_id=segment_id,
            at=tx.now,
            action=action,
            source=source,
            actor=actor,
            entered=entered,
            left_count=left,
            size=size,
            note=note,
            members=packed(changed),
        )
    )


async def forget_in_log(tx: Tx, segment_id: int, gone: BitMap) -> None:
    """Take people out of the lists that the log keeps; its figures stay."""
    for row in await tx.all(sa.select(_l.id, _l.members).where(_l.segment_id == segment_id)):
        before = BitMap.deserialize(bytes(row.members))
        if before & gone:
            stmt = sa.update(segment_log).where(_l.id == row.id).values(members=(before - gone).serialize())
            await tx.execute(stmt)


async def log_page(tx: Tx, segment_id: int, request: PageRequest) -> Page[SegmentLogEntry]:
    """Return a page of the log, newest first."""
    where = [_l.segment_id == segment_id]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(segment_log).where(*where))
    before = cursor_id(request)
    if before is not None:
        where.append(_l.id < before)
    columns = [column for column in _l if column.name != "members"]
    rows = await tx.all(sa.select(*columns).where(*where).order_by(_l.id.desc()).limit(request.limit + 1))
    items = [
        SegmentLogEntry(
            id=row.id,
            segment_id=row.segment_id,
            at=row.at,
            action=row.action,
            source=row.source,
            actor=row.actor,
            entered=row.entered,
            left=row.left_count,
            size=row.size,
            note=row.note,
        )
        for row in rows[: request.limit]
    ]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)


async def log_people(tx: Tx, segment_id: int, log_id: int) -> BitMap:
    """Return who entered or left by one change; raise 404."""
    found = await tx.scalar(sa.select(_l.members).where(_l.id == log_id, _l.segment_id == segment_id))
    if found is None:
        raise not_found("Change", log_id)
    return BitMap.deserialize(bytes(found))


def nobody() -> BitMap:
    """Return an empty list."""
    return BitMap()
