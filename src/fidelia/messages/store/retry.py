"""Queries of trying again: failed messages of a run go back to the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

Raw = psycopg.AsyncConnection[Any]
#: Failed after every try ended with "not now": the server may have changed its mind since. Only in SMTP a code says so.
_TEMPORARY = """(d.reason like 'Tried %%' or (d.code between 400 and 499 and exists (
    select from mailing_run m where m.id = d.run_id and coalesce(m.plan ->> 'channel', 'email') = 'email')))"""


async def temporary(raw: Raw, run_id: int) -> int:
    """Return how many messages of a run failed because every try was refused for the time being."""
    row = await (
        await raw.execute(
            f"select count(*) from delivery d where d.run_id = %s and d.state = 'failed' and {_TEMPORARY}", (run_id,)
        )
    ).fetchone()
    return int(row[0]) if row else 0


async def queue_failed(raw: Raw, run_id: int, now: datetime, *, only_temporary: bool) -> int:
    """Put failed messages back to the queue with all their tries; return how many. No other state is touched."""
    more = f" and {_TEMPORARY}" if only_temporary else ""
    cursor = await raw.execute(
        "update delivery d set state = 'queued', next_at = %s, at = %s, lease = null, attempts = 0, reason = null,"
        f" code = null where d.run_id = %s and d.state = 'failed'{more}",
        (now, now, run_id),
    )
    return cursor.rowcount
