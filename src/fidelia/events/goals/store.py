"""Queries of goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import not_found
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.engines import Engines
from fidelia.platform.listing import folded, sorted_rows
from fidelia.platform.postgres import Tx

from ..projection import events_table
from .model import Goal
from .tables import goal

_c = goal.c
_SELECT = sa.select(*(_c[name] for name in Goal.__struct_fields__))
_SORTS = {"name": folded(_c.name), "key": _c.key, "created_at": _c.created_at}


def _goal(row: sa.Row[Any]) -> Goal:
    values = {name: row._mapping[name] for name in Goal.__struct_fields__}
    worth, currency = values["default_value"], values["currency"]
    values["default_value"] = None if worth is None else amount_text(worth, currency)
    return msgspec.convert(values, Goal)


async def find(tx: Tx, goal_id: int, *, lock: bool = False) -> Goal:
    """Return a goal, archived or not; raise 404."""
    query = _SELECT.where(_c.id == (goal_id if 0 < goal_id < 2**31 else 0))
    row = await tx.first(query.with_for_update() if lock else query)
    if row is None:
        raise not_found("Goal", goal_id)
    return _goal(row)


async def page(tx: Tx, request: PageRequest, database_id: int | None, *, archived: bool) -> Page[Goal]:
    """Return a page of goals."""
    where: list[sa.ColumnElement[bool]] = [_c.archived_at.isnot(None) if archived else _c.archived_at.is_(None)]
    if database_id is not None:
        where.append(_c.database_id == database_id)
    if request.q:
        where.append(_c.name.icontains(request.q, autoescape=True) | _c.key.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(goal).where(*where))
    rows, cursor = await sorted_rows(tx, _SELECT.where(*where), request, sorts=_SORTS, key=_c.id, default="name")
    return Page([_goal(row) for row in rows], cursor, total)


async def of_database(tx: Tx, database_id: int, *, living: bool = True) -> dict[str, Goal]:
    """Return the goals of a database by their keys; ``living``: only those that can be reached now."""
    query = _SELECT.where(_c.database_id == database_id)
    if living:
        query = query.where(_c.active, _c.archived_at.is_(None))
    return {found.key: found for found in map(_goal, await tx.all(query.order_by(_c.id)))}


async def key_taken(tx: Tx, database_id: int, key: str) -> bool:
    """Tell whether a goal of this key exists, archived ones too: their events are still in the history."""
    return await tx.first(sa.select(_c.id).where(_c.database_id == database_id, _c.key == key)) is not None


async def insert(tx: Tx, values: Mapping[str, Any]) -> int:
    """Store a goal; return its id."""
    stmt = sa.insert(goal).values(**values, created_at=tx.now, updated_at=tx.now).returning(_c.id)
    return int(await tx.scalar(stmt))


async def update(tx: Tx, goal_id: int, values: Mapping[str, Any]) -> None:
    """Change a goal."""
    await tx.execute(sa.update(goal).where(_c.id == goal_id).values(**values, updated_at=tx.now))


async def figures(
    engines: Engines, database_id: int, keys: list[str], days: tuple[int, int], now: float
) -> dict[str, tuple[Any, ...]]:
    """Return by key: last moment, then (count, people, value) within the shorter and the longer number of days."""
    since = [f"at > fromUnixTimestamp64Milli({int((now - n * 86400) * 1000)})" for n in days]
    columns = ", ".join(
        f"countIf({w}), uniqExactIf(profile, {w}), sumIf(assumeNotNull(worth), {w} and isNotNull(worth))" for w in since
    )
    rows = await engines.clickhouse.query(
        f"""
        select key, max(at), {columns} from (
            select toString(props.goal) as key, at, profile, id, toFloat64OrNull(toString(props.value)) as worth
            from {events_table(database_id)} final where type = 'goal.reached'
        ) where key in {{keys:Array(String)}} group by key
        """,
        {"keys": keys},
    )
    return {str(row[0]): row[1:] for row in rows}
