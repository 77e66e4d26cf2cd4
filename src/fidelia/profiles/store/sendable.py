"""Who may be written to in a channel, and where: one statement for a whole set of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from pyroaring import BitMap

#: Where a profile itself keeps the contact of a channel.
#: On a site a person is its own contact.
OWN_CONTACT = {"email": "p.email", "sms": "p.phones[1]", "site": "'person ' || p.id"}
NO_CONTACT = "null::text"
_KINDS = {"email": "('email')", "sms": "('phone')"}


async def sendable(
    raw: psycopg.AsyncConnection[Any],
    database_id: int,
    ids: BitMap,
    resource_id: int | None,
    channel: str,
    lists: Sequence[int],
    now: datetime,
) -> list[tuple[int, str | None, str | None]]:
    """Return ``(profile, contact, reason)`` for every id, in ascending order; ``reason`` is ``None`` for those to send.

    Reasons in the order they are looked at: ``not_found status not_subscribed paused no_address suppressed``. Without
    a resource, whoever has paused every subscription of the channel is left alone too.
    """
    own = OWN_CONTACT.get(channel, NO_CONTACT)
    if resource_id is None:
        contact, consent, paused = own, "true", "coalesce(s.paused, false)"
        subscribed = """
            left join (
                select profile_id, bool_and(coalesce(paused_until > %(now)s, false)) as paused from subscription
                where database_id = %(database)s and channel = %(channel)s and status = 'subscribed'
                  and profile_id = any(%(ids)s::bigint[])
                group by profile_id
            ) s on s.profile_id = w.id"""
    else:
        subscribed = """
            left join (
                select distinct on (profile_id) profile_id, contact, coalesce(paused_until > %(now)s, false) as paused
                from subscription
                where database_id = %(database)s and resource_id = %(resource)s and channel = %(channel)s
                  and status = 'subscribed' and profile_id = any(%(ids)s::bigint[])
                order by profile_id, coalesce(paused_until > %(now)s, false), priority desc, id
            ) s on s.profile_id = w.id"""
        contact, consent, paused = "s.contact", "s.contact is not null", "s.paused"
    kinds = _KINDS.get(channel, "('email', 'phone')")  # what is written to in others may be either
    cursor = await raw.execute(
        f"""
        with wanted as (select unnest(%(ids)s::bigint[]) as id), found as materialized (
            select w.id, p.id as profile, p.status, nullif({contact}, '') as contact, {consent} as consent,
                {paused} as paused
            from wanted w left join profile_{int(database_id)} p on p.id = w.id {subscribed}
        ), stopped as (
            select f.id from found f join suppression_entry e
              on e.list_id = any(%(lists)s::int[]) and e.kind in {kinds} and e.value = f.contact
            union
            select f.id from found f join suppression_entry e
              on e.list_id = any(%(lists)s::int[]) and e.kind = 'domain'
             and e.value = split_part(f.contact, '@', 2) and f.contact like '%%@%%'
        )
        select f.id, f.contact, case
            when f.profile is null then 'not_found'
            when f.status <> 'subscribed' then 'status'
            when not f.consent then 'not_subscribed'
            when f.paused then 'paused'
            when f.contact is null then 'no_address'
            when s.id is not null then 'suppressed' end
        from found f left join stopped s on s.id = f.id order by f.id
        """,
        {
            "ids": list(ids),
            "lists": list(lists),
            "database": database_id,
            "resource": resource_id,
            "channel": channel,
            "now": now,
        },
    )
    return [(int(i), c, r) for i, c, r in await cursor.fetchall()]
