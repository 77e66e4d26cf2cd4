"""Pages of a query in any of several orders, by keyset."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import PageRequest, encode_cursor

from .postgres import Tx

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def or_never(moment: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a moment to sort by; what has none stands before everything that has one."""
    return sa.func.coalesce(moment, sa.literal(_NEVER, sa.TIMESTAMP(timezone=True)))


def or_none(number: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a count to sort by; what is not known yet stands before 0."""
    return sa.func.coalesce(number, sa.literal(-1, sa.BigInteger))


def folded(text: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """Return a text to sort by, whatever its capitals; none stands before all others."""
    return sa.func.lower(sa.func.coalesce(text, sa.literal("", sa.Text)), type_=sa.Text)


async def sorted_rows(
    tx: Tx,
    query: sa.Select[Any],
    request: PageRequest,
    *,
    sorts: Mapping[str, sa.ColumnElement[Any]],
    key: sa.ColumnElement[Any],
    default: str,
) -> tuple[list[sa.Row[Any]], str | None]:
    """Return the rows of a page and the cursor of the next one.

    ``sorts`` has an expression for every name one may sort by, none of them null; ``key`` is unique and selected by
    the query, and decides between equals. ``default``: a name, with ``-`` in front for descending. Rows have a
    ``sort_position`` more than was asked for. Raises 422 for another name, and for a cursor of another order.
    """
    column = sorts[request.sort_key(tuple(sorts), default)]
    down = (request.sort or default).startswith("-")
    here = sa.tuple_(column, key)
    if request.cursor is not None:
        value, last = _position(request.cursor, column, key)
        there = sa.tuple_(sa.literal(value, column.type), sa.literal(last, key.type))
        query = query.where(here < there if down else here > there)
    order = (column.desc(), key.desc()) if down else (column, key)
    query = query.add_columns(column.label("sort_position")).order_by(*order).limit(request.limit + 1)
    rows = list(await tx.all(query))
    shown = rows[: request.limit]
    if len(rows) <= request.limit:
        return shown, None
    value = shown[-1].sort_position
    return shown, encode_cursor(
        [value.isoformat() if isinstance(value, datetime) else value, shown[-1]._mapping[key.key or "id"]]
    )


def _position(cursor: list[Any], column: sa.ColumnElement[Any], key: sa.ColumnElement[Any]) -> tuple[Any, Any]:
    """Read where a page ended; raise 422 when that was in another order, or another list."""
    try:
        value, last = cursor
        return _value(value, column), _value(last, key)
    except (ValueError, TypeError) as exc:
        raise invalid_field("/cursor", "This cursor is not one that this list has returned in this order") from exc


def _value(value: Any, column: sa.ColumnElement[Any]) -> Any:
    kind = column.type.python_type
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if type(value) is not kind or (isinstance(value, int) and not -(2**63) <= value < 2**63):
        raise ValueError
    if isinstance(value, str) and "\x00" in value:
        raise ValueError
    return value
