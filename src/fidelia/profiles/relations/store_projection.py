"""The rows of relations as ClickHouse reads them."""

from __future__ import annotations

from typing import Any

import psycopg
from pyroaring import BitMap

_AT = "to_char({0} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS')"


async def rows(raw: psycopg.AsyncConnection[Any], database_id: int, ids: BitMap) -> tuple[bytes, BitMap]:
    """Return the JSON lines of relations, one for each side that is in the database, and which relations are there."""
    cursor = await raw.execute(
        f"""
        select r.id, json_build_object('id', r.id, 'side', s.side, 'type', r.type_id,
            'profile', case s.side when 'a' then r.profile_a else r.profile_b end,
            'other', case s.side when 'a' then r.profile_b else r.profile_a end,
            'props', r.properties, 'created_at', {_AT.format("r.created_at")},
            'updated_at', {_AT.format("r.updated_at")}, 'version', r.version, 'is_deleted', 0)::text
        from relation r join relation_type t on t.id = r.type_id
        cross join (values ('a'), ('b')) s (side)
        where r.id = any(%(ids)s::bigint[])
          and %(db)s = case s.side when 'a' then t.database_a else t.database_b end
        """,
        {"ids": list(ids), "db": database_id},
    )
    found = await cursor.fetchall()
    return "\n".join(line for _, line in found).encode(), BitMap(number for number, _ in found)
