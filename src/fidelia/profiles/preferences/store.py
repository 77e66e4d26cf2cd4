"""Queries of preference centres."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Raw = psycopg.AsyncConnection[Any]


async def find(raw: Raw, database_id: int) -> tuple[str, str, str, str, list[dict[str, Any]]] | None:
    """Return title, logo text, intro, language and fields (by column), or ``None`` when nothing was set."""
    cursor = await raw.execute(
        "select title, logo_text, intro, language, fields from preference_center where database_id = %s",
        (database_id,),
    )
    return await cursor.fetchone()


async def save(
    raw: Raw,
    database_id: int,
    texts: tuple[str, str, str, str],
    fields: Sequence[dict[str, Any]],
    now: datetime,
) -> None:
    """Store title, logo text, intro, language and fields of a database's page."""
    await raw.execute(
        """
        insert into preference_center (database_id, title, logo_text, intro, language, fields, updated_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (database_id) do update set title = excluded.title, logo_text = excluded.logo_text,
            intro = excluded.intro, language = excluded.language, fields = excluded.fields,
            updated_at = excluded.updated_at
        """,
        (database_id, *texts, Jsonb(list(fields)), now),
    )
