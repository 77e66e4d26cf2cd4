"""Queries on product segments: definitions, lists, runs, changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from pyroaring import BitMap
from sqlalchemy.dialects.postgresql import insert

from fidelia import conditions
from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest, cursor_id, encode_cursor
from fidelia.platform.listing import folded, or_never, sorted_rows
from fidelia.platform.postgres import Tx, as_struct
from fidelia.platform.schedules import Runs

from .model import Entity, ProductSchedule, ProductSegment, ProductSegmentChange, ProductSegmentRun
from .tables import product_segment, product_segment_list, product_segment_log, product_segment_run

_s, _l, _g = product_segment.c, product_segment_list.c, product_segment_log.c
_BASE = conditions.BASES["product_segment"]
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "name": folded(_s.name),
    "size": _s.size,
    "created_at": _s.created_at,
    "updated_at": _s.updated_at,
    "calculated_at": or_never(_s.calculated_at),
}
#: Finds rules that name a product segment.
NAMES_PRODUCTS = """jsonb_path_exists(condition, '$.** ? (@.kind == "member" && @.of.segment == $id
    && exists(@.subject) && @.subject != "profile")', :vars ::jsonb)"""

RUNS = Runs(
    product_segment_run,
    ProductSegmentRun,
    owner="segment_id",
    unsaid="The job ended before the list was stored",
    renamed={"left": "left_count"},
)


def number(segment_id: int) -> int:
    """Return under which number conditions find the list of a segment."""
    return _BASE + segment_id


def segment_of(list_number: int) -> int:
    """Undo :func:`number`."""
    return list_number - _BASE


# -- definitions ----------------------------------------------------------------------------------------------------


def as_segment(row: sa.Row[Any]) -> ProductSegment:
    """Read a row."""
    values = {name: getattr(row, name) for name in ProductSegment.__struct_fields__ if name != "limit"}
    values["condition"] = None if row.condition is None else conditions.decode(row.condition)
    values["schedule"] = None if row.schedule is None else msgspec.convert(row.schedule, ProductSchedule)
    return ProductSegment(**values, limit=row.most)


async def find(tx: Tx, segment_id: int, *, lock: bool = False) -> ProductSegment:
    """Return a segment, archived or not; raise 404."""
    stmt = sa.select(product_segment).where(_s.id == segment_id)
    row = await tx.first(stmt.with_for_update() if lock else stmt) if 0 < segment_id < 2**26 else None
    if row is None:
        raise not_found("Product segment", segment_id)
    return as_segment(row)


async def some(tx: Tx, ids: Collection[int]) -> list[ProductSegment]:
    """Return those of these that are not archived."""
    wanted = [id_ for id_ in ids if 0 < id_ < 2**26]
    stmt = sa.select(product_segment).where(_s.id.in_(wanted), _s.archived_at.is_(None)).order_by(_s.id)
    return [as_segment(row) for row in await tx.all(stmt)] if wanted else []


async def all_ids(tx: Tx) -> list[int]:
    """Return the ids of all segments that have a list."""
    return [row.segment_id for row in await tx.all(sa.select(_l.segment_id).order_by(_l.segment_id))]


async def names(tx: Tx) -> dict[Entity, dict[int, str]]:
    """Return the names of all segments that are not archived, by what they hold."""
    found: dict[Entity, dict[int, str]] = {"product": {}, "sku": {}}
    stmt = sa.select(_s.id, _s.entity, _s.name).where(_s.archived_at.is_(None)).order_by(sa.func.lower(_s.name))
    for row in await tx.all(stmt):
        found[row.entity][row.id] = row.name
    return found


async def add(tx: Tx, values: Mapping[str, object]) -> int:
    """Store a new segment and return its id."""
    stmt = sa.insert(product_segment).values({**values, "created_at": tx.now, "updated_at": tx.now})
    return int(await tx.scalar(stmt.returning(_s.id)))


async def update(tx: Tx, segment_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a segment."""
    await tx.execute(sa.update(product_segment).where(_s.id == segment_id).values(dict(values)))


async def page(
    tx: Tx, request: PageRequest, *, entity: str | None, type_: str | None, archived: bool
) -> Page[ProductSegment]:
    """Return a page of segments; ``q`` searches name and description."""
    where: list[sa.ColumnElement[bool]] = [_s.archived_at.is_not(None) if archived else _s.archived_at.is_(None)]
    if entity is not None:
        where.append(_s.entity == entity)
    if type_ is not None:
        where.append(_s.type == type_)
    if request.q:
        texts = (_s.name.icontains(request.q, autoescape=True), _s.description.icontains(request.q, autoescape=True))
        where.append(sa.or_(*texts))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(product_segment).where(*where))
    query = sa.select(product_segment).where(*where)
    rows, cursor = await sorted_rows(tx, query, request, sorts=_SORTS, key=_s.id, default="name")
    return Page([as_segment(row) for row in rows], cursor, total)


async def users_of(tx: Tx, segment_id: int) -> list[str]:
    """Return which segments, of people and of products, have rules that name a product segment."""
    found: list[str] = []
    for table, word in (("segment", "segment"), ("product_segment", "product segment")):
        stmt = sa.text(f"select name from {table} where archived_at is null and {NAMES_PRODUCTS} order by lower(name)")
        rows = await tx.all(stmt, {"vars": msgspec.json.encode({"id": segment_id}).decode()})
        found += [f"{word} {row.name}" for row in rows]
    return found


# -- lists ----------------------------------------------------------------------------------------------------------


async def members(tx: Tx, segment_id: int) -> BitMap:
    """Return what is on a list."""
    return (await lists(tx, [segment_id])).get(segment_id, BitMap())


async def lists(tx: Tx, ids: Iterable[int]) -> dict[int, BitMap]:
    """Return several lists."""
    stmt = sa.select(_l.segment_id, _l.members).where(_l.segment_id.in_(list(ids)))
    return {row.segment_id: BitMap.deserialize(bytes(row.members)) for row in await tx.all(stmt)}


async def versions(tx: Tx, ids: Iterable[int]) -> dict[int, int]:
    """Return the versions of several lists."""
    rows = await tx.all(sa.select(_l.segment_id, _l.version).where(_l.segment_id.in_(list(ids))))
    return {row.segment_id: row.version for row in rows}


async def replace(tx: Tx, segment_id: int, found: BitMap) -> None:
    """Store a list, raise its version, and have it written to ClickHouse."""
    packed = BitMap(found)
    packed.run_optimize()
    stmt = insert(product_segment_list).values(
        segment_id=segment_id, members=bytes(packed.serialize()), version=1, updated_at=tx.now
    )
    changed = {
        "members": stmt.excluded.members,
        "version": _l.version + 1,
        "updated_at": stmt.excluded.updated_at,
    }
    await tx.execute(stmt.on_conflict_do_update(index_elements=["segment_id"], set_=changed))
    tx.mark_dirty("segments", 0, [number(segment_id)])


# -- changes by hand ------------------------------------------------------------------------------------------------


async def note(tx: Tx, segment_id: int, **values: object) -> None:
    """Note a change of a static list."""
    await tx.execute(sa.insert(product_segment_log).values(segment_id=segment_id, at=tx.now, **values))


async def changes(tx: Tx, segment_id: int, request: PageRequest) -> Page[ProductSegmentChange]:
    """Return a page of changes, the newest first."""
    where = [_g.segment_id == segment_id]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(product_segment_log).where(*where))
    edge = cursor_id(request)
    if edge is not None:
        where.append(_g.id < edge)
    stmt = sa.select(product_segment_log, _g.left_count.label("left")).where(*where).order_by(_g.id.desc())
    rows = await tx.all(stmt.limit(request.limit + 1))
    items = [as_struct(row, ProductSegmentChange) for row in rows[: request.limit]]
    return Page(items, encode_cursor([items[-1].id]) if len(rows) > request.limit else None, total)
