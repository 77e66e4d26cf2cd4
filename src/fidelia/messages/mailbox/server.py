"""The mailbox's SMTP server: takes everything from this machine, and answers once it is stored."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta

import psycopg
import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Database
from fidelia.settings import Settings

from ..service.outlet import signer
from ..store import mailbox as store
from ..store import tracking as tracking_store
from ..store.mailbox import Caught
from ..tracking.tokens import Signer
from .parse import heads, text_of

log = structlog.get_logger(__name__)

HOST = "127.0.0.1"
MAX_BYTES = 30_000_000
TRIM_EVERY = timedelta(seconds=5)


class Catcher:
    """Stores what comes in, many mails at once; each is acknowledged when it is durable."""

    def __init__(self, engines: Engines, signs: Signer) -> None:
        self._engines = engines
        self._signs = signs
        self._waiting: list[tuple[Caught, asyncio.Future[bool]]] = []
        self._task: asyncio.Task[None] | None = None
        self._mailings: dict[int, int] = {}
        self._trim_at = engines.clock.now()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take one mail."""
        mail = await self._caught(envelope)
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((mail, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store())
        return "250 Caught, not delivered" if await done else "451 The mailbox cannot be written at the moment"

    async def _caught(self, envelope: Envelope) -> Caught:
        source = envelope.original_content or b""
        headers = heads(source)
        token = self._signs.read("m", str(headers.get("Message-ID", "")).strip("<> \r\n").partition("@")[0])
        mailing = None
        if token is not None:
            mailing = self._mailings.get(token.run)
            if mailing is None:
                async with self._engines.db.hot() as raw:
                    facts = await tracking_store.run_facts(raw, token.run)
                mailing = facts.plan.mailing_id if facts else None
                if mailing is not None:
                    self._mailings[token.run] = mailing
        return Caught(
            received_at=self._engines.clock.now(),
            envelope_from=_clean(envelope.mail_from or ""),
            recipients=[_clean(to).lower() for to in envelope.rcpt_tos],
            sender=_clean(text_of(headers.get("From")))[:500],
            subject=_clean(text_of(headers.get("Subject")))[:1000],
            source=source,
            mailing_id=mailing,
            run_id=token.run if token and mailing else None,
            profile_id=token.profile if token and mailing else None,
        )

    async def _store(self) -> None:
        while self._waiting:
            await asyncio.sleep(0)
            batch = self._waiting[:500]
            del self._waiting[:500]
            stored = True
            try:
                async with self._engines.db.hot() as raw:
                    await store.insert(raw, [mail for mail, _ in batch])
                    if self._engines.clock.now() >= self._trim_at:
                        self._trim_at = self._engines.clock.now() + TRIM_EVERY
                        await store.trim(raw, self._engines.settings.mailbox.keep)
            except psycopg.Error as exc:
                log.warning("mails were not caught", mails=len(batch), error=str(exc))
                stored = False
            for _, done in batch:
                if not done.done():
                    done.set_result(stored)


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


class MailboxServer:
    """The listening server; ``port`` is set once it has started."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._server: asyncio.Server | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen on loopback and say where."""
        loop = asyncio.get_running_loop()
        catcher = Catcher(self._engines, await signer(self._engines))

        def session() -> SMTP:
            return SMTP(
                catcher,
                data_size_limit=MAX_BYTES,
                enable_SMTPUTF8=True,
                hostname="mailbox.localhost",
                ident="Fidelia mailbox",
                loop=loop,
                timeout=600,
            )

        self._server = await loop.create_server(session, HOST, self._engines.settings.mailbox.port)
        self.port = self._server.sockets[0].getsockname()[1]
        async with self._engines.db.hot() as raw:
            await store.announce(raw, HOST, self.port, self._engines.clock.now())
        log.info("the mailbox listens", host=HOST, port=self.port)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None


async def serve_mailbox(settings: Settings) -> None:
    """Run the mailbox as a process of its own, over PostgreSQL alone, until a signal."""
    db = Database(settings.postgres.dsn, pool_size=2)
    await db.open()
    engines = Engines(settings=settings, db=db)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, engines.stop.set)
    try:
        await run_mailbox(engines)
    finally:
        await db.close()


async def run_mailbox(engines: Engines) -> None:
    """Run the mailbox until the process stops."""
    server = MailboxServer(engines)
    await server.start()
    try:
        await engines.stop.wait()
    finally:
        await server.stop()
