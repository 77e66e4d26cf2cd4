"""Queries of double opt-in, all over sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
from pyroaring import BitMap

from ..merge.model import Person
from .model import Asked, DoubleOptIn, OptInFigures, OptInRequest, Waiting

Raw = psycopg.AsyncConnection[Any]
DAY = timedelta(days=1)
_SETTINGS = "resource_id, enabled, template_id, from_email, from_name, expires_days, daily_limit"


async def ask(
    raw: Raw, database_id: int, subscriptions: Sequence[int], source: str, now: datetime, *, by_person: bool
) -> list[int]:
    """Ask for confirmation of e-mail subscriptions where the resource wants that; return their subscriptions' ids.

    An address that was asked as often as it may be in the last 24 hours is not asked again, nor more often at once.
    """
    cursor = await raw.execute(
        """
        with wanted as (
            select s.*, d.expires_days,
                row_number() over (partition by s.resource_id, s.contact order by s.id) as place,
                d.daily_limit - (select count(*) from opt_in_request q where q.contact = s.contact
                    and q.resource_id = s.resource_id and q.requested_at > %(since)s) as free
            from subscription s
            join double_opt_in d on d.resource_id = s.resource_id and d.enabled
            join resource r on r.id = s.resource_id and r.archived_at is null
            where s.id = any(%(ids)s::bigint[]) and s.database_id = %(database)s and s.channel = 'email'
              and s.status = 'unconfirmed'
        )
        insert into opt_in_request (database_id, profile_id, subscription_id, resource_id, contact, by_person, source,
            requested_at, expires_at)
        select w.database_id, w.profile_id, w.id, w.resource_id, w.contact, %(person)s, %(source)s, %(now)s,
            %(now)s + w.expires_days * interval '1 day'
        from wanted w where w.place <= w.free
        order by w.id
        returning subscription_id
        """,
        {
            "ids": list(subscriptions),
            "database": database_id,
            "person": by_person,
            "source": source[:200],
            "now": now,
            "since": now - DAY,
        },
    )
    return [row[0] for row in await cursor.fetchall()]


async def hold_contact(raw: Raw, resource_id: int, contact: str) -> None:
    """Have requests to one address wait for each other, so that none slips past the daily limit."""
    await raw.execute(
        "select pg_advisory_xact_lock(hashtextextended(%s, 7201))", (f"opt-in {resource_id} {contact.lower()}",)
    )


async def asked_since(raw: Raw, resource_id: int, contact: str, since: datetime) -> list[datetime]:
    """Return when an address was asked since a moment, the latest first."""
    cursor = await raw.execute(
        "select requested_at from opt_in_request where contact = %s and resource_id = %s and requested_at > %s"
        " order by requested_at desc",
        (contact, resource_id, since),
    )
    return [row[0] for row in await cursor.fetchall()]


# -- settings --------------------------------------------------------------------------------------------------------


async def settings(raw: Raw, resource_ids: Sequence[int]) -> dict[int, DoubleOptIn]:
    """Return how these resources ask; one that was never set up is left out."""
    cursor = await raw.execute(
        f"select {_SETTINGS} from double_opt_in where resource_id = any(%s::int[])", (list(resource_ids),)
    )
    names = _SETTINGS.split(", ")
    return {row[0]: DoubleOptIn(**dict(zip(names, row, strict=True))) for row in await cursor.fetchall()}


async def save(raw: Raw, wanted: DoubleOptIn, now: datetime) -> None:
    """Store how a resource asks."""
    values = {**msgspec.structs.asdict(wanted), "now": now}
    await raw.execute(
        f"""
        insert into double_opt_in ({_SETTINGS}, updated_at) values (%(resource_id)s, %(enabled)s, %(template_id)s,
            %(from_email)s, %(from_name)s, %(expires_days)s, %(daily_limit)s, %(now)s)
        on conflict (resource_id) do update set enabled = excluded.enabled, template_id = excluded.template_id,
            from_email = excluded.from_email, from_name = excluded.from_name, expires_days = excluded.expires_days,
            daily_limit = excluded.daily_limit, updated_at = excluded.updated_at
        """,
        values,
    )


async def resources_of_template(raw: Raw, template_id: int) -> list[str]:
    """Return the names of the resources that ask with a template."""
    cursor = await raw.execute(
        "select r.name from double_opt_in d join resource r on r.id = d.resource_id"
        " where d.template_id = %s and d.enabled and r.archived_at is null order by r.name",
        (template_id,),
    )
    return [row[0] for row in await cursor.fetchall()]


# -- sending ---------------------------------------------------------------------------------------------------------


async def waiting(raw: Raw, now: datetime) -> list[tuple[int, int]]:
    """Return the (resource, database) of requests that wait to be sent."""
    cursor = await raw.execute(
        "select distinct q.resource_id, q.database_id from opt_in_request q"
        " join double_opt_in d on d.resource_id = q.resource_id and d.enabled and d.template_id is not null"
        " join resource r on r.id = q.resource_id and r.archived_at is null"
        " where q.run_id is null and q.confirmed_at is null and q.expires_at > %s order by 1, 2",
        (now,),
    )
    return [(resource, database) for resource, database in await cursor.fetchall()]


async def take(raw: Raw, resource_id: int, database_id: int, now: datetime, limit: int) -> list[Waiting]:
    """Lock requests to be sent, those that another process has left out; the oldest one of each person and address."""
    cursor = await raw.execute(
        """
        select id, profile_id, contact from opt_in_request
        where resource_id = %s and database_id = %s and run_id is null and confirmed_at is null and expires_at > %s
        order by id limit %s for update skip locked
        """,
        (resource_id, database_id, now, limit),
    )
    people: set[int] = set()
    addresses: set[str] = set()
    chosen = []
    for found in [Waiting(*row) for row in await cursor.fetchall()]:
        if found.profile_id in people or found.contact in addresses:
            continue  # a run writes to each once; the next one has these
        people.add(found.profile_id)
        addresses.add(found.contact)
        chosen.append(found)
    return chosen


async def taken(raw: Raw, ids: Sequence[int], run_id: int, version_id: int, text_version: str) -> None:
    """Note which run carries these requests, and the text that it shows."""
    await raw.execute(
        "update opt_in_request set run_id = %s, version_id = %s, text_version = %s where id = any(%s::bigint[])",
        (run_id, version_id, text_version, list(ids)),
    )


async def asked(
    raw: Raw, database_id: int, run_id: int, ids: Sequence[int], stop: Sequence[int], now: datetime
) -> list[Asked]:
    """Return whom a run asks of these people, and who may not be asked any more; ``stop``: the stop lists."""
    cursor = await raw.execute(
        f"""
        select q.id, q.profile_id, q.contact, case
            when p.id is null then 'not_found'
            when q.confirmed_at is not null or s.id is null or s.status <> 'unconfirmed' then 'not_waiting'
            when q.expires_at <= %(now)s then 'expired'
            when p.status not in ('subscribed', 'unconfirmed') and not (q.by_person and p.status = 'unsubscribed')
                then 'status'
            when exists (select from suppression_entry e where e.list_id = any(%(stop)s) and (
                (e.kind = 'email' and e.value = q.contact)
                or (e.kind = 'domain' and e.value = split_part(q.contact, '@', 2)))) then 'suppressed' end
        from opt_in_request q
        left join subscription s on s.id = q.subscription_id
        left join profile_{int(database_id)} p on p.id = q.profile_id
        where q.run_id = %(run)s and q.database_id = %(database)s and q.profile_id = any(%(ids)s::bigint[])
        """,
        {"run": run_id, "database": database_id, "ids": list(ids), "stop": list(stop), "now": now},
    )
    return [Asked(*row) for row in await cursor.fetchall()]


# -- confirming ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """A locked request."""

    id: int
    database_id: int
    profile_id: int
    subscription_id: int
    resource_id: int
    contact: str
    by_person: bool
    expires_at: datetime
    confirmed_at: datetime | None


async def hold(raw: Raw, request_id: int, *, lock: bool = True) -> Held | None:
    """Return a request, locked unless it is only looked at, or ``None``."""
    cursor = await raw.execute(
        "select id, database_id, profile_id, subscription_id, resource_id, contact, by_person, expires_at, confirmed_at"
        f" from opt_in_request where id = %s{' for update' if lock else ''}",
        (request_id,),
    )
    row = await cursor.fetchone()
    return Held(*row) if row else None


async def subscription_of(raw: Raw, held: Held) -> Mapping[str, Any] | None:
    """Return the subscription that a request is about: by its id, or by what it is after a merge; locked."""
    cursor = await raw.execute(
        """
        select s.id, s.database_id, s.profile_id, s.resource_id, s.channel, s.contact, s.status from subscription s
        left join profile_alias a on a.database_id = %(database)s and a.profile_id = %(profile)s
        where s.id = %(id)s or (s.channel = 'email' and s.resource_id = %(resource)s and s.contact = %(contact)s
            and s.database_id = coalesce(a.into_database_id, %(database)s)
            and s.profile_id = coalesce(a.into_profile_id, %(profile)s))
        order by (s.id = %(id)s) desc limit 1 for update of s
        """,
        {
            "id": held.subscription_id,
            "database": held.database_id,
            "profile": held.profile_id,
            "resource": held.resource_id,
            "contact": held.contact,
        },
    )
    row = await cursor.fetchone()
    names = ("id", "database_id", "profile_id", "resource_id", "channel", "contact", "status")
    return dict(zip(names, row, strict=True)) if row else None


async def confirmed(raw: Raw, request_id: int, now: datetime, ip: str | None, agent: str) -> None:
    """Write the proof of a confirmation."""
    await raw.execute(
        "update opt_in_request set confirmed_at = %s, confirmed_ip = %s, confirmed_agent = %s where id = %s",
        (now, ip, agent[:500].replace("\x00", ""), request_id),
    )


# -- what is shown ---------------------------------------------------------------------------------------------------

_STATE = """case when q.confirmed_at is not null then 'confirmed'
    when s.id is null or s.status <> 'unconfirmed' then 'closed'
    when q.expires_at <= %(now)s then 'expired'
    when q.run_id is null then 'waiting' else 'asked' end"""


async def requests(
    raw: Raw, now: datetime, *, database_id: int, profile_id: int, subscription_id: int | None = None, limit: int = 200
) -> list[OptInRequest]:
    """Return what somebody was asked, the latest first."""
    cursor = await raw.execute(
        f"""
        select q.id, q.subscription_id, q.resource_id, q.contact, {_STATE}, q.source, q.by_person, q.requested_at,
            q.expires_at, q.run_id, q.text_version,
            q.confirmed_at, q.confirmed_ip, q.confirmed_agent
        from opt_in_request q left join subscription s on s.id = q.subscription_id
        where q.database_id = %(database)s and q.profile_id = %(profile)s
          and (%(subscription)s::bigint is null or q.subscription_id = %(subscription)s)
        order by q.id desc limit %(limit)s
        """,
        {"now": now, "database": database_id, "profile": profile_id, "subscription": subscription_id, "limit": limit},
    )
    names = OptInRequest.__struct_fields__
    made = []
    for row in await cursor.fetchall():
        values: list[Any] = [v.astimezone(UTC) if isinstance(v, datetime) else v for v in row]
        made.append(OptInRequest(**dict(zip(names, values, strict=True))))
    return made


async def figures(raw: Raw, resource_id: int, since: datetime, now: datetime) -> OptInFigures:
    """Count whom a resource has asked since a moment, each subscription once."""
    cursor = await raw.execute(
        """
        with asked as (
            select q.subscription_id, bool_or(q.confirmed_at is not null) as confirmed, max(q.expires_at) as expires_at
            from opt_in_request q where q.resource_id = %(resource)s and q.requested_at >= %(since)s
            group by q.subscription_id
        )
        select count(*), count(*) filter (where a.confirmed),
            count(*) filter (where not a.confirmed and s.status = 'unconfirmed' and a.expires_at > %(now)s),
            count(*) filter (where not a.confirmed and s.status = 'unconfirmed' and a.expires_at <= %(now)s),
            count(*) filter (where not a.confirmed and s.status is distinct from 'unconfirmed')
        from asked a left join subscription s on s.id = a.subscription_id
        """,
        {"resource": resource_id, "since": since, "now": now},
    )
    row = await cursor.fetchone()
    assert row is not None
    return OptInFigures(**dict(zip(OptInFigures.__struct_fields__, row, strict=True)))


# -- merges and erasure ----------------------------------------------------------------------------------------------


async def move(raw: Raw, source: Person, into: Person) -> int:
    """Make what one person was asked another one's; return how much it was."""
    cursor = await raw.execute(
        "update opt_in_request set database_id = %s, profile_id = %s where database_id = %s and profile_id = %s",
        (into.database_id, into.profile_id, source.database_id, source.profile_id),
    )
    return cursor.rowcount


async def forget(raw: Raw, database_id: int, gone: BitMap) -> int:
    """Remove what erased people were asked; return how much it was."""
    cursor = await raw.execute(
        "delete from opt_in_request where database_id = %s and profile_id = any(%s::bigint[])",
        (database_id, list(gone)),
    )
    return cursor.rowcount
