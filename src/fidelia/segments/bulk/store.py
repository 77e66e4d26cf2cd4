"""Queries of bulk updates."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, or_none, sorted_rows
from fidelia.platform.postgres import Tx
from fidelia.profiles import BulkOperation, BulkReason, StepCount, Tally

from ..service.audience import restored
from ..store.members import packed
from .model import BulkFigure, BulkUpdate, RefusedRow
from .tables import bulk_update, bulk_update_refused

ACTIVE = ("queued", "running")
_b = bulk_update.c
_r = bulk_update_refused.c
#: What figures count, in bitmaps of its own name and ``_people``.
LISTED: tuple[BulkFigure, ...] = ("changed", "unchanged", "refused")
_LISTS = {name: _b[f"{name}_people"] for name in LISTED}
_SHOWN = [
    *(column for column in _b if not column.name.endswith("people")),
    *(column.is_not(None).label(f"{name}_known") for name, column in _LISTS.items()),
]
_FIGURES = ("changed", "unchanged", "refused", "gone", "events")
_decoder = msgspec.msgpack.Decoder(list[RefusedRow])


def as_bulk_update(row: Any) -> BulkUpdate:
    """Turn a row into what others see."""
    counts = row.steps or [[0, 0, 0] for _ in row.titles]
    steps = [
        StepCount(title=title, changed=changed, kept=kept, refused=refused)
        for title, (changed, kept, refused) in zip(row.titles, counts, strict=True)
    ]
    plain = {
        name: getattr(row, name) for name in BulkUpdate.__struct_fields__ if name not in ("people", "steps", "known")
    }
    return BulkUpdate(
        **{
            **plain,
            "people": row.total,
            "known": [name for name in LISTED if getattr(row, f"{name}_known")],
            "audience": restored(row.audience),
            "operations": msgspec.convert(row.operations, list[BulkOperation]),
            "steps": steps,
            "reasons": msgspec.convert(row.reasons, list[BulkReason]),
        }
    )


async def insert(tx: Tx, values: dict[str, Any]) -> int:
    """Note what was asked for; return its id."""
    stmt = sa.insert(bulk_update).values({**values, "state": "queued", "created_at": tx.now})
    return int(await tx.scalar(stmt.returning(_b.id)))


async def find(tx: Tx, bulk_id: int, *, lock: bool = False) -> Any:
    """Return the row of a bulk update without its people; raise 404."""
    stmt = sa.select(*_SHOWN).where(_b.id == bulk_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt) if 0 < bulk_id < 2**63 else None
    if row is None:
        raise not_found("Bulk update", bulk_id)
    return row


async def active(tx: Tx) -> list[BulkUpdate]:
    """Return the bulk updates that wait or work, locked; those that somebody is writing to are left out."""
    stmt = sa.select(*_SHOWN).where(_b.state.in_(ACTIVE)).order_by(_b.id).with_for_update(skip_locked=True)
    return [as_bulk_update(row) for row in await tx.all(stmt)]


async def people(tx: Tx, bulk_id: int) -> BitMap | None:
    """Return whom a bulk update is about; ``None`` while that is not known."""
    found = await tx.scalar(sa.select(_b.people).where(_b.id == bulk_id))
    return None if found is None else BitMap.deserialize(bytes(found))


async def set_people(tx: Tx, bulk_id: int, found: BitMap) -> None:
    """Freeze whom a bulk update is about; what is frozen already stays."""
    where = [_b.id == bulk_id, _b.people.is_(None)]
    await tx.execute(sa.update(bulk_update).where(*where).values(people=packed(found), total=len(found)))


async def update(tx: Tx, bulk_id: int, **values: Any) -> None:
    """Change columns of a bulk update."""
    await tx.execute(sa.update(bulk_update).where(_b.id == bulk_id).values(values))


async def listed(tx: Tx, bulk_id: int) -> dict[BulkFigure, BitMap]:
    """Return whom the figures of a bulk update count, as far as it is known; raise 404."""
    row = await tx.first(sa.select(*_LISTS.values()).where(_b.id == bulk_id))
    if row is None:
        raise not_found("Bulk update", bulk_id)
    return {
        name: BitMap.deserialize(bytes(found)) for name, found in zip(LISTED, row, strict=True) if found is not None
    }


async def advance(
    tx: Tx,
    row: Any,
    position: int,
    tally: Tally,
    reasons: list[BulkReason],
    refused: Sequence[RefusedRow],
    people: Mapping[BulkFigure, BitMap],
) -> Tally:
    """Add a chunk's figures and move the position behind it, in the transaction that wrote it; return the sums.

    ``people`` are those of the chunk; they are kept unless chunks before did not keep theirs.
    """
    before = dict.fromkeys(LISTED, BitMap()) if not row.position else await listed(tx, row.id)
    whole = Tally(people=row.done, **{name: getattr(row, name) for name in _FIGURES}, steps=row.steps)
    whole.add(tally)
    await update(
        tx,
        row.id,
        position=position,
        done=whole.people,
        steps=whole.steps,
        reasons=msgspec.to_builtins(reasons),
        **{name: getattr(whole, name) for name in _FIGURES},
        **{f"{name}_people": packed(known | people[name]) for name, known in before.items()},
    )
    if refused:
        number = sa.select(sa.func.coalesce(sa.func.max(_r.number), 0) + 1).where(_r.bulk_id == row.id)
        await tx.execute(
            sa.insert(bulk_update_refused).values(
                bulk_id=row.id,
                number=number.scalar_subquery(),
                people=packed(BitMap(r.profile_id for r in refused)),
                rows=_pack(refused),
            )
        )
    return whole


_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": _b.id,
    "what": folded(_b.titles[0].astext),
    "title": folded(_b.title),
    "state": _b.state,
    "people": or_none(_b.total),
    "changed": _b.changed,
    "refused": _b.refused,
    "actor": folded(_b.actor),
    "created_at": _b.created_at,
}


async def page(tx: Tx, database_id: int, request: PageRequest) -> Page[BulkUpdate]:
    """Return a page of a database's bulk updates, newest first if not sorted; ``q`` looks into the title."""
    where = [_b.database_id == database_id]
    if request.q:
        where.append(_b.title.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(bulk_update).where(*where))
    query = sa.select(*_SHOWN).where(*where)
    rows, cursor = await sorted_rows(tx, query, request, sorts=_SORTS, key=_b.id, default="-id")
    return Page([as_bulk_update(row) for row in rows], cursor, total)


async def next_refused(tx: Tx, bulk_id: int, after: int) -> tuple[int, list[RefusedRow]] | None:
    """Return the next block of refused people after a block, with its number."""
    stmt = sa.select(_r.number, _r.rows).where(_r.bulk_id == bulk_id, _r.number > after).order_by(_r.number).limit(1)
    row = await tx.first(stmt)
    return None if row is None else (row.number, _unpack(row.rows))


async def forget_rows(tx: Tx, before: datetime) -> None:
    """Remove who was refused by bulk updates that ended before a moment; the figures stay."""
    old = sa.select(_b.id).where(_b.finished_at < before)
    await tx.execute(sa.delete(bulk_update_refused).where(_r.bulk_id.in_(old)))
    known = (_b.finished_at < before, _b.refused_people.is_not(None))
    await tx.execute(sa.update(bulk_update).where(*known).values(refused_people=None))


async def forget_lists(tx: Tx, before: datetime) -> None:
    """Forget whom the figures of bulk updates count that ended before a moment."""
    known = (_b.finished_at < before, _b.changed_people.is_not(None))
    await tx.execute(sa.update(bulk_update).where(*known).values(changed_people=None, unchanged_people=None))


async def forget(tx: Tx, database_id: int, gone: BitMap) -> None:
    """Take erased people out of what is frozen and of what was refused."""
    await forget_listed(tx, database_id, gone, frozen=True)
    ids = sa.select(_b.id).where(_b.database_id == database_id)
    for row in await tx.all(sa.select(_r.bulk_id, _r.number, _r.people).where(_r.bulk_id.in_(ids))):
        there = BitMap.deserialize(bytes(row.people))
        if there & gone:
            await _without(tx, row.bulk_id, row.number, there - gone)


async def forget_listed(tx: Tx, database_id: int, gone: BitMap, *, frozen: bool = False) -> None:
    """Take people out of whom figures count, and out of whom a bulk update is about with ``frozen``."""
    columns = [*_LISTS.values(), *([_b.people] if frozen else [])]
    kept = sa.or_(*(column.is_not(None) for column in columns))
    mine = sa.select(_b.id, *columns).where(_b.database_id == database_id, kept)
    for row in await tx.all(mine.order_by(_b.id).with_for_update()):
        lists = {c.name: BitMap.deserialize(bytes(row._mapping[c.name])) for c in columns if row._mapping[c.name]}
        left = {name: packed(before - gone) for name, before in lists.items() if before.intersect(gone)}
        if left:
            await update(tx, row.id, **left)


async def _without(tx: Tx, bulk_id: int, number: int, left: BitMap) -> None:
    block = sa.and_(_r.bulk_id == bulk_id, _r.number == number)
    rows = _unpack(await tx.scalar(sa.select(_r.rows).where(block)))
    kept = _pack([row for row in rows if row.profile_id in left])
    await tx.execute(sa.update(bulk_update_refused).where(block).values(people=packed(left), rows=kept))


def _pack(rows: Sequence[RefusedRow]) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(list(rows)), 3)


def _unpack(block: bytes) -> list[RefusedRow]:
    return _decoder.decode(zlib.decompress(bytes(block)))
