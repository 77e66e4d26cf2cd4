"""Finds out who is calling: bearer token or session cookie, with the defence against forged requests."""

from __future__ import annotations

import hmac
from typing import Any

import msgspec
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from fidelia.kernel.errors import forbidden, unauthenticated
from fidelia.platform.engines import Engines

from ..credentials import Known, by_session, by_token, csrf_token
from .guards import ACTOR

SESSION_COOKIE = "fidelia_session"
CSRF_COOKIE = "fidelia_csrf"
_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))


class AuthMiddleware(ASGIMiddleware):
    """Puts the caller into the scope as ``fidelia_actor`` and a key for idempotency as ``fidelia_actor_key``.

    Routes declared public are passed on without a look-up. Raises 401 for a credential that is not valid, 403 for an
    unsafe method with a cookie but without ``X-CSRF-Token``.
    """

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Wrap one request."""
        values: dict[str, Any] = scope  # type: ignore[assignment]
        address = client_address(scope)
        values["fidelia_actor_key"] = f"anonymous:{address}"
        handler = values.get("route_handler")
        if handler is None or handler.opt.get("public") is not True:
            known = await identify(scope)
            if known is not None:
                actor = msgspec.structs.replace(known.actor, address=address)
                values[ACTOR] = actor
                values["fidelia_actor_key"] = actor.key
                values["fidelia_session_id"] = known.session_id
        await next_app(scope, receive, send)


async def identify(scope: Scope) -> Known | None:
    """Return who is calling, ``None`` when the request carries no credential."""
    engines: Engines = scope["litestar_app"].state.engines
    bearer = cookie = sent = None
    for key, value in scope["headers"]:
        if key == b"authorization":
            bearer = value.decode("latin-1")
        elif key == b"cookie" and b"fidelia_session=" in value:
            cookie = value.decode("latin-1")
        elif key == b"x-csrf-token":
            sent = value
    if bearer is not None:
        scheme, _, secret = bearer.partition(" ")
        if scheme.lower() != "bearer":
            raise unauthenticated("The Authorization header must be: Bearer <token>")
        known = await by_token(engines, secret.strip())
        if known is None:
            raise unauthenticated("This token is not known, was revoked or has expired")
        return known
    session_id = _session_id(cookie) if cookie else None
    if session_id is None:
        return None
    known = await by_session(engines, session_id)
    if known is None:
        raise unauthenticated("Your session has ended; sign in again")
    method: str = scope["method"]  # type: ignore[typeddict-item]
    if method not in _SAFE and not hmac.compare_digest(sent or b"", csrf_token(session_id).encode()):
        raise forbidden(f"Send the value of the cookie {CSRF_COOKIE} in the header X-CSRF-Token with this request")
    return known


def _session_id(header: str) -> str | None:
    """Read our cookie alone: other applications on this host may set cookies that a strict parser stops at."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == SESSION_COOKIE:
            return value.strip('"') or None
    return None


def client_address(scope: Scope) -> str:
    """Return the caller's address as the server saw it."""
    client = scope.get("client")
    return str(client[0]) if client else "unknown"
