"""Queries on definitions of segments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia import conditions
from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx
from fidelia.platform.tags import TagCount

from ..model import Segment, SegmentRange, SegmentSchedule
from ..tables import TAGS, segment

_s = segment.c
_READ = sa.select(segment, TAGS.names())
_NAMES_SEGMENT = """jsonb_path_exists(condition, '$.** ? (@.kind == "member" && @.of.segment == $id
    && (!exists(@.subject) || @.subject == "profile"))', :vars ::jsonb)"""
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": sa.func.lower(_s.name),
    "size": sa.func.coalesce(_s.size, -1),
    "created_at": _s.created_at,
    "updated_at": _s.updated_at,
    "calculated_at": sa.func.coalesce(_s.calculated_at, _NEVER),
    "id": _s.id,
}


def as_segment(row: sa.Row[Any]) -> Segment:
    """Read a row."""
    return Segment(
        id=row.id,
        database_id=row.database_id,
        name=row.name,
        description=row.description,
        type=row.type,
        condition=None if row.condition is None else conditions.decode(row.condition),
        range=None if row.sample is None else msgspec.convert(row.sample, SegmentRange),
        limit=row.most,
        schedule=None if row.schedule is None else msgspec.convert(row.schedule, SegmentSchedule),
        tags=tuple(row.tags),
        next_run_at=row.next_run_at,
        size=row.size,
        calculated_at=row.calculated_at,
        version=row.version,
        archived_at=row.archived_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


async def find(tx: Tx, segment_id: int, *, lock: bool = False) -> Segment | None:
    """Return a segment, archived or not, or ``None``; ``lock`` lets nobody else change it."""
    stmt = _READ.where(_s.id == segment_id)
    row = await tx.first(stmt.with_for_update(of=segment) if lock else stmt)
    return None if row is None else as_segment(row)


async def get(tx: Tx, segment_id: int, *, lock: bool = False) -> Segment:
    """Return a segment; raise 404."""
    found = await find(tx, segment_id, lock=lock)
    if found is None:
        raise not_found("Segment", segment_id)
    return found


async def some(tx: Tx, ids: Iterable[int], *, lock: bool = False) -> list[Segment]:
    """Return these segments, archived ones too; ``lock`` lets nobody else change them."""
    stmt = _READ.where(_s.id.in_(list(ids))).order_by(_s.id)
    return [as_segment(row) for row in await tx.all(stmt.with_for_update(of=segment) if lock else stmt)]


async def of_database(tx: Tx, database_id: int) -> list[Segment]:
    """Return every segment of a database that is not archived, by name."""
    stmt = _READ.where(_s.database_id == database_id, _s.archived_at.is_(None))
    return [as_segment(row) for row in await tx.all(stmt.order_by(sa.func.lower(_s.name)))]


async def users_of(tx: Tx, segment_id: int) -> list[str]:
    """Return the names of segments whose rules refer to a segment themselves."""
    stmt = sa.select(_s.name).where(
        _s.archived_at.is_(None),
        _s.id != segment_id,
        sa.text(_NAMES_SEGMENT),
    )
    rows = await tx.all(stmt.order_by(_s.name), {"vars": msgspec.json.encode({"id": segment_id}).decode()})
    return [row.name for row in rows]


async def page(
    tx: Tx,
    request: PageRequest,
    *,
    database_id: int | None,
    type_: str | None,
    archived: bool,
    tags: Collection[str] = (),
) -> Page[Segment]:
    """Return a page of segments; ``q`` searches name and description, or is an id."""
    where: list[sa.ColumnElement[bool]] = [_s.archived_at.is_not(None) if archived else _s.archived_at.is_(None)]
    if database_id is not None:
        where.append(_s.database_id == database_id)
    if type_ is not None:
        where.append(_s.type == type_)
    if tags:
        where.append(TAGS.carries(tags))
    if request.q:
        text = sa.or_(
            _s.name.icontains(request.q, autoescape=True), _s.description.icontains(request.q, autoescape=True)
        )
        number = request.q.lstrip("#")
        where.append(
            sa.or_(text, _s.id == int(number)) if number.isdecimal() and number.isascii() and len(number) < 9 else text
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(segment).where(*where))
    name = request.sort_key(tuple(_SORTS), "name")
    key = _SORTS[name]
    if request.cursor is not None:
        position = sa.tuple_(*_cursor(request.cursor, name, key))
        at = sa.tuple_(key, _s.id)
        where.append(at < position if request.descending else at > position)
    order = (key.desc(), _s.id.desc()) if request.descending else (key, _s.id)
    rows = await tx.all(
        _READ.add_columns(key.label("sort_key")).where(*where).order_by(*order).limit(request.limit + 1)
    )
    items = [as_segment(row) for row in rows[: request.limit]]
    cursor = None
    if len(rows) > request.limit:
        last = rows[request.limit - 1]
        value = last.sort_key.isoformat() if isinstance(last.sort_key, datetime) else last.sort_key
        cursor = encode_cursor([value, last.id])
    return Page(items, cursor, total)


def _cursor(cursor: list[Any], name: str, key: sa.ColumnElement[Any]) -> tuple[sa.ColumnElement[Any], ...]:
    """Read a position in the list; raise 422 when it is none of this order."""
    try:
        value, id_ = cursor
        if name.endswith("_at"):
            value = datetime.fromisoformat(value)
        elif not isinstance(value, str if name == "name" else int):
            raise ValueError
        return sa.literal(value, key.type), sa.literal(int(id_))
    except (ValueError, TypeError) as exc:
        raise invalid_field("/cursor", "This cursor is not one that this list has returned") from exc


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new segment; return its id. Raises the driver's unique violation for a name that is taken."""
    stmt = sa.insert(segment).values(**values, created_at=tx.now, updated_at=tx.now).returning(_s.id)
    return int(await tx.scalar(stmt))


async def update(tx: Tx, segment_id: int, values: Mapping[str, Any]) -> None:
    """Change a definition and raise its version."""
    await tx.execute(
        sa.update(segment).where(_s.id == segment_id).values(**values, version=_s.version + 1, updated_at=tx.now)
    )


async def set_figures(tx: Tx, segment_id: int, size: int, at: datetime) -> None:
    """Note how many there were at a moment; the definition stays as it is."""
    await tx.execute(sa.update(segment).where(_s.id == segment_id).values(size=size, calculated_at=at))


async def fingerprints(tx: Tx, ids: Iterable[int], since: datetime) -> dict[int, str]:
    """Return what lists were worked out from, of those for which it was noted since a moment."""
    where = [_s.id.in_(list(ids)), _s.fingerprint.is_not(None), _s.fingerprint_at >= since]
    return {row.id: row.fingerprint for row in await tx.all(sa.select(_s.id, _s.fingerprint).where(*where))}


async def set_fingerprint(tx: Tx, segment_id: int, fingerprint: str, at: datetime) -> None:
    """Note what a list was worked out from."""
    values = {"fingerprint": fingerprint, "fingerprint_at": at}
    await tx.execute(sa.update(segment).where(_s.id == segment_id).values(**values))


async def forget_fingerprints(tx: Tx, database_id: int) -> None:
    """Have every list of a database worked out anew at its next turn."""
    await tx.execute(sa.update(segment).where(_s.database_id == database_id).values(fingerprint=None))


async def set_size(tx: Tx, segment_id: int, size: int) -> None:
    """Correct how many there are; the moment of the last calculation stays."""
    await tx.execute(sa.update(segment).where(_s.id == segment_id).values(size=size))


async def set_next_run(tx: Tx, segment_id: int, at: datetime | None) -> None:
    """Note when a segment is due next."""
    await tx.execute(sa.update(segment).where(_s.id == segment_id).values(next_run_at=at))


async def due(tx: Tx) -> list[Segment]:
    """Return the updatable segments whose time has come, locked against another process that looks for them."""
    stmt = _READ.where(_s.next_run_at <= tx.now, _s.archived_at.is_(None), _s.type == "updatable")
    rows = await tx.all(stmt.order_by(_s.next_run_at, _s.id).with_for_update(of=segment, skip_locked=True))
    return [as_segment(row) for row in rows]


async def another_of_name(tx: Tx, database_id: int, name: str, own: int | None) -> bool:
    """Tell whether another segment of the database has this name, in any case."""
    stmt = sa.select(_s.id).where(
        _s.database_id == database_id, sa.func.lower(_s.name) == name.lower(), _s.archived_at.is_(None)
    )
    return await tx.first(stmt.where(_s.id != (own or 0))) is not None


async def names(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Return the names of segments, archived ones too (a port of events)."""
    return {row.id: row.name for row in await tx.all(sa.select(_s.id, _s.name).where(_s.id.in_(ids)))}


async def tag_counts(tx: Tx, database_id: int | None) -> list[TagCount]:
    """Return the tags of segments that are not archived, of one database or of all."""
    own = [] if database_id is None else [_s.database_id == database_id]
    return await TAGS.counts(tx, _s.archived_at.is_(None), *own)
