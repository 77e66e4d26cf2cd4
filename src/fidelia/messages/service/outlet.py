"""Where messages leave: by their virtual sender, the mail server of the settings, or the capture mailbox."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

from fidelia.kernel.errors import unavailable
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx
from fidelia.settings import Settings

from ..channels.email.outlet import EmailOutlet
from ..channels.email.smtp import SmtpServer
from ..channels.http.outlet import http_outlet
from ..channels.registry import EMAIL
from ..markup.model import Compiled
from ..model import Run
from ..senders import store as senders_store
from ..senders.servers import local_name
from ..senders.ways import signer_of, ways
from ..sending.port import Ways
from ..store import mailbox as mailbox_store
from ..store import tracking as tracking_store
from ..tracking.tokens import Signer


async def outlets(tx: Tx, run: Run, templates: Sequence[Compiled]) -> Ways:
    """Return where a run's messages leave by; ``templates`` are the mailing's own and then its variants'.

    Raises:
        CannotSend: a signing key or a password cannot be read, a server or a channel is switched off.
    """
    engines = tx.engines
    if run.plan.channel != EMAIL:
        return Ways([await http_outlet(tx, run, templates, await signer(engines))])
    if run.plan.virtual_sender_id is not None:
        virtual = await senders_store.sender(tx, run.plan.virtual_sender_id)
        return await ways(tx, run, virtual, templates, await signer(engines), partial(smtp_server, engines))
    smtp = engines.settings.smtp
    outlet = EmailOutlet(
        await smtp_server(engines),
        run,
        templates,
        await signer(engines),
        connections=smtp.connections,
        rate=smtp.rate,
        dkim=await signer_of(tx, run.plan.from_email),
        return_domain=smtp.return_path_domain,
    )
    return Ways([outlet])


_signers: dict[str, bytes] = {}


async def smtp_server(engines: Engines) -> SmtpServer:
    """Return the server that takes our mails; raise 503 when the mailbox that should is not running."""
    smtp = engines.settings.smtp
    name = local_name(engines.settings)
    if smtp.host:
        return SmtpServer(smtp.host, smtp.port, smtp.tls, smtp.username, smtp.password, local_name=name)
    if engines.settings.mailbox.port:
        return SmtpServer("127.0.0.1", engines.settings.mailbox.port, local_name=name)
    async with engines.db.hot() as raw:
        found = await mailbox_store.address(raw)
    if found is None:
        raise unavailable("No mail server is set, and the built-in mailbox is not running")
    return SmtpServer(found[0], found[1], local_name=name)


def default_sender(settings: Settings) -> tuple[str, str]:
    """Return the address and name that mails come from when a mailing sets none."""
    host = urlsplit(settings.url).hostname or "localhost"
    fallback = f"news@{host}" if "." in host and not host.replace(".", "").isdigit() else "news@fidelia.example"
    return settings.smtp.from_email or fallback, settings.smtp.from_name


async def signer(engines: Engines) -> Signer:
    """Return the signer of tracked links; its key is made once for the installation."""
    key = _signers.get(engines.db.dsn)
    if key is None:
        async with engines.db.hot() as raw:
            key = await tracking_store.signing_key(raw, secrets.token_bytes(32))
        _signers[engines.db.dsn] = key
    return Signer(key, engines.settings.url)
