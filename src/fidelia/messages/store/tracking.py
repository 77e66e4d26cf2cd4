"""Queries of tracking: the signing key, what a run's links lead to, and reactions in sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import psycopg

from ..kinds.multivariate.model import LINK_STRIDE
from ..model import Plan

Raw = psycopg.AsyncConnection[Any]
#: A message: run, profile, occasion.
Sent = tuple[int, int, int]


class WasSent(NamedTuple):
    """When a message was sent, and in which variant of its mailing (0: the mailing's own template)."""

    at: datetime
    variant: int


class Key(NamedTuple):
    """A reaction: to which message, of which kind, on which link (-1: none), by a machine or a person."""

    run: int
    profile: int
    occasion: int
    kind: str
    link: int = -1
    machine: bool = False

    @property
    def message(self) -> Sent:
        """The message it is a reaction to."""
        return self.run, self.profile, self.occasion


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What tracking needs of a run; never changes once the run exists."""

    run_id: int
    database_id: int
    version_id: int
    plan: Plan
    links: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """What is stored of a reaction before a batch is added."""

    hits: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Reaction:
    """So many further hits of one kind."""

    key: Key
    hits: int
    first_at: datetime
    last_at: datetime
    reason: str | None = None


async def became(raw: Raw, who: Iterable[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Return whom recipients (run, profile) have become that were merged within the run's database."""
    pairs = sorted(set(who))
    cursor = await raw.execute(
        "select g.r, g.p, a.into_profile_id from unnest(%s::int[], %s::bigint[]) g (r, p)"
        " join mailing_run m on m.id = g.r join profile_alias a on a.database_id = m.database_id"
        " and a.profile_id = g.p and a.into_database_id = a.database_id",
        ([run for run, _ in pairs], [profile for _, profile in pairs]),
    )
    return {(run, profile): now for run, profile, now in await cursor.fetchall()}


async def signing_key(raw: Raw, fresh: bytes) -> bytes:
    """Return the installation's key; ``fresh`` becomes it when there is none yet."""
    await raw.execute("insert into message_key (id, key) values (1, %s) on conflict do nothing", (fresh,))
    row = await (await raw.execute("select key from message_key where id = 1")).fetchone()
    assert row is not None
    return bytes(row[0])


async def run_facts(raw: Raw, run_id: int) -> RunFacts | None:
    """Return what a run's links lead to, or ``None`` when there is no such run."""
    row = await (
        await raw.execute("select database_id, version_id, plan from mailing_run where id = %s", (run_id,))
    ).fetchone()
    if row is None:
        return None
    plan = msgspec.convert(row[2], Plan)
    versions = [row[1], *(variant.version_id for variant in plan.variants)]
    found = await raw.execute(
        "select v.n * %s + l.no, l.url from unnest(%s::int[], %s::int[]) v (n, version_id)"
        " join template_link l using (version_id) where not l.dynamic",
        (LINK_STRIDE, list(range(len(versions))), versions),
    )
    return RunFacts(run_id, row[0], row[1], plan, dict(await found.fetchall()))


async def sent_at(raw: Raw, messages: Iterable[Sent]) -> dict[Sent, WasSent]:
    """Return when each message was sent, in which variant; those that never were are left out."""
    wanted = sorted(set(messages))
    cursor = await raw.execute(
        """
        select d.run_id, d.profile_id, d.occasion, d.at, d.variant
        from unnest(%s::int[], %s::bigint[], %s::bigint[]) v (run_id, profile_id, occasion)
        join delivery d using (run_id, profile_id, occasion)
        where d.state in ('sent', 'unknown', 'handed')
        """,
        tuple([message[n] for message in wanted] for n in range(3)),
    )
    return {(row[0], row[1], row[2]): WasSent(row[3], row[4]) for row in await cursor.fetchall()}


async def seen(raw: Raw, keys: Sequence[Key]) -> dict[Key, Seen]:
    """Return and lock what is stored of these reactions."""
    cursor = await raw.execute(
        """
        select r.run_id, r.profile_id, r.occasion, r.kind, r.link, r.bot, r.hits, r.last_at
        from unnest(%s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::smallint[], %s::boolean[])
            v (run_id, profile_id, occasion, kind, link, bot)
        join reaction r using (run_id, profile_id, occasion, kind, link, bot)
        order by 1, 2, 3, 4, 5, 6 for update of r
        """,
        _columns(keys),
    )
    return {Key(*row[:6]): Seen(row[6], row[7]) for row in await cursor.fetchall()}


async def add(raw: Raw, reactions: Sequence[Reaction]) -> None:
    """Add hits; the first moment stays, the last one moves on."""
    await raw.execute(
        """
        insert into reaction as r (run_id, profile_id, occasion, kind, link, bot, hits, first_at, last_at, reason)
        select * from unnest(%s::int[], %s::bigint[], %s::bigint[], %s::text[], %s::smallint[], %s::boolean[],
            %s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[]) order by 1, 2, 3, 4, 5, 6
        on conflict (run_id, profile_id, occasion, kind, link, bot) do update set
            hits = r.hits + excluded.hits,
            first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)
        """,
        (
            *_columns([r.key for r in reactions]),
            [r.hits for r in reactions],
            [r.first_at for r in reactions],
            [r.last_at for r in reactions],
            [r.reason for r in reactions],
        ),
    )


async def tell(raw: Raw, lines: Mapping[int, Sequence[str]]) -> None:
    """Write history lines by database, in the same transaction."""
    for database, texts in lines.items():
        if texts:
            await raw.execute(
                "insert into event_inbox (database_id, rows, payload) values (%s, %s, %s)",
                (database, len(texts), "\n".join(texts)),
            )


async def forget(raw: Raw, database_id: int, profile_ids: Sequence[int]) -> dict[str, int]:
    """Remove what is kept about erased people; the ledger keeps the number, not the person. Return how much it was."""
    ids = list(profile_ids)
    reactions = await raw.execute(
        "delete from reaction where profile_id = any(%s::bigint[])"
        " and run_id in (select id from mailing_run where database_id = %s)",
        (ids, database_id),
    )
    mails = await raw.execute(
        "delete from captured_mail where profile_id = any(%s::bigint[])"
        " and run_id in (select id from mailing_run where database_id = %s)",
        (ids, database_id),
    )
    returned = await raw.execute(
        "delete from returned_mail where profile_id = any(%s::bigint[]) and database_id = %s", (ids, database_id)
    )
    await raw.execute(
        "delete from soft_bounce where profile_id = any(%s::bigint[])"
        " and run_id in (select id from mailing_run where database_id = %s)",
        (ids, database_id),
    )
    addresses = await raw.execute(
        "update delivery set provider_id = null,"
        " contact_hash = sha256((run_id || '-' || profile_id || '-' || random())::bytea)"
        " where profile_id = any(%s::bigint[]) and run_id in (select id from mailing_run where database_id = %s)",
        (ids, database_id),
    )
    return {
        "reactions": reactions.rowcount,
        "captured_mails": mails.rowcount,
        "returned_mails": returned.rowcount,
        "sent_addresses": addresses.rowcount,
    }


def _columns(keys: Sequence[Key]) -> tuple[list[Any], ...]:
    return tuple([key[n] for key in keys] for n in range(len(Key._fields)))
