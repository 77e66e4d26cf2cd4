"""Lists of transactions, page by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx, as_struct

from ..model import State, Transaction, Type
from ..tables import loyalty_transaction as transaction
from .read import fields


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which transactions; ``since`` and ``until`` are half-open moments of when they count from."""

    point_type_id: int | None = None
    type: Type | None = None
    state: State | None = None
    profile_id: int | None = None
    promotion_id: int | None = None
    source_type: str | None = None
    source_id: str | None = None
    reference: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(tx: Tx, program_id: int, request: PageRequest, wanted: Filter) -> Page[Transaction]:
    """Return a page of a program's transactions, the newest first; ``q`` finds a reference or an order by its id."""
    query = sa.select(*fields()).where(*_where(program_id, wanted))
    if request.q:
        query = query.where(sa.or_(transaction.c.reference == request.q, transaction.c.source_id == request.q))
    if request.cursor is not None:
        query = query.where(transaction.c.id < _id(request.cursor))
    rows = await tx.all(query.order_by(transaction.c.id.desc()).limit(request.limit + 1))
    items = [as_struct(row, Transaction) for row in rows[: request.limit]]
    return Page(items, encode_cursor([str(items[-1].id)]) if len(rows) > request.limit else None)


async def after(tx: Tx, program_id: int, wanted: Filter, last: UUID | None, limit: int) -> list[Transaction]:
    """Return the transactions that follow one, in the order in which they were written."""
    query = sa.select(*fields()).where(*_where(program_id, wanted))
    if last is not None:
        query = query.where(transaction.c.id > last)
    return [as_struct(row, Transaction) for row in await tx.all(query.order_by(transaction.c.id).limit(limit))]


async def count(tx: Tx, program_id: int, wanted: Filter) -> int:
    """Return how many transactions there are."""
    query = sa.select(sa.func.count()).select_from(transaction).where(*_where(program_id, wanted))
    return int(await tx.scalar(query) or 0)


def _where(program_id: int, wanted: Filter) -> list[Any]:
    named = ("point_type_id", "type", "state", "profile_id", "promotion_id", "source_type", "source_id", "reference")
    parts: list[Any] = [transaction.c.program_id == program_id]
    parts += [transaction.c[n] == value for n in named if (value := getattr(wanted, n)) is not None]
    if wanted.since is not None:
        parts.append(transaction.c.at >= wanted.since)
    if wanted.until is not None:
        parts.append(transaction.c.at < wanted.until)
    return parts


def _id(cursor: list[Any]) -> UUID:
    try:
        (text,) = cursor
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        raise invalid_field("/cursor", "This cursor is not one that this list has returned") from None
