"""Signing in and out, and who one is."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath

from fidelia.kernel.errors import forbidden
from fidelia.platform.engines import Engines
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx
from fidelia.settings import Settings

from ..actor import Actor
from ..credentials import csrf_token
from ..model import SessionOut
from ..rules import SESSION_MAX, rights_of
from ..service import login as service
from ..service import users
from .guards import current_session
from .middleware import CSRF_COOKIE, SESSION_COOKIE, client_address

Text = Annotated[str, msgspec.Meta(max_length=1000)]


class LoginIn(Body, frozen=True):
    """E-mail and password."""

    email: Text
    password: Text


class OwnPasswordIn(Body, frozen=True):
    """The present password and the new one."""

    current: Text
    password: Text


class MeOut(msgspec.Struct, frozen=True, kw_only=True):
    """Who is calling. ``csrf_token`` belongs into the header ``X-CSRF-Token`` of unsafe requests with the cookie."""

    kind: str
    id: int | None
    name: str
    email: str | None
    roles: list[str]
    rights: list[str]
    csrf_token: str | None = None


class SessionList(msgspec.Struct, frozen=True):
    """Open sessions, the latest used first."""

    items: list[SessionOut]


class AuthController(Controller):
    """Sign in, sign out, who am I."""

    path = "/auth"
    tags = ("Sign-in",)

    @post("/login", dto=Strict[LoginIn], return_dto=None, opt={"public": True}, status_code=200, summary="Sign in")
    async def login(self, request: Request[Any, Any, Any], engines: Engines, data: LoginIn) -> Response[MeOut]:
        """Begin a session: sets the session cookie and the readable cookie with the CSRF token.

        401 whichever half was wrong, 429 with `Retry-After` after too many attempts.
        """
        if request.headers.get("sec-fetch-site") == "cross-site":
            raise forbidden("Sign in on the platform's own page")
        user, session_id = await service.sign_in(
            engines,
            data.email,
            data.password,
            address=client_address(request.scope),
            agent=request.headers.get("user-agent"),
        )
        me = MeOut(
            kind="user",
            id=user.id,
            name=user.name,
            email=user.email,
            roles=user.roles,
            rights=sorted(rights_of(user.roles)),
            csrf_token=csrf_token(session_id),
        )
        return Response(me, cookies=cookies(engines.settings, session_id))

    @post("/logout", opt={"signed_in": True}, status_code=204, summary="Sign out")
    async def logout(self, request: Request[Any, Any, Any], tx: Tx, actor: Actor, engines: Engines) -> Response[None]:
        """End the session and take the cookies back."""
        await service.sign_out(tx, actor, current_session(request))
        return Response(None, status_code=204, cookies=cookies(engines.settings, None))

    @get("/me", opt={"signed_in": True}, summary="Who is calling, and what they may do")
    async def me(self, request: Request[Any, Any, Any], tx: Tx, actor: Actor) -> MeOut:
        """Return the caller with every right."""
        user = await users.get_user(tx, actor.id) if actor.kind == "user" and actor.id is not None else None
        session_id = request.cookies.get(SESSION_COOKIE) if current_session(request) is not None else None
        return MeOut(
            kind=actor.kind,
            id=actor.id,
            name=actor.name,
            email=user.email if user else None,
            roles=user.roles if user else [],
            rights=sorted(actor.rights),
            csrf_token=csrf_token(session_id) if session_id else None,
        )

    @post(
        "/password",
        dto=Strict[OwnPasswordIn],
        return_dto=None,
        opt={"signed_in": True},
        status_code=204,
        summary="Change one's own password",
    )
    async def password(
        self, request: Request[Any, Any, Any], engines: Engines, actor: Actor, data: OwnPasswordIn
    ) -> None:
        """Replace the password and end every other session."""
        await service.change_own_password(
            engines,
            actor,
            current=data.current,
            password=data.password,
            session_id=current_session(request),
            address=client_address(request.scope),
        )

    @get("/sessions", opt={"signed_in": True}, summary="One's own open sessions")
    async def sessions(self, request: Request[Any, Any, Any], tx: Tx, actor: Actor) -> SessionList:
        """List where the caller is signed in."""
        if actor.kind != "user" or actor.id is None:
            return SessionList([])
        return SessionList(await users.list_sessions(tx, actor.id, current_session(request)))

    @delete("/sessions", opt={"signed_in": True}, status_code=204, summary="Sign out everywhere else")
    async def end_others(self, request: Request[Any, Any, Any], tx: Tx, actor: Actor) -> None:
        """End every session of the caller but this one."""
        if actor.kind == "user" and actor.id is not None:
            await users.end_sessions(tx, actor, actor.id, keep=current_session(request))

    @delete("/sessions/{session_id:int}", opt={"signed_in": True}, status_code=204, summary="End one's own session")
    async def end_one(self, tx: Tx, actor: Actor, session_id: FromPath[int]) -> None:
        """End one session of the caller."""
        await users.end_own_session(tx, actor, session_id)


def cookies(settings: Settings, session_id: str | None) -> list[Cookie]:
    """Return both cookies for a session, or those that take them back."""
    token = csrf_token(session_id) if session_id else ""
    return [
        Cookie(
            key=name,
            value=value,
            path="/",
            httponly=hidden,
            samesite="lax",
            secure=settings.secure_cookies,
            max_age=int(SESSION_MAX.total_seconds()) if session_id else 0,
        )
        for name, value, hidden in ((SESSION_COOKIE, session_id or "", True), (CSRF_COOKIE, token, False))
    ]
