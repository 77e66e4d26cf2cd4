"""The send ledger: one row per message of a run, moved by set statements only.

A message is known by its run, its profile and its occasion: 0 where a run writes to everybody once, else what the
message was caused by, so that a cause that is told twice makes one message.

``queued → leased → handed → sent | failed | blocked | unknown``. ``handed`` is the durable intent: it is written before
the server is given the message, so a row found ``handed`` after a crash may have been sent and is never sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import psycopg
from pyroaring import BitMap

from ..model import MessageKey

#: Namespace of the advisory locks that sender sessions hold while they live.
LOCK = 0x5E4D
#: When somebody is due who waits for a decision: never, until it is made.
HELD = "'infinity'::timestamptz"
OPEN_STATES = ("queued", "leased", "handed")

Raw = psycopg.AsyncConnection[Any]


class Leased(NamedTuple):
    """A message that a session has taken to send. ``contact_hash`` is that of the address it was made for, ``variant``
    which of the run's templates it is made with, 0 for the mailing's own.
    """

    key: MessageKey
    attempts: int
    contact_hash: bytes
    variant: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """How one message's turn ended. ``next_at`` goes with ``queued``, ``line`` is the event for the history."""

    key: MessageKey
    state: str
    reason: str | None = None
    code: int | None = None
    next_at: datetime | None = None
    tried: bool = False
    line: str | None = None
    provider_id: str | None = None  # what the provider that took the message calls it by


@dataclass(frozen=True, slots=True)
class Settled:
    """The answer of :func:`settle`: the run's phase, and whose intents are durable."""

    phase: str
    granted: frozenset[MessageKey]


async def add(
    raw: Raw,
    run_id: int,
    profiles: Sequence[int],
    hashes: Sequence[bytes],
    now: datetime,
    *,
    occasions: Sequence[int] | None = None,
    variants: Sequence[int] | None = None,
    due: Sequence[datetime | None] | None = None,
) -> list[MessageKey]:
    """Queue messages; return those that are new (not one that the run has already, by profile or by address).

    ``due`` says when each may be sent, all of them now without it; ``None`` there holds a message back until it is
    released (:data:`HELD`).
    """
    many = len(profiles)
    cursor = await raw.execute(
        f"""
        insert into delivery (run_id, profile_id, occasion, contact_hash, variant, at, next_at)
        select %s, p, o, h, t, %s, coalesce(n, {HELD})
        from unnest(%s::bigint[], %s::bigint[], %s::bytea[], %s::smallint[], %s::timestamptz[]) v (p, o, h, t, n)
        order by p, o
        on conflict do nothing returning profile_id, occasion
        """,
        (
            run_id,
            now,
            list(profiles),
            list(occasions or [0] * many),
            list(hashes),
            list(variants or [0] * many),
            list(due or [now] * many),
        ),
    )
    return [MessageKey(*row) for row in await cursor.fetchall()]


async def lease(raw: Raw, run_id: int, session: int, now: datetime, limit: int) -> list[Leased]:
    """Take up to ``limit`` messages that are due."""
    cursor = await raw.execute(
        """
        with picked as (
            select profile_id, occasion from delivery where run_id = %(run)s and next_at <= %(now)s
            order by next_at limit %(limit)s for update skip locked
        )
        update delivery d set state = 'leased', lease = %(lease)s, next_at = null, at = %(now)s
        from picked where d.run_id = %(run)s and d.profile_id = picked.profile_id and d.occasion = picked.occasion
        returning d.profile_id, d.occasion, d.attempts, d.contact_hash, d.variant
        """,
        {"run": run_id, "now": now, "limit": limit, "lease": session},
    )
    return [
        Leased(MessageKey(profile, occasion), attempts, bytes(known), variant)
        for profile, occasion, attempts, known, variant in await cursor.fetchall()
    ]


_REST = """, told as (
    insert into event_inbox (database_id, rows, payload)
    select %(database)s, count(*), string_agg(line, E'\\n') from done where line is not null having count(*) > 0
), intent as (
    update delivery d set state = 'handed', at = %(now)s, sender = nullif(w.sender, 0)
    from mailing_run m, unnest(%(i)s::bigint[], %(io)s::bigint[], %(by)s::int[]) w (profile_id, occasion, sender)
    where m.id = %(run)s and m.phase = 'sending' and d.run_id = m.id and d.profile_id = w.profile_id
      and d.occasion = w.occasion and d.lease = %(lease)s and d.state in ('leased', 'handed')
    returning d.profile_id, d.occasion
)
select (select phase from mailing_run where id = %(run)s), i.profiles, i.occasions
from (select array_agg(profile_id) as profiles, array_agg(occasion) as occasions from intent) i
"""
_SETTLE = (
    """
with v as (
    select * from unnest(%(p)s::bigint[], %(o)s::bigint[], %(s)s::text[], %(r)s::text[], %(c)s::smallint[],
        %(n)s::timestamptz[], %(t)s::boolean[], %(l)s::text[], %(m)s::text[])
        v (profile_id, occasion, state, reason, code, next_at, tried, line, provider_id)
), done as (
    update delivery d set state = v.state::delivery_state, at = %(now)s, reason = v.reason, code = v.code,
        next_at = v.next_at, attempts = d.attempts + v.tried::int,
        provider_id = coalesce(v.provider_id, d.provider_id)
    from v where d.run_id = %(run)s and d.profile_id = v.profile_id and d.occasion = v.occasion
      and d.lease = %(lease)s and d.state in ('leased', 'handed', 'unknown')
    returning d.profile_id, d.occasion, v.state, v.line
), released as (
    delete from send_mark m using done d
    where m.run_id = %(run)s and m.profile_id = d.profile_id and m.occasion = d.occasion
      and d.state in ('failed', 'blocked')
)"""
    + _REST
)
#: The same for results that are all ``sent``: nearly all are, and few and plain parameters are cheap to make.
_SETTLE_SENT = (
    """
with v as (
    select * from unnest(%(p)s::bigint[], %(o)s::bigint[], string_to_array(%(l)s, E'\\n'))
        v (profile_id, occasion, line)
), done as (
    update delivery d set state = 'sent', at = %(now)s, reason = null, code = null, attempts = d.attempts + 1
    from v where d.run_id = %(run)s and d.profile_id = v.profile_id and d.occasion = v.occasion
      and d.lease = %(lease)s and d.state in ('handed', 'unknown')
    returning v.line
)"""
    + _REST
)


async def settle(
    raw: Raw,
    run_id: int,
    database_id: int,
    session: int,
    now: datetime,
    results: Sequence[Result],
    intents: Mapping[MessageKey, int],
) -> Settled:
    """Write results and intents together, with the results' events; durable when this returns.

    ``intents`` says by which sender each goes (``sent_by``), 0 where a run has only one.

    Safe to repeat after a lost answer: what is written already changes nothing and tells nothing twice. An intent is
    granted only while the run is sending and the row is this session's.
    """
    values: dict[str, Any] = {
        "run": run_id,
        "database": database_id,
        "lease": session,
        "now": now,
        "p": _numbers(r.key.profile_id for r in results),
        "o": _numbers(r.key.occasion for r in results),
        "i": _numbers(key.profile_id for key in intents),
        "io": _numbers(key.occasion for key in intents),
        "by": _numbers(intents.values()),
    }
    if all(r.state == "sent" and r.line is not None and r.tried and r.provider_id is None for r in results):
        query = _SETTLE_SENT
        values["l"] = "\n".join(r.line for r in results if r.line is not None)
    else:
        query = _SETTLE
        values |= {
            "s": [r.state for r in results],
            "r": [r.reason for r in results],
            "c": [r.code for r in results],
            "n": [r.next_at for r in results],
            "t": [r.tried for r in results],
            "l": [r.line for r in results],
            "m": [r.provider_id for r in results],
        }
    row = await (await raw.execute(query, values)).fetchone()
    assert row is not None
    return Settled(row[0] or "stopped", frozenset(map(MessageKey, row[1] or (), row[2] or ())))


def _numbers(ids: Iterable[int]) -> str:
    """Write ids as an array of PostgreSQL, which is quicker than having the driver do it."""
    return "{" + ",".join(map(str, ids)) + "}"


async def change_contact(raw: Raw, run_id: int, key: MessageKey, session: int, contact_hash: bytes) -> bool:
    """Note that a leased recipient has a new address; ``False`` when the run has that address already."""
    try:
        async with raw.transaction():
            await raw.execute(
                "update delivery set contact_hash = %s"
                " where run_id = %s and profile_id = %s and occasion = %s and lease = %s",
                (contact_hash, run_id, *key, session),
            )
    except psycopg.errors.UniqueViolation:
        return False
    return True


async def clear(raw: Raw, run_id: int, session: int, now: datetime) -> tuple[int, int]:
    """Settle what a session leaves behind; return (unknown, queued again).

    What it had handed over without an answer becomes ``unknown``, what it had only leased goes back to the queue.
    """
    lost = await raw.execute(
        "update delivery set state = 'unknown', at = %s, reason = %s"
        " where run_id = %s and lease = %s and state = 'handed'",
        (now, "Handed over when the sender stopped; not repeated", run_id, session),
    )
    back = await raw.execute(
        "with back as (update delivery set state = 'queued', lease = null, next_at = %s"
        " where run_id = %s and lease = %s and state = 'leased' returning run_id, profile_id, occasion),"
        " released as (delete from send_mark using back where send_mark.run_id = back.run_id"
        " and send_mark.profile_id = back.profile_id and send_mark.occasion = back.occasion)"
        " select profile_id from back",
        (now, run_id, session),
    )
    await raw.execute("delete from sender_session where id = %s", (session,))
    return lost.rowcount, back.rowcount


# -- sessions -------------------------------------------------------------------------------------------------------


async def open_session(raw: Raw, run_id: int, host: str, pid: int, now: datetime) -> int:
    """Begin a sender session on a connection of its own in autocommit; it lives as long as that connection."""
    cursor = await raw.execute(
        "insert into sender_session (run_id, host, pid, started_at) values (%s, %s, %s, %s) returning id",
        (run_id, host, pid, now),
    )
    row = await cursor.fetchone()
    assert row is not None
    session = int(row[0])
    await hold(raw, session)
    return session


async def hold(raw: Raw, session: int) -> None:
    """Take the lock that says that a session lives; waits while somebody looks after a dead one."""
    await raw.execute("select pg_advisory_lock(%s, %s)", (LOCK, session % 2**31))


async def come_back(raw: Raw, run_id: int, session: int, host: str, pid: int, now: datetime) -> None:
    """Go on with a session on a new connection, also when it was taken for dead and cleared meanwhile.

    Without its row, nobody would clear up after it when it really dies.
    """
    await hold(raw, session)
    await raw.execute(
        "insert into sender_session (id, run_id, host, pid, started_at) overriding system value"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        (session, run_id, host, pid, now),
    )


async def close_session(raw: Raw, run_id: int, session: int, now: datetime) -> None:
    """End a session."""
    async with raw.transaction():
        await clear(raw, run_id, session, now)
    await raw.execute("select pg_advisory_unlock(%s, %s)", (LOCK, session % 2**31))


async def recover(raw: Raw, run_id: int, now: datetime) -> tuple[int, int]:
    """Clear up after dead senders of a run, inside a transaction; return (unknown, queued again).

    A session whose lock can be taken has no process any more.
    """
    cursor = await raw.execute("select id from sender_session where run_id = %s order by id", (run_id,))
    unknown = queued = 0
    for (session,) in await cursor.fetchall():
        taken = await (
            await raw.execute("select pg_try_advisory_xact_lock(%s, %s)", (LOCK, session % 2**31))
        ).fetchone()
        if taken is not None and taken[0]:
            lost, back = await clear(raw, run_id, session, now)
            unknown, queued = unknown + lost, queued + back
    return unknown, queued


# -- the run as a whole ---------------------------------------------------------------------------------------------


async def next_due(raw: Raw, run_id: int) -> datetime | None:
    """Return when the next queued recipient is due, or ``None`` when nobody is queued who is not held back."""
    row = await (
        await raw.execute(
            f"select min(next_at) from delivery where run_id = %s and next_at is not null and next_at < {HELD}",
            (run_id,),
        )
    ).fetchone()
    return row[0] if row else None


async def finish(raw: Raw, run_id: int, now: datetime) -> bool:
    """End a run that has no open row; return whether it has ended."""
    cursor = await raw.execute(
        """
        with ended as (
            update mailing_run set phase = 'done', finished_at = %(now)s, trouble = null
            where id = %(run)s and phase = 'sending' and not exists (
                select 1 from delivery where run_id = %(run)s and state in ('queued', 'leased', 'handed'))
            returning mailing_id
        )
        update mailing m set state = 'done', updated_at = %(now)s from ended
        where m.id = ended.mailing_id and m.state = 'sending'
        """,
        {"run": run_id, "now": now},
    )
    return cursor.rowcount > 0


async def trouble(raw: Raw, run_id: int, text: str | None, now: datetime) -> None:
    """Say what keeps a run from going on, or that nothing does any more."""
    await raw.execute(
        "update mailing_run set trouble = %s, trouble_at = %s where id = %s and trouble is distinct from %s",
        (text, now if text else None, run_id, text),
    )


async def pause(raw: Raw, run_id: int, text: str, now: datetime) -> None:
    """Pause a run from the inside, with the reason."""
    await raw.execute(
        """
        with held as (
            update mailing_run set phase = 'paused', trouble = %(text)s, trouble_at = %(now)s
            where id = %(run)s and phase = 'sending' returning mailing_id
        )
        update mailing m set state = 'paused', updated_at = %(now)s from held
        where m.id = held.mailing_id and m.state in ('sending', 'active')
        """,
        {"run": run_id, "text": text, "now": now},
    )


async def is_open(raw: Raw, run_id: int) -> bool:
    """Tell whether anybody of a run is still queued or under way."""
    row = await (
        await raw.execute(
            "select exists (select 1 from delivery where run_id = %s and state in ('queued', 'leased', 'handed'))",
            (run_id,),
        )
    ).fetchone()
    return bool(row and row[0])


async def block_rest(raw: Raw, run_id: int, reason: str, now: datetime) -> BitMap:
    """Block everybody of a run who is still queued; return whom."""
    cursor = await raw.execute(
        "with ended as (update delivery set state = 'blocked', reason = %s, at = %s, next_at = null"
        " where run_id = %s and state = 'queued' returning run_id, profile_id, occasion),"
        " released as (delete from send_mark using ended where send_mark.run_id = ended.run_id"
        " and send_mark.profile_id = ended.profile_id and send_mark.occasion = ended.occasion)"
        " select profile_id from ended",
        (reason, now, run_id),
    )
    return BitMap(row[0] for row in await cursor.fetchall())


async def states(raw: Raw, run_id: int) -> dict[str, int]:
    """Return how many recipients of a run are in each state."""
    cursor = await raw.execute("select state::text, count(*) from delivery where run_id = %s group by state", (run_id,))
    return {state: int(count) for state, count in await cursor.fetchall()}
