"""The SQL of bulk updates of subscriptions: one statement for each operation and chunk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import psycopg

from .. import values
from ..service.bulk_model import PauseSubscriptions, Step, SubscribePeople
from .bulk import level, own_contact, rests_shorter, turns
from .consent import Changed

Raw = psycopg.AsyncConnection[Any]


async def write(raw: Raw, database_id: int, step: Step, ids: Sequence[int], now: datetime) -> list[Changed]:
    """Do an operation on the subscriptions of people, whose rows are locked; return the subscriptions it changed."""
    operation: Any = step.operation
    params = {
        "database": database_id,
        "ids": list(ids),
        "now": now,
        "r0": operation.resource_id,
        "c0": operation.channel,
    }
    if isinstance(operation, SubscribePeople):
        return await _subscribe(raw, database_id, operation, params)
    if isinstance(operation, PauseSubscriptions):
        return await _pause(raw, operation, params)
    before, after = turns(step)
    proof: Any = getattr(operation, "opt_in", None)
    params |= {
        "before": list(before),
        "after": after,
        "reason": getattr(operation, "reason", "") or None,
        **_proof(proof, now),
    }
    # Only a consent that is given again has a new proof.
    proven = (
        ", opt_in_at = %(at)s, opt_in_ip = coalesce(%(ip)s, s.opt_in_ip), opt_in_source = %(source)s" if proof else ""
    )
    cursor = await raw.execute(
        f"""
        with before as (
            select id, status from subscription
            where database_id = %(database)s and profile_id = any(%(ids)s::bigint[]) and resource_id = %(r0)s
              and (%(c0)s::text is null or channel = %(c0)s) and status = any(%(before)s::text[])
            order by id for update
        )
        update subscription s set status = %(after)s, status_reason = %(reason)s, paused_until = null,
            version = s.version + 1, updated_at = %(now)s{proven}
        from before b where s.id = b.id
        returning s.id, s.profile_id, s.resource_id, s.channel, s.contact, s.status, b.status
        """,
        params,
    )
    return [Changed(*row) for row in await cursor.fetchall()]


async def _pause(raw: Raw, operation: PauseSubscriptions, params: dict[str, Any]) -> list[Changed]:
    cursor = await raw.execute(
        f"""
        with before as (
            select id from subscription b
            where database_id = %(database)s and profile_id = any(%(ids)s::bigint[]) and resource_id = %(r0)s
              and (%(c0)s::text is null or channel = %(c0)s) and status = 'subscribed'
              and {rests_shorter("%(until)s")}
            order by id for update
        )
        update subscription s set paused_until = %(until)s, version = s.version + 1, updated_at = %(now)s
        from before b where s.id = b.id
        returning s.id, s.profile_id, s.resource_id, s.channel, s.contact, s.status, s.status
        """,
        {**params, "until": params["now"] + timedelta(days=operation.days)},
    )
    return [Changed(*row) for row in await cursor.fetchall()]


def _proof(proof: Any, now: datetime) -> dict[str, Any]:
    if proof is None:
        return {}
    return {
        "at": values.moment(proof.at) if proof.at is not None else now,
        "ip": values.ip(proof.ip) if proof.ip else None,
        "source": values.text(proof.source, 500) if proof.source else None,
    }


async def _subscribe(raw: Raw, database_id: int, operation: SubscribePeople, params: dict[str, Any]) -> list[Changed]:
    """Add subscriptions that are missing, and raise those that may be raised; nobody is lowered."""
    params |= {
        "o0": operation.contact_of,
        "status": operation.status,
        "raise": operation.raise_consent,
        **_proof(operation.opt_in, params["now"]),
    }
    if operation.status != "subscribed":
        params["at"] = None  # an opt-in that is not confirmed yet has no moment
    cursor = await raw.execute(
        f"""
        with given as materialized (
            select p.id as profile_id, {own_contact(operation, 0, "p.email", "p.phones")} as contact
            from profile_{int(database_id)} p where p.id = any(%(ids)s::bigint[])
        ), before as (
            select s.id, s.profile_id, s.contact, s.status from subscription s
            join given g on g.profile_id = s.profile_id and g.contact = s.contact
            where s.database_id = %(database)s and s.resource_id = %(r0)s and s.channel = %(c0)s
            order by s.id for update of s
        ), changed as (
            update subscription s set status = %(status)s, status_reason = null, paused_until = null,
                version = s.version + 1, opt_in_at = coalesce(%(at)s, s.opt_in_at),
                opt_in_ip = coalesce(%(ip)s, s.opt_in_ip),
                opt_in_source = coalesce(%(source)s, s.opt_in_source), updated_at = %(now)s
            from before b
            where s.id = b.id and %(raise)s and {level("%(status)s::text")} > {level("b.status")}
            returning s.id, s.profile_id, s.resource_id, s.channel, s.contact, s.status, b.status as previous
        ), added as (
            insert into subscription (database_id, profile_id, resource_id, channel, contact, status, priority,
                opt_in_at, opt_in_ip, opt_in_source, created_at, updated_at)
            select %(database)s, g.profile_id, %(r0)s, %(c0)s, g.contact, %(status)s, 0, %(at)s, %(ip)s, %(source)s,
                %(now)s, %(now)s
            from given g where g.contact is not null
              and not exists (select from before b where b.profile_id = g.profile_id and b.contact = g.contact)
            on conflict (database_id, profile_id, resource_id, channel, contact) do nothing
            returning id, profile_id, resource_id, channel, contact, status, null::text as previous
        )
        select * from changed union all select * from added
        """,
        params,
    )
    return [Changed(*row) for row in await cursor.fetchall()]
