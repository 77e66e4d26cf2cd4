"""The way of a single mail, such as a test, outside of every run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from fidelia.access import SecretError
from fidelia.kernel.errors import unavailable
from fidelia.platform.engines import Engines

from ..channels.email.smtp import SmtpServer
from . import rules, servers, service, store
from .model import SETTINGS_SERVER


class Single(msgspec.Struct, frozen=True):
    """Where a mail is handed over, and who it comes from."""

    server: SmtpServer
    from_email: str
    from_name: str
    reply_to: str = ""

    @property
    def origin(self) -> tuple[str, str, str]:
        """Return who it comes from."""
        return self.from_email, self.from_name, self.reply_to


async def way_of(
    engines: Engines,
    own: Callable[[], Awaitable[SmtpServer]],
    plain: tuple[str, str],
    to: str,
    *,
    sender_id: int | None = None,
    profile_id: int = 0,
) -> Single:
    """Return the way that a mail to an address takes which comes from ``plain`` (address, name) by itself.

    ``own`` gives the way to the server of the settings file. Without ``sender_id`` the default virtual sender decides,
    if there is one. Raise 503 when its server cannot be used.
    """
    from_email, from_name = plain
    async with engines.tx() as tx:
        chosen = await service.effective(tx, sender_id)
        if chosen is None:
            return Single(await own(), from_email, from_name)
        virtual = await store.sender(tx, chosen)
        rule, place = rules.Chooser(virtual.id, virtual.rules, from_email).choose(profile_id, to)
        share = virtual.rules[rule].senders[place]
        if share.sender_id == SETTINGS_SERVER:
            server = await own()
        else:
            found = await store.server(tx, share.sender_id)
            if not found.active:
                raise unavailable(f"The mail server {found.name}, which {virtual.name} uses, is switched off")
            try:
                server = servers.way_to(engines, found, await store.password(tx, found.id))
            except SecretError as exc:
                raise unavailable(f"The password of the mail server {found.name} cannot be read: {exc}") from exc
    return Single(server, share.from_email or from_email, share.from_name or from_name, share.reply_to)
