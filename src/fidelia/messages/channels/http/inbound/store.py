"""Queries of what providers tell: each event once, the message it is about, and what has to wait for its message."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import psycopg

from ....store.tracking import Sent

Raw = psycopg.AsyncConnection[Any]
#: Runs of a channel that are looked through for the last message to a contact.
_RUNS = 300
#: NUL in JSON, which PostgreSQL does not take; not a backslash that stands before "u0000".
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class Waiting(NamedTuple):
    """An item whose message is not known yet."""

    channel_id: int
    hash: bytes
    item: Any


async def fresh(raw: Raw, channel_id: int, hashes: Sequence[bytes], now: datetime) -> set[bytes]:
    """Note events; return those that were not told before."""
    cursor = await raw.execute(
        "insert into channel_inbound (channel_id, hash, at)"
        " select %s, h, %s from unnest(%s::bytea[]) h order by h on conflict do nothing returning hash",
        (channel_id, now, sorted(set(hashes))),
    )
    return {bytes(row[0]) for row in await cursor.fetchall()}


def without_nul(item: Any) -> str:
    """Return an item as JSON that PostgreSQL takes."""
    return _NUL.sub(r"\1", msgspec.json.encode(item).decode())


async def keep(raw: Raw, channel_id: int, hash_: bytes, item: Any) -> None:
    """Keep an item until its message is known."""
    await raw.execute(
        "update channel_inbound set item = %s::jsonb where channel_id = %s and hash = %s",
        (without_nul(item), channel_id, hash_),
    )


async def waiting(raw: Raw, since: datetime, limit: int) -> list[Waiting]:
    """Return and lock items that still wait, the oldest first."""
    cursor = await raw.execute(
        "select channel_id, hash, item from channel_inbound where item is not null and at >= %s"
        " order by at limit %s for update skip locked",
        (since, limit),
    )
    return [Waiting(channel, bytes(hash_), item) for channel, hash_, item in await cursor.fetchall()]


async def settled(raw: Raw, done: Sequence[Waiting]) -> None:
    """Keep these items no longer."""
    await raw.execute(
        "update channel_inbound c set item = null from unnest(%s::int[], %s::bytea[]) d (channel_id, hash)"
        " where c.channel_id = d.channel_id and c.hash = d.hash",
        ([row.channel_id for row in done], [row.hash for row in done]),
    )


async def purge(raw: Raw, waits: datetime, before: datetime) -> int:
    """Give up items that have waited since before ``waits``, forget events told before ``before``; return how many."""
    await raw.execute("update channel_inbound set item = null where item is not null and at < %s", (waits,))
    return (await raw.execute("delete from channel_inbound where at < %s", (before,))).rowcount


async def by_provider(raw: Raw, key: str, provider_id: str) -> Sent | None:
    """Return the newest message of a channel that the provider calls so."""
    cursor = await raw.execute(
        "select d.run_id, d.profile_id, d.occasion from delivery d join mailing_run m on m.id = d.run_id"
        " where d.provider_id = %s and m.plan ->> 'channel' = %s order by d.at desc limit 1",
        (provider_id, key),
    )
    return await cursor.fetchone()


async def by_contact(raw: Raw, key: str, contact_hash: bytes) -> Sent | None:
    """Return the newest message of a channel that went to a contact."""
    cursor = await raw.execute(
        "select d.run_id, d.profile_id, d.occasion from"
        " (select id from mailing_run where plan ->> 'channel' = %s order by id desc limit %s) m"
        " join delivery d on d.run_id = m.id and d.contact_hash = %s and d.state in ('sent', 'unknown', 'handed')"
        " order by d.at desc limit 1",
        (key, _RUNS, contact_hash),
    )
    return await cursor.fetchone()


async def subscribers(raw: Raw, key: str, contact: str) -> list[tuple[int, int]]:
    """Return (database, profile) of the subscriptions of a channel to a contact that have not ended."""
    cursor = await raw.execute(
        "select distinct s.database_id, s.profile_id from profile_database d join subscription s"
        " on s.database_id = d.id and s.contact = %s and s.channel = %s and s.status in ('subscribed', 'unconfirmed')",
        (contact, key),
    )
    return [(database, profile) for database, profile in await cursor.fetchall()]
