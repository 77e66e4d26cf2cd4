"""The edge of a request: its one transaction, committed before the reply leaves, and idempotency inside it."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any, cast

import msgspec
import sqlalchemy as sa
from litestar import Request
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPResponseBodyEvent, HTTPResponseStartEvent, Message, Receive, Scope, Send

from fidelia.kernel.errors import conflict, invalid_field, too_large
from fidelia.kernel.ids import random_id

from ..engines import Engines
from ..postgres import Tx

KEY_LENGTH = 200
REPLY_BYTES = 1_000_000
_SCOPE = "fidelia_edge"


class Edge:
    """Holds the transaction of one request; opened at first use."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self.tx: Tx | None = None
        self._block: Any = None
        self.claim: tuple[str, str] | None = None
        #: The member of the reply that is shown once and never stored (``opt={"secret": "password"}`` of the route).
        self.secret: str | None = None

    async def begin(self) -> Tx:
        """Return the request's transaction."""
        if self.tx is None:
            block = self.engines.db.tx(self.engines)
            self.tx = await block.__aenter__()
            self._block = block  # only what was opened is closed: no connection may be free in time
        return self.tx

    async def finish(self, *, commit: bool) -> None:
        """Commit or roll back; later calls do nothing."""
        block, self._block = self._block, None
        if block is None:
            return
        if commit:
            await block.__aexit__(None, None, None)
        else:
            stop = RolledBack()
            await block.__aexit__(RolledBack, stop, stop.__traceback__)


class RolledBack(Exception):
    """Carries a rollback out of the transaction's block; never leaves this module."""


async def provide_tx(request: Request[Any, Any, Any]) -> Tx:
    """Give a handler the request's transaction."""
    edge: Edge = cast("dict[str, Any]", request.scope)[_SCOPE]
    return await edge.begin()


class EdgeMiddleware(ASGIMiddleware):
    """Commits before the first byte of a good reply, rolls back for any other; replays idempotent requests."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Wrap one request."""
        engines: Engines = scope["litestar_app"].state.engines
        edge = Edge(engines)
        extra = cast("dict[str, Any]", scope)
        extra[_SCOPE] = edge
        request_id = random_id(10)
        extra["fidelia_request_id"] = request_id
        key = _header(scope, b"idempotency-key")
        if key is not None and extra["method"] == "POST" and not scope["path"].startswith("/api/v1/auth/"):
            edge.secret = extra["route_handler"].opt.get("secret")
            body, receive = await _read_body(scope, receive, engines.settings.limits.body_bytes)
            if body is not None and await self._replay(edge, scope, key, body, send):
                return
        held: HTTPResponseStartEvent | None = None

        async def forward(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start":
                start = message
                start["headers"] = [*start["headers"], (b"x-request-id", request_id.encode())]
                if start["status"] >= 400:
                    await edge.finish(commit=False)
                    await send(start)
                else:
                    held = start
                return
            if held is not None:
                first, held = held, None
                body_event = cast("HTTPResponseBodyEvent", message)
                if edge.claim is not None and not body_event["more_body"]:
                    await _keep_reply(edge, first, body_event["body"])
                await edge.finish(commit=True)
                await send(first)
            await send(message)

        try:
            await next_app(scope, receive, forward)
        finally:
            await edge.finish(commit=False)

    async def _replay(self, edge: Edge, scope: Scope, key: str, body: bytes, send: Send) -> bool:
        if not 1 <= len(key) <= KEY_LENGTH:
            raise invalid_field("/Idempotency-Key", f"An Idempotency-Key has 1 to {KEY_LENGTH} characters")
        actor = str(scope.get("fidelia_actor_key", "anonymous"))
        digest = hashlib.sha256(
            scope["path"].encode() + b"?" + scope.get("query_string", b"") + b"\n" + body
        ).hexdigest()
        tx = await edge.begin()
        mine = await tx.scalar(
            sa.text(
                "insert into idempotency (actor, key, digest, created_at) values (:a, :k, :d, :t)"
                " on conflict do nothing returning 1"
            ),
            {"a": actor, "k": key, "d": digest, "t": tx.now},
        )
        if mine:
            edge.claim = (actor, key)
            return False
        row = await tx.one(
            sa.text("select digest, status, headers, reply from idempotency where actor = :a and key = :k"),
            {"a": actor, "k": key},
        )
        await edge.finish(commit=False)
        if row.digest != digest:
            raise conflict("This Idempotency-Key was used before with another request")
        headers = [(k.encode(), v.encode()) for k, v in row.headers.items()]
        await send(
            {
                "type": "http.response.start",
                "status": row.status,
                "headers": [*headers, (b"idempotent-replayed", b"true")],
            }
        )
        await send({"type": "http.response.body", "body": bytes(row.reply), "more_body": False})
        return True


async def _keep_reply(edge: Edge, start: HTTPResponseStartEvent, body: bytes) -> None:
    assert edge.claim is not None
    if (b"content-encoding", b"gzip") in start["headers"]:  # kept as it is: whoever asks again may take no gzip
        body = gzip.decompress(body)
    if len(body) > REPLY_BYTES:
        body = msgspec.json.encode({"detail": "The first reply was too large to be kept; what it did is done"})
    if edge.secret is not None:
        body = msgspec.json.encode({**msgspec.json.decode(body), edge.secret: None})
    kept = {k.decode(): v.decode() for k, v in start["headers"] if k in (b"content-type", b"location")}
    tx = await edge.begin()
    await tx.execute(
        sa.text(
            "update idempotency set status = :s, headers = cast(:h as jsonb), reply = :r where actor = :a and key = :k"
        ),
        {
            "s": start["status"],
            "h": msgspec.json.encode(kept).decode(),
            "r": body,
            "a": edge.claim[0],
            "k": edge.claim[1],
        },
    )


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None


async def _read_body(scope: Scope, receive: Receive, limit: int) -> tuple[bytes | None, Receive]:
    """Read a JSON body so that it can be hashed; uploads (multipart) are not read and not replayed."""
    if (_header(scope, b"content-type") or "").startswith("multipart/"):
        return None, receive
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise too_large(f"A JSON body may have {limit:,} bytes at most")
        if not message.get("more_body", False):
            break
    body = b"".join(parts)
    given = False

    async def again() -> Any:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return body, again
