"""Reserving: a message is counted before it is sent, and no two senders count at the same moment.

One advisory lock orders all reservations under limits; each is a few milliseconds for a chunk of some hundred messages,
so that it would carry tens of thousands of messages a second. Mailings without limits count without it: whatever they
send may always be sent, and who counts after them sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import psycopg
from pyroaring import BitMap

from ..model import MessageKey
from . import rules
from .model import MOST_DAYS, Candidate, Limit, LimitKey

#: The advisory lock of reservations.
LOCK = 0x5E4E
Raw = psycopg.AsyncConnection[Any]


class Effective(msgspec.Struct, frozen=True):
    """The policy that a run is under at the moment."""

    name: str = ""
    limits: tuple[Limit, ...] = ()


async def effective(raw: Raw, policy_id: int | None, resource_id: int | None) -> Effective:
    """Return the policy of a mailing: its own, else its resource's, else the default; no limits when there is none."""
    cursor = await raw.execute(
        """
        select p.name, p.limits from send_policy p
        left join resource_policy r on r.policy_id = p.id and r.resource_id = %(resource)s
        where p.id = %(policy)s or r.resource_id is not null or p.is_default
        order by p.id = %(policy)s desc nulls last, r.resource_id is not null desc limit 1
        """,
        {"policy": policy_id, "resource": resource_id},
    )
    row = await cursor.fetchone()
    if row is None:
        return Effective()
    return Effective(row[0], tuple(msgspec.convert(row[1], list[Limit])))


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Messages of a run that are about to be sent: address hashes by key."""

    run_id: int
    database_id: int
    resource_id: int | None
    channel: str
    messages: Mapping[MessageKey, bytes]


async def reserve(raw: Raw, policy: Effective, chunk: Chunk, now: datetime) -> dict[MessageKey, Limit]:
    """Count messages that may be sent; return those that may not, with the limit they have reached.

    Belongs into a transaction of its own, which ends at once. Safe to repeat: what is counted stays counted.
    """
    if policy.limits:
        await raw.execute("select pg_advisory_xact_lock(%s, 0)", (LOCK,))
    keys = list(chunk.messages)
    if policy.limits:
        known = await _counted(raw, chunk.run_id, keys)
        keys = [key for key in keys if key not in known]
        counts = await _counts(raw, policy.limits, chunk, keys, now)
        candidates = [
            Candidate(
                key.profile_id,
                chunk.messages[key],
                tuple(
                    found.get(chunk.messages[key] if limit.per == "contact" else key.profile_id, 0)
                    for limit, found in zip(policy.limits, counts, strict=True)
                ),
            )
            for key in keys
        ]
        verdicts = dict(zip(keys, rules.decide(policy.limits, candidates), strict=True))
    else:
        verdicts = dict.fromkeys(keys)
    allowed = [key for key in keys if verdicts[key] is None]
    await raw.execute(
        """
        insert into send_mark (run_id, profile_id, occasion, database_id, resource_id, channel, contact_hash, at)
        select %s, p, o, %s, %s, %s, h, %s from unnest(%s::bigint[], %s::bigint[], %s::bytea[]) v (p, o, h)
        on conflict do nothing
        """,
        (
            chunk.run_id,
            chunk.database_id,
            chunk.resource_id,
            chunk.channel,
            now,
            [key.profile_id for key in allowed],
            [key.occasion for key in allowed],
            [chunk.messages[key] for key in allowed],
        ),
    )
    return {key: limit for key, limit in verdicts.items() if limit is not None}


async def _counted(raw: Raw, run_id: int, keys: Sequence[MessageKey]) -> set[MessageKey]:
    cursor = await raw.execute(
        "select profile_id, occasion from send_mark join unnest(%s::bigint[], %s::bigint[]) v (profile_id, occasion)"
        " using (profile_id, occasion) where run_id = %s",
        ([key.profile_id for key in keys], [key.occasion for key in keys], run_id),
    )
    return {MessageKey(*row) for row in await cursor.fetchall()}


#: What counts towards a limit.
_COUNTED: dict[LimitKey, str] = {
    "profile": "database_id = %(database)s and at > %(since)s",
    "profile_resource": "database_id = %(database)s and at > %(since)s"
    " and resource_id is not distinct from %(resource)s",
    "profile_channel": "database_id = %(database)s and at > %(since)s and channel = %(channel)s",
    "contact": "at > %(since)s",
}
#: Whose it is, and which of these are asked about.
_WHOSE: dict[LimitKey, tuple[str, str]] = {
    per: ("contact_hash", "contact_hash = any(%(addresses)s::bytea[])")
    if per == "contact"
    else ("profile_id", "profile_id = any(%(profiles)s::bigint[])")
    for per in _COUNTED
}
_FULL = {
    per: f"select {_WHOSE[per][0]} from send_mark where {counted}"  # noqa: S608
    for per, counted in _COUNTED.items()
}
_COUNTS = {
    per: f"select {_WHOSE[per][0]}, count(*) from send_mark where {_WHOSE[per][1]} and {counted} group by 1"  # noqa: S608
    for per, counted in _COUNTED.items()
}


async def _counts(
    raw: Raw, limits: Sequence[Limit], chunk: Chunk, keys: Sequence[MessageKey], now: datetime
) -> list[dict[int | bytes, int]]:
    """Return what each limit counts, by profile or by address."""
    found: list[dict[int | bytes, int]] = []
    values: dict[str, Any] = {
        "database": chunk.database_id,
        "resource": chunk.resource_id,
        "channel": chunk.channel,
        "profiles": sorted({key.profile_id for key in keys}),
        "addresses": sorted({chunk.messages[key] for key in keys}),
    }
    for limit in limits:
        cursor = await raw.execute(_COUNTS[limit.per], {**values, "since": now - timedelta(days=limit.days)})
        found.append(dict(await cursor.fetchall()))
    return found


class Full(msgspec.Struct, frozen=True):
    """Who has reached a limit of a policy: people, and hashes of addresses."""

    profiles: BitMap
    addresses: frozenset[bytes]


async def full(
    raw: Raw, policy: Effective, database_id: int, resource_id: int | None, channel: str, now: datetime
) -> Full:
    """Return who could get no further message of this kind at the moment."""
    profiles, addresses = BitMap(), set[bytes]()
    for limit in policy.limits:
        cursor = await raw.execute(
            f"{_FULL[limit.per]} group by 1 having count(*) >= %(most)s",
            {
                "database": database_id,
                "resource": resource_id,
                "channel": channel,
                "since": now - timedelta(days=limit.days),
                "most": limit.most,
            },
        )
        found = [row[0] for row in await cursor.fetchall()]
        if limit.per == "contact":
            addresses.update(bytes(found_one) for found_one in found)
        else:
            profiles.update(found)
    return Full(profiles, frozenset(addresses))


async def purge(raw: Raw, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` marks that no policy can count any more; return how many it were."""
    cursor = await raw.execute(
        "delete from send_mark where ctid = any(array(select ctid from send_mark where at < %s limit %s))",
        (now - timedelta(days=MOST_DAYS + 1), limit),
    )
    return cursor.rowcount


async def merge(raw: Raw, database_id: int, source: int, into: int) -> None:
    """Count what was sent to one profile for another, where that one has not got the same message."""
    await raw.execute(
        """
        update send_mark m set profile_id = %(into)s where m.database_id = %(database)s and m.profile_id = %(source)s
          and not exists (select from send_mark x
            where x.run_id = m.run_id and x.profile_id = %(into)s and x.occasion = m.occasion)
        """,
        {"database": database_id, "source": source, "into": into},
    )


async def forget(raw: Raw, database_id: int, profile_ids: Sequence[int]) -> int:
    """Delete what was counted for erased people; return how much it was."""
    cursor = await raw.execute(
        "delete from send_mark where database_id = %s and profile_id = any(%s::bigint[])",
        (database_id, list(profile_ids)),
    )
    return cursor.rowcount
