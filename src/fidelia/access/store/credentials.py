"""Look-ups of every request: token and session rows, through bare psycopg because they are hot."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import psycopg

from ..rules import TOUCH_EVERY, session_end


class TokenRow(NamedTuple):
    """A token that was not revoked."""

    id: int
    name: str
    roles: list[str]
    rights: list[str]
    expires_at: datetime | None
    last_used_at: datetime | None


class SessionRow(NamedTuple):
    """A session of a user who may sign in."""

    id: int
    user_id: int
    name: str
    roles: list[str]
    created_at: datetime
    expires_at: datetime
    seen_at: datetime


async def token(connection: psycopg.AsyncConnection[Any], digest: bytes, now: datetime) -> TokenRow | None:
    """Return the token with this digest unless it was revoked; note its use, at most once a minute."""
    cursor = await connection.execute(
        "select id, name, roles, rights, expires_at, last_used_at from api_token"
        " where digest = %s and revoked_at is null",
        (digest,),
    )
    found = await cursor.fetchone()
    if found is None:
        return None
    row = TokenRow(*found)
    if row.expires_at is not None and row.expires_at <= now:
        return row
    if row.last_used_at is None or now - row.last_used_at >= TOUCH_EVERY:
        await connection.execute("update api_token set last_used_at = %s where id = %s", (now, row.id))
    return row


async def session(
    connection: psycopg.AsyncConnection[Any], digest: bytes, now: datetime, hours: int
) -> SessionRow | None:
    """Return the session with this digest while it lives; note its use and move its end, at most once a minute."""
    cursor = await connection.execute(
        "select s.id, u.id, u.name, u.roles, s.created_at, s.expires_at, s.seen_at"
        " from session s join app_user u on u.id = s.user_id"
        " where s.digest = %s and s.expires_at > %s and u.disabled_at is null",
        (digest, now),
    )
    found = await cursor.fetchone()
    if found is None:
        return None
    row = SessionRow(*found)
    if now - row.seen_at >= TOUCH_EVERY:
        ends = session_end(row.created_at, now, hours)
        await connection.execute("update session set seen_at = %s, expires_at = %s where id = %s", (now, ends, row.id))
        await connection.execute("update app_user set last_seen_at = %s where id = %s", (now, row.user_id))
        row = row._replace(expires_at=ends, seen_at=now)
    return row
