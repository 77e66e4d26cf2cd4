"""``/s/…/slots`` at the root: where pages get the content of their slots, and tell what became of it."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Controller, Request, Response, post
from litestar.params import FromPath

from fidelia import events
from fidelia.kernel.errors import Problem
from fidelia.platform.engines import Engines

from ... import rules as message_rules
from ...tracking.edge import MOST_BYTES
from . import rules, serving, telling
from .model import Told

MOST_SLOTS = 20
_CLOSED = {
    "Cache-Control": "private, no-store, max-age=0",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Origin",
}


class SlotsAsked(msgspec.Struct, frozen=True):
    """Which slots a page has; ``visitor`` is what the site's back end has signed, ``message`` the token of a mail."""

    slots: list[str] = []
    visitor: str = ""
    message: str = ""


class SlotsFilled(msgspec.Struct, frozen=True):
    """What the slots are filled with, by their keys; those that stay as they are, are left out."""

    slots: dict[str, serving.Content]


class SlotTold(msgspec.Struct, frozen=True):
    """What became of content: seen by the visitor, closed, or left without a look."""

    token: str
    what: Told


class SlotsTold(msgspec.Struct, frozen=True):
    """What a page tells at once."""

    told: list[SlotTold] = []


_asked = msgspec.json.Decoder(SlotsAsked).decode
_told = msgspec.json.Decoder(SlotsTold).decode


class SlotController(Controller):
    """Content of slots, for pages of the sites of a key and for nobody else."""

    path = "/s/{key:str}/slots"
    tags = ("Sites",)
    opt = {"public": True}

    @post("/", summary="Content of slots for a visitor", status_code=200, media_type="application/json")
    async def fill(
        self, request: Request[Any, Any, Any], engines: Engines, key: FromPath[str]
    ) -> Response[SlotsFilled]:
        """Return what a page's slots are filled with; the body is JSON, whatever its type says.

        An unknown visitor gets fallbacks only. Nothing comes from a page that is not of the key's sites.
        """
        origin = request.headers.get("origin", "")
        found = await _known(engines, key, origin)
        if found is None:
            return Response(SlotsFilled({}), headers=_CLOSED)
        filled: dict[str, serving.Content] = {}
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            asked = _asked(await _body(request))
            wanted = [name for name in dict.fromkeys(asked.slots) if rules.KEY.fullmatch(name)][:MOST_SLOTS]
            if wanted:
                machine = message_rules.is_machine("opened", request.headers.get("user-agent", ""), None)
                known = serving.Asked(wanted) if machine else serving.Asked(wanted, asked.visitor, asked.message[:64])
                filled = await serving.serve(engines, found.id, found.database_id, urlsplit(origin).netloc, known)
        headers = {**_CLOSED, "Access-Control-Allow-Origin": origin}
        return Response(SlotsFilled(filled), headers=headers)

    @post("/told", summary="What became of content", status_code=204)
    async def told(self, request: Request[Any, Any, Any], engines: Engines, key: FromPath[str]) -> Response[None]:
        """Take that content was seen, closed, or left without a look; the answer is always the same."""
        found = await _known(engines, key, request.headers.get("origin", ""))
        agent = request.headers.get("user-agent", "")
        if found is not None and not message_rules.is_machine("opened", agent, None):
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                for one in _told(await _body(request)).told[:MOST_SLOTS]:
                    await telling.tell(engines, found.database_id, one.token, one.what)
        return Response(None, status_code=204, headers=_CLOSED)


async def _known(engines: Engines, key: str, origin: str) -> Any:
    """Return a browser key whose sites a request comes from; ``None`` for any other, and for one over its rate."""
    try:
        found = await events.browser_key(engines, key, 1)
    except Problem as exc:
        if exc.status != 429:
            raise
        return None
    own = found is not None and bool(found.domains) and events.is_own(urlsplit(origin).netloc, found.domains)
    return found if own else None


async def _body(request: Request[Any, Any, Any]) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return b"{}"
    return body
