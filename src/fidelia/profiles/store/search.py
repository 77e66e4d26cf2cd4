"""Lists of profiles: search by trigrams and by ``field:value``, sorted, in pages.

A search first collects at most ``MOST`` matches in a materialised step, then sorts these: without that step
PostgreSQL walks the whole key for a rare word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import psycopg

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest, encode_cursor

from ..fields import Database, Field
from .databases import cursor_values
from .ddl import SEARCHED
from .profiles import Row, as_row, select_list

MOST = 10_000


# Worked out once, before the table is looked at, so that the primary key finds the people.
_SUBSCRIBED = (
    "id = any(array(select profile_id from subscription where database_id = %s and contact = any(%s::text[])))"
)
_FORMER = (
    "id = any(array(select profile_id from profile_identity where database_id = %s"
    " and field in ('email', 'external_id', 'phones') and value = any(%s::text[])))"
)
_MERGED = (
    "id = any(array(select into_profile_id from profile_alias where database_id = %s"
    " and into_database_id = database_id and profile_id = %s))"
)


class Where(msgspec.Struct):
    """Conditions on the profiles' table and their parameters."""

    parts: list[str]
    values: list[Any]

    def add(self, part: str, *values: Any) -> None:
        """Add one condition with its parameters in order."""
        self.parts.append(part)
        self.values += values

    @property
    def sql(self) -> str:
        """Return all conditions joined."""
        return " and ".join(self.parts) or "true"


def contains_word(where: Where, word: str) -> None:
    """Match people whose address or name contains a word of three letters or more, in any case."""
    where.add(f"{SEARCHED} ilike %s", f"%{escape_like(word)}%")


def matches_key(where: Where, database_id: int, word: str, profile_id: int | None, phones: Sequence[str]) -> None:
    """Match a single word against names and addresses, and as an id, an external id or a phone number.

    A contact is looked for in subscriptions, and every key among what merged people had before.
    """
    parts = [f"{SEARCHED} ilike %s", "external_id = %s"]
    values: list[Any] = [f"%{escape_like(word)}%", word]
    if profile_id is not None:
        parts.append("id = %s")
        values.append(profile_id)
    for phone in phones:
        parts.append("phones @> array[%s]::text[]")
        values.append(phone)
    contacts = [*phones, *([word.lower()] if "@" in word else [])]
    if contacts:
        parts.append(_SUBSCRIBED)
        values += [database_id, contacts]
    parts.append(_FORMER)
    values += [database_id, [word, word.lower(), *phones]]
    if profile_id is not None:
        parts.append(_MERGED)
        values += [database_id, profile_id]
    where.add(f"({' or '.join(parts)})", *values)


def has_contact(where: Where, database_id: int, contact: str, *, own: bool) -> None:
    """Match a contact of subscriptions; with ``own`` a number of the profile too."""
    parts, values = [_SUBSCRIBED], [database_id, [contact]]
    if own:
        parts.append("phones @> array[%s]::text[]")
        values.append(contact)
    where.add(f"({' or '.join(parts)})", *values)


def begins_with(where: Where, database_id: int, word: str, profile_id: int | None) -> None:
    """Match a word too short for trigrams against the beginning of the address, and as an id or external id."""
    parts = ["email like %s", "external_id = %s"]
    values: list[Any] = [f"{escape_like(word.lower())}%", word]
    if profile_id is not None:
        parts += ["id = %s", _MERGED]
        values += [profile_id, database_id, profile_id]
    where.add(f"({' or '.join(parts)})", *values)


def has_id(where: Where, database_id: int, profile_id: int) -> None:
    """Match an id, also one that somebody had before a merge."""
    where.add(f"(id = %s or {_MERGED})", profile_id, database_id, profile_id)


def has_value(where: Where, field: Field, value: Any) -> None:
    """Match a field exactly; texts in any case, a list when it holds the value; ``None`` when the field is empty."""
    if value is None:
        where.add(f"{field.column} is null")
    elif field.kind.many:
        where.add(f"{field.column} @> array[%s]::text[]", value)
    elif isinstance(value, str) and field.unique and not field.builtin:
        where.add(f"{field.column} = any(%s::text[])", list({value, value.lower(), value.upper(), value.title()}))
    elif isinstance(value, str) and field.name not in ("email", "external_id", "status"):
        if field.name in ("first_name", "last_name") and len(value) >= 3:  # the index of words narrows it down first
            contains_word(where, value)
        where.add(f"lower({field.column}) = lower(%s)", value)
    else:
        where.add(f"{field.column} = %s", value)


def has_any(where: Where, field: Field) -> None:
    """Match people who have some value in a field."""
    where.add(f"{field.column} is not null")


def escape_like(text: str) -> str:
    """Take the meaning from the signs of LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def page(
    raw: psycopg.AsyncConnection[Any],
    database: Database,
    request: PageRequest,
    where: Where,
    fields: Sequence[Field],
    sort: Field | None,
) -> Page[Row]:
    """Return a page sorted by a field (by id without one); the empty ones stand last.

    ``total`` is exact up to 10,000 matches and null above; without conditions it is always exact.
    """
    down = request.descending
    table = source = database.table
    values = list(where.values)
    head = ""
    if where.parts:
        head = f"with m as materialized (select id from {table} where {where.sql} limit {MOST + 1}) "
        source = f"{table} join m using (id)"
        total: int | None = await _count(raw, table, where)
    else:
        total = database.profile_count
    edge, edge_values = after(request, sort, down)
    key = f"{sort.column} {'desc' if down else 'asc'} nulls last, " if sort else ""
    extra = f", {sort.column}" if sort else ""
    cursor = await raw.execute(
        f"{head}select {select_list(fields)}{extra} from {source} where {edge} "
        f"order by {key}id {'desc' if down else 'asc'} limit %s",
        [*values, *edge_values, request.limit + 1],
    )
    rows = await cursor.fetchall()
    shown = rows[: request.limit]
    next_cursor = position(shown[-1], sort) if len(rows) > request.limit else None
    width = 2 + len(fields)
    return Page([as_row(row[:width], fields) for row in shown], next_cursor, total)


async def _count(raw: psycopg.AsyncConnection[Any], table: str, where: Where) -> int | None:
    row = await (
        await raw.execute(
            f"select count(*) from (select 1 from {table} where {where.sql} limit {MOST + 1}) x", where.values
        )
    ).fetchone()
    assert row is not None
    return int(row[0]) if row[0] <= MOST else None


def position(row: Sequence[Any], sort: Field | None) -> str:
    """Return the cursor behind a row, which ends with the value it is sorted by."""
    return encode_cursor([_plain(row[-1]), row[0]] if sort else [row[0]])


def after(request: PageRequest, sort: Field | None, down: bool) -> tuple[str, list[Any]]:
    """Return the condition, and its parameters, of the rows behind a cursor; raise 422 for one of another list."""
    sign = "<" if down else ">"
    if request.cursor is None:
        return "true", []
    if sort is None:
        return f"id {sign} %s::bigint", cursor_values(request.cursor, int)
    value, *rest = request.cursor or [None]
    (position,) = cursor_values(rest, int)
    if isinstance(value, list | dict):
        raise invalid_field("/cursor", "This cursor belongs to another list")
    if value is None:
        return f"{sort.column} is null and id {sign} %s::bigint", [position]
    column = sort.column
    return (
        f"({column} {sign} %s::{sort.pg} or ({column} = %s::{sort.pg} and id {sign} %s::bigint) or {column} is null)",
        [str(value), str(value), position],
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
