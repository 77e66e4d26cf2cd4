"""Queries on orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Asked, Tx, as_struct

from ..model import OrderOut, PlacedOrder
from ..tables import market_touchpoint, sales_order
from .details import COLUMNS, FROM, values_of

_o = sales_order.c
STATUSES = ("created", "paid", "delivered", "cancelled", "part_refunded", "refunded")


async def order_page(
    tx: Tx,
    page: PageRequest,
    database_id: int,
    *,
    profile_id: int | None = None,
    status: str | None = None,
    channel: str | None = None,
    touchpoint: str | None = None,
) -> Page[OrderOut]:
    """Return a page of orders, newest first; ``q`` looks for the beginning of the order's external id."""
    where: list[sa.ColumnElement[bool]] = [_o.database_id == database_id]
    if profile_id is not None:
        where.append(_o.profile_id == profile_id)
    if status is not None:
        if status not in STATUSES:
            raise invalid_field("/status", f"status must be one of: {', '.join(STATUSES)}")
        where.append(_o.status == status)
    if channel is not None:
        where.append(_o.channel == channel)
    if touchpoint is not None:
        where.append(market_touchpoint.c.external_id == touchpoint)
    if page.q:
        # pages write "#" before the number, and some shops have it in the number itself
        starts = {page.q, page.q.removeprefix("#")}
        where.append(sa.or_(*(_o.external_id.startswith(start, autoescape=True) for start in sorted(starts))))
    key = page.sort_key(("placed_at", "total"), "-placed_at")
    descending = page.descending or page.sort is None
    column = _o[key]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(FROM).where(*where))
    if page.cursor is not None:
        where.append(_after(page.cursor, key, column, descending))
    order = (column.desc(), _o.id.desc()) if descending else (column, _o.id)
    rows = await tx.all(sa.select(*COLUMNS).select_from(FROM).where(*where).order_by(*order).limit(page.limit + 1))
    kept = rows[: page.limit]
    cursor = None
    if len(rows) > page.limit:
        last = kept[-1]._mapping
        cursor = encode_cursor([last[key].isoformat() if key == "placed_at" else str(last[key]), last["id"]])
    return Page([OrderOut(**values_of(row)) for row in kept], cursor, total)


def _after(cursor: list[Any], key: str, column: sa.Column[Any], descending: bool) -> sa.ColumnElement[bool]:
    try:
        at = datetime.fromisoformat(cursor[0]) if key == "placed_at" else None
        amount, last = str(cursor[0]), int(cursor[1])
    except (ValueError, TypeError, IndexError) as exc:
        raise invalid_field("/cursor", "This cursor is not one that this list has returned") from exc
    value = sa.cast(sa.literal(amount, sa.Text), sa.Numeric(18, 4)) if at is None else sa.literal(at)
    here, there = sa.tuple_(column, _o.id), sa.tuple_(value, sa.literal(last))
    return here < there if descending else here > there


async def figures(tx: Tx, database_id: int) -> sa.Row[Any]:
    """Return how many orders a database has, their lines, and what they sum to."""
    return await tx.one(
        sa.select(
            sa.func.count().label("orders"),
            sa.func.coalesce(sa.func.sum(_o.line_count), 0).label("lines"),
            sa.func.coalesce(sa.func.sum(_o.total), 0).label("revenue"),
            sa.func.max(_o.placed_at).label("last"),
        ).where(_o.database_id == database_id)
    )


async def standing_orders(tx: Tx, database_id: int, profile_id: int) -> int:
    """Return how many orders of a profile stand: neither cancelled nor given back whole."""
    stands = _o.status.not_in(("cancelled", "refunded"))
    query = sa.select(sa.func.count()).where(_o.database_id == database_id, _o.profile_id == profile_id, stands)
    return int(await tx.scalar(query))


async def ask_standing_orders(tx: Tx, database_id: int, profile_id: int) -> Asked[int]:
    """Ask for what :func:`standing_orders` returns, together with other questions."""
    query = """select count(*) from sales_order where database_id = %s and profile_id = %s
               and status <> all(array['cancelled', 'refunded'])"""
    return await tx.ask(query, (database_id, profile_id), lambda rows: int(rows[0][0]))


async def between(tx: Tx, database_id: int, since: datetime, until: datetime) -> list[PlacedOrder]:
    """Return the orders that were placed after a moment and until another, oldest first."""
    columns = (_o.id, _o.external_id, _o.profile_id, _o.placed_at, _o.total)
    stands = _o.status.not_in(("cancelled", "refunded"))
    query = sa.select(*columns).where(
        _o.database_id == database_id, _o.placed_at > since, _o.placed_at <= until, stands
    )
    return [as_struct(row, PlacedOrder) for row in await tx.all(query.order_by(_o.placed_at, _o.id))]


async def latest(tx: Tx, database_id: int, limit: int) -> list[int]:
    """Return the ids of the orders that were placed last, the latest first."""
    query = sa.select(_o.id).where(_o.database_id == database_id).order_by(_o.placed_at.desc(), _o.id.desc())
    return [row.id for row in await tx.all(query.limit(limit))]
