"""Signing in and out, and changing one's own password."""

from __future__ import annotations

import math
from datetime import timedelta

from fidelia.kernel.errors import FieldError, Problem, invalid, invalid_field, too_many
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..actor import Actor
from ..credentials import digest, memory, new_secret
from ..model import UserOut
from ..passwords import hash_password, needs_rehash, verify_password
from ..rules import ADDRESS_FACTOR, PASSWORD_MAX, password_error, session_end
from ..store import users as store
from ..trail import audit


async def sign_in(
    engines: Engines, email: str, password: str, *, address: str, agent: str | None
) -> tuple[UserOut, str]:
    """Check e-mail and password and begin a session; return the user and the session's secret id.

    Raises 401 in the same words and after the same work whichever half was wrong, 429 after too many attempts from
    one address. Works in transactions of its own, because an attempt must be remembered although the request fails.
    """
    email = email.strip().lower()[:320].replace("\x00", "")
    await claim_attempt(engines, email, address)
    async with engines.tx() as tx:
        row = await store.password_row(tx, email=email)
    fits = await verify_password(row.password_hash if row else None, password[: PASSWORD_MAX + 1])
    if row is None or not fits or row.disabled_at is not None:
        raise Problem(401, "Not signed in", "This e-mail and password do not belong together, or sign-in is closed")
    session_id = new_secret()
    renewed = await hash_password(password) if needs_rehash(row.password_hash) else None
    async with engines.tx() as tx:
        if renewed is not None:
            await store.rehash(tx, row.id, renewed)
        ends = session_end(tx.now, tx.now, engines.settings.security.session_hours)
        await store.open_session(tx, digest(session_id), row.id, ends, address, (agent or "")[:300] or None)
        await store.forget_attempts(tx, email, address)
        user = await store.get(tx, row.id)
    assert user is not None
    return user, session_id


async def claim_attempt(engines: Engines, email: str, address: str) -> None:
    """Note an attempt before its password is looked at; raise 429 when there were too many."""
    security = engines.settings.security
    async with engines.tx() as tx:
        opens = await store.claim_attempt(
            tx,
            email,
            address,
            window=timedelta(seconds=security.login_window_seconds),
            most=security.login_attempts,
            most_address=security.login_attempts * ADDRESS_FACTOR,
        )
        now = tx.now
    if opens is not None:
        wait = math.ceil((opens - now).total_seconds())
        raise too_many(f"Too many attempts to sign in. The next one is possible at {opens:%H:%M:%S} UTC.", wait)


async def sign_out(tx: Tx, actor: Actor, session_id: int | None) -> None:
    """End the session that asks; nothing happens for a caller without one."""
    if actor.id is not None and session_id is not None:
        await store.end_sessions(tx, actor.id, only=session_id)
        memory(tx.engines).clear()


async def change_own_password(
    engines: Engines, actor: Actor, *, current: str, password: str, session_id: int | None, address: str
) -> None:
    """Replace the caller's own password and end the other sessions. Raises 422 naming the field at fault, 429.

    Works in transactions of its own, because an attempt must be remembered although the request fails.
    """
    if actor.kind != "user" or actor.id is None:
        raise invalid(detail="Only a signed-in person has a password")
    async with engines.tx() as tx:
        row = await store.password_row(tx, user_id=actor.id)
    assert row is not None
    await claim_attempt(engines, row.email, address)
    if not await verify_password(row.password_hash, current[: PASSWORD_MAX + 1]):
        raise invalid_field("/current", "This is not your present password")
    fault = password_error(password, row.email)
    if fault is None and password == current:
        fault = FieldError("/password", "The new password must be another one")
    if fault is not None:
        raise invalid(fault)
    hashed = await hash_password(password)
    async with engines.tx() as tx:
        await store.update(tx, actor.id, password_hash=hashed)
        await store.end_sessions(tx, actor.id, keep=session_id)
        await store.forget_attempts(tx, row.email, address)
        await audit(tx, actor, "user.password_changed", kind="user", object_id=actor.id, name=actor.name)
    memory(engines).clear()
