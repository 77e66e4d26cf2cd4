"""``/s/…`` at the root: what one's own sites load and call. Unknown keys are answered as known ones are, quietly."""

from __future__ import annotations

import base64
from typing import Annotated, Any
from urllib.parse import urlsplit

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines

from ...sites import is_own, own_address
from ...store.keys import KeyRow
from . import taking
from .serving import browser_key, script_of
from .taking import SiteEvent, SiteEvents

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_CLOSED = {
    "Cache-Control": "no-store, max-age=0",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
_NOTHING = b"/* There is nothing here. */\n"

GoalKey = Annotated[str, QueryParameter(name="goal", description="The key of a goal")]
Value = Annotated[str, QueryParameter(name="value", description="A number; the goal's own without one")]
MessageToken = Annotated[str, QueryParameter(name="m", description="The token of a message, as fm in an address")]
CallId = Annotated[str, QueryParameter(name="id", description="Counts once within seven days")]
User = Annotated[str, QueryParameter(name="u", description="The external id of the person, without a message")]


class SiteController(Controller):
    """The script, the pixel and the redirect of goals."""

    path = "/s"
    tags = ("Sites",)
    opt = {"public": True}

    @get("/{file:str}", summary="The site script: {write key}.js", media_type="text/javascript")
    async def script(self, request: Request[Any, Any, Any], engines: Engines, file: FromPath[str]) -> Response[bytes]:
        """Return the script of a key; nothing happens in it when there is no such key."""
        found = await _known(engines, file.removesuffix(".js"), 0) if file.endswith(".js") else None
        headers = {
            "Cache-Control": "public, max-age=300",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        }
        if found is None:
            return Response(_NOTHING, media_type="text/javascript", headers=headers)
        made = await script_of(engines, found)
        headers["ETag"] = f'W/"{made.etag}"'  # packed on its way where the browser takes that
        if made.etag in request.headers.get("if-none-match", ""):
            return Response(b"", status_code=304, media_type="text/javascript", headers=headers)
        return Response(made.text, media_type="text/javascript", headers=headers)

    @post("/{key:str}/events", status_code=204, summary="What the site script tells")
    async def events(self, request: Request[Any, Any, Any], engines: Engines, key: FromPath[str]) -> Response[None]:
        """Take pages, goals and who somebody is; the answer is always the same."""
        body = await _body(request)
        told = None if body is None else taking.read(body)
        if told is not None and told.events:
            found = await _known(engines, key, len(told.events))
            if found is not None and _from_own_site(request, found):
                await taking.take(engines, found, told)
        return Response(None, status_code=204, headers=_CLOSED)

    @get("/{key:str}/goal.gif", summary="Goal pixel", media_type="image/gif")
    async def pixel(
        self,
        engines: Engines,
        key: FromPath[str],
        goal: GoalKey = "",
        value: Value = "",
        m: MessageToken = "",
        id_: CallId = "",
        u: User = "",
    ) -> Response[bytes]:
        """Return a transparent image, always, and count the goal for the recipient of the message, or the user."""
        await _count(engines, await _known(engines, key, 1), goal, value, m, id_, u)
        return Response(_PIXEL, media_type="image/gif", headers=_CLOSED)

    @get(
        "/{key:str}/goal",
        summary="Goal redirect",
        status_code=302,
        media_type="text/plain",
        responses={
            404: ResponseSpec(
                str, media_type=MediaType.TEXT, description="It leads to none of the sites", generate_examples=False
            )
        },
    )
    async def redirect(
        self,
        engines: Engines,
        key: FromPath[str],
        to: Annotated[str, QueryParameter(name="to", description="An address on a site of the key")] = "",
        goal: GoalKey = "",
        value: Value = "",
        m: MessageToken = "",
        id_: CallId = "",
        u: User = "",
    ) -> Response[str]:
        """Count a goal and go on to an address on one of the key's own sites, and to no other."""
        found = await _known(engines, key, 1)
        where = None if found is None else own_address(to, found.domains)
        if where is None:
            return Response("This link leads nowhere.\n", status_code=404, media_type="text/plain", headers=_CLOSED)
        await _count(engines, found, goal, value, m, id_, u)
        return Response("", status_code=302, media_type="text/plain", headers={**_CLOSED, "Location": where})


async def _known(engines: Engines, key: str, weight: int) -> KeyRow | None:
    """Return a key for browsers; ``None`` for any other, and for one that is over its rate."""
    try:
        return await browser_key(engines, key, weight)
    except Problem as exc:
        if exc.status != 429:
            raise
        return None


async def _count(
    engines: Engines, key: KeyRow | None, goal: str, value: str, message: str, id_: str, user: str
) -> None:
    if key is None or not goal:
        return
    event = SiteEvent("goal", id_, 0, {"goal": goal, "value": value or None})
    await taking.take(engines, key, SiteEvents(user=user, message=message, events=[event]))


async def _body(request: Request[Any, Any, Any]) -> bytes | None:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > taking.MOST_BYTES:
            return None
    return body


def _from_own_site(request: Request[Any, Any, Any], key: KeyRow) -> bool:
    """Tell whether a request comes from a site of the key; with no sites named, from anywhere."""
    origin = request.headers.get("origin", "")
    return not key.domains or is_own(urlsplit(origin).netloc, key.domains)
