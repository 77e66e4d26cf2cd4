"""Queries of what promotions share: exclusion groups, the program's rules, order segments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx, as_struct

from ..model import Moment
from ..tables import loyalty_rules, order_segment, promotion_group

_g, _r, _s = promotion_group.c, loyalty_rules.c, order_segment.c


class GroupRow(msgspec.Struct, frozen=True):
    """An exclusion group as it is stored."""

    id: int
    program_id: int
    name: str
    per: Literal["order", "line"]


class RulesRow(msgspec.Struct, frozen=True):
    """What promotions of a program share."""

    revision: int = 0
    accrue_on: Moment = "committed"
    return_days: int = 0


class OrderSegmentRow(msgspec.Struct, frozen=True):
    """An order segment as it is stored."""

    id: int
    database_id: int
    name: str
    description: str
    condition: dict[str, Any]
    sentence: str
    revision: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


_GROUPS = sa.select(*(_g[name] for name in GroupRow.__struct_fields__)).where(_g.archived_at.is_(None))
_SEGMENTS = sa.select(*(_s[name] for name in OrderSegmentRow.__struct_fields__))


async def groups(tx: Tx, program_id: int) -> list[GroupRow]:
    """Return the exclusion groups of a program, by name."""
    rows = await tx.all(_GROUPS.where(_g.program_id == program_id).order_by(sa.func.lower(_g.name), _g.id))
    return [as_struct(row, GroupRow) for row in rows]


async def group(tx: Tx, program_id: int, group_id: int) -> GroupRow:
    """Return an exclusion group; raise 404."""
    small = group_id if 0 < group_id < 2**31 else 0
    row = await tx.first(_GROUPS.where(_g.program_id == program_id, _g.id == small).with_for_update())
    if row is None:
        raise not_found("Exclusion group", group_id)
    return as_struct(row, GroupRow)


async def insert_group(tx: Tx, program_id: int, name: str, per: str) -> int:
    """Store a new exclusion group; return its id."""
    values = {"program_id": program_id, "name": name, "per": per, "created_at": tx.now, "updated_at": tx.now}
    return int(await tx.scalar(sa.insert(promotion_group).values(**values).returning(_g.id)))


async def change_group(tx: Tx, group_id: int, values: Mapping[str, Any]) -> None:
    """Change an exclusion group."""
    await tx.execute(sa.update(promotion_group).where(_g.id == group_id).values(**values, updated_at=tx.now))


async def rules(tx: Tx, program_id: int) -> RulesRow:
    """Return what promotions of a program share; what is usual where nobody has said anything."""
    row = await tx.first(
        sa.select(*(_r[name] for name in RulesRow.__struct_fields__)).where(_r.program_id == program_id)
    )
    return RulesRow() if row is None else as_struct(row, RulesRow)


async def touch(tx: Tx, program_id: int, values: Mapping[str, Any] | None = None) -> None:
    """Change what a program's promotions share, and tell every process that compiled rules are old."""
    stmt = insert(loyalty_rules).values(program_id=program_id, revision=1, updated_at=tx.now, **(values or {}))
    changed = {"revision": _r.revision + 1, "updated_at": tx.now, **(values or {})}
    await tx.execute(stmt.on_conflict_do_update(index_elements=["program_id"], set_=changed))


async def order_segments(tx: Tx, database_id: int | None = None) -> list[OrderSegmentRow]:
    """Return the order segments of a database, or all, by name."""
    stmt = _SEGMENTS.where(_s.archived_at.is_(None)).order_by(sa.func.lower(_s.name), _s.id)
    if database_id is not None:
        stmt = stmt.where(_s.database_id == database_id)
    return [as_struct(row, OrderSegmentRow) for row in await tx.all(stmt)]


async def order_segment_row(tx: Tx, segment_id: int, *, lock: bool = False) -> OrderSegmentRow:
    """Return an order segment, archived or not; raise 404."""
    stmt = _SEGMENTS.where(_s.id == (segment_id if 0 < segment_id < 2**31 else 0))
    row = await tx.first(stmt.with_for_update() if lock else stmt)
    if row is None:
        raise not_found("Order segment", segment_id)
    return as_struct(row, OrderSegmentRow)


async def insert_order_segment(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a new order segment; return its id."""
    stmt = sa.insert(order_segment).values(**values, created_at=tx.now, updated_at=tx.now)
    return int(await tx.scalar(stmt.returning(_s.id)))


async def change_order_segment(tx: Tx, segment_id: int, values: Mapping[str, Any]) -> None:
    """Change an order segment and raise its revision."""
    await tx.execute(
        sa.update(order_segment)
        .where(_s.id == segment_id)
        .values(**values, revision=_s.revision + 1, updated_at=tx.now)
    )
