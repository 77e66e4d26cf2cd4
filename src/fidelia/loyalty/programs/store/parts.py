"""Queries of what programs are made of: point types, level groups with their levels, partners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx, as_struct

from ..model import Level, LevelGroup, Partner, PointType
from ..tables import loyalty_level, loyalty_level_group, loyalty_partner, loyalty_point_type

_t, _g, _l, _p = loyalty_point_type.c, loyalty_level_group.c, loyalty_level.c, loyalty_partner.c
_TYPES = sa.select(*(_t[name] for name in PointType.__struct_fields__)).order_by(_t.id)
_GROUPS = sa.select(*(_g[name] for name in LevelGroup.__struct_fields__ if name != "levels")).order_by(_g.id)
_LEVELS = sa.select(*(_l[name] for name in Level.__struct_fields__)).order_by(_l.group_id, _l.position)
_PARTNERS = sa.select(*(_p[name] for name in Partner.__struct_fields__)).order_by(_p.id)


async def point_types(tx: Tx, program_id: int, *, archived: bool = False) -> dict[str, PointType]:
    """Return the point types of a program by key, in the order they were made; archived ones only when asked for."""
    stmt = _TYPES.where(_t.program_id == program_id)
    if not archived:
        stmt = stmt.where(_t.archived_at.is_(None))
    found = [as_struct(row, PointType) for row in await tx.all(stmt)]
    return {item.key: item for item in found}


async def get_point_type(tx: Tx, program_id: int, point_type_id: int) -> PointType:
    """Return a point type of a program, archived or not; raise 404."""
    row = await tx.first(_TYPES.where(_t.program_id == program_id, _t.id == _small(point_type_id)))
    if row is None:
        raise not_found("Point type", point_type_id)
    return as_struct(row, PointType)


async def level_groups(tx: Tx, program_id: int) -> list[LevelGroup]:
    """Return the level groups of a program with their levels, the lowest first."""
    rows = await tx.all(_GROUPS.where(_g.program_id == program_id))
    if not rows:
        return []
    levels = await tx.all(_LEVELS.where(_l.group_id.in_([row.id for row in rows])))
    found = [as_struct(row, Level) for row in levels]
    return [_group(row, [level for level in found if level.group_id == row.id]) for row in rows]


async def get_level_group(tx: Tx, program_id: int, group_id: int) -> LevelGroup:
    """Return a level group of a program; raise 404."""
    row = await tx.first(_GROUPS.where(_g.program_id == program_id, _g.id == _small(group_id)))
    if row is None:
        raise not_found("Level group", group_id)
    levels = await tx.all(_LEVELS.where(_l.group_id == row.id))
    return _group(row, [as_struct(level, Level) for level in levels])


async def partners(tx: Tx, program_id: int, *, archived: bool = False) -> list[Partner]:
    """Return the partners of a program, in the order they were made; archived ones only when asked for."""
    stmt = _PARTNERS.where(_p.program_id == program_id)
    if not archived:
        stmt = stmt.where(_p.archived_at.is_(None))
    return [as_struct(row, Partner) for row in await tx.all(stmt)]


async def get_partner(tx: Tx, program_id: int, partner_id: int) -> Partner:
    """Return a partner of a program, archived or not; raise 404."""
    row = await tx.first(_PARTNERS.where(_p.program_id == program_id, _p.id == _small(partner_id)))
    if row is None:
        raise not_found("Partner", partner_id)
    return as_struct(row, Partner)


async def insert(tx: Tx, table: sa.Table, values: Mapping[str, Any]) -> int:
    """Store a new row of one of these tables; return its id."""
    stmt = sa.insert(table).values(**values, created_at=tx.now, updated_at=tx.now).returning(table.c.id)
    return int(await tx.scalar(stmt))


async def update(tx: Tx, table: sa.Table, id_: int, values: Mapping[str, Any]) -> None:
    """Change columns of a row of one of these tables."""
    await tx.execute(sa.update(table).where(table.c.id == id_).values(**values, updated_at=tx.now))


async def delete(tx: Tx, table: sa.Table, id_: int) -> None:
    """Delete a row of one of these tables."""
    await tx.execute(sa.delete(table).where(table.c.id == id_))


def _group(row: sa.Row[Any], levels: list[Level]) -> LevelGroup:
    columns = {str(name): value for name, value in row._mapping.items()}
    return msgspec.convert({**columns, "levels": levels}, LevelGroup)


def _small(id_: int) -> int:
    return id_ if 0 < id_ < 2**31 else 0
