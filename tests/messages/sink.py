"""A counting SMTP server with faults, for tests: what it has accepted is what counts."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from contextlib import asynccontextmanager

#: Given the stage (``connect mail rcpt data body``) and the recipient, returns a reply, ``"drop"``, or None for fine.
Fault = Callable[[str, str], str | None]


class Sink:
    """Speaks enough SMTP, pipelined. ``accepted`` counts recipients whose message got a 250."""

    def __init__(
        self,
        fault: Fault | None = None,
        *,
        delay: float = 0.0,
        extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8"),
        tls: ssl.SSLContext | None = None,
        accounts: dict[str, str] | None = None,
        keep: bool = True,
    ) -> None:
        self.fault = fault or (lambda stage, to: None)
        self.delay = delay
        self.extensions = extensions
        self.tls = tls
        self.accounts = accounts
        self.keep = keep
        self.accepted: Counter[str] = Counter()
        self.received: Counter[str] = Counter()
        self.messages: list[tuple[str, str, bytes]] = []
        self.commands: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 22)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    def _said(self, writer: asyncio.StreamWriter, stage: str, to: str, fine: str) -> bool | None:
        """Answer; True when fine, False when refused, None when the connection is to be dropped."""
        answer = self.fault(stage, to)
        if answer == "drop":
            writer.transport.abort()
            return None
        writer.write((answer or fine).encode() + b"\r\n")
        return answer is None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._said(writer, "connect", "", "220 sink") is not True:
            return
        sender = to = ""
        while line := await reader.readline():
            command = line.strip()
            verb = command[:4].upper()
            if self.keep:
                self.commands.append(command)
            if verb == b"EHLO":
                offers = list(self.extensions)
                if self.tls and writer.get_extra_info("ssl_object") is None:
                    offers.append("STARTTLS")
                if self.accounts is not None:
                    offers.append("AUTH PLAIN LOGIN")
                lines = ["sink", *offers]
                for n, text in enumerate(lines):
                    writer.write(f"250{'-' if n < len(lines) - 1 else ' '}{text}\r\n".encode())
            elif verb == b"STAR":
                assert self.tls is not None
                writer.write(b"220 go\r\n")
                await writer.drain()
                await writer.start_tls(self.tls)
            elif verb == b"AUTH":
                ok = self._signed_in(command)
                writer.write(b"235 ok\r\n" if ok else b"535 no\r\n")
            elif verb == b"MAIL":
                sender = command[10:].split(b">")[0].decode()
                if self._said(writer, "mail", to, "250 ok") is None:
                    return
            elif verb == b"RCPT":
                to = command[9:].split(b">")[0].decode()
                fine = self._said(writer, "rcpt", to, "250 ok")
                if fine is None:
                    return
                if not fine:
                    to = ""
            elif verb == b"DATA":
                if not to:
                    writer.write(b"503 no recipient\r\n")
                    continue
                fine = self._said(writer, "data", to, "354 go")
                if fine is None:
                    return
                if not fine:
                    continue
                data = await reader.readuntil(b"\r\n.\r\n")
                self.received[to] += 1
                if self.delay:
                    await asyncio.sleep(self.delay)
                answer = self.fault("body", to)
                if answer == "drop":
                    writer.transport.abort()
                    return
                if answer is None:
                    self.accepted[to] += 1
                    if self.keep:
                        self.messages.append((sender, to, data[:-5].replace(b"\r\n..", b"\r\n.")))
                writer.write((answer or "250 queued").encode() + b"\r\n")
                to = ""
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")

    def _signed_in(self, command: bytes) -> bool:
        import base64

        _, user, password = base64.b64decode(command.split()[2]).decode().split("\0")
        return (self.accounts or {}).get(user) == password


@asynccontextmanager
async def running(*args, **kwargs):
    sink = Sink(*args, **kwargs)
    await sink.start()
    try:
        yield sink
    finally:
        await sink.stop()
