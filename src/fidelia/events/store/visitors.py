"""Queries of visitors whom nobody knows yet, and of the events that wait for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from pyroaring import BitMap

Visitor = tuple[int, str]


class Waiting(NamedTuple):
    """An event that waits until its visitor is known; ``properties`` is JSON."""

    database_id: int
    visitor: str
    id: str
    type: str
    at: datetime
    properties: str


async def see(
    raw: psycopg.AsyncConnection[Any], visitors: Mapping[Visitor, int | None], now: datetime
) -> dict[Visitor, int]:
    """Write that visitors were here, and who they are where that is known; return the profiles of all known ones.

    The rows stay locked until the end of the transaction, so that nobody can leave an event behind a visitor who is
    being identified at this moment.
    """
    rows = sorted(visitors.items(), key=lambda item: item[0])
    if not rows:
        return {}
    cursor = await raw.execute(
        "insert into visitor (database_id, visitor, profile, first_seen_at, last_seen_at)"
        " select d, v, p, %(now)s, %(now)s from unnest(%(d)s::int[], %(v)s::text[], %(p)s::bigint[])"
        " with ordinality g (d, v, p, n) order by n"
        " on conflict (database_id, visitor) do update set profile = coalesce(excluded.profile, visitor.profile),"
        " last_seen_at = greatest(visitor.last_seen_at, excluded.last_seen_at)"
        " returning database_id, visitor, profile",
        {
            "now": now,
            "d": [database for (database, _), _ in rows],
            "v": [name for (_, name), _ in rows],
            "p": [profile for _, profile in rows],
        },
    )
    return {(database, name): profile for database, name, profile in await cursor.fetchall() if profile is not None}


async def unclaimed(raw: psycopg.AsyncConnection[Any], visitors: Collection[Visitor]) -> list[Visitor]:
    """Return which of these visitors were seen and are not known yet."""
    if not visitors:
        return []
    cursor = await raw.execute(
        "select database_id, visitor from visitor where profile is null and (database_id, visitor) in"
        " (select * from unnest(%s::int[], %s::text[]))",
        ([database for database, _ in visitors], [name for _, name in visitors]),
    )
    return [(database, name) for database, name in await cursor.fetchall()]


async def unknow(raw: psycopg.AsyncConnection[Any], database_id: int, profiles: Iterable[int]) -> None:
    """Forget that visitors are these profiles, which do not exist any more."""
    await raw.execute(
        "update visitor set profile = null where database_id = %s and profile = any(%s)", (database_id, list(profiles))
    )


async def wait(raw: psycopg.AsyncConnection[Any], events: Sequence[Waiting], now: datetime) -> None:
    """Keep events until their visitor is known."""
    if events:
        async with (
            raw.cursor() as cursor,
            cursor.copy(
                "copy visitor_event (database_id, visitor, id, type, at, properties, received_at) from stdin"
            ) as copy,
        ):
            for event in events:
                await copy.write_row((*event, now))


async def take(raw: psycopg.AsyncConnection[Any], visitors: Collection[Visitor]) -> list[Waiting]:
    """Take away and return what waits for visitors; what one transaction takes, no other gets."""
    if not visitors:
        return []
    cursor = await raw.execute(
        "delete from visitor_event e using unnest(%s::int[], %s::text[]) g (d, v)"
        " where e.database_id = g.d and e.visitor = g.v"
        " returning e.database_id, e.visitor, e.id, e.type, e.at, e.properties",
        ([database for database, _ in visitors], [name for _, name in visitors]),
    )
    return [Waiting(*row) for row in await cursor.fetchall()]


async def erase(raw: psycopg.AsyncConnection[Any], database_id: int, profiles: BitMap) -> int:
    """Remove everything known of the visitors who are these profiles; return how many visitors."""
    cursor = await raw.execute(
        "delete from visitor where database_id = %s and profile = any(%s) returning visitor",
        (database_id, list(profiles)),
    )
    names = [name for (name,) in await cursor.fetchall()]
    if names:
        await raw.execute(
            "delete from visitor_event where database_id = %s and visitor = any(%s)", (database_id, names)
        )
    return len(names)


async def purge(raw: psycopg.AsyncConnection[Any], before: datetime, most: int) -> int:
    """Delete up to ``most`` events that have waited since before a moment; return how many."""
    cursor = await raw.execute(
        "delete from visitor_event where seq = any(array("
        "select seq from visitor_event where received_at < %s limit %s))",
        (before, most),
    )
    return cursor.rowcount


async def purge_visitors(raw: psycopg.AsyncConnection[Any], before: datetime, most: int) -> int:
    """Delete up to ``most`` visitors not seen since a moment for whom nothing waits; return how many."""
    cursor = await raw.execute(
        "delete from visitor where (database_id, visitor) in (select database_id, visitor from visitor v"
        " where last_seen_at < %s and not exists (select from visitor_event e"
        " where e.database_id = v.database_id and e.visitor = v.visitor) limit %s)",
        (before, most),
    )
    return cursor.rowcount


async def of_profile(raw: psycopg.AsyncConnection[Any], database_id: int, profile: int) -> list[dict[str, Any]]:
    """Return the visitors that somebody was."""
    cursor = await raw.execute(
        "select visitor, first_seen_at, last_seen_at from visitor where database_id = %s and profile = %s"
        " order by first_seen_at",
        (database_id, profile),
    )
    return [{"visitor": v, "first_seen_at": first, "last_seen_at": last} for v, first, last in await cursor.fetchall()]
