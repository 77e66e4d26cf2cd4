"""Queries of resources and subscriptions, all over sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from pyroaring import BitMap

from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..tables import resource, subscription
from .databases import cursor_values


class Wanted(msgspec.Struct, frozen=True):
    """A subscription as it should become. ``contact`` is normalised: lower-case address or E.164 number."""

    profile_id: int
    resource_id: int
    channel: str
    contact: str
    status: str
    priority: int | None = None
    opt_in_at: datetime | None = None
    opt_in_ip: str | None = None
    opt_in_source: str | None = None
    reason: str | None = None

    @property
    def key(self) -> tuple[int, int, str, str]:
        """Return what makes the subscription unique in its database."""
        return (self.profile_id, self.resource_id, self.channel, self.contact)


class Changed(msgspec.Struct, frozen=True):
    """A subscription that was written: its status now and before (``None`` for a new one)."""

    id: int
    profile_id: int
    resource_id: int
    channel: str
    contact: str
    status: str
    previous: str | None


class Held(msgspec.Struct, frozen=True):
    """A subscription of somebody, without who it is."""

    id: int
    resource_id: int
    channel: str
    contact: str
    status: str
    paused_until: datetime | None


async def write(
    raw: psycopg.AsyncConnection[Any],
    database_id: int,
    wanted: Sequence[Wanted],
    now: datetime,
    *,
    raise_consent: bool,
) -> list[Changed]:
    """Store subscriptions of profiles that exist; return those that are new or differ. Keys must not repeat.

    Without ``raise_consent`` nobody who has left (or never confirmed) becomes subscribed again. Whoever is subscribed
    stays so when they are asked to confirm. A proof of opt-in replaces an older one only when the status is raised.
    """
    if not wanted:
        return []
    cursor = await raw.execute(
        """
        with given as (
            select * from unnest(%(profile)s::bigint[], %(resource)s::int[], %(channel)s::text[], %(contact)s::text[],
                %(status)s::text[], %(priority)s::int[], %(at)s::timestamptz[], %(ip)s::text[], %(source)s::text[],
                %(reason)s::text[])
            as g (profile_id, resource_id, channel, contact, status, priority,
                opt_in_at, opt_in_ip, opt_in_source, reason)
        ), before as (
            select s.id, s.profile_id, s.resource_id, s.channel, s.contact, s.status, s.priority
            from subscription s join given g using (profile_id, resource_id, channel, contact)
            where s.database_id = %(database)s order by s.id for update of s
        ), decided as (
            select g.*, b.id, b.status as previous, coalesce(g.priority, b.priority, 0) as new_priority,
                case when b.status = 'subscribed' and g.status = 'unconfirmed' then b.status
                     when b.status is null or b.status = 'subscribed' or %(raise)s
                          or g.status in ('unsubscribed', 'bounced', 'complained') then g.status
                     else b.status end as new_status
            from given g left join before b using (profile_id, resource_id, channel, contact)
        ), changed as (
            update subscription s set status = d.new_status, priority = d.new_priority, version = s.version + 1,
                status_reason = case when d.new_status <> d.previous then d.reason else s.status_reason end,
                paused_until = case when d.new_status <> d.previous then null else s.paused_until end,
                opt_in_at = case when d.new_status <> d.previous and d.new_status = 'subscribed'
                                 then coalesce(d.opt_in_at, s.opt_in_at) else coalesce(s.opt_in_at, d.opt_in_at) end,
                opt_in_ip = case when d.new_status <> d.previous and d.new_status = 'subscribed'
                                 then coalesce(d.opt_in_ip, s.opt_in_ip) else coalesce(s.opt_in_ip, d.opt_in_ip) end,
                opt_in_source = case when d.new_status <> d.previous and d.new_status = 'subscribed'
                                     then coalesce(d.opt_in_source, s.opt_in_source)
                                     else coalesce(s.opt_in_source, d.opt_in_source) end,
                updated_at = %(now)s
            from decided d
            where s.id = d.id and (
                d.new_status <> d.previous or d.new_priority <> s.priority
                or (s.opt_in_at is null and d.opt_in_at is not null)
                or (s.opt_in_ip is null and d.opt_in_ip is not null)
                or (s.opt_in_source is null and d.opt_in_source is not null)
            )
            returning s.id, s.profile_id, s.resource_id, s.channel, s.contact, s.status, d.previous
        ), added as (
            insert into subscription (database_id, profile_id, resource_id, channel, contact, status, priority,
                opt_in_at, opt_in_ip, opt_in_source, status_reason, created_at, updated_at)
            select %(database)s, d.profile_id, d.resource_id, d.channel, d.contact, d.new_status, d.new_priority,
                d.opt_in_at, d.opt_in_ip, d.opt_in_source, d.reason, %(now)s, %(now)s
            from decided d where d.id is null
            on conflict (database_id, profile_id, resource_id, channel, contact) do nothing
            returning id, profile_id, resource_id, channel, contact, status, null::text as previous
        )
        select * from changed union all select * from added
        """,
        {
            "database": database_id,
            "now": now,
            "raise": raise_consent,
            "profile": [w.profile_id for w in wanted],
            "resource": [w.resource_id for w in wanted],
            "channel": [w.channel for w in wanted],
            "contact": [w.contact for w in wanted],
            "status": [w.status for w in wanted],
            "priority": [w.priority for w in wanted],
            "at": [w.opt_in_at for w in wanted],
            "ip": [w.opt_in_ip for w in wanted],
            "source": [w.opt_in_source for w in wanted],
            "reason": [w.reason for w in wanted],
        },
    )
    return [Changed(*row) for row in await cursor.fetchall()]


async def statuses(
    raw: psycopg.AsyncConnection[Any], database_id: int, wanted: Sequence[Wanted]
) -> dict[tuple[int, int, str, str], tuple[int, str]]:
    """Return the id and the present status of subscriptions by their keys."""
    if not wanted:
        return {}
    cursor = await raw.execute(
        """
        select s.profile_id, s.resource_id, s.channel, s.contact, s.id, s.status from subscription s
        join unnest(%s::bigint[], %s::int[], %s::text[], %s::text[]) g (profile_id, resource_id, channel, contact)
          using (profile_id, resource_id, channel, contact)
        where s.database_id = %s
        """,
        (
            [w.profile_id for w in wanted],
            [w.resource_id for w in wanted],
            [w.channel for w in wanted],
            [w.contact for w in wanted],
            database_id,
        ),
    )
    return {(p, r, ch, co): (i, status) for p, r, ch, co, i, status in await cursor.fetchall()}


async def lower(
    raw: psycopg.AsyncConnection[Any],
    database_id: int,
    profiles: Iterable[int],
    status: str,
    now: datetime,
    *,
    resource_id: int | None = None,
    channel: str | None = None,
    contact: str | None = None,
    reason: str | None = None,
) -> list[Changed]:
    """Give the subscriptions of people another status: of a resource, a channel, a contact, whichever is given."""
    cursor = await raw.execute(
        """
        with before as (
            select id, status from subscription
            where database_id = %(database)s and profile_id = any(%(profiles)s::bigint[]) and status <> %(status)s
              and (%(resource)s::int is null or resource_id = %(resource)s)
              and (%(channel)s::text is null or channel = %(channel)s)
              and (%(contact)s::text is null or contact = %(contact)s)
            order by id for update
        )
        update subscription s set status = %(status)s, status_reason = %(reason)s, paused_until = null,
            version = version + 1, updated_at = %(now)s
        from before b where s.id = b.id
        returning s.id, s.profile_id, s.resource_id, s.channel, s.contact, s.status, b.status
        """,
        {
            "database": database_id,
            "profiles": list(profiles),
            "status": status,
            "now": now,
            "resource": resource_id,
            "channel": channel,
            "contact": contact,
            "reason": reason,
        },
    )
    return [Changed(*row) for row in await cursor.fetchall()]


async def of_person(raw: psycopg.AsyncConnection[Any], database_id: int, profile_id: int) -> list[Held]:
    """Return somebody's subscriptions, those first that are written to first."""
    cursor = await raw.execute(
        "select id, resource_id, channel, contact, status, paused_until from subscription"
        " where database_id = %s and profile_id = %s order by resource_id, channel, priority desc, id",
        (database_id, profile_id),
    )
    return [Held(*row) for row in await cursor.fetchall()]


async def pause(
    raw: psycopg.AsyncConnection[Any],
    database_id: int,
    profile_id: int,
    until: datetime | None,
    now: datetime,
    *,
    resource_id: int,
    channel: str,
) -> list[Changed]:
    """Let what somebody is subscribed to rest until a moment, or end its rest; return the subscriptions it changes."""
    cursor = await raw.execute(
        """
        update subscription set paused_until = %(until)s, version = version + 1, updated_at = %(now)s
        where database_id = %(database)s and profile_id = %(profile)s and resource_id = %(resource)s
          and channel = %(channel)s and status = 'subscribed'
          and case when paused_until > %(now)s then paused_until end is distinct from %(until)s::timestamptz
        returning id, profile_id, resource_id, channel, contact, status, status
        """,
        {
            "database": database_id,
            "profile": profile_id,
            "resource": resource_id,
            "channel": channel,
            "until": until,
            "now": now,
        },
    )
    return [Changed(*row) for row in await cursor.fetchall()]


async def profiles_of_contact(raw: psycopg.AsyncConnection[Any], database_id: int, contact: str) -> BitMap:
    """Return whose subscriptions go to this contact."""
    cursor = await raw.execute(
        "select profile_id from subscription where database_id = %s and contact = %s", (database_id, contact)
    )
    return BitMap(row[0] for row in await cursor.fetchall())


async def counters(
    raw: psycopg.AsyncConnection[Any], *, database_id: int | None = None, resource_ids: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Count subscriptions by resource, channel and status."""
    cursor = await raw.execute(
        """
        select resource_id, channel, status, count(*) from subscription
        where (%(database)s::int is null or database_id = %(database)s)
          and (%(resources)s::int[] is null or resource_id = any(%(resources)s))
        group by 1, 2, 3 order by 1, 2, 3
        """,
        {"database": database_id, "resources": None if resource_ids is None else list(resource_ids)},
    )
    return [{"resource_id": r, "channel": c, "status": s, "count": n} for r, c, s, n in await cursor.fetchall()]


async def subscriptions(
    tx: Tx,
    request: PageRequest,
    *,
    database_id: int,
    profile_id: int | None = None,
    resource_id: int | None = None,
    channel: str | None = None,
    status: str | None = None,
) -> Page[Any]:
    """Return a page of subscription rows ordered by id; ``q`` is the beginning of a contact.

    ``total`` is null above 10,000; of a resource, whose index counts, it is always exact.
    """
    c = subscription.c
    query = sa.select(subscription).where(c.database_id == database_id)
    for column, value in (
        (c.profile_id, profile_id),
        (c.resource_id, resource_id),
        (c.channel, channel),
        (c.status, status),
    ):
        if value is not None:
            query = query.where(column == value)
    if request.q:
        query = query.where(c.contact.startswith(request.q.lower(), autoescape=True))
    exact = resource_id is not None and not request.q
    capped = query.with_only_columns(c.id).limit(None if exact else 10_001).subquery()
    total = int(await tx.scalar(sa.select(sa.func.count()).select_from(capped)))
    request.sort_key(("id",), "id")
    down = request.descending
    if request.cursor is not None:
        (edge,) = cursor_values(request.cursor, int)
        query = query.where(c.id < edge if down else c.id > edge)
    rows = await tx.all(query.order_by(c.id.desc() if down else c.id).limit(request.limit + 1))
    shown = rows[: request.limit]
    cursor = encode_cursor([shown[-1].id]) if len(rows) > request.limit else None
    return Page(list(shown), cursor, total if exact or total <= 10_000 else None)


async def find(tx: Tx, subscription_id: int) -> Any | None:
    """Return one subscription row, or ``None``."""
    return await tx.first(sa.select(subscription).where(subscription.c.id == subscription_id))


# -- resources ---------------------------------------------------------------------------------------------------------


async def resources(tx: Tx, request: PageRequest, *, archived: bool = False) -> Page[Any]:
    """Return a page of resources; ``q`` looks into the name."""
    c = resource.c
    sorts = {"id": c.id, "name": sa.func.lower(c.name)}
    key = request.sort_key(tuple(sorts), "id")
    column = sorts[key]
    query = sa.select(resource, column.label("sort_value"))
    query = query.where(c.archived_at.is_not(None) if archived else c.archived_at.is_(None))
    if request.q:
        query = query.where(c.name.icontains(request.q, autoescape=True))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(query.subquery()))
    down = request.descending
    if request.cursor is not None:
        edge = sa.tuple_(*cursor_values(request.cursor, str if key == "name" else int, int))
        query = query.where(sa.tuple_(column, c.id) < edge if down else sa.tuple_(column, c.id) > edge)
    order = [column.desc(), c.id.desc()] if down else [column, c.id]
    rows = await tx.all(query.order_by(*order).limit(request.limit + 1))
    shown = rows[: request.limit]
    cursor = encode_cursor([shown[-1].sort_value, shown[-1].id]) if len(rows) > request.limit else None
    return Page(list(shown), cursor, total)


async def resources_by_id(tx: Tx, ids: Iterable[int]) -> dict[int, Any]:
    """Return resource rows by id, archived ones too."""
    rows = await tx.all(sa.select(resource).where(resource.c.id.in_(list(ids))))
    return {row.id: row for row in rows}


async def every_resource(tx: Tx) -> list[Any]:
    """Return the rows of all resources that are not archived."""
    return list(await tx.all(sa.select(resource).where(resource.c.archived_at.is_(None)).order_by(resource.c.id)))


async def insert_resource(tx: Tx, values: dict[str, Any]) -> int:
    """Store a new resource and return its id."""
    query = sa.insert(resource).values({**values, "created_at": tx.now, "updated_at": tx.now})
    return int(await tx.scalar(query.returning(resource.c.id)))


async def update_resource(tx: Tx, resource_id: int, values: dict[str, Any]) -> None:
    """Change a resource."""
    await tx.execute(sa.update(resource).where(resource.c.id == resource_id).values({**values, "updated_at": tx.now}))
