"""A web server for tests that answers with bytes: what a hostile server sends is no mistake of a library."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fidelia.settings import Settings


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    local: str


Handler = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def answer(
    body: bytes = b"", status: int = 200, kind: str | None = "text/csv", **headers: str
) -> Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]:
    """A handler that always says the same."""

    async def say(asked: Asked, out: asyncio.StreamWriter) -> None:
        await send(out, body, status, kind, **headers)

    return say


async def send(
    out: asyncio.StreamWriter, body: bytes = b"", status: int = 200, kind: str | None = "text/csv", **headers: str
) -> None:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if kind:
        sent["content-type"] = kind
    sent.setdefault("content-length", str(len(body)))
    lines = [f"HTTP/1.1 {status} X", *(f"{k}: {v}" for k, v in sent.items())]
    out.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    await out.drain()


@dataclass
class WebServer:
    """Answers by path, and remembers what it was asked."""

    port: int = 0
    pages: dict[str, Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.2", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def page(self, path: str, body: bytes = b"", **more: object) -> None:
        self.pages[path] = answer(body, **more)  # type: ignore[arg-type]

    async def handle(self, reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                first, *lines = head.decode("latin-1").strip().split("\r\n")
                method, path, _ = first.split(" ")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                asked = Asked(method, path, headers, body, out.get_extra_info("sockname")[0])
                self.asked.append(asked)
                handler = self.pages.get(path.split("?")[0], answer(b"", 404))
                await handler(asked, out)
        out.close()


@asynccontextmanager
async def web_server(context: ssl.SSLContext | None = None) -> AsyncIterator[WebServer]:
    """Run a server on every address of this machine, on a free port."""
    server = WebServer()
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await server.handle(reader, out)
        except asyncio.CancelledError:
            return
        finally:
            out.close()
            tasks.discard(task)

    running = await asyncio.start_server(handle, "0.0.0.0", 0, ssl=context)
    server.port = running.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        running.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def open_to(networks: str = "127.0.0.2/32", settings: Settings | None = None) -> Settings:
    """Settings that let some addresses of this machine be reached, and no others."""
    return (settings or Settings()).replace("security", allow_networks=networks)
