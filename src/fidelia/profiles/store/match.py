"""Finding profiles by a key, many at once: in their fields, in subscriptions, and by what merged people had before."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import psycopg
from pyroaring import BitMap

from fidelia.kernel.ids import MAX_PROFILE_ID
from fidelia.platform.cursors import plain_array

from ..fields import Database, Field
from ..matching import Matching, read_matching

Raw = psycopg.AsyncConnection[Any]
#: Up to this many texts travel as an array; more as one joined text, which the driver sends much faster.
FEW = 500
#: From this many ids on a whole range is read, if one in ten of it is asked for.
MANY = 10_000


class Found(NamedTuple):
    """``people``: who has each key, in ascending order. ``elsewhere``: the keys that are in no field of their person,
    but in a subscription or among what a merged person had.
    """

    people: dict[Any, list[int]]
    elsewhere: set[Any]


async def find(raw: Raw, database: Database, how: Matching, keys: Iterable[Any]) -> Found:
    """Look for people by keys (see :meth:`Matching.parts`), the profile's own fields first.

    Keys are stored values (``fields.read_key``): lower-case addresses, E.164 numbers; days and moments as ISO texts.
    """
    wanted = list(dict.fromkeys(part for key in keys if key is not None for part in how.parts(key)))
    if not wanted:
        return Found({}, set())
    people: dict[Any, list[int]] = {}
    if how.by_id:
        people = await match_all(raw, database, None, wanted)
        former = await aliases(raw, database.id, [key for key in wanted if key not in people])
        return Found(people | {old: [new] for old, new in former.items()}, set())
    if how.in_field:
        for field in how.fields:
            people |= await _in_field(raw, database, field, wanted if how.second is None else _fitting(field, wanted))
    elsewhere: set[Any] = set()
    missing = [key for key in wanted if key not in people]
    if missing:
        has_subscriptions, has_identities = await _what_there_is(raw, database.id)
        if how.channels and has_subscriptions:
            texts = [key for key in missing if isinstance(key, str)]
            found = await in_subscriptions(raw, database.id, texts, how.channels, how.resource)
            people |= found
            elsewhere |= found.keys()
            missing = [key for key in missing if key not in found]
        if has_identities and missing:
            for field in how.fields:
                by_text = {str(key): key for key in missing}
                for text, ids in (await by_identity(raw, database.id, field, list(by_text))).items():
                    people[by_text[text]] = ids
                    elsewhere.add(by_text[text])
    return Found(people, elsewhere)


async def match_all(raw: Raw, database: Database, field: Field | None, keys: Sequence[Any]) -> dict[Any, list[int]]:
    """Return for each key that somebody has in a field the ids of the profiles that have it, in ascending order.

    ``None`` stands for the profile's id. For a list (phones) a profile is found when the key is among its items.
    """
    wanted = list(dict.fromkeys(key for key in keys if key is not None))
    if not wanted:
        return {}
    table = database.table
    if field is None:
        some = [key for key in wanted if isinstance(key, int) and 0 < key <= MAX_PROFILE_ID]
        cursor = await raw.execute(f"select id, id from {table} where id = any(%s::bigint[])", (some,))
    elif field.kind.many and not field.builtin:
        # A key is a combination of tags. Without an index of its own: one look at everybody.
        cursor = await raw.execute(
            f"select k, p.id from unnest(%s::text[]) k join {table} p"
            f" on p.{field.column} @> string_to_array(k, e'\\x1f') order by p.id",
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
    return _grouped(await cursor.fetchall())


async def _in_field(raw: Raw, database: Database, field: Field, keys: Sequence[Any]) -> dict[Any, list[int]]:
    if field.pg == "text" and len(keys) > FEW and (text := _as_one(keys)) is not None:
        cursor = await raw.execute(
            f"select {field.column}, id from {database.table}"
            f" where {field.column} = any(string_to_array(%s, e'\\x1f')) order by id",
            (text,),
        )
        return _grouped(await cursor.fetchall())
    typed = _typed(field, keys)
    found = await match_all(raw, database, field, typed)
    if typed is keys:
        return found
    return {key: found[value] for key, value in zip(keys, typed, strict=True) if value in found}


def _fitting(field: Field, keys: Sequence[str]) -> list[str]:
    """Return the keys of a mode with two that are values of a field: only addresses hold an ``@``."""
    return [key for key in keys if ("@" in key) == (field.name == "email")]


def _typed(field: Field, keys: Sequence[Any]) -> Sequence[Any]:
    """Return keys as the driver compares them; days and moments came as texts."""
    if field.type == "date":
        return [date.fromisoformat(k) if isinstance(k, str) else k for k in keys]
    if field.type == "datetime":
        return [datetime.fromisoformat(k) if isinstance(k, str) else k for k in keys]
    return keys


def _as_one(keys: Sequence[str]) -> str | None:
    """Return texts as one parameter; ``None`` if that cannot be."""
    text = "\x1f".join(keys)
    return text if text.count("\x1f") == len(keys) - 1 else None


def _grouped(rows: Iterable[Sequence[Any]]) -> dict[Any, list[int]]:
    found: dict[Any, list[int]] = {}
    for key, profile in rows:
        found.setdefault(key, []).append(profile)
    return found


async def _what_there_is(raw: Raw, database_id: int) -> tuple[bool, bool]:
    """Tell whether a database has any subscriptions, and anybody who was merged: most first loads have neither."""
    row = await (
        await raw.execute(
            "select exists (select from subscription where database_id = %(db)s),"
            " exists (select from profile_identity where database_id = %(db)s)",
            {"db": database_id},
        )
    ).fetchone()
    assert row is not None
    return bool(row[0]), bool(row[1])


async def in_subscriptions(
    raw: Raw, database_id: int, keys: Sequence[str], channels: Sequence[str], resource_id: int | None
) -> dict[Any, list[int]]:
    """Return whose subscriptions go to each contact, of one resource when it is given."""
    cursor = await raw.execute(
        """
        select distinct s.contact, s.profile_id from subscription s
        where s.database_id = %(database)s and s.contact = any(%(keys)s) and s.channel = any(%(channels)s)
          and (%(resource)s::int is null or s.resource_id = %(resource)s)
        order by s.contact, s.profile_id
        """,
        {"database": database_id, "keys": list(keys), "channels": list(channels), "resource": resource_id},
    )
    return _grouped(await cursor.fetchall())


async def by_identity(raw: Raw, database_id: int, field: Field, keys: Sequence[str]) -> dict[Any, list[int]]:
    """Return who had each value of a field before a merge."""
    cursor = await raw.execute(
        "select value, profile_id from profile_identity where database_id = %s and field = %s and value = any(%s)",
        (database_id, field.column, list(keys)),
    )
    return _grouped(await cursor.fetchall())


async def aliases(raw: Raw, database_id: int, ids: Iterable[Any]) -> dict[int, int]:
    """Return who merged people became, as far as they stayed in the same database."""
    some = [i for i in ids if isinstance(i, int) and 0 < i <= MAX_PROFILE_ID]
    if not some:
        return {}
    cursor = await raw.execute(
        "select profile_id, into_profile_id from profile_alias"
        " where database_id = %s and into_database_id = database_id and profile_id = any(%s::bigint[])",
        (database_id, some),
    )
    return dict(await cursor.fetchall())


async def match_ids(raw: Raw, database: Database, mode: str, keys: Iterable[Any]) -> dict[Any, int]:
    """Return the profile of each key that somebody has; of several profiles the one with the lowest id."""
    found = await find(raw, database, read_matching(database, mode), keys)
    return {key: ids[0] for key, ids in found.people.items()}


async def existing(raw: Raw, database_id: int, ids: BitMap, *, lock: bool = False) -> BitMap:
    """Return which of these ids belong to somebody; ``lock`` keeps others from changing them."""
    if not ids:
        return BitMap()
    first, last = ids[0], ids[-1]
    if not lock and len(ids) > MANY and last - first < 10 * len(ids):
        return ids & await _packed_ids(raw, database_id, f"where id between {int(first)} and {int(last)}")
    tail = " order by id for no key update" if lock else ""
    cursor = await raw.execute(
        f"select id from profile_{int(database_id)} where id = any(%s::bigint[]){tail}",
        (plain_array(ids),),
        binary=True,
    )
    return BitMap(row[0] for row in await cursor.fetchall())


async def all_ids(raw: Raw, database_id: int) -> BitMap:
    """Return the ids of everybody in a database."""
    return await _packed_ids(raw, database_id)


async def _packed_ids(raw: Raw, database_id: int, where: str = "") -> BitMap:
    # Four bytes an id in one value: as rows the driver would take them one by one.
    cursor = await raw.execute(
        f"select string_agg(substr(int8send(id), 5), '') from profile_{int(database_id)} {where}", binary=True
    )
    row = await cursor.fetchone()
    ids = array("I", row[0] or b"" if row else b"")
    if sys.byteorder == "little":
        ids.byteswap()
    return BitMap(ids)
