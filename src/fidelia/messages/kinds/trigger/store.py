"""Queries of trigger mailings: who is set off, what caused it, how many it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg

from ...model import MessageKey
from .model import Cause, Trigger

Raw = psycopg.AsyncConnection[Any]


class Active(msgspec.Struct, frozen=True):
    """The run of a trigger mailing that takes people in, with what sets it off."""

    run_id: int
    mailing_id: int
    database_id: int
    triggers: list[Trigger]
    dates_to: datetime
    trouble: str | None


_ACTIVE = """
select r.id, m.id, m.database_id, m.triggers, s.dates_to, r.trouble
from mailing m join mailing_run r on r.mailing_id = m.id join trigger_state s on s.run_id = r.id
where m.type = 'trigger' and m.state in ('active', 'paused') and r.phase in ('sending', 'paused')
"""


def _active(row: Sequence[Any]) -> Active:
    return Active(row[0], row[1], row[2], msgspec.convert(row[3], list[Trigger]), row[4], row[5])


async def begin(raw: Raw, run_id: int, now: datetime) -> None:
    """Note that a run takes people in from now on."""
    await raw.execute("insert into trigger_state (run_id, dates_to) values (%s, %s)", (run_id, now))


async def active(raw: Raw, mailing_id: int) -> Active | None:
    """Return the run of a mailing that takes people in, also while it is paused."""
    row = await (await raw.execute(f"{_ACTIVE} and m.id = %s", (mailing_id,))).fetchone()
    return None if row is None else _active(row)


async def with_dates(raw: Raw) -> list[int]:
    """Return the mailings that wait for dates and take people in."""
    cursor = await raw.execute(
        "select m.id from mailing m where m.type = 'trigger' and m.state in ('active', 'paused')"
        ' and m.triggers @> \'[{"kind": "date"}]\' order by m.id'
    )
    return [row[0] for row in await cursor.fetchall()]


async def hold(raw: Raw, run_id: int, *, wait: bool) -> bool:
    """Lock the state of a run; ``False`` when it has ended, or without ``wait`` while somebody else has it."""
    skip = "" if wait else " skip locked"
    row = await raw.execute(f"select 1 from trigger_state where run_id = %s for update{skip}", (run_id,))
    return await row.fetchone() is not None


async def dates_seen(raw: Raw, run_id: int, now: datetime) -> None:
    """Note up to when dates have been looked at."""
    await raw.execute("update trigger_state set dates_to = %s where run_id = %s", (now, run_id))


async def count(raw: Raw, run_id: int, many: int, now: datetime) -> None:
    """Count messages that something has caused."""
    await raw.execute(
        "update trigger_state set caught = caught + %s, caught_at = %s where run_id = %s", (many, now, run_id)
    )


async def end(raw: Raw, run_id: int) -> None:
    """Write a run's figures; it takes nobody in any more."""
    await show(raw, run_id)
    await raw.execute("delete from trigger_state where run_id = %s", (run_id,))


async def show(raw: Raw, run_id: int | None = None) -> None:
    """Bring the figures of runs up to date with what they caught: of one, or of those that nobody else changes now."""
    await raw.execute(
        """
        with found as (
            select r.id, s.caught from mailing_run r join trigger_state s on s.run_id = r.id
            where r.audience is distinct from s.caught and (%(run)s::integer is null or r.id = %(run)s)
            for no key update of r skip locked
        )
        update mailing_run r set audience = found.caught, selected = found.caught from found where r.id = found.id
        """,
        {"run": run_id},
    )


async def keep(raw: Raw, run_id: int, causes: Sequence[Cause], now: datetime) -> None:
    """Keep what caused messages."""
    encode = msgspec.json.Encoder(decimal_format="string").encode
    await raw.execute(
        """
        insert into message_cause (run_id, profile_id, occasion, type, at, caught_at, properties)
        select %s, p, o, t, a, %s, c::jsonb
        from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[], %s::text[]) v (p, o, t, a, c)
        on conflict do nothing
        """,
        (
            run_id,
            now,
            [cause.profile_id for cause in causes],
            [cause.occasion for cause in causes],
            [cause.type for cause in causes],
            [cause.at for cause in causes],
            [encode(cause.properties).decode().replace("\\u0000", "\\ufffd") for cause in causes],
        ),
    )


async def causes_of(
    raw: Raw, run_id: int, keys: Iterable[MessageKey]
) -> dict[MessageKey, tuple[str, datetime, dict[str, Any]]]:
    """Return (type, at, properties) of what caused messages, of those that are known."""
    wanted = list(keys)
    cursor = await raw.execute(
        """
        select c.profile_id, c.occasion, c.type, c.at, c.properties
        from message_cause c join unnest(%s::bigint[], %s::bigint[]) w (p, o) on c.profile_id = w.p and c.occasion = w.o
        where c.run_id = %s
        """,
        ([key.profile_id for key in wanted], [key.occasion for key in wanted], run_id),
    )
    return {MessageKey(p, o): (type_, at, props) for p, o, type_, at, props in await cursor.fetchall()}


async def latest(raw: Raw, mailing_id: int) -> tuple[str, datetime, dict[str, Any]] | None:
    """Return what caused the newest message of a mailing."""
    cursor = await raw.execute(
        "select c.type, c.at, c.properties from message_cause c join mailing_run r on r.id = c.run_id"
        " where r.mailing_id = %s order by c.caught_at desc limit 1",
        (mailing_id,),
    )
    row = await cursor.fetchone()
    return None if row is None else (row[0], row[1], row[2])


async def lately(raw: Raw, run_id: int, ids: Sequence[int], since: datetime) -> dict[int, int]:
    """Return how many messages of a run something caused for people since a moment."""
    cursor = await raw.execute(
        "select profile_id, count(*) from message_cause"
        " where run_id = %s and profile_id = any(%s) and caught_at > %s group by 1",
        (run_id, list(ids), since),
    )
    return {profile: int(many) for profile, many in await cursor.fetchall()}


async def block(raw: Raw, run_id: int, keys: Sequence[MessageKey], reason: str, now: datetime) -> None:
    """Block messages that were only just queued."""
    await raw.execute(
        """
        update delivery d set state = 'blocked', reason = %s, at = %s, next_at = null
        from unnest(%s::bigint[], %s::bigint[]) w (p, o)
        where d.run_id = %s and d.profile_id = w.p and d.occasion = w.o and d.state = 'queued'
        """,
        (reason, now, [key.profile_id for key in keys], [key.occasion for key in keys], run_id),
    )


async def told(raw: Raw, run_id: int, occasions: Sequence[int]) -> set[int]:
    """Return which of these occasions a run knows already."""
    cursor = await raw.execute(
        "select distinct occasion from message_cause where run_id = %s and occasion = any(%s)",
        (run_id, list(occasions)),
    )
    return {row[0] for row in await cursor.fetchall()}


async def figures(raw: Raw, mailing_id: int) -> tuple[int, datetime | None, int]:
    """Return how many messages of a mailing something caused, when last, and how many of them wait."""
    cursor = await raw.execute(
        """
        select r.id, coalesce(s.caught, r.audience, 0), s.caught_at from mailing_run r
        left join trigger_state s on s.run_id = r.id where r.mailing_id = %s order by r.id desc limit 1
        """,
        (mailing_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        return 0, None, 0
    waiting = await raw.execute("select count(*) from delivery where run_id = %s and next_at is not null", (row[0],))
    many = await waiting.fetchone()
    return int(row[1]), row[2], int(many[0]) if many else 0


async def naming_segment(raw: Raw, segment_id: int) -> list[str]:
    """Return the names of mailings, archived ones apart, that entering or leaving a segment sets off."""
    named = '$[*].where.** ? (@.field == "trigger.segment" && @.value == $segment)'
    cursor = await raw.execute(
        "select name from mailing where type = 'trigger' and archived_at is null"
        " and jsonb_path_exists(triggers, %s::jsonpath, %s::jsonb) order by id",
        (named, msgspec.json.encode({"segment": segment_id}).decode()),
    )
    return [row[0] for row in await cursor.fetchall()]


async def naming_field(raw: Raw, database_id: int, field: str) -> list[str]:
    """Return the names of mailings of a database, archived ones apart, whose triggers look at a field of people."""
    cursor = await raw.execute(
        "select name from mailing where type = 'trigger' and archived_at is null and database_id = %s and ("
        "jsonb_path_exists(triggers, '$[*] ? (@.kind == \"date\" && @.field == $date)'::jsonpath, %s::jsonb)"
        " or exists (select from jsonb_path_query(triggers, '$[*].where.**.field') f"
        " where f #>> '{}' = %s or starts_with(f #>> '{}', %s) or starts_with(f #>> '{}', %s))) order by id",
        (
            database_id,
            msgspec.json.encode({"date": field}).decode(),
            f"profile.{field}",
            f"profile.{field}.",
            f"profile.{field}[",
        ),
    )
    return [row[0] for row in await cursor.fetchall()]


# -- people who go --------------------------------------------------------------------------------------------------


async def forget(raw: Raw, database_id: int, ids: Sequence[int]) -> int:
    """Delete what caused messages to people; return how many."""
    done = await raw.execute(
        "delete from message_cause c using mailing_run r"
        " where r.id = c.run_id and r.database_id = %s and c.profile_id = any(%s)",
        (database_id, list(ids)),
    )
    return done.rowcount


async def merge(raw: Raw, database_id: int, source: int, into: int) -> None:
    """Move what caused messages to where the messages have been moved."""
    await raw.execute(
        """
        update message_cause c set profile_id = %(into)s from mailing_run r
        where r.id = c.run_id and r.database_id = %(db)s and c.profile_id = %(source)s
          and not exists (select from delivery d
            where d.run_id = c.run_id and d.profile_id = %(source)s and d.occasion = c.occasion)
          and not exists (select from message_cause x
            where x.run_id = c.run_id and x.profile_id = %(into)s and x.occasion = c.occasion)
        """,
        {"db": database_id, "source": source, "into": into},
    )


async def personal(raw: Raw, database_id: int, profile_id: int) -> list[dict[str, Any]]:
    """Return what caused messages to somebody."""
    cursor = await raw.execute(
        "select m.name, c.type, c.at, c.properties from message_cause c join mailing_run r on r.id = c.run_id"
        " join mailing m on m.id = r.mailing_id where r.database_id = %s and c.profile_id = %s order by c.at",
        (database_id, profile_id),
    )
    names = ("mailing", "event", "at", "properties")
    return [dict(zip(names, row, strict=True)) for row in await cursor.fetchall()]


async def purge(raw: Raw, before: datetime, limit: int) -> int:
    """Delete up to ``limit`` causes from before a moment; return how many."""
    done = await raw.execute(
        "delete from message_cause where ctid in ("
        "select ctid from message_cause where caught_at < %s limit %s for update skip locked)",
        (before, limit),
    )
    return done.rowcount
