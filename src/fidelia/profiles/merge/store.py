"""Queries of merges, splits, aliases and duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pyroaring import BitMap

from .model import MergedFrom, Person

Raw = psycopg.AsyncConnection[Any]


async def became(raw: Raw, people: Iterable[Person]) -> dict[Person, Person]:
    """Return who merged people are now."""
    wanted = list(people)
    cursor = await raw.execute(
        "select a.database_id, a.profile_id, a.into_database_id, a.into_profile_id from profile_alias a"
        " join unnest(%s::int[], %s::bigint[]) g (d, p) on a.database_id = g.d and a.profile_id = g.p",
        ([w.database_id for w in wanted], [w.profile_id for w in wanted]),
    )
    return {Person(d, p): Person(into_d, into_p) for d, p, into_d, into_p in await cursor.fetchall()}


async def insert_merge(
    raw: Raw, kind: str, who: Person, options: Mapping[str, Any], summary: Mapping[str, Any], actor: str, now: datetime
) -> int:
    """Record a merge or a split and return its number."""
    cursor = await raw.execute(
        "insert into profile_merge (kind, database_id, profile_id, options, summary, actor, merged_at)"
        " values (%s, %s, %s, %s, %s, %s, %s) returning id",
        (kind, who.database_id, who.profile_id, Jsonb(dict(options)), Jsonb(dict(summary)), actor, now),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def set_summary(raw: Raw, merge_id: int, summary: Mapping[str, Any]) -> None:
    """Write down what a merge moved."""
    await raw.execute("update profile_merge set summary = %s where id = %s", (Jsonb(dict(summary)), merge_id))


async def insert_aliases(
    raw: Raw, merge_id: int, into: Person, before: Mapping[Person, Mapping[str, Any]], *, history: bool
) -> None:
    """Say who these people are from now on; those who had become one of them follow."""
    for person in before:
        await raw.execute(
            "update profile_alias set into_database_id = %s, into_profile_id = %s"
            " where into_database_id = %s and into_profile_id = %s",
            (into.database_id, into.profile_id, person.database_id, person.profile_id),
        )
    async with raw.cursor() as cursor:
        await cursor.executemany(
            "insert into profile_alias (database_id, profile_id, into_database_id, into_profile_id, merge_id, history,"
            " before) values (%s, %s, %s, %s, %s, %s, %s)",
            [
                (p.database_id, p.profile_id, into.database_id, into.profile_id, merge_id, history, Jsonb(dict(values)))
                for p, values in before.items()
            ],
        )


async def move_identities(raw: Raw, into: Person, sources: Sequence[Person], known: Sequence[tuple[str, str]]) -> None:
    """Let the destination be found by what the sources were known by, and by what they had been known by before."""
    for source in sources:
        await raw.execute(
            "insert into profile_identity (database_id, field, value, profile_id)"
            " select %(to)s, field, value, %(into)s from profile_identity"
            " where database_id = %(from)s and profile_id = %(source)s and (%(from)s = %(to)s or field !~ '^f[0-9]')"
            " on conflict (database_id, field, value) do update set profile_id = excluded.profile_id",
            {
                "to": into.database_id,
                "into": into.profile_id,
                "from": source.database_id,
                "source": source.profile_id,
            },
        )
        await raw.execute(
            "delete from profile_identity where database_id = %s and profile_id = %s",
            (source.database_id, source.profile_id),
        )
    if known:
        await raw.execute(
            "insert into profile_identity (database_id, field, value, profile_id)"
            " select %s, f, v, %s from unnest(%s::text[], %s::text[]) g (f, v) order by f, v"
            " on conflict (database_id, field, value) do update set profile_id = excluded.profile_id",
            (into.database_id, into.profile_id, [f for f, _ in known], [v for _, v in known]),
        )


async def give_identities(raw: Raw, who: Person, former: Person, columns: Mapping[str, Any]) -> None:
    """Take back what a split person has again as their own, and let their old id lead to them."""
    for column, value in columns.items():
        for item in value if isinstance(value, list) else [value]:
            await raw.execute(
                "delete from profile_identity where database_id = %s and field = %s and value = %s",
                (who.database_id, column, str(item)),
            )
    await raw.execute(
        "update profile_alias set into_database_id = %s, into_profile_id = %s"
        " where database_id = %s and profile_id = %s",
        (who.database_id, who.profile_id, former.database_id, former.profile_id),
    )


async def merged_from(raw: Raw, who: Person) -> list[MergedFrom]:
    """Return whom a profile was merged from, the latest first."""
    cursor = await raw.execute(
        "select a.database_id, a.profile_id, a.merge_id, m.merged_at, m.actor, a.history, a.before from profile_alias a"
        " join profile_merge m on m.id = a.merge_id where a.into_database_id = %s and a.into_profile_id = %s"
        " order by m.merged_at desc, a.merge_id desc, a.database_id, a.profile_id",
        (who.database_id, who.profile_id),
    )
    return [
        MergedFrom(
            database_id=row[0],
            profile_id=row[1],
            merge_id=row[2],
            merged_at=row[3].astimezone(UTC),
            actor=row[4],
            history=row[5],
            before=row[6],
        )
        for row in await cursor.fetchall()
    ]


async def sources_of(raw: Raw, database_id: int) -> BitMap:
    """Return the ids of a database that have become somebody else, with their history."""
    cursor = await raw.execute(
        "select profile_id from profile_alias where database_id = %s and history", (database_id,)
    )
    return BitMap(row[0] for row in await cursor.fetchall())


async def moved_histories(raw: Raw, database_id: int, ids: BitMap) -> dict[int, Person]:
    """Return whose history the one of these merged ids is now."""
    cursor = await raw.execute(
        "select profile_id, into_database_id, into_profile_id from profile_alias"
        " where database_id = %s and history and profile_id = any(%s::bigint[])",
        (database_id, list(ids)),
    )
    return {source: Person(database, profile) for source, database, profile in await cursor.fetchall()}


async def move_subscriptions(raw: Raw, into: Person, source: Person, now: datetime, *, keep: bool) -> tuple[int, int]:
    """Make the subscriptions of a source the destination's; return how many moved and how many could not.

    Where both have the same one, the stricter status holds and the earlier proof stays. Without ``keep`` only that
    strictness is carried over. Those of a resource that is not for the destination's database cannot be carried.
    """
    strict = "array_position(array['subscribed','unconfirmed','suspended','unsubscribed','bounced','complained'], {0})"
    stricter = f"{strict.format('s.status')} > {strict.format('d.status')}"
    await raw.execute(
        f"""
        update subscription d set version = d.version + 1, updated_at = %(now)s,
            status = case when {stricter} then s.status else d.status end,
            status_reason = case when {stricter} then s.status_reason else d.status_reason end,
            paused_until = greatest(d.paused_until, s.paused_until),
            opt_in_at = coalesce(d.opt_in_at, s.opt_in_at), opt_in_ip = coalesce(d.opt_in_ip, s.opt_in_ip),
            opt_in_source = coalesce(d.opt_in_source, s.opt_in_source), created_at = least(d.created_at, s.created_at)
        from subscription s
        where d.database_id = %(to)s and d.profile_id = %(into)s and s.database_id = %(from)s
          and s.profile_id = %(source)s
          and (s.resource_id, s.channel, s.contact) = (d.resource_id, d.channel, d.contact)
        """,
        _both(into, source, now),
    )
    moved = 0
    if keep:
        cursor = await raw.execute(
            """
            update subscription s set database_id = %(to)s, profile_id = %(into)s, version = s.version + 1,
                updated_at = %(now)s
            from resource r
            where s.database_id = %(from)s and s.profile_id = %(source)s and r.id = s.resource_id
              and (r.database_ids = '{}' or %(to)s = any(r.database_ids))
              and not exists (select from subscription d where d.database_id = %(to)s and d.profile_id = %(into)s
                and (s.resource_id, s.channel, s.contact) = (d.resource_id, d.channel, d.contact))
            """,
            _both(into, source, now),
        )
        moved = cursor.rowcount
    cursor = await raw.execute(
        """
        with gone as (
            delete from subscription s where s.database_id = %(from)s and s.profile_id = %(source)s
            returning resource_id, channel, contact
        )
        select count(*) from gone s where not exists (
            select from subscription d where d.database_id = %(to)s and d.profile_id = %(into)s
            and (s.resource_id, s.channel, s.contact) = (d.resource_id, d.channel, d.contact))
        """,
        _both(into, source, now),
    )
    row = await cursor.fetchone()
    assert row is not None
    return moved, int(row[0])


def _both(into: Person, source: Person, now: datetime) -> dict[str, Any]:
    return {
        "to": into.database_id,
        "into": into.profile_id,
        "from": source.database_id,
        "source": source.profile_id,
        "now": now,
    }


async def delete_people(raw: Raw, database_id: int, ids: Sequence[int]) -> None:
    """Remove the rows of merged people."""
    await raw.execute(f"delete from profile_{int(database_id)} where id = any(%s::bigint[])", (list(ids),))


# -- splits ----------------------------------------------------------------------------------------------------------


async def pick_subscriptions(raw: Raw, source: Person, into: int, ids: Sequence[int], now: datetime) -> set[int]:
    """Move some subscriptions of a person to another one of the database; return which ones were theirs."""
    cursor = await raw.execute(
        "update subscription set profile_id = %s, version = version + 1, updated_at = %s"
        " where id = any(%s::bigint[]) and database_id = %s and profile_id = %s returning id",
        (into, now, list(ids), source.database_id, source.profile_id),
    )
    return {row[0] for row in await cursor.fetchall()}


async def copy_subscriptions(raw: Raw, source: Person, into: int, now: datetime) -> int:
    """Give another one of the database the subscriptions that a person has; return how many are new."""
    cursor = await raw.execute(
        """
        insert into subscription (database_id, profile_id, resource_id, channel, contact, status, priority, opt_in_at,
            opt_in_ip, opt_in_source, status_reason, paused_until, created_at, updated_at)
        select database_id, %s, resource_id, channel, contact, status, priority, opt_in_at, opt_in_ip, opt_in_source,
            status_reason, paused_until, created_at, %s
        from subscription where database_id = %s and profile_id = %s on conflict do nothing
        """,
        (into, now, source.database_id, source.profile_id),
    )
    return cursor.rowcount


async def copy_history(raw: Raw, source: Person, into: Person, until: datetime) -> int:
    """Have the drain copy what happened to a person until a moment; return the number of the copy."""
    cursor = await raw.execute(
        "insert into profile_history_copy (from_database_id, from_profile_id, to_database_id, to_profile_id, until)"
        " values (%s, %s, %s, %s, %s) returning id",
        (source.database_id, source.profile_id, into.database_id, into.profile_id, until),
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def history_copies(raw: Raw, ids: BitMap) -> list[tuple[int, Person, Person, datetime]]:
    """Return copies that are to be made: number, from whom, to whom, until when."""
    cursor = await raw.execute(
        "select id, from_database_id, from_profile_id, to_database_id, to_profile_id, until from profile_history_copy"
        " where id = any(%s::bigint[]) order by id",
        (list(ids),),
    )
    return [(n, Person(fd, fp), Person(td, tp), until) for n, fd, fp, td, tp, until in await cursor.fetchall()]


async def end_copies(raw: Raw, ids: BitMap) -> None:
    """Note that copies are made."""
    await raw.execute("delete from profile_history_copy where id = any(%s::bigint[])", (list(ids),))


# -- erasure ---------------------------------------------------------------------------------------------------------


async def forget(raw: Raw, database_id: int, gone: BitMap) -> dict[int, BitMap]:
    """Remove what merges keep about people who are erased; return the ids, by database, that they had before."""
    cursor = await raw.execute(
        "delete from profile_alias where into_database_id = %s and into_profile_id = any(%s::bigint[])"
        " returning database_id, profile_id",
        (database_id, list(gone)),
    )
    former: dict[int, BitMap] = {}
    for database, profile in await cursor.fetchall():
        former.setdefault(database, BitMap()).add(profile)
    await raw.execute(
        "delete from profile_identity where database_id = %s and profile_id = any(%s::bigint[])",
        (database_id, list(gone)),
    )
    await raw.execute(
        "delete from profile_history_copy where (from_database_id = %(db)s"
        " and from_profile_id = any(%(ids)s::bigint[]))"
        " or (to_database_id = %(db)s and to_profile_id = any(%(ids)s::bigint[]))",
        {"db": database_id, "ids": list(gone)},
    )
    await raw.execute(
        "update profile_merge set options = '{}' where database_id = %s and profile_id = any(%s::bigint[])",
        (database_id, list(gone)),
    )
    return former
