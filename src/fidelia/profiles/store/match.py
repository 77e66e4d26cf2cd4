"""Finding profiles by a key, many at once."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from pyroaring import BitMap

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.ids import MAX_PROFILE_ID

from ..fields import Database, Field

_ALIAS = {"phone": "phones"}
_MATCHED = frozenset({"string", "integer", "float", "boolean", "date", "datetime", "enum", "ip", "tags"})


def matching_field(database: Database, matching: str, pointer: str = "/matching") -> Field | None:
    """Return the field that a matching mode looks at, ``None`` for ``profile_id``.

    The modes are ``profile_id``, ``email``, ``phone``, ``external_id`` and the name of any field. Raises 422 at
    ``pointer`` for anything else.
    """
    if matching == "profile_id":
        return None
    field = database.field(_ALIAS.get(matching, matching))
    if field is None or field.type not in _MATCHED or field.read_only:
        raise invalid_field(pointer, "Match by profile_id, email, phone, external_id or the name of a field")
    return field


async def match_all(
    raw: psycopg.AsyncConnection[Any], database: Database, field: Field | None, keys: Sequence[Any]
) -> dict[Any, list[int]]:
    """Return for each key that somebody has the ids of the profiles that have it, in ascending order.

    Keys are stored values (see ``fields.read_key``): lower-case addresses, E.164 phone numbers. For a list (phones,
    tags) a profile is found when the key is among its items.
    """
    wanted = list(dict.fromkeys(key for key in keys if key is not None))
    if not wanted:
        return {}
    table = database.table
    if field is None:
        some = [key for key in wanted if isinstance(key, int) and 0 < key <= MAX_PROFILE_ID]
        cursor = await raw.execute(f"select id, id from {table} where id = any(%s::bigint[])", (some,))
    elif field.kind.many and not field.builtin:
        # Without an index of its own: one look at everybody, whatever the number of keys.
        cursor = await raw.execute(
            f"select k, p.id from {table} p cross join lateral unnest(p.{field.column}) k where k = any(%s::text[])"
            " order by p.id",
            (wanted,),
        )
    elif field.kind.many:
        cursor = await raw.execute(
            f"select k, p.id from unnest(%s::text[]) k join {table} p on p.{field.column} @> array[k] order by p.id",
            (wanted,),
        )
    else:
        cursor = await raw.execute(
            f"select {field.column}, id from {table} where {field.column} = any(%s::{field.pg}[]) order by id",
            (wanted,),
        )
    found: dict[Any, list[int]] = {}
    for key, profile in await cursor.fetchall():
        found.setdefault(key, []).append(profile)
    return found


async def match_ids(
    raw: psycopg.AsyncConnection[Any], database: Database, matching: str, keys: Iterable[Any]
) -> dict[Any, int]:
    """Return the profile of each key that somebody has; of several profiles the one with the lowest id."""
    field = matching_field(database, matching)
    return {key: ids[0] for key, ids in (await match_all(raw, database, field, list(keys))).items()}


async def existing(raw: psycopg.AsyncConnection[Any], database_id: int, ids: BitMap, *, lock: bool = False) -> BitMap:
    """Return which of these ids belong to somebody; ``lock`` keeps others from changing them."""
    if not ids:
        return BitMap()
    tail = " order by id for no key update" if lock else ""
    cursor = await raw.execute(
        f"select id from profile_{int(database_id)} where id = any(%s::bigint[]){tail}", (list(ids),), binary=True
    )
    return BitMap(row[0] for row in await cursor.fetchall())


async def all_ids(raw: psycopg.AsyncConnection[Any], database_id: int) -> BitMap:
    """Return the ids of everybody in a database."""
    lines = bytearray()
    async with raw.cursor() as cursor, cursor.copy(f"copy profile_{int(database_id)} (id) to stdout") as copy:
        async for chunk in copy:
            lines += chunk
    return BitMap(array("I", map(int, lines.split())))
