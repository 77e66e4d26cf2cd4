"""Getting files and calling services over HTTP, guarded and limited."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx
import msgspec

from fidelia.settings import Settings

from . import rules
from .guard import Guard
from .model import FetchLimits, FetchProblem
from .transport import Inflater, make_pool

AGENT = "Fidelia"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Answer(msgspec.Struct, frozen=True):
    """What a called service said: status, headers in lower case, the first bytes of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Reply:
    """A file on its way: what is known of it, and its bytes, unpacked, counted and timed as they are read."""

    def __init__(self, url: httpx.URL, response: httpcore.Response, limits: FetchLimits, deadline: float) -> None:
        self.url = str(url)
        self.status = response.status
        self.headers = _headers(response)
        self.content_type: str | None = None
        self._response, self._limits, self._deadline = response, limits, deadline

    @property
    def not_modified(self) -> bool:
        """Tell whether the file is still the one that the validators sent along belong to."""
        return self.status == 304

    @property
    def etag(self) -> str | None:
        """Return the server's mark of this version, if it gives one."""
        return self.headers.get("etag")

    @property
    def last_modified(self) -> str | None:
        """Return when the server says the file was changed, in its own words."""
        return self.headers.get("last-modified")

    async def chunks(self, *, cut: bool = False) -> AsyncIterator[bytes]:
        """Yield the body; raise :class:`FetchProblem` above the limits. ``cut``: end at the limit instead."""
        inflater = Inflater(self.headers.get("content-encoding", ""))
        size, most = 0, self._limits.max_bytes
        announced = self.headers.get("content-length", "")
        if not cut and announced.isdigit() and int(announced) > most:
            raise _too_large(most)
        body = self._response.aiter_stream()
        while True:
            async with _translated(self.url, self._deadline, self._limits):
                raw = await anext(body, None)
            if raw is None:
                inflater.end()
                return
            for piece in inflater.feed(raw):
                size += len(piece)
                if size > most:
                    if not cut:
                        raise _too_large(most)
                    yield piece[: len(piece) - (size - most)]
                    return
                yield piece


class Fetcher:
    """A way out with connections of its own; use it as a context manager, and share it among many calls."""

    def __init__(self, settings: Settings, *, connections: int = 20) -> None:
        self.guard = Guard(settings)
        self._pool = make_pool(self.guard, connections=connections)

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._pool.aclose()

    @asynccontextmanager
    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
        types: Collection[str] | None = None,
        limits: FetchLimits | None = None,
    ) -> AsyncIterator[Reply]:
        """Get a file, following redirects; each hop is checked like the first address.

        ``headers`` may hold credentials: they go to the origin (scheme, host, port) of ``url`` and to no other.
        ``etag`` and ``last_modified`` ask for the file only if it has changed since (``Reply.not_modified``).
        ``types`` are the types of content to be taken. Raises :class:`FetchProblem`.
        """
        limits = limits or FetchLimits()
        rules.check_headers(headers or {})
        deadline = asyncio.get_running_loop().time() + limits.total_seconds
        target = rules.read_url(url)
        first = rules.origin_of(target)
        for _ in range(limits.redirects + 1):
            sent = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": AGENT}
            if rules.origin_of(target) == first:
                sent |= {name.lower(): value for name, value in (headers or {}).items()}
            if etag and _sendable(etag):
                sent["if-none-match"] = etag
            if last_modified and _sendable(last_modified):
                sent["if-modified-since"] = last_modified
            async with self._open("GET", target, sent, None, limits, deadline) as response:
                location = _headers(response).get("location")
                if response.status not in _REDIRECTS or location is None:
                    reply = Reply(target, response, limits, deadline)
                    _check_status(reply, target)
                    if not reply.not_modified:
                        reply.content_type = rules.check_type(reply.headers.get("content-type"), types)
                    yield reply
                    return
            target = rules.next_hop(target, location)
        raise FetchProblem("redirect", f"The address sends on more than {limits.redirects} times")

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limits: FetchLimits | None = None,
        keep: int = 65_536,
    ) -> Answer:
        """Call a service and return what it said, whatever the status; redirects are not followed.

        At most ``keep`` bytes of the answer are read. Raises :class:`FetchProblem`.
        """
        limits = limits or FetchLimits(total_seconds=30, read_seconds=15)
        limits = msgspec.structs.replace(limits, max_bytes=keep)
        rules.check_headers(headers or {})
        deadline = asyncio.get_running_loop().time() + limits.total_seconds
        target = rules.read_url(url)
        sent = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": AGENT}
        sent |= {name.lower(): value for name, value in (headers or {}).items()}
        async with self._open(method, target, sent, body, limits, deadline) as response:
            reply = Reply(target, response, limits, deadline)
            try:
                body = b"".join([piece async for piece in reply.chunks(cut=True)])
            except FetchProblem as exc:
                exc.begun = True
                raise
            return Answer(reply.status, reply.headers, body)

    @asynccontextmanager
    async def _open(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        body: bytes | None,
        limits: FetchLimits,
        deadline: float,
    ) -> AsyncIterator[httpcore.Response]:
        sent = [(b"host", url.netloc), *((k.encode(), v.encode("ascii")) for k, v in headers.items())]
        if body is not None:
            sent.append((b"content-length", str(len(body)).encode()))
        seconds = {
            "connect": limits.connect_seconds,
            "read": limits.read_seconds,
            "write": limits.read_seconds,
            "pool": limits.total_seconds,
        }
        begun = False

        async def trace(step: str, info: Any) -> None:
            nonlocal begun
            begun = begun or step.endswith("send_request_headers.started")

        request = httpcore.Request(
            method.encode("ascii"),
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=rules.port_of(url), target=url.raw_path),
            headers=sent,
            content=body,
            extensions={"timeout": seconds, "trace": trace},
        )
        try:
            async with _translated(str(url), deadline, limits):
                response = await self._pool.handle_async_request(request)
        except FetchProblem as exc:
            exc.begun = begun
            raise
        try:
            yield response
        finally:
            with contextlib.suppress(*_BROKEN):
                await response.aclose()


_BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException)


@asynccontextmanager
async def _translated(url: str, deadline: float, limits: FetchLimits) -> AsyncIterator[None]:
    """Turn what may go wrong on the way into words."""
    host = httpx.URL(url).host
    try:
        async with asyncio.timeout_at(deadline):
            yield
    except TimeoutError as exc:
        raise FetchProblem("time", f"{host} took longer than {limits.total_seconds:g} s in all") from exc
    except httpcore.ConnectTimeout as exc:
        raise FetchProblem("time", f"{host} does not answer within {limits.connect_seconds:g} s") from exc
    except httpcore.TimeoutException as exc:
        raise FetchProblem("time", f"{host} was silent for more than {limits.read_seconds:g} s") from exc
    except httpcore.ConnectError as exc:
        if isinstance(_cause(exc), ssl.SSLError):
            raise FetchProblem("tls", f"{host} cannot prove that it is {host}: {_cause(exc)}") from exc
        raise FetchProblem("connection", f"{host} cannot be reached: {exc}") from exc
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol) as exc:
        raise FetchProblem("connection", f"The connection to {host} broke: {str(exc)[:200]}") from exc


def _cause(exc: BaseException) -> BaseException:
    found: BaseException = exc
    while not isinstance(found, ssl.SSLError) and (below := found.__cause__ or found.__context__) is not None:
        found = below
    return found


def _headers(response: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}


def _sendable(value: str) -> bool:
    return value.isascii() and value.isprintable() and len(value) <= 1_000


def _check_status(reply: Reply, url: httpx.URL) -> None:
    if reply.status in (200, 203, 304):
        return
    hints = {401: "sign in", 403: "this is not allowed", 404: "there is nothing here", 429: "too often, wait"}
    said = f" ({hints[reply.status]})" if reply.status in hints else ""
    raise FetchProblem("status", f"{url.host} answers {reply.status}{said}")


def _too_large(most: int) -> FetchProblem:
    return FetchProblem("size", f"There is more than {most:,} bytes to fetch")
