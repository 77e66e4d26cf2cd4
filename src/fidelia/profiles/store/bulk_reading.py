"""Queries on what many people are subscribed to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from .bulk import level


async def subscription_statuses(
    raw: psycopg.AsyncConnection[Any], database_id: int, ids: Sequence[int], wanted: Sequence[tuple[int, str]]
) -> dict[tuple[int, int, str], str]:
    """Return the status by profile, resource and channel; of several contacts the one that allows most."""
    cursor = await raw.execute(
        f"""
        select distinct on (s.profile_id, s.resource_id, s.channel) s.profile_id, s.resource_id, s.channel, s.status
        from subscription s join unnest(%s::int[], %s::text[]) w (resource_id, channel) using (resource_id, channel)
        where s.database_id = %s and s.profile_id = any(%s::bigint[])
        order by s.profile_id, s.resource_id, s.channel, {level("s.status")} desc, s.id
        """,
        ([resource for resource, _ in wanted], [channel for _, channel in wanted], database_id, list(ids)),
    )
    return {(profile, resource, channel): status for profile, resource, channel, status in await cursor.fetchall()}
