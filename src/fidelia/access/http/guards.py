"""Every route declares what it needs: a right, a signed-in caller, or nothing."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from fidelia.kernel.errors import unauthenticated

from ..actor import Actor, missing_right
from ..rules import RIGHTS

ACTOR = "fidelia_actor"


async def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """Give a handler the caller; raise 401 when nobody is signed in."""
    actor: Actor | None = request.scope.get(ACTOR)  # type: ignore[assignment]
    if actor is None:
        raise unauthenticated()
    return actor


def current_session(request: Request[Any, Any, Any]) -> int | None:
    """Return the number of the session that asks; ``None`` for tokens."""
    found: int | None = request.scope.get("fidelia_session_id")  # type: ignore[assignment]
    return found


async def guard_right(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let a request through only when its caller holds the right that the route declares.

    Async, although it waits for nothing: Litestar runs other guards in a thread, for every request.
    """
    opt = handler.opt
    if opt.get("public") is True:
        return
    right = opt.get("right")
    if right is None and opt.get("signed_in") is not True:
        if connection.scope["method"] == "OPTIONS":  # type: ignore[typeddict-item]
            return  # Litestar's own answer to OPTIONS tells the methods and nothing else
        raise RuntimeError(f"The route {connection.scope['path']} declares no right")
    actor: Actor | None = connection.scope.get(ACTOR)  # type: ignore[assignment]
    if actor is None:
        raise unauthenticated()
    if right is not None and right not in actor.rights:
        raise missing_right(right)


def declared(app: Litestar) -> dict[str, dict[str, Any]]:
    """Return what every route of an application declares, by ``METHOD path``."""
    found: dict[str, dict[str, Any]] = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]:
            if handler is None:
                continue
            methods = sorted(getattr(handler, "http_methods", {"ASGI"}))
            if methods == ["OPTIONS"]:
                continue
            for method in methods:
                found[f"{method} {route.path}"] = dict(handler.opt)
    return found


def check_routes(app: Litestar) -> None:
    """Raise ``RuntimeError`` naming every route that declares neither a known right nor that it is open."""
    faults = []
    for name, opt in declared(app).items():
        right = opt.get("right")
        if right is not None and right not in RIGHTS:
            faults.append(f"{name}: no right is named {right!r} (access/rules.py lists them)")
        elif right is None and opt.get("public") is not True and opt.get("signed_in") is not True:
            faults.append(f"{name}: declare opt={{'right': 'area:verb'}}, {{'signed_in': True}} or {{'public': True}}")
    if faults:
        raise RuntimeError("Routes without a rule of access:\n" + "\n".join(faults))
