"""Queries of promotions, their versions and their log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx, as_struct

from ..model import Kind, PromotionLogEntry, State
from ..tables import promotion, promotion_log, promotion_version

_p, _v, _l = promotion.c, promotion_version.c, promotion_log.c


class PromotionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion as it is stored."""

    id: int
    program_id: int
    external_id: str | None
    kind: Kind
    state: State
    place: int
    versions: int
    revision: int
    created_at: datetime
    updated_at: datetime


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A version as it is stored; a draft has no ``published_at``."""

    promotion_id: int
    number: int
    definition: dict[str, Any]
    sentence: str
    author: str
    published_at: datetime | None
    effective_at: datetime | None
    created_at: datetime


_READ = sa.select(*(_p[name] for name in PromotionRow.__struct_fields__))
_VERSIONS = sa.select(*(_v[name] for name in VersionRow.__struct_fields__))


async def get(tx: Tx, promotion_id: int, *, lock: bool = False) -> PromotionRow:
    """Return a promotion, archived or not; raise 404. ``lock`` lets nobody else change what it says."""
    stmt = _READ.where(_p.id == (promotion_id if 0 < promotion_id < 2**31 else 0))
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    if row is None:
        raise not_found("Promotion", promotion_id)
    return as_struct(row, PromotionRow)


async def by_external_id(tx: Tx, program_id: int, external_id: str) -> PromotionRow | None:
    """Return the promotion with the caller's id."""
    row = await tx.first(_READ.where(_p.program_id == program_id, _p.external_id == external_id))
    return None if row is None else as_struct(row, PromotionRow)


async def every(tx: Tx, program_id: int, *, archived: bool = False) -> list[PromotionRow]:
    """Return the promotions of a program in the order in which they are tried."""
    state = _p.state == "archived" if archived else _p.state != "archived"
    rows = await tx.all(_READ.where(_p.program_id == program_id, state).order_by(_p.place, _p.id))
    return [as_struct(row, PromotionRow) for row in rows]


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new promotion, last in the order; return its id."""
    last = sa.select(sa.func.coalesce(sa.func.max(_p.place), 0) + 1).where(
        _p.program_id == values["program_id"], _p.state != "archived"
    )
    stmt = sa.insert(promotion).values(**values, place=last.scalar_subquery(), created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(stmt.returning(_p.id)))


async def change(tx: Tx, promotion_id: int, values: Mapping[str, Any]) -> None:
    """Change columns of a promotion and raise its revision."""
    await tx.execute(
        sa.update(promotion).where(_p.id == promotion_id).values(**values, revision=_p.revision + 1, updated_at=tx.now)
    )


async def arrange(tx: Tx, ids: Iterable[int]) -> None:
    """Give promotions the places 1, 2, 3 … in this order."""
    raw = await tx.raw()
    await raw.execute(
        """update promotion p set place = o.place, revision = p.revision + 1, updated_at = %s
           from unnest(%s::int[]) with ordinality o (id, place) where p.id = o.id and p.place <> o.place""",
        (tx.now, list(ids)),
    )


async def versions(tx: Tx, ids: Collection[int], now: datetime) -> list[VersionRow]:
    """Return of these promotions the version in force, those to come and the draft, by number."""
    inner = promotion_version.alias()
    current = (
        sa.select(inner.c.number)
        .where(inner.c.promotion_id == _v.promotion_id, inner.c.effective_at <= now)
        .order_by(inner.c.effective_at.desc(), inner.c.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    stmt = _VERSIONS.where(
        _v.promotion_id.in_(list(ids)),
        sa.or_(_v.published_at.is_(None), _v.effective_at > now, _v.number == current),
    )
    return [as_struct(row, VersionRow) for row in await tx.all(stmt.order_by(_v.promotion_id, _v.number))]


async def all_versions(tx: Tx, promotion_id: int) -> list[VersionRow]:
    """Return every version of a promotion, the newest first."""
    rows = await tx.all(_VERSIONS.where(_v.promotion_id == promotion_id).order_by(_v.number.desc()))
    return [as_struct(row, VersionRow) for row in rows]


async def published(tx: Tx, program_id: int) -> list[tuple[PromotionRow, VersionRow]]:
    """Return every published version of a program's promotions that are not archived, in the order of trying."""
    rows = await tx.all(
        _VERSIONS.join(promotion, _p.id == _v.promotion_id)
        .where(_p.program_id == program_id, _p.state != "archived", _v.published_at.is_not(None))
        .order_by(_v.promotion_id, _v.effective_at, _v.number)
    )
    owners = {row.id: row for row in await every(tx, program_id)}
    found = [as_struct(row, VersionRow) for row in rows]
    return [(owners[row.promotion_id], row) for row in found if row.promotion_id in owners]


async def numbered(tx: Tx, program_id: int, versions: Mapping[int, int]) -> list[tuple[PromotionRow, VersionRow]]:
    """Return these versions (a number by promotion) of a program's promotions, as far as there are any."""
    small = [(id_, number) for id_, number in versions.items() if 0 < id_ < 2**31 and 0 < number < 2**31]
    if not small:
        return []
    rows = await tx.all(_VERSIONS.where(sa.tuple_(_v.promotion_id, _v.number).in_(small)))
    owners = {row.id: row for row in await every(tx, program_id)}
    found = [as_struct(row, VersionRow) for row in rows]
    return [(owners[row.promotion_id], row) for row in found if row.promotion_id in owners]


async def save_draft(
    tx: Tx, promotion_id: int, number: int, definition: Any, sentence: str, author: str, *, new: bool
) -> None:
    """Store the draft of a version, the first time or over what it said."""
    values = {"definition": definition, "sentence": sentence, "author": author, "updated_at": tx.now}
    if new:
        stmt: sa.Executable = sa.insert(promotion_version).values(
            promotion_id=promotion_id, number=number, created_at=tx.now, **values
        )
    else:
        stmt = (
            sa.update(promotion_version)
            .where(_v.promotion_id == promotion_id, _v.number == number, _v.published_at.is_(None))
            .values(**values)
        )
    await tx.execute(stmt)


async def publish(tx: Tx, promotion_id: int, number: int, at: datetime) -> None:
    """Make a draft a version in force from a moment on."""
    await tx.execute(
        sa.update(promotion_version)
        .where(_v.promotion_id == promotion_id, _v.number == number, _v.published_at.is_(None))
        .values(published_at=tx.now, effective_at=at, updated_at=tx.now)
    )


async def drop(tx: Tx, promotion_id: int, number: int) -> None:
    """Delete a draft, or a version whose moment has not come."""
    await tx.execute(
        sa.delete(promotion_version).where(
            _v.promotion_id == promotion_id,
            _v.number == number,
            sa.or_(_v.published_at.is_(None), _v.effective_at > tx.now),
        )
    )


async def note(tx: Tx, promotion_id: int, who: str, what: str, version: int | None, detail: Any) -> None:
    """Write a line of the log."""
    await tx.execute(
        sa.insert(promotion_log).values(
            promotion_id=promotion_id, at=tx.now, who=who, what=what, version=version, detail=detail
        )
    )


async def log(tx: Tx, promotion_id: int, limit: int) -> list[PromotionLogEntry]:
    """Return the log, newest first."""
    rows = await tx.all(
        sa.select(_l.at, _l.who, _l.what, _l.version, _l.detail)
        .where(_l.promotion_id == promotion_id)
        .order_by(_l.id.desc())
        .limit(limit)
    )
    return [as_struct(row, PromotionLogEntry) for row in rows]


async def names(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Return what promotions are called in their latest version."""
    if not ids:
        return {}
    rows = await tx.all(
        sa.select(_v.promotion_id, _v.definition["name"].astext.label("name"))
        .where(_v.promotion_id.in_(list(ids)))
        .order_by(_v.promotion_id, _v.published_at.is_not(None), _v.effective_at, _v.number)
    )
    return {row.promotion_id: row.name for row in rows}


async def using_segment(tx: Tx, segment_id: int, *, products: bool) -> list[str]:
    """Return the promotions and order segments whose conditions name a segment of people, or of products."""
    people = '!exists(@.subject) || @.subject == "profile"'
    whose = f"exists(@.subject) && !({people})" if products else people
    return await _named_in(tx, f"$.** ? (@.of.segment == {int(segment_id)} && ({whose}))", None)


async def using_field(tx: Tx, database_id: int, name: str) -> list[str]:
    """Return the promotions and order segments of a database whose conditions look at a field."""
    field = msgspec.json.encode(name).decode()
    return await _named_in(tx, f"$.** ? (@.field == {field})", database_id)


async def waiting_for(tx: Tx, database_id: int, event: str) -> list[str]:
    """Return the promotions of a database that wait for a type of event."""
    return await _named_in(tx, f"$ ? (@.event == {msgspec.json.encode(event).decode()})", database_id)


async def _named_in(tx: Tx, path: str, database_id: int | None) -> list[str]:
    raw = await tx.raw()
    cursor = await raw.execute(
        """select distinct 'promotion ' || (v.definition ->> 'name') from promotion_version v
           join promotion p on p.id = v.promotion_id join loyalty_program g on g.id = p.program_id
           where p.state <> 'archived' and (%(database)s::int is null or g.database_id = %(database)s)
             and jsonb_path_exists(v.definition, %(path)s::jsonpath)
           union
           select 'order segment ' || s.name from order_segment s
           where s.archived_at is null and (%(database)s::int is null or s.database_id = %(database)s)
             and jsonb_path_exists(s.condition, %(path)s::jsonpath)
           order by 1""",
        {"path": path, "database": database_id},
    )
    return [row[0] for row in await cursor.fetchall()]


async def using_order_segment(tx: Tx, segment_id: int) -> list[str]:
    """Return the names of promotions that ask an order segment."""
    return await _names_where(tx, _v.definition["order_segment_id"].astext == str(segment_id))


async def in_group(tx: Tx, program_id: int, group_id: int) -> list[str]:
    """Return the names of promotions of which some version is in an exclusion group."""
    return await _names_where(tx, _p.program_id == program_id, _v.definition["group_id"].astext == str(group_id))


async def _names_where(tx: Tx, *where: sa.ColumnElement[bool]) -> list[str]:
    rows = await tx.all(
        sa.select(_v.definition["name"].astext.label("name"))
        .join(promotion, _p.id == _v.promotion_id)
        .where(_p.state != "archived", *where)
        .distinct()
    )
    return sorted(row.name for row in rows)
