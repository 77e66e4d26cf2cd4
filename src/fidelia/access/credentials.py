"""From a bearer token or a session cookie to an actor."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from datetime import datetime
from typing import NamedTuple

from fidelia.platform.engines import Engines
from fidelia.platform.runfile import TOKEN_VARIABLE

from .actor import Actor
from .rules import rights_of
from .store import credentials as store

KEEP_SECONDS = 2.0
_KEEP_MOST = 10_000
_PORT = "access.known"


class Known(NamedTuple):
    """What a credential stands for. ``session_id`` is set for cookies."""

    actor: Actor
    expires_at: datetime | None
    session_id: int | None = None


class Memory:
    """Credentials seen in the last two seconds, so that a busy client costs one look-up every two seconds."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[float, Known]] = {}

    def get(self, digest: bytes) -> Known | None:
        """Return what was remembered, unless it is too old."""
        found = self._known.get(digest)
        return found[1] if found is not None and found[0] > time.monotonic() else None

    def put(self, digest: bytes, known: Known) -> None:
        """Remember a good credential; wrong ones are never kept."""
        if len(self._known) >= _KEEP_MOST:
            self._known.clear()
        self._known[digest] = (time.monotonic() + KEEP_SECONDS, known)

    def clear(self) -> None:
        """Forget everything, after a revocation or a change of roles."""
        self._known.clear()


def memory(engines: Engines) -> Memory:
    """Return the process's memory of credentials."""
    found: Memory = engines.ports.setdefault(_PORT, Memory())
    return found


def digest(secret: str) -> bytes:
    """Return the form in which a token or session id is stored: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret(prefix: str = "") -> str:
    """Return 256 random bits as URL-safe text."""
    return prefix + secrets.token_urlsafe(32)


def csrf_token(session_id: str) -> str:
    """Return the token that a page must send with unsafe methods.

    The session id itself is the key: it is 256 random bits that scripts cannot read, and every web process computes
    the same token without sharing another key.
    """
    return hmac.new(session_id.encode(), b"fidelia csrf", hashlib.sha256).hexdigest()


def is_local_token(secret: str) -> bool:
    """Tell whether this is the token of the running supervisor, which the command line reads from ``run.json``."""
    local = os.environ.get(TOKEN_VARIABLE, "")
    return bool(local) and hmac.compare_digest(secret.encode(), local.encode())


async def by_token(engines: Engines, secret: str) -> Known | None:
    """Return who a bearer token stands for; ``None`` when it is unknown, revoked or expired."""
    if is_local_token(secret):
        return Known(Actor.cli(), None)
    key, now = digest(secret), engines.clock.now()
    known = memory(engines).get(key)
    if known is None:
        async with engines.db.hot() as connection:
            row = await store.token(connection, key, now)
        if row is None:
            return None
        known = Known(Actor("token", row.id, row.name, rights_of(row.roles, row.rights)), row.expires_at)
        memory(engines).put(key, known)
    return known if known.expires_at is None or known.expires_at > now else None


async def by_session(engines: Engines, session_id: str) -> Known | None:
    """Return who a session cookie stands for; ``None`` when it is unknown, ended, or its user is disabled."""
    key, now = digest(session_id), engines.clock.now()
    known = memory(engines).get(key)
    if known is None:
        async with engines.db.hot() as connection:
            row = await store.session(connection, key, now, engines.settings.security.session_hours)
        if row is None:
            return None
        known = Known(Actor("user", row.user_id, row.name, rights_of(row.roles)), row.expires_at, row.id)
        memory(engines).put(key, known)
    return known if known.expires_at is None or known.expires_at > now else None
