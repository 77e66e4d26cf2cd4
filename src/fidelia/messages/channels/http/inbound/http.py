"""The address that a provider tells its events at."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, post
from litestar.params import FromPath

from fidelia.kernel.errors import Problem, not_found, too_large, too_many
from fidelia.platform.engines import Engines

from ....tracking.edge import Limits, address_of
from . import service
from .model import InboundTaken

MOST_BYTES = 1_000_000
#: Within a minute: requests of one channel, and addresses that nobody was told from one place.
MOST_REQUESTS, MOST_GUESSES = 6_000, 30


class InboundController(Controller):
    """Events that providers of channels tell."""

    path = "/channels/{key:str}/inbound"
    tags = ("Channels",)
    opt = {"public": True}

    @post("/{secret:str}", status_code=200, summary="What a provider tells")
    async def told(
        self, request: Request[Any, Any, Any], engines: Engines, key: FromPath[str], secret: FromPath[str]
    ) -> InboundTaken:
        """Take a provider's request, JSON or a form, by the mapping of the channel. An event that is told again counts
        once. 404 for an address that is not (or no more) that of a channel, 403 for a signature that is wrong.
        """
        limits, place = Limits.of(engines), address_of(request)
        if limits.seen("inbound_guess", place) >= MOST_GUESSES:
            raise _slower()
        found = await service.enter(engines, key[:40], secret[:200])
        if found is None:
            limits.count("inbound_guess", place)
            raise not_found("Address", "")
        if limits.count("inbound", found.channel.id) > MOST_REQUESTS:
            raise _slower()
        body = await _body(request)
        service.check_signature(found, engines, request.headers, body)
        return await service.take(engines, found, body, request.headers.get("content-type", ""))


async def _body(request: Request[Any, Any, Any]) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise too_large(f"A request may have {MOST_BYTES // 1_000_000} MB")
    return bytes(body)


def _slower() -> Problem:
    return too_many("Wait a minute before the next request", 60)
