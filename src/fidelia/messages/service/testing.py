"""Test sends: one mail per address, at once, outside of every ledger and count."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import msgspec

from fidelia.kernel.errors import FieldError, conflict, invalid, unavailable
from fidelia.kernel.ids import random_id
from fidelia.platform.engines import Engines

from ..channels.email.address import AddressRefused, envelope
from ..channels.email.dkim import DkimSigner
from ..channels.email.mime import Content, Skeleton, dot_stuffed
from ..channels.email.smtp import Reply, SmtpConnection, SmtpLost, SmtpRefused
from ..channels.http.trying import send_to
from ..channels.registry import EMAIL
from ..content.attachments.service import with_files
from ..domains import service as domains
from ..markup.model import CompileReply, LoadedFile, Rendered
from ..senders.single import Single, way_of
from .outlet import default_sender, smtp_server


class TestResult(msgspec.Struct, frozen=True):
    """What became of a test mail."""

    address: str
    sent: bool
    reason: str | None


async def send_test(
    engines: Engines,
    reply: CompileReply,
    rendered: Rendered | None,
    to: Sequence[str],
    from_email: str = "",
    from_name: str = "",
    *,
    virtual_sender_id: int | None = None,
    profile_id: int = 0,
    channel: str = EMAIL,
) -> list[TestResult]:
    """Send a rendered message to some addresses, by the server that a real one to them would go by.

    Raise 422 when it cannot be made, 503 without a mail server.
    """
    if rendered is None:
        raise invalid(*(FieldError(f"/{p.part}", p.message) for p in reply.problems if p.severity == "error"))
    if rendered.error is not None:
        raise invalid(FieldError("/profile_id", f"This person gets no message: {rendered.error}"))
    if channel != EMAIL:
        tried = await send_to(engines, channel, to, rendered.fields)
        return [TestResult(contact, reason is None, reason) for contact, reason in tried]
    sender, name = default_sender(engines.settings)
    plain, own = (from_email or sender, from_name or name), partial(smtp_server, engines)
    by_way: dict[Single, list[str]] = {}
    for address in to:
        way = await way_of(engines, own, plain, address, sender_id=virtual_sender_id, profile_id=profile_id)
        known = next((w for w in by_way if _same(w, way)), way)
        by_way.setdefault(known, []).append(address)
    files = await _files(engines, reply)
    done = [
        result for way, addresses in by_way.items() for result in await _by(engines, way, addresses, rendered, files)
    ]
    return sorted(done, key=lambda result: to.index(result.address))


def _same(one: Single, other: Single) -> bool:
    """Tell whether two mails go the same way; how names are looked up is no part of it."""
    return replace(one.server, resolve=None) == replace(other.server, resolve=None) and one.origin == other.origin


async def _files(engines: Engines, reply: CompileReply) -> list[LoadedFile]:
    """Return the attached files with their content; raise 409 when one is gone."""
    if reply.compiled is None or not reply.compiled.attachments:
        return []
    async with engines.tx() as tx:
        (made,) = await with_files(tx, [reply.compiled])
    loaded = [file for file in made.attachments if isinstance(file, LoadedFile)]
    if len(loaded) < len(made.attachments):
        raise conflict("The content of an attached file is gone: attach it again")
    return loaded


async def _by(
    engines: Engines, way: Single, to: Sequence[str], rendered: Rendered, files: Sequence[LoadedFile]
) -> list[TestResult]:
    try:
        skeleton = Skeleton(from_email=way.from_email, from_name=way.from_name, reply_to=way.reply_to, files=files)
    except ValueError as exc:
        raise invalid(FieldError("/from_email", f"This sender cannot be used: {exc}")) from None
    try:
        connection = await SmtpConnection.open(way.server)
    except (SmtpLost, SmtpRefused) as exc:
        raise unavailable(str(exc)) from exc
    async with engines.tx() as tx:
        dkim = await domains.signer_of(tx, way.from_email)
    results = []
    try:
        for address in to:
            results.append(await _one(engines, connection, skeleton, dkim, envelope(way.from_email), address, rendered))
    except SmtpLost as exc:
        raise unavailable(str(exc)) from exc
    finally:
        await connection.quit()
    return results


async def _one(
    engines: Engines,
    connection: SmtpConnection,
    skeleton: Skeleton,
    dkim: DkimSigner | None,
    sender: str,
    address: str,
    rendered: Rendered,
) -> TestResult:
    try:
        plain = envelope(address)
    except AddressRefused as exc:
        return TestResult(address, False, str(exc))
    content = Content(
        to=plain,
        subject=f"[Test] {rendered.subject}",
        text=rendered.text,
        html=rendered.html,
        message_id=f"test.{random_id(20)}@{sender.rpartition('@')[2]}",
    )
    now = engines.clock.now()
    data = skeleton.build(content, now)
    if dkim is not None:
        data = dkim.header(data, now) + data
    data = dot_stuffed(data)
    for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{plain}>", "DATA"):
        reply = await connection.command(command)
        if not (reply.ok or reply.code == 354):
            await connection.command("RSET")
            return _refused(address, reply)
    connection.write(data)
    reply = await connection.reply(connection.server.data_timeout)
    return TestResult(address, True, None) if reply.ok else _refused(address, reply)


def _refused(address: str, reply: Reply) -> TestResult:
    return TestResult(address, False, str(reply).replace("\n", " ")[:500])
