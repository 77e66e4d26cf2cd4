"""One kept-open SMTP connection of a run, and the order of things on it.

The result of a message and the intent of the next are durable before the next DATA: at any moment at most one message
of a connection is in doubt. MAIL and RCPT of the next message travel with the body of this one, because they deliver
nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import cast

from ...sending.desk import Desk
from ...store.ledger import Result
from .compose import Composed
from .smtp import Reply, SmtpConnection, SmtpLost, SmtpRefused, SmtpServer

_UNKNOWN = "The connection broke after the message was handed over; not repeated"


class Lane:
    """Sends the mails of a desk one after another until it has no more."""

    def __init__(self, desk: Desk, server: SmtpServer) -> None:
        self._desk = desk
        self._server = server
        self._connection: SmtpConnection | None = None
        self._results: list[Result] = []

    async def run(self) -> None:
        """Work until there is nothing left or the run stops."""
        message: Composed | None = None
        addressed = False
        try:
            while True:
                if message is None:
                    addressed = False
                    message = await self._next()
                    if message is None:
                        return
                if self._desk.stopping:
                    return
                connection = await self._connected()
                if connection is None:
                    return
                message, addressed = await self._turn(connection, message, addressed)
        finally:
            await self._settle()
            if self._connection is not None:
                await self._connection.quit()
                self._drop()

    async def _next(self) -> Composed | None:
        message = self._desk.take()
        if message is None:
            await self._settle()  # nothing to do for a while: results do not wait for company
            message = await self._desk.wait_for_message()
        return cast(Composed | None, message)

    async def _settle(self) -> None:
        if self._results:
            results, self._results = self._results, []
            await self._desk.settle(results)

    async def _connected(self) -> SmtpConnection | None:
        if self._connection is not None and not self._connection.closed:
            return self._connection
        await self._settle()
        self._drop()
        self._connection = await open_with_patience(self._desk, self._server)
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._connection = None
            self._desk.disconnected()

    async def _turn(
        self, connection: SmtpConnection, message: Composed, addressed: bool
    ) -> tuple[Composed | None, bool]:
        """Send one message; return the next one that this connection has taken up, and whether it is addressed."""
        try:
            if not addressed and not await self._addressed(connection, message):
                return None, False
        except SmtpLost as exc:
            self._again(message, str(exc))
            return None, False
        results, self._results = self._results, []
        if not await self._desk.settle(results, message.key, message.sender):
            await self._reset(connection, None)
            return None, False
        try:
            connection.write(b"DATA\r\n")
            reply = await connection.reply()
            if reply.code != 354:
                self._results.append(self._judge(message, reply))
                await self._reset(connection, reply)
                return None, False
            following = self._following(connection)
            connection.write(message.data + (self._envelope(following) if following else b""))
        except SmtpLost as exc:  # the body was never given away
            self._again(message, str(exc))
            return None, False
        return await self._delivered(connection, message, following)

    async def _delivered(
        self, connection: SmtpConnection, message: Composed, following: Composed | None
    ) -> tuple[Composed | None, bool]:
        try:
            reply = await connection.reply(connection.server.data_timeout)
        except SmtpLost:
            self._results.append(Result(message.key, "unknown", _UNKNOWN, tried=True))
            self._drop()
            return following, False
        self._results.append(self._judge(message, reply))
        if reply.code == 421:
            self._drop()
            return following, False
        if following is None:
            return None, False
        try:
            return (following, True) if await self._accepted(connection, following) else (None, False)
        except SmtpLost:
            self._drop()
            return following, False

    # -- the envelope -----------------------------------------------------------------------------------------------

    def _following(self, connection: SmtpConnection) -> Composed | None:
        """Return the message whose envelope may travel with this one's body."""
        following = cast(Composed | None, self._desk.take()) if connection.pipelining else None
        if following is not None and self._impossible(connection, following):
            return None
        return following

    def _impossible(self, connection: SmtpConnection, message: Composed) -> bool:
        if not message.needs_utf8 or "SMTPUTF8" in connection.extensions:
            return False
        self._results.append(self._desk.refused(message, "The mail server takes no such address (SMTPUTF8)"))
        return True

    def _commands(self, message: Composed) -> tuple[str, str]:
        options = " SMTPUTF8" if message.needs_utf8 else ""
        return f"MAIL FROM:<{message.return_path}>{options}", f"RCPT TO:<{message.address}>"

    def _envelope(self, message: Composed) -> bytes:
        mail, recipient = self._commands(message)
        return f"{mail}\r\n{recipient}\r\n".encode()

    async def _addressed(self, connection: SmtpConnection, message: Composed) -> bool:
        """Send the envelope and learn whether it is accepted; a refusal becomes the message's result."""
        if self._impossible(connection, message):
            return False
        if connection.pipelining:
            connection.write(self._envelope(message))
            return await self._accepted(connection, message)
        mail, recipient = self._commands(message)
        reply = await connection.command(mail)
        return await self._judged(
            connection, message, reply, await connection.command(recipient) if reply.ok else reply
        )

    async def _accepted(self, connection: SmtpConnection, message: Composed) -> bool:
        """Read the replies to a pipelined envelope."""
        mail = await connection.reply()
        return await self._judged(connection, message, mail, await connection.reply())

    async def _judged(self, connection: SmtpConnection, message: Composed, mail: Reply, recipient: Reply) -> bool:
        if mail.ok and recipient.ok:
            return True
        if not mail.ok and not mail.temporary:
            await self._desk.outlet_refused(f"The mail server refuses the sender {message.origin}: {mail}")
        refusal = recipient if mail.ok else mail
        self._results.append(self._judge(message, refusal, sender=not mail.ok))
        await self._reset(connection, refusal)
        return False

    async def _reset(self, connection: SmtpConnection, reply: Reply | None) -> None:
        if reply is not None and reply.code == 421:
            self._drop()
            return
        try:
            await connection.command("RSET")
        except SmtpLost:
            self._drop()

    def _again(self, message: Composed, reason: str) -> None:
        """Nothing was handed over: the message may be tried again."""
        self._drop()
        self._results.append(self._desk.later(message, reason))

    def _judge(self, message: Composed, reply: Reply, *, sender: bool = False) -> Result:
        """Turn the server's answer into a result; ``sender`` says that it is about who the mail comes from."""
        if reply.ok:
            return self._desk.sent(message)
        text = str(reply).replace("\n", " ")[:500]
        if reply.temporary:
            return self._desk.later(message, text, reply.code)
        if sender:  # not the recipient's fault
            return self._desk.back(message, text, reply.code)
        self._desk.refusals += 1
        return self._desk.refused(message, text, reply.code)


async def open_with_patience(desk: Desk, server: SmtpServer) -> SmtpConnection | None:
    """Connect, again and again with growing pauses, until it works or the sender stops."""
    delay = 0.2
    while not desk.stopping:
        try:
            connection = await SmtpConnection.open(server)
        except (SmtpLost, SmtpRefused) as exc:
            await desk.no_connection(str(exc))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(desk.stopped.wait(), delay)
            delay = min(delay * 2, desk.patience)
        else:
            await desk.connected()
            return connection
    return None
