"""Queries of confirmation mails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy as sa

from fidelia.platform.postgres import Tx

from ..tables import mailing


async def mailing_of(tx: Tx, resource_id: int, database_id: int, name: str, template_id: int) -> int:
    """Return the mailing whose runs carry a resource's confirmation mails to a database's people; made when missing.

    Its row is locked: two processes never begin a run of it at the same moment.
    """
    raw = await tx.raw()
    cursor = await raw.execute(
        """
        insert into mailing (name, description, type, database_id, resource_id, template_id, undo_seconds, state,
            is_system, track_opens, track_clicks, created_at, updated_at)
        values (%(name)s, 'Asks people to confirm their subscription; kept by Fidelia itself', 'trigger', %(database)s,
            %(resource)s, %(template)s, 0, 'sending', true, false, false, %(now)s, %(now)s)
        on conflict (resource_id, database_id) where is_system do update
            set name = excluded.name, template_id = excluded.template_id, updated_at = excluded.updated_at
        returning id
        """,
        {
            "name": name[:200],
            "database": database_id,
            "resource": resource_id,
            "template": template_id,
            "now": tx.now,
        },
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def set_sending(tx: Tx, mailing_id: int) -> None:
    """Note that a run of the mailing has begun."""
    await tx.execute(sa.update(mailing).where(mailing.c.id == mailing_id).values(state="sending", updated_at=tx.now))


async def deliveries(
    raw: psycopg.AsyncConnection[Any], pairs: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], tuple[str, str | None]]:
    """Return the ledger's state and reason of (run, profile)."""
    cursor = await raw.execute(
        "select d.run_id, d.profile_id, d.state::text, d.reason from delivery d"
        " join unnest(%s::int[], %s::bigint[]) g (r, p) on d.run_id = g.r and d.profile_id = g.p",
        ([run for run, _ in pairs], [profile for _, profile in pairs]),
    )
    return {(run, profile): (state, reason) for run, profile, state, reason in await cursor.fetchall()}


async def paused_runs(tx: Tx, resource_id: int, database_id: int | None = None) -> list[tuple[int, str]]:
    """Return the runs of a resource's confirmation mails that were paused, with what held them up."""
    cursor = await (await tx.raw()).execute(
        "select r.id, coalesce(r.trouble, '') from mailing_run r join mailing m on m.id = r.mailing_id"
        " where m.is_system and m.resource_id = %s and r.phase = 'paused'"
        " and (%s::int is null or m.database_id = %s) order by r.id",
        (resource_id, database_id, database_id),
    )
    return [(run, trouble) for run, trouble in await cursor.fetchall()]
