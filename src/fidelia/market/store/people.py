"""Queries of orders about people who are merged, split or erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from fidelia import profiles

Raw = psycopg.AsyncConnection[Any]
#: Whose the orders of erased people are: an id that nobody ever has.
NOBODY = 0


async def in_both(raw: Raw, source: profiles.Person, database_id: int) -> list[str]:
    """Return up to ten orders of somebody whose external ids another database has as well."""
    cursor = await raw.execute(
        "select o.external_id from sales_order o where o.database_id = %s and o.profile_id = %s and exists ("
        " select from sales_order x where x.database_id = %s and x.external_id = o.external_id) order by 1 limit 10",
        (source.database_id, source.profile_id, database_id),
    )
    return [row[0] for row in await cursor.fetchall()]


async def move(
    raw: Raw, source: profiles.Person, into: profiles.Person, now: datetime, *, only: Sequence[int] | None = None
) -> list[int]:
    """Make the orders of somebody, or some of them, those of somebody else; return their ids."""
    cursor = await raw.execute(
        # the touchpoints of one database are not those of another
        "update sales_order set touchpoint_id = case when database_id = %s then touchpoint_id end, database_id = %s,"
        " profile_id = %s, version = version + 1, updated_at = %s"
        " where database_id = %s and profile_id = %s and (%s::bigint[] is null or id = any(%s::bigint[]))"
        " returning id",
        (
            into.database_id,
            into.database_id,
            into.profile_id,
            now,
            source.database_id,
            source.profile_id,
            None if only is None else list(only),
            None if only is None else list(only),
        ),
    )
    return [row[0] for row in await cursor.fetchall()]


async def forget(raw: Raw, database_id: int, ids: Sequence[int], now: datetime) -> list[int]:
    """Take people and free properties out of their orders and lines; return the orders' ids."""
    await raw.execute(
        "update order_line l set properties = '{}' from sales_order o where o.id = l.order_id"
        " and o.database_id = %s and o.profile_id = any(%s::bigint[]) and l.properties <> '{}'",
        (database_id, list(ids)),
    )
    await raw.execute(
        "update order_refund r set reason = '' from sales_order o where o.id = r.order_id"
        " and o.database_id = %s and o.profile_id = any(%s::bigint[]) and r.reason <> ''",
        (database_id, list(ids)),
    )
    cursor = await raw.execute(
        "update sales_order set profile_id = %s, properties = '{}', version = version + 1, updated_at = %s"
        " where database_id = %s and profile_id = any(%s::bigint[]) returning id",
        (NOBODY, now, database_id, list(ids)),
    )
    return [row[0] for row in await cursor.fetchall()]


async def orders_of(raw: Raw, database_id: int, profile_id: int) -> list[int]:
    """Return the ids of somebody's orders, the oldest first."""
    cursor = await raw.execute(
        "select id from sales_order where database_id = %s and profile_id = %s order by placed_at, id",
        (database_id, profile_id),
    )
    return [row[0] for row in await cursor.fetchall()]
