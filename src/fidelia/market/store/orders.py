"""Queries on orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import invalid_field, not_found
from fidelia.kernel.money import amount_text
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import LineOut, OrderDetail, OrderOut
from ..tables import order_line, product, sales_order

_o = sales_order.c
_COLUMNS = [_o[name] for name in OrderOut.__struct_fields__]
STATUSES = ("created", "paid", "delivered", "cancelled", "refunded")


def _values(row: sa.Row[Any]) -> dict[str, Any]:
    values = dict(row._mapping)
    values["total"] = amount_text(values["total"], values["currency"])
    values["delivery"] = amount_text(values["delivery"], values["currency"])
    return values


async def order_page(
    tx: Tx, page: PageRequest, database_id: int, *, profile_id: int | None = None, status: str | None = None
) -> Page[OrderOut]:
    """Return a page of orders, newest first; ``q`` looks for the beginning of the order's external id."""
    where: list[sa.ColumnElement[bool]] = [_o.database_id == database_id]
    if profile_id is not None:
        where.append(_o.profile_id == profile_id)
    if status is not None:
        if status not in STATUSES:
            raise invalid_field("/status", f"status must be one of: {', '.join(STATUSES)}")
        where.append(_o.status == status)
    if page.q:
        # pages write "#" before the number, and some shops have it in the number itself
        starts = {page.q, page.q.removeprefix("#")}
        where.append(sa.or_(*(_o.external_id.startswith(start, autoescape=True) for start in sorted(starts))))
    key = page.sort_key(("placed_at", "total"), "-placed_at")
    descending = page.descending or page.sort is None
    column = _o[key]
    total = await tx.scalar(sa.select(sa.func.count()).select_from(sales_order).where(*where))
    if page.cursor is not None:
        where.append(_after(page.cursor, key, column, descending))
    order = (column.desc(), _o.id.desc()) if descending else (column, _o.id)
    rows = await tx.all(sa.select(*_COLUMNS).where(*where).order_by(*order).limit(page.limit + 1))
    kept = rows[: page.limit]
    cursor = None
    if len(rows) > page.limit:
        last = kept[-1]._mapping
        cursor = encode_cursor([last[key].isoformat() if key == "placed_at" else str(last[key]), last["id"]])
    return Page([OrderOut(**_values(row)) for row in kept], cursor, total)


def _after(cursor: list[Any], key: str, column: sa.Column[Any], descending: bool) -> sa.ColumnElement[bool]:
    try:
        at = datetime.fromisoformat(cursor[0]) if key == "placed_at" else None
        amount, last = str(cursor[0]), int(cursor[1])
    except (ValueError, TypeError, IndexError) as exc:
        raise invalid_field("/cursor", "This cursor is not one that this list has returned") from exc
    value = sa.cast(sa.literal(amount, sa.Text), sa.Numeric(18, 4)) if at is None else sa.literal(at)
    here, there = sa.tuple_(column, _o.id), sa.tuple_(value, sa.literal(last))
    return here < there if descending else here > there


async def order_detail(tx: Tx, order_id: int, *, lock: bool = False) -> OrderDetail:
    """Return an order with its lines; raise 404."""
    query = sa.select(*_COLUMNS).where(_o.id == order_id)
    row = await tx.first(query.with_for_update() if lock else query)
    if row is None:
        raise not_found("Order", order_id)
    values = _values(row)
    lines = await tx.all(
        sa.select(order_line, product.c.external_id.label("product"), product.c.name)
        .join(product, product.c.id == order_line.c.product_id)
        .where(order_line.c.order_id == order_id, sa.not_(order_line.c.removed))
        .order_by(order_line.c.line)
    )
    currency = values["currency"]
    return OrderDetail(
        **values,
        lines=[
            LineOut(
                line=line.line,
                id=line.external_id,
                product_id=line.product_id,
                product=line.product,
                name=line.name,
                quantity=amount_text(line.quantity),
                price=None if line.price is None else amount_text(line.price, currency),
                discount=amount_text(line.discount, currency),
                total=amount_text(line.total, currency),
                status=line.status,
            )
            for line in lines
        ],
    )


async def set_status(tx: Tx, order_id: int, status: str) -> None:
    """Change an order's status."""
    await tx.execute(
        sa.update(sales_order).where(_o.id == order_id).values(status=status, version=_o.version + 1, updated_at=tx.now)
    )


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
