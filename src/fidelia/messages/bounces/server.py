"""An SMTP server for what comes back: takes mails to return paths that we have signed, within limits, nothing else."""

from __future__ import annotations

import asyncio
from collections import Counter

import psycopg
import sqlalchemy as sa
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from fidelia.platform.engines import Engines

from ..service.outlet import signer
from ..tracking.tokens import Signer
from . import service
from .parse import MAX_BYTES
from .verp import SHARED, token_of

log = structlog.get_logger(__name__)

#: Connections at a time, and from one address.
MAX_CONNECTIONS = 100
MAX_PER_PEER = 10
MAX_RECIPIENTS = 10
TIMEOUT = 60.0


class Receiver:
    """Answers the commands of all connections; a mail is acknowledged once what follows from it is durable."""

    def __init__(self, engines: Engines, signs: Signer) -> None:
        self._engines = engines
        self._signs = signs
        self._domain = engines.settings.smtp.return_path_domain.lower()
        self._minute = 0
        self._mails: Counter[str] = Counter()
        self.connections: Counter[str] = Counter()

    def let_in(self, peer: str) -> bool:
        """Count a new connection; tell whether it may stay."""
        self.connections[peer] += 1
        return self.connections[peer] <= MAX_PER_PEER and self.connections.total() <= MAX_CONNECTIONS

    def left(self, peer: str) -> None:
        """Count a connection that has ended."""
        self.connections[peer] -= 1
        if self.connections[peer] <= 0:
            del self.connections[peer]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take return paths with our signature, and the shared mailboxes for complaints."""
        local, _, domain = address.rpartition("@")
        if domain.lower() != self._domain:
            return "550 5.7.1 Not a domain of ours"
        token = token_of(address)
        known = self._signs.read("m", token) is not None if token else local.lower() in SHARED
        # A return path that was changed to lower case on its way is let in: the mail that it quotes may be ours.
        if not known and not (token and token == token.lower()):
            return "550 5.1.1 No such mailbox"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take one mail."""
        if not self._may(peer_of(session.peer)):
            return "451 4.7.1 Too many mails; try again in a minute"
        source = envelope.original_content or b""
        try:
            async with self._engines.tx() as tx:
                taken = await service.take_mail(tx, source, tuple(envelope.rcpt_tos), via="smtp")
        except (psycopg.OperationalError, sa.exc.DBAPIError, OSError) as exc:
            log.warning("a returned mail waits for the database", error=str(exc))
            return "451 4.3.0 Not possible at the moment"
        except Exception:
            log.exception("a returned mail could not be taken", size=len(source))
            return "451 4.3.0 Not possible at the moment"
        return f"250 2.0.0 OK {taken.outcome}"

    def _may(self, peer: str) -> bool:
        minute = int(self._engines.clock.now().timestamp() // 60)
        if minute != self._minute:
            self._minute, self._mails = minute, Counter()
        self._mails[peer] += 1
        return self._mails[peer] <= self._engines.settings.bounces.per_minute


class _Connection(SMTP):
    """One connection, counted."""

    def __init__(self, receiver: Receiver, name: str) -> None:
        super().__init__(
            receiver,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname=name,
            ident="Fidelia",
            timeout=TIMEOUT,
            loop=asyncio.get_running_loop(),
        )
        self._receiver = receiver
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or send it away."""
        self._peer = peer_of(transport.get_extra_info("peername"))
        if not self._receiver.let_in(self._peer) and isinstance(transport, asyncio.Transport):
            transport.write(b"421 4.7.0 Too many connections\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it out."""
        self._receiver.left(self._peer)
        if self.session is not None:
            super().connection_lost(error)


def peer_of(peer: object) -> str:
    """Return the address of the other side."""
    return str(peer[0]) if isinstance(peer, tuple) and peer else ""


class BounceServer:
    """The listening server; ``port`` is set once it has started."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen as the settings say."""
        bounces, domain = self._engines.settings.bounces, self._engines.settings.smtp.return_path_domain
        receiver = Receiver(self._engines, await signer(self._engines))
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(receiver, domain or "localhost"), bounces.host, bounces.port
        )
        self.port = self._server.sockets[0].getsockname()[1]
        log.info("returned mail is taken", host=bounces.host, port=self.port, domain=domain)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None


async def run_bounces(engines: Engines) -> None:
    """Take returned mail until the process stops."""
    server = BounceServer(engines)
    await server.start()
    try:
        await engines.stop.wait()
    finally:
        await server.stop()
