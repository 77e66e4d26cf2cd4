"""Queries on users, their sessions and sign-in attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert

from fidelia.kernel.errors import invalid_field
from fidelia.kernel.paging import Page, PageRequest, encode_cursor
from fidelia.platform.postgres import Tx

from ..model import SessionOut, UserOut
from ..tables import app_user as u
from ..tables import login_attempt as attempt
from ..tables import session as s

OWNER = "owner"
_FIRST_USER_LOCK = 0xF1DE11A2


def _out() -> sa.Select[Any]:
    open_sessions = (
        sa.select(sa.func.count())
        .select_from(s)
        .where(s.c.user_id == u.c.id, s.c.expires_at > sa.bindparam("now"))
        .scalar_subquery()
    )
    names = [n for n in UserOut.__struct_fields__ if n != "sessions"]
    return sa.select(*(u.c[n] for n in names), open_sessions.label("sessions"))


async def pages(tx: Tx, page: PageRequest, *, role: str | None, disabled: bool | None) -> Page[UserOut]:
    """Return users by name or e-mail."""
    key = page.sort_key(("name", "email", "created_at", "last_seen_at"), "name")
    where: list[sa.ColumnElement[bool]] = []
    if page.q:
        where.append(sa.or_(u.c.name.icontains(page.q, autoescape=True), u.c.email.icontains(page.q, autoescape=True)))
    if role is not None:
        where.append(u.c.roles.contains([role]))
    if disabled is not None:
        where.append(u.c.disabled_at.is_not(None) if disabled else u.c.disabled_at.is_(None))
    total = await tx.scalar(sa.select(sa.func.count()).select_from(u).where(*where))
    column: sa.ColumnElement[Any] = u.c[key]
    if key == "last_seen_at":
        column = sa.func.coalesce(column, sa.cast("-infinity", sa.TIMESTAMP(timezone=True)))
    elif key in {"name", "email"}:
        column = sa.func.lower(column, type_=sa.Text)
    # the position travels as the database's own text of the value, so that none of its digits is lost
    text = sa.cast(column, sa.Text).label("position")
    if page.cursor is not None:
        position = _position(page.cursor)
        here = sa.tuple_(column, u.c.id)
        there = sa.tuple_(sa.cast(sa.literal(position[0]), column.type), sa.literal(position[1]))
        where.append(here < there if page.descending else here > there)
    order = (column.desc(), u.c.id.desc()) if page.descending else (column, u.c.id)
    query = _out().add_columns(text).where(*where).order_by(*order).limit(page.limit + 1)
    rows = await tx.all(query, {"now": tx.now})
    items = [_user(r) for r in rows[: page.limit]]
    cursor = encode_cursor([rows[page.limit - 1].position, items[-1].id]) if len(rows) > page.limit else None
    return Page(items, cursor, total)


def _position(cursor: list[Any]) -> tuple[str, int]:
    if len(cursor) == 2 and isinstance(cursor[0], str) and isinstance(cursor[1], int) and "\x00" not in cursor[0]:
        return cursor[0], cursor[1]
    raise invalid_field("/cursor", "This cursor is not one that this list has returned")


def _user(row: sa.Row[Any]) -> UserOut:
    return UserOut(**{n: row._mapping[n] for n in UserOut.__struct_fields__})


async def get(tx: Tx, user_id: int) -> UserOut | None:
    """Return one user, or ``None``."""
    row = await tx.first(_out().where(u.c.id == user_id), {"now": tx.now})
    return _user(row) if row else None


async def by_email(tx: Tx, email: str) -> UserOut | None:
    """Return the user with an address (lower case), or ``None``."""
    row = await tx.first(_out().where(u.c.email == email), {"now": tx.now})
    return _user(row) if row else None


async def password_row(tx: Tx, *, email: str | None = None, user_id: int | None = None) -> sa.Row[Any] | None:
    """Return id, e-mail, password hash and state of a user."""
    which = u.c.email == email if email is not None else u.c.id == user_id
    return await tx.first(sa.select(u.c.id, u.c.email, u.c.password_hash, u.c.disabled_at).where(which))


async def insert(tx: Tx, email: str, name: str, password_hash: str, roles: Sequence[str]) -> int | None:
    """Add a user and return the id; ``None`` when the address is taken."""
    found = await tx.scalar(
        pg_insert(u)
        .values(
            email=email,
            name=name,
            password_hash=password_hash,
            roles=list(roles),
            created_at=tx.now,
            updated_at=tx.now,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(u.c.id)
    )
    return None if found is None else int(found)


async def update(tx: Tx, user_id: int, **values: Any) -> None:
    """Change a user's row."""
    await tx.execute(sa.update(u).where(u.c.id == user_id).values(updated_at=tx.now, **values))


async def rehash(tx: Tx, user_id: int, password_hash: str) -> None:
    """Store the same password in another form; nothing a person would call a change."""
    await tx.execute(sa.update(u).where(u.c.id == user_id).values(password_hash=password_hash))


async def lock_owners(tx: Tx) -> set[int]:
    """Return the ids of owners who may sign in, locked, so that two cannot leave at the same moment."""
    rows = await tx.all(
        sa.select(u.c.id)
        .where(u.c.roles.contains([OWNER]), u.c.disabled_at.is_(None))
        .order_by(u.c.id)
        .with_for_update()
    )
    return {row.id for row in rows}


async def lock_and_count(tx: Tx) -> int:
    """Return how many users there are, while no other process makes the first one."""
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_FIRST_USER_LOCK)))
    return int(await tx.scalar(sa.select(sa.func.count()).select_from(u)))


async def role_counts(tx: Tx) -> dict[str, int]:
    """Return how many users hold each role."""
    name = sa.func.unnest(u.c.roles).label("name")
    inner = sa.select(name).subquery()
    rows = await tx.all(sa.select(inner.c.name, sa.func.count().label("n")).group_by(inner.c.name))
    return {row.name: row.n for row in rows}


# -- sessions -------------------------------------------------------------------------------------------------------


async def open_session(
    tx: Tx, digest: bytes, user_id: int, ends: datetime, address: str | None, agent: str | None
) -> None:
    """Begin a session; sessions that ended are forgotten on the way."""
    await tx.execute(sa.delete(s).where(s.c.expires_at <= tx.now))
    await tx.execute(
        sa.insert(s).values(
            digest=digest,
            user_id=user_id,
            created_at=tx.now,
            seen_at=tx.now,
            expires_at=ends,
            address=address,
            agent=agent,
        )
    )
    await tx.execute(sa.update(u).where(u.c.id == user_id).values(last_seen_at=tx.now))


async def sessions(tx: Tx, user_id: int, current: int | None) -> list[SessionOut]:
    """Return a user's open sessions, newest use first."""
    names = [n for n in SessionOut.__struct_fields__ if n != "current"]
    rows = await tx.all(
        sa.select(*(s.c[n] for n in names))
        .where(s.c.user_id == user_id, s.c.expires_at > tx.now)
        .order_by(s.c.seen_at.desc(), s.c.id.desc())
    )
    return [SessionOut(**row._mapping, current=row.id == current) for row in rows]


async def end_sessions(tx: Tx, user_id: int, *, only: int | None = None, keep: int | None = None) -> int:
    """End a user's sessions (one, or all but one) and return how many."""
    where = [s.c.user_id == user_id]
    if only is not None:
        where.append(s.c.id == only)
    if keep is not None:
        where.append(s.c.id != keep)
    return (await tx.execute(sa.delete(s).where(*where))).rowcount


# -- attempts to sign in --------------------------------------------------------------------------------------------


async def claim_attempt(
    tx: Tx, email: str, address: str, *, window: timedelta, most: int, most_address: int
) -> datetime | None:
    """Note an attempt and return ``None``; or, when a limit is reached, return the moment when it opens again.

    The attempt is noted before the password is looked at, under a lock of the address, so that attempts made at the
    same moment count as well.
    """
    await tx.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"login {address}", 0))))
    await tx.execute(sa.delete(attempt).where(attempt.c.at <= tx.now - window))
    for where, limit in (
        ((attempt.c.address == address, attempt.c.email == email), most),
        ((attempt.c.address == address,), most_address),
    ):
        row = await tx.first(
            sa.select(attempt.c.at).where(*where).order_by(attempt.c.at.desc()).offset(limit - 1).limit(1)
        )
        if row is not None:
            opens: datetime = row.at + window
            return opens
    await tx.execute(sa.insert(attempt).values(email=email, address=address, at=tx.now))
    return None


async def forget_attempts(tx: Tx, email: str, address: str) -> None:
    """Forget the attempts of a person who has signed in."""
    await tx.execute(sa.delete(attempt).where(attempt.c.email == email, attempt.c.address == address))
