"""Queries of what people see: rights to see it, showings, and what becomes of them in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from ....sending.values import contact_hash
from ..model import Seen

Raw = psycopg.AsyncConnection[Any]


def person_hash(database_id: int, profile_id: int) -> bytes:
    """Return what stands for a person's address on sites: everybody has one of their own."""
    return contact_hash(f"site {database_id} {profile_id}")


async def seen(raw: Raw, profile_id: int, run_ids: Sequence[int], held_since: datetime) -> dict[int, Seen]:
    """Return what somebody has done with placements, by run; rights given after ``held_since`` are held."""
    cursor = await raw.execute(
        """
        select r.id, coalesce(s.shows, 0), coalesce(s.closed, false),
            exists (select from reaction a where a.run_id = r.id and a.profile_id = %(who)s and a.occasion = 0
                and a.kind = 'clicked' and not a.bot),
            exists (select from send_mark m where m.run_id = r.id and m.profile_id = %(who)s and m.occasion = 0)
        from unnest(%(runs)s::int[]) r (id) left join lateral (
            select count(*) filter (where shown_at is not null or served_at > %(held)s) as shows,
                bool_or(closed_at is not null) as closed
            from placement_show where run_id = r.id and profile_id = %(who)s
        ) s on true
        """,
        {"who": profile_id, "runs": list(run_ids), "held": held_since},
    )
    return {
        run: Seen(int(shows), clicked, closed, reserved)
        for run, shows, closed, clicked, reserved in await cursor.fetchall()
    }


async def lock(raw: Raw, run_id: int, profile_id: int) -> None:
    """Let one request at a time count what somebody sees of a run, until the transaction ends."""
    await raw.execute("select pg_advisory_xact_lock(hashtextextended(%s, 34))", (f"placement {run_id} {profile_id}",))


_COUNTED = """(select count(*) from placement_show s where s.run_id = %(run)s and s.profile_id = %(who)s
    and s.nonce <> %(nonce)s and (s.shown_at is not null or s.served_at > %(held)s))"""


async def hold(
    raw: Raw, run_id: int, profile_id: int, nonce: int, most: int | None, now: datetime, held: timedelta
) -> bool:
    """Give somebody the right to see a run once more; ``False`` when they have as many as they may. Locks first."""
    await lock(raw, run_id, profile_id)
    cursor = await raw.execute(
        f"""
        insert into placement_show (run_id, profile_id, nonce, served_at)
        select %(run)s, %(who)s, %(nonce)s, %(now)s where %(most)s::int is null or {_COUNTED} < %(most)s
        on conflict do nothing
        """,
        {"run": run_id, "who": profile_id, "nonce": nonce, "most": most, "now": now, "held": now - held},
    )
    return cursor.rowcount > 0


async def shown(
    raw: Raw,
    run_id: int,
    profile_id: int,
    nonce: int,
    most: int | None,
    served_at: datetime,
    now: datetime,
    held: timedelta,
) -> bool:
    """Note that a serving was seen; ``False`` for a repeat, and for a right that ended and was given again since."""
    await lock(raw, run_id, profile_id)
    cursor = await raw.execute(
        f"""
        insert into placement_show (run_id, profile_id, nonce, served_at, shown_at)
        select %(run)s, %(who)s, %(nonce)s, %(served)s, %(now)s
        where %(most)s::int is null or {_COUNTED} < %(most)s or exists (select from placement_show h
            where h.run_id = %(run)s and h.profile_id = %(who)s and h.nonce = %(nonce)s and h.served_at > %(held)s)
        on conflict (run_id, profile_id, nonce) do update set shown_at = excluded.shown_at
            where placement_show.shown_at is null
        """,
        {
            "run": run_id,
            "who": profile_id,
            "nonce": nonce,
            "most": most,
            "served": served_at,
            "now": now,
            "held": now - held,
        },
    )
    return cursor.rowcount > 0


async def close(raw: Raw, run_id: int, profile_id: int, nonce: int, now: datetime) -> bool:
    """Note that somebody closed what they had seen; ``False`` for a repeat."""
    cursor = await raw.execute(
        "update placement_show set closed_at = %s"
        " where run_id = %s and profile_id = %s and nonce = %s and shown_at is not null and closed_at is null",
        (now, run_id, profile_id, nonce),
    )
    return cursor.rowcount > 0


async def give_back(raw: Raw, run_id: int, profile_id: int, nonce: int) -> None:
    """End the right to see what nobody has looked at."""
    await raw.execute(
        "delete from placement_show where run_id = %s and profile_id = %s and nonce = %s and shown_at is null",
        (run_id, profile_id, nonce),
    )
    await _unmark(raw, [(run_id, profile_id)])


async def purge(raw: Raw, before: datetime, limit: int) -> int:
    """End the rights given before a moment that nobody has made use of; return how many it were."""
    cursor = await raw.execute(
        "delete from placement_show where ctid = any(array(select ctid from placement_show"
        " where shown_at is null and served_at < %s order by served_at limit %s for update skip locked))"
        " returning run_id, profile_id",
        (before, limit),
    )
    gone = await cursor.fetchall()
    await _unmark(raw, gone)
    return len(gone)


async def _unmark(raw: Raw, messages: Sequence[tuple[int, int]]) -> None:
    """Take off what frequency policies counted for those who have seen nothing and may not at the moment."""
    if not messages:
        return
    await raw.execute(
        """
        delete from send_mark m using unnest(%s::int[], %s::bigint[]) g (run_id, profile_id)
        where m.run_id = g.run_id and m.profile_id = g.profile_id and m.occasion = 0
          and not exists (select from placement_show s where s.run_id = g.run_id and s.profile_id = g.profile_id)
          and not exists (select from delivery d where d.run_id = g.run_id and d.profile_id = g.profile_id
            and d.state = 'sent')
        """,
        ([run for run, _ in messages], [profile for _, profile in messages]),
    )


async def reached(raw: Raw, run_id: int, database_id: int, profile_id: int, now: datetime) -> bool:
    """Write into the ledger that somebody was reached; tell whether this is the first time."""
    cursor = await raw.execute(
        """
        insert into delivery as d (run_id, profile_id, state, attempts, contact_hash, at)
        values (%s, %s, 'sent', 1, %s, %s)
        on conflict (run_id, profile_id, occasion) do update
            set state = 'sent', attempts = 1, reason = null, at = excluded.at where d.state <> 'sent'
        """,
        (run_id, profile_id, person_hash(database_id, profile_id), now),
    )
    return cursor.rowcount > 0


async def blocked(raw: Raw, run_id: int, database_id: int, profile_id: int, reason: str, now: datetime) -> bool:
    """Write into the ledger why somebody does not see it for now; tell whether nothing was known of them before."""
    cursor = await raw.execute(
        "insert into delivery (run_id, profile_id, state, contact_hash, at, reason)"
        " values (%s, %s, 'blocked', %s, %s, %s) on conflict do nothing",
        (run_id, profile_id, person_hash(database_id, profile_id), now, reason[:1000]),
    )
    return cursor.rowcount > 0


async def forget(raw: Raw, database_id: int, profile_ids: Sequence[int]) -> int:
    """Delete what erased people have seen; return how much it was."""
    cursor = await raw.execute(
        "delete from placement_show where profile_id = any(%s::bigint[])"
        " and run_id in (select run_id from placement_run where database_id = %s)",
        (list(profile_ids), database_id),
    )
    return cursor.rowcount


async def merge(raw: Raw, database_id: int, source: int, into: int) -> None:
    """Count what one profile has seen for another."""
    await raw.execute(
        "update placement_show s set profile_id = %(into)s where profile_id = %(source)s"
        " and run_id in (select run_id from placement_run where database_id = %(db)s)"
        " and not exists (select from placement_show x where x.run_id = s.run_id and x.profile_id = %(into)s"
        " and x.nonce = s.nonce)",
        {"db": database_id, "source": source, "into": into},
    )


async def personal(raw: Raw, database_id: int, profile_id: int) -> list[dict[str, Any]]:
    """Return what somebody has seen, and when."""
    cursor = await raw.execute(
        "select m.name, s.shown_at, s.closed_at from placement_show s join placement_run r using (run_id)"
        " join mailing m on m.id = r.mailing_id where r.database_id = %s and s.profile_id = %s"
        " and s.shown_at is not null order by s.shown_at",
        (database_id, profile_id),
    )
    return [{"placement": name, "at": at, "closed_at": closed} for name, at, closed in await cursor.fetchall()]
