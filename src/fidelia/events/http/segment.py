"""``/v1/…`` at the root: the Segment HTTP protocol, for its public libraries as they are."""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Any

import msgspec
from litestar import Request, Response, get, route
from litestar.enums import HttpMethod
from litestar.params import FromPath

from fidelia.kernel.errors import Problem, malformed, not_found, too_large, unauthenticated
from fidelia.platform.engines import Engines

from ..ingest.group import GroupCommit
from ..segment.apply import Delivered, Delivery, write_messages
from ..segment.messages import Kind, Message, Unreadable, read_message
from ..service.keys import use_key

_PORT = "events.segment"
_MESSAGES = 2_500
#: The browser library shortens the names of paths.
_PATHS: dict[str, Kind | None] = {
    "identify": "identify",
    "track": "track",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
    "batch": None,
    "import": None,
    "i": "identify",
    "t": "track",
    "p": "page",
    "s": "screen",
    "g": "group",
    "a": "alias",
    "b": None,
}
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, GET, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Content-Encoding",
    "Access-Control-Max-Age": "86400",
}
_OPEN = {"Access-Control-Allow-Origin": "*"}
_decode = msgspec.json.Decoder().decode


class Success(msgspec.Struct, frozen=True):
    """What the libraries expect."""

    success: bool = True


def _group(engines: Engines) -> GroupCommit[Delivery, Delivered]:
    found: GroupCommit[Delivery, Delivered] | None = engines.ports.get(_PORT)
    if found is None:
        found = engines.ports[_PORT] = GroupCommit(engines, write_messages)
    return found


@route(
    "/v1/{call:str}",
    http_method=[HttpMethod.POST, HttpMethod.OPTIONS],
    opt={"public": True},
    status_code=200,
    tags=("Segment protocol",),
    summary="identify, track, page, screen, group, alias, batch, import",
)
async def receive(request: Request[Any, Any, Any], engines: Engines, call: FromPath[str]) -> Response[Success]:
    """Take messages of a client library; the write key is the user of basic auth, or ``writeKey`` in the body.

    200 only after they are durable. 401 for an unknown key, 429 with `Retry-After` over its rate. Asked with OPTIONS,
    it lets browsers of any site send.
    """
    if request.method == HttpMethod.OPTIONS:
        return Response(Success(), headers=_CORS)
    try:
        if call not in _PATHS:
            raise not_found("Call", call)
        body = _object(_plain(request, await request.body(), engines.settings.limits.body_bytes))
        browser = await _deliver(engines, body, call, _basic_user(request))
    except Problem as exc:
        exc.headers.update(_OPEN)  # or a browser could not read the refusal
        raise
    return Response(Success(), headers=_OPEN if browser else {})


async def _deliver(engines: Engines, body: dict[str, Any], call: str, user: str | None) -> bool:
    """Deliver what a body holds; return whether its key is a public one."""
    batch = body.get("batch") if _PATHS[call] is None else [body]
    if not isinstance(batch, list):
        raise malformed('A batch is an object with a list named "batch"')
    if len(batch) > _MESSAGES:
        raise too_large(f"A batch has {_MESSAGES:,} messages at most")
    secret = user or _key_in(body) or next((k for m in batch if (k := _key_in(m))), None)
    if secret is None:
        raise unauthenticated("Send a write key as the user of basic authentication or as writeKey")
    key = await use_key(engines, secret, len(batch))
    if key is None:
        raise unauthenticated("This write key is not known or was revoked")
    received = engines.clock.now()
    messages: list[Message] = []
    unreadable: list[str] = []
    limit = engines.settings.limits.event_bytes
    for item in batch:
        try:
            messages.append(read_message(item, _PATHS[call], body, received, historical=call == "import", limit=limit))
        except Unreadable as exc:
            if _PATHS[call] is not None:
                raise malformed(f"This message cannot be taken: {exc}") from exc
            unreadable.append(str(exc))
    if batch:
        delivery = Delivery(key.id, key.name, key.kind == "server", key.database_id, messages, unreadable, received)
        await _group(engines).submit(delivery, len(batch))
    return key.kind == "browser"


@get("/v1/projects/{key:str}/settings", opt={"public": True}, tags=("Segment protocol",), summary="Browser settings")
async def library_settings(
    request: Request[Any, Any, Any], engines: Engines, key: FromPath[str]
) -> Response[dict[str, Any]]:
    """Return what the browser library asks its CDN for, so that it sends here."""
    found = await use_key(engines, key, 0)
    if found is None:
        problem = not_found("Write key", key[:60])
        problem.headers.update(_OPEN)
        raise problem
    url = engines.settings.url
    host, scheme = url.partition("://")[2], url.partition("://")[0]
    own = {"apiKey": key, "apiHost": f"{host}/v1", "protocol": scheme, "unbundledIntegrations": []}
    return Response({"integrations": {"Segment.io": own}, "plan": {}}, headers=_OPEN)


segment_routes = [receive, library_settings]


def _plain(request: Request[Any, Any, Any], body: bytes, limit: int) -> bytes:
    """Return the body without its compression, and never more of it than a body may have."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "deflate", "x-gzip"):
        raise Problem(415, "Unsupported encoding", "Bodies may be sent plain, gzip or deflate")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        plain = unpack.decompress(body, limit + 1)
    except zlib.error as exc:
        raise malformed(f"The body is not {encoding}") from exc
    if len(plain) > limit:
        raise too_large(f"A body may have {limit:,} bytes at most")
    if not unpack.eof:
        raise malformed("The compressed body is cut off")
    return plain


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise malformed(f"The body is not valid JSON: {exc}") from exc
    if not isinstance(found, dict):
        raise malformed("The body must be a JSON object")
    return found


def _basic_user(request: Request[Any, Any, Any]) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, _ = base64.b64decode(value.strip()).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise unauthenticated("The Authorization header must be: Basic <write key and a colon in base64>") from None
    return user or None


def _key_in(body: Any) -> str | None:
    found = body.get("writeKey") if isinstance(body, dict) else None
    return found if isinstance(found, str) and found else None
