"""Queries of programs themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx, as_struct

from ..model import Program
from ..tables import loyalty_program as table

_c = table.c
_READ = sa.select(*(_c[name] for name in Program.__struct_fields__))
_SORTS: Mapping[str, sa.ColumnElement[Any]] = {
    "id": _c.id,
    "name": folded(_c.name),
    "state": _c.state,
    "created_at": _c.created_at,
    "updated_at": _c.updated_at,
}


async def find(tx: Tx, program_id: int, *, lock: bool = False) -> Program | None:
    """Return a program, whatever its state, or ``None``; ``lock`` lets nobody else change it."""
    stmt = _READ.where(_c.id == (program_id if 0 < program_id < 2**31 else 0))
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    return None if row is None else as_struct(row, Program)


async def get(tx: Tx, program_id: int, *, lock: bool = False) -> Program:
    """Return a program, whatever its state; raise 404."""
    found = await find(tx, program_id, lock=lock)
    if found is None:
        raise not_found("Program", program_id)
    return found


async def active(tx: Tx, database_id: int) -> Program | None:
    """Return the active program of a database, or ``None``."""
    row = await tx.first(_READ.where(_c.database_id == database_id, _c.state == "active"))
    return None if row is None else as_struct(row, Program)


async def every(
    tx: Tx,
    *,
    database_id: int | None = None,
    segment_id: int | None = None,
    states: Collection[str] = ("draft", "active", "inactive"),
) -> list[Program]:
    """Return programs in some states, by id."""
    stmt = _READ.where(_c.state.in_(states)).order_by(_c.id)
    if database_id is not None:
        stmt = stmt.where(_c.database_id == database_id)
    if segment_id is not None:
        stmt = stmt.where(_c.segment_id == segment_id)
    return [as_struct(row, Program) for row in await tx.all(stmt)]


async def page(
    tx: Tx, request: PageRequest, *, archived: bool = False, database_id: int | None = None
) -> Page[Program]:
    """Return a page of programs, the newest first by default; ``q`` searches the name and the external id."""
    where: list[sa.ColumnElement[bool]] = [_c.state == "archived" if archived else _c.state != "archived"]
    if database_id is not None:
        where.append(_c.database_id == database_id)
    if request.q:
        where.append(
            sa.or_(_c.name.icontains(request.q, autoescape=True), _c.external_id.icontains(request.q, autoescape=True))
        )
    total = await tx.scalar(sa.select(sa.func.count()).select_from(table).where(*where))
    rows, cursor = await sorted_rows(tx, _READ.where(*where), request, sorts=_SORTS, key=_c.id, default="-created_at")
    return Page([as_struct(row, Program) for row in rows], cursor, total)


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new program; return its id."""
    stmt = sa.insert(table).values(**values, created_at=tx.now, updated_at=tx.now).returning(_c.id)
    return int(await tx.scalar(stmt))


async def update(tx: Tx, program_id: int, values: Mapping[str, Any], *, definition: bool = False) -> None:
    """Change columns; ``definition`` raises the version."""
    raised = {"version": _c.version + 1, "updated_at": tx.now} if definition else {}
    if values or raised:
        await tx.execute(sa.update(table).where(_c.id == program_id).values(**values, **raised))


async def taken(tx: Tx, external_id: str) -> bool:
    """Say whether a program has this external id."""
    return bool(await tx.scalar(sa.select(_c.id).where(_c.external_id == external_id)))


async def names(tx: Tx, ids: Collection[int]) -> dict[int, str]:
    """Return the names of programs, archived ones too."""
    rows = await tx.all(sa.select(_c.id, _c.name).where(_c.id.in_(list(ids))))
    return {row.id: row.name for row in rows}


async def segment_versions(tx: Tx) -> list[tuple[int, int, int | None]]:
    """Return of every active program with a segment its id, the segment, and the version of the list last seen."""
    rows = await tx.all(
        sa.select(_c.id, _c.segment_id, _c.segment_version)
        .where(_c.state == "active", _c.audience == "segment")
        .order_by(_c.id)
    )
    return [(row.id, row.segment_id, row.segment_version) for row in rows]


async def seen(tx: Tx, program_id: int, version: int) -> None:
    """Note the version of the segment's list that members were taken from."""
    await tx.execute(sa.update(table).where(_c.id == program_id).values(segment_version=version))
