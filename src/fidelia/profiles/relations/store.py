"""Queries of relations, over sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from ..merge.model import Person
from .model import Relation, RelationProperty, RelationType

Raw = psycopg.AsyncConnection[Any]
_TYPE = (
    "select t.id, t.name, t.label, t.inverse_label, t.description, t.database_a, t.database_b, t.properties,"
    " (select count(*) from relation r where r.type_id = t.id), t.created_at, t.updated_at from relation_type t"
    " where t.archived_at is null"
)


def _type(row: Sequence[Any]) -> RelationType:
    return RelationType(
        id=row[0],
        name=row[1],
        label=row[2],
        inverse_label=row[3],
        description=row[4],
        database_a=row[5],
        database_b=row[6],
        properties=msgspec.convert(row[7], list[RelationProperty]),
        count=row[8],
        created_at=row[9].astimezone(UTC),
        updated_at=row[10].astimezone(UTC),
    )


async def types(raw: Raw, database_id: int | None = None) -> list[RelationType]:
    """Return the types, those of one database or all, the oldest first."""
    cursor = await raw.execute(
        f"{_TYPE} and (%(db)s::int is null or %(db)s in (t.database_a, t.database_b)) order by t.id",
        {"db": database_id},
    )
    return [_type(row) for row in await cursor.fetchall()]


async def find(raw: Raw, type_id: int, *, lock: bool = False) -> RelationType | None:
    """Return a type, or ``None``; ``lock`` keeps it as it is."""
    if lock:
        await raw.execute("select from relation_type where id = %s for update", (type_id,))
    row = await (await raw.execute(f"{_TYPE} and t.id = %s", (type_id,))).fetchone()
    return _type(row) if row else None


async def insert_type(
    raw: Raw, values: Mapping[str, Any], properties: Sequence[RelationProperty], now: datetime
) -> int:
    """Store a new type and return its id. Raises the driver's unique violation."""
    cursor = await raw.execute(
        "insert into relation_type (name, label, inverse_label, description, database_a, database_b, properties,"
        " created_at, updated_at) values (%(name)s, %(label)s, %(inverse_label)s, %(description)s, %(database_a)s,"
        " %(database_b)s, %(properties)s, %(now)s, %(now)s) returning id",
        {**values, "properties": Jsonb(msgspec.to_builtins(list(properties))), "now": now},
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def update_type(raw: Raw, made: RelationType, now: datetime) -> None:
    """Change what a type says and its properties; values of those that are gone go with them."""
    await raw.execute(
        "update relation_type set label = %s, inverse_label = %s, description = %s, properties = %s, updated_at = %s"
        " where id = %s",
        (
            made.label,
            made.inverse_label,
            made.description,
            Jsonb(msgspec.to_builtins(made.properties)),
            now,
            made.id,
        ),
    )


async def drop_properties(raw: Raw, type_id: int, names: Sequence[str], now: datetime) -> list[int]:
    """Take properties out of all relations of a type; return those that had one."""
    cursor = await raw.execute(
        "update relation set properties = properties - %s::text[], version = version + 1, updated_at = %s"
        " where type_id = %s and properties ?| %s::text[] returning id",
        (list(names), now, type_id, list(names)),
    )
    return [row[0] for row in await cursor.fetchall()]


async def delete_type(raw: Raw, type_id: int) -> list[int]:
    """Remove a type with all its relations; return which there were."""
    cursor = await raw.execute("delete from relation where type_id = %s returning id", (type_id,))
    gone = [row[0] for row in await cursor.fetchall()]
    await raw.execute("delete from relation_type where id = %s", (type_id,))
    return gone


_VERBS = {
    "attach": ("t.properties || g.properties", True),
    "overwrite": ("g.properties", False),
    "modify": (
        "t.properties || (select coalesce(jsonb_object_agg(k, to_jsonb(coalesce((t.properties ->> k)::numeric, 0)"
        " + (v #>> '{}')::numeric)), '{}') from jsonb_each(g.properties) e (k, v))",
        False,
    ),
}


async def write(
    raw: Raw, type_id: int, verb: str, pairs: Sequence[tuple[int, int, Mapping[str, Any]]], now: datetime
) -> dict[tuple[int, int], tuple[int, str]]:
    """Attach, overwrite or increment relations of distinct pairs; return id and outcome of each that is there.

    Properties that are null go.
    """
    value, adds = _VERBS[verb]
    value = f"jsonb_strip_nulls({value})"
    params = {
        "type": type_id,
        "now": now,
        "a": [a for a, _, _ in pairs],
        "b": [b for _, b, _ in pairs],
        "p": [Jsonb(dict(properties)) for _, _, properties in pairs],
    }
    given = "unnest(%(a)s::bigint[], %(b)s::bigint[], %(p)s::jsonb[]) g (a, b, properties)"
    found: dict[tuple[int, int], tuple[int, str]] = {}
    if adds:
        cursor = await raw.execute(
            "insert into relation (type_id, profile_a, profile_b, properties, created_at, updated_at)"
            f" select %(type)s, a, b, jsonb_strip_nulls(properties), %(now)s, %(now)s from {given} order by a, b"
            " on conflict (type_id, profile_a, profile_b) do nothing returning id, profile_a, profile_b",
            params,
        )
        found = {(a, b): (number, "created") for number, a, b in await cursor.fetchall()}
    cursor = await raw.execute(
        f"""
        with held as (
            select t.id, {value} as new, t.properties as old, t.profile_a, t.profile_b from {given}
            join relation t on t.type_id = %(type)s and t.profile_a = g.a and t.profile_b = g.b
            order by t.id for update of t
        ), changed as (
            update relation t set properties = held.new, version = version + 1, updated_at = %(now)s
            from held where t.id = held.id and held.new <> held.old returning t.id
        )
        select held.id, held.profile_a, held.profile_b, changed.id is not null from held left join changed using (id)
        """,
        params,
    )
    for number, a, b, changed in await cursor.fetchall():
        found.setdefault((a, b), (number, "updated" if changed else "unchanged"))
    return found


async def remove(raw: Raw, type_id: int, pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Detach pairs; return the ids of those that were there."""
    cursor = await raw.execute(
        "delete from relation t using unnest(%s::bigint[], %s::bigint[]) g (a, b)"
        " where t.type_id = %s and t.profile_a = g.a and t.profile_b = g.b returning t.id, t.profile_a, t.profile_b",
        ([a for a, _ in pairs], [b for _, b in pairs], type_id),
    )
    return {(a, b): number for number, a, b in await cursor.fetchall()}


def _relation(row: Sequence[Any]) -> Relation:
    return Relation(
        id=row[0],
        type_id=row[1],
        a=row[2],
        b=row[3],
        properties=row[4],
        created_at=row[5].astimezone(UTC),
        updated_at=row[6].astimezone(UTC),
    )


async def page(
    raw: Raw, type_id: int, *, a: int | None, b: int | None, after: int, limit: int
) -> tuple[list[Relation], int]:
    """Return relations of a type in the order of their ids, and how many there are."""
    params = {"type": type_id, "a": a, "b": b, "after": after, "limit": limit}
    where = (
        "type_id = %(type)s and (%(a)s::bigint is null or profile_a = %(a)s)"
        " and (%(b)s::bigint is null or profile_b = %(b)s)"
    )
    cursor = await raw.execute(
        "select id, type_id, profile_a, profile_b, properties, created_at, updated_at from relation"
        f" where {where} and id > %(after)s order by id limit %(limit)s",
        params,
    )
    rows = [_relation(row) for row in await cursor.fetchall()]
    row = await (await raw.execute(f"select count(*) from relation where {where}", params)).fetchone()
    assert row is not None
    return rows, int(row[0])


async def of_profile(raw: Raw, who: Person, limit: int) -> list[tuple[str, Relation]]:
    """Return the relations that somebody is in, with the side they are on, the latest first."""
    cursor = await raw.execute(
        """
        select side, id, type_id, profile_a, profile_b, properties, created_at, updated_at from (
            select 'a' as side, r.* from relation r join relation_type t on t.id = r.type_id
            where t.database_a = %(db)s and r.profile_a = %(id)s
            union all
            select 'b', r.* from relation r join relation_type t on t.id = r.type_id
            where t.database_b = %(db)s and r.profile_b = %(id)s
        ) x order by id desc limit %(limit)s
        """,
        {"db": who.database_id, "id": who.profile_id, "limit": limit},
    )
    return [(row[0], _relation(row[1:])) for row in await cursor.fetchall()]


# -- people who are merged or erased -----------------------------------------------------------------------------------


async def move(raw: Raw, source: Person, into: Person, now: datetime) -> tuple[set[int], list[int]]:
    """Give somebody's relations to another one; return the databases that are touched, and the relations.

    A relation that both had stays as the destination's; one of the two with each other goes, and so does one whose
    type is not for the destination's database.
    """
    touched: set[int] = set()
    ids: list[int] = []
    for side, other in (("a", "b"), ("b", "a")):
        params = {
            "from": source.database_id,
            "source": source.profile_id,
            "to": into.database_id,
            "into": into.profile_id,
            "now": now,
        }
        cursor = await raw.execute(
            f"""
            update relation r set profile_{side} = %(into)s, version = version + 1, updated_at = %(now)s
            from relation_type t where t.id = r.type_id and t.database_{side} = %(from)s
              and t.database_{side} = %(to)s and r.profile_{side} = %(source)s
              and not (t.database_{other} = %(to)s and r.profile_{other} = %(into)s)
              and not exists (select from relation x where x.type_id = r.type_id and x.profile_{side} = %(into)s
                and x.profile_{other} = r.profile_{other})
            returning r.id, t.database_a, t.database_b
            """,
            params,
        )
        for number, a, b in await cursor.fetchall():
            touched |= {a, b}
            ids.append(number)
    gone_in, gone = await forget(raw, source.database_id, [source.profile_id])
    return touched | gone_in, [*ids, *gone]


async def forget(raw: Raw, database_id: int, people: Iterable[int]) -> tuple[set[int], list[int]]:
    """Remove the relations that people are in; return the databases that are touched, and which they were."""
    cursor = await raw.execute(
        """
        delete from relation r using relation_type t where t.id = r.type_id and (
            (t.database_a = %(db)s and r.profile_a = any(%(ids)s::bigint[]))
            or (t.database_b = %(db)s and r.profile_b = any(%(ids)s::bigint[])))
        returning r.id, t.database_a, t.database_b
        """,
        {"db": database_id, "ids": list(people)},
    )
    rows = await cursor.fetchall()
    return {database for row in rows for database in row[1:]}, [row[0] for row in rows]


async def ids_of(raw: Raw, database_id: int) -> list[int]:
    """Return the ids of every relation that a database takes part in."""
    cursor = await raw.execute(
        "select r.id from relation r join relation_type t on t.id = r.type_id where %s in (t.database_a, t.database_b)",
        (database_id,),
    )
    return [row[0] for row in await cursor.fetchall()]
