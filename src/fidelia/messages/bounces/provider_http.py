"""The addresses that delivery providers tell bounces and complaints at."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from typing import Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.params import FromPath

from fidelia.kernel.errors import invalid_field, not_found, too_large, too_many
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..store import tracking as tracking_store
from ..tracking.edge import Limits, address_of
from . import providers, service

MOST_BYTES = 5_000_000
#: Addresses with a wrong key that one place may try within a minute.
MOST_GUESSES = 30


class BounceProvider(msgspec.Struct, frozen=True):
    """A provider, and the address to enter as its webhook. Whoever knows the address can tell bounces."""

    key: str
    name: str
    url: str


class BounceProviders(msgspec.Struct, frozen=True):
    """The providers whose webhooks are read."""

    items: list[BounceProvider]


class ProviderTaken(msgspec.Struct, frozen=True):
    """What became of the events of a request; those about nothing that came back are not counted."""

    bounced: int
    complained: int
    ignored: int
    unmatched: int
    unreadable: int


class BounceProviderController(Controller):
    """Webhooks of delivery providers."""

    path = "/messages/bounces/providers"
    tags = ("Returned mail",)

    @get("/", opt={"right": "senders:update"}, summary="List providers and their addresses")
    async def list_providers(self, tx: Tx) -> BounceProviders:
        """Return the address of each provider's webhook."""
        key, base = await _key(tx), tx.engines.settings.url.rstrip("/")
        return BounceProviders(
            [
                BounceProvider(name, providers.NAMES[name], f"{base}/api/v1/messages/bounces/providers/{name}/{key}")
                for name in providers.PROVIDERS
            ]
        )

    @post("/{provider:str}/{key:str}", opt={"public": True}, status_code=200, summary="What a provider tells")
    async def take(
        self, tx: Tx, request: Request[Any, Any, Any], engines: Engines, provider: FromPath[str], key: FromPath[str]
    ) -> ProviderTaken:
        """Take a provider's webhook as it sends it. Only mails are believed in that quote our own signed marks.

        404 for an address that :meth:`list_providers` does not give.
        """
        limits, place = Limits.of(engines), address_of(request)
        if limits.seen("bounce_guess", place) >= MOST_GUESSES:
            raise too_many("Wait a minute before the next request", 60)
        known = hmac.compare_digest((await _key(tx)).encode(), key.encode("utf-8", "surrogatepass"))
        if provider not in providers.PROVIDERS or not known:
            limits.count("bounce_guess", place)
            raise not_found("Address", "")
        try:
            found = providers.told(provider, await _body(request))
        except providers.Unreadable as exc:
            raise invalid_field("", str(exc)) from exc
        counts: Counter[str] = Counter()
        for told in found:
            counts[(await service.take(tx, told, via="provider")).outcome] += 1
        return ProviderTaken(**{name: counts[name] for name in ProviderTaken.__struct_fields__})


async def _key(tx: Tx) -> str:
    key = await tracking_store.signing_key(await tx.raw(), secrets.token_bytes(32))
    return hmac.new(key, b"bounces told by providers", hashlib.sha256).hexdigest()[:40]


async def _body(request: Request[Any, Any, Any]) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise too_large(f"A request may have {MOST_BYTES // 1_000_000} MB")
    return bytes(body)
