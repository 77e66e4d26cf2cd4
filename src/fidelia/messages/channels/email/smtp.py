"""An SMTP client on asyncio that pipelines: MAIL and RCPT of the next message travel with the body of this one."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from fidelia.kernel.errors import Problem

MAX_REPLY = 64 * 1024


class SmtpLost(Exception):
    """The connection broke, or could not be made."""


class SmtpRefused(Exception):
    """The server refuses to work with us at all (greeting, STARTTLS, sign-in); ``reply`` is its answer."""

    def __init__(self, step: str, reply: Reply) -> None:
        super().__init__(f"{step}: {reply}")
        self.reply = reply


class Reply(NamedTuple):
    """An answer of the server."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    @property
    def ok(self) -> bool:
        """Tell whether it is a 2xx."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """Tell whether it is a 4xx: the same may work later."""
        return 400 <= self.code < 500


@dataclass(frozen=True)
class SmtpServer:
    """Where mails go. ``timeout`` is seconds to wait for an answer, ``data_timeout`` for the one after the body.

    ``resolve`` returns the addresses that may be connected to, or raises ``Problem``; without it the host's own name is
    looked up and may lead anywhere.
    """

    host: str
    port: int
    tls: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: str = ""
    local_name: str = "localhost"
    timeout: float = 60.0
    data_timeout: float = 300.0
    tls_context: ssl.SSLContext | None = None
    resolve: Callable[[], Awaitable[Sequence[str]]] | None = None


class SmtpConnection(asyncio.Protocol):
    """One connection. Not shared: its owner writes commands and reads the replies in order."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server
        self.extensions: dict[str, str] = {}
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, server: SmtpServer, tell: Callable[[str], None] = lambda _: None) -> SmtpConnection:
        """Connect, greet, secure and sign in; ``tell`` is called with what went well, step by step.

        Raises:
            SmtpLost: no connection.
            SmtpRefused: the server said no.
        """
        connection = await cls._connected(server)
        try:
            await connection._begin(tell)
        except BaseException:
            connection.abort()
            raise
        return connection

    @classmethod
    async def _connected(cls, server: SmtpServer) -> SmtpConnection:
        loop = asyncio.get_running_loop()
        context = cls(server)._context() if server.tls == "tls" else None
        name = server.host if context else None
        failed = f"No connection to {server.host}:{server.port}"
        try:
            addresses = [server.host] if server.resolve is None else await server.resolve()
        except Problem as exc:
            raise SmtpLost(f"{failed}: {exc.detail}") from exc
        last: Exception | None = None
        for address in addresses:
            made = loop.create_connection(lambda: cls(server), address, server.port, ssl=context, server_hostname=name)
            try:
                return (await asyncio.wait_for(made, server.timeout))[1]
            except (OSError, TimeoutError) as exc:
                last = exc
        raise SmtpLost(f"{failed}: {last or 'no answer'}") from last

    @property
    def pipelining(self) -> bool:
        """Tell whether several commands may be sent before their replies."""
        return "PIPELINING" in self.extensions

    @property
    def closed(self) -> bool:
        """Tell whether the connection is gone."""
        return self._lost is not None

    # -- what the owner does ----------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send bytes; raise :class:`SmtpLost` when the connection is known to be gone."""
        if self._lost is not None or self._transport is None:
            raise SmtpLost(self._lost or "not connected")
        self._transport.write(data)

    async def reply(self, patience: float | None = None) -> Reply:
        """Return the next reply; raise :class:`SmtpLost` when none comes."""
        while not self._replies:
            if self._lost is not None:
                raise SmtpLost(self._lost)
            self._waiter = self._loop.create_future()
            self._deadline = self._loop.time() + (patience or self.server.timeout)
            if self._timer is None:
                self._watch()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._replies.popleft()

    async def command(self, line: str) -> Reply:
        """Send one command and return its reply."""
        self.write(line.encode("utf-8") + b"\r\n")
        return await self.reply()

    async def quit(self) -> None:
        """Say goodbye, briefly, and close."""
        try:
            self.write(b"QUIT\r\n")
            await self.reply(2.0)
        except SmtpLost:
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()
        self._end("closed")

    # -- beginning --------------------------------------------------------------------------------------------------

    def _context(self) -> ssl.SSLContext:
        return self.server.tls_context or ssl.create_default_context()

    async def _begin(self, tell: Callable[[str], None]) -> None:
        tell(f"Connected to {self.server.host}:{self.server.port}" + (" by TLS" if self.server.tls == "tls" else ""))
        self._expect("Greeting", await self.reply())
        await self._hello()
        tell("The server greets (EHLO)")
        if self.server.tls == "starttls":
            await self._starttls()
            tell("The connection is encrypted (STARTTLS)")
        if self.server.username:
            await self._sign_in()
            tell(f"Signed in as {self.server.username}")

    def _expect(self, step: str, reply: Reply) -> None:
        if not reply.ok:
            raise SmtpRefused(step, reply)

    async def _hello(self) -> None:
        reply = await self.command(f"EHLO {self.server.local_name}")
        if reply.code in (500, 502):
            self._expect("HELO", await self.command(f"HELO {self.server.local_name}"))
            return
        self._expect("EHLO", reply)
        for line in reply.text.split("\n")[1:]:
            name, _, rest = line.partition(" ")
            self.extensions[name.upper()] = rest

    async def _starttls(self) -> None:
        if "STARTTLS" not in self.extensions:
            raise SmtpRefused("STARTTLS", Reply(502, "the server does not offer STARTTLS"))
        self._expect("STARTTLS", await self.command("STARTTLS"))
        if self._buffer or self._replies:  # what came before the handshake must never be read as if it came after
            raise SmtpLost("The server sent data before the TLS handshake")
        assert self._transport is not None
        try:
            transport = await self._loop.start_tls(
                self._transport, self, self._context(), server_hostname=self.server.host
            )
        except (OSError, ssl.SSLError) as exc:
            raise SmtpLost(f"TLS with {self.server.host} failed: {exc}") from exc
        if transport is None:
            raise SmtpLost(f"TLS with {self.server.host} failed: the connection was closed")
        self._transport = transport
        self.extensions = {}
        await self._hello()

    async def _sign_in(self) -> None:
        offered = self.extensions.get("AUTH", "").upper().split()
        user, password = self.server.username, self.server.password
        if "PLAIN" in offered or not offered:
            secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
            self._expect("Sign-in", await self.command(f"AUTH PLAIN {secret}"))
        elif "LOGIN" in offered:
            await self.command("AUTH LOGIN")
            await self.command(base64.b64encode(user.encode()).decode())
            self._expect("Sign-in", await self.command(base64.b64encode(password.encode()).decode()))
        else:
            raise SmtpRefused("Sign-in", Reply(504, f"the server offers only {' '.join(offered)}"))

    # -- asyncio.Protocol -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Cut what arrives into replies."""
        data = self._buffer + data if self._buffer else data
        *lines, self._buffer = data.split(b"\n")
        for raw in lines:
            self._line(raw.rstrip(b"\r").decode("utf-8", "replace"))
        if len(self._buffer) > MAX_REPLY or len(self._lines) > 1000:
            self._end("The server's answer is too long")
            if self._transport is not None:
                self._transport.abort()
        if self._replies:
            self._wake()

    def _line(self, line: str) -> None:
        if len(line) < 3 or not line[:3].isdigit():
            self._end(f"The server does not speak SMTP: {line[:80]}")
            return
        self._lines.append(line[4:].replace("\x00", ""))
        if line[3:4] != "-":
            self._replies.append(Reply(int(line[:3]), "\n".join(self._lines)))
            self._lines = []

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the owner."""
        self._end(f"The connection broke: {exc}" if exc else "The server closed the connection")

    def _end(self, reason: str) -> None:
        if self._lost is None:
            self._lost = reason
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _watch(self) -> None:
        """Break a connection on which an answer is overdue; one timer a second instead of one per command."""
        if self._waiter is not None and self._loop.time() > self._deadline:
            self._timer = None
            self._end("The server did not answer in time")
            if self._transport is not None:
                self._transport.abort()
            return
        if self._lost is None:
            self._timer = self._loop.call_later(0.5, self._watch)
