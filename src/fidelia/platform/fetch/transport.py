"""The connections below a fetch: to checked addresses only, with TLS verified against the name."""

from __future__ import annotations

import functools
import ssl
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

from .guard import Guard
from .model import FetchProblem

_PIECE = 1 << 18


@functools.lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """Return how servers prove who they are: certificates and names checked, TLS 1.2 at least.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` of the environment name authorities of one's own.
    """
    context = httpx.create_ssl_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Opens sockets for a pool; the name is resolved here and nowhere else, so there is no second answer to trust."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first checked address of a host that answers."""
        addresses = await self._guard.resolve(host, port, seconds=timeout or 10)
        last: Exception | None = None
        for address in addresses:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                last = exc
        assert last is not None
        raise last

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore's signature)
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a path is no address."""
        raise FetchProblem("address", "A path is no address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._inner.sleep(seconds)


def make_pool(guard: Guard, *, connections: int) -> httpcore.AsyncConnectionPool:
    """Return a pool of connections that go where the guard lets them; no proxy, HTTP/1.1."""
    return httpcore.AsyncConnectionPool(
        ssl_context=tls_context(),
        max_connections=connections,
        max_keepalive_connections=connections,
        keepalive_expiry=20,
        network_backend=GuardedBackend(guard),
    )


class Inflater:
    """Unpacks a body piece by piece; no input, however hostile, makes a piece larger than 256 KB."""

    def __init__(self, encoding: str) -> None:
        words = [w for w in (part.strip().lower() for part in encoding.split(",")) if w not in ("", "identity")]
        if any(w not in ("gzip", "x-gzip") for w in words) or len(words) > 1:
            raise FetchProblem("encoding", f"The answer is packed as {encoding[:50]}, which nobody asked for")
        self._packed = bool(words)
        self._unpack = zlib.decompressobj(31)
        self._begun = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what a piece of the body holds; raise :class:`FetchProblem` for what is not packed as it is said."""
        if not self._packed:
            if data:
                yield data
            return
        while data:
            self._begun = True
            if self._unpack.eof:  # another member follows, as gzip allows
                self._unpack = zlib.decompressobj(31)
            try:
                piece = self._unpack.decompress(data, _PIECE)
            except zlib.error as exc:
                raise FetchProblem("encoding", "The answer is not packed as it says") from exc
            data = self._unpack.unused_data if self._unpack.eof else self._unpack.unconsumed_tail
            if piece:
                yield piece

    def end(self) -> None:
        """Raise :class:`FetchProblem` when the body ended too early."""
        if self._packed and self._begun and not self._unpack.eof:
            raise FetchProblem("connection", "The answer broke off before its end")
